"""What hides a spoiler: elements of HTML, and the marks that forums and chats have for it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from itertools import pairwise

from embeddings.config import SPOILER_CHARACTERS
from embeddings.documents.formats.marked_text import SPOILER, SPOILER_END
from embeddings.lexicon import SPOILER_CLASSES, SPOILER_FREE, SPOILER_NAMES

_BARS = re.compile(r"\|\|")
_ARROWS = re.compile(r"(?<![\\\w-])>!(?!\[)|!<")
_TILDES = re.compile(r"(?<!\\)~!|!~")
_TABLE_LINE = re.compile(r"^[ \t]*\|(?!\|).*$", re.MULTILINE)
_GOODREADS = re.compile(r"\(view spoiler\)\s*\[?|\s*\(hide spoiler\)\]?", re.IGNORECASE)
_FORUM = re.compile(
    r"(?<!\\)\[(?P<end>/?)(?:(?:[a-z]{1,20}[_-])?spoilers?|(?P<other>details|expand|hide|collapse|toggle))"
    r"(?:[= ][^\[\]\n]{0,200})?\](?!\()",
    re.IGNORECASE,
)
_WHOLE_PAGE = frozenset("html body main article".split())
"""Elements whose classes say what kind of page it is."""
_COLOUR = re.compile(r"(?<![\w-])color\s*:\s*([^;!]+)", re.IGNORECASE)
_BACKGROUND = re.compile(r"background(?:-color)?\s*:\s*([^;!]+)", re.IGNORECASE)
_UNREADABLE = re.compile(
    r"(?<![\w-])color\s*:\s*transparent|blur\(|visibility\s*:\s*hidden|text-security", re.IGNORECASE
)
_COLOURS = {"white": "#ffffff", "black": "#000000"}
_NO = frozenset(("false", "0", "no", "off"))


def hides_spoiler(tag: str, attributes: Mapping[str, str], background: str = "") -> bool:
    """Return True if an element of HTML hides its text as a spoiler until somebody asks for it.

    Args:
        tag: the element's name, in lower case.
        attributes: its attributes, with their names in lower case.
        background: the colour behind it, "" if that is unknown. Text in the same colour is hidden.
    """
    if tag == "details" or SPOILER_NAMES.search(tag):
        return True
    if not attributes or tag in _WHOLE_PAGE:
        return False
    classes = f"{attributes.get('class', '')} {attributes.get('id', '')}".split()
    if any(SPOILER_CLASSES.search(name) and not SPOILER_FREE.search(name) for name in classes):
        return True
    for name, value in attributes.items():
        if "spoiler" in name and value.strip().lower() not in _NO:
            return True
        if name in ("aria-label", "title", "data-label") and names_spoilers(value):
            return True
    style = attributes.get("style", "")
    if style and _UNREADABLE.search(style):
        return True
    colour = _colour(_COLOUR, style) or _normal(attributes.get("color", ""))
    return bool(colour) and colour == (_colour(_BACKGROUND, style) or _normal(background))


def page_background(attributes: Mapping[str, str]) -> str:
    """Return the background colour that the body of a page names, or ""."""
    return _colour(_BACKGROUND, attributes.get("style", "")) or _normal(attributes.get("bgcolor", ""))


def mark_spoilers(text: str) -> str:
    """Return a text with marks instead of those that forums and chats put around spoilers.

    These are `||`, `>!`, `~!`, `[spoiler]` and Goodreads' `(view spoiler)`. A table's lines stay as they are.
    """
    if "[" in text:
        text = _mark_forum(text)
    if "spoiler)" in text:
        text = _paired(
            text, [(found.start(), found.end(), "hide" in found[0].lower()) for found in _GOODREADS.finditer(text)]
        )
    for opening, marks in ((">!", _ARROWS), ("~!", _TILDES)):
        if opening in text:
            text = _paired(text, [(*found.span(), found[0][0] == "!") for found in marks.finditer(text)])
    if text.count("||") < 2:
        return text
    tables = {found.start() for line in _TABLE_LINE.finditer(text) for found in _BARS.finditer(text, *line.span())}
    at = [found.span() for found in _BARS.finditer(text) if found.start() not in tables]
    return _paired(text, [(*span, number % 2 == 1) for number, span in enumerate(at)])


def _mark_forum(text: str) -> str:
    """Return the text with marks instead of a forum's tags. What is not closed is hidden up to the text's end."""
    others = {found["other"].lower() for found in _FORUM.finditer(text) if found["other"] and found["end"]}

    def mark(found: re.Match[str]) -> str:
        # "[hide]" alone may be a word in brackets.
        if (found["other"] and found["other"].lower() not in others) or SPOILER_FREE.search(found[0]):
            return found[0]
        return SPOILER_END if found["end"] else SPOILER

    return _FORUM.sub(mark, text)


def _paired(text: str, places: Iterable[tuple[int, int, bool]]) -> str:
    """Return the text with marks instead of each pair of `places`: start, end, and whether it closes."""
    pieces: list[str] = []
    at = 0
    for (start, inner, closes), (end, after, next_closes) in pairwise(places):
        if not closes and next_closes and start >= at and end - start <= SPOILER_CHARACTERS:
            pieces.extend((text[at:start], SPOILER, text[inner:end], SPOILER_END))
            at = after
    return "".join((*pieces, text[at:]))


def names_spoilers(label: str) -> bool:
    """Return True if a heading or a label says that what belongs to it tells the end."""
    return SPOILER_NAMES.search(label) is not None and SPOILER_FREE.search(label) is None


def _colour(pattern: re.Pattern[str], style: str) -> str:
    found = pattern.search(style)
    return _normal(found[1]) if found else ""


def _normal(colour: str) -> str:
    """Return a colour as six digits where that is how it can be written."""
    name = colour.strip().lower()
    name = _COLOURS.get(name, name)
    if re.fullmatch(r"#[0-9a-f]{3}", name):
        return "#" + "".join(digit * 2 for digit in name[1:])
    return name
