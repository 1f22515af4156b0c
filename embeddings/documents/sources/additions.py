"""Bring reviews into a collection: read paths into candidates, plan what each becomes, and store them one by one."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path

from embeddings.config import MAX_ARCHIVE_BYTES
from embeddings.documents.converter import Candidates, ConvertedFile, LeftOutFile, slug_for
from embeddings.documents.files import (
    LEFT_OUT_REASONS,
    ReviewFile,
    check_room,
    collection_folder,
    list_folder,
    remove_partial_files,
    slugs_by_name,
    write_review,
)
from embeddings.documents.filesystem import digest_of, flush_folder
from embeddings.documents.formats.headers.titles import left_out_place, read_file_name
from embeddings.documents.parser import SEVERAL, read_bytes
from embeddings.documents.sandbox.process import FileReader
from embeddings.documents.slugs import SLUG_LENGTH, slugify
from embeddings.errors import GIVE_ACCESS, ConversionError, ReviewFileError, ReviewStorageError
from embeddings.records import SHARED, Review

Progress = Callable[[int, int], None]
"""Called with how many files are done, and of how many."""


class Step(StrEnum):
    """What happens to a candidate."""

    ADD = "add"
    REPLACE = "replace"
    KEEP = "keep"  # it is stored already, or given twice


@dataclass(frozen=True, slots=True)
class Addition:
    """A candidate with what happens to it.

    Attributes:
        candidate: the review, with the slug that no other has.
        step: what happens.
        present: the stored review of the same title that it replaces or equals, or None.
    """

    candidate: ConvertedFile
    step: Step
    present: ReviewFile | None = None


def read_paths(
    paths: Sequence[Path],
    *,
    collection: str = SHARED,
    split_by_heading: bool = False,
    progress: Progress | None = None,
) -> Candidates:
    """Return the reviews that files, folders, archives and tables would become. Nothing is written.

    Args:
        paths: what to read. A folder is read with its subfolders.
        collection: where the reviews will belong.
        split_by_heading: whether a file about several works becomes several reviews.
        progress: called after each file.

    Raises:
        ConversionError: one of the paths doesn't exist.
        ReviewFileError: one of the folders can't be listed.
    """
    reviews: list[ConvertedFile] = []
    left_out: list[LeftOutFile] = []
    files = list(_files(paths, left_out))
    with FileReader() as reader:
        for number, (path, place) in enumerate(files, 1):
            try:
                found = reader.read_candidates(
                    _bytes(path), place, collection=collection, split_by_heading=split_by_heading
                )
            except ReviewFileError as error:
                found = Candidates((), (LeftOutFile(place.as_posix(), error.kind, error.reason, error.line),))
            reviews.extend(found.reviews)
            left_out.extend(found.left_out)
            if progress is not None:
                progress(number, len(files))
    return Candidates(tuple(reviews), tuple(left_out))


def plan_additions(
    data: Path, candidates: Sequence[ConvertedFile], *, collection: str = SHARED, slug: str | None = None
) -> tuple[Addition, ...]:
    """Return what storing each candidate does. None takes the slug of a review of another title or another year.

    Of candidates with one title, all are kept: the next has its year or a number in its slug.

    Args:
        data: the data folder.
        candidates: the reviews.
        collection: where they will belong.
        slug: the slug that a single candidate is to have, whatever its title.

    Raises:
        ReviewStorageError: the slug belongs to a review of another title, or a stored file can't be read.
    """
    stored = {own: file for file, own in slugs_by_name(collection_folder(data, collection)).items()}
    taken: dict[str, ConvertedFile] = {}
    chosen = slug_for(slug) if slug else None
    if chosen and not _may_name_a_file(chosen):
        raise ReviewStorageError(f"A review can't have the name '{chosen}'. Choose another name.")
    with FileReader() as reader:
        return tuple(_plan(candidate, stored, taken, reader, chosen) for candidate in candidates)


def store_additions(
    data: Path, additions: Sequence[Addition], *, collection: str = SHARED, progress: Progress | None = None
) -> Iterator[Path]:
    """Store each addition that is to be added or to replace another, and yield its file as soon as it is whole.

    Raises:
        ReviewStorageError: the collection is full (then nothing is stored), a file has changed since the plan, or the
            disk refuses.
    """
    todo = [addition for addition in additions if addition.step is not Step.KEEP]
    folder = collection_folder(data, collection)
    if collection != SHARED:
        check_room(folder, [(each.candidate.content, each.present) for each in todo])
    remove_partial_files(folder)
    for number, addition in enumerate(todo, 1):
        slug, present = addition.candidate.review.slug, addition.present
        if present is not None and not _is_unchanged(present):
            raise ReviewStorageError(f"The review '{slug}' was changed in the meantime. Try again.")
        yield write_review(folder, slug, addition.candidate.content, present)
        if progress is not None:
            progress(number, len(todo))
    if todo:
        flush_folder(folder)


def _files(paths: Sequence[Path], left_out: list[LeftOutFile]) -> Iterator[tuple[Path, Path]]:
    """Yield each file once with its place in the folder that was named."""
    seen: set[Path] = set()
    for path in paths:
        found = [(path, Path(path.name))]
        if path.is_dir():
            found = []
            for file in list_folder(path):
                place = file.path.relative_to(path)
                if file.left_out is None:
                    found.append((file.path, place))
                else:
                    left_out.append(LeftOutFile(place.as_posix(), file.left_out, LEFT_OUT_REASONS[file.left_out]))
        elif not path.exists():
            raise ConversionError(f"{path}: There is no such file or folder.")
        for file_path, place in found:
            if (real := file_path.resolve()) not in seen:
                seen.add(real)
                yield file_path, place


def _bytes(path: Path) -> bytes:
    """Return the bytes of a file. An archive may be large, because only its texts count."""
    if path.suffix.lower() == ".zip":
        return read_bytes(path, limit=MAX_ARCHIVE_BYTES)
    return read_bytes(path)


def _plan(
    candidate: ConvertedFile,
    stored: Mapping[str, Path],
    taken: dict[str, ConvertedFile],
    reader: FileReader,
    chosen: str | None,
) -> Addition:
    review = candidate.review
    replaced: tuple[str, ReviewFile] | None = None
    slug = chosen or review.slug
    for slug in [chosen] if chosen else _slugs(review):
        if slug in taken:
            if taken[slug].content == candidate.content:
                return Addition(_named(candidate, slug), Step.KEEP)
            continue
        if slug not in stored:
            break
        present, found = _present(stored[slug], reader, review.collection)
        if found is not None and replace(found, slug=review.slug) == review:
            taken[slug] = candidate
            return Addition(_named(candidate, slug), Step.KEEP, present)
        if replaced is None and found is not None and _is_same(found, review, whatever_year=chosen is not None):
            replaced = slug, present
        elif chosen is not None:
            title = found.title if found is not None else present.file.name
            raise ReviewStorageError(
                f"The name '{slug}' belongs to the review “{title}”, which “{review.title}” does not replace. "
                "Choose another name."
            )
    if replaced is not None:
        slug = replaced[0]
    taken[slug] = candidate
    step = Step.ADD if replaced is None else Step.REPLACE
    return Addition(_named(candidate, slug), step, replaced[1] if replaced else None)


def _slugs(review: Review) -> Iterator[str]:
    """Yield the slugs that a review may have, the best first."""
    endings = ["", *([f"-{review.year}"] if review.year is not None else []), *map("-{}".format, range(2, 10_000))]
    # A name that begins with a date would say when the review was written.
    base = f"review-{review.slug}" if read_file_name(Path(f"{review.slug}.md")).date else review.slug
    for ending in endings:
        slug = f"{base[: SLUG_LENGTH - len(ending)].rstrip('-')}{ending}"
        if _may_name_a_file(slug):
            yield slug


def _may_name_a_file(slug: str) -> bool:
    """Return True if the file of that name is read as the review of that slug. *Robots* may be a film."""
    place = Path(f"{slug}.md")
    name = read_file_name(place)
    return left_out_place(place) is None and not name.is_generic and name.date is None and name.slug == slug


def _named(candidate: ConvertedFile, slug: str) -> ConvertedFile:
    return replace(candidate, review=replace(candidate.review, slug=slug))


def _is_same(stored: Review, review: Review, *, whatever_year: bool) -> bool:
    """Return True if a review may take the place of a stored one."""
    same_year = whatever_year or None in (stored.year, review.year) or stored.year == review.year
    return same_year and slugify(stored.title) == slugify(review.title)


def _present(file: Path, reader: FileReader, collection: str) -> tuple[ReviewFile, Review | None]:
    """Return a stored file, with its review if it has one that can be read, and no other."""
    try:
        present = ReviewFile(file, digest_of(file))
    except OSError as error:
        raise ReviewStorageError(f"{file}: The file can't be read ({error.strerror}). {GIVE_ACCESS}") from error
    try:
        parsed = reader.read(read_bytes(file), file, Path(file.name), collection=collection)
    except ReviewFileError:
        return present, None
    is_alone = len(parsed.reviews) == 1 and file.suffix.lower() not in SEVERAL
    return present, parsed.reviews[0] if is_alone else None


def _is_unchanged(present: ReviewFile) -> bool:
    try:
        return digest_of(present.file) == present.digest
    except OSError:
        return False
