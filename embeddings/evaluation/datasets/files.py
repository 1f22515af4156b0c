"""Read text, JSON and JSON Lines files. What is wrong raises `QuestionFileError`, which names the file and the line."""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from embeddings.errors import QuestionFileError


def read_bytes(file: Path) -> bytes:
    """Read a file."""
    try:
        return file.read_bytes()
    # A path in a file may hold anything.
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise QuestionFileError(file, None, f"The file can't be read ({reason}). Check its path.") from error


def read_text(file: Path) -> str:
    """Read a text file in UTF-8."""
    try:
        return read_bytes(file).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise QuestionFileError(file, None, "The file is not UTF-8. Save it as UTF-8.") from error


def read_lines(file: Path) -> list[str]:
    """Read the lines of a text file in UTF-8."""
    # Not by `splitlines`, because a text may hold other characters that it would take for line ends.
    return re.split(r"\r\n?|\n", read_text(file))


def read_records(file: Path) -> Iterable[tuple[int, Mapping[str, object]]]:
    """Yield the objects of a JSON Lines file, each with its line number from 1; blank lines are skipped."""
    content = read_bytes(file)
    for number, line in enumerate(content.removeprefix(codecs.BOM_UTF8).splitlines(), start=1):
        if not line.strip():
            continue
        try:
            text = line.decode("utf-8")
        except UnicodeDecodeError as error:
            reason = f"Byte {error.start + 1} of the line is not UTF-8. Save the file as UTF-8."
            raise QuestionFileError(file, number, reason) from error
        record = parse_json(text, file, number)
        if not isinstance(record, dict):
            raise QuestionFileError(file, number, f"The line is {json_name(record)}. Write a JSON object.")
        yield number, record


def parse_json(text: str, file: Path, line: int | None = None) -> object:
    """Parse JSON text, a whole file or the line of that number, whose strings can be written as UTF-8."""
    try:
        content = json.loads(text)
    except json.JSONDecodeError as error:
        reason = f"The text is not JSON at column {error.colno} ({error.msg}). Correct it."
        raise QuestionFileError(file, line or error.lineno, reason) from error
    except RecursionError as error:
        raise QuestionFileError(file, line, "The brackets are nested too deeply. Remove some of them.") from error
    except ValueError as error:
        raise QuestionFileError(file, line, f"The JSON can't be read ({error}). Correct it.") from error
    # Only an escape can contain what UTF-8 can't.
    if "\\ud" in text.lower():
        try:
            json.dumps(content, ensure_ascii=False).encode()
        except UnicodeEncodeError as error:
            half = f"\\u{ord(error.object[error.start]):04x}"
            reason = f"{half} is only half of a surrogate pair. Write the whole character."
            raise QuestionFileError(file, line, reason) from error
    return content


def json_name(value: object) -> str:
    """Return the JSON type of a value, for error messages."""
    if value is None:
        return "null"
    names = {bool: "true or false", str: "a string", int: "a number", float: "a number", list: "a list"}
    return names.get(type(value), "an object")


def register_id(identity: str, line_of: dict[str, int], file: Path, line: int) -> None:
    """Store the line of an id, which no earlier line has."""
    if identity in line_of:
        reason = f"Line {line_of[identity]} already has the id {identity!r}. Use another id."
        raise QuestionFileError(file, line, reason)
    line_of[identity] = line
