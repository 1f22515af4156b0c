"""What the database stores, as values, and the errors that it raises."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from embeddings import LibraryError, State


class StorageError(LibraryError):
    """The database can't be opened, read or written."""


class StorageVersionError(StorageError):
    """A newer version of the program wrote the database. It is left as it is."""


@dataclass(frozen=True, slots=True)
class ServerSettings:
    """What a server's managers have chosen, or the defaults.

    Attributes:
        private_answers: whether only the member sees an answer to `/ask`, unless they choose otherwise.
        hide_spoilers: whether spoilers are hidden behind spoiler marks.
        mention_channels: the ids of the channels where mentions get an answer, in order. Empty means all.
        default_review: the slug of the review that questions are about unless they name another, or None.
        store_questions: whether the server's questions are stored.
    """

    private_answers: bool = False
    hide_spoilers: bool = True
    mention_channels: tuple[int, ...] = ()
    default_review: str | None = None
    store_questions: bool = False

    def answers_mentions_in(self, *channels: int) -> bool:
        """Return True if mentions get an answer in a channel. For a thread, give its own id and its parent's."""
        return not self.mention_channels or any(channel in self.mention_channels for channel in channels)


@dataclass(frozen=True, slots=True)
class StoredQuestion:
    """A question of a server that stores questions.

    Attributes:
        number: a random number, so that it reveals nothing.
        server: the server's id.
        member: the id of the member who asked, so that they can see and delete their questions.
        day: when it was asked, in UTC.
        text: the question.
        state: the answer's state.
        confidence: the answer's confidence, from 0 to 1.
        review: the slug of the review that the question was limited to, or None.
        collections: those that the member could see.
        after: the number of the question before it in the conversation, or None if there is none or it isn't stored.
        context: that question and those before it, oldest first, as far as they are still stored.
    """

    number: int
    server: int
    member: int
    day: date
    text: str
    state: State
    confidence: float
    review: str | None = None
    collections: tuple[str, ...] = ()
    after: int | None = None
    context: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RetentionPolicy:
    """How many days data is stored: questions, and the data of a server that the bot has left."""

    retention_days: int
    grace_days: int


@dataclass(frozen=True, slots=True)
class PersonalData:
    """Everything that the bot has about a member.

    Attributes:
        member: their id.
        questions: their stored questions, in every server.
        in_memory: their questions in memory, for follow-ups.
        feedback: whether they found an answer helpful, by its message's id, as far as it is known to be theirs.
    """

    member: int
    questions: tuple[StoredQuestion, ...]
    in_memory: tuple[str, ...]
    feedback: Mapping[int, bool]
