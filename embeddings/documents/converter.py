"""Files in any format to review files, within the limits of a review that somebody adds."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from pathlib import Path

from embeddings.config import MAX_HEADINGS, MAX_REVIEW_CHARACTERS, MAX_SECTIONS, MAX_TITLE_CHARACTERS
from embeddings.documents.formats.article import clean_line, to_markdown
from embeddings.documents.formats.charsets import decode_text
from embeddings.documents.formats.headers.titles import read_file_name
from embeddings.documents.parser import FORMATS, has_extra, parse_review
from embeddings.documents.slugs import slugify
from embeddings.errors import ConversionError, ReviewFileError
from embeddings.lexicon import GENERIC_FILE_NAMES
from embeddings.records import SHARED, Review

_HEADINGS = re.compile(rb"^ {0,3}(?:#{1,6}\s|-+\s*$|=+\s*$)|<h[1-6]\b", re.MULTILINE | re.IGNORECASE)
_FILE_NAME_BYTES = 200
"""The longest slug in a file's name. File systems allow 255 bytes, with the ending and a prefix while writing."""


@dataclass(frozen=True, slots=True)
class ConvertedFile:
    """A review that can be stored."""

    review: Review  # the review, with the slug that it will have
    content: str  # the review file, Markdown with front matter
    converted: bool  # whether it was made from another format than Markdown


def convert(data: bytes, name: str, *, slug: str | None = None, collection: str = SHARED) -> ConvertedFile:
    """Return the review that a file would become. Nothing is written; use `convert_in_sandbox` for untrusted files.

    The ending of the file's `name` gives its format. The `slug` is by default made of the title, because many files
    are called `index.md`.

    Raises:
        ConversionError: the file can't become a review.
        ReviewFileError: a line of the file has to be corrected first.
    """
    if len(data) > max_file_bytes(name):
        raise file_too_large(name)
    file = Path(display_name(name))
    try:
        return _convert(data, file, slug, collection)
    except ConversionError as error:
        raise ConversionError(f"{file}: {error}") from error


def max_file_bytes(name: str) -> int:
    """Return how many bytes a file of that name may have.

    Raises:
        ConversionError: files with its ending can't be read by this installation.
    """
    suffix = Path(display_name(name)).suffix.lower()
    if suffix not in FORMATS or needs_import_extra(name):
        known = ".md, .txt, .html or .epub" if has_extra() else ".md or .txt"
        raise ConversionError(f"'{suffix or display_name(name)}' files can't be read. Use {known}.")
    return FORMATS[suffix].max_bytes


def file_too_large(name: str) -> ConversionError:
    """Return the error for a file that has more bytes than `max_file_bytes`."""
    limit = max_file_bytes(name) // 1024**2
    return ConversionError(f"{display_name(name)}: The file is larger than {limit} MB, the limit for a review.")


def needs_import_extra(name: str) -> bool:
    """Return True if only the extra `import` is missing to read a file of that name."""
    found = FORMATS.get(Path(display_name(name)).suffix.lower())
    return found is not None and found.is_extra and not has_extra()


def display_name(name: str) -> str:
    """Return a file's name without folders, and without invisible characters or marks that change the direction."""
    last = re.split(r"[\\/]", name)[-1]
    return " ".join("".join(character for character in last if character.isprintable()).split())


def _convert(data: bytes, file: Path, slug: str | None, collection: str) -> ConvertedFile:
    kind = FORMATS[file.suffix.lower()]
    # Before anything is parsed.
    _check_headings(len(_HEADINGS.findall(data)))
    if kind.is_markdown:
        content, _ = decode_text(data, file)
        review = parse_review(content.encode(), file, collection=collection)
    else:
        article = kind.read(data, file)
        article = replace(article, title=article.title or read_file_name(file).title)
        _check_length(sum(len(block.text) for block in article.blocks))
        _check_headings(sum(bool(block.level) for block in article.blocks))
        content = to_markdown(article)
        try:
            review = parse_review(content.encode(), file.with_suffix(".md"), collection=collection)
        except ReviewFileError as error:
            # Its name and its lines are not those of the given file.
            raise ReviewFileError(file, None, error.reason) from error
    _check_length(len(review.text))
    if len(review.sections) > MAX_SECTIONS:
        raise ConversionError(f"The review has {len(review.sections):,} sections. The limit is {MAX_SECTIONS}.")
    if len(review.title) > MAX_TITLE_CHARACTERS:
        raise ConversionError(f"The title has {len(review.title):,} characters. The limit is {MAX_TITLE_CHARACTERS}.")
    if review.title == read_file_name(file).title and slugify(review.title) in GENERIC_FILE_NAMES:
        raise ConversionError("The file has no title, and its name is none. Rename it after what it reviews.")
    return ConvertedFile(
        replace(review, slug=_file_slug(slug or review.title)), content, converted=not kind.is_markdown
    )


def _check_length(characters: int) -> None:
    if characters > MAX_REVIEW_CHARACTERS:
        raise ConversionError(f"The review has {characters:,} characters. The limit is {MAX_REVIEW_CHARACTERS:,}.")


def _check_headings(headings: int) -> None:
    if headings > MAX_HEADINGS:
        raise ConversionError(f"The file has {headings:,} headings. A review may have {MAX_SECTIONS} sections.")


def _file_slug(text: str) -> str:
    slug = slugify(clean_line(text)) or "review"
    while len(slug.encode()) > _FILE_NAME_BYTES:
        slug = slug[:-1].rstrip("-")
    return slug
