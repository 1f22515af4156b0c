"""The questions that members asked: in memory for follow-ups, and stored where a server stores questions."""

from __future__ import annotations

import secrets
import time
from dataclasses import dataclass, field

import discord

from bot.cogs.context import AskContext
from bot.services.conversations import Conversation, Conversations, Turn
from bot.services.engine import Answered, Engine
from bot.services.titles import Title
from bot.storage.questions import StoredQuestions, today
from bot.storage.records import StoredQuestion
from bot.ui.escape import one_line
from bot.ui.read_back import asker_in, earlier_in, question_in, review_keys_in


@dataclass(frozen=True, slots=True)
class AskRequest:
    """A question, and all that its answer depends on.

    Attributes:
        question: the member's words.
        context: who asks.
        earlier: the conversation that the question follows up on.
        review: the review that it is narrowed to, or None.
        private: whether the member alone sees the answer.
        chosen_private: whether the member chose that, and not the server.
        since: when the question arrived, by the monotonic clock.
    """

    question: str
    context: AskContext
    earlier: Conversation
    review: Title | None = None
    private: bool = False
    chosen_private: bool = False
    since: float = field(default_factory=time.monotonic)

    @property
    def visible_earlier(self) -> str | None:
        """The question before, unless it was private and this answer is public."""
        before = self.earlier.turns[-1:]
        return next((turn.question for turn in before if self.private or not turn.private), None)


class History:
    """What members asked before.

    Args:
        conversations: the questions in memory.
        questions: the stored questions.
        engine: names the reviews that answers are about.
    """

    def __init__(self, conversations: Conversations, questions: StoredQuestions, engine: Engine) -> None:
        self.conversations = conversations
        self._questions = questions
        self._engine = engine

    def up_to(self, answer: discord.Message, context: AskContext) -> Conversation:
        """Return the conversation up to one of the bot's answers; after a restart, the questions that it shows."""
        known = self.conversations.up_to(answer.id, context.member)
        if known is not None:
            return known
        keys = review_keys_in(answer)
        title = self._engine.titles.by_key(min(keys), context.collections) if len(keys) == 1 else None
        review, private = title.slug if title else None, answer.flags.ephemeral
        member = context.member if private else asker_in(answer)
        shown = (earlier_in(answer), question_in(answer))
        return Conversation(tuple(Turn(question, review, private, member=member) for question in shown if question))

    async def record(self, request: AskRequest, found: Answered, sent: discord.Message) -> None:
        """Add an answered question to the conversation, and store it where the server stores questions."""
        context, member = request.context, request.context.member
        if self._questions.was_erased(member, request.since):
            return
        server = context.server if context.settings.store_questions and not request.chosen_private else None
        # Drawn before the question is stored: a follow-up may arrive earlier than that.
        number = secrets.randbits(62)
        stored_number = None if server is None else number
        shown = (request.question, found.about, request.private, sent.id)
        turn = Turn(*shown, member, stored_number, request.chosen_private)
        self.conversations.record(context.channel, member, turn, earlier=request.earlier)
        if server is not None:
            question = StoredQuestion(
                number=number,
                server=server,
                member=member,
                day=today(),
                text=one_line(request.question),
                state=found.answer.state,
                confidence=found.answer.confidence,
                review=request.review.slug if request.review else None,
                collections=context.collections,
                after=request.earlier.turns[-1].stored_number if request.earlier.turns else None,
            )
            await self._questions.store(question, asked=request.since)
