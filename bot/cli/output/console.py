"""The two streams: what is answered goes to stdout, what is said about it to stderr."""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Mapping

# Control characters, halves of surrogate pairs, and what turns the direction of all that follows.
_HARMFUL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
_UNESCAPED = re.compile("[\x7f-\x9f\ud800-\udfff]")


def visible(text: str) -> str:
    """The text with a replacement character for each that could command a terminal; offsets stay the same."""
    return _HARMFUL.sub("\ufffd", text.replace("\t", " "))


def one_line(text: str) -> str:
    """The visible text on a single line."""
    return visible(" ".join(text.splitlines()))


def say(text: str) -> None:
    """Print a text on stdout, plain."""
    sys.stdout.write(f"{visible(text)}\n")


def notice(line: str) -> None:
    """Tell the person at the terminal something in one line, on stderr."""
    sys.stderr.write(f"{one_line(line)}\n")
    sys.stderr.flush()


def print_json(content: Mapping[str, object]) -> None:
    """Print one JSON object on stdout, indented for a person in a terminal."""
    unicode = (sys.stdout.encoding or "").lower().startswith("utf")
    text = json.dumps(content, ensure_ascii=not unicode, indent=2 if sys.stdout.isatty() else None)
    sys.stdout.write(_UNESCAPED.sub(lambda found: f"\\u{ord(found[0]):04x}", text) + "\n")


def in_terminal() -> bool:
    """Whether stdout is a terminal that can mark text."""
    return sys.stdout.isatty() and os.environ.get("TERM") not in {"dumb", "unknown"}


def watched() -> bool:
    """Whether a person sees stderr as it is written, so that progress may be shown there."""
    return sys.stderr.isatty() and os.environ.get("TERM") not in {"dumb", "unknown"}
