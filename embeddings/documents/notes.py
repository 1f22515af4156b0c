"""Notes: what was put right in a review file, and what was left out of it, in a line each."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from embeddings.errors import LeftOut


class Mended(StrEnum):
    """What was put right, in the words of the summary."""

    HEADER = "broken headers"
    FIELD = "unreadable fields"
    LINK = "relative links"
    SPOILERS = "unknown spoiler sections"
    ENDLESS = "comments without an end"
    ENCODING = "guessed encodings"
    HEADING = "overlong headings"
    ROWS = "rows without a review"
    NESTING = "deep nesting"
    ROUND_UP = "round-ups read as one review"


@dataclass(frozen=True, slots=True)
class Note:
    """A line about a file.

    Attributes:
        kind: what was put right, or why something was left out.
        reason: a sentence for the person whose file it is.
        line: the line of the file; None if it is the file as a whole.
    """

    kind: Mended | LeftOut
    reason: str
    line: int | None = None
