"""Asking the person at the terminal, or whatever feeds stdin: an end of input is the default answer."""

from __future__ import annotations

import sys
from dataclasses import dataclass

from bot.cli.output.console import one_line


@dataclass(frozen=True, slots=True)
class Prompter:
    """Asks on stderr, reads from stdin. With `defaults` it asks nothing and takes every default."""

    defaults: bool = False

    def text(self, question: str) -> str:
        """A line, or "" where there is none."""
        return self.line(question) or ""

    def line(self, question: str) -> str | None:
        """A line; None where the input has ended."""
        if self.defaults:
            return None
        try:
            _put(f"{question} ")
            return _line()
        except KeyboardInterrupt:
            # What is said about it begins on a line of its own.
            sys.stderr.write("\n")
            raise

    def secret(self, question: str) -> str:
        """A line that is not shown while it is typed, or ""."""
        if self.defaults:
            return ""
        if not sys.stdin.isatty():
            return self.text(question)
        # Imported here because no other command needs it.
        from getpass import getpass

        try:
            return getpass(f"{question} ", stream=sys.stderr).strip()
        except EOFError:
            return ""
        except KeyboardInterrupt:
            sys.stderr.write("\n")
            raise

    def agrees(self, question: str, *, default: bool) -> bool:
        """Whether the person says yes."""
        answer = self.text(f"{question} [{'Y/n' if default else 'y/N'}]").casefold()
        return default if not answer else answer in ("y", "yes")


def _put(text: str) -> None:
    sys.stderr.write(one_line(text))
    sys.stderr.flush()


def _line() -> str | None:
    line = sys.stdin.readline()
    if not line or not sys.stdin.isatty():
        # Nobody has typed the end of the line that the question stands on.
        sys.stderr.write("\n")
    return line.strip() if line else None
