"""The reviews of a collection as they were indexed: one JSON object a line, and where each line ends."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import fields
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from embeddings.records import Paragraph, Review, Section


def record(review: Review) -> bytes:
    """The line that stands for a review."""
    content = json.dumps(review, ensure_ascii=False, separators=(",", ":"), default=_fields)
    return content.encode(errors="surrogatepass") + b"\n"


_NAMES = {kind: tuple(each.name for each in fields(kind)) for kind in (Review, Section, Paragraph)}


def _fields(value: Review | Section | Paragraph) -> dict[str, Any]:
    # `dataclasses.asdict` copies what is only to be written, and took two thirds of the time of storing a review.
    return {name: getattr(value, name) for name in _NAMES[type(value)]}


def save_records(file: Path, records: Iterable[bytes]) -> NDArray[np.int64]:
    """Write the lines of reviews, in the order of their numbers; return where each ends.

    Raises:
        OSError: they can't be written.
    """
    ends = []
    with file.open("wb") as stream:
        for line in records:
            stream.write(line)
            ends.append(stream.tell())
    return np.array(ends, np.int64)


class StoredReviews:
    """Reviews by number, from what `save_records` wrote. Safe to share between threads."""

    def __init__(self, file: Path, ends: NDArray[np.int64]) -> None:
        """Open the reviews; they are mapped, not read.

        Raises:
            OSError: the file is missing.
            ValueError: it is empty, as no collection's is.
        """
        self._ends = ends
        self._records = np.asarray(np.memmap(file, np.uint8, "r"))
        self._cached = lru_cache(maxsize=256)(self._read)

    def get(self, number: int) -> Review:
        """The review of that number.

        Raises:
            ValueError: the file is damaged.
        """
        return self._cached(number)

    def record(self, number: int) -> bytes:
        """The line that stands for the review of that number."""
        first = int(self._ends[number - 1]) if number else 0
        return self._records[first : int(self._ends[number])].tobytes()

    def _read(self, number: int) -> Review:
        return review_from(json.loads(self.record(number).decode(errors="surrogatepass")))


def review_from(content: dict[str, Any]) -> Review:
    """The review whose fields, and their fields, JSON was made of."""
    sections = tuple(
        Section(
            slug=section["slug"],
            heading=section["heading"],
            paragraphs=tuple(Paragraph(**paragraph) for paragraph in section["paragraphs"]),
            spoiler=section["spoiler"],
        )
        for section in content["sections"]
    )
    return Review(**content | {"sections": sections, "aliases": tuple(content["aliases"])})
