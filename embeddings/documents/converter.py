"""A file that somebody brings: whether it can be a review, and what would be kept of it."""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass, replace
from importlib.util import find_spec
from pathlib import Path

from embeddings.documents.formats.article import Article, markdown_of, tidied
from embeddings.documents.formats.epub import read_epub
from embeddings.documents.formats.html import read_web_page
from embeddings.documents.formats.plain_text import plain_blocks
from embeddings.documents.parser import decoded, parse_review, title_of
from embeddings.documents.slugs import slugify
from embeddings.errors import ConversionError, ReviewFileError
from embeddings.records import SHARED, Review

MEGABYTE = 1024 * 1024
LARGEST = {
    ".md": 2 * MEGABYTE,
    ".txt": 2 * MEGABYTE,
    ".html": 8 * MEGABYTE,
    ".htm": 8 * MEGABYTE,
    ".xhtml": 8 * MEGABYTE,
    ".epub": 8 * MEGABYTE,
}
"""Bytes that a file may have, by its ending. Discord itself takes 10 MiB of members who don't pay."""
_BY_THE_EXTRA = (".html", ".htm", ".xhtml", ".epub")
_ITS_MODULES = ("lxml", "trafilatura")
LONGEST_TEXT = 500_000
"""Characters of a review: a novel's worth."""
MOST_SECTIONS = 500
MOST_HEADINGS = 5_000
"""Lines or tags that look like headings, counted before anything is taken apart: a heading may stand alone."""
LONGEST_TITLE = 300

_HEADINGS = re.compile(rb"^ {0,3}(?:#{1,6}\s|-+\s*$|=+\s*$)|<h[1-6]\b", re.MULTILINE | re.IGNORECASE)
_LONGEST_FILE_NAME = 200
"""Bytes of a slug in a file's name; file systems take 255 with the ending and what stands before it meanwhile."""


@dataclass(frozen=True, slots=True)
class ConvertedFile:
    """A review that can be kept.

    Attributes:
        review: the review, with the slug that it is going to have.
        content: the review file, Markdown with front matter.
        converted: whether it was made from another format than Markdown.
    """

    review: Review
    content: str
    converted: bool


def display_name(name: str) -> str:
    """A file's name without folders, and without what can't be seen or turns the direction of what follows."""
    last = re.split(r"[\\/]", name)[-1]
    return " ".join("".join(character for character in last if character.isprintable()).split())


def needs_import_extra(name: str) -> bool:
    """Whether files with that ending could be read if the extra `import` were installed."""
    return Path(display_name(name)).suffix.lower() in _BY_THE_EXTRA and not _has_extra()


def max_file_bytes(name: str) -> int:
    """How many bytes a file of that name may have.

    Raises:
        ConversionError: files with its ending can't be read here, whatever is in them.
    """
    suffix = Path(display_name(name)).suffix.lower()
    if suffix not in LARGEST or needs_import_extra(name):
        known = ".md, .txt, .html or .epub" if _has_extra() else ".md or .txt"
        raise ConversionError(f"'{suffix or display_name(name)}' files can't be read; bring {known}")
    return LARGEST[suffix]


def file_too_large(name: str) -> ConversionError:
    """The error for a file that has more bytes than it may."""
    return ConversionError(
        f"{display_name(name)} is larger than {max_file_bytes(name) // MEGABYTE} MB; a review is an essay"
    )


def convert(data: bytes, name: str, *, slug: str | None = None, collection: str = SHARED) -> ConvertedFile:
    """The review that a file would become. Nothing is written; hostile files want a process with limits.

    Args:
        data: the file's bytes.
        name: the file's name, whose ending says what it is.
        slug: what to call the review in commands and links; by default Markdown and plain text go by their
            files' names, as they do in a folder, and other formats by their titles.
        collection: where it would belong.

    Raises:
        ConversionError: it can't become a review.
        ReviewFileError: a line of it has to be mended first.
    """
    if len(data) > max_file_bytes(name):
        raise file_too_large(name)
    file = Path(display_name(name))
    suffix = file.suffix.lower()
    title = title_of(file)
    _refuse_many_headings(len(_HEADINGS.findall(data)))
    if suffix == ".md":
        content = decoded(data, file)
        review = parse_review(content.encode(), file, collection=collection)
    else:
        if suffix == ".txt":
            imported = Article(title, plain_blocks(decoded(data, file), title))
        else:
            imported = _imported(data, file, title)
        _refuse_length(sum(len(block.text) for block in imported.blocks))
        _refuse_many_headings(sum(bool(block.level) for block in imported.blocks))
        content = markdown_of(imported)
        try:
            review = parse_review(content.encode(), file.with_suffix(".md"), collection=collection)
        except ReviewFileError as error:
            # Neither that name nor its lines are those of the file that was brought.
            raise ReviewFileError(file, None, error.reason) from error
    _refuse_length(len(review.text))
    if len(review.sections) > MOST_SECTIONS:
        raise ConversionError(f"this has {len(review.sections):,} sections; a review has at most {MOST_SECTIONS}")
    if len(review.title) > LONGEST_TITLE:
        raise ConversionError(f"the title is {len(review.title):,} characters long; shorten it to {LONGEST_TITLE}")
    called = slug or (file.stem if suffix in {".md", ".txt"} else review.title)
    return ConvertedFile(replace(review, slug=_file_slug(called)), content, converted=suffix != ".md")


def _has_extra() -> bool:
    """Whether what reads web pages and EPUB is installed; it is not imported."""
    # `find_spec` raises for what was imported without a spec, or kept from being imported.
    return all(sys.modules[name] is not None if name in sys.modules else find_spec(name) for name in _ITS_MODULES)


def _imported(data: bytes, file: Path, title: str) -> Article:
    try:
        return read_epub(data, title) if file.suffix.lower() == ".epub" else read_web_page(data, title)
    except ConversionError as error:
        raise ConversionError(f"{file}: {error}") from error


def _refuse_length(characters: int) -> None:
    if characters > LONGEST_TEXT:
        raise ConversionError(f"this is {characters:,} characters long; a review has at most {LONGEST_TEXT:,}")


def _refuse_many_headings(headings: int) -> None:
    if headings > MOST_HEADINGS:
        raise ConversionError(f"this has {headings:,} headings; a review has at most {MOST_SECTIONS} sections")


def _file_slug(text: str) -> str:
    slug = slugify(tidied(text)) or "review"
    while len(slug.encode()) > _LONGEST_FILE_NAME:
        slug = slug[:-1].rstrip("-")
    return slug
