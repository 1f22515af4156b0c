"""Ratings, dates and years as people write them."""

from __future__ import annotations

import re
from datetime import date
from urllib.parse import urlsplit

from embeddings.records import Rating

_NUMBER = r"(?:\d{1,3}(?:[.,]\d+)?)"
_FRACTION = re.compile(rf"({_NUMBER})\s*(½)?\s*(?:/|out\s+of|of|von|sur)\s*({_NUMBER})\b", re.IGNORECASE)
_PERCENT = re.compile(rf"({_NUMBER})\s*%")
_STARS = re.compile(r"([★⭐✭✮🌟*]️?)+")
_ALONE = re.compile(rf"({_NUMBER})?\s*(½|1/2)?\s*(?:(?P<unit>stars?|★|⭐|points?))?$", re.IGNORECASE)
_SCALES = (5.0, 10.0, 100.0)

_ISO = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?!\d)")
_DAY_FIRST = re.compile(r"(\d{1,2})[-/. ](\d{1,2})[-/. ](\d{4})(?!\d)")
_NAMED = re.compile(r"(\d{1,2})(?:st|nd|rd|th)?\.?\s+([A-Za-z]{3,9})\.?,?\s+(\d{4})|([A-Za-z]{3,9})\.?\s+(\d{1,2})"
                    r"(?:st|nd|rd|th)?,?\s+(\d{4})")  # fmt: skip
_MONTHS = {name: number for number, name in enumerate("jan feb mar apr may jun jul aug sep oct nov dec".split(), 1)}
_YEAR = re.compile(r"(?<!\d)(1[0-9]{3}|20[0-9]{2})(?!\d)")


def read_rating(text: str) -> Rating:
    """Return a rating with its value and its scale, as far as they can be read.

    A number alone is out of 5 up to 5, out of 10 up to 10, and out of 100 up to 100. Filled stars are out of all stars
    shown, else of five. Letters have no value.
    """
    text = text.strip()
    if found := _FRACTION.search(text):
        value, scale = _number(found[1]) + (0.5 if found[2] else 0.0), _number(found[3])
        return Rating(text, value, scale) if scale > 0 and value <= scale else Rating(text)
    if found := _PERCENT.search(text):
        return Rating(text, _number(found[1]), 100.0)
    if _STARS.search(text) and not re.search(r"[A-Za-z0-9]", text.replace("1/2", "")):
        filled = len(re.findall(r"[★⭐✭✮🌟*]", text)) + (0.5 if "½" in text or "1/2" in text else 0.0)
        shown = filled + text.count("☆")
        return Rating(text, filled, max(5.0, float(int(shown))) if shown != int(shown) or "☆" not in text else shown)
    found = _ALONE.match(text)
    if found and (found[1] or found[2]):
        value = (_number(found[1]) if found[1] else 0.0) + (0.5 if found[2] else 0.0)
        scale_of = 5.0 if found["unit"] and value <= 5 else next((scale for scale in _SCALES if value <= scale), None)
        return Rating(text, value, scale_of)
    return Rating(text)


def read_date(text: str) -> str:
    """Return a date as `2021-05-03` if it can only mean one day, else as written."""
    text = text.strip()
    if found := _ISO.match(text):
        return _iso(int(found[1]), int(found[2]), int(found[3])) or text
    if found := _DAY_FIRST.match(text):
        first, second, year = int(found[1]), int(found[2]), int(found[3])
        if first == second or first > 12 or "." in found[0]:
            return _iso(year, second, first) or text
        return (_iso(year, first, second) or text) if second > 12 else text
    if found := _NAMED.search(text):
        day, month, its_year = (found[1], found[2], found[3]) if found[1] else (found[5], found[4], found[6])
        return _iso(int(its_year), _MONTHS.get(month[:3].lower(), 0), int(day)) or text
    return text


def read_year(text: str) -> int | None:
    """Return the year of a text such as `2010` or `12 May 2010`, or None. A number alone may be any year up to 9999."""
    if re.fullmatch(r"0*[1-9][0-9]{0,3}", text, re.ASCII):
        return int(text)
    found = _YEAR.search(text)
    return int(found[1]) if found else None


def is_link(text: str) -> bool:
    """Return True if a text is a link that begins with http:// or https://, as `source` must."""
    try:
        parts = urlsplit(text)
        return parts.scheme in {"http", "https"} and bool(parts.hostname) and " " not in text
    except ValueError:
        return False


def _number(text: str) -> float:
    return float(text.replace(",", "."))


def _iso(year: int, month: int, day: int) -> str | None:
    try:
        return date(year, month, day).isoformat()
    except ValueError:
        return None
