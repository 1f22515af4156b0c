"""Web pages: their article, and headings and paragraphs of a tree of elements."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from embeddings.documents.formats.article import Article, clean_line
from embeddings.documents.formats.blocks import INLINE_TAGS, Block
from embeddings.documents.formats.charsets import decode_page
from embeddings.documents.formats.marked_text import (
    BOLD,
    BOLD_END,
    BREAK,
    EMPHASIS,
    EMPHASIS_END,
    PICTURE,
    SPOILER,
    SPOILER_END,
    BlockMaker,
    demote_last_headings,
    without_marks,
)
from embeddings.errors import ConversionError
from embeddings.lexicon import SPOILER_NAMES

if TYPE_CHECKING:
    from lxml import etree, html

_SKIPPED = frozenset(
    "audio button canvas caption embed figcaption form head iframe input math nav noscript object script select style "
    "summary svg template textarea title video".split()
)
_INLINE = INLINE_TAGS | {"acronym", "hi", "label", "ref", "rp", "rt", "ruby"}
"""`hi` and `ref` are trafilatura's."""
_SPACES = frozenset("br cell lb td th".split())
"""Where a line or a table's cell ends, a word ends too."""
_QUOTES = frozenset({"blockquote", "quote"})
_HIDING = frozenset({"div", "p", "section", "span"})
_MARKS = dict.fromkeys(("b", "strong", "#b"), (BOLD, BOLD_END)) | dict.fromkeys(
    ("i", "em", "#i"), (EMPHASIS, EMPHASIS_END)
)
_HEADING = re.compile(r"h([1-6])")
_UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")


def read_html(data: bytes, path: Path) -> Article:
    """Return the article of a web page, decoded as browsers do, without the site around it.

    Raises:
        ConversionError: the page has no article.
        ReviewFileError: a byte is not in the page's encoding; names the line.
    """
    from trafilatura import bare_extraction

    if not is_text(data):
        raise ConversionError("This is not a web page: it has bytes that no text has.")
    tree = parse_page(data, path)
    if tree is not None:
        page = bare_extraction(tree, include_comments=False, include_formatting=True, with_metadata=True)
        if page is not None and not isinstance(page, dict) and (blocks := html_blocks(page.body)):
            return Article(clean_line(page.title or ""), blocks, page.author, page.url)
    raise ConversionError("This page has no article. Save its text as .txt and add that.")


def parse_page(data: bytes, path: Path) -> html.HtmlElement | None:
    """Return the tree of a web page or of a book's chapter, or None if it is empty. Errors are as of `decode_page`."""
    from lxml import etree, html

    text = decode_page(data, path)
    # As HTML, which has no entities to expand and allows what browsers allow. Without `huge_tree` lxml drops the text
    # of elements that are nested deeply, and says nothing.
    parser = html.HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True, huge_tree=True)
    try:
        return html.document_fromstring(text.encode(), parser=parser) if text.strip() else None
    except etree.ParserError:
        # There is nothing but comments.
        return None


def is_text(data: bytes) -> bool:
    """Return True if bytes may be text in some encoding. UTF-16 has zero bytes, and says so at its beginning."""
    return b"\x00" not in data or data.startswith(_UTF16_MARKS)


def html_blocks(root: etree._Element) -> tuple[Block, ...]:
    """Return the headings and paragraphs under an element, of HTML or of trafilatura's own tree.

    A list item, a table row and a stretch of preformatted text are paragraphs. Scripts, styles, forms and navigation
    are not text. Nothing here recurses, however deep the tree is.
    """
    # Here, because lxml comes with the extra `import`.
    from lxml import etree

    pieces: list[str] = []
    level = quotes = 0
    maker = BlockMaker([])

    def flush() -> None:
        maker.add(clean_line("".join(pieces)), 0, level=level, quoted=quotes > 0, may_be_heading=not quotes)
        pieces.clear()

    walk = etree.iterwalk(root, events=("start", "end", "comment", "pi"))
    for event, element in walk:
        tag = element.tag.rpartition("}")[2].lower() if isinstance(element.tag, str) else ""
        hides = tag == "details" or (tag in _HIDING and SPOILER_NAMES.search(element.get("class", "")) is not None)
        marks = _MARKS.get(element.get("rend", "") if tag == "hi" else tag)
        if event == "start":
            heading = _HEADING.fullmatch(element.get("rend", "") if tag == "head" else tag)
            if tag in _SKIPPED and not heading:
                walk.skip_subtree()
                continue
            if tag in _SPACES:
                pieces.append(BREAK if tag in ("br", "lb") else " ")
            elif tag in ("img", "graphic"):
                pieces.append(PICTURE)
            elif tag not in _INLINE:
                flush()
                level = int(heading[1]) if heading else level
            quotes += tag in _QUOTES
            pieces.extend([SPOILER] if hides else [marks[0]] if marks else [])
            pieces.append(without_marks(element.text or ""))
            continue
        if event == "end":
            pieces.extend([SPOILER_END] if hides else [marks[1]] if marks else [])
        if event == "end" and tag not in _INLINE and tag not in _SPACES and tag not in ("img", "graphic"):
            flush()
            quotes -= tag in _QUOTES
            if tag == "head" or _HEADING.fullmatch(tag):
                level = 0
        if element is not root:
            pieces.append(without_marks(element.tail or ""))
    flush()
    return tuple(demote_last_headings(maker.blocks))
