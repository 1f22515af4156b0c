"""Headers of lines such as `Title: Copper Road`: Pelican, MultiMarkdown, Hexo, Org, and YAML that no parser takes."""

from __future__ import annotations

import re
from collections.abc import Sequence

from embeddings.documents.formats.headers.fields import Value, field_name
from embeddings.lexicon import HEADER_FIELDS

_FIELD = re.compile(
    r"(?P<indent>\s*)(?P<item>-\s+)?[\"']?(?P<key>[^\W\d][\w .-]{0,40}?)[\"']?\s*:(?:\s+(?P<value>.*))?$"
)
_ITEM = re.compile(r"\s*-\s+(?P<value>.*)$")
_COMMENT = re.compile(r"\s*#|\s*$")
_INLINE_LIST = re.compile(r"\[(?P<items>[^\[\]]*)\]$")
_BLOCK_MARK = re.compile(r"[|>][+-]?\d*$")
_TRAILING_COMMENT = re.compile(r"\s+#\s.*$")
_ORG = re.compile(r"#\+(?P<key>\w+):\s*(?P<value>.*)$")
_ORG_OTHER = re.compile(r"#\+|#\s|:[\w-]+:|\s*$")


def read_lines(lines: Sequence[str]) -> tuple[dict[str, Value], dict[str, int]]:
    """Return the fields of lines as a person reads them, and each field's line, from 0.

    A value may contain colons and marks that YAML gives a meaning. Indented lines belong to the field above them: as
    its list, its own fields, or more of its text. Of two fields with one name the first that has a value counts.
    """
    fields: dict[str, Value] = {}
    places: dict[str, int] = {}
    name = ""
    for number, line in enumerate(lines):
        found = _FIELD.match(line)
        item = _ITEM.match(line)
        indented = line[:1] in (" ", "\t")
        if found and not indented and not found["item"]:
            name = field_name(found["key"])
            value = _scalar(found["value"] or "")
            if not fields.get(name):
                fields[name] = value
                places[name] = number
        elif not name or _COMMENT.match(line):
            continue
        elif item and not (found and found["item"] and isinstance(fields[name], dict)):
            above = fields[name]
            fields[name] = [*(above if isinstance(above, list) else [above] if above else []), _scalar(item["value"])]
        elif found and indented and (not fields[name] or isinstance(fields[name], dict)):
            inner = fields[name]
            own = inner if isinstance(inner, dict) else {}
            own[field_name(found["key"])] = _scalar(found["value"] or "")
            fields[name] = own
        elif found and isinstance(fields[name], str) and field_name(found["key"]) in HEADER_FIELDS:
            # Indented by mistake.
            name = field_name(found["key"])
            fields.setdefault(name, _scalar(found["value"] or ""))
            places.setdefault(name, number)
        elif isinstance(fields[name], str):
            fields[name] = f"{fields[name]} {line.strip()}".strip()
    return fields, places


def count_field_lines(lines: Sequence[str]) -> int:
    """Return how many lines of a text are fields without a fence, up to the first empty line; 0 if it has no header.

    The first field is one that headers have, so that a text that begins with `Note: ...` is none.
    """
    first = _FIELD.match(lines[0]) if lines else None
    if first is None or first["item"] or field_name(first["key"]) not in HEADER_FIELDS or not first["value"]:
        return 0
    for number, line in enumerate(lines):
        if not line.strip():
            return number
        if not (_FIELD.match(line) or line[:1] in (" ", "\t")):
            return 0
    return len(lines)


def read_org(lines: Sequence[str]) -> tuple[dict[str, Value], dict[str, int], int]:
    """Return the fields of `#+KEY: value` lines, each field's line, and how many lines the header takes."""
    fields: dict[str, Value] = {}
    places: dict[str, int] = {}
    for number, line in enumerate(lines):
        if found := _ORG.match(line):
            if found["key"].lower().startswith(("begin", "end")):
                return fields, places, number
            name = field_name(found["key"])
            above = fields.get(name)
            fields[name] = f"{above} {found['value'].strip()}" if isinstance(above, str) else found["value"].strip()
            places.setdefault(name, number)
        elif not _ORG_OTHER.match(line):
            return fields, places, number
    return fields, places, len(lines)


def _scalar(text: str) -> Value:
    text = text.strip()
    if listed := _INLINE_LIST.match(text):
        return [_unquoted(item) for item in listed["items"].split(",") if item.strip()]
    return "" if _BLOCK_MARK.match(text) or text == "~" else _unquoted(text)


def _unquoted(text: str) -> str:
    text = text.strip()
    if len(text) > 1 and text[0] == text[-1] and text[0] in "\"'":
        return text[1:-1]
    return _TRAILING_COMMENT.sub("", text)
