"""TBD."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from embeddings import LibraryError, State


class StorageError(LibraryError):
    """The database can't be opened, read or written: mend the file or its folder."""


class StorageVersionError(StorageError):
    """The database was written by a newer version: update this one. It was left as it is."""


@dataclass(frozen=True, slots=True)
class ServerSettings:
    """What those who manage a server have chosen; the defaults hold where they haven't.

    `mention_channels` are the ids of the channels where mentions are answered, in order; none means all.
    `default_review` is a slug. Without `store_questions` no question from the server is stored.
    """

    private_answers: bool = False
    hide_spoilers: bool = True
    mention_channels: tuple[int, ...] = ()
    default_review: str | None = None
    store_questions: bool = False

    def answers_mentions_in(self, *channels: int) -> bool:
        """Whether mentions are answered in a channel; give a thread's own id and its parent's."""
        return not self.mention_channels or any(channel in self.mention_channels for channel in channels)


@dataclass(frozen=True, slots=True)
class StoredQuestion:
    """A question that was asked in a server that keeps them.

    Attributes:
        number: its own, drawn at random, so that it tells nothing.
        server: where it was asked, by the server's id.
        member: the asker's id, so that their questions can be shown to them and deleted.
        day: when it was asked, in UTC.
        text: what was asked.
        state: what came of it.
        confidence: the answer's, from 0 to 1.
        review: the slug of the review that it was narrowed to, or None.
        collections: what the asker could see.
        after: the number of the question that it went on from, or None where there was none or it isn't kept.
        context: that question and those before it, oldest first, as far as they are still kept.
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
    """For how long things are kept, in days: questions, and the data of a server that the bot has left."""

    retention_days: int
    grace_days: int


@dataclass(frozen=True, slots=True)
class PersonalData:
    """All that there is of one member.

    Attributes:
        member: their id.
        questions: those that are stored, in every server.
        in_memory: those that are in memory for follow-ups.
        feedback: theirs, as far as they are known to be: by the answer's message, whether it was helpful.
    """

    member: int
    questions: tuple[StoredQuestion, ...]
    in_memory: tuple[str, ...]
    feedback: Mapping[int, bool]
