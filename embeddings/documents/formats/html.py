"""A tree of HTML elements to headings and paragraphs."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from lxml import etree

from embeddings.documents.formats.article import tidied
from embeddings.documents.formats.blocks import Block
from embeddings.errors import ConversionError

if TYPE_CHECKING:
    from embeddings.documents.formats.article import Article

_SKIPPED = frozenset(
    "audio button canvas embed form head iframe input math nav noscript object script select style svg template "
    "textarea title video".split()
)
_INLINE = frozenset(
    "a abbr acronym b bdi bdo big cite code data del dfn em font hi i ins kbd label mark q ref rp rt ruby s samp small "
    "span strike strong sub sup time tt u var wbr".split()
)
_SPACES = frozenset("br cell lb td th".split())
"""Where a line or a table's cell ends, words do as well."""
_HEADING = re.compile(r"h([1-6])")


def blocks_of(root: etree._Element) -> tuple[Block, ...]:
    """The headings and paragraphs under an element, of HTML or as trafilatura names its parts.

    A list's item, a row of a table and a stretch of preformatted text are paragraphs. Scripts, styles, forms and
    navigation are not text. However deep the tree is, nothing here recurses.
    """
    return tuple(_blocks(root))


def _blocks(root: etree._Element) -> Iterator[Block]:
    pieces: list[str] = []
    level = 0

    def flushed() -> Iterator[Block]:
        text = tidied("".join(pieces))
        pieces.clear()
        if text:
            yield Block(text, level, 0)

    walk = etree.iterwalk(root, events=("start", "end", "comment", "pi"))
    for event, element in walk:
        tag = element.tag.rpartition("}")[2].lower() if isinstance(element.tag, str) else ""
        if event == "start":
            heading = _HEADING.fullmatch(element.get("rend", "") if tag == "head" else tag)
            if tag in _SKIPPED and not heading:
                walk.skip_subtree()
                continue
            if tag in _SPACES:
                pieces.append(" ")
            elif tag not in _INLINE:
                yield from flushed()
                level = int(heading[1]) if heading else level
            pieces.append(element.text or "")
            continue
        if event == "end" and tag not in _INLINE and tag not in _SPACES:
            yield from flushed()
            if tag == "head" or _HEADING.fullmatch(tag):
                level = 0
        if element is not root:
            pieces.append(element.tail or "")
    yield from flushed()


_WIDE = (b"\xff\xfe", b"\xfe\xff")
"""UTF-16's marks at a file's beginning: there every other byte of English is 0."""


def is_text(data: bytes) -> bool:
    """Whether bytes may be a page at all, in any encoding."""
    return b"\x00" not in data or data.startswith(_WIDE)


def read_web_page(data: bytes, title: str) -> Article:
    """The article of a page, without what surrounds it on its site.

    Args:
        data: the page, in whatever encoding it says that it is in.
        title: what to call the review where the page has no title.

    Raises:
        ConversionError: there is no article in it.
        ImportError: the libraries for it are not installed.
    """
    from trafilatura import bare_extraction

    from embeddings.documents.formats.article import Article, tidied
    from embeddings.documents.formats.html import blocks_of

    if not is_text(data):
        raise ConversionError("this is not a web page: it has bytes that no text has")
    page = bare_extraction(data, include_comments=False, include_formatting=True, with_metadata=True)
    blocks = blocks_of(page.body) if page is not None and not isinstance(page, dict) else ()
    if page is None or isinstance(page, dict) or not blocks:
        raise ConversionError("there is no article in this page; save its text as .txt and add that")
    return Article(tidied(page.title or "") or title, blocks, page.author, page.url)
