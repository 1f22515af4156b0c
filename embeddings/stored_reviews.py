"""The reviews of a collection as they were indexed, in one SQLite file, read a review at a time."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable
from contextlib import closing
from dataclasses import asdict
from functools import lru_cache
from pathlib import Path
from typing import Any

from embeddings.records import Paragraph, Review, Section


def save_reviews(file: Path, reviews: Iterable[Review]) -> None:
    """Write the reviews to a file.

    Raises:
        OSError: it can't be written.
    """
    # Made in memory, for SQLite's own errors don't tell a full disk from a broken one.
    with closing(sqlite3.connect(":memory:")) as database:
        with database:
            database.execute("CREATE TABLE review (slug TEXT PRIMARY KEY, record TEXT NOT NULL) WITHOUT ROWID")
            database.executemany(
                "INSERT INTO review VALUES (?, ?)",
                ((review.slug, json.dumps(asdict(review), ensure_ascii=False)) for review in reviews),
            )
        file.write_bytes(database.serialize())


class StoredReviews:
    """Reviews by slug, from what `save_reviews` wrote. Safe to share between threads."""

    def __init__(self, file: Path) -> None:
        # Immutable: no lock, no journal, so that an index on a read-only disk opens. Nobody writes it again.
        self._database = sqlite3.connect(f"{file.resolve().as_uri()}?immutable=1", uri=True, check_same_thread=False)
        self._cached = lru_cache(maxsize=256)(self._read)

    def get(self, slug: str) -> Review:
        """The review of that slug.

        Raises:
            KeyError: there is none.
            sqlite3.DatabaseError: the file is damaged.
        """
        return self._cached(slug)

    def close(self) -> None:
        """Let go of the file."""
        self._database.close()

    def _read(self, slug: str) -> Review:
        row = self._database.execute("SELECT record FROM review WHERE slug = ?", (slug,)).fetchone()
        if row is None:
            raise KeyError(slug)
        return review_from(json.loads(row[0]))


def review_from(content: dict[str, Any]) -> Review:
    """The review that `dataclasses.asdict` has made JSON of."""
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
