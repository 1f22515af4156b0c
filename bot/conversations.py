"""What a follow-up refers to: the earlier questions of a conversation, in memory, for a while.

A conversation belongs to one member in one place (a channel, a thread, a DM). It is also known by each answer in
it, so that a reply to an older answer goes on from there. When somebody else replies to an answer, a conversation of
their own begins with what they could see; what was asked in private is never among it. Not for use from
several threads.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)

MOST_TURNS = 5
"""Questions that a conversation remembers; the search takes no more than these into account."""


@dataclass(frozen=True, slots=True)
class Turn:
    """A question that was asked, and whether its answer was for the asker alone."""

    question: str
    private: bool = False


@dataclass(frozen=True, slots=True)
class Conversation:
    """The turns so far, the newest last, and the slug of the review that they keep to, if any."""

    turns: tuple[Turn, ...] = ()
    review: str | None = None

    @property
    def context(self) -> tuple[str, ...]:
        """The earlier questions, as `Library.ask` takes them."""
        return tuple(turn.question for turn in self.turns)

    def with_turn(self, turn: Turn, review: str | None) -> Conversation:
        """The conversation one turn later. A turn that names no review stays with the one before."""
        return Conversation((*self.turns, turn)[-MOST_TURNS:], review or self.review)

    def seen_by_others(self) -> Conversation:
        """What of it somebody else could see."""
        turns = tuple(turn for turn in self.turns if not turn.private)
        return Conversation(turns, self.review if turns else None)


@dataclass(frozen=True, slots=True)
class _Answered:
    place: int
    member: int
    conversation: Conversation


class Conversations:
    """The conversations of the last while.

    Args:
        clock: a monotonic clock, in seconds.
        lifetime: seconds after which an untouched conversation is over.
        most: conversations, and answers, remembered at the same time; the one untouched for longest goes first.
    """

    def __init__(self, clock: Callable[[], float], *, lifetime: float = 1800.0, most: int = 10_000) -> None:
        self._going: _Recent[tuple[int, int], Conversation] = _Recent(clock, lifetime, most)
        self._answers: _Recent[int, _Answered] = _Recent(clock, lifetime, most)

    def __len__(self) -> int:
        return len(self._going)

    def of(self, place: int, member: int) -> Conversation:
        """The member's conversation in a channel, thread or DM; an empty one where there is none."""
        return self._going.get((place, member)) or Conversation()

    def after(self, answer: int, member: int) -> Conversation | None:
        """The conversation up to an answer, by its message's id, for a member who goes on from it.

        None where the answer isn't known: it is too old, or from before a restart.
        """
        known = self._answers.get(answer)
        if known is None:
            return None
        return known.conversation if known.member == member else known.conversation.seen_by_others()

    def record(
        self,
        place: int,
        member: int,
        question: str,
        *,
        earlier: Conversation,
        answer: int | None = None,
        private: bool = False,
        review: str | None = None,
    ) -> Conversation:
        """Remember a question that was answered.

        Args:
            place: the id of the channel, thread or DM.
            member: the asker's id.
            question: what was asked.
            earlier: the conversation that it went on from; an empty one begins anew.
            answer: the id of the answer's message, where it is known.
            private: whether the answer was for the asker alone.
            review: the slug of the review that the question was narrowed to.
        """
        conversation = earlier.with_turn(Turn(question, private), review)
        self._going.put((place, member), conversation)
        if answer is not None:
            self._answers.put(answer, _Answered(place, member, conversation))
        return conversation

    def forget(self, answer: int) -> None:
        """Take back an answer that was deleted, or whose question was; its conversation ends if it was the last."""
        known = self._answers.pop(answer)
        if known is not None and self.of(known.place, known.member) == known.conversation:
            self._going.pop((known.place, known.member))


Value = TypeVar("Value")


class _Recent(Generic[Key, Value]):
    """A bounded memory in which each entry ends some time after it was last used."""

    def __init__(self, clock: Callable[[], float], lifetime: float, most: int) -> None:
        self._clock = clock
        self._lifetime = lifetime
        self._most = most
        self._entries: OrderedDict[Key, tuple[float, Value]] = OrderedDict()

    def __len__(self) -> int:
        self._expire()
        return len(self._entries)

    def get(self, key: Key) -> Value | None:
        self._expire()
        entry = self._entries.get(key)
        if entry is None:
            return None
        self.put(key, entry[1])
        return entry[1]

    def put(self, key: Key, value: Value) -> None:
        self._expire()
        self._entries[key] = (self._clock(), value)
        self._entries.move_to_end(key)
        while len(self._entries) > self._most:
            self._entries.popitem(last=False)

    def pop(self, key: Key) -> Value | None:
        entry = self._entries.pop(key, None)
        return None if entry is None else entry[1]

    def _expire(self) -> None:
        latest = self._clock() - self._lifetime
        while self._entries:
            key = next(iter(self._entries))
            if self._entries[key][0] > latest:
                return
            del self._entries[key]
