"""TBD."""

from __future__ import annotations

import logging
import secrets
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from typing import Protocol, cast

import discord

from bot.cogs.ask.message import PASSAGES_ON_PAGE, answer_message, more_passages_message, passage_quotes
from bot.cogs.browse.help import Examples
from bot.cogs.context import AskContext, Interaction
from bot.observability.metrics import Metrics, Trouble
from bot.observability.trace import Outcome, Source, Stage, Trace
from bot.services.conversations import Conversation, Conversations, Turn
from bot.services.engine import Answered, BusyError, Engine, EngineQuery
from bot.services.in_flight import InFlight
from bot.services.rate_limits import RateLimits
from bot.services.titles import Title, UnknownTitleError
from bot.services.uploads import Uploads
from bot.storage.feedback import Feedback
from bot.storage.questions import StoredQuestions
from bot.storage.records import PersonalData, RetentionPolicy, StoredQuestion
from bot.storage.retention import today
from bot.storage.server_settings import ServerSettingsCache
from bot.transport.delivery import Delivery
from bot.ui.custom_ids import Delete, MorePassages
from bot.ui.elements import Message, Style
from bot.ui.escape import one_line
from bot.ui.read_back import actions_in, earlier_in, question_in, review_key_in
from bot.ui.strings import catalogue
from bot.ui.text import notice, problem, question_problem, unknown_review, with_question
from embeddings import (
    SHARED,
    ConversionError,
    LibraryError,
    QuestionError,
    ReviewStorageError,
    UnknownReviewError,
    UnknownSectionError,
)


@dataclass(frozen=True, slots=True)
class AskRequest:
    """A question on its way.

    Attributes:
        question: what.
        asker: by whom.
        earlier: after which conversation.
        review: the slug of the review that it is narrowed to, or None.
        private: whether the asker alone sees the answer.
        confided: whether that was the asker's choice, and not the server's.
        since: since when, by the monotonic clock.
    """

    question: str
    asker: AskContext
    earlier: Conversation
    review: Title | None = None
    private: bool = False
    confided: bool = False
    since: float = field(default_factory=time.monotonic)

    @property
    def is_kept(self) -> bool:
        """Whether it is to be stored."""
        return self.asker.settings.store_questions and not self.confided


def engine_query(
    question: str, title: Title | None, context: tuple[str, ...], asker: AskContext, default_review: str | None = None
) -> EngineQuery:
    """A question to the engine. A chosen review is looked for in its own collection: another may have its slug."""
    if title is None:
        return EngineQuery(question, default_review=default_review, context=context, collections=asker.collections)
    return EngineQuery(question, review=title.slug, context=context, collections=(title.collection,))


def _to_be_shown(asked: AskRequest) -> str | None:
    """The question before, unless it was asked in private and this answer is for all."""
    before = asked.earlier.turns[-1:]
    return next((turn.question for turn in before if asked.private or not turn.private), None)


_log = logging.getLogger(__name__)


_FOR_MEMBERS = (ConversionError, QuestionError, ReviewStorageError, UnknownReviewError, UnknownSectionError)
"""The errors that a member can do something about."""


class Memory(Protocol):
    """What remembers questions of members, without storing them."""

    def questions_of(self, member: int) -> tuple[str, ...]:
        """The member's questions that are remembered."""

    def forget_member(self, member: int) -> None:
        """Forget them."""


class AskService:
    """Where questions are taken and answers handed out."""

    def __init__(
        self,
        engine: Engine,
        delivery: Delivery,
        servers: ServerSettingsCache,
        conversations: Conversations,
        cooldowns: RateLimits,
        kept: StoredQuestions,
        feedback: Feedback,
        terms: RetentionPolicy,
        metrics: Metrics,
    ) -> None:
        self.engine = engine
        self.delivery = delivery
        self.servers = servers
        self.conversations = conversations
        self.cooldowns = cooldowns
        self.examples = Examples(engine)
        self.uploads = Uploads(time.monotonic)
        self.kept = kept
        self.feedback = feedback
        self.terms = terms
        self.memories: list[Memory] = [conversations]
        """All that remember questions; whatever else comes to do so is to be put here."""
        self.metrics = metrics
        self.work = InFlight()
        engine.before_each = delivery.after_a_rush

    async def asker(self, interaction: Interaction) -> AskContext:
        """Who is behind an interaction. A user install where the bot isn't a member counts as no server."""
        server = interaction.guild_id if interaction.is_guild_integration() else None
        place = interaction.channel_id or interaction.user.id
        return await self._asker(interaction.user.id, place, server, str(interaction.locale))

    async def author(self, message: discord.Message) -> AskContext:
        """Who wrote a message."""
        guild = message.guild
        locale = str(guild.preferred_locale) if guild else None
        return await self._asker(message.author.id, message.channel.id, guild.id if guild else None, locale)

    @contextmanager
    def journey(self, way: Source) -> Iterator[Trace]:
        """A question, from here to its end, which is logged and counted."""
        journey = Trace(way)
        try:
            yield journey
        except LibraryError as error:
            journey.outcome = outcome_of(error)
            raise
        finally:
            self.metrics.question(journey)
            seconds = {stage.value: round(took, 4) for stage, took in journey.seconds.items()}
            _log.info(
                "question",
                extra={
                    "way": journey.source.value,
                    "state": journey.outcome.value,
                    "seconds": {**seconds, "total": round(journey.total, 4)},
                },
            )

    def refusal(self, question: str, asker: AskContext, journey: Trace) -> Message | None:
        """Why a question isn't taken now (its length, a cooldown), or None, which counts it as asked."""
        wrong = question_problem(question, asker.words)
        if wrong is not None:
            journey.outcome = Outcome.REFUSED
            return notice(wrong)
        wait = self.cooldowns.claim(asker.member, asker.server)
        if not wait:
            return None
        journey.outcome = Outcome.COOLDOWN
        return notice(asker.words.cooldown(wait))

    async def answer_interaction(
        self,
        interaction: Interaction,
        asker: AskContext,
        question: str,
        *,
        way: Source,
        review: str | None = None,
        private: bool | None = None,
        earlier: Conversation | None = None,
    ) -> None:
        """Answer a question that came by an interaction.

        Args:
            interaction: not acknowledged yet.
            asker: who is behind it.
            question: as it was asked.
            way: how it was asked.
            review: the review to keep to, as the member named it or chose it.
            private: whether the asker alone sees the answer; None takes the server's own way.
            earlier: the conversation that it goes on from; None goes on from none.

        Raises:
            LibraryError: there is no such review, or the engine can't answer.
        """
        with self.journey(way) as journey:
            title = self.engine.titles.find(review, asker.collections) if review else None
            refused = self.refusal(question, asker, journey)
            if refused is not None:
                # With the question, for what was typed into a form is gone otherwise.
                await self.delivery.say_at_once(interaction, with_question(refused, question))
                return
            hidden = asker.settings.private_answers if private is None else private
            with journey.stage(Stage.ACKNOWLEDGE):
                acknowledged = await self.delivery.acknowledge(interaction, private=hidden)
            if not acknowledged:
                journey.outcome = Outcome.LATE
                return
            asked = AskRequest(question, asker, earlier or Conversation(), title, hidden, confided=private is True)
            found, message = await self.answer(asked, journey)
            with journey.stage(Stage.SEND):
                sent = await self.delivery.respond(interaction, message)
            await self.remember(asked, found, sent, journey)

    async def more_passages(self, pressed: discord.Message, action: MorePassages, asker: AskContext) -> Message | None:
        """A page of further passages for what the pressed message shows; None where that can't be told any more.

        Raises:
            LibraryError: they can't be looked up.
        """
        question = question_in(pressed)
        title = self.engine.titles.by_key(action.review, asker.collections) if action.review else None
        if question is None or (action.review and title is None):
            return None
        query = engine_query(question, title, self.earlier(pressed, asker).before_last.context, asker)
        first = action.page * PASSAGES_ON_PAGE
        passages = await self.engine.search(query, first + PASSAGES_ON_PAGE + 1)
        shown = passage_quotes(passages.hits[first : first + PASSAGES_ON_PAGE], passages.reviews, first=first + 1)
        return more_passages_message(
            question,
            shown,
            passages.reviews,
            asker.manner,
            action=action,
            last=len(passages.hits) <= first + PASSAGES_ON_PAGE,
            earlier=earlier_in(pressed),
        )

    def earlier(self, message: discord.Message, asker: AskContext) -> Conversation:
        """The conversation up to one of the bot's answers; of one that isn't remembered, the questions it shows."""
        known = self.conversations.up_to(message.id, asker.member)
        if known is not None:
            return known
        key = review_key_in(message)
        title = self.engine.titles.by_key(key, asker.collections) if key else None
        review, private = title.slug if title else None, message.flags.ephemeral
        # Somebody else's answer names them in the button by which they alone may delete it.
        askers = [action.asker for action in actions_in(message) if isinstance(action, Delete)]
        member = asker.member if private else next(iter(askers), None)
        shown = (earlier_in(message), question_in(message))
        return Conversation(tuple(Turn(question, review, private, member=member) for question in shown if question))

    async def data_of(self, member: int) -> PersonalData:
        """All that there is of a member.

        Raises:
            StoreError: it can't be read.
        """
        questions = await self.kept.of_member(member)
        remembered = dict.fromkeys(question for memory in self.memories for question in memory.questions_of(member))
        return PersonalData(member, questions, tuple(remembered), self.feedback.given_by(member))

    async def erase(self, member: int) -> None:
        """Delete all that there is of a member, what is under way included; what counts no person stays.

        Raises:
            StoreError: it can't be deleted, or not from the file's bytes yet; it can be tried again.
        """
        for memory in self.memories:
            memory.forget_member(member)
        self.feedback.forget(member)
        self.cooldowns.forget(member)
        self.uploads.forget(member)
        await self.kept.erase(member)

    @asynccontextmanager
    async def attending(self, interaction: Interaction) -> AsyncIterator[AskContext]:
        """Deal with an interaction to its end; whatever goes wrong on the way is told to the member."""
        with self.work:
            asker = await self.asker(interaction)
            try:
                yield asker
            except LibraryError as error:
                await self.delivery.tell(interaction, self.told(error, asker))
            except Exception:  # noqa: BLE001  # the last resort: logged whole, and told to the member
                _log.exception("an interaction failed")
                await self.delivery.tell(interaction, notice(asker.words.failed, style=Style.PROBLEM))

    async def _asker(self, member: int, place: int, server: int | None, locale: str | None) -> AskContext:
        settings = await self.servers.settings(server)
        collections = (SHARED,) if server is None else (SHARED, str(server))
        return AskContext(member, place, server, settings, collections, catalogue(locale))

    async def answer(self, asked: AskRequest, journey: Trace) -> tuple[Answered, Message]:
        """What the reviews say, and how it is put.

        Raises:
            LibraryError: the engine can't answer.
        """
        asker, earlier = asked.asker, asked.earlier
        default_review = earlier.review or asker.settings.default_review
        query = engine_query(asked.question, asked.review, earlier.context, asker, default_review)
        found = await self.engine.ask(query)
        journey.took(Stage.QUEUE, found.queued)
        journey.took(Stage.ENCODE, found.took.encode)
        journey.took(Stage.RANK, found.took.rank)
        journey.took(Stage.READ, found.took.rerank)
        journey.took(Stage.QUOTE, found.took.quote)
        with journey.stage(Stage.RENDER):
            message = answer_message(
                found.answer,
                found.reviews,
                asker.manner,
                asker=asker.member,
                private=asked.private,
                within=found.within,
                earlier=_to_be_shown(asked),
            )
        return found, message

    async def remember(self, asked: AskRequest, found: Answered, sent: discord.Message | None, journey: Trace) -> None:
        """Let the conversation go on from an answer, if it was sent, and keep the question where it is to be kept."""
        member = asked.asker.member
        journey.outcome = Outcome.UNDELIVERED if sent is None else Outcome(found.answer.state)
        if sent is None or self.kept.was_erased(member, asked.since):
            return
        # Drawn before it is stored: a follow-up may come before that is done.
        number = secrets.randbits(62) if asked.is_kept else None
        turn = Turn(asked.question, found.about, asked.private, sent.id, member, number)
        self.conversations.record(asked.asker.place, member, turn, earlier=asked.earlier)
        if number is not None:
            await self._keep(asked, found, number)

    async def _keep(self, asked: AskRequest, found: Answered, number: int) -> None:
        asker, earlier = asked.asker, asked.earlier
        if asker.server is None:
            return
        question = StoredQuestion(
            number=number,
            server=asker.server,
            member=asker.member,
            day=today(),
            text=one_line(asked.question),
            state=found.answer.state,
            confidence=found.answer.confidence,
            review=asked.review.slug if asked.review else None,
            collections=asker.collections,
            after=earlier.turns[-1].stored_number if earlier.turns else None,
        )
        await self.kept.store(question, asked=asked.since)

    def told(self, error: LibraryError, asker: AskContext) -> Message:
        """What a member is told of an error; what is for those who run the bot goes to the log."""
        if isinstance(error, BusyError):
            self.delivery.counts[Trouble.BUSY] += 1
            return notice(asker.words.busy, style=Style.UNANSWERED)
        if isinstance(error, UnknownTitleError):
            return unknown_review(error.typed, [title.text for title in error.suggestions], asker.words)
        if isinstance(error, UnknownReviewError):
            # It was there when it was chosen.
            return notice(asker.words.review_gone)
        if isinstance(error, _FOR_MEMBERS):
            return problem(error)
        # It is for those who run the bot, and may name their files.
        _log.error("a question could not be answered: %s", error)
        return notice(asker.words.failed, style=Style.PROBLEM)


def outcome_of(error: LibraryError) -> Outcome:
    """What becomes of a question that ends in an error."""
    if isinstance(error, BusyError):
        return Outcome.BUSY
    return Outcome.REFUSED if isinstance(error, _FOR_MEMBERS) else Outcome.FAILED


def service_of(client: discord.Client) -> AskService:
    """The desk of a bot that is running."""
    return cast(AskService, client.desk)  # type: ignore[attr-defined]  # `bot.app.client`, which has it, imports this module
