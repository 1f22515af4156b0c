"""What stands around a review in its file and is none of its text: ratings, fields, bylines, the links of a site."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from embeddings.documents.formats.blocks import Block
from embeddings.documents.formats.headers.fields import field_name
from embeddings.documents.formats.headers.values import read_date
from embeddings.lexicon import (
    CREATOR_ROLES,
    END_HEADINGS,
    FIELD_NAMES,
    LICENCE_LINES,
    LINE_FIELDS,
    MONTHS,
    RATING_LABELS,
    REVIEWER_FIELDS,
    SITE_LINES,
    SITE_LINKS,
)

_SEPARATOR = re.compile(r"\s*[|•·⋅‖]+\s*|\s+[–—/-]\s+|\s*—\s*")
_BARS = re.compile(r"\s*[|•·⋅‖]+\s*|\s*;\s+|\s+/\s+")
_FIELD = re.compile(r"(?P<key>[^\W\d_][\w '’/&-]{0,30}?)\s*(?::|=|\s[–—-]\s)\s*(?P<value>\S.*)")
_SENTENCE = re.compile(r"[.!?…]\s+\w|(?<![A-Z])(?<!\b[A-Z][a-z])(?<!\b[A-Z][a-z]{2})[.!?…][\"'”’)\]]*$")
_VALUE_CHARACTERS = 300

_STARS = re.compile(r"(?:[★⭐✭🌟☆✩✰]\ufe0f?)+\s?(?:½|1/2)?")
_NUMBER = r"\d{1,3}(?:[.,]\d{1,2})?\s?½?"
_UNITS = "stars?|points?|sternen?|punkten?|étoiles?|estrellas?|puntos?|stelle|sterren"
_RATING = re.compile(
    rf"(?:{_STARS.pattern}\s*)?"
    rf"[(\[]?(?:{_NUMBER}\s*(?:/|out of|von|sur|de|su|av|z|из)\s*{_NUMBER}|{_NUMBER}\s*%)[)\]]?"
    rf"(?:\s*(?:{_UNITS}|{_STARS.pattern}))?[.!]?"
    rf"|(?:{_STARS.pattern})|(?:(?:{_NUMBER}|½|(?:one|two|three|four|five)(?:\s+and\s+a\s+half)?)\s+(?:{_UNITS}))[.!]?",
    re.IGNORECASE,
)
_GRADE = re.compile(r"[A-F](?:\+|-|–|−)?|\d{1,3}(?:[.,]\d{1,2})?\s?½?", re.IGNORECASE)

_DAY = (
    rf"(?i:(?:(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?\.?,?\s+)?(?:the\s+)?"
    rf"(?:\d{{1,2}}(?:st|nd|rd|th)?\.?\s+(?:of\s+)?(?:{MONTHS})\.?,?\s+\d{{4}}|(?:{MONTHS})\.?\s+\d{{1,2}}(?:st|nd|rd|th)?,?\s+\d{{4}}"
    rf"|\d{{4}}[-/.]\d{{1,2}}[-/.]\d{{1,2}}|\d{{1,2}}[-/.]\d{{1,2}}[-/.]\d{{4}}))"
)
_TIME = r"(?:,?\s+(?:at\s+)?\d{1,2}[:.]\d{2}(?:\s?[ap]\.?m\.?)?(?:\s+[A-Z]{2,4})?)?"
_DATE = re.compile(
    rf"(?:(?:first\s+)?(?:posted|published|written|created|added|reviewed|updated|watched|seen|read|finished|date)\b(?:\s+on)?\s*:?\s*|on\s+)?"
    rf"(?P<date>{_DAY}){_TIME}[.]?",
    re.IGNORECASE,
)
_NAME = r"[^\W\d_a-z][\w.'’-]*(?:\s+(?:(?:de|da|di|du|van|von|der|la|le)\s+)*[^\W\d_a-z][\w.'’-]*){0,3}"
_REVIEWER = (
    r"(?:[Pp]osted|[Ww]ritten|[Rr]eviewed|[Pp]ublished)\s+by|(?:[Aa]n?\s+)?(?:(?:[Ff]ilm|[Mm]ovie|[Bb]ook|[Aa]lbum)\s+)?"
    r"[Rr]eview(?:ed)?\s+by|[Tt]ext\s+by|[Vv]on|[Pp]ar|[Pp]or|[Dd]oor"
)
_BYLINE = re.compile(
    rf"(?:(?P<says>{_REVIEWER})|[Bb]y|BY)\s*:?\s+(?P<name>{_NAME}|[\w.-]{{2,20}})(?:,?\s+(?:(?:on|am|le|el|op|il|den)\s+|[(])?(?P<date>{_DAY}){_TIME}[)]?)?[.]?"
)
_DIRECTOR = re.compile(rf"(?:[Dd]ir\.|[Dd]irected by)\s+(?P<name>{_NAME})[.]?")
_READING_TIME = re.compile(
    r"(?:reading time:?\s*)?(?:about\s+)?\d{1,3}[- ]min(?:ute)?s?(?:\s+read)?[.]?|\d[\d,]* words", re.IGNORECASE
)
_ARROWS = re.compile(r"(?:[←◀⟵⇐‹]|<-|<<|«(?!.*»))\s*\S.*|\S.*(?:[→▶⟶⇒›]|->|>>|(?<!«)»)|[←→«»‹›◀▶]+")
_ARROW_WORDS = 12
_TITLE_LINE = re.compile(r".{1,100}[^.!?…:;,]")
_HEAD_BLOCKS = 6
_BYLINE_CHARACTERS = 160


def without_boilerplate(blocks: Sequence[Block]) -> tuple[tuple[Block, ...], dict[str, str]]:
    """Return the blocks that are the review's text and its headings, and the facts that the others give.

    A paragraph goes if it is a rating, a field such as "Director: Lena Brandt", or a link of the site such as "Read
    more"; before the text and after it also if it says who wrote it and when. So does what is under a heading such as
    "Related posts". If nothing would be left, all stays.
    """
    facts: dict[str, str] = {}
    kept: list[Block] = []
    is_head = True
    skipped_level = 0
    for number, block in enumerate(blocks):
        if block.level and 0 < skipped_level < block.level <= 6:
            continue
        if block.level > 1 and number and END_HEADINGS.fullmatch(block.text):
            skipped_level = block.level
            continue
        if block.level:
            skipped_level = 0
        if skipped_level:
            continue
        found: dict[str, str] | None = None
        if block.level in (0, 7) and not block.quoted:
            found = read_fields(block.text)
            if found is None and is_site_line(block.text):
                found = {}
        if found is None and is_head and number < _HEAD_BLOCKS and not block.quoted and block.level != 1:
            found = _byline(block.text)
        if found is None:
            kept.append(block)
            # A short line before all others may be the title.
            is_title = number == len(kept) - 1 == 0 and _TITLE_LINE.fullmatch(block.text) is not None
            is_head = is_head and (bool(block.level) or is_title)
            continue
        for name, value in found.items():
            facts.setdefault(name, value)
    while kept and not kept[-1].quoted and kept[-1].level in (0, 7) and (found := _byline(kept[-1].text)) is not None:
        del kept[-1]
        for name, value in found.items():
            facts.setdefault(name, value)
    if not any(not block.level for block in kept):
        return tuple(blocks), {}
    return tuple(kept), facts


def read_fields(text: str) -> dict[str, str] | None:
    """Return the facts of a paragraph of nothing but fields and ratings; None if it is text."""
    if (rating := _rating(text)) is not None:
        return rating
    if len(text) > _VALUE_CHARACTERS or not (":" in text or "=" in text or "–" in text or "—" in text or "- " in text):
        return None
    facts: dict[str, str] = {}
    items = [item for item in _BARS.split(text) if item]
    for number, item in enumerate(items):
        found = _rating(item) if number else None
        found = found or _field(item)
        # Behind a field, as in "Director: Lena Brandt | 121 min", a few words are one without a name.
        if found is None and not (number and len(item.split()) <= 3 and not _SENTENCE.search(item)):
            return None
        for name, value in (found or {}).items():
            facts.setdefault(name, value)
    return facts


def is_star_rating(text: str) -> bool:
    """Return True for a paragraph of nothing but stars, which are a rating and no ornament."""
    return _STARS.fullmatch(text) is not None


def is_site_line(text: str) -> bool:
    """Return True for a paragraph of nothing but links of the site and of what a site says of each page."""
    if SITE_LINES.fullmatch(text):
        return True
    items = [item for item in _SEPARATOR.split(text) if item]
    if not items or len(text) > _VALUE_CHARACTERS:
        return False
    return all(SITE_LINKS.fullmatch(item) or _is_arrow(item) for item in items) or _is_arrow(text)


def _is_arrow(text: str) -> bool:
    return (
        _ARROWS.fullmatch(text) is not None
        and len(text.split()) <= _ARROW_WORDS
        and re.search(r"[.!?]\s", text) is None
    )


def _rating(text: str) -> dict[str, str] | None:
    """Return the rating that is all of a text, with or without what is rated before it."""
    if _RATING.fullmatch(text):
        return {"rating": text.rstrip(".!")}
    found = _FIELD.fullmatch(text) or re.fullmatch(r"(?P<key>[^\W\d_][\w '’-]{0,30}?)\s+(?P<value>\S+)", text)
    if found is None or len(found["key"].split()) > 4:
        return None
    is_label = RATING_LABELS.fullmatch(found["key"]) is not None
    has_colon = found[0][len(found["key"]) :].lstrip()[:1] in (":", "=", "–", "—", "-")
    value = found["value"].strip()
    if _RATING.fullmatch(value) and (is_label or has_colon):
        return {"rating" if is_label else field_name(found["key"]): value.rstrip(".!")}
    return {"rating": value} if is_label and has_colon and _GRADE.fullmatch(value) else None


def _field(text: str) -> dict[str, str] | None:
    """Return the fact of a line such as "Director: Lena Brandt", or None."""
    found = _FIELD.fullmatch(text)
    if found is None or _SENTENCE.search(found["value"]):
        return None
    key = field_name(found["key"])
    if key not in LINE_FIELDS or not (":" in text or "=" in text):
        return None
    name = FIELD_NAMES.get(key, CREATOR_ROLES.get(key, key))
    if name == "author":
        name = "reviewer" if key in REVIEWER_FIELDS else "author_of_work"
    return {"work" if name == "title" else name: found["value"].strip()}


def _byline(text: str) -> dict[str, str] | None:
    """Return what a line says of who wrote a review and when; None if it is another."""
    if len(text) > _BYLINE_CHARACTERS:
        return None
    if LICENCE_LINES.match(text):
        return {}
    facts: dict[str, str] = {}
    for item in _items(text):
        if found := _DATE.fullmatch(item):
            facts.setdefault("date", read_date(found["date"]))
        elif found := _BYLINE.fullmatch(item):
            # "by" alone may name who wrote the book.
            facts |= {"reviewer": found["name"]} if found["says"] or found["date"] else {}
            facts |= {"date": read_date(found["date"])} if found["date"] else {}
        elif found := _DIRECTOR.fullmatch(item):
            facts.setdefault("director", found["name"])
        elif not (_READING_TIME.fullmatch(item) or SITE_LINKS.fullmatch(item)):
            return None
    return facts


def _items(text: str) -> Iterator[str]:
    yield from (item for item in (_BARS.split(text) if _BARS.search(text) else _SEPARATOR.split(text)) if item)
