"""Two versions of some reviews, and short ways to build their index and to look at it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from embeddings.answering.models import Models
from embeddings.encoders.base import Encoder
from embeddings.encoders.onnx import OnnxEncoder
from embeddings.index.build.sources import Source, read_sources
from embeddings.index.manifest import IndexedCollection, IndexedReview, Manifest
from embeddings.library import Library
from embeddings.records import Answer, Review
from tests.embeddings.fixtures.encoders import RecordingEncoder
from tests.embeddings.fixtures.reviews import review
from tests.embeddings.index.test_manifest import MANIFEST

QUESTION = "Who explains the gallery?"
OLD = (
    review("first", {"One": ["Miss Emily explains the gallery. Nobody asks why."], "Two": ["Grey skies hang low."]}),
    review("second", {"One": ["Ruth lies to Tommy. He screams in a field."]}),
    review("third", {"One": ["The score swells where the actors would do."]}),
)
TEXTS = {
    "Miss Emily explains the gallery.",
    "Nobody asks why.",
    "Miss Emily explains the gallery. Nobody asks why.",
    "Grey skies hang low.",
    "Ruth lies to Tommy.",
    "He screams in a field.",
    "Ruth lies to Tommy. He screams in a field.",
    "The score swells where the actors would do.",
}
"""What is encoded of the old reviews: sentences, pairs and passages, each text once."""
NEW = (
    OLD[0],
    review("second", {"One": ["Ruth lies to Tommy. He draws an elephant."]}),
    review("fourth", {"One": ["The gallery is explained by Madame. It is a boat."]}),
)


def build(reviews: tuple[Review, ...], directory: Path, encoder: Encoder) -> None:
    Library.of(reviews, directory, encoder).close()


def opened(directory: Path, encoder: OnnxEncoder) -> Library:
    return Library(directory, Manifest.open(directory), Models(encoder))


def answer(directory: Path, encoder: OnnxEncoder) -> Answer:
    library = opened(directory, encoder)
    try:
        return library.ask(QUESTION)
    finally:
        library.close()


def encoded(reviews: tuple[Review, ...], directory: Path, encoder: Encoder) -> list[str]:
    """Build an index, and return the texts that were encoded."""
    recording = RecordingEncoder(encoder)
    build(reviews, directory, recording)
    return sorted(recording.texts)


def tree(directory: Path) -> dict[str, tuple[int, int, int]]:
    """Return every path with its size, its modification time and its inode."""
    found = {}
    for path in sorted(directory.rglob("*")):
        status = path.lstat()
        found[str(path.relative_to(directory))] = (status.st_size, status.st_mtime_ns, status.st_ino)
    return found


def content(directory: Path) -> dict[str, bytes]:
    return {str(path.relative_to(directory)): path.read_bytes() for path in directory.rglob("*") if path.is_file()}


def write_files(data: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        (data / name).parent.mkdir(parents=True, exist_ok=True)
        (data / name).write_text(text, encoding="utf-8")


def manifest_of(data: Path) -> Manifest:
    """Return what a build would store of a data directory as it is now."""
    sources = read_sources(data)
    return replace(
        MANIFEST,
        notes=sources.notes,
        collections=tuple(
            IndexedCollection(name, "0", tuple(map(_entry, own)), {}, {}) for name, own in sources.collections.items()
        ),
    )


def _entry(source: Source) -> IndexedReview:
    review = source.load()
    stamp = source.digest, source.file, source.size, source.modified
    return IndexedReview(source.slug, review.title, (), *stamp, (0, 1), (0, 1), source.part, review.year)
