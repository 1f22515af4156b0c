"""Review files to reviews: Markdown with YAML front matter, or plain text.

Both formats become blocks (headings and paragraphs of plain text), and one function makes sections of blocks, so that
the same words give the same sections, paragraphs and offsets whichever format they came in.
"""

from __future__ import annotations

import re
from collections.abc import Container
from dataclasses import dataclass, replace
from pathlib import Path

from embeddings.documents.files import review_files
from embeddings.documents.formats.blocks import sectioned
from embeddings.documents.formats.front_matter import FrontMatter, split_front_matter, suggestion
from embeddings.documents.formats.markdown import markdown_blocks
from embeddings.documents.formats.plain_text import plain_blocks
from embeddings.documents.slugs import slugify
from embeddings.errors import ReviewFileError
from embeddings.records import SHARED, Review, Section

__all__ = [
    "ReadReviews",
    "decoded",
    "parse_review",
    "read_review",
    "read_reviews",
    "review_files",
    "slugify",
    "title_of",
]

LARGEST_FILE = 8 << 20
"""Bytes of a review file. What is larger is no essay, and takes twenty times as much memory to be read."""

_LINE_END = re.compile(r"\r\n?")
_UNSHOWABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f]")


@dataclass(frozen=True, slots=True)
class ReadReviews:
    """What a folder held: the reviews in the order of their files, and the files that are no reviews.

    `unread` are the files that were left unread and are alone in giving their slugs.
    """

    reviews: tuple[Review, ...]
    errors: tuple[ReviewFileError, ...]
    unread: tuple[Path, ...] = ()


def read_reviews(directory: Path, *, collection: str = SHARED, unread: Container[Path] = frozenset()) -> ReadReviews:
    """Reads every review file of a folder but those to be left `unread`; what can't be read is listed, not raised.

    Files that give one slug are all left out, since none of them has the better claim to it.
    """
    try:
        paths = review_files(directory)
    except ReviewFileError as error:
        return ReadReviews((), (error,))
    by_slug: dict[str, list[Path]] = {}
    for path in paths:
        by_slug.setdefault(slugify(path.stem), []).append(path)
    reviews: list[Review] = []
    errors: list[ReviewFileError] = []
    left: list[Path] = []
    for path in paths:
        slug = slugify(path.stem)
        first = by_slug[slug][0]
        if path != first:
            reason = f"gives the slug '{slug}', and so does {first}; rename or remove one of them"
            errors.append(ReviewFileError(path, None, reason))
        if path in unread:
            if len(by_slug[slug]) == 1:
                left.append(path)
            continue
        try:
            review = read_review(path, collection=collection)
        except ReviewFileError as error:
            errors.append(error)
        else:
            if len(by_slug[slug]) == 1:
                reviews.append(review)
    return ReadReviews(tuple(reviews), tuple(errors), tuple(left))


def read_review(path: Path, *, collection: str = SHARED) -> Review:
    """Reads one review file.

    Raises:
        ReviewFileError: the file can't be read, or isn't a review.
    """
    try:
        # A pipe or a device would be waited for without end.
        if path.exists() and not path.is_file():
            raise ReviewFileError(path, None, "is not a file; move it out of the reviews' folder")
        with path.open("rb") as opened:
            data = opened.read(LARGEST_FILE + 1)
    except OSError as error:
        raise ReviewFileError(path, None, f"can't be read: {_reason(error)}") from error
    if len(data) > LARGEST_FILE:
        reason = f"is larger than {LARGEST_FILE >> 20} MB; divide it, or move it out of the reviews' folder"
        raise ReviewFileError(path, None, reason)
    return parse_review(data, path, collection=collection)


def parse_review(data: bytes, path: Path, *, collection: str = SHARED) -> Review:
    """The review that a file's bytes are; `path` gives the format and the slug, and is not opened.

    Raises:
        ReviewFileError: the bytes are not a review; names the line where there is one.
    """
    if _UNSHOWABLE.search(path.name):
        raise ReviewFileError(path, None, "the file's name has a character that can't be shown; rename it")
    text = decoded(data, path)
    suffix = path.suffix.lower()
    if suffix == ".md":
        front_matter, body, line = split_front_matter(text, path)
        blocks = markdown_blocks(body, line, path)
    elif suffix == ".txt":
        front_matter = FrontMatter(title=title_of(path))
        blocks = plain_blocks(text, front_matter.title)
    else:
        raise ReviewFileError(path, None, "is neither .md nor .txt; rename it")
    body_text, sections = sectioned(blocks, front_matter.title)
    if not sections:
        raise ReviewFileError(path, None, "has no text; write the review, or remove the file")
    return Review(
        slug=slugify(path.stem),
        title=front_matter.title,
        text=body_text,
        sections=_with_spoilers(sections, front_matter.spoilers, path),
        work=front_matter.work,
        year=front_matter.year,
        author=front_matter.author,
        source=front_matter.source,
        aliases=front_matter.aliases,
        collection=collection,
    )


def _with_spoilers(
    sections: tuple[Section, ...], spoilers: bool | tuple[tuple[str, int], ...], path: Path
) -> tuple[Section, ...]:
    if isinstance(spoilers, bool):
        return tuple(replace(section, spoiler=spoilers) for section in sections)
    slugs = [section.slug for section in sections]
    for slug, line in spoilers:
        if slug not in slugs:
            known = suggestion(slug, slugs) or f"; its sections are {', '.join(slugs[:20])}"
            raise ReviewFileError(path, line, f"'{slug}' is not a section of this review{known}")
    hidden = {slug for slug, _ in spoilers}
    return tuple(replace(section, spoiler=section.slug in hidden) for section in sections)


def title_of(path: Path) -> str:
    """The title of a review that names none: its file's name in words."""
    words = re.sub(r"[\s_-]+", " ", path.stem).split()
    return " ".join(word[:1].upper() + word[1:] for word in words) or path.stem


def decoded(data: bytes, path: Path) -> str:
    """A file's text, its lines ended by one newline each.

    Raises:
        ReviewFileError: the bytes are not UTF-8, or not text; names the line.
    """
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        before = _LINE_END.sub("\n", data[: error.start].decode("utf-8"))
        line = before.count("\n") + 1
        column = len(before.rpartition("\n")[2].encode("utf-8")) + 1
        reason = f"byte {column} of the line (0x{data[error.start]:02X}) is not UTF-8; save the file as UTF-8"
        raise ReviewFileError(path, line, reason) from error
    text = _LINE_END.sub("\n", text.removeprefix("\ufeff"))
    control = _CONTROL.search(text)
    if control is not None:
        line = text.count("\n", 0, control.start()) + 1
        reason = f"has the control character U+{ord(control.group()):04X}; remove it, and save the file as UTF-8"
        raise ReviewFileError(path, line, reason)
    return text


def _reason(error: OSError) -> str:
    return error.strerror or type(error).__name__
