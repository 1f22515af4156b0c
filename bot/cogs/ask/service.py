"""A question's way through Discord: refuse, acknowledge, ask the engine, render, send, remember."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import discord

from bot.cogs.ask.history import AskRequest, History
from bot.cogs.ask.message import Asker, answer_message
from bot.cogs.ask.review_list import list_message
from bot.cogs.context import MEMBER_ERRORS, AskContext, Interaction
from bot.observability.metrics import Metrics
from bot.observability.trace import Outcome, Source, Stage, Trace
from bot.services.conversations import Conversation
from bot.services.engine import Answered, BusyError, Engine, EngineQuery
from bot.services.rate_limits import RateLimits
from bot.services.titles import Title
from bot.transport.delivery import Delivery
from bot.ui.elements import Message, Text
from bot.ui.examples import greeting_message
from bot.ui.question_text import NameOf, question_text, within_limit
from bot.ui.small_talk import is_small_talk
from bot.ui.text import notice_with_question, question_problem
from embeddings import LibraryError, slugify

_log = logging.getLogger(__name__)


class AskService:
    """Answer questions.

    Args:
        delivery: the way out to Discord.
        engine: finds the answers.
        limits: says who has to wait.
        history: the conversations and the stored questions.
        metrics: counts questions and measures their stages.
    """

    def __init__(
        self, delivery: Delivery, engine: Engine, limits: RateLimits, history: History, metrics: Metrics
    ) -> None:
        self.limits = limits
        self._delivery = delivery
        self._engine = engine
        self._history = history
        self._metrics = metrics

    async def answer_interaction(
        self,
        interaction: Interaction,
        context: AskContext,
        question: str,
        *,
        source: Source,
        review: str | None = None,
        private: bool | None = None,
        earlier: Conversation | None = None,
    ) -> None:
        """Answer a question that came by an interaction.

        Args:
            interaction: the interaction, not acknowledged yet.
            context: who asks.
            question: the member's words, as Discord sends them.
            source: how the member asked.
            review: the review to search alone, as the member named or chose it.
            private: whether the member alone sees the answer; None follows the server's setting.
            earlier: the conversation that the question follows up on; None starts a new one.

        Raises:
            LibraryError: there is no such review, or the engine can't answer.
        """
        with self.trace(source) as trace:
            names = names_in(interaction.guild)
            # A name that fits no review is for the member alone, so it is looked up before the acknowledgement.
            name = question_text(review, names) if review else ""
            title = self._engine.titles.find(name, context.collections) if name else None
            told = self._without_search(question, context, trace) or self._cooldown(question, context, trace)
            if told is not None:
                await self._delivery.send_now(interaction, told)
                return
            hidden = context.settings.private_answers if private is None else private
            # Everything else takes longer, and Discord waits for 3 seconds.
            with trace.stage(Stage.ACKNOWLEDGE):
                acknowledged = await self._delivery.acknowledge(interaction, private=hidden)
            if not acknowledged and (hidden or not self._delivery.can_answer_late(interaction)):
                trace.outcome = Outcome.LATE
                return
            question = question_text(question, names)
            told = self._without_search(question, context, trace)
            if told is not None:
                await self._delivery.notify(interaction, told)
                return
            request = AskRequest(
                question, context, earlier or Conversation(), title, hidden, chosen_private=private is True
            )
            found, message = await self.answer(request, trace)
            with trace.stage(Stage.SEND):
                if acknowledged:
                    sent = await self._delivery.respond(interaction, message)
                else:
                    late = Text(context.words.answered_late.format(member=context.member))
                    message = replace(message, elements=(*message.elements, late))
                    sent = await self._delivery.answer_late(interaction, message)
            await self.remember(request, found, sent, trace)

    @contextmanager
    def trace(self, source: Source) -> Iterator[Trace]:
        """Trace a question to its end, then log and count it."""
        trace = Trace(source)
        try:
            yield trace
        except LibraryError as error:
            trace.outcome = outcome_of(error)
            raise
        finally:
            self._metrics.question(trace)
            seconds = {stage.value: round(took, 4) for stage, took in trace.seconds.items()}
            _log.info(
                "question",
                extra={
                    "way": trace.source.value,
                    "state": trace.outcome.value,
                    "seconds": {**seconds, "total": round(trace.total, 4)},
                },
            )

    def greeting(self, question: str, context: AskContext) -> Message | None:
        """Return the reply to small talk, or None. The name of a review is no small talk."""
        titles = self._engine.titles
        if not is_small_talk(question) or titles.by_slug(slugify(question), context.collections) is not None:
            return None
        return greeting_message(titles.visible(context.collections), context.words)

    def _without_search(self, question: str, context: AskContext, trace: Trace) -> Message | None:
        """Return the reply to a text that is too short, too long or small talk, or None."""
        wrong = question_problem(question, context.words)
        told = self.greeting(question, context) if wrong is None else notice_with_question(wrong, question)
        if told is not None:
            trace.outcome = Outcome.REFUSED
        return told

    def _cooldown(self, question: str, context: AskContext, trace: Trace) -> Message | None:
        """Return that the member has to wait. None counts the question as asked."""
        wait = self.limits.claim(context.member, context.server)
        if not wait:
            return None
        trace.outcome = Outcome.COOLDOWN
        return notice_with_question(context.words.cooldown(wait), question)

    async def answer(self, request: AskRequest, trace: Trace) -> tuple[Answered, Message]:
        """Ask the engine, and render its answer.

        Raises:
            LibraryError: the engine can't answer.
        """
        context, earlier = request.context, request.earlier
        default_review = earlier.review or context.settings.default_review
        query = engine_query(request.question, request.review, earlier.context, context, default_review)
        found = await self._engine.ask(query)
        trace.add(Stage.QUEUE, found.queued)
        trace.add(Stage.ENCODE, found.took.encode)
        trace.add(Stage.RANK, found.took.rank)
        trace.add(Stage.READ, found.took.rerank)
        trace.add(Stage.QUOTE, found.took.quote)
        asker = Asker(context.member, request.private, context.present)
        with trace.stage(Stage.RENDER):
            if found.answer.listing is not None:
                return found, list_message(
                    found.answer,
                    found.answer.listing,
                    found.reviews,
                    context.options,
                    asker=asker,
                    earlier=request.visible_earlier,
                )
            message = answer_message(
                found.answer,
                found.reviews,
                context.options,
                asker=asker,
                within=found.within,
                titles=self._engine.titles.visible(context.collections),
                earlier=request.visible_earlier,
            )
        return found, message

    async def remember(self, request: AskRequest, found: Answered, sent: discord.Message | None, trace: Trace) -> None:
        """Remember an answer that was sent, so that the conversation can go on."""
        if sent is None:
            trace.outcome = Outcome.UNDELIVERED
            return
        trace.outcome = Outcome(found.answer.state)
        await self._history.record(request, found, sent)


def text_of(message: discord.Message, guild: discord.Guild | None) -> str:
    """Return the words of a message that wasn't written to the bot, or of the one that it forwards, as a question."""
    forwarded = [snapshot.content for snapshot in message.message_snapshots]
    return within_limit(question_text(message.content or next(iter(forwarded), ""), names_in(guild)))


def names_in(guild: discord.Guild | None) -> NameOf:
    """Return how to name a server's channels and roles. Bots' own roles stay unnamed: they address a bot."""

    def name_of(mark: str, number: int) -> str | None:
        if guild is None:
            return None
        if mark == "#":
            channel = guild.get_channel_or_thread(number)
            return channel.name if channel else None
        role = guild.get_role(number)
        return role.name if role and not role.managed else None

    return name_of


def engine_query(
    question: str, title: Title | None, earlier: tuple[str, ...], context: AskContext, default_review: str | None = None
) -> EngineQuery:
    """Return the engine's query. It looks for a chosen review in that review's collection alone: slugs repeat."""
    if title is None:
        return EngineQuery(question, default_review=default_review, context=earlier, collections=context.collections)
    return EngineQuery(question, review=title.slug, context=earlier, collections=(title.collection,))


def outcome_of(error: LibraryError) -> Outcome:
    """Return the outcome of a question that ends in an error."""
    if isinstance(error, BusyError):
        return Outcome.BUSY
    return Outcome.REFUSED if isinstance(error, MEMBER_ERRORS) else Outcome.FAILED
