"""The bot's real entry point as a process of its own, against a double that also has one."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from tests.discord.logs import problems_in
from tests.project import ROOT

PATIENCE = 60.0
"""Seconds in which a program is expected to start or to end, on a machine that is busy with something else."""


@dataclass(frozen=True, slots=True)
class Program:
    """A running `review-bot`."""

    process: subprocess.Popen[bytes]
    _output: IO[bytes]

    @property
    def output(self) -> str:
        """All that it has said so far, on both streams."""
        self._output.seek(0)
        return self._output.read().decode()

    def stop(self) -> int:
        """SIGTERM; the exit code."""
        self.process.terminate()
        return self.ended()

    def ended(self) -> int:
        """Wait for its end; the exit code.

        Raises:
            AssertionError: it goes on and on; the message is its output, at whose end each thread says where it stands.
        """
        try:
            return self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.send_signal(signal.SIGUSR1)
            time.sleep(1.0)
            raise AssertionError(f"no end within {PATIENCE:.0f} s: {self.output}") from None


@contextmanager
def program(
    url: str,
    data: Path,
    *arguments: str,
    token: str | None,
    typed: str = "",
    pulse: Path | None = None,
    errors: bool = False,
    **settings: str,
) -> Iterator[Program]:
    """`review-bot` with these arguments, led to the double at `url`; what it has said is looked through at its end.

    Args:
        url: the double's.
        data: the data directory.
        arguments: those of the command.
        token: the bot's, or None for none.
        typed: what stands on its standard input.
        pulse: where to leave the pulse of its event loop, or None to take none.
        errors: whether it may speak of errors; of its token it never may.
        settings: environment variables.

    Raises:
        AssertionError: it has said what it must not. Tokens of interactions only the double knows: `Discord.secrets`.
    """
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("DISCORD_", "REVIEW_BOT_"))}
    given = {"DISCORD_TOKEN": token} if token is not None else {}
    options = ["--double", url, *(["--pulse", str(pulse)] if pulse is not None else [])]
    command = [sys.executable, "-m", "tests.discord.launch", *options, "--", "--data", str(data), *arguments]
    quiet = {"REVIEW_BOT_MEMBER_WAIT": "0", "REVIEW_BOT_SERVER_RATE": "0", "REVIEW_BOT_HEALTH_PORT": "0"}
    environment = {**kept, **quiet, **given, **settings}
    with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as stdin:
        stdin.write(typed.encode())
        stdin.seek(0)
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env=environment,
            stdin=stdin,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        running = Program(process, output)
        try:
            yield running
        finally:
            if process.poll() is None:
                process.kill()
            process.wait(PATIENCE)
        found = problems_in(running.output, [token] if token else [], errors=not errors)
        assert not found, "\n".join(found)


@contextmanager
def port() -> Iterator[int]:
    """A port on loopback for a program that is told its number.

    It is held, and not listened at: until this is over no other socket is given it, and the program, which asks for it
    by number, may have it all the same.
    """
    with socket.socket() as held:
        held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        held.bind(("127.0.0.1", 0))
        yield held.getsockname()[1]


def copied(reviews: Path, to: Path) -> Path:
    """The data directory again, to be altered."""
    return Path(shutil.copytree(reviews, to / "data"))
