"""The reviews of a collection as they were indexed: one line of JSON each, and where each line ends."""

from __future__ import annotations

import json
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from embeddings.config import REVIEW_CACHE_SIZE
from embeddings.records import Review, review_from_json


def write_records(file: Path, records: Iterable[bytes]) -> NDArray[np.int64]:
    """Write the lines of reviews, in the order of their numbers, and return where each ends."""
    ends = []
    with file.open("wb") as stream:
        for record in records:
            stream.write(record)
            ends.append(stream.tell())
    return np.array(ends, np.int64)


class DocumentStore:
    """Reviews by number, mapped from what `write_records` wrote. Threads may share a store.

    Attributes:
        get: returns the review of a number, or raises ValueError if the file is damaged.
    """

    def __init__(self, file: Path, ends: NDArray[np.int64]) -> None:
        self._ends = ends
        self._records = np.asarray(np.memmap(file, np.uint8, "r"))
        self.get = lru_cache(maxsize=REVIEW_CACHE_SIZE)(self._read)

    def record(self, number: int) -> bytes:
        """Return the stored line of the review of that number."""
        first = int(self._ends[number - 1]) if number else 0
        return self._records[first : int(self._ends[number])].tobytes()

    def _read(self, number: int) -> Review:
        return review_from_json(json.loads(self.record(number).decode(errors="surrogatepass")))
