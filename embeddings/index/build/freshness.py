"""Whether an index still agrees with the review files."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from embeddings.documents.files import REVIEWS, collection_folders, digest_of, review_files
from embeddings.documents.slugs import slugify
from embeddings.index.manifest import Manifest
from embeddings.records import SHARED

NAMED = 3
"""How many changed reviews are named in a line."""


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


def removed(data: Path, manifest: Manifest) -> tuple[str, ...]:
    """The slugs of the reviews that are indexed and have no file any more, in order."""
    there = {name: {slugify(path.stem) for path in review_files(folder)} for name, folder in collection_folders(data)}
    return tuple(
        sorted(
            {
                review.slug
                for entry in manifest.collections
                for review in entry.reviews
                if review.slug not in there.get(entry.name, ())
            }
        )
    )


def describe_changes(outdated: Sequence[str], removed: Sequence[str]) -> str:
    """Reviews that are out of date by name, the first few of each kind; "" where there are none.

    Args:
        outdated: the slugs of all of them.
        removed: the slugs of those that have no file any more.
    """
    stay = _first([slug for slug in outdated if slug not in removed])
    gone = f"removed: {_first(removed)}" if removed else ""
    return "; ".join(filter(None, (stay, gone)))


def _first(slugs: Sequence[str]) -> str:
    named = ", ".join(slugs[:NAMED])
    return f"{named} and {len(slugs) - NAMED} more" if len(slugs) > NAMED else named


def explain_lost_reviews(data: Path, manifest: Manifest, *, found: bool) -> str | None:
    """What is wrong where shared reviews are indexed and none is found any more; None where all is well.

    A folder that is not mounted, or was moved for a moment, looks like that. Where servers have reviews of their own
    there is still something to index, so that nothing else would keep the shared ones from being lost without a word.
    """
    if found or all(entry.name != SHARED for entry in manifest.collections):
        return None
    folder = data / REVIEWS
    if not folder.is_dir():
        return f"{folder}: no such folder; put it back with its reviews"
    return f"{folder}: none of the indexed reviews is there any more, nor any other that can be read; put them back"


def _agrees(path: Path, digest: str, size: int, modified: int) -> bool:
    try:
        status = path.stat()
        if status.st_size != size:
            return False
        return status.st_mtime_ns == modified or digest_of(path) == digest
    except OSError:
        return False
