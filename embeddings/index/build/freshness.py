"""Compare an index with the review files: which are new, changed, removed or lost."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path

from embeddings.config import MAX_NAMED_CHANGES
from embeddings.documents.files import REVIEWS, collection_folders, digest_of, review_files, slugs_by_name
from embeddings.index.manifest import FileNote, IndexedReview, Manifest
from embeddings.records import SHARED


def outdated_reviews(data: Path, manifest: Manifest) -> frozenset[tuple[str, str]]:
    """Return the reviews that were added, changed or removed since they were indexed, by collection and slug."""
    changed: set[tuple[str, str]] = set()
    indexed = {entry.name: _by_file(entry.reviews) for entry in manifest.collections}
    left_out = {(note.collection, note.file): note for note in manifest.notes if note.left_out}
    for name, folder in collection_folders(data):
        known = indexed.pop(name, {})
        for path, slug in slugs_by_name(folder).items():
            file = path.relative_to(folder).as_posix()
            reviews = known.pop(file, [])
            before = reviews[0] if reviews else left_out.get((name, file))
            if before is None or not _is_unchanged(path, before):
                changed.update([(name, review.slug) for review in reviews] or [(name, slug)])
        changed.update((name, review.slug) for reviews in known.values() for review in reviews)
    changed.update(
        (name, each.slug) for name, files in indexed.items() for reviews in files.values() for each in reviews
    )
    return frozenset(changed)


def describe_changes(data: Path, manifest: Manifest) -> str:
    """Return the slugs of outdated reviews for a line, the first few of each kind; "" if there are none."""
    present = {
        (name, path.relative_to(folder).as_posix())
        for name, folder in collection_folders(data)
        for path in review_files(folder)
    }
    removed = {
        review.slug
        for entry in manifest.collections
        for review in entry.reviews
        if review.file is not None and (entry.name, review.file) not in present
    }
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


def _by_file(reviews: Sequence[IndexedReview]) -> dict[str | None, list[IndexedReview]]:
    files: dict[str | None, list[IndexedReview]] = {}
    for review in reviews:
        files.setdefault(review.file, []).append(review)
    return files


def _is_unchanged(path: Path, review: IndexedReview | FileNote) -> bool:
    try:
        status = path.stat()
        if status.st_size != review.size:
            return False
        return status.st_mtime_ns == review.modified or digest_of(path) == review.digest
    except OSError:
        return False
