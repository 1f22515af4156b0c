"""The bot's real entry point: `run` as a process of its own, and commands that end by themselves in this one."""

from __future__ import annotations

import asyncio
import io
import logging
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import IO
from unittest.mock import patch

import pytest

from bot.app.client import CommandBot
from bot.app.sync import payload
from bot.cli.app import main
from tests.discord.harness.launch import point_at
from tests.discord.harness.logs import problems_in
from tests.discord.loopback.client import Channel, Loopback, Person, connect, in_a_process
from tests.discord.loopback.server import ThreadedServer
from tests.project import ROOT

PATIENCE = 60.0
"""Seconds that a program may take to start or to end on a busy machine."""


@dataclass(frozen=True, slots=True)
class Program:
    """A running `review-bot`."""

    process: subprocess.Popen[bytes]
    _output: IO[bytes]

    @property
    def output(self) -> str:
        """Everything that it has written so far, to both streams."""
        self._output.seek(0)
        return self._output.read().decode()

    def stop(self) -> int:
        """Send SIGTERM; return the exit code."""
        self.process.terminate()
        return self.ended()

    def ended(self) -> int:
        """Wait for its end; return the exit code.

        Raises:
            AssertionError: It does not end. The message is its output, with the stack of every thread.
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
    token: str,
    loop_lag: Path | None = None,
    zlib: bool = False,
    errors: bool = False,
    feeds: bool = False,
    prefix: Sequence[str] = (),
    **settings: str,
) -> Iterator[Program]:
    """Run `review-bot` with these arguments and settings against the loopback Discord at `url`.

    It fails at the end if the output has the token, or an error and not `errors`. Other tokens are known to the
    loopback Discord alone (`Loopback.secrets`). `loop_lag` is the file for how late the event loop was; with `zlib` it
    runs as if zstandard were not installed, and with `feeds` it may read feeds from 127.0.0.1. `prefix` are words
    before the command.
    """
    options = [*(["--loop-lag", str(loop_lag)] if loop_lag is not None else []), *(["--zlib"] if zlib else [])]
    options += ["--feeds"] if feeds else []
    launch = [sys.executable, "-m", "tests.discord.harness.launch", "--loopback", url, *options]
    quiet = {"REVIEW_BOT_MEMBER_WAIT": "0", "REVIEW_BOT_SERVER_RATE": "0", "REVIEW_BOT_HEALTH_PORT": "0"}
    with tempfile.TemporaryFile() as output:
        process = subprocess.Popen(
            [*prefix, *launch, "--", "--data", str(data), *arguments],
            cwd=ROOT,
            env={**_inherited(), **quiet, "DISCORD_TOKEN": token, **settings},
            stdin=subprocess.DEVNULL,
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
        found = problems_in(running.output, [token], errors=not errors)
        assert not found, "\n".join(found)


def _inherited() -> dict[str, str]:
    """Return this process's environment without the bot's settings."""
    return {name: value for name, value in os.environ.items() if not name.startswith(("DISCORD_", "REVIEW_BOT_"))}


@contextmanager
def port() -> Iterator[int]:
    """Reserve a port for a program that takes its number.

    The port is bound without listening, so that no other socket gets it, and the program can still bind it.
    """
    with socket.socket() as held:
        held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        held.bind(("127.0.0.1", 0))
        yield held.getsockname()[1]


@asynccontextmanager
async def loopback_process(
    *, expect: tuple[int, ...] = (), judged: bool = True, registered: bool = True
) -> AsyncIterator[Loopback]:
    """Start a loopback Discord in a process of its own, and check the bot at its end if it is `judged`.

    `expect` has the codes that the test provokes without a fault. The bot's commands are there if `registered`.
    """
    with in_a_process() as url:
        async with _checked(url, expect=expect, judged=judged, registered=registered) as loopback:
            yield loopback


@asynccontextmanager
async def loopback_thread(*, expect: tuple[int, ...] = (), registered: bool = True) -> AsyncIterator[Loopback]:
    """Do the same on a thread, which starts at once."""
    with ThreadedServer() as running:
        async with _checked(running.server.url, expect=expect, judged=True, registered=registered) as loopback:
            yield loopback


@asynccontextmanager
async def _checked(url: str, *, expect: tuple[int, ...], judged: bool, registered: bool) -> AsyncIterator[Loopback]:
    async with connect(url) as loopback:
        if registered:
            async with CommandBot() as bot:
                await bot.setup_hook()
                await loopback.call("register", commands=payload(bot.tree))
        yield loopback
        if judged:
            await loopback.assert_clean(expect=expect)


@asynccontextmanager
async def running_program(
    loopback: Loopback, data: Path, *, identifies: int = 1, errors: bool = False, log_level: str = "INFO"
) -> AsyncIterator[Program]:
    """Run the bot until it is connected, for the `identifies`th time; stop it at the end, and check code and output."""
    with program(loopback.url, data, "run", token=loopback.token, errors=errors, REVIEW_BOT_LOG_LEVEL=log_level) as bot:
        await loopback.ready(timeout=PATIENCE, identifies=identifies)
        yield bot
        assert await asyncio.to_thread(bot.stop) == 0
        assert problems_in(bot.output, await loopback.secrets(), errors=not errors) == []


async def output_of(
    url: str, data: Path, *arguments: str, token: str | None = None, typed: str = "", code: int = 0
) -> str:
    """Run a command that ends by itself, in this process; check its exit code, and return its output."""

    def call() -> str:
        root, output = logging.getLogger(), io.StringIO()
        handlers, level = root.handlers[:], root.level
        settings = _inherited() | ({"DISCORD_TOKEN": token} if token else {})
        keyboard = io.TextIOWrapper(io.BytesIO(typed.encode()), encoding="utf-8")
        with (
            pytest.MonkeyPatch.context() as patched,
            patch.dict(os.environ, settings, clear=True),
            patch("sys.stdin", keyboard),
            redirect_stdout(output),
            redirect_stderr(output),
        ):
            point_at(url, patched.setattr)
            with pytest.raises(SystemExit) as end:
                main(["--data", str(data), *arguments])
        root.handlers[:] = handlers
        root.setLevel(level)
        assert end.value.code == code, output.getvalue()
        return output.getvalue()

    return await asyncio.to_thread(call)


async def channel_and_member(loopback: Loopback) -> tuple[Channel, Person]:
    """Create a server; return its channel and a member."""
    server = await loopback.server("Film Club")
    return await server.channel("general"), await server.member("Ana")


async def exit_code_of(bot: Program) -> int:
    """Wait for a program that ends by itself; return its exit code."""
    return await asyncio.to_thread(bot.ended)
