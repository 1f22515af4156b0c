"""YAML headers: built from the parser's events, so that nothing recurses and no value is referred to twice."""

from __future__ import annotations

from typing import cast

import yaml

from embeddings.config import HEADER_DEPTH
from embeddings.documents.formats.headers.fields import TooDeepError, Value, field_name

_LOADER = cast("type[yaml.SafeLoader]", getattr(yaml, "CSafeLoader", yaml.SafeLoader))


class NotFieldsError(ValueError):
    """The text is YAML, and no fields."""


def read_yaml(text: str) -> tuple[dict[str, Value], dict[str, int]]:
    """Return the fields of a YAML mapping, and each field's line, from 0. Of two fields with one name the first counts.

    Raises:
        yaml.YAMLError, ValueError: it is not YAML, no mapping, refers to other values, or is nested too deeply.
    """
    fields: dict[str, Value] = {}
    places: dict[str, int] = {}
    stack: list[tuple[Value, str | None]] = []
    root: Value = ""

    def put(value: Value, line: int) -> None:
        nonlocal root
        if not stack:
            root = value
            return
        parent, key = stack[-1]
        if isinstance(parent, list):
            parent.append(value)
        elif isinstance(parent, dict) and key is None:
            name = field_name(value) if isinstance(value, str) else ""
            stack[-1] = (parent, name)
            if len(stack) == 1:
                places.setdefault(name, line)
        elif isinstance(parent, dict) and key is not None:
            if not parent.get(key):
                parent[key] = value
            stack[-1] = (parent, None)

    for event in yaml.parse(text, Loader=_LOADER):
        line = event.start_mark.line if event.start_mark else 0
        if isinstance(event, yaml.AliasEvent):
            raise NotFieldsError("it refers to another value")
        if isinstance(event, yaml.ScalarEvent):
            empty = event.implicit[0] and event.value in ("", "~", "null", "Null", "NULL")
            put("" if empty else event.value, line)
        elif isinstance(event, yaml.MappingStartEvent | yaml.SequenceStartEvent):
            value: Value = {} if isinstance(event, yaml.MappingStartEvent) else []
            put(value, line)
            stack.append((value, None))
            if len(stack) > HEADER_DEPTH:
                raise TooDeepError
        elif isinstance(event, yaml.CollectionEndEvent):
            stack.pop()
    if not isinstance(root, dict):
        if root:
            raise NotFieldsError("it has no fields")
        return fields, places
    fields.update(root)
    return fields, places
