"""A terminal for the command in tests: its screen and its keyboard."""

from __future__ import annotations

import os
import select
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from unittest.mock import patch

import pytest

from tests.bot.cli.conftest import start

# Windows has no terminals that a program can make.
fcntl, pty, termios = (pytest.importorskip(name) for name in ("fcntl", "pty", "termios"))


class Terminal:
    """The screen and the keyboard of a program's terminal."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self.shown = ""

    def read(self, seconds: float) -> bool:
        """Read what is shown within that time. Return True if more may follow."""
        ready, _, _ = select.select([self._descriptor], [], [], seconds)
        # Reading from a terminal that no process has open is an error.
        with suppress(OSError):
            if ready:
                taken = os.read(self._descriptor, 65536).decode("utf-8", "replace")
                self.shown += taken.replace("\r\n", "\n")
                return bool(taken)
            return True
        return False

    def has(self, text: str) -> bool:
        """Return True if a text has been shown."""
        return text in self.shown

    def wait_for(self, text: str) -> None:
        """Read until a text is shown."""
        end = time.monotonic() + 60
        while text not in self.shown:
            assert time.monotonic() < end, f"{text!r} was not shown, but {self.shown!r}"
            assert self.read(1), f"{text!r} was not shown, but {self.shown!r}"

    def type(self, keys: str) -> None:
        """Press these keys."""
        os.write(self._descriptor, keys.encode())


def _open(width: int) -> tuple[int, int]:
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, width, 0, 0))
    return master, slave


@contextmanager
def terminal_here(width: int = 80) -> Iterator[Terminal]:
    """Give this process a terminal of that width for all of its streams while the block runs."""
    master, slave = _open(width)
    screen = Terminal(master)
    reader = threading.Thread(target=lambda: all(iter(lambda: screen.read(60), False)))
    # Rich asks the standard descriptors for the width.
    kept = [(number, os.dup(number)) for number in range(3)]
    for number, _ in kept:
        os.dup2(slave, number)
    reader.start()
    try:
        with (
            open(slave, closefd=False) as keyboard,
            open(slave, "w", closefd=False) as out,
            open(slave, "w", closefd=False) as err,
            patch.multiple(sys, stdin=keyboard, stdout=out, stderr=err),
        ):
            yield screen
    finally:
        for number, copy in kept:
            os.dup2(copy, number)
            os.close(copy)
        os.close(slave)
        reader.join()
        os.close(master)


@contextmanager
def terminal(
    *arguments: str | Path, width: int = 80, environment: dict[str, str] | None = None
) -> Iterator[tuple[Terminal, subprocess.Popen[str]]]:
    """Run the command with a terminal of that width for all of its streams."""
    master, slave = _open(width)
    running = start(
        *arguments,
        stdin=slave,
        stdout=slave,
        stderr=slave,
        environment={"TERM": "xterm-256color"} | (environment or {}),
        # A shell that runs the tests in the background makes them and their processes ignore the signal.
        prefix=("env", "--default-signal=INT"),
        start_new_session=True,
        preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
    )
    os.close(slave)
    try:
        yield Terminal(master), running
    finally:
        running.kill()
        running.wait()
        os.close(master)
