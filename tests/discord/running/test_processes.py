"""The loopback Discord in a process of its own, the bot in another, and many questions at once."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.discord.harness.bots import echoing, scene
from tests.discord.harness.launch import point_at
from tests.discord.harness.logs import problems_in
from tests.discord.harness.programs import PATIENCE
from tests.discord.loopback.client import connect, in_a_process

MANY = 50


@contextmanager
def launched(url: str, token: str, *options: str) -> Iterator[subprocess.Popen[str]]:
    command = [
        sys.executable,
        "-m",
        "tests.discord.harness.launch",
        "--loopback",
        url,
        "--entry",
        "tests.discord.harness.bots:main",
    ]
    with subprocess.Popen(
        [*command, *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={**os.environ, "DISCORD_TOKEN": token},
    ) as process:
        try:
            yield process
        finally:
            process.kill()


@pytest.mark.parametrize(("options", "compression"), [([], "zstd-stream"), (["--zlib"], "zlib-stream")])
async def test_the_launcher_points_an_entry_point_at_the_loopback_discord(options: list[str], compression: str) -> None:
    with in_a_process() as url:
        async with connect(url) as loopback:
            with launched(url, loopback.token, *options) as bot:
                await loopback.ready(timeout=PATIENCE)
                club = await loopback.server()
                general = await club.channel()
                ana = await club.member("Ana")
                asked = await ana.slash(general, "ask", question="From another process?")
                assert (await asked.answer()).text == "You asked: From another process?"
                bot.terminate()
                output, _ = bot.communicate(timeout=10)
            assert bot.returncode == 0
            assert problems_in(output, await loopback.secrets()) == []
            assert (await loopback.stats())["compressions"] == [compression]
            await loopback.assert_clean()


async def test_many_questions_at_once_get_an_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    with in_a_process() as url:
        point_at(url, monkeypatch.setattr)
        async with scene(url, echoing()) as club:
            await club.loopback.settings(defer_schema=True)
            people = [await club.server.member(f"Member {number}") for number in range(MANY)]
            asked = await club.loopback.burst((who, club.general, "ask", {"question": "Now?"}) for who in people)
            assert await club.loopback.wait_all(asked, "answered") == MANY
