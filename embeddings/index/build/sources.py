"""The reviews of a data directory, to be indexed."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cache, partial
from itertools import groupby
from pathlib import Path

from embeddings.documents.files import (
    COLLECTIONS,
    LEFT_OUT_REASONS,
    REVIEWS,
    FolderFile,
    SlugCandidate,
    assign_slugs,
    data_folder_problem,
    slug_candidate,
)
from embeddings.documents.filesystem import digest_of
from embeddings.documents.parser import SEVERAL, ParsedFile, has_extra, read_bytes, slug_of_part
from embeddings.documents.sandbox.process import FileReader
from embeddings.documents.sources.folders import ReviewFolder, is_linked, review_folders
from embeddings.errors import (
    IndexDamagedError,
    IndexMissingError,
    IndexVersionError,
    LeftOut,
    NoReviewsError,
    ReviewFileError,
)
from embeddings.index.build.freshness import explain_lost_reviews
from embeddings.index.manifest import INDEX_DIRECTORY, FileNote, IndexedReview, Manifest
from embeddings.records import SHARED, Review, review_to_json


@dataclass(frozen=True, slots=True)
class Source:
    """A review to index, with its file if it has one.

    Attributes:
        slug: the review's slug.
        load: reads the review. Called only if the old index does not have it.
        digest: SHA-256 (hex) of the file, or of the review's content.
        file: the file's path within its folder, or whole if the folder is linked.
        size: the file's size in bytes.
        modified: the file's modification time in nanoseconds.
        part: its number in a file of several reviews, from 1; 0 if it has the file to itself.
    """

    slug: str
    load: Callable[[], Review]
    digest: str
    file: str | None = None
    size: int = 0
    modified: int = 0
    part: int = 0

    @classmethod
    def from_review(cls, review: Review) -> Source:
        """Return the source of a review without a file."""
        return cls(review.slug, lambda: review, hashlib.sha256(review_to_json(review)).hexdigest())


@dataclass(frozen=True, slots=True)
class Sources:
    """The reviews of a data directory by collection.

    Attributes:
        collections: the reviews.
        errors: what is wrong with the files that can't be read.
        notes: what was put right, and what was left out for whatever reason.
        absent: what is wrong with linked folders whose reviews are as they were indexed.
    """

    collections: dict[str, tuple[Source, ...]]
    errors: tuple[ReviewFileError, ...]
    notes: tuple[FileNote, ...] = ()
    absent: tuple[ReviewFileError, ...] = ()

    @property
    def count(self) -> int:
        """The number of reviews in all collections."""
        return sum(map(len, self.collections.values()))

    @property
    def has_own(self) -> bool:
        """True if a shared review is in the data folder itself."""
        return any(source.file is None or not is_linked(source.file) for source in self.collections.get(SHARED, ()))


def read_sources(data: Path, indexed: Manifest | None = None, *, split_by_heading: bool = False) -> Sources:
    """Return every review of every collection.

    Args:
        data: the data directory.
        indexed: an index of it. Files that have not changed since are not read until they are loaded.
        split_by_heading: whether round-ups are read as several reviews.

    Raises:
        FoldersError: what remembers the linked folders can't be read.
    """
    collections: dict[str, tuple[Source, ...]] = {}
    errors: list[ReviewFileError] = []
    notes: list[FileNote] = []
    absent: list[ReviewFileError] = []
    reserved = data / COLLECTIONS / SHARED
    if reserved.is_dir():
        reason = f"'{SHARED}' is the collection of {data / REVIEWS}. Rename the folder, or move its reviews there."
        errors.append(ReviewFileError(reserved, None, reason))
    if indexed is not None and indexed.split_by_heading != split_by_heading:
        indexed = None
    with FileReader() as reader:
        for name, folders in groupby(review_folders(data), key=lambda folder: folder.collection):
            read = _Collection(name, folders, indexed, reader, split_by_heading=split_by_heading)
            errors.extend(read.errors)
            notes.extend(read.notes)
            absent.extend(read.absent)
            if sources := read.sources():
                collections[name] = sources
    return Sources(collections, tuple(errors), tuple(notes), tuple(absent))


def check_reviews(data: Path) -> tuple[int, tuple[ReviewFileError, ...]]:
    """Return how many reviews a data directory has, and what is wrong with the files that can't be read.

    Raises:
        NoReviewsError: there are no reviews, or all the shared reviews of the index have gone at once.
        FoldersError: what remembers the linked folders can't be read.
    """
    sources = read_sources(data)
    manifest = open_previous(data / INDEX_DIRECTORY)
    lost = explain_lost_reviews(data, manifest, found=sources.has_own)
    if lost is not None or not sources.count:
        raise NoReviewsError(lost or no_reviews(data, sources.errors))
    return sources.count, sources.errors


def open_previous(directory: Path) -> Manifest | None:
    """Return the manifest of the old index, or None if there is none that can be read."""
    try:
        return Manifest.open(directory)
    except (IndexMissingError, IndexVersionError, IndexDamagedError):
        return None


def no_reviews(data: Path, errors: Sequence[ReviewFileError] = ()) -> str:
    """Return the message that a data directory has no reviews, with the first file that can't be read."""
    if problem := data_folder_problem(data):
        return problem
    if errors and errors[0].file == data / REVIEWS:
        return str(errors[0])
    if errors:
        return f"{data / REVIEWS}: There are no reviews that can be read. {errors[0]}"
    advice = "Add one with `review-bot add FILE`, or name another data folder with --data or REVIEW_BOT_DATA."
    return f"{(data / REVIEWS).absolute()}: There are no reviews. {advice}"


def summarise_notes(reviews: int, notes: Sequence[FileNote]) -> str:
    """Return how many reviews were read, how many files were mended and left out, and why, in one line."""
    parts = [f"Read {reviews:,} {'review' if reviews == 1 else 'reviews'}"]
    for verb, own in (("mended", [n for n in notes if not n.left_out]), ("left out", [n for n in notes if n.left_out])):
        if own:
            kinds = ", ".join(f"{kind}: {count:,}" for kind, count in Counter(note.kind for note in own).most_common())
            files = len({(note.collection, note.file) for note in own})
            parts.append(f"{verb} {files:,} {'file' if files == 1 else 'files'} ({kinds})")
    return f"{', '.join(parts)}. `review-bot index --list` names each file."


@dataclass(frozen=True, slots=True)
class _Stamp:
    """How a file is recognised: by its digest, size in bytes, and modification time in nanoseconds."""

    digest: str = ""
    size: int = 0
    modified: int = 0


class _Collection:
    """The files of a collection: those that have changed are read, the others are known from the index."""

    def __init__(
        self,
        name: str,
        folders: Iterable[ReviewFolder],
        indexed: Manifest | None,
        reader: FileReader,
        *,
        split_by_heading: bool,
    ) -> None:
        self._name = name
        self._split_by_heading = split_by_heading
        self._reader = reader
        self._candidates: list[tuple[SlugCandidate, str, Callable[[], Review], _Stamp]] = []
        self.errors: list[ReviewFileError] = []
        self.notes: list[FileNote] = []
        self.absent: list[ReviewFileError] = []
        self._known: dict[str | None, list[IndexedReview]] = {}
        self._noted: dict[str, list[FileNote]] = {}
        for entry in indexed.collections if indexed is not None else ():
            for review in entry.reviews if entry.name == name else ():
                self._known.setdefault(review.file, []).append(review)
        for note in indexed.notes if indexed is not None else ():
            if note.collection == name:
                self._noted.setdefault(note.file, []).append(note)
        for folder in folders:
            known = [key for key in self._known if key is not None and folder.has(key)]
            try:
                files = folder.files(is_indexed=bool(known))
            except ReviewFileError as error:
                self.errors.append(error)
                if folder.rank:
                    self.absent.append(error)
                    self._keep(folder, known)
                continue
            for file in files:
                self._take(file, folder)

    def sources(self) -> tuple[Source, ...]:
        """Return the reviews, in the order of their files."""
        slugs = assign_slugs([candidate for candidate, *_ in self._candidates])
        return tuple(
            Source(
                slug,
                partial(_renamed, load, slug),
                stamp.digest,
                key,
                stamp.size,
                stamp.modified,
                candidate.part,
            )
            for slug, (candidate, key, load, stamp) in zip(slugs, self._candidates, strict=True)
        )

    def _keep(self, folder: ReviewFolder, known: Sequence[str]) -> None:
        """Take the reviews of a folder that is not there as they were indexed."""
        for key in {*known, *filter(folder.has, self._noted)}:
            reviews, noted = self._of(key)
            before = reviews[0] if reviews else noted[0]
            self._reuse(Path(key), folder, reviews, noted, _Stamp(before.digest, before.size, before.modified))

    def _of(self, key: str) -> tuple[list[IndexedReview], list[FileNote]]:
        """Return what the index has of a file."""
        return sorted(self._known.get(key, ()), key=lambda review: review.part), self._noted.get(key, [])

    def _take(self, file: FolderFile, folder: ReviewFolder) -> None:
        key = folder.key(file.path)
        if file.left_out is not None:
            reason = LEFT_OUT_REASONS[file.left_out]
            self.notes.append(FileNote(self._name, key, True, file.left_out, reason))
            if file.left_out is LeftOut.UNREADABLE:
                self.errors.append(ReviewFileError(file.path, None, reason))
            return
        known, noted = self._of(key)
        before = next(iter(known), None) or next((note for note in noted if note.left_out), None)
        # The digest first: a file saved in between counts as changed the next time, never as read.
        stamp = _stamp(file.path, before)
        if before is not None and stamp.digest and stamp.digest == before.digest and not self._is_readable_now(noted):
            self._reuse(file.path, folder, known, noted, stamp)
        else:
            self._read(file.path, folder, stamp)

    @staticmethod
    def _is_readable_now(noted: Sequence[FileNote]) -> bool:
        """Return True if what a file was left out for is installed by now."""
        return any(note.kind == LeftOut.EXTRA for note in noted) and has_extra()

    def _reuse(
        self,
        path: Path,
        folder: ReviewFolder,
        known: Sequence[IndexedReview],
        noted: Sequence[FileNote],
        stamp: _Stamp,
    ) -> None:
        place = path.relative_to(folder.path)
        parsed = cache(partial(self._parsed, path, place))
        for at, review in enumerate(known):
            candidate = (
                SlugCandidate(slug_of_part(review.title), place, review.part, review.year, folder.rank)
                if review.part
                else slug_candidate(place, folder.rank)
            )
            self._candidates.append((candidate, folder.key(path), partial(_nth, parsed, at), stamp))
        for note in noted:
            own = replace(note, digest=stamp.digest, size=stamp.size, modified=stamp.modified)
            self.notes.append(own)
            if note.left_out and not LeftOut(note.kind).is_intended:
                self.errors.append(ReviewFileError(path, note.line, note.reason, LeftOut(note.kind)))

    def _read(self, path: Path, folder: ReviewFolder, stamp: _Stamp) -> None:
        place, key = path.relative_to(folder.path), folder.key(path)
        try:
            parsed = self._parsed(path, place)
        except ReviewFileError as error:
            self._note(key, error.kind, error.reason, error.line, stamp, left_out=True)
            if not error.kind.is_intended:
                self.errors.append(error)
            return
        is_alone = len(parsed.reviews) == 1 and place.suffix.lower() not in SEVERAL
        for part, review in enumerate(parsed.reviews, 1):
            candidate = (
                slug_candidate(place, folder.rank)
                if is_alone
                else SlugCandidate(review.slug, place, part, review.year, folder.rank)
            )
            self._candidates.append((candidate, key, partial(_given, review), stamp))
        for note in parsed.notes:
            self._note(key, note.kind, note.reason, note.line, stamp, left_out=isinstance(note.kind, LeftOut))

    def _parsed(self, path: Path, place: Path) -> ParsedFile:
        return self._reader.read(
            read_bytes(path), path, place, collection=self._name, split_by_heading=self._split_by_heading
        )

    def _note(self, key: str, kind: str, reason: str, line: int | None, stamp: _Stamp, *, left_out: bool) -> None:
        own = FileNote(self._name, key, left_out, kind, reason, line, stamp.digest, stamp.size, stamp.modified)
        self.notes.append(own)


def _given(review: Review) -> Review:
    return review


def _nth(parsed: Callable[[], ParsedFile], at: int) -> Review:
    return parsed().reviews[at]


def _renamed(load: Callable[[], Review], slug: str) -> Review:
    review = load()
    return review if review.slug == slug else replace(review, slug=slug)


def _stamp(path: Path, known: IndexedReview | FileNote | None) -> _Stamp:
    try:
        status = path.stat()
        if known is not None and known.digest and (known.size, known.modified) == (status.st_size, status.st_mtime_ns):
            return _Stamp(known.digest, status.st_size, status.st_mtime_ns)
        # Reading a pipe or a device may never end.
        return _Stamp(digest_of(path) if path.is_file() else "", status.st_size, status.st_mtime_ns)
    except OSError:
        # Reading it tells what is wrong.
        return _Stamp()
