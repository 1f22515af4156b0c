"""Prompts on stderr, answered from stdin. The end of input gives the default answer."""

from __future__ import annotations

import sys
from dataclasses import dataclass

from bot.cli.output.console import fitted, one_line


@dataclass(frozen=True, slots=True)
class Prompter:
    """Ask on stderr and read from stdin. With `defaults`, ask nothing and take every default."""

    defaults: bool = False

    def text(self, question: str) -> str:
        """Return a typed line, or "" at the end of input."""
        return self.line(question) or ""

    def line(self, question: str) -> str | None:
        """Return a typed line, or None at the end of input."""
        if self.defaults:
            return None
        try:
            sys.stderr.write(f"{fitted(one_line(question), sys.stderr)} ")
            sys.stderr.flush()
            line = sys.stdin.readline()
            if not line or not sys.stdin.isatty():
                # Nobody has typed a newline after the prompt.
                sys.stderr.write("\n")
        except KeyboardInterrupt:
            # The message that follows starts on a line of its own.
            sys.stderr.write("\n")
            raise
        return line.strip() if line else None

    def secret(self, question: str) -> str:
        """Return a typed line that is not shown, or "" at the end of input."""
        if self.defaults:
            return ""
        if not sys.stdin.isatty():
            return self.text(question)
        # Imported here because no other command needs it.
        from getpass import getpass

        try:
            return getpass(f"{fitted(question, sys.stderr)} ", stream=sys.stderr).strip()
        except EOFError:
            return ""
        except KeyboardInterrupt:
            sys.stderr.write("\n")
            raise

    def agrees(self, question: str, *, default: bool) -> bool:
        """Return True if the person answers yes."""
        answer = self.text(f"{question} [{'Y/n' if default else 'y/N'}]").casefold()
        return default if not answer else answer in ("y", "yes")
