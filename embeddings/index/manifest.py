"""The index's manifest: one JSON file, replaced in one step, that names everything else.

.index/manifest.json                        names everything below
.index/encoders/<weights>/                  the runtime encoder, one for the data directory
.index/encoding/<encoder>/                  the vectors of an interrupted build
.index/collections/<name>/<generation>/     a collection's files, never changed once written
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any

from embeddings.documents.analyzer import ENGLISH
from embeddings.documents.files import data_folder_problem
from embeddings.documents.filesystem import replace_file
from embeddings.encoders.base import EncoderIdentity
from embeddings.errors import REBUILD, IndexDamagedError, IndexMissingError, IndexVersionError, unreadable

FORMAT = 7
"""Raised with every change of the files. An index in another format is built again."""

INDEX_DIRECTORY = ".index"
MANIFEST_FILE = "manifest.json"
COLLECTIONS = "collections"
ENCODERS = "encoders"
JOURNALS = "encoding"

BY_SIZE = "by size"
"""Many vectors are searched with an IVF index, few are all scanned."""

EXACT = "exact"
"""All vectors are scanned, however many there are."""

FP32 = "fp32"
"""The reviews were encoded in single precision, as questions are."""

BF16 = "bf16"
"""The reviews were encoded in bfloat16."""


@dataclass(frozen=True, slots=True)
class IndexedReview:
    """One review of a collection. Ranges of rows are half-open, among the collection's passages and sentences."""

    slug: str
    title: str
    aliases: tuple[str, ...]
    digest: str  # SHA-256 (hex) of the review's file, or of its content if it has no file
    file: str | None  # the file's path within its folder, or whole if the folder is linked, or None
    size: int  # the file's size in bytes when it was read
    modified: int  # the file's modification time when it was read, in nanoseconds
    passages: tuple[int, int]
    sentences: tuple[int, int]
    part: int = 0  # its number in a file of several reviews, from 1; 0 if it has the file to itself
    year: int | None = None  # its work's year
    language: str = ENGLISH  # the code of its language, by which its terms are stemmed
    people: tuple[str, ...] = ()  # who made the work, and who wrote the review


@dataclass(frozen=True, slots=True)
class FileNote:
    """What was put right in a file, or why it was left out."""

    collection: str
    file: str  # the file's path within its folder, or whole if the folder is linked
    left_out: bool
    kind: str  # what or why, in the words of the summary
    reason: str  # a sentence for the person whose file it is
    line: int | None = None
    digest: str = ""  # SHA-256 (hex) of the file, or "" if its name alone tells that it is no review
    size: int = 0  # the file's size in bytes when it was read
    modified: int = 0  # the file's modification time when it was read, in nanoseconds


@dataclass(frozen=True, slots=True)
class IndexedCollection:
    """A collection's files."""

    name: str
    generation: str  # the name of their folder
    reviews: tuple[IndexedReview, ...]  # what was indexed, sorted by slug
    files: dict[str, int]  # each file's size in bytes
    types: dict[str, str]  # the FAISS index type of each kind of vector, by its file


@dataclass(frozen=True, slots=True)
class Manifest:
    """What was indexed, and how."""

    encoder: EncoderIdentity  # what decides the vectors
    encoder_folder: str  # the runtime encoder's folder, relative to the index's
    splitter: str  # the splitter's version and settings
    vectors: str  # `BY_SIZE` or `EXACT`: how the FAISS index types were chosen
    precision: str  # `FP32` or `BF16`: the precision in which the reviews were encoded
    collections: tuple[IndexedCollection, ...]  # those that have reviews, sorted by name
    notes: tuple[FileNote, ...] = ()  # what was put right and left out, in the order of the files
    split_by_heading: bool = False  # whether round-ups were read as several reviews

    @property
    def is_bf16(self) -> bool:
        """True if the reviews were encoded in bfloat16."""
        return self.precision == BF16

    def save(self, directory: Path) -> None:
        """Replace the manifest in `directory` in one step."""
        content = json.dumps({"format": FORMAT} | _content(self), ensure_ascii=False, separators=(",", ":"))
        beside = directory / f"{MANIFEST_FILE}.partial"
        try:
            with beside.open("w", encoding="utf-8") as stream:
                stream.write(content)
                stream.flush()
                os.fsync(stream.fileno())
            replace_file(beside, directory / MANIFEST_FILE)
        except OSError:
            beside.unlink(missing_ok=True)
            raise

    @classmethod
    def open(cls, directory: Path) -> Manifest:
        """Read the manifest in `directory`.

        Raises:
            IndexMissingError: there is no manifest.
            IndexVersionError: it is in another format.
            IndexDamagedError: it can't be parsed.
            IndexUnreadableError: this user or this machine can't read it.
        """
        file = directory / MANIFEST_FILE
        try:
            content = json.loads(file.read_text(encoding="utf-8"))
            if (found := content.pop("format")) != FORMAT:
                reason = f"The index has format {found}, and this program reads format {FORMAT}."
                raise IndexVersionError(f"{file}: {reason} {REBUILD}")
            return _manifest(content)
        except (FileNotFoundError, NotADirectoryError):
            problem = data_folder_problem(directory.parent)
            raise IndexMissingError(problem or f"{directory}: There is no index yet. Run `review-bot index`.") from None
        except OSError as error:
            raise unreadable(file, error) from error
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise IndexDamagedError(f"{file}: The manifest can't be read ({error}). {REBUILD}") from error


_COLUMNS = tuple(field.name for field in fields(IndexedReview))


def _content(manifest: Manifest) -> dict[str, Any]:
    # By column, 100,000 reviews take half the space, and a third of the time to read.
    return asdict(replace(manifest, collections=())) | {
        "collections": [
            asdict(replace(collection, reviews=()))
            | {"reviews": {column: [getattr(review, column) for review in collection.reviews] for column in _COLUMNS}}
            for collection in manifest.collections
        ]
    }


def _manifest(content: dict[str, Any]) -> Manifest:
    encoder = EncoderIdentity(**content["encoder"])
    collections = tuple(
        IndexedCollection(**collection | {"reviews": _reviews(collection["reviews"])})
        for collection in content["collections"]
    )
    notes = tuple(FileNote(**note) for note in content["notes"])
    manifest = Manifest(**content | {"encoder": encoder, "collections": collections, "notes": notes})
    # Without it, the file is not what `save` wrote.
    return replace(manifest, split_by_heading=content["split_by_heading"])


def _reviews(columns: dict[str, Any]) -> tuple[IndexedReview, ...]:
    values = {column: columns[column] for column in _COLUMNS}
    for column in ("aliases", "people", "passages", "sentences"):
        values[column] = list(map(tuple, columns[column]))
    return tuple(IndexedReview(*row) for row in zip(*values.values(), strict=True))
