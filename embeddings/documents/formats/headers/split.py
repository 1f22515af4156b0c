"""A text to its header and its body: the table of the forms that headers have."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path

import yaml

from embeddings.config import HEADER_CHARACTERS
from embeddings.documents.formats.blocks import collapse_spaces
from embeddings.documents.formats.headers.fields import Header, TooDeepError, Value, to_value
from embeddings.documents.formats.headers.lines import count_field_lines, read_lines, read_org
from embeddings.documents.formats.headers.yaml_fields import read_yaml
from embeddings.documents.notes import Mended, Note
from embeddings.errors import LeftOut, ReviewFileError

Fields = tuple[dict[str, Value], dict[str, int]]

_FIELD_LINE = re.compile(r"[\"']?[^\W\d][\w .-]{0,40}?[\"']?\s*:(?:\s|$)")
_RULE = re.compile(r"\s*(?:-{3,}|={3,}|\*{3,}|_{3,})\s*")
_MAIL_LINE = re.compile(r"[A-Z][A-Za-z-]*:(?:\s|$)")
_MAIL = re.compile(r"^(?:From|Newsgroups|Message-ID|To|Date):", re.IGNORECASE | re.MULTILINE)
_LEADING_COMMENT = re.compile(r"(?:\s*<!--.*?-->)*\s*", re.DOTALL)
_FENCES = {"---": ("---", "..."), "---yaml": ("---",), "---toml": ("---",), "---json": ("---",), "+++": ("+++",),
           ";;;": (";;;",)}  # fmt: skip
"""The line that begins a header, and those that may end it."""


def split_header(text: str, path: Path) -> tuple[Header, str]:
    """Return a text's header and the text after it. A text without a header has no fields.

    Raises:
        ReviewFileError: the header is longer than any header is.
    """
    start = _LEADING_COMMENT.match(text)
    skipped = text.count("\n", 0, start.end()) if start else 0
    lines = text.split("\n")
    # A byte order mark, a comment or empty lines may come first.
    first = next((number for number, line in enumerate(lines[skipped:], skipped) if line.strip()), 0)
    for read in (_fenced, _json, _hexo, _org, _mail, _unfenced):
        header = read(lines, first, path)
        if header is not None:
            return header, "\n".join(lines[header.length :])
    return Header(), text


def _fenced(lines: list[str], first: int, path: Path) -> Header | None:
    opening = lines[first].rstrip().replace(" ", "")
    ends = _FENCES.get(opening)
    if ends is None:
        return None
    close = next((i for i, line in enumerate(lines[first + 1 :], first + 1) if line.rstrip() in ends), None)
    if close is None:
        # Without an end, the fields go on as long as they look like fields; else the line is a rule.
        close = next((i for i, line in enumerate(lines[first + 1 :], first + 1) if not line.strip()), len(lines))
        inner = lines[first + 1 : close]
        if not inner or not _FIELD_LINE.match(inner[0]):
            return None
        note = Note(Mended.HEADER, "The header has no end. It was read up to the first empty line.", first + 1)
        return _header(*_limited(read_lines, inner, first, path), close, first + 1, (note,))
    inner = lines[first + 1 : close]
    # A rule, and another one further down, are no header.
    if opening == "---" and any(map(str.strip, inner)) and not _has_fields(inner):
        return None
    kind = {"+++": _read_toml, "---toml": _read_toml, "---json": _read_json, ";;;": _read_json}.get(opening, _read_yaml)
    try:
        return _header(*_limited(kind, inner, first, path), close + 1, first + 1)
    except (yaml.YAMLError, ValueError, RecursionError, OverflowError) as error:
        fields, places = _limited(read_lines, [line.replace(" = ", ": ", 1) for line in inner], first, path)
        return _header(fields, places, close + 1, first + 1, (_broken(error, first),))


def _json(lines: list[str], first: int, _: Path) -> Header | None:
    if not lines[first].startswith("{"):
        return None
    rest = "\n".join(lines[first:])
    try:
        # Not decoded further than a header may be long, however long the file is.
        data, end = json.JSONDecoder().raw_decode(rest[: HEADER_CHARACTERS + 1])
        fields = to_value(data)
    except (ValueError, RecursionError):
        return None
    if not isinstance(fields, dict):
        return None
    return Header(fields, first + rest.count("\n", 0, end) + 1)


def _hexo(lines: list[str], first: int, path: Path) -> Header | None:
    """Read fields that only a line of hyphens ends."""
    if not _FIELD_LINE.match(lines[first]):
        return None
    for close, line in enumerate(lines[first:], first):
        # A line of other marks may underline a heading such as "Review: Copper Road".
        if line.rstrip() in ("---", ";;;") or (close > first + 1 and _RULE.fullmatch(line)):
            # With `;;;` the fields are JSON without braces.
            inner = lines[first:close]
            kind = _read_json if line.rstrip() == ";;;" else _read_yaml
            try:
                fields, places = _limited(kind, inner, first, path)
            except (yaml.YAMLError, ValueError, RecursionError, OverflowError):
                fields, places = _limited(read_lines, inner, first, path)
            return _header(fields, places, close + 1, first)
        if not line.strip() or not (_FIELD_LINE.match(line) or line[:1] in " \t-#}]"):
            return None
    return None


def _org(lines: list[str], first: int, _: Path) -> Header | None:
    if not re.match(r"#\+\w+:", lines[first]):
        return None
    fields, places, length = read_org(lines[first:])
    return _header(fields, places, first + length, first)


def _mail(lines: list[str], first: int, path: Path) -> Header | None:
    """Read the header of a mail, as it is exported, or of a post to a newsgroup."""
    start = first + lines[first].startswith("From ")
    end = next((number for number, line in enumerate(lines[start:], start) if not line.strip()), len(lines))
    inner = lines[start:end]
    if not all(_MAIL_LINE.match(line) or line[:1] in " \t" for line in inner):
        return None
    text = "\n".join(inner)
    if not re.search(r"^Subject:", text, re.IGNORECASE | re.MULTILINE) or not _MAIL.search(text):
        return None
    return _header(*_limited(read_lines, inner, first, path), end, start)


def _unfenced(lines: list[str], first: int, path: Path) -> Header | None:
    length = count_field_lines(lines[first:])
    return (
        _header(*_limited(read_lines, lines[first : first + length], first, path), first + length, first)
        if length
        else None
    )


def _limited(read: Callable[[list[str]], Fields], lines: list[str], first: int, path: Path) -> Fields:
    if sum(map(len, lines)) > HEADER_CHARACTERS:
        reason = f"The header has more than {HEADER_CHARACTERS:,} characters. Shorten it."
        raise ReviewFileError(path, first + 1, reason, LeftOut.TOO_LARGE)
    return read(lines)


def _read_yaml(lines: list[str]) -> Fields:
    return read_yaml("\n".join(line.replace("\t", "  ") for line in lines))


def _read_toml(lines: list[str]) -> Fields:
    fields = to_value(tomllib.loads("\n".join(lines)))
    return (fields if isinstance(fields, dict) else {}), {}


def _read_json(lines: list[str]) -> Fields:
    text = "\n".join(lines)
    fields = to_value(json.loads(text if text.lstrip().startswith("{") else f"{{{text}}}"))
    return (fields if isinstance(fields, dict) else {}), {}


def _header(
    fields: dict[str, Value], places: Mapping[str, int], length: int, offset: int, notes: tuple[Note, ...] = ()
) -> Header:
    return Header(fields, length, {name: offset + place + 1 for name, place in places.items()}, notes)


def _has_fields(lines: list[str]) -> bool:
    first = next((line for line in lines if line.strip() and not line.lstrip().startswith("#")), "")
    return _FIELD_LINE.match(first.lstrip("? ")) is not None


def _broken(error: Exception, first: int) -> Note:
    line, problem = first + 1, "it is nested too deeply" if isinstance(error, TooDeepError) else str(error)
    if isinstance(error, yaml.MarkedYAMLError):
        problem = error.problem or error.context or "it is not YAML"
        line += 1 + error.problem_mark.line if error.problem_mark is not None else 0
    elif isinstance(error, yaml.reader.ReaderError):
        code = error.character if isinstance(error.character, int) else ord(error.character)
        problem = f"it has the character U+{code:04X}"
    problem = collapse_spaces(problem)[:100]
    return Note(Mended.HEADER, f"The header is broken ({problem}), so it was read line by line.", line)
