"""The reviews of a collection as they were indexed: one JSON object a line, and where each line ends."""

from __future__ import annotations

import json
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from embeddings.documents.review_json import review_from_json
from embeddings.records import Review


def write_records(file: Path, records: Iterable[bytes]) -> NDArray[np.int64]:
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


class DocumentStore:
    """Reviews by number, from what `write_records` wrote. Safe to share between threads."""

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
        return review_from_json(json.loads(self.record(number).decode(errors="surrogatepass")))
