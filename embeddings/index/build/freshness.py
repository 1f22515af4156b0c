"""Compare an index with the review files: which are new, changed, removed or lost."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from embeddings.config import MAX_NAMED_CHANGES
from embeddings.documents.files import REVIEWS, collection_folders, digest_of, review_files
from embeddings.documents.slugs import slugify
from embeddings.index.manifest import IndexedReview, Manifest
from embeddings.records import SHARED


def outdated_reviews(data: Path, manifest: Manifest) -> frozenset[tuple[str, str]]:
    """Return the reviews that were added, changed or removed since they were indexed, by collection and slug."""
    changed: set[tuple[str, str]] = set()
    indexed = {entry.name: {review.file: review for review in entry.reviews} for entry in manifest.collections}
    for name, folder in collection_folders(data):
        known = indexed.pop(name, {})
        for path in review_files(folder):
            review = known.pop(path.name, None)
            if review is None or not _is_unchanged(path, review):
                changed.add((name, slugify(path.stem)))
        changed.update((name, review.slug) for review in known.values())
    changed.update((name, review.slug) for name, reviews in indexed.items() for review in reviews.values())
    return frozenset(changed)


def describe_changes(data: Path, manifest: Manifest) -> str:
    """Return the slugs of outdated reviews for a line, the first few of each kind; "" if there are none."""
    present = {(name, slugify(path.stem)) for name, folder in collection_folders(data) for path in review_files(folder)}
    indexed = {(entry.name, review.slug) for entry in manifest.collections for review in entry.reviews}
    removed = {slug for _, slug in indexed - present}
    changed = {slug for _, slug in outdated_reviews(data, manifest)} - removed
    gone = f"removed: {_first_few(removed)}" if removed else ""
    return "; ".join(filter(None, (_first_few(changed), gone)))


def explain_lost_reviews(data: Path, manifest: Manifest | None, *, found: bool) -> str | None:
    """Return what is wrong if shared reviews are indexed and none is `found` any more, else None.

    A folder that is not mounted, or was moved for a moment, looks like that. Where servers have reviews of their own,
    there is still something to index, so only this keeps the shared reviews from being lost silently.
    """
    if found or manifest is None or all(entry.name != SHARED for entry in manifest.collections):
        return None
    folder = data / REVIEWS
    if not folder.is_dir():
        return f"{folder}: The folder is missing. Put it back with its reviews."
    return f"{folder}: The indexed reviews are gone, and no other review can be read. Put them back."


def _first_few(slugs: Collection[str]) -> str:
    named = ", ".join(sorted(slugs)[:MAX_NAMED_CHANGES])
    return f"{named} and {len(slugs) - MAX_NAMED_CHANGES} more" if len(slugs) > MAX_NAMED_CHANGES else named


def _is_unchanged(path: Path, review: IndexedReview) -> bool:
    try:
        status = path.stat()
        if status.st_size != review.size:
            return False
        return status.st_mtime_ns == review.modified or digest_of(path) == review.digest
    except OSError:
        return False
