"""What a follow-up refers to: the earlier questions of a conversation, in memory, for a while.

A conversation belongs to one member in one place (a channel, a thread, a DM). It is also known by each answer in
it, so that a reply to an older answer goes on from there. When somebody else replies to an answer, a conversation of
their own begins with what they could see; what was asked in private is never among it. A turn whose answer was taken
back is in no conversation any more. Not for use from several threads.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from bot.config import CONVERSATION_LIFETIME, CONVERSATION_QUESTIONS, MAX_REMEMBERED
from bot.storage.ttl_cache import TtlCache


@dataclass(frozen=True, slots=True)
class Turn:
    """A question that was asked.

    Attributes:
        question: its words.
        review: the slug of the review that the conversation keeps to from here on, or None.
        private: whether its answer was for the asker alone.
        answer: the id of the answer's message, where it is known.
        member: the asker's id, or None where it isn't known.
        stored_number: the number by which the question is stored, or None.
    """

    question: str
    review: str | None = None
    private: bool = False
    answer: int | None = None
    member: int | None = None
    stored_number: int | None = None


@dataclass(frozen=True, slots=True)
class Conversation:
    """The turns so far, the newest last."""

    turns: tuple[Turn, ...] = ()

    @property
    def context(self) -> tuple[str, ...]:
        """The earlier questions, as `Library.ask` takes them."""
        return tuple(turn.question for turn in self.turns)

    @property
    def review(self) -> str | None:
        """The slug of the review that it keeps to, if any."""
        return self.turns[-1].review if self.turns else None

    @property
    def before_last(self) -> Conversation:
        """The conversation up to its newest turn."""
        return Conversation(self.turns[:-1])

    def with_turn(self, turn: Turn) -> Conversation:
        """The conversation one turn later. A turn that names no review stays with the one before."""
        return Conversation((*self.turns, replace(turn, review=turn.review or self.review))[-CONVERSATION_QUESTIONS:])

    def public(self) -> Conversation:
        """What of it somebody else could see."""
        return Conversation(tuple(turn for turn in self.turns if not turn.private))

    def without(self, member: int) -> Conversation:
        """What of it a member did not ask."""
        return Conversation(tuple(turn for turn in self.turns if turn.member != member))


@dataclass(frozen=True, slots=True)
class _Answered:
    member: int
    conversation: Conversation


class Conversations:
    """The conversations of the last while.

    Args:
        clock: a monotonic clock, in seconds.
        lifetime: seconds after which an untouched conversation is over.
        most: conversations, and answers, remembered at the same time; the one untouched for longest goes first.
    """

    def __init__(
        self, clock: Callable[[], float], *, lifetime: float = CONVERSATION_LIFETIME, most: int = MAX_REMEMBERED
    ) -> None:
        self._going: TtlCache[tuple[int, int], Conversation] = TtlCache(clock, lifetime=lifetime, most=most)
        self._answers: TtlCache[int, _Answered] = TtlCache(clock, lifetime=lifetime, most=most)
        self._taken_back: TtlCache[int, None] = TtlCache(clock, lifetime=lifetime, most=most)

    def __len__(self) -> int:
        return len(self._going)

    def current(self, place: int, member: int) -> Conversation:
        """The member's conversation in a channel, thread or DM; an empty one where there is none."""
        going = self._going.get((place, member))
        if going is None:
            return Conversation()
        left = self.without_deleted(going)
        self._going.put((place, member), left)
        return left

    def up_to(self, answer: int, member: int) -> Conversation | None:
        """The conversation up to an answer, by its message's id, for a member who goes on from it.

        None where the answer isn't known: it is too old, taken back, or from before a restart.
        """
        known = self._answers.get(answer)
        if known is None or known.conversation.turns[-1].answer in self._taken_back:
            return None
        left = self.without_deleted(known.conversation)
        self._answers.put(answer, _Answered(known.member, left))
        return left if known.member == member else left.public()

    def without_deleted(self, conversation: Conversation) -> Conversation:
        """What is left of a conversation without the turns whose answers were taken back."""
        return Conversation(tuple(turn for turn in conversation.turns if turn.answer not in self._taken_back))

    def record(self, place: int, member: int, turn: Turn, *, earlier: Conversation) -> Conversation:
        """Remember a question that was answered.

        Args:
            place: the id of the channel, thread or DM.
            member: the asker's id.
            turn: what was asked.
            earlier: the conversation that it went on from; an empty one begins anew.
        """
        conversation = earlier.with_turn(turn)
        self._going.put((place, member), conversation)
        if turn.answer is not None:
            self._answers.put(turn.answer, _Answered(member, conversation))
        return conversation

    def add_alias(self, message: int, answer: int) -> None:
        """Let another message (a page opened from an answer) stand for the same place in the conversation."""
        known = self._answers.get(answer)
        if known is not None:
            self._answers.put(message, known)

    def forget(self, answer: int) -> None:
        """Take back an answer that was deleted, or whose question was, and its turn wherever it was remembered."""
        self._answers.pop(answer)
        # Whoever is looked up from here on is kept without it, so that it may be forgotten itself after a lifetime.
        self._taken_back.put(answer, None)

    def questions_of(self, member: int) -> tuple[str, ...]:
        """The member's questions that are remembered anywhere, each once."""
        conversations = [conversation for _, conversation in self._going.items()]
        conversations += [answered.conversation for _, answered in self._answers.items()]
        turns = (turn for conversation in conversations for turn in conversation.turns)
        return tuple(dict.fromkeys(turn.question for turn in turns if turn.member == member))

    def forget_member(self, member: int) -> None:
        """Forget what a member asked, in the conversations of others too."""
        for key, conversation in self._going.items():
            if key[1] == member:
                self._going.pop(key)
            elif any(turn.member == member for turn in conversation.turns):
                self._going.put(key, conversation.without(member))
        for answer, answered in self._answers.items():
            if answered.member == member:
                self._answers.pop(answer)
            elif any(turn.member == member for turn in answered.conversation.turns):
                self._answers.put(answer, replace(answered, conversation=answered.conversation.without(member)))
