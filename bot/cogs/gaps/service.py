"""Make the page of a server's unanswered questions."""

from __future__ import annotations

import asyncio

from bot.cogs.context import AskContext
from bot.cogs.gaps.page import gaps_message
from bot.services.engine import Engine
from bot.storage.feedback import Feedback
from bot.storage.questions import StoredQuestions
from bot.ui.elements import Message
from bot.ui.text import notice


class GapsService:
    """A server's own unanswered questions, and nothing that says who asked.

    Args:
        engine: groups the questions.
        questions: the stored questions.
        feedback: counts feedback on answers.
        retention_days: how long questions are stored.
    """

    def __init__(self, engine: Engine, questions: StoredQuestions, feedback: Feedback, retention_days: int) -> None:
        self._engine = engine
        self._questions = questions
        self._feedback = feedback
        self._retention_days = retention_days

    async def page(self, server: int, context: AskContext, *, export: bool) -> Message:
        """Return the page, with the questions as a file if `export`.

        Raises:
            StorageError: the questions can't be read.
        """
        if not context.settings.store_questions:
            return notice(context.words.gaps_not_stored)
        found = await self._engine.gaps(await self._questions.find(server=server))
        return await asyncio.to_thread(
            gaps_message,
            found,
            context.words,
            days=self._retention_days,
            feedback=await self._feedback.counts(server),
            export=export,
        )
