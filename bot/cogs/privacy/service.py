"""All that the bot has about a member: collect it, erase it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from bot.storage.feedback import Feedback
from bot.storage.questions import StoredQuestions
from bot.storage.records import PersonalData


class Memory(Protocol):
    """Something that remembers members' questions without storing them."""

    def questions_of(self, member: int) -> tuple[str, ...]:
        """Return the member's questions."""

    def forget_member(self, member: int) -> None:
        """Forget them."""


class PersonalDataService:
    """Collect and erase a member's data.

    Args:
        questions: the stored questions.
        feedback: the feedback that members gave.
        memories: all that remember questions. Whatever else comes to remember them belongs here.
        others: forget other things about a member, by their id.
    """

    def __init__(
        self,
        questions: StoredQuestions,
        feedback: Feedback,
        memories: Sequence[Memory],
        others: Sequence[Callable[[int], None]],
    ) -> None:
        self._questions = questions
        self._feedback = feedback
        self._memories = memories
        self._others = others

    async def collect(self, member: int) -> PersonalData:
        """Return all that the bot has about a member.

        Raises:
            StorageError: the database can't be read.
        """
        questions = await self._questions.find(member=member)
        in_memory = dict.fromkeys(question for memory in self._memories for question in memory.questions_of(member))
        return PersonalData(member, questions, tuple(in_memory), self._feedback.given_by(member))

    async def erase(self, member: int) -> None:
        """Erase all that the bot has about a member, questions in progress included. Anonymous counts stay.

        Raises:
            StorageError: the database can't delete, or can't clear the file's bytes yet. It can be tried again.
        """
        for memory in self._memories:
            memory.forget_member(member)
        self._feedback.forget(member)
        for forget in self._others:
            forget(member)
        await self._questions.erase(member)
