"""The one way out to Discord: acknowledge, send, retry, fall back, and count what could not be said.

What is promised where the network or Discord fails:

- an interaction is acknowledged before anything else; nothing is retried past `ACKNOWLEDGE_WITHIN` seconds;
- a second acknowledgement that Discord refuses (40060) means that the first one arrived;
- a late acknowledgement (10062) is dropped and counted, and nothing is posted in its place;
- a post that is retried carries the nonce of the first try, so that it can't appear twice;
- an answer whose token has expired (50027) is posted in the channel, unless it was private;
- where Discord has refused to let the bot speak, it isn't tried again for a while;
- a channel gets one post after the other: discord.py, which keeps count of what a route has left, lets one too many go
  where several are on their way at the same time;
- a refused bot token ends the bot after a few tries; a 429 from outside Discord's own gate is never repeated.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any, TypeAlias, TypeVar
from weakref import WeakValueDictionary

import aiohttp
import discord
from discord import app_commands

from bot.observability.metrics import Trouble
from bot.ui.components import attached, embedded, layout, modal
from bot.ui.elements import Form, Message

_log = logging.getLogger(__name__)

ACKNOWLEDGE_WITHIN = 2.5
"""Seconds from an interaction's arrival after which no acknowledgement is tried; Discord's own limit is 3."""
_AT_ONCE = 32
"""Acknowledgements on their way at the same time. More would all be late together; these go in their order, over
connections that are open already."""
_A_RUSH = 20
"""Acknowledgements due at the same time, above which they have the machine to themselves. At 0.2 s for each, 100
questions a second stay below it."""
_STILL_A_RUSH = 0.1  # seconds: more of them may still be on their way in
_LOOK_AGAIN = 0.02
_ONE_TRY = 1.2  # seconds for one try: room for a second one before the limit
_BETWEEN_TRIES = 0.1
_SENDING_WITHIN = 60.0
_FIRST_PAUSE = 0.25
_LONGEST_PAUSE = 4.0
_SILENT_FOR = 600.0
"""Seconds for which a channel that refused a message is left alone."""
_MOST_UNAUTHORISED = 3
_TYPING_WITHIN = 0.5

ALREADY_ACKNOWLEDGED = 40060
UNKNOWN_INTERACTION = 10062
UNKNOWN_MESSAGE = 10008
UNKNOWN_WEBHOOK = 10015
TOKEN_EXPIRED = 50027
INVALID_FORM = 50035
_GONE = frozenset({UNKNOWN_MESSAGE, UNKNOWN_WEBHOOK, 10003})
_NOT_ALLOWED = frozenset({50001, 50007, 50013, 50083, 160002, 160005})

# What is kept in an interaction's `extras`.
_ACKNOWLEDGE_UNTIL = "acknowledge until"
_ACKNOWLEDGED = "acknowledged"
_IN_PLACE = "in place"

NO_MENTIONS = discord.AllowedMentions.none()

_Transport = (aiohttp.ClientError, OSError, TimeoutError, discord.DiscordServerError)
"""What passes by itself: a broken connection, a server's error."""

Interaction: TypeAlias = discord.Interaction[Any]
Sent: TypeAlias = discord.Message
T = TypeVar("T")


class _SilencedError(Exception):
    """The bot may not speak in a channel any more."""


class Delivery:
    """Everything that goes out goes through here.

    Args:
        give_up: called once when Discord keeps refusing the bot's token.
        counts: where to count what went otherwise than hoped.
    """

    def __init__(self, give_up: Callable[[], None], counts: Counter[str]) -> None:
        self.counts = counts
        self._give_up = give_up
        # Only what is sent with the bot's own token counts: an interaction's is good without it.
        self._unauthorised = 0
        self._silent: dict[int, float] = {}
        self._acknowledging = 0
        self._lane = asyncio.Semaphore(_AT_ONCE)
        self._rush_until = 0.0
        self._posting: WeakValueDictionary[int, asyncio.Lock] = WeakValueDictionary()
        # By channel; kept here, for the loop alone would let them go.
        self._typing: dict[int, asyncio.Task[None]] = {}

    async def wait_for_acknowledgements(self) -> None:
        """Let acknowledgements go first while many are due at once; a few on their way hold nothing up."""
        until = time.monotonic() + ACKNOWLEDGE_WITHIN
        while time.monotonic() < min(self._rush_until, until):
            await asyncio.sleep(_LOOK_AGAIN)

    async def acknowledge(self, interaction: Interaction, *, private: bool, in_place: bool = False) -> bool:
        """Show "is thinking", or with `in_place` that a press has been heard; whether Discord knows."""
        if in_place:
            interaction.extras[_IN_PLACE] = True
        return await self._callback(
            interaction,
            lambda: interaction.response.defer(ephemeral=private, thinking=not in_place),
        )

    async def send_now(self, interaction: Interaction, message: Message) -> bool:
        """Acknowledge with the message itself."""
        return await self._callback(
            interaction,
            lambda: interaction.response.send_message(
                view=layout(message), ephemeral=message.private, allowed_mentions=NO_MENTIONS
            ),
        )

    async def open_form(self, interaction: Interaction, form: Form) -> bool:
        """Acknowledge by opening a form."""
        return await self._callback(interaction, lambda: interaction.response.send_modal(modal(form)))

    async def suggest(self, interaction: Interaction, choices: Sequence[app_commands.Choice[str]]) -> bool:
        """Answer an autocomplete; one that comes too late is nobody's loss."""
        return await self._callback(interaction, lambda: interaction.response.autocomplete(choices))

    async def respond(self, interaction: Interaction, message: Message) -> Sent | None:
        """Put the message where "is thinking" stands, or in the place of the one whose button was pressed."""

        async def edit(shown: dict[str, Any]) -> Sent:
            # A file is read as it is sent, so that every try takes a new one.
            if message.file is not None:
                shown["attachments"] = attached(message)
            return await interaction.edit_original_response(**shown)

        as_embed = _IN_PLACE in interaction.extras and _is_embed(interaction.message)
        try:
            return await self._sent(edit, message, as_embed=as_embed)
        except discord.HTTPException as error:
            if error.code == TOKEN_EXPIRED:
                return await self._post_instead(interaction, message)
            self._note(Trouble.UNDELIVERED, error)
        except _Transport as error:
            self._note(Trouble.UNDELIVERED, error)
        return None

    async def notify(self, interaction: Interaction, message: Message) -> None:
        """Say something whether or not the interaction has been acknowledged; never in the place of a page."""
        if _IN_PLACE in interaction.extras:
            await self.follow_up(interaction, message)
        elif _ACKNOWLEDGED in interaction.extras:
            await self.respond(interaction, message)
        else:
            await self.send_now(interaction, message)

    async def follow_up(self, interaction: Interaction, message: Message) -> Sent | None:
        """Send a further message to an interaction that has been answered."""

        async def send(shown: dict[str, Any]) -> Sent:
            return await interaction.followup.send(ephemeral=message.private, wait=True, **shown)

        try:
            return await self._sent(send, message)
        except (discord.HTTPException, *_Transport) as error:
            self._note(Trouble.UNDELIVERED, error)
        return None

    async def post(
        self, channel: discord.abc.Messageable, message: Message, *, reply_to: discord.Message | None = None
    ) -> Sent | None:
        """Post the message in a channel, as a reply where that is possible; None where the bot may not speak."""
        place = channel if isinstance(channel, discord.abc.Snowflake) else None
        if place is None or not self.can_post(place):
            self.counts[Trouble.SUPPRESSED] += 1
            return None
        more: dict[str, Any] = {"nonce": secrets.randbits(60)}
        if reply_to is not None and _may_read_history(place):
            more["reference"] = reply_to.to_reference(fail_if_not_exists=False)

        turn = self._posting.setdefault(place.id, asyncio.Lock())

        async def send(shown: dict[str, Any]) -> Sent:
            async with turn:
                # Those that waited for their turn behind one that was refused know better now.
                if not self.can_post(place):
                    raise _SilencedError
                posted = await channel.send(**shown, **more)
            self._unauthorised = 0
            return posted

        try:
            return await self._sent(send, message)
        except _SilencedError:
            self.counts["suppressed"] += 1
        except discord.HTTPException as error:
            if error.code in _NOT_ALLOWED:
                self._silent[place.id] = time.monotonic() + _SILENT_FOR
            self._note(Trouble.UNDELIVERED, error)
        except _Transport as error:
            self._note(Trouble.UNDELIVERED, error)
        return None

    async def edit(self, said: discord.Message, message: Message) -> Sent | None:
        """Put the message in the place of one that was posted; None where that isn't possible."""

        async def edit(shown: dict[str, Any]) -> Sent:
            return await said.edit(**shown)

        try:
            return await self._sent(edit, message, as_embed=_is_embed(said))
        except (discord.HTTPException, *_Transport) as error:
            self._note(Trouble.UNDELIVERED, error)
        return None

    async def delete(self, said: discord.Message) -> bool:
        """Delete a message that was posted; whether it is gone."""
        return await self._deleted(said.delete)

    async def show_typing(self, channel: discord.abc.MessageableChannel) -> None:
        """Show that an answer is coming; not waited for long, for it is no answer.

        Nothing is sent where that is on its way already: it shows for every question of the channel.
        """
        if channel.id in self._typing:
            return
        typing = asyncio.create_task(self._type(channel), name="typing")
        self._typing[channel.id] = typing
        typing.add_done_callback(lambda _: self._typing.pop(channel.id))
        # Never cancelled: discord.py holds back every request while one waits out a global limit, and would go on
        # holding them back for ever if that one ended before its wait.
        await asyncio.wait({typing}, timeout=_TYPING_WITHIN)

    async def _type(self, channel: discord.abc.Messageable) -> None:
        try:
            await channel.typing()
            self._unauthorised = 0
        except (discord.HTTPException, *_Transport) as error:
            self._note(Trouble.TYPING, error, level=logging.DEBUG)

    async def delete_original(self, interaction: Interaction) -> bool:
        """Delete the message whose button was pressed; whether it is gone."""
        return await self._deleted(interaction.delete_original_response)

    async def _deleted(self, delete: Callable[[], Awaitable[None]]) -> bool:
        try:
            await self._patiently(delete)
        except discord.HTTPException as error:
            if error.code == UNKNOWN_MESSAGE:
                return True
            self._note(Trouble.UNDELETED, error)
        except _Transport as error:
            self._note(Trouble.UNDELETED, error)
        else:
            return True
        return False

    def can_post(self, place: discord.abc.Snowflake) -> bool:
        """Whether the bot may post in a channel, as far as is known before trying."""
        until = self._silent.get(place.id)
        if until is not None:
            if time.monotonic() < until:
                return False
            del self._silent[place.id]
        if isinstance(place, discord.Thread):
            if place.locked or place.guild.get_channel(place.parent_id) is None:
                return False
            return place.permissions_for(place.guild.me).send_messages_in_threads
        if isinstance(place, discord.abc.GuildChannel):
            may = place.permissions_for(place.guild.me)
            return may.view_channel and may.send_messages
        return True

    async def _callback(self, interaction: Interaction, call: Callable[[], Awaitable[object]]) -> bool:
        until = interaction.extras.setdefault(_ACKNOWLEDGE_UNTIL, time.monotonic() + ACKNOWLEDGE_WITHIN)
        async with self._acknowledgement(), self._lane:
            while (left := until - time.monotonic()) > 0:
                try:
                    async with asyncio.timeout(min(_ONE_TRY, left)):
                        await call()
                except discord.HTTPException as error:
                    if error.code == ALREADY_ACKNOWLEDGED:
                        return self._acknowledged(interaction)
                    if not isinstance(error, _Transport):
                        late = error.code == UNKNOWN_INTERACTION
                        self._note(Trouble.LATE if late else Trouble.UNACKNOWLEDGED, error)
                        return False
                except _Transport:
                    self.counts[Trouble.ACKNOWLEDGEMENT_RETRIED] += 1
                else:
                    return self._acknowledged(interaction)
                await asyncio.sleep(_BETWEEN_TRIES)
        self.counts[Trouble.UNACKNOWLEDGED] += 1
        _log.warning("an interaction could not be acknowledged within %.1f s", ACKNOWLEDGE_WITHIN)
        return False

    def _acknowledged(self, interaction: Interaction) -> bool:
        interaction.extras[_ACKNOWLEDGED] = True
        return True

    @asynccontextmanager
    async def _acknowledgement(self) -> AsyncIterator[None]:
        self._acknowledging += 1
        if self._acknowledging > _A_RUSH:
            self._rush_until = time.monotonic() + _STILL_A_RUSH
        try:
            yield
        finally:
            self._acknowledging -= 1

    async def _sent(
        self, send: Callable[[dict[str, Any]], Awaitable[Sent]], message: Message, *, as_embed: bool = False
    ) -> Sent:
        """Send as Components V2, else as an embed."""
        if not as_embed:
            try:
                return await self._patiently(lambda: send({"view": layout(message), "allowed_mentions": NO_MENTIONS}))
            except discord.HTTPException as error:
                if error.code != INVALID_FORM:
                    raise
                self._note(Trouble.AS_EMBED, error)
        embed, view = embedded(message)
        return await self._patiently(lambda: send({"embed": embed, "view": view, "allowed_mentions": NO_MENTIONS}))

    async def _patiently(self, call: Callable[[], Awaitable[T]]) -> T:
        """Try again while the failure is one that passes by itself."""
        until = time.monotonic() + _SENDING_WITHIN
        pause = _FIRST_PAUSE
        while True:
            try:
                return await call()
            except _Transport:
                if time.monotonic() + pause > until:
                    raise
                self.counts[Trouble.MESSAGE_RETRIED] += 1
            await asyncio.sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE)

    async def _post_instead(self, interaction: Interaction, message: Message) -> Sent | None:
        self.counts[Trouble.EXPIRED] += 1
        channel = interaction.channel
        present = interaction.guild_id is None or interaction.client.get_guild(interaction.guild_id) is not None
        if message.private or not present or not isinstance(channel, discord.abc.Messageable):
            _log.info("an answer came after its token had expired, and was dropped")
            return None
        return await self.post(channel, message)

    def _note(self, trouble: Trouble, error: Exception, *, level: int = logging.WARNING) -> None:
        self.counts[trouble] += 1
        if isinstance(error, discord.HTTPException):
            if error.status == 401 and error.code != TOKEN_EXPIRED:
                self._unauthorised += 1
                if self._unauthorised == _MOST_UNAUTHORISED:
                    self._give_up()
            if error.code in _GONE or error.code == UNKNOWN_INTERACTION:
                level = min(level, logging.INFO)
            _log.log(level, "%s: Discord answered %d (code %d)", trouble, error.status, error.code)
        else:
            _log.log(level, "%s: %s", trouble, type(error).__name__)


def _is_embed(message: discord.Message | None) -> bool:
    return message is not None and not message.flags.components_v2


def _may_read_history(place: discord.abc.Snowflake) -> bool:
    if isinstance(place, discord.Thread | discord.abc.GuildChannel):
        return place.permissions_for(place.guild.me).read_message_history
    return True
