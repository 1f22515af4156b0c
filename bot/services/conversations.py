"""Store each member's recent questions per channel, in memory, so that a follow-up can be rewritten.

A conversation belongs to one member in one channel, thread or direct message. It is also stored for each answer in it,
so that a reply to an older answer continues from there. If another member replies to an answer, a conversation of
their own begins with what they could see, which leaves out private questions. A question whose answer was deleted is in
no conversation. Not for use from several threads.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from cachetools import TTLCache

from bot.config import CONVERSATION_LIFETIME, CONVERSATION_QUESTIONS, MAX_REMEMBERED


@dataclass(frozen=True, slots=True)
class Turn:
    """A question of a conversation.

    Attributes:
        question: its text.
        review: the slug of the review that the conversation is about from here on, or None.
        private: whether only the member saw the answer.
        answer: the id of the answer's message, or None if it isn't known.
        member: the id of the member who asked, or None if it isn't known.
        stored_number: the number under which the question is stored, or None.
        chosen_private: whether the member chose that only they see the answer, and not the server.
    """

    question: str
    review: str | None = None
    private: bool = False
    answer: int | None = None
    member: int | None = None
    stored_number: int | None = None
    chosen_private: bool = False


@dataclass(frozen=True, slots=True)
class Conversation:
    """The turns so far, newest last."""

    turns: tuple[Turn, ...] = ()

    @property
    def context(self) -> tuple[str, ...]:
        """The earlier questions, as `Library.ask` takes them."""
        return tuple(turn.question for turn in self.turns)

    @property
    def review(self) -> str | None:
        """The slug of the review that the conversation is about, or None."""
        return self.turns[-1].review if self.turns else None

    @property
    def before_last(self) -> Conversation:
        """The conversation without its newest turn."""
        return Conversation(self.turns[:-1])

    def with_turn(self, turn: Turn) -> Conversation:
        """Return the conversation with one more turn, which is about the same review unless it names another."""
        return Conversation((*self.turns, replace(turn, review=turn.review or self.review))[-CONVERSATION_QUESTIONS:])

    def public(self) -> Conversation:
        """Return the turns that others could see."""
        return Conversation(tuple(turn for turn in self.turns if not turn.private))

    def without(self, member: int) -> Conversation:
        """Return the turns of other members."""
        return Conversation(tuple(turn for turn in self.turns if turn.member != member))


@dataclass(frozen=True, slots=True)
class _Answer:
    member: int
    conversation: Conversation


class Conversations:
    """The recent conversations.

    Args:
        clock: a monotonic clock, in seconds.
        lifetime: seconds after which an unused conversation ends.
        limit: conversations, and answers, that are stored at a time. The least recently used makes room.
    """

    def __init__(
        self, clock: Callable[[], float], *, lifetime: float = CONVERSATION_LIFETIME, limit: int = MAX_REMEMBERED
    ) -> None:
        self._current: TTLCache[tuple[int, int], Conversation] = TTLCache(limit, lifetime, clock)
        self._answers: TTLCache[int, _Answer] = TTLCache(limit, lifetime, clock)
        self._deleted: TTLCache[int, None] = TTLCache(limit, lifetime, clock)

    def __len__(self) -> int:
        self._current.expire()
        return len(self._current)

    def current(self, place: int, member: int) -> Conversation:
        """Return the member's conversation in a channel, thread or direct message. It may be empty."""
        conversation = self._current.get((place, member))
        if conversation is None:
            return Conversation()
        # Stored again to restart its lifetime.
        self._current[place, member] = remaining = self.without_deleted(conversation)
        return remaining

    def up_to(self, answer: int, member: int) -> Conversation | None:
        """Return the conversation up to an answer, by its message's id, for a member who continues from it.

        None if the answer isn't known: it is too old, deleted, or from before a restart.
        """
        known = self._answers.get(answer)
        if known is None or known.conversation.turns[-1].answer in self._deleted:
            return None
        remaining = self.without_deleted(known.conversation)
        self._answers[answer] = _Answer(known.member, remaining)
        return remaining if known.member == member else remaining.public()

    def without_deleted(self, conversation: Conversation) -> Conversation:
        """Return the conversation without the turns whose answers were deleted."""
        return Conversation(tuple(turn for turn in conversation.turns if turn.answer not in self._deleted))

    def record(self, place: int, member: int, turn: Turn, *, earlier: Conversation) -> Conversation:
        """Store an answered question. Return the conversation with it.

        Args:
            place: the id of the channel, thread or direct message.
            member: the id of the member who asked.
            turn: the question.
            earlier: the conversation that it continues. An empty one starts a new conversation.
        """
        conversation = earlier.with_turn(turn)
        self._current[place, member] = conversation
        if turn.answer is not None:
            self._answers[turn.answer] = _Answer(member, conversation)
        return conversation

    def add_alias(self, message: int, answer: int) -> None:
        """Store another message, such as a page opened from an answer, for the same point in the conversation."""
        known = self._answers.get(answer)
        if known is not None:
            self._answers[answer] = self._answers[message] = known

    def forget(self, answer: int) -> None:
        """Remove a deleted answer, and its turn from every conversation."""
        self._answers.pop(answer, None)
        # Each conversation loses the turn when it is used. The others end before this entry does.
        self._deleted[answer] = None

    def questions_of(self, member: int) -> tuple[str, ...]:
        """Return the member's questions in any conversation, each once."""
        conversations = [*self._current.values(), *(answer.conversation for answer in self._answers.values())]
        turns = (turn for conversation in conversations for turn in conversation.turns)
        return tuple(dict.fromkeys(turn.question for turn in turns if turn.member == member))

    def forget_member(self, member: int) -> None:
        """Remove a member's questions, from the conversations of others too."""
        for key, conversation in self._current.items():
            if key[1] == member:
                del self._current[key]
            elif any(turn.member == member for turn in conversation.turns):
                self._current[key] = conversation.without(member)
        for message, answer in self._answers.items():
            if answer.member == member:
                del self._answers[message]
            elif any(turn.member == member for turn in answer.conversation.turns):
                self._answers[message] = replace(answer, conversation=answer.conversation.without(member))
