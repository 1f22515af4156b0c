"""Review files in a data directory: list them, add one, remove one.

reviews/                   the shared collection
collections/<name>/        a collection that only some people may see
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from embeddings.config import MAX_SERVER_CHARACTERS, MAX_SERVER_REVIEWS
from embeddings.documents.filesystem import LONGEST_PATH, OWN_PATH_CHARACTERS, digest_of, flush_folder, is_too_long
from embeddings.documents.formats.headers.titles import left_out_place, read_file_name
from embeddings.documents.outputs import PARTIAL, write_output, written_by_nobody, written_by_us
from embeddings.documents.slugs import slugify
from embeddings.errors import GIVE_ACCESS, SHORTEN_PATH, LeftOut, OutputError, ReviewFileError, ReviewStorageError
from embeddings.records import SHARED

REVIEWS = "reviews"
COLLECTIONS = "collections"
SUFFIXES = tuple(".md .markdown .mdx .txt .text .html .htm .xhtml .epub .docx .org .rst .csv .tsv .zip".split())
"""The endings of review files, in lower case. The parser has a reader for each."""

OTHER_SUFFIXES = tuple(".doc .odt .rtf .pdf .pages .xls .xlsx .ods .mobi .azw3".split())
"""The endings of files that may hold reviews and can't be read. Messages name these files."""

LEFT_OUT_REASONS = {
    LeftOut.DRAFT: "It is in a folder of drafts or of deleted files.",
    LeftOut.TEMPLATE: "It is a template.",
    LeftOut.NO_REVIEW: "Files of this name are no reviews.",
    LeftOut.FORMAT: "Files of this kind can't be read. Save it as .docx, .txt, .csv or .epub.",
    LeftOut.OUTSIDE: "It is a link out of the folder. Copy what it links to into the folder.",
    LeftOut.UNREADABLE: "The folder can't be listed. Give access to it to the user that runs this program.",
}
"""Why a file is left out that is not read at all."""


@dataclass(frozen=True, slots=True)
class FolderFile:
    """A file of a folder, with why it is no review; None if it may be one."""

    path: Path
    left_out: LeftOut | None = None


@dataclass(frozen=True, slots=True)
class SlugCandidate:
    """A review that needs a slug.

    Attributes:
        slug: what its name or its title suggests.
        place: its file, relative to its folder.
        part: its number in a file of several reviews, from 1; 0 if it has the file to itself.
        year: its work's year, or None.
        rank: the number of its folder, of which the first has precedence.
    """

    slug: str
    place: Path
    part: int = 0
    year: int | None = None
    rank: int = 0


@dataclass(frozen=True, slots=True)
class ReviewFile:
    """A review file, and the SHA-256 (hex) of its content."""

    file: Path
    digest: str


def collection_folder(data: Path, collection: str) -> Path:
    """Return the folder of a collection's reviews, which need not exist yet."""
    return data / REVIEWS if collection == SHARED else data / COLLECTIONS / collection


def collection_folders(data: Path) -> Iterator[tuple[str, Path]]:
    """Yield each collection's name and folder, the shared one first, the others by name."""
    yield SHARED, data / REVIEWS
    folders = data / COLLECTIONS
    if folders.is_dir():
        for folder in sorted(folders.iterdir()):
            if folder.is_dir() and folder.name != SHARED and not folder.name.startswith("."):
                yield folder.name, folder


def data_folder_problem(data: Path) -> str | None:
    """Return what is wrong, and what to do, if there is no data folder that can be opened; else None."""
    if problem := data_path_problem(data):
        return problem
    try:
        if data.is_dir():
            return None
        reason = "This is not a folder." if data.exists() else "There is no such folder."
    except OSError as error:
        return f"{data.absolute()}: The folder can't be opened ({error.strerror}). {GIVE_ACCESS}"
    advice = "Name the data folder with --data or REVIEW_BOT_DATA, or make a new one with `review-bot init`."
    return f"{data.absolute()}: {reason} {advice}"


def data_path_problem(data: Path) -> str | None:
    """Return what is wrong, and what to do, if the path of a data folder is too long for this system; else None."""
    if not is_too_long(data, room=OWN_PATH_CHARACTERS):
        return None
    return (
        f"{data.absolute()}: The path is too long. Windows opens paths of {LONGEST_PATH} characters, and this program "
        f"needs {OWN_PATH_CHARACTERS} of them in its folder. {SHORTEN_PATH}"
    )


def review_files(directory: Path) -> tuple[Path, ...]:
    """Return the files of a folder and its subfolders that may be reviews, sorted by their paths.

    A missing folder has no files.

    Raises:
        ReviewFileError: the folder can't be listed.
    """
    return tuple(file.path for file in list_folder(directory) if file.left_out is None)


def list_folder(directory: Path) -> tuple[FolderFile, ...]:
    """Return the files of a folder and its subfolders with the ending of a review, sorted by their paths.

    Links to other folders are not followed, and hidden folders not entered. Hidden files, drafts, templates, pages
    about the folder such as `README.md`, and documents in formats that can't be read are no reviews. A link out of the
    folder and a subfolder that can't be listed are left out under their own names.

    Raises:
        ReviewFileError: the folder can't be listed.
    """
    try:
        next(directory.iterdir(), None)
    except FileNotFoundError:
        return ()
    except OSError as error:
        reason = f"The folder can't be listed ({error.strerror or type(error).__name__})."
        raise ReviewFileError(directory, None, reason) from error
    found: list[FolderFile] = []
    root = os.path.realpath(directory)

    def unreadable(error: OSError) -> None:
        if error.filename == str(directory):
            reason = f"The folder can't be listed ({error.strerror or type(error).__name__})."
            raise ReviewFileError(directory, None, reason) from error
        found.append(FolderFile(Path(error.filename), LeftOut.UNREADABLE))

    for parent, folders, names in os.walk(directory, onerror=unreadable):
        folders[:] = [name for name in folders if not name.startswith(".")]
        inner = (Path(parent, name) for name in folders)
        found.extend(
            FolderFile(path, LeftOut.OUTSIDE) for path in inner if path.is_symlink() and _is_outside(path, root)
        )
        paths = (Path(parent, name) for name in names if name.lower().endswith((*SUFFIXES, *OTHER_SUFFIXES)))
        found.extend(FolderFile(path, _left_out(path, path.relative_to(directory), root)) for path in paths)
    return tuple(sorted(found, key=lambda file: file.path.parts))


def assign_slugs(candidates: Sequence[SlugCandidate]) -> list[str]:
    """Return a slug of its own for each review.

    Of several candidates for one slug, the file of the first folder that is nearest to its top has it. The others are
    told apart by their folder, by the name of the file that they are a part of, by the work's year, or by a number.
    """
    order = sorted(
        range(len(candidates)),
        key=lambda at: (
            candidates[at].rank,
            candidates[at].part,
            len(candidates[at].place.parts),
            candidates[at].place.parts,
        ),
    )
    slugs: dict[int, str] = {}
    taken: set[str] = set()
    for at in order:
        slugs[at] = next(slug for slug in _possible_slugs(candidates[at]) if slug not in taken)
        taken.add(slugs[at])
    return [slugs[at] for at in range(len(candidates))]


def slugs_by_name(directory: Path) -> dict[Path, str]:
    """Return the slug of each file of a folder that may be a review, as far as the names tell.

    Raises:
        ReviewFileError: the folder can't be listed.
    """
    files = review_files(directory)
    return dict(zip(files, assign_slugs([slug_candidate(file.relative_to(directory)) for file in files]), strict=True))


def slug_candidate(place: Path, rank: int = 0) -> SlugCandidate:
    """Return the slug that the name of a file suggests, with what tells it apart."""
    name = read_file_name(place)
    return SlugCandidate(name.slug, place, year=int(name.date[:4]) if name.date else None, rank=rank)


def _possible_slugs(candidate: SlugCandidate) -> Iterator[str]:
    slug = candidate.slug or "review"
    yield slug
    beside = slugify(candidate.place.stem if candidate.part else candidate.place.parent.name)
    for part in (beside, str(candidate.year or "")):
        if part and part != slug:
            yield f"{slug}-{part}"
    for number in range(2, 1_000_000):
        yield f"{slug}-{number}"


def _left_out(path: Path, place: Path, root: str) -> LeftOut | None:
    if path.is_symlink() and path.exists() and _is_outside(path, root):
        return LeftOut.OUTSIDE
    kind = left_out_place(place)
    return LeftOut.FORMAT if kind is None and place.name.lower().endswith(OTHER_SUFFIXES) else kind


def _is_outside(path: Path, root: str) -> bool:
    return not f"{os.path.realpath(path)}{os.sep}".startswith(f"{root}{os.sep}")


def find_review_file(data: Path, collection: str, slug: str, *, title: str | None = None) -> ReviewFile | None:
    """Return the file of the review with that slug, or None.

    Raises:
        ReviewStorageError: the file can't be read, or the review has another title than the `title` of the one that is
            to replace it.
    """
    for file, own in slugs_by_name(collection_folder(data, collection)).items():
        if own == slug:
            try:
                present = title_in(file.read_text(encoding="utf-8", errors="replace"), file) if title else None
                found = ReviewFile(file, digest_of(file))
            except OSError as error:
                raise ReviewStorageError(f"The review '{slug}' can't be read ({error.strerror}).") from error
            if title and present and slugify(present) != slugify(title):
                raise ReviewStorageError(
                    f"The name '{slug}' belongs to the review “{present}”, which “{title}” does not replace. "
                    "Choose another name."
                )
            return found
    return None


def title_in(content: str, file: Path) -> str | None:
    """Return the title of a Markdown review, or None if it has none."""
    # Imported here because listing reviews needs no parser.
    from embeddings.documents.parser import parse_review

    if file.suffix.lower() != ".md":
        return None
    # A name that no review has, because a title may well be that of its file.
    other = file.with_name("0-0.md")
    try:
        title = parse_review(content.encode(errors="replace"), other).title
    except ReviewFileError:
        return None
    return title if title != read_file_name(other).title else None


def add_review(
    data: Path, collection: str, slug: str, content: str, *, replaces: str | None = None, renames: bool = False
) -> Path:
    """Store a review file, Markdown with front matter, in one step, and return its path.

    Args:
        data: the data directory.
        collection: the review's collection.
        slug: its slug.
        content: the file.
        replaces: the digest of the file that it replaces, or None if there must be none.
        renames: whether it is the same review, which may have got another title.

    Raises:
        ReviewStorageError: the present file is not the expected one or has another title, the collection is full, or
            the disk refuses.
    """
    folder = collection_folder(data, collection)
    title = None if renames else title_in(content, Path(f"{slug}.md"))
    present = find_review_file(data, collection, slug, title=title)
    if (present.digest if present else None) != replaces:
        raise ReviewStorageError(f"The review '{slug}' was added or changed in the meantime. Try again.")
    if present is not None and present.file.suffix.lower() != ".md":
        raise ReviewStorageError(f"The review '{slug}' is stored as {present.file.name}. Remove it first.")
    if collection != SHARED:
        check_room(folder, [(content, present)])
    remove_partial_files(folder)
    target = write_review(folder, slug, content, present)
    try:
        flush_folder(folder)
    except OSError as error:
        raise ReviewStorageError(f"The review '{slug}' can't be written ({error.strerror}).") from error
    return target


def remove_partial_files(folder: Path) -> None:
    """Remove the files that processes left which were killed while they wrote."""
    for left_over in folder.glob(f"{PARTIAL}*"):
        with suppress(OSError):
            left_over.unlink()


def write_review(folder: Path, slug: str, content: str, present: ReviewFile | None) -> Path:
    """Write a review's file in one step, in the place of the `present` one, and return its path.

    One that is present in another format than Markdown is removed once the new file is there.

    Raises:
        ReviewStorageError: another process has added a review of that slug, or the disk refuses.
    """
    target = present.file if present and present.file.suffix.lower() == ".md" else folder / f"{slug}.md"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        write_output(target, content, written_by_us if present else written_by_nobody)
        if present is not None and present.file != target:
            present.file.unlink()
    except OutputError as error:
        raise ReviewStorageError(f"The review '{slug}' was added in the meantime. Try again.") from error
    except OSError as error:
        raise ReviewStorageError(f"The review '{slug}' can't be written ({error.strerror}).") from error
    return target


def remove_review(data: Path, collection: str, slug: str) -> None:
    """Delete a review's file.

    Raises:
        ReviewStorageError: there is no such file, or the disk refuses.
    """
    present = find_review_file(data, collection, slug)
    if present is None:
        raise ReviewStorageError(f"The review '{slug}' no longer exists.")
    try:
        present.file.unlink()
        flush_folder(present.file.parent)
    except OSError as error:
        raise ReviewStorageError(f"The review '{slug}' can't be removed ({error.strerror}).") from error


def check_room(folder: Path, contents: Sequence[tuple[str, ReviewFile | None]]) -> None:
    """Refuse what would make a server's collection too large. A collection that is too large may always shrink.

    Args:
        folder: the collection's folder.
        contents: each file to be written, with the one that it replaces.

    Raises:
        ReviewStorageError: there would be too many reviews, or too many characters.
    """
    lengths = {file: _characters(file) for file in review_files(folder)}
    added = sum(present is None for _, present in contents)
    if added and len(lengths) + added > MAX_SERVER_REVIEWS:
        raise ReviewStorageError(
            f"There are already {MAX_SERVER_REVIEWS} reviews here, the limit. Remove one first."
            if len(lengths) >= MAX_SERVER_REVIEWS
            else f"There would be {len(lengths) + added} reviews here. The limit is {MAX_SERVER_REVIEWS}. Add fewer."
        )
    before = sum(lengths.values())
    after = before + sum(len(content) - (lengths[present.file] if present else 0) for content, present in contents)
    if after > max(MAX_SERVER_CHARACTERS, before):
        raise ReviewStorageError(
            f"The reviews here would have {after:,} characters in all. The limit is {MAX_SERVER_CHARACTERS:,}. "
            f"{'Add fewer' if len(contents) > 1 else 'Shorten this review'}, or remove another first."
        )


def _characters(file: Path) -> int:
    """Return how many characters a file has, 0 if it can't be read: then it isn't indexed either."""
    try:
        with file.open("rb") as opened:
            # No character takes more than four bytes, so what comes after these is too much in any case.
            return len(opened.read(4 * (MAX_SERVER_CHARACTERS + 1)).decode("utf-8", "replace"))
    except OSError:
        return 0
