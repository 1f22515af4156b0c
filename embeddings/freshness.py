"""Whether an index still agrees with the review files."""

from __future__ import annotations

from pathlib import Path

from embeddings.folders import collection_folders, digest_of, review_files
from embeddings.manifest import Manifest
from embeddings.slugs import slugify


def outdated(data: Path, manifest: Manifest) -> tuple[str, ...]:
    """The slugs of the reviews that were added, changed or removed since they were indexed, in order."""
    return tuple(sorted({slug for _, slug in outdated_reviews(data, manifest)}))


def outdated_reviews(data: Path, manifest: Manifest) -> frozenset[tuple[str, str]]:
    """The same reviews, each by its collection and its slug."""
    changed: set[tuple[str, str]] = set()
    indexed = {entry.name: {review.file: review for review in entry.reviews} for entry in manifest.collections}
    for name, folder in collection_folders(data):
        known = indexed.pop(name, {})
        for path in review_files(folder):
            review = known.pop(path.name, None)
            if review is None or not _agrees(path, review.digest, review.size, review.modified):
                changed.add((name, slugify(path.stem)))
        changed.update((name, review.slug) for review in known.values())
    changed.update((name, review.slug) for name, reviews in indexed.items() for review in reviews.values())
    return frozenset(changed)


def _agrees(path: Path, digest: str, size: int, modified: int) -> bool:
    try:
        status = path.stat()
        if status.st_size != size:
            return False
        return status.st_mtime_ns == modified or digest_of(path) == digest
    except OSError:
        return False
