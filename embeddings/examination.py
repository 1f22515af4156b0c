"""What goes into one look at the index, and what comes of it."""

from __future__ import annotations

from dataclasses import dataclass, field

from embeddings.records import SHARED, Answer, Hit, Quote


@dataclass(frozen=True, slots=True)
class Turn:
    """A question in its conversation, as `Library.ask` takes it.

    Attributes:
        question: as a person typed it.
        context: the earlier questions of the same conversation, oldest first.
        collections: what the asker may see.
    """

    question: str
    context: tuple[str, ...] = ()
    collections: tuple[str, ...] = (SHARED,)


@dataclass(frozen=True, slots=True)
class Durations:
    """How long the parts of one look at the index took, in seconds by the clock.

    Attributes:
        encode: to put the question right and make a vector of it.
        rank: to find where to look, and score what stands there.
        read: to have the reader, where there is one, read the closest sentences again, and tell how sure the answer is.
        quote: to make the answer of it.
    """

    encode: float = 0.0
    rank: float = 0.0
    read: float = 0.0
    quote: float = 0.0


@dataclass(frozen=True, slots=True)
class Examination:
    """What one look at the index gives: the answer, the passages closest to the question, and what they cost.

    Two are equal that found the same, however long it took.

    Attributes:
        answer: what a member sees.
        hits: the passages closest to the question, best first.
        quotes: what the answer would quote whatever the confidence; what refusing costs is measured by them.
        took: how long its parts took.
    """

    answer: Answer
    hits: tuple[Hit, ...]
    quotes: tuple[Quote, ...] = ()
    took: Durations = field(default=Durations(), compare=False)
