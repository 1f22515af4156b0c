"""Web pages: their article, and headings and paragraphs of a tree of elements."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import islice
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
from embeddings.documents.formats.pages.page_title import PageTitle
from embeddings.documents.formats.spoilers import hides_spoiler, mark_spoilers, page_background
from embeddings.documents.slugs import slugify
from embeddings.errors import ConversionError
from embeddings.lexicon import PAGE_FURNITURE, SPOILER_LABELS, SPOILER_NAMES

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
_KNOWN_IN_HIDDEN = INLINE_TAGS | frozenset(
    "article aside blockquote br dd div dl dt h1 h2 h3 h4 h5 h6 hr img li ol p pre section table tbody td th thead tr "
    "ul".split()
)
"""The elements that stay what they are where they are hidden."""
_MARKS = dict.fromkeys(("b", "strong", "#b"), (BOLD, BOLD_END)) | dict.fromkeys(
    ("i", "em", "#i"), (EMPHASIS, EMPHASIS_END)
)
_HEADING = re.compile(r"h([1-6])")
_MENUS = frozenset("center div li ol p td tr ul".split())
_MENU_CHARACTERS = 200
_MENU_ELEMENTS = 60
_INVISIBLE = re.compile(r"display\s*:\s*none", re.IGNORECASE)
_DONE = "data-done"
_SIGN, _SIGN_END = "\U00010600", "\U00010601"
"""Letters of a script that nobody can read stand around hidden text while a page becomes an article, because the
extraction keeps letters and drops noncharacters."""
_WITHOUT_SIGNS = dict.fromkeys(map(ord, _SIGN + _SIGN_END))
_MARKS_OF_SIGNS = {ord(_SIGN): SPOILER, ord(_SIGN_END): SPOILER_END}
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
        # Before the extraction, which keeps text and drops what says that it is hidden, or a title.
        title = PageTitle(tree)
        mark_hidden(tree)
        _remove_furniture(tree)
        page = bare_extraction(tree, include_comments=False, include_formatting=True, with_metadata=True)
        if page is not None and not isinstance(page, dict) and (blocks := html_blocks(page.body)):
            shown = title.choose(page.title or "", blocks, path)
            return Article(shown, with_title(blocks, shown), page.author, page.url)
    raise ConversionError("This page has no article. Save its text as .txt and add that.")


def parse_page(data: bytes, path: Path) -> html.HtmlElement | None:
    """Return the tree of a web page or of a book's chapter, or None if it is empty. Errors are as of `decode_page`."""
    from lxml import etree, html

    text = decode_page(data, path).translate(_WITHOUT_SIGNS)
    # As HTML, which has no entities to expand and allows what browsers allow. Without `huge_tree` lxml drops the text
    # of elements that are nested deeply, and says nothing.
    parser = html.HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True, huge_tree=True)
    try:
        return html.document_fromstring(text.encode(), parser=parser) if text.strip() else None
    except etree.ParserError:
        # There is nothing but comments.
        return None


def mark_hidden(root: etree._Element) -> None:
    """Put signs around each text that a page hides as a spoiler, and remove what is shown instead of it.

    The elements lose their attributes, because what a page hides is otherwise left out of its article.
    """
    body = next((each for each in root.iter() if _tag(each) == "body"), None)
    background = page_background(body.attrib) if body is not None else ""
    hidden = [each for each in root.iter() if _is_hidden(each, background)]
    for element in hidden:
        if element.get(_DONE) is not None:
            continue
        for node in [each for each in element.iter() if each is not element and _is_label(each)]:
            _drop(node)
        for node in element.iter():
            if not isinstance(node.tag, str):
                continue
            node.text = _signed(node.text)
            if node is not element:
                node.tail = _signed(node.tail)
            node.attrib.clear()
            node.set(_DONE, "")
            if _tag(node) not in _KNOWN_IN_HIDDEN:
                node.tag = "div" if _tag(node) not in INLINE_TAGS else "span"
    for element in root.iter():
        if isinstance(element.tag, str):
            element.attrib.pop(_DONE, None)


def _remove_furniture(root: etree._Element) -> None:
    """Remove captions and the parts of the site whose classes say what they are, as far as they hold little text."""
    limit = len("".join(map(str, root.itertext()))) // 2
    for element in [each for each in root.iter() if each is not root and (_is_furniture(each) or _is_menu(each))]:
        if len("".join(map(str, element.itertext()))) < limit:
            _drop(element)


def _is_menu(element: etree._Element) -> bool:
    """Return True for a row or a column of a few links and nothing else."""
    # No further than a menu goes, because elements may be nested deeply.
    if _tag(element) not in _MENUS or sum(1 for _ in islice(element.iter(), _MENU_ELEMENTS)) == _MENU_ELEMENTS:
        return False
    links = [len("".join(map(str, link.itertext()))) for link in element.iter("a")]
    text = " ".join("".join(map(str, element.itertext())).split())
    return len(links) > 1 and len(text) < _MENU_CHARACTERS and sum(links) > 0.7 * len(text) and ". " not in text


def _is_furniture(element: etree._Element) -> bool:
    """Return True for what a page never shows, and for a caption or a part of the site by its class."""
    if not isinstance(element.tag, str) or not element.attrib:
        return False
    is_shown = "hidden" not in element.attrib and not _INVISIBLE.search(element.get("style", ""))
    return not is_shown or any(map(PAGE_FURNITURE.search, element.get("class", "").split()))


def _is_hidden(element: etree._Element, background: str) -> bool:
    tag = _tag(element)
    if not tag or tag in _SKIPPED:
        return False
    attributes = {str(name).lower(): str(value) for name, value in element.attrib.items()}
    if hides_spoiler(tag, attributes, background):
        return True
    # What a button beside it shows.
    if "display" in attributes.get("style", "") and _INVISIBLE.search(attributes["style"]):
        before = element.getprevious()
        return before is not None and SPOILER_NAMES.search(_label(before)) is not None
    return False


def _label(element: etree._Element) -> str:
    """Return the words of an element that may be a button: its text and its buttons' values."""
    values = (node.get("value") or "" for node in element.iter() if isinstance(node.tag, str))
    return " ".join((*values, *map(str, element.itertext())))[:200]


def _is_label(element: etree._Element) -> bool:
    """Return True for what is shown instead of a hidden text."""
    tag = _tag(element)
    return tag in ("summary", "legend", "button", "input", "label") or any(
        map(SPOILER_LABELS.search, element.get("class", "").split())
    )


def _drop(element: etree._Element) -> None:
    """Remove an element, and keep the text behind it."""
    parent, before = element.getparent(), element.getprevious()
    if parent is None:
        return
    if before is not None:
        before.tail = (before.tail or "") + (element.tail or "")
    else:
        parent.text = (parent.text or "") + (element.tail or "")
    parent.remove(element)


def _signed(text: str | None) -> str | None:
    """Return a text with signs around its words."""
    if not text or not (words := text.strip()):
        return text
    start = text.index(words)
    return f"{text[:start]}{_SIGN}{words}{_SIGN_END}{text[start + len(words) :]}"


def _tag(element: etree._Element) -> str:
    """Return an element's name, "" for a comment."""
    return element.tag.rpartition("}")[2].lower() if isinstance(element.tag, str) else ""


def with_title(blocks: tuple[Block, ...], title: str) -> tuple[Block, ...]:
    """Return the blocks with a heading that repeats the title as one of the first level, which begins no section."""
    for number, block in enumerate(blocks[:3]):
        if block.level and slugify(block.text) == slugify(title):
            return (*blocks[:number], replace(block, level=1), *blocks[number + 1 :])
    return blocks


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

    mark_hidden(root)
    pieces: list[str] = []
    level = quotes = 0
    maker = BlockMaker([])

    def flush() -> None:
        text = mark_spoilers("".join(pieces).translate(_MARKS_OF_SIGNS))
        maker.add(clean_line(text), 0, level=level, quoted=quotes > 0, may_be_heading=not quotes)
        pieces.clear()

    walk = etree.iterwalk(root, events=("start", "end", "comment", "pi"))
    for event, element in walk:
        tag = _tag(element)
        marks = _MARKS.get(element.get("rend", "") if tag == "hi" else tag)
        if event == "start":
            heading = _HEADING.fullmatch(element.get("rend", "") if tag == "head" else tag)
            if (tag in _SKIPPED and not heading) or _is_furniture(element):
                if tag not in _INLINE:
                    flush()
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
            pieces.extend([marks[0]] if marks else [])
            pieces.append(without_marks(element.text or ""))
            continue
        if event == "end":
            pieces.extend([marks[1]] if marks else [])
        if event == "end" and tag not in _INLINE and tag not in _SPACES and tag not in ("img", "graphic"):
            flush()
            quotes -= tag in _QUOTES
            if tag == "head" or _HEADING.fullmatch(tag):
                level = 0
        if element is not root:
            pieces.append(without_marks(element.tail or ""))
    flush()
    return tuple(demote_last_headings(maker.blocks))
