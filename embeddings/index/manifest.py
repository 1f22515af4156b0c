"""What an index says of itself: one JSON file, replaced in one step, that names all the rest."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from embeddings.encoders.base import EncoderIdentity
from embeddings.errors import IndexDamagedError, IndexMissingError, IndexVersionError

FORMAT = 2
"""Raised with every change to what stands on disk; an index of another format is built anew."""

MANIFEST_FILE = "manifest.json"

BY_SIZE = "by size"
"""Of many vectors the closest are found by lists, of few by scanning all."""

EXACT = "exact"
"""All vectors are scanned, however many they are."""

FP32 = "fp32"
"""The reviews were encoded in single precision, as questions are."""

BF16 = "bf16"
"""The reviews were encoded in bfloat16."""


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
    """A collection's files.

    Attributes:
        name: the collection's name.
        generation: the name of the folder that they stand in.
        reviews: what was indexed, by slug.
        files: each file's size in bytes.
        types: the FAISS index type of each kind of vector, by its file.
    """

    name: str
    generation: str
    reviews: tuple[IndexedReview, ...]
    files: dict[str, int]
    types: dict[str, str]


@dataclass(frozen=True, slots=True)
class Manifest:
    """What was indexed, with what.

    Attributes:
        encoder: the model, its weights' SHA-256 and its dimension.
        encoder_folder: where the runtime encoder stands, under the index's folder.
        splitter: the splitter's version and settings.
        vectors: `BY_SIZE` or `EXACT`: how the FAISS index types were chosen.
        precision: `FP32` or `BF16`: in what the reviews were encoded.
        collections: one for each that has reviews, ordered by name.
    """

    encoder: EncoderIdentity
    encoder_folder: str
    splitter: str
    vectors: str
    precision: str
    collections: tuple[IndexedCollection, ...]

    @property
    def is_bf16(self) -> bool:
        """True if the reviews were encoded in bfloat16."""
        return self.precision == BF16

    def save(self, directory: Path) -> None:
        """Replace the manifest in `directory` in one step.

        Raises:
            OSError: it can't be written; the old one stays.
        """
        content = json.dumps({"format": FORMAT} | _content(self), ensure_ascii=False, separators=(",", ":"))
        beside = directory / f"{MANIFEST_FILE}.partial"
        try:
            with beside.open("w", encoding="utf-8") as stream:
                stream.write(content)
                stream.flush()
                os.fsync(stream.fileno())
            beside.replace(directory / MANIFEST_FILE)
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
        file = directory / MANIFEST_FILE
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


def _content(manifest: Manifest) -> dict[str, Any]:
    # Reviews by column: of 100,000 they take half the space, and a third of the time to read.
    return {
        "encoder": asdict(manifest.encoder),
        "encoder_folder": manifest.encoder_folder,
        "splitter": manifest.splitter,
        "vectors": manifest.vectors,
        "precision": manifest.precision,
        "collections": [
            {
                "name": collection.name,
                "generation": collection.generation,
                "files": collection.files,
                "types": collection.types,
                "reviews": {column: [getattr(review, column) for review in collection.reviews] for column in _COLUMNS},
            }
            for collection in manifest.collections
        ],
    }


def _manifest(content: dict[str, Any]) -> Manifest:
    return Manifest(
        encoder=EncoderIdentity(**content["encoder"]),
        encoder_folder=content["encoder_folder"],
        splitter=content["splitter"],
        vectors=content["vectors"],
        precision=content["precision"],
        collections=tuple(
            IndexedCollection(
                name=collection["name"],
                generation=collection["generation"],
                reviews=_reviews(collection["reviews"]),
                files=collection["files"],
                types=collection["types"],
            )
            for collection in content["collections"]
        ),
    )


def _reviews(columns: dict[str, Any]) -> tuple[IndexedReview, ...]:
    listed = {column: columns[column] for column in _COLUMNS}
    for column in ("aliases", "passages", "sentences"):
        listed[column] = list(map(tuple, columns[column]))
    return tuple(IndexedReview(*row) for row in zip(*listed.values(), strict=True))


_COLUMNS = tuple(field.name for field in fields(IndexedReview))
