"""The two streams: results go to stdout, notices about them to stderr."""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Iterator, Mapping
from typing import TextIO
from unicodedata import east_asian_width

# Control characters, halves of surrogate pairs, and characters that change the direction of the following text.
_HARMFUL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
_UNESCAPED = re.compile("[\x7f-\x9f\ud800-\udfff]")
_DUMB = frozenset({"dumb", "unknown"})
_START = re.compile(r" *(?:\d+(?:\.| ×|  ) *)?")
_WORD = re.compile(r"( *)((?:`[^`]*`|[^ ])+)")


def visible(text: str) -> str:
    """Return the text with a replacement character for each that could control a terminal. Offsets stay the same."""
    return _HARMFUL.sub("\ufffd", text.replace("\t", " "))


def one_line(text: str) -> str:
    """Return the visible text on a single line."""
    return visible(" ".join(text.splitlines()))


def say(text: str) -> None:
    """Print plain text on stdout, in a terminal with its lines broken between words."""
    sys.stdout.write(f"{fitted(visible(text), sys.stdout)}\n")


def notice(line: str) -> None:
    """Print one line for the person at the terminal on stderr, in a terminal broken between words."""
    sys.stderr.write(f"{fitted(one_line(line), sys.stderr)}\n")
    sys.stderr.flush()


def fitted(text: str, stream: TextIO) -> str:
    """Return the text with its lines broken for the terminal that a stream shows. A pipe gets them as they are."""
    if not stream.isatty() or os.environ.get("TERM") in _DUMB:
        return text
    try:
        width = os.get_terminal_size(stream.fileno()).columns
    except (OSError, ValueError):
        return text
    return wrapped(text, width) if width else text


def wrapped(text: str, width: int) -> str:
    """Return the text with its lines broken between words.

    A line continues under its first word, behind the number that it may begin with. A command in backticks stays on one
    line where it fits, so that it can be copied.
    """
    return "\n".join(part for line in text.split("\n") for part in _broken(line, width))


def _broken(line: str, width: int) -> Iterator[str]:
    start = _START.match(line)
    indent = " " * start.end() if start and start.end() < width // 2 else ""
    shown = ""
    for spaces, word in _WORD.findall(line):
        parts = [word] if len(indent) + _cells(word) <= width else word.split()
        for number, part in enumerate(parts):
            added = f"{' ' if number else spaces}{part}"
            if shown.strip() and _cells(shown) + _cells(added) > width:
                yield shown
                shown = indent + part
            else:
                shown += added
    yield shown


def _cells(text: str) -> int:
    """Return how many columns of a terminal the text takes."""
    return len(text) + sum(east_asian_width(character) in "WF" for character in text if not character.isascii())


def print_json(content: Mapping[str, object]) -> None:
    """Print one JSON object on stdout, indented if stdout is a terminal."""
    unicode = (sys.stdout.encoding or "").lower().startswith("utf")
    text = json.dumps(content, ensure_ascii=not unicode, indent=2 if sys.stdout.isatty() else None)
    sys.stdout.write(_UNESCAPED.sub(lambda found: f"\\u{ord(found[0]):04x}", text) + "\n")


def in_terminal() -> bool:
    """Return True if stdout is a terminal that can style text."""
    return sys.stdout.isatty() and os.environ.get("TERM") not in _DUMB


def watched() -> bool:
    """Return True if a person sees stderr as it is written, so that progress may be shown there."""
    return sys.stderr.isatty() and os.environ.get("TERM") not in _DUMB
