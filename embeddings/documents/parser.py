"""Review files to reviews: Markdown with YAML front matter, or plain text.

Both become blocks (headings and paragraphs of plain text), and one function makes sections of blocks. So the same words
have the same sections, paragraphs and offsets in either format.
"""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

from embeddings.config import MAX_REVIEW_FILE_BYTES
from embeddings.documents.formats.blocks import build_sections
from embeddings.documents.formats.front_matter import FrontMatter, split_front_matter, suggestion
from embeddings.documents.formats.markdown import markdown_blocks
from embeddings.documents.formats.plain_text import decode_text, plain_text_blocks, title_from_name
from embeddings.documents.slugs import slugify
from embeddings.errors import ReviewFileError
from embeddings.records import SHARED, Review, Section

_UNSHOWABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")


def read_review(path: Path, *, collection: str = SHARED) -> Review:
    """Read one review file.

    Raises:
        ReviewFileError: the file can't be read, or isn't a review.
    """
    try:
        # Reading a pipe or a device may never end.
        if path.exists() and not path.is_file():
            raise ReviewFileError(path, None, "This is not a file. Move it out of the reviews folder.")
        with path.open("rb") as opened:
            data = opened.read(MAX_REVIEW_FILE_BYTES + 1)
    except OSError as error:
        reason = f"The file can't be read ({error.strerror or type(error).__name__})."
        raise ReviewFileError(path, None, reason) from error
    if len(data) > MAX_REVIEW_FILE_BYTES:
        limit = MAX_REVIEW_FILE_BYTES // 1024**2
        reason = f"The file is larger than {limit} MB. Split it, or move it out of the reviews folder."
        raise ReviewFileError(path, None, reason)
    return parse_review(data, path, collection=collection)


def parse_review(data: bytes, path: Path, *, collection: str = SHARED) -> Review:
    """Return the review in a file's bytes. `path` gives the format and the slug, and is not opened.

    Raises:
        ReviewFileError: the bytes are not a review; names the line if there is one.
    """
    if _UNSHOWABLE.search(path.name):
        raise ReviewFileError(path, None, "The file's name has a character that can't be shown. Rename the file.")
    text = decode_text(data, path)
    suffix = path.suffix.lower()
    if suffix == ".md":
        front_matter, body, line = split_front_matter(text, path)
        blocks = markdown_blocks(body, line, path)
    elif suffix == ".txt":
        front_matter = FrontMatter(title=title_from_name(path))
        blocks = plain_text_blocks(text, front_matter.title)
    else:
        raise ReviewFileError(path, None, "The file is neither .md nor .txt. Rename it.")
    body_text, sections = build_sections(blocks, front_matter.title)
    if not sections:
        raise ReviewFileError(path, None, "The file has no text. Write the review, or remove the file.")
    return Review(
        slug=slugify(path.stem),
        title=front_matter.title,
        text=body_text,
        sections=_flag_spoilers(sections, front_matter.spoilers, path),
        work=front_matter.work,
        year=front_matter.year,
        author=front_matter.author,
        source=front_matter.source,
        aliases=front_matter.aliases,
        collection=collection,
    )


def _flag_spoilers(
    sections: tuple[Section, ...], spoilers: bool | tuple[tuple[str, int], ...], path: Path
) -> tuple[Section, ...]:
    if isinstance(spoilers, bool):
        return tuple(replace(section, spoiler=spoilers) for section in sections)
    slugs = [section.slug for section in sections]
    for slug, line in spoilers:
        if slug not in slugs:
            known = suggestion(slug, slugs) or f"Its sections are {', '.join(slugs[:20])}."
            raise ReviewFileError(path, line, f"'{slug}' is not a section of this review. {known}")
    hidden = {slug for slug, _ in spoilers}
    return tuple(replace(section, spoiler=section.slug in hidden) for section in sections)
