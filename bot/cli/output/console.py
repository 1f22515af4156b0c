"""The two streams: results go to stdout, notices about them to stderr."""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Mapping

# Control characters, halves of surrogate pairs, and characters that change the direction of the following text.
_HARMFUL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
_UNESCAPED = re.compile("[\x7f-\x9f\ud800-\udfff]")


def visible(text: str) -> str:
    """Return the text with a replacement character for each that could control a terminal. Offsets stay the same."""
    return _HARMFUL.sub("\ufffd", text.replace("\t", " "))


def one_line(text: str) -> str:
    """Return the visible text on a single line."""
    return visible(" ".join(text.splitlines()))


def say(text: str) -> None:
    """Print plain text on stdout."""
    sys.stdout.write(f"{visible(text)}\n")


def notice(line: str) -> None:
    """Print one line for the person at the terminal on stderr."""
    sys.stderr.write(f"{one_line(line)}\n")
    sys.stderr.flush()


def print_json(content: Mapping[str, object]) -> None:
    """Print one JSON object on stdout, indented if stdout is a terminal."""
    unicode = (sys.stdout.encoding or "").lower().startswith("utf")
    text = json.dumps(content, ensure_ascii=not unicode, indent=2 if sys.stdout.isatty() else None)
    sys.stdout.write(_UNESCAPED.sub(lambda found: f"\\u{ord(found[0]):04x}", text) + "\n")


def in_terminal() -> bool:
    """Return True if stdout is a terminal that can style text."""
    return sys.stdout.isatty() and os.environ.get("TERM") not in {"dumb", "unknown"}


def watched() -> bool:
    """Return True if a person sees stderr as it is written, so that progress may be shown there."""
    return sys.stderr.isatty() and os.environ.get("TERM") not in {"dumb", "unknown"}
