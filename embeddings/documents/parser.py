"""Review files to reviews: the table of formats, and how a file's article becomes one review or several.

Every format becomes blocks (headings and paragraphs of plain text), and one function makes sections of blocks. So the
same words have the same sections, paragraphs and offsets in any format.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from importlib.util import find_spec
from pathlib import Path

from embeddings.config import MAX_PAGE_FILE_BYTES, MAX_REVIEW_FILE_BYTES, MAX_TEXT_FILE_BYTES
from embeddings.documents.analyzer import words
from embeddings.documents.filesystem import LONGEST_PATH, is_too_long
from embeddings.documents.formats.article import Article
from embeddings.documents.formats.blocks import Block, build_sections
from embeddings.documents.formats.boilerplate import without_boilerplate
from embeddings.documents.formats.headers.facts import Description, describe
from embeddings.documents.formats.headers.fields import Header, Value
from embeddings.documents.formats.headers.titles import (
    FileName,
    left_out_place,
    read_file_name,
    read_title,
    shares_name,
)
from embeddings.documents.formats.markdown.reader import read_markdown_file
from embeddings.documents.formats.marked_text import is_short
from embeddings.documents.formats.org import read_org
from embeddings.documents.formats.pages.docx import read_docx
from embeddings.documents.formats.pages.epub import read_epub
from embeddings.documents.formats.pages.html import read_html
from embeddings.documents.formats.plain_text import read_plain_text
from embeddings.documents.formats.rst import read_rst
from embeddings.documents.formats.several.csv_table import read_csv
from embeddings.documents.formats.several.zip_archive import read_zip
from embeddings.documents.formats.spoilers import names_spoilers
from embeddings.documents.lookup import closest_names
from embeddings.documents.notes import Mended, Note
from embeddings.documents.slugs import slugify
from embeddings.errors import SHORTEN_PATH, ConversionError, LeftOut, ReviewFileError
from embeddings.lexicon import FILLER_WORDS, GIST_WORDS, LICENCE_LINES, STOP_WORDS, VERDICT_WORDS, WORK_PARTS
from embeddings.records import SHARED, Facts, Review, Section


@dataclass(frozen=True, slots=True)
class Format:
    """A file format that can become a review.

    Attributes:
        max_bytes: the largest file that `convert` reads.
        read: makes an article of a file's bytes and name.
        is_markdown: whether a file is stored as it is.
        is_extra: whether reading it takes the packages of the extra `import`.
    """

    max_bytes: int
    read: Callable[[bytes, Path], Article]
    is_markdown: bool = False
    is_extra: bool = False


_MARKDOWN = Format(MAX_TEXT_FILE_BYTES, read_markdown_file, is_markdown=True)
_TEXT = Format(MAX_TEXT_FILE_BYTES, read_plain_text)
_HTML = Format(MAX_PAGE_FILE_BYTES, read_html, is_extra=True)
FORMATS = {
    ".md": _MARKDOWN,
    ".markdown": _MARKDOWN,
    ".mdx": _MARKDOWN,
    ".txt": _TEXT,
    ".text": _TEXT,
    ".html": _HTML,
    ".htm": _HTML,
    ".xhtml": _HTML,
    ".epub": Format(MAX_PAGE_FILE_BYTES, read_epub, is_extra=True),
    ".docx": Format(MAX_PAGE_FILE_BYTES, read_docx, is_extra=True),
    ".org": Format(MAX_TEXT_FILE_BYTES, read_org),
    ".rst": Format(MAX_TEXT_FILE_BYTES, read_rst, is_extra=True),
}
"""Every format of one review, by the ending of its files in lower case. A table or an archive holds several."""

SEVERAL = (".csv", ".tsv", ".zip")
"""The endings of files of several reviews."""

_EXTRA_MODULES = ("docutils", "lxml", "mammoth", "trafilatura")
_UNSHOWABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class ParsedFile:
    """The reviews of a file, in their order, and what had to be mended. Several have slugs by title, one by name."""

    reviews: tuple[Review, ...]
    notes: tuple[Note, ...] = ()


def has_extra(*more: str) -> bool:
    """Return True if the packages of the extra `import` are installed that files need, and `more` of its modules.

    They are not imported.
    """
    # `find_spec` raises for modules that were imported without a spec, or that may not be imported.
    return all(
        sys.modules[name] is not None if name in sys.modules else find_spec(name) for name in (*_EXTRA_MODULES, *more)
    )


def read_review(path: Path, *, collection: str = SHARED) -> Review:
    """Read the review of one file, or the first of several.

    Raises:
        ReviewFileError: the file can't be read, or isn't a review.
    """
    return parse_file(read_bytes(path), path, Path(path.name), collection=collection).reviews[0]


def read_bytes(path: Path, *, limit: int = MAX_REVIEW_FILE_BYTES) -> bytes:
    """Return the bytes of a review file of at most `limit` bytes.

    Raises:
        ReviewFileError: the file can't be read, or is too large.
    """
    try:
        # Reading a pipe or a device may never end.
        if path.exists() and not path.is_file():
            raise ReviewFileError(path, None, "This is not a file. Move it out of the reviews folder.")
        # A buffer as large as the limit would be taken for every file.
        size = path.stat().st_size
        with path.open("rb") as opened:
            data = b"" if size > limit else opened.read(size + 1)
    except OSError as error:
        reason = f"The file can't be read ({error.strerror or type(error).__name__})."
        if is_too_long(path):
            reason = f"The path has more than {LONGEST_PATH} characters, which Windows doesn't open. {SHORTEN_PATH}"
        raise ReviewFileError(path, None, reason) from error
    if max(size, len(data)) > limit:
        reason = f"The file is larger than {limit // 1024**2} MB. Split it, or move it out of the reviews folder."
        raise ReviewFileError(path, None, reason, LeftOut.TOO_LARGE)
    return data


def parse_review(data: bytes, path: Path, *, collection: str = SHARED) -> Review:
    """Return the review in a file's bytes, or the first of several. `path` gives format and name, and is not opened.

    Raises:
        ReviewFileError: the bytes are not a review; names the line if there is one.
    """
    return parse_file(data, path, Path(path.name), collection=collection).reviews[0]


def parse_file(
    data: bytes, path: Path, place: Path, *, collection: str = SHARED, split_by_heading: bool = False
) -> ParsedFile:
    """Return the reviews in a file's bytes.

    Args:
        data: the bytes.
        path: the file, for errors. It is not opened.
        place: the file within the folder that is read, which gives its format and its name.
        collection: where the reviews belong.
        split_by_heading: whether a round-up becomes several reviews without saying so in its header.

    Raises:
        ReviewFileError: the bytes are not a review; names the line if there is one.
    """
    if _UNSHOWABLE.search(place.name):
        raise ReviewFileError(path, None, "The file's name has a character that can't be shown. Rename the file.")
    if place.suffix.lower() in SEVERAL:
        return _parse_several(data, path, place, collection=collection, split_by_heading=split_by_heading)
    kind = FORMATS.get(place.suffix.lower())
    if kind is None:
        raise ReviewFileError(path, None, "Files with this ending can't be read. Save it as .md or .txt.")
    if kind.is_extra and not has_extra():
        reason = "Reading it needs the extra 'import'. Run `pip install '.[import]'` in the clone of review-bot."
        raise ReviewFileError(path, None, reason, LeftOut.EXTRA)
    try:
        article = kind.read(data, place)
    except ConversionError as error:
        raise ReviewFileError(path, None, str(error)) from error
    except ReviewFileError as error:
        raise ReviewFileError(path, error.line, error.reason, error.kind) from error
    return make_reviews(article, path, place, collection=collection, split_by_heading=split_by_heading)


def archived_files(data: bytes, path: Path) -> Iterator[tuple[Path, bytes | ReviewFileError]]:
    """Yield the place of each file of an archive that may be a review with its bytes, or with why it is none.

    What is in hidden folders, and in those that macOS adds, is passed over as in a folder.

    Raises:
        ReviewFileError: the archive is damaged, encrypted, or unpacks to too much.
    """
    for name, content in read_zip(data, path, {*FORMATS, ".csv", ".tsv"}):
        place = Path(name)
        if any(part == "__MACOSX" or (part.startswith(".") and part != "..") for part in name.parts[:-1]):
            continue
        if ".." in name.parts or name.is_absolute():
            yield place, ReviewFileError(path, None, "Its name leads out of the archive.", LeftOut.OUTSIDE)
        elif (kind := left_out_place(place)) is not None:
            yield place, ReviewFileError(path, None, "Its name says that it is no review.", kind)
        else:
            yield place, content


def _parse_several(data: bytes, path: Path, place: Path, *, collection: str, split_by_heading: bool) -> ParsedFile:
    """Return the reviews of a table or an archive. The arguments and errors are those of `parse_file`."""
    reviews: list[Review] = []
    notes: list[Note] = []
    if place.suffix.lower() == ".zip":
        for inner, content in archived_files(data, path):
            try:
                if isinstance(content, ReviewFileError):
                    raise content
                parsed = parse_file(content, path, inner, collection=collection, split_by_heading=split_by_heading)
            except ReviewFileError as error:
                notes.append(Note(error.kind, f"{inner.as_posix()}: {error.reason}", error.line))
                continue
            reviews.extend(replace(review, slug=slug_of_part(review.title)) for review in parsed.reviews)
            notes.extend(replace(note, reason=f"{inner.as_posix()}: {note.reason}") for note in parsed.notes)
    else:
        articles, found = read_csv(data, path)
        notes.extend(found)
        for article in articles:
            with suppress(ReviewFileError):
                (review,) = make_reviews(article, path, place, collection=collection).reviews
                reviews.append(replace(review, slug=slug_of_part(review.title)))
    if not reviews:
        raise ReviewFileError(path, None, "The file has no review.", LeftOut.EMPTY)
    return ParsedFile(tuple(reviews), tuple(notes))


def make_reviews(
    article: Article, path: Path, place: Path, *, collection: str = SHARED, split_by_heading: bool = False
) -> ParsedFile:
    """Return the reviews of an article: one, or one for each work of a round-up that is to be split.

    The arguments are those of `parse_file`.

    Raises:
        ReviewFileError: there is no text, or it is a draft.
    """
    name = read_file_name(place)
    whole = article
    article = clean_article(article)
    blocks = list(article.blocks)
    is_titled = bool(article.title or article.header.fields.get("title"))
    heading = None if is_titled else _title_heading(blocks, name, place)
    fields: dict[str, Value] = {"title": article.title, "author": article.author or "", "source": article.source or ""}
    given = {key: value for key, value in fields.items() if value and key not in article.header.fields}
    header = replace(article.header, fields=given | dict(article.header.fields))
    known = describe(header, name, heading, path, article.facts)
    if name.is_date and known.title == name.title and not (header.fields or article.facts):
        reason = "Its name is a date and it has no title, so it counts as a daily note. Give it a title."
        raise ReviewFileError(path, None, reason, LeftOut.NO_REVIEW)
    notes = [*article.notes, *known.notes]
    parts = _parts(whole.blocks)
    if known.is_split or (split_by_heading and len(parts) > 1):
        reviews = tuple(
            review
            for title, own in (parts if len(parts) > 1 else _by_heading(whole.blocks))
            if (review := _part(title, own, known, collection)) is not None
        )
        if reviews:
            return ParsedFile(reviews, tuple(notes))
    elif len(parts) > 1:
        advice = "write 'split: true' into its header, or use `--split-by-heading` of `add` and `index`."
        reason = f"This looks like {len(parts)} reviews. To read each by itself, {advice}"
        notes.append(Note(Mended.ROUND_UP, reason))
    body = build_sections(blocks, known.title)
    if not body.sections:
        raise ReviewFileError(path, None, "The file has no text. Write the review, or remove the file.", LeftOut.EMPTY)
    sections = _flag_spoilers(body.sections, known.spoilers, notes, header.places.get("spoilers"))
    review = _review(name.slug, known, body.text, sections, collection)
    return ParsedFile((replace(review, spoilers=body.spoilers, quoted=body.quoted),), tuple(notes))


def clean_article(article: Article) -> Article:
    """Return an article without what is none of its text, and with the facts that this gave. Twice is as once."""
    blocks, found = without_boilerplate(_without_licences(_without_title(article)))
    reviewer = found.pop("reviewer", None)
    facts = found | dict(article.facts)
    return replace(
        article, blocks=tuple(_without_licences(blocks)), author=article.author or reviewer or None, facts=facts
    )


def _without_title(article: Article) -> tuple[Block, ...]:
    """Return the blocks without a first line that repeats the title of the header, or the work that it names."""
    given = article.title or article.header.fields.get("title", "")
    title = given if isinstance(given, str) else ""
    names = {slugify(name) for name in (title, read_title(title).work or title)} if title else set()
    first = article.blocks[0] if len(article.blocks) > 1 else None
    is_title = first is not None and first.level in (0, 1, 7) and slugify(first.text) in names
    return article.blocks[is_title:]


def slug_of_part(title: str) -> str:
    """Return what the title of one review among several in a file suggests as its slug: the work that it names."""
    return slugify(read_title(title).work or title)


def _review(slug: str, known: Description, text: str, sections: tuple[Section, ...], collection: str) -> Review:
    return Review(
        slug=slug,
        title=known.title,
        text=text,
        sections=sections,
        work=known.work,
        year=known.year,
        author=known.author,
        source=known.source,
        aliases=known.aliases,
        collection=collection,
        facts=known.facts,
    )


def _title_heading(blocks: list[Block], name: FileName, place: Path) -> str | None:
    """Return the heading that is the title of a text without another, and make it one of the first level.

    What only looks like a heading, or is a short line, is a title if it names a work or shares the words of the file's
    name, which is the title otherwise.
    """
    if not blocks or not (blocks[0].level or (len(blocks) > 1 and is_short(blocks[0].text) and not blocks[0].quoted)):
        return None
    first = blocks[0]
    if 0 < first.level <= 6:
        is_title = first.level == 1 or not any(0 < block.level <= first.level for block in blocks[1:])
    else:
        is_part = not name.is_generic and _names_part(first.text)
        is_only = first.level > 6 and not any(0 < block.level <= first.level for block in blocks[1:])
        is_title = not is_part and (is_only or _names_work(first.text) or shares_name(first.text, place))
    if not is_title:
        return None
    blocks[0] = replace(first, level=1)
    return first.text


def _names_part(heading: str) -> bool:
    """Return True if a heading is only words for parts of a review or a work, such as "My verdict" and "The music"."""
    return set(words(heading)) <= STOP_WORDS | WORK_PARTS | GIST_WORDS | VERDICT_WORDS | FILLER_WORDS


def _without_licences(blocks: Sequence[Block]) -> Sequence[Block]:
    """Return the blocks without the paragraphs of a licence at either end."""
    start, end = 0, len(blocks)
    while start < end and not blocks[start].level and LICENCE_LINES.match(blocks[start].text):
        start += 1
    while end > start and not blocks[end - 1].level and LICENCE_LINES.match(blocks[end - 1].text):
        end -= 1
    return blocks[start:end] if start < end else blocks


def _parts(blocks: Sequence[Block]) -> list[tuple[str, list[Block]]]:
    """Return the reviews of a round-up: each heading that names a work by year or creator, with what is under it."""
    level = next((block.level for block in blocks if block.level and _names_work(block.text)), 0)
    if not level or level > 6:
        return []
    headings = [block for block in blocks if block.level == level]
    return _by_heading(blocks, level) if 2 * sum(_names_work(each.text) for each in headings) > len(headings) else []


def _by_heading(blocks: Sequence[Block], level: int | None = None) -> list[tuple[str, list[Block]]]:
    """Return the blocks under each heading of a level, by default the level that begins the most parts."""
    levels = [block.level for block in blocks if block.level]
    if level is None:
        level = min((each for each in levels if levels.count(each) > 1), default=0)
    parts: list[tuple[str, list[Block]]] = []
    for block in blocks:
        if block.level == level:
            parts.append((block.text, []))
        elif parts and 0 < block.level < level:
            parts.append(("", []))
        elif parts:
            parts[-1][1].append(block)
    return [(title, own) for title, own in parts if title and any(not block.level for block in own)]


def _names_work(heading: str) -> bool:
    parts = read_title(heading)
    return parts.work is not None and (parts.year is not None or parts.creator is not None)


def _part(title: str, blocks: Iterable[Block], known: Description, collection: str) -> Review | None:
    """Return one review of a round-up. Of the header, what it says of the review holds for each."""
    kept, found = without_boilerplate([*blocks])
    body = build_sections(kept, title)
    if not body.sections:
        return None
    own = describe(Header(), FileName("", title), title, Path(), found)
    shared = {name: fact for name, fact in known.facts.items() if name in ("date", "tags", "language", "link")}
    own = replace(own, author=known.author, source=known.source, facts=Facts(shared | dict(own.facts)))
    is_hidden = known.spoilers is True
    sections = tuple(
        replace(section, spoiler=is_hidden or (known.spoilers == () and names_spoilers(section.heading)))
        for section in body.sections
    )
    review = _review(slug_of_part(title), own, body.text, sections, collection)
    return replace(review, spoilers=body.spoilers, quoted=body.quoted)


def _flag_spoilers(
    sections: tuple[Section, ...], spoilers: bool | tuple[str, ...], notes: list[Note], line: int | None
) -> tuple[Section, ...]:
    """Return the sections with those flagged that the header names; all of them if it names one that is missing.

    If it says nothing of spoilers, those are flagged whose heading does.
    """
    if isinstance(spoilers, bool):
        return tuple(replace(section, spoiler=spoilers) for section in sections)
    if not spoilers:
        return tuple(replace(section, spoiler=names_spoilers(section.heading)) for section in sections)
    slugs = [section.slug for section in sections]
    hidden = {slug if slug in slugs else slugify(slug) for slug in spoilers}
    if unknown := sorted(hidden.difference(slugs)):
        reason = f"'{unknown[0]}' is not a section of this review, so all of it counts as spoilers."
        near = closest_names(unknown[0], [(slug, slug) for slug in slugs])
        notes.append(Note(Mended.SPOILERS, f"{reason} Did you mean {near}?" if near else reason, line))
        hidden = set(slugs)
    return tuple(replace(section, spoiler=section.slug in hidden) for section in sections)
