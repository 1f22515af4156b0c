"""Plain text: the headings and paragraphs that its lines suggest."""

from __future__ import annotations

import itertools
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from email.utils import parseaddr
from pathlib import Path

from embeddings.config import PLAIN_HEADING_CHARACTERS, PLAIN_HEADING_WORDS, PLAIN_WRAP_CHARACTERS
from embeddings.documents.formats.article import Article
from embeddings.documents.formats.blocks import Block, collapse_spaces, is_ornament
from embeddings.documents.formats.boilerplate import is_star_rating
from embeddings.documents.formats.charsets import decode_text
from embeddings.documents.formats.headers.fields import Value
from embeddings.documents.formats.headers.split import split_header
from embeddings.documents.formats.headers.titles import read_file_name
from embeddings.documents.formats.markdown.dialects import to_markdown_text
from embeddings.documents.formats.markdown.reader import markdown_article
from embeddings.documents.formats.marked_text import SPOILER, BlockMaker, without_marks
from embeddings.documents.formats.spoilers import mark_spoilers
from embeddings.documents.slugs import slugify

_CLOSED = re.compile(r"[.!?…:;,。！？：；，、؟؛،۔।॥][\"'”’»›)\]}」』）]*$")
_LIST_MARK = re.compile(r"[-–—*•·+>]|\(?\d+[.)]\s|\(?\w[.)]\s")
_PAGE_NUMBER = re.compile(
    r"[-–—\[(]?\s*(?:page|p\.|seite)?\s*\d{1,4}(?:\s*(?:of|/|von)\s*\d{1,4})?\s*[-–—\])]?", re.IGNORECASE
)
_UNDERLINE = re.compile(r"([=\-~^*#_])\1{2,}")
_GUTENBERG = re.compile(r"^\*{3}\s*(START|END) OF (?:THE|THIS) PROJECT GUTENBERG.*$", re.MULTILINE)
_GUTENBERG_FIELD = re.compile(r"^(Title|Author|Language): +(\S.*)$", re.MULTILINE)
# A heading of Markdown, or a tag of a forum.
_MARKDOWN = re.compile(r"^#{1,6} \S|\[/(?:b|i|url|img|quote)\]", re.MULTILINE)
_REPLY = re.compile(r"(?:(?:re|fwd?|aw|wg)\s*:\s*)+", re.IGNORECASE)
_SIGNATURE = re.compile(r"\n-- ?\n.{0,2000}\Z", re.DOTALL)
_QUOTED_LINE = re.compile(r"^>+ ?", re.MULTILINE)


def read_plain_text(data: bytes, path: Path) -> Article:
    """Return the review of a text file. With a Markdown heading, or a fenced header, it is Markdown.

    Raises:
        ReviewFileError: the bytes are not text, or the header is too long.
    """
    text, notes = decode_text(data, path)
    header, body = split_header(text, path)
    if "from" in header.fields or "message_id" in header.fields:
        header, body = replace(header, fields=_of_mail(header.fields)), _SIGNATURE.sub("\n", body)
    elif (other := to_markdown_text(body)) is not None:
        body, fields = other
        return markdown_article(replace(header, fields=fields | dict(header.fields)), body, notes, path)
    if _MARKDOWN.search(body) or (header.fields and text.lstrip().startswith(("---", "+++"))):
        return markdown_article(header, body, notes, path)
    start = _GUTENBERG.search(body)
    facts = {name.lower(): value for name, value in _GUTENBERG_FIELD.findall(body[: start.start()])} if start else {}
    blocks = plain_text_blocks(body, facts.get("title") or read_file_name(path).title)
    return Article(facts.pop("title", ""), blocks, facts.pop("author", None), header=header, facts=facts, notes=notes)


def _of_mail(fields: Mapping[str, Value]) -> dict[str, Value]:
    """Return what the header of a mail or of a post to a newsgroup says of the review in it."""
    texts = {name: value for name, value in fields.items() if isinstance(value, str)}
    found = {"title": _REPLY.sub("", texts.get("subject", "")), "date": texts.get("date", "")}
    return {**found, "author": parseaddr(texts.get("from", ""))[0]}


def plain_text_blocks(text: str, title: str) -> tuple[Block, ...]:
    """Return the paragraphs of a plain text and the headings between them.

    A line is a paragraph. In a text that was wrapped by hand or by an editor, several lines are. A heading is a short
    line that doesn't close a sentence and is alone between paragraphs, or has a line under it. Several short lines in a
    row are no headings, because they read as a list or as verse. Page numbers are no text.
    """
    lines = mark_spoilers(without_marks(_within_licence(text))).split("\n")
    paragraphs = [
        block
        for block in _join_wrapped(_without_pages(lines))
        if not is_ornament(block.text) or is_star_rating(block.text)
    ]
    first = paragraphs[0].text if paragraphs else ""
    if 0 < len(first) <= PLAIN_HEADING_CHARACTERS and slugify(first) == slugify(title):
        paragraphs[0] = replace(paragraphs[0], level=1)
    candidates = [not block.level and _may_be_heading(block.text) for block in paragraphs]
    last = len(paragraphs) - 1
    maker = BlockMaker([])
    for i, block in enumerate(paragraphs):
        is_heading = candidates[i] and i < last and not candidates[i + 1] and (i == 0 or not candidates[i - 1])
        quoted = block.text.startswith(">") and not block.level
        shown = _QUOTED_LINE.sub("", block.text).replace(" > ", " ") if quoted else block.text
        maker.add(shown, block.line, level=7 if is_heading else block.level, quoted=quoted)
    return tuple(maker.blocks)


def _within_licence(text: str) -> str:
    """Return the text between the lines that Project Gutenberg puts around a book. Lines before it become empty."""
    for found in _GUTENBERG.finditer(text):
        if found[1] == "START":
            text = "\n" * text.count("\n", 0, found.end()) + text[found.end() :]
            break
    end = next((found.start() for found in _GUTENBERG.finditer(text) if found[1] == "END"), len(text))
    return text[:end]


def _without_pages(lines: Sequence[str]) -> list[str]:
    """Return the lines without page numbers, which are alone on their lines at the end or the beginning of a page.

    The empty lines around such a number go too if the sentence goes on behind it.
    """
    if not any("\f" in line for line in lines):
        return list(lines)
    result = [line.replace("\f", " ") for line in lines]
    first = next((number for number, line in enumerate(result) if line.strip()), 0)
    last = max(number for number, line in enumerate(result) if line.strip() or number == 0)
    for number, line in enumerate(lines):
        near = lines[max(0, number - 2) : number + 3]
        if _PAGE_NUMBER.fullmatch(line.strip(" \f\t")) and (number == last or any("\f" in each for each in near)):
            result[number] = ""
        elif (
            number > first
            and result[number].strip() == result[first].strip()
            and any("\f" in each for each in lines[max(0, number - 4) : number + 1])
        ):
            # The title at the head of each page.
            result[number] = ""
    for number, line in enumerate(lines):
        if "\f" in line:
            before = next((at for at in range(number - 1, -1, -1) if result[at].strip()), None)
            after = next((at for at in range(number, len(result)) if result[at].strip()), None)
            if before is None or after is None or _CLOSED.search(result[before].strip()):
                continue
            if result[after].strip()[:1].islower():
                result[before] = f"{result[before].rstrip()} {result[after].strip()}"
                result[after] = ""
    return result


def _may_be_heading(text: str) -> bool:
    return (
        len(text) <= PLAIN_HEADING_CHARACTERS
        and len(text.split()) <= PLAIN_HEADING_WORDS
        and any(character.isalnum() for character in text)
        and not _CLOSED.search(text)
        and not _LIST_MARK.match(text)
        # What is hidden is no heading, because headings are shown.
        and SPOILER not in text
    )


def _join_wrapped(raw_lines: Sequence[str]) -> list[Block]:
    """Return the paragraphs, each with its first line's number. A line with a line of marks under it is a heading."""
    lines = [collapse_spaces(line) for line in raw_lines]
    width = max(map(len, lines))
    wrapped = width <= PLAIN_WRAP_CHARACTERS and any(
        line and after[:1].islower() and not _CLOSED.search(line) for line, after in itertools.pairwise(lines)
    )
    paragraphs: list[tuple[int, list[str], int]] = []
    for number, line in enumerate(lines, 1):
        if not line:
            continue
        before = lines[number - 2] if number > 1 else ""
        if before and paragraphs and _UNDERLINE.fullmatch(line) and len(before) <= PLAIN_HEADING_CHARACTERS:
            *others, last = paragraphs[-1][1]
            if last == before and not _CLOSED.search(last):
                paragraphs[-1:] = [(paragraphs[-1][0], others, 0)] if others else []
                paragraphs.append((number - 1, [last], 2 if paragraphs else 1))
                continue
        if (
            wrapped
            and before
            and paragraphs
            and not paragraphs[-1][2]
            and _continues(before, line, len(paragraphs[-1][1]) == 1, width)
        ):
            paragraphs[-1][1].append(line)
        else:
            paragraphs.append((number, [line], 0))
    return [Block(" ".join(parts), level, number) for number, parts, level in paragraphs]


def _continues(line: str, following: str, is_first: bool, width: int) -> bool:
    """Return True if a wrapped paragraph continues from one line to the next.

    It does if the next word would not have fitted, or is in lower case. If it would have fitted, the line was ended on
    purpose: it closes a sentence, or is a heading right above its paragraph.
    """
    fits = len(line) + 1 + len(following.split(" ", 1)[0]) <= width
    if not fits or following[0].islower():
        return True
    return not (_CLOSED.search(line) or is_first)
