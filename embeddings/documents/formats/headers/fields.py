"""Header fields as text, lists and nested fields, whatever wrote them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, time
from typing import TypeAlias

from embeddings.config import HEADER_DEPTH
from embeddings.documents.notes import Note

Value: TypeAlias = "str | list[Value] | dict[str, Value]"
"""A field's value. Scalars are text as written; an empty value is the empty text."""

_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_SEPARATORS = re.compile(r"[\s_.-]+")


@dataclass(frozen=True, slots=True)
class Header:
    """What stands before a review's text.

    Attributes:
        fields: each field's value by its name, as `field_name` spells it.
        length: how many lines of the file it takes.
        places: the line of each field, where it is known.
        notes: what had to be mended.
    """

    fields: Mapping[str, Value] = field(default_factory=dict)
    length: int = 0
    places: Mapping[str, int] = field(default_factory=dict)
    notes: tuple[Note, ...] = ()


class TooDeepError(ValueError):
    """Fields are nested more deeply than anybody writes them."""


def field_name(key: str) -> str:
    """Return a field's name in lower case with one kind of separator: `publishDate` is `publish_date`."""
    return _SEPARATORS.sub("_", _CAMEL.sub("_", key.strip())).strip("_").lower()


def to_value(data: object, depth: int = 0) -> Value:
    """Return what a parser of TOML or JSON gave, with its scalars as text.

    Raises:
        TooDeepError: it is nested too deeply.
    """
    if depth > HEADER_DEPTH:
        raise TooDeepError
    if isinstance(data, dict):
        return {field_name(str(key)): to_value(value, depth + 1) for key, value in data.items()}
    if isinstance(data, list):
        return [to_value(item, depth + 1) for item in data]
    if isinstance(data, bool):
        return str(data).lower()
    if isinstance(data, date | time):
        return data.isoformat()
    return "" if data is None else str(data)
