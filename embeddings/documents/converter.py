"""Files in any format to review files, within the limits of a review that somebody adds."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from textwrap import shorten

import yaml

from embeddings.config import (
    MAX_HEADINGS,
    MAX_PAGE_FILE_BYTES,
    MAX_REVIEW_CHARACTERS,
    MAX_SECTIONS,
    MAX_SERVER_CHARACTERS,
    MAX_SERVER_REVIEWS,
    MAX_TITLE_CHARACTERS,
)
from embeddings.documents.filesystem import names_device
from embeddings.documents.formats.article import Article, clean_line, to_markdown
from embeddings.documents.formats.blocks import Block
from embeddings.documents.formats.charsets import decode_text
from embeddings.documents.formats.headers.fields import Header, Value
from embeddings.documents.formats.headers.titles import left_out_place, read_file_name
from embeddings.documents.formats.several.csv_table import read_csv
from embeddings.documents.formats.several.feed import read_feed
from embeddings.documents.notes import Mended, Note
from embeddings.documents.parser import (
    FORMATS,
    SEVERAL,
    archived_files,
    clean_article,
    has_extra,
    make_reviews,
    parse_review,
)
from embeddings.documents.slugs import slugify
from embeddings.errors import ConversionError, LeftOut, ReviewFileError
from embeddings.lexicon import GENERIC_FILE_NAMES
from embeddings.records import INTRODUCTION, SHARED, Rating, Review, Span

_HEADINGS = re.compile(rb"^ {0,3}(?:#{1,6}\s|-+\s*$|=+\s*$)|<h[1-6]\b", re.MULTILINE | re.IGNORECASE)
_FOLDER_NAME_CHARACTERS = 60
"""The longest name for a feed's folder, which people type."""
_SHOWN_CHARACTERS = 60
"""The longest title of an entry in a message about it."""
_FILE_NAME_BYTES = 200
"""The longest slug in a file's name. File systems allow 255 bytes, with the ending and a prefix while writing."""
_NAMELESS = Path("0-0.md")
"""A name that says nothing of a review."""
_OWN_FACTS = frozenset("work year link author creator".split())
"""Facts of a part of a file that its title says again."""
_SHARED_FACTS = ("date", "tags", "language")
"""What the header of a file of several reviews says of each."""


@dataclass(frozen=True, slots=True)
class ConvertedFile:
    """A review that can be stored.

    Attributes:
        review: the review, with the slug that its title suggests.
        content: the review file, Markdown with front matter. It reads the same under any name.
        converted: whether it was made from another format than Markdown.
        file: the file that it comes from, within the folder or the archive.
        notes: what had to be mended.
    """

    review: Review
    content: str
    converted: bool
    file: str = ""
    notes: tuple[Note, ...] = ()


@dataclass(frozen=True, slots=True)
class LeftOutFile:
    """A file, or a part of it, that becomes no review: its name within the folder or the archive, and why."""

    file: str
    kind: LeftOut
    reason: str
    line: int | None = None


@dataclass(frozen=True, slots=True)
class Candidates:
    """The reviews that a file or several would become, and what is left out. Two of them may have one slug."""

    reviews: tuple[ConvertedFile, ...] = ()
    left_out: tuple[LeftOutFile, ...] = ()


def read_candidates(
    data: bytes, place: Path, *, collection: str = SHARED, split_by_heading: bool = False
) -> Candidates:
    """Return the reviews that a file would become: one, or those of a table, an archive or a file to be split.

    Nothing is written, and nothing is raised: what can't become a review is left out, with the reason. Use
    `read_candidates_in_sandbox` for untrusted files.

    Args:
        data: the file's bytes.
        place: the file within its folder, which gives its format and its name. It is not opened.
        collection: where the reviews will belong.
        split_by_heading: whether a file about several works becomes several reviews without saying so in its header.
    """
    reviews: list[ConvertedFile] = []
    left_out: list[LeftOutFile] = []
    if place.suffix.lower() == ".zip":
        try:
            for inner, content in archived_files(data, place):
                found = (
                    Candidates((), (_left_out(inner, content),))
                    if isinstance(content, ReviewFileError)
                    else read_candidates(content, inner, collection=collection, split_by_heading=split_by_heading)
                )
                reviews.extend(found.reviews)
                left_out.extend(found.left_out)
        except ReviewFileError as error:
            left_out.append(_left_out(place, error))
        if not reviews and not left_out:
            left_out.append(
                LeftOutFile(place.as_posix(), LeftOut.EMPTY, "The archive has no file that may be a review.")
            )
    else:
        try:
            for converted in _converted(data, place, None, collection, split_by_heading=split_by_heading):
                if isinstance(converted, LeftOutFile):
                    left_out.append(converted)
                else:
                    reviews.append(converted)
        except ReviewFileError as error:
            left_out.append(_left_out(place, error))
        except ConversionError as error:
            left_out.append(LeftOutFile(place.as_posix(), error.kind, str(error)))
        except MemoryError:
            left_out.append(LeftOutFile(place.as_posix(), LeftOut.TOO_LARGE, "Reading it takes too much memory."))
        except Exception as error:  # noqa: BLE001  # a parser may fail in any way on a file that was made to break it
            reason = f"It can't be read ({type(error).__name__}). Use another format."
            left_out.append(LeftOutFile(place.as_posix(), LeftOut.UNREADABLE, reason))
    return Candidates(tuple(reviews), tuple(left_out))


def within_server_limits(found: Candidates, name: str) -> Candidates:
    """Return the candidates of a file, or only the reason if they are more than a server may have."""
    characters = sum(len(each.content) for each in found.reviews)
    if len(found.reviews) > MAX_SERVER_REVIEWS:
        reason = f"It has {len(found.reviews):,} reviews. A server may have {MAX_SERVER_REVIEWS}. Split it."
    elif characters > MAX_SERVER_CHARACTERS:
        limit = f"A server may have {MAX_SERVER_CHARACTERS:,} in all"
        reason = f"Its reviews have {characters:,} characters. {limit}. Split it."
    else:
        return found
    return Candidates((), (*found.left_out, LeftOutFile(name, LeftOut.TOO_LARGE, reason)))


def convert(data: bytes, name: str, *, slug: str | None = None, collection: str = SHARED) -> ConvertedFile:
    """Return the review that a file would become. Nothing is written; use `convert_in_sandbox` for untrusted files.

    The ending of the file's `name` gives its format. The `slug` is by default made of the title, because many files
    are called `index.md`.

    Raises:
        ConversionError: the file can't become a review, or becomes several.
        ReviewFileError: a line of the file has to be corrected first.
    """
    if len(data) > max_file_bytes(name):
        raise file_too_large(name)
    file = Path(display_name(name))
    try:
        if file.suffix.lower() in SEVERAL:
            raise ConversionError("Such a file holds several reviews.")
        converted, *others = _converted(data, file, slug, collection)
        if others or isinstance(converted, LeftOutFile):
            raise ConversionError(f"The file holds {1 + len(others)} reviews.")
        return converted
    except ConversionError as error:
        raise ConversionError(f"{file}: {error}") from error


@dataclass(frozen=True, slots=True)
class ConvertedEntry:
    """An entry of a feed that can be stored.

    Attributes:
        key: the SHA-256 (hex) of what identifies it within the feed.
        slug: a name for its file, which others may have too.
        content: the review file, Markdown with front matter.
    """

    key: str
    slug: str
    content: str


@dataclass(frozen=True, slots=True)
class ConvertedFeed:
    """What a feed becomes.

    Attributes:
        title: its title, or "".
        name: the title in short form, a name for a folder, or "".
        entries: those with their full text, in the feed's order.
        excerpts: how many entries have only a part of their text.
        left_out: why each other entry can't become a review.
    """

    title: str
    name: str
    entries: tuple[ConvertedEntry, ...]
    excerpts: int
    left_out: tuple[str, ...]


def convert_feed(data: bytes, address: str, content_type: str = "") -> ConvertedFeed:
    """Return the reviews that a feed would become. Use `convert_feed_in_sandbox`: no feed is trusted.

    Args:
        data: the feed, RSS or Atom.
        address: where it is from.
        content_type: the header with which it came, which may name its encoding.

    Raises:
        ConversionError: it is not a feed, or has too many entries.
    """
    if len(data) > MAX_PAGE_FILE_BYTES:
        raise ConversionError(f"The feed is larger than {MAX_PAGE_FILE_BYTES // 1024**2} MB.")
    feed = read_feed(data, address, content_type)
    entries: list[ConvertedEntry] = []
    left_out: list[str] = []
    for each in feed.articles:
        name = display_name(each.name)
        title = each.article.title or name
        try:
            if not title:
                raise ConversionError("It has no title.")
            _check_length(sum(len(block.text) for block in each.article.blocks))
            _check_headings(sum(bool(block.level) for block in each.article.blocks))
            made = _stored(each.article, Path(f"{name or 'entry'}.html"), None, SHARED, None)
        except (ConversionError, ReviewFileError) as error:
            reason = error.reason if isinstance(error, ReviewFileError) else str(error)
            left_out.append(f"{shorten(title, _SHOWN_CHARACTERS, placeholder='…') or 'An entry'}: {reason}")
            continue
        entries.append(ConvertedEntry(each.key, _entry_slug(made.review.slug), made.content))
    return ConvertedFeed(feed.title, _folder_name(feed.title), tuple(entries), feed.excerpts, tuple(left_out))


def _entry_slug(slug: str) -> str:
    """Return a slug by which its file is taken for a review, not for a page about the folder."""
    is_other = slug in GENERIC_FILE_NAMES or left_out_place(Path(f"{slug}.md")) is not None
    return f"{slug}-entry" if is_other else slug


def _folder_name(title: str) -> str:
    """Return a title as the name of a folder whose files are taken for reviews, "" if it has no letters."""
    name = slugify(title)[:_FOLDER_NAME_CHARACTERS].strip("-")
    is_other = names_device(name) or left_out_place(Path(name, "entry.md")) is not None
    return f"{name}-feed" if name and is_other else name


def max_file_bytes(name: str) -> int:
    """Return how many bytes a file of that name may have.

    Raises:
        ConversionError: files with its ending can't be read by this installation.
    """
    suffix = Path(display_name(name)).suffix.lower()
    if suffix in SEVERAL:
        return MAX_PAGE_FILE_BYTES
    if suffix not in FORMATS or needs_import_extra(name):
        raise ConversionError(_unknown(Path(display_name(name))))
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


def slug_for(name: str) -> str:
    """Return the slug of a review that is to have this name, one that every system takes for a file's name."""
    slug = slugify(clean_line(name)) or "review"
    if names_device(slug):
        return f"{slug}-review"
    while len(slug.encode()) > _FILE_NAME_BYTES:
        slug = slug[:-1].rstrip("-")
    return slug


def _unknown(file: Path) -> str:
    known = ".md, .txt, .html, .epub, .docx, .csv or .zip" if has_extra() else ".md, .txt, .csv or .zip"
    return f"'{file.suffix.lower() or file}' files can't be read. Use {known}."


def _left_out(place: Path, error: ReviewFileError) -> LeftOutFile:
    return LeftOutFile(place.as_posix(), error.kind, error.reason, error.line)


def _converted(
    data: bytes, place: Path, slug: str | None, collection: str, *, split_by_heading: bool = False
) -> Iterator[ConvertedFile | LeftOutFile]:
    """Yield the reviews of a file that is no archive, and the rows of a table that can't be one."""
    suffix = place.suffix.lower()
    if suffix in SEVERAL:
        articles, notes = read_csv(data, place)
        mended = tuple(note for note in notes if note.kind is not Mended.ROWS)
        for number, article in enumerate(articles, 1):
            # What was mended in the table as a whole is said once.
            own = replace(article, notes=(*article.notes, *mended)) if number == 1 else article
            try:
                yield _stored(own, place, slug, collection, None)
            except (ConversionError, ReviewFileError) as error:
                reason = error.reason if isinstance(error, ReviewFileError) else str(error)
                yield LeftOutFile(place.as_posix(), error.kind, f"Review {number}, {article.title}: {reason}")
        for note in notes:
            if note.kind is Mended.ROWS:
                yield LeftOutFile(place.as_posix(), LeftOut.EMPTY, note.reason, note.line)
        return
    kind = FORMATS.get(suffix)
    if kind is None:
        raise ReviewFileError(place, None, _unknown(place))
    if kind.is_extra and not has_extra():
        reason = "Reading it needs the extra 'import'. Run `pip install '.[import]'` in the clone of review-bot."
        raise ReviewFileError(place, None, reason, LeftOut.EXTRA)
    if len(data) > kind.max_bytes:
        reason = f"It is larger than {kind.max_bytes // 1024**2} MB, the limit for a review."
        raise ReviewFileError(place, None, reason, LeftOut.TOO_LARGE)
    # Before anything is parsed.
    _check_headings(len(_HEADINGS.findall(data)))
    article = kind.read(data, place)
    _check_length(sum(len(block.text) for block in article.blocks))
    _check_headings(sum(bool(block.level) for block in article.blocks))
    parsed = make_reviews(article, place, place, collection=collection, split_by_heading=split_by_heading)
    if len(parsed.reviews) > 1:
        for number, part in enumerate(parsed.reviews):
            yield _stored(_article(part, () if number else parsed.notes), place, slug, collection, None)
        return
    # MDX read as Markdown would show its imports.
    is_kept = kind.is_markdown and suffix != ".mdx"
    yield _stored(article, place, slug, collection, decode_text(data, place)[0] if is_kept else None)


def _stored(article: Article, place: Path, slug: str | None, collection: str, text: str | None) -> ConvertedFile:
    """Return the review of an article with its file. `text` is that of a Markdown file, which stays if it can."""
    parsed = make_reviews(article, place, place, collection=collection)
    review = parsed.reviews[0]
    _check_length(len(review.text))
    if len(review.sections) > MAX_SECTIONS:
        raise ConversionError(
            f"The review has {len(review.sections):,} sections. The limit is {MAX_SECTIONS}.", LeftOut.TOO_LARGE
        )
    if len(review.title) > MAX_TITLE_CHARACTERS:
        raise ConversionError(
            f"The title has {len(review.title):,} characters. The limit is {MAX_TITLE_CHARACTERS}.", LeftOut.TOO_LARGE
        )
    name = read_file_name(place)
    if review.title == name.title and slugify(review.title) in GENERIC_FILE_NAMES:
        raise ConversionError("The file has no title, and its name is none. Rename it after what it reviews.")
    slug = slug_for(slug or review.title)
    known = make_reviews(article, _NAMELESS, _NAMELESS, collection=collection).reviews[0]
    missing: dict[str, Value] = {"title": review.title} if known.title != review.title else {}
    missing |= {key: value for key in _SHARED_FACTS if isinstance(value := _lost(review, known, key), str)}
    if text is not None and not missing:
        return ConvertedFile(replace(review, slug=slug), text, False, place.as_posix(), parsed.notes)
    if text is not None and (content := _with_fields(text, missing, review, collection)) is not None:
        return ConvertedFile(replace(review, slug=slug), content, False, place.as_posix(), parsed.notes)
    article = clean_article(article)
    fields = missing | {key: value for key, value in article.header.fields.items() if value}
    content = to_markdown(
        replace(
            article,
            title=article.title or review.title,
            blocks=_with_title(article.blocks, review),
            header=replace(article.header, fields=fields),
        )
    )
    try:
        review = parse_review(content.encode(), _NAMELESS, collection=collection)
    except ReviewFileError as error:
        # Its name and its lines are not those of the given file.
        raise ReviewFileError(place, None, error.reason, error.kind) from error
    return ConvertedFile(replace(review, slug=slug), content, text is None, place.as_posix(), parsed.notes)


def _lost(review: Review, known: Review, fact: str) -> object:
    """Return a fact that only the file's name tells, or None."""
    return review.facts.get(fact) if known.facts.get(fact) is None else None


def _with_fields(text: str, fields: dict[str, Value], review: Review, collection: str) -> str | None:
    """Return a Markdown text with more fields in its header, or None if the review would then be another."""
    added = yaml.safe_dump(fields, allow_unicode=True, sort_keys=False, width=10_000)
    content = f"---\n{added}{text[4:]}" if text.startswith("---\n") else f"---\n{added}---\n\n{text}"
    try:
        found = parse_review(content.encode(), _NAMELESS, collection=collection)
    except ReviewFileError:
        return None
    return content if replace(found, slug=review.slug) == review else None


def _with_title(blocks: tuple[Block, ...], review: Review) -> tuple[Block, ...]:
    """Return the blocks with the heading that gave the title as one of the first level, which is written only once."""
    if (
        blocks
        and blocks[0].level > 1
        and slugify(blocks[0].text) == slugify(review.title)
        and review.sections[0].heading != blocks[0].text
    ):
        return (replace(blocks[0], level=1), *blocks[1:])
    return blocks


def _article(part: Review, notes: tuple[Note, ...]) -> Article:
    """Return one review of a file of several as an article of its own."""
    blocks: list[Block] = []
    for section in part.sections:
        if blocks or section.heading != INTRODUCTION:
            blocks.append(Block(section.heading, 2, 0))
        for paragraph in section.paragraphs:
            start, end = paragraph.start, paragraph.end
            spoilers = tuple(_within(part.spoilers, start, end))
            blocks.append(Block(part.text[start:end], 0, 0, part.is_quoted(start, end), spoilers))
    fields: dict[str, Value] = {}
    for name, fact in part.facts.items():
        if name not in _OWN_FACTS:
            shown = fact.text if isinstance(fact, Rating) else fact
            fields[name] = [*map(str, shown)] if isinstance(shown, tuple) else str(shown)
    if all(section.spoiler for section in part.sections):
        fields["spoilers"] = "true"
    return Article(part.title, tuple(blocks), part.author, part.source, Header(fields), notes=notes)


def _within(spans: tuple[Span, ...], start: int, end: int) -> Iterator[Span]:
    for first, last in spans:
        if first < end and start < last:
            yield max(first, start) - start, min(last, end) - start


def _check_length(characters: int) -> None:
    if characters > MAX_REVIEW_CHARACTERS:
        raise ConversionError(
            f"The review has {characters:,} characters. The limit is {MAX_REVIEW_CHARACTERS:,}.", LeftOut.TOO_LARGE
        )


def _check_headings(headings: int) -> None:
    if headings > MAX_HEADINGS:
        raise ConversionError(
            f"The file has {headings:,} headings. A review may have {MAX_SECTIONS} sections.", LeftOut.TOO_LARGE
        )
