"""The log of a bot's requests, and the report of what the bot did wrong."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

from tests.discord.loopback.faults import Faults
from tests.discord.loopback.state.objects import ACKNOWLEDGE_WITHIN, TOKEN_LIFE, Json
from tests.discord.loopback.state.payloads import texts
from tests.discord.loopback.state.world import World
from tests.discord.loopback.validation.limits import Wrong

CALLBACK = "/interactions/{interaction_id}/{interaction_token}/callback"
FOLLOW_UP = "/webhooks/{webhook_id}/{webhook_token}"
ORIGINAL = "/webhooks/{webhook_id}/{webhook_token}/messages/@original"
FOLLOW_UP_MESSAGE = "/webhooks/{webhook_id}/{webhook_token}/messages/{message_id}"
CHANNEL_MESSAGES = "/channels/{channel_id}/messages"
CHANNEL_MESSAGE = "/channels/{channel_id}/messages/{message_id}"
COMMANDS = "/applications/{application_id}/commands"
GUILD_COMMANDS = "/applications/{application_id}/guilds/{guild_id}/commands"
SENDS = {
    ("POST", CALLBACK), ("POST", FOLLOW_UP), ("PATCH", ORIGINAL), ("PATCH", FOLLOW_UP_MESSAGE),
    ("POST", CHANNEL_MESSAGES), ("PATCH", CHANNEL_MESSAGE),
}  # fmt: skip
"""The requests whose bodies have a message."""
SHOWN = {"content", "embeds", "components"}
"""The parts of a message that people read."""


@dataclass(slots=True)
class Record:
    """A request and how it ended.

    Attributes:
        injected: True if a test, not the bot, made it fail.
        uploads: the files that came with it, by name, as text.
        wrong: what a validator rejected, with the validator's name.
    """

    number: int
    at: float
    method: str
    template: str
    path: str
    body: Any = None
    status: int = 0
    code: int | None = None
    injected: bool = False
    interaction_id: int | None = None
    channel_id: int | None = None
    uploads: dict[str, str] = field(default_factory=dict)
    wrong: list[tuple[str, Wrong]] = field(default_factory=list)

    def as_json(self) -> Json:
        return asdict(self) | {"wrong": [f"{validator}: {_at(wrong)}" for validator, wrong in self.wrong]}


@dataclass(frozen=True, slots=True)
class Violation:
    """Something that a bot must not do. `request` is the number of its request, if it is one request's."""

    kind: str
    detail: str
    request: int | None = None


def _at(wrong: Wrong) -> str:
    return f"{'.'.join(map(str, wrong.path)) or 'body'}: {wrong.message}"


def message_of(record: Record) -> Json | None:
    """Return the message that a request sends, or None if it sends no text that people read."""
    if (record.method, record.template) not in SENDS or not isinstance(record.body, dict):
        return None
    sent: Any = record.body
    if record.template == CALLBACK:
        sent = record.body.get("data") if record.body.get("type") in (4, 7) else None
    return sent if isinstance(sent, dict) and SHOWN & set(sent) else None


def mentions_are_off(message: Json) -> bool:
    """Return True if the message can notify nobody: `parse: []`, and no user or role named."""
    allowed = message.get("allowed_mentions")
    if not isinstance(allowed, dict):
        return False
    return allowed.get("parse") == [] and not allowed.get("users") and not allowed.get("roles")


class RequestLog:
    """Every request of the bot, in order."""

    def __init__(self, world: World, faults: Faults) -> None:
        self.world = world
        self.faults = faults
        self.records: list[Record] = []

    def open(self, method: str, template: str, path: str) -> Record:
        """Log a request that has just come in."""
        record = Record(len(self.records), self.world.clock.now(), method, template, path)
        self.records.append(record)
        return record

    def report(self, expect: frozenset[int]) -> Json:
        """Report what the bot did wrong, what is still pending, and which interactions never reached it.

        A fault that never struck is wrong too, because the test that laid it has shown nothing.

        Args:
            expect: JSON codes and HTTP statuses that the test provoked without a fault, for example by taking a
                permission away. 10062 also excuses interactions that were acknowledged too late, 50027 those that
                think forever because their token expired.
        """
        violations = [each for record in self.records for each in self._of_record(record, expect)]
        pending: list[str] = []
        undelivered: list[str] = []
        for interaction in self.world.interactions.values():
            age = self.world.clock.now() - interaction.created
            name = f"interaction {interaction.id}"
            if interaction.acknowledged is None:
                if not interaction.delivered:
                    undelivered.append(str(interaction.id))
                elif age <= ACKNOWLEDGE_WITHIN:
                    pending.append(f"{name} is not acknowledged yet")
                elif 10062 not in expect:
                    violations.append(Violation("unacknowledged", f"{name} was not acknowledged in time"))
            elif interaction.thinking and not (50027 in expect and age > TOKEN_LIFE):
                pending.append(f"{name} is thinking")
        violations += [
            Violation("ping", f"message {said.id} notified {said.pings}")
            for said in self.world.messages.values()
            if said.author_id == self.world.bot.id and said.pings
        ]
        violations += [
            Violation("idle fault", f"{fault.route}: {fault.kind} was laid and never struck")
            for fault in self.faults.idle()
        ]
        return {
            "clean": not violations and not pending,
            "violations": [asdict(each) for each in violations],
            "pending": pending,
            "undelivered": undelivered,
        }

    def _of_record(self, record: Record, expect: frozenset[int]) -> list[Violation]:
        name = f"{record.method} {record.template}"
        found = [Violation(validator, f"{name}: {_at(wrong)}", record.number) for validator, wrong in record.wrong]
        refused = 400 <= record.status < 500 and not record.injected
        if refused and record.code not in expect and record.status not in expect:
            kind = {40060: "double acknowledgement", 10062: "late acknowledgement"}.get(record.code or 0, "refused")
            found.append(Violation(kind, f"{name}: {record.status} {record.code}", record.number))
        message = message_of(record)
        if message is not None and not mentions_are_off(message):
            shown = str(message.get("content") or " ".join(texts(message.get("components") or [])))
            found.append(Violation("allowed_mentions", f"{name}: no parse: [] on {shown[:60]!r}", record.number))
        return found
