"""Compare an index with the review files: which are new, changed, removed or lost."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from itertools import groupby
from pathlib import Path

from embeddings.config import MAX_NAMED_CHANGES
from embeddings.documents.files import REVIEWS, SlugCandidate, assign_slugs, slug_candidate
from embeddings.documents.filesystem import digest_of
from embeddings.documents.sources.folders import ReviewFolder, review_folders
from embeddings.errors import LeftOut, ReviewFileError
from embeddings.index.manifest import FileNote, IndexedReview, Manifest
from embeddings.records import SHARED


def outdated_reviews(data: Path, manifest: Manifest) -> frozenset[tuple[str, str]]:
    """Return the reviews that were added, changed or removed since they were indexed, by collection and slug.

    The reviews of a linked folder that is not there count as unchanged.

    Raises:
        ReviewFileError: one of the data folder's own folders can't be listed.
        FoldersError: what remembers the linked folders can't be read.
    """
    changed, removed = _compare(data, manifest)
    return frozenset(changed | removed)


def describe_changes(data: Path, manifest: Manifest) -> str:
    """Return the slugs of outdated reviews for a line, the first few of each kind; "" if there are none.

    The errors are those of `outdated_reviews`.
    """
    changed, removed = ({slug for _, slug in each} for each in _compare(data, manifest))
    gone = f"removed: {_first_few(removed)}" if removed else ""
    return "; ".join(filter(None, (_first_few(changed - removed), gone)))


def is_untouched(data: Path, manifest: Manifest) -> bool:
    """Return True if every file is as it was indexed, down to its modification time. Reads no review.

    If a file may be readable by now, or a folder can't be listed, it is False: reading tells more.

    Raises:
        FoldersError: what remembers the linked folders can't be read.
    """
    expected: dict[tuple[str, str | None], tuple[int, int] | None] = {}
    for entry in manifest.collections:
        expected |= {(entry.name, review.file): (review.size, review.modified) for review in entry.reviews}
    for note in manifest.notes:
        if note.kind == LeftOut.EXTRA:
            return False
        if note.left_out:
            expected[note.collection, note.file] = (note.size, note.modified) if note.digest else None
    for folder in review_folders(data):
        try:
            for file in folder.files(is_indexed=True):
                stamp = expected.pop((folder.collection, folder.key(file.path)), _NEW)
                if stamp != (None if file.left_out is not None else _stamp(file.path)):
                    return False
        except (ReviewFileError, OSError):
            return False
    return not expected


def absent_folders(data: Path, manifest: Manifest) -> tuple[ReviewFileError, ...]:
    """Return what is wrong with each linked folder that is not there.

    Raises:
        FoldersError: what remembers the linked folders can't be read.
    """
    errors = []
    for folder in filter(lambda each: each.rank, review_folders(data)):
        try:
            folder.files(is_indexed=_is_indexed(folder, manifest))
        except ReviewFileError as error:
            errors.append(error)
    return tuple(errors)


def explain_lost_reviews(data: Path, manifest: Manifest | None, *, found: bool) -> str | None:
    """Return what is wrong if own shared reviews are indexed and none is `found` any more, else None.

    A folder that is not mounted, or was moved for a moment, looks like that. Where servers have reviews of their own,
    there is still something to index, so only this keeps the shared reviews from being lost silently.
    """
    own = ReviewFolder(SHARED, data / REVIEWS)
    if found or manifest is None or not _is_indexed(own, manifest):
        return None
    folder = data / REVIEWS
    if not folder.is_dir():
        return f"{folder}: The folder is missing. Put it back with its reviews."
    return f"{folder}: The indexed reviews are gone, and no other review can be read. Put them back."


_Reviews = set[tuple[str, str]]

# The stamp of no file.
_NEW = (-1, -1)


def _compare(data: Path, manifest: Manifest) -> tuple[_Reviews, _Reviews]:
    """Return the reviews that were added or changed, and those whose files are gone."""
    changed: _Reviews = set()
    removed: _Reviews = set()
    indexed = {entry.name: _by_file(entry.reviews) for entry in manifest.collections}
    left_out = {(note.collection, note.file): note for note in manifest.notes if note.left_out}
    for name, folders in groupby(review_folders(data), key=lambda folder: folder.collection):
        known = indexed.pop(name, {})
        files: list[tuple[str, Path]] = []
        candidates: list[SlugCandidate] = []
        for folder in folders:
            own = [key for key in known if folder.has(key)]
            try:
                found = folder.files(is_indexed=bool(own))
            except ReviewFileError:
                if not folder.rank:
                    raise
                for key in own:
                    del known[key]
                continue
            for file in found:
                if file.left_out is None:
                    files.append((folder.key(file.path), file.path))
                    candidates.append(slug_candidate(file.path.relative_to(folder.path), folder.rank))
        for (key, path), slug in zip(files, assign_slugs(candidates), strict=True):
            reviews = known.pop(key, [])
            before = reviews[0] if reviews else left_out.get((name, key))
            if before is None or not _is_unchanged(path, before):
                changed.update([(name, review.slug) for review in reviews] or [(name, slug)])
        for key, reviews in known.items():
            (changed if key is None else removed).update((name, review.slug) for review in reviews)
    for name, gone in indexed.items():
        for key, reviews in gone.items():
            (changed if key is None else removed).update((name, review.slug) for review in reviews)
    return changed, removed


def _is_indexed(folder: ReviewFolder, manifest: Manifest) -> bool:
    return any(
        review.file is None or folder.has(review.file)
        for entry in manifest.collections
        if entry.name == folder.collection
        for review in entry.reviews
    )


def _first_few(slugs: Collection[str]) -> str:
    named = ", ".join(sorted(slugs)[:MAX_NAMED_CHANGES])
    return f"{named} and {len(slugs) - MAX_NAMED_CHANGES} more" if len(slugs) > MAX_NAMED_CHANGES else named


def _by_file(reviews: Sequence[IndexedReview]) -> dict[str | None, list[IndexedReview]]:
    files: dict[str | None, list[IndexedReview]] = {}
    for review in reviews:
        files.setdefault(review.file, []).append(review)
    return files


def _stamp(path: Path) -> tuple[int, int]:
    status = path.stat()
    return status.st_size, status.st_mtime_ns


def _is_unchanged(path: Path, review: IndexedReview | FileNote) -> bool:
    try:
        size, modified = _stamp(path)
        return size == review.size and (modified == review.modified or digest_of(path) == review.digest)
    except OSError:
        return False
