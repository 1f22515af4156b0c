"""What an index says of itself: one JSON file, replaced in one step, that names all the rest."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from embeddings.encoding import EncoderIdentity
from embeddings.errors import IndexDamagedError, IndexMissingError, IndexVersionError

FORMAT = 1
"""Raised with every change to what stands on disk; an index of another format is built anew."""

FILE = "manifest.json"


@dataclass(frozen=True, slots=True)
class IndexedReview:
    """One review's share of its collection: rows are half-open ranges; `digest` is of what was read.

    Attributes:
        slug: unique within its collection.
        title: as in its front matter.
        aliases: other names that people ask by.
        digest: SHA-256 (hex) of the review's file, or of its content where there is no file.
        file: the file's name within its folder, or None.
        size: the file's size in bytes when it was read.
        modified: the file's modification time when it was read, in nanoseconds.
        passages: its rows among the collection's passages.
        sentences: its rows among the collection's sentences.
    """

    slug: str
    title: str
    aliases: tuple[str, ...]
    digest: str
    file: str | None
    size: int
    modified: int
    passages: tuple[int, int]
    sentences: tuple[int, int]


@dataclass(frozen=True, slots=True)
class IndexedCollection:
    """A collection's files: `generation` names their folder, `files` gives each one's size in bytes."""

    name: str
    generation: str
    reviews: tuple[IndexedReview, ...]
    files: dict[str, int]


@dataclass(frozen=True, slots=True)
class Manifest:
    """What was indexed, with what.

    Attributes:
        encoder: the model, its weights' SHA-256 and its dimension.
        encoder_folder: where the runtime encoder stands, under the index's folder.
        splitter: the splitter's version and settings.
        vectors: the FAISS index type.
        collections: one for each that has reviews, ordered by name.
    """

    encoder: EncoderIdentity
    encoder_folder: str
    splitter: str
    vectors: str
    collections: tuple[IndexedCollection, ...]

    def save(self, directory: Path) -> None:
        """Replace the manifest in `directory` in one step.

        Raises:
            OSError: it can't be written; the old one stays.
        """
        content = json.dumps({"format": FORMAT} | asdict(self), ensure_ascii=False, indent=1)
        beside = directory / f"{FILE}.partial"
        try:
            with beside.open("w", encoding="utf-8") as stream:
                stream.write(content)
                stream.flush()
                os.fsync(stream.fileno())
            beside.replace(directory / FILE)
        except OSError:
            beside.unlink(missing_ok=True)
            raise

    @classmethod
    def open(cls, directory: Path) -> Manifest:
        """Read the manifest in `directory`.

        Raises:
            IndexMissingError: there is none.
            IndexVersionError: it was written in another format.
            IndexDamagedError: it can't be understood.
        """
        file = directory / FILE
        try:
            content = json.loads(file.read_text(encoding="utf-8"))
            if content["format"] != FORMAT:
                raise IndexVersionError(
                    f"{file}: the index has format {content['format']}, this program reads format {FORMAT}; "
                    "run `review-bot index --rebuild`"
                )
            return _manifest(content)
        except (FileNotFoundError, NotADirectoryError):
            raise IndexMissingError(f"{directory}: there is no index yet; run `review-bot index`") from None
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise IndexDamagedError(
                f"{file}: the manifest can't be read ({error}); run `review-bot index --rebuild`"
            ) from error


def _manifest(content: dict[str, Any]) -> Manifest:
    return Manifest(
        encoder=EncoderIdentity(**content["encoder"]),
        encoder_folder=content["encoder_folder"],
        splitter=content["splitter"],
        vectors=content["vectors"],
        collections=tuple(
            IndexedCollection(
                name=collection["name"],
                generation=collection["generation"],
                reviews=tuple(_review(review) for review in collection["reviews"]),
                files=collection["files"],
            )
            for collection in content["collections"]
        ),
    )


def _review(content: dict[str, Any]) -> IndexedReview:
    return IndexedReview(
        **content
        | {
            "aliases": tuple(content["aliases"]),
            "passages": tuple(content["passages"]),
            "sentences": tuple(content["sentences"]),
        }
    )
