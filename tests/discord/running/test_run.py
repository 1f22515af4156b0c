"""`review-bot run`, `sync`, `invite`, `init` and `doctor --online` as processes of their own."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from typing import Any

import pytest

from bot.app.runner import Exit
from bot.app.sync import current_digest, warn_of_unknown_commands
from bot.cli.commands.init import save_token
from bot.storage.database import Database
from bot.storage.synced_commands import save_synced_digest
from tests.discord.harness.club import QUESTION, eventually
from tests.discord.harness.logs import problems_in
from tests.discord.harness.programs import (
    PATIENCE,
    Program,
    channel_and_member,
    exit_code_of,
    loopback_process,
    loopback_thread,
    output_of,
    program,
    running_program,
)
from tests.discord.loopback.client import Loopback, answered

NOWHERE = "http://127.0.0.1:9"
"""A URL where nothing listens."""
SAMPLE = "MTIzNDU2Nzg5MDEyMzQ1Njc4.GabcdE.abcdefghijklmnopqrstuvwxyz0123456789AB"


async def sync(loopback: Loopback, data: Path, *options: str, code: int = 0) -> str:
    return await output_of(loopback.url, data, "sync", *options, token=loopback.token, code=code)


@pytest.mark.slow
async def test_the_bot_answers_and_ends_with_code_0(data: Path) -> None:
    async with loopback_process() as loopback, running_program(loopback, data) as bot:
        general, ana = await channel_and_member(loopback)
        answer = await answered(ana.slash(general, "ask", question=QUESTION))
        assert "deferrals" in answer.text
        async with asyncio.timeout(PATIENCE):
            while "connected to Discord, servers: 1" not in bot.output:
                await asyncio.sleep(0.1)
        assert "torch" not in Path(f"/proc/{bot.process.pid}/maps").read_text()
        assert "Discord doesn't know the commands, run `review-bot sync`" in bot.output
        stats = await loopback.stats()
        assert (stats["intents"], stats["command_puts"], stats["compressions"]) == ([4609], 0, ["zstd-stream"])


@pytest.mark.slow
async def test_without_zstandard_the_gateway_compresses_with_zlib(reviews: Path) -> None:
    async with loopback_thread() as loopback:
        with program(loopback.url, reviews, "run", token=loopback.token, zlib=True):
            await loopback.ready(timeout=PATIENCE)
            assert (await loopback.stats())["compressions"] == ["zlib-stream"]


@pytest.mark.slow
async def test_sigterm_lets_the_bot_finish_its_answers(data: Path) -> None:
    async with loopback_thread() as loopback, running_program(loopback, data) as bot:
        general, ana = await channel_and_member(loopback)
        await loopback.fault("PATCH /webhooks/.*", "delay", seconds=1.0, times=20)
        ids = await loopback.burst((ana, general, "ask", {"question": QUESTION}) for _ in range(20))
        assert await loopback.wait_all(ids, "acknowledged", timeout=5) == 20
        assert await asyncio.to_thread(bot.stop) == 0
        assert await loopback.wait_all(ids, "answered", timeout=1) == 20


@pytest.mark.slow
async def test_on_sigterm_every_acknowledged_question_gets_an_answer_or_a_notice(data: Path) -> None:
    async def stop(bot: Program) -> int:
        await asyncio.sleep(1.0)
        return await asyncio.to_thread(bot.stop)

    # The last ones arrive after the bot has left.
    async with (
        loopback_thread(expect=(10062,)) as loopback,
        running_program(loopback, data) as bot,
    ):
        general, ana = await channel_and_member(loopback)
        await loopback.settings(defer_schema=True)
        stopped = asyncio.create_task(stop(bot))
        asked = []
        while not stopped.done():
            asked.append((await ana.slash(general, "ask", question=QUESTION)).id)
            await asyncio.sleep(0.03)
        assert await stopped == 0
        heard = [each for each in await loopback.interactions(asked) if each["acknowledged_after"] is not None]
        assert heard
        assert [each for each in heard if each["answered_after"] is None] == []


@pytest.mark.parametrize("shards", [1, 2])
@pytest.mark.slow
async def test_sigterm_ends_a_bot_that_is_still_connecting(data: Path, shards: int) -> None:
    async with loopback_thread() as loopback:
        await loopback.settings(shards=shards)
        # The first of two shards identifies, and the second has to wait until it may.
        if shards == 1:
            await loopback.fault("GET /gateway/", "status", status=503, times=None)
        with program(loopback.url, data, "run", token=loopback.token) as bot:
            async with asyncio.timeout(PATIENCE):
                while "doesn't respond" not in bot.output and not (await loopback.stats())["identifies"]:
                    await asyncio.sleep(0.05)
            assert await asyncio.to_thread(bot.stop) == 0
            assert problems_in(bot.output, await loopback.secrets()) == []


@pytest.mark.slow
async def test_the_debug_log_has_no_token(data: Path) -> None:
    async with (
        loopback_thread() as loopback,
        running_program(loopback, data, errors=True, log_level="DEBUG") as bot,
    ):
        general, ana = await channel_and_member(loopback)
        await loopback.fault("POST /interactions/.*", "status", status=429, via=True, retry_after=0.2)
        await loopback.fault("PATCH /webhooks/.*", "reset")
        answer = await answered(ana.slash(general, "ask", question=QUESTION))
        await answered(ana.pick(answer, "1 ·"))
        await general.answer_to(await ana.mention(general, QUESTION))
        assert "INTERACTION_CREATE" in bot.output


@pytest.mark.slow
async def test_an_old_button_works_after_a_restart(data: Path) -> None:
    async with loopback_thread() as loopback:
        async with running_program(loopback, data):
            general, ana = await channel_and_member(loopback)
            answer = await answered(ana.slash(general, "ask", question=QUESTION))
        async with running_program(loopback, data, identifies=2):
            page = await answered(ana.pick(answer, "1 ·"))
            assert page.ephemeral
            assert "there are no deferrals" in page.text
            more = await answered(ana.click(answer, "More"))
            assert QUESTION in more.text
            said = await ana.say(general, "who tells them?", reply_to=answer)
            assert "Never Let Me Go" in (await general.answer_to(said)).text
            assert (await loopback.stats())["command_puts"] == 0


@pytest.mark.slow
async def test_a_new_review_is_searched_without_a_restart(data: Path) -> None:
    async with loopback_thread() as loopback, running_program(loopback, data) as bot:
        general, ana = await channel_and_member(loopback)
        (data / "reviews" / "whales.md").write_text(
            "---\ntitle: The Whale Song\n---\n\nThe cook of the whaler sings to his kettle every morning.\n",
            encoding="utf-8",
        )
        until = time.monotonic() + 90
        while "The changed index is open" not in bot.output and time.monotonic() < until:
            await asyncio.sleep(0.5)
        asked = await ana.slash(general, "ask", question="What does the cook of the whaler sing to?")
        assert "kettle" in (await asked.answer()).text
        assert "torch" not in Path(f"/proc/{bot.process.pid}/maps").read_text()


@pytest.mark.slow
async def test_a_bot_that_cannot_start_says_why_in_one_line_and_has_its_own_exit_code(
    reviews: Path, tmp_path: Path
) -> None:
    empty = tmp_path / "empty"
    (empty / "reviews").mkdir(parents=True)
    async with loopback_thread(expect=(401,)) as loopback:
        assert "DISCORD_TOKEN" in await output_of(loopback.url, reviews, "run", code=Exit.SETTINGS)
        await output_of(loopback.url, reviews, "run", token="not a token", code=Exit.SETTINGS)
        output = await output_of(loopback.url, empty, "run", token=SAMPLE, code=Exit.NO_INDEX)
        assert output.splitlines()[-1].endswith(f"Run `review-bot index --data {empty}`.")
        with program(loopback.url, reviews, "run", token=SAMPLE) as bot:
            assert await exit_code_of(bot) == Exit.TOKEN_REFUSED
            assert "refuses the token" in bot.output.splitlines()[-1]
        assert (await loopback.stats())["identifies"] == 0


@pytest.mark.slow
async def test_a_second_bot_on_the_same_folder_ends_while_the_first_one_lives(data: Path) -> None:
    async with loopback_thread() as loopback:
        with program(loopback.url, data, "run", token=loopback.token) as first:
            await loopback.ready(timeout=PATIENCE)
            with program(loopback.url, data, "run", token=loopback.token) as second:
                assert await exit_code_of(second) == Exit.RUNNING
                assert second.output == f"{data}: Another review-bot uses this folder. Stop it first.\n"
            first.process.kill()
            await exit_code_of(first)
        async with running_program(loopback, data, identifies=2):
            pass


async def test_sync_sends_the_commands_only_if_they_changed(tmp_path: Path) -> None:
    async with loopback_thread(registered=False) as loopback:
        await loopback.settings(rate_limits=False)
        await loopback.fault("PUT /applications/.*", "status", status=503)
        first, second = await sync(loopback, tmp_path), await sync(loopback, tmp_path)
        assert "can't reach Discord (status 503), trying again in 1 s" in first
        assert "up to date" in first
        assert "not changed" in second
        assert [each["status"] for each in await loopback.requests() if each["method"] == "PUT"] == [503, 200]
        names = {each["name"] for each in await loopback.call("commands")}
        assert {"ask", "section", "sections", "reviews", "help", "review", "Ask the reviews about this"} <= names


async def test_sync_adds_and_removes_the_commands_of_one_server(tmp_path: Path) -> None:
    async with loopback_thread(registered=False) as loopback:
        await loopback.settings(rate_limits=False)
        server = await loopback.server("Film Club")

        async def known() -> tuple[int, int]:
            return len(await loopback.call("commands")), len(await loopback.call("commands", guild=server.id))

        await sync(loopback, tmp_path)
        number, _ = await known()
        output = await sync(loopback, tmp_path, "--guild", server.id)
        assert f"`review-bot sync --guild {server.id} --remove --data {tmp_path}`" in output
        assert await known() == (number, number)
        assert "removed" in await sync(loopback, tmp_path, "--guild", server.id, "--remove")
        assert await known() == (number, 0)
        assert "up to date" in await sync(loopback, tmp_path, "--guild", server.id)
        assert await known() == (number, number)


async def test_sync_sends_commands_that_discord_lost_with_force(tmp_path: Path) -> None:
    async with loopback_thread(registered=False) as loopback:
        await loopback.settings(rate_limits=False)
        for options, said, put in (((), "up to date", 1), ((), "--force", 1), (("--force",), "up to date", 2)):
            assert said in await sync(loopback, tmp_path, *options)
            assert (await loopback.stats())["command_puts"] == put


async def test_sync_to_a_server_without_the_bot_says_what_to_do(tmp_path: Path) -> None:
    async with loopback_thread(registered=False, expect=(50001,)) as loopback:
        await loopback.settings(rate_limits=False)
        server = await loopback.server("Elsewhere", bot=False)
        for options in ((), ("--remove",)):
            output = await sync(loopback, tmp_path, "--guild", server.id, *options, code=1)
            assert output.splitlines()[-1] == (
                f"The bot is not in server {server.id}, so it can't have commands there. "
                f"`review-bot invite --data {tmp_path}` prints the link that adds it."
            )
        assert "--guild" in await sync(loopback, tmp_path, "--remove", code=2)


async def test_a_start_warns_of_commands_that_discord_does_not_know(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with Database(tmp_path / "bot.sqlite3") as store:
        await warn_of_unknown_commands(SAMPLE, store)
        save_synced_digest(store, "an earlier one")
        await warn_of_unknown_commands(SAMPLE, store)
        save_synced_digest(store, await current_digest(SAMPLE))
        await warn_of_unknown_commands(SAMPLE, store)
    assert [record.getMessage() for record in caplog.records] == [
        "Discord doesn't know the commands, run `review-bot sync`",
        "the commands have changed since the last sync, run `review-bot sync`",
    ]


async def test_doctor_finds_nothing_wrong_after_init(data: Path) -> None:
    async with loopback_thread(registered=False, expect=(401,)) as loopback:
        output = await output_of(loopback.url, data, "init", typed=f"{loopback.token}\n\n")
        assert "Commands: up to date." in output
        assert loopback.token not in output
        assert "accepted by Discord as" in await output_of(loopback.url, data, "doctor", "--online")
        assert [each["method"] for each in await loopback.requests()].count("PUT") == 1
        refused = await output_of(loopback.url, data, "doctor", "--online", token=SAMPLE, code=1)
        assert "Discord refuses the token" in refused
        assert "Discord can't be reached" in await output_of(NOWHERE, data, "doctor", "--online", code=1)


async def test_init_replaces_a_token_only_by_one_that_discord_accepts(data: Path) -> None:
    async with loopback_thread(expect=(401,)) as loopback:
        save_token(loopback.token, data)
        again = await output_of(loopback.url, data, "init", typed=f"y\n{SAMPLE}\n\nn\n")
        assert "Discord refuses the token" in again
        assert f"Token: the old one stays, in {data}/token." in again
        save_token(SAMPLE, data)
        await output_of(loopback.url, data, "init", typed=f"y\n{loopback.token}\nn\n")
        assert (data / "token").read_text(encoding="utf-8") == f"{loopback.token}\n"


@pytest.mark.long
async def test_ten_restarts_send_no_command(data: Path) -> None:
    async with loopback_thread(registered=False) as loopback:
        await sync(loopback, data)
        general, ana = await channel_and_member(loopback)
        for start in range(1, 11):
            async with running_program(loopback, data, identifies=start):
                answer = await answered(ana.slash(general, "ask", question=QUESTION))
                assert "deferrals" in answer.text
            assert "not changed" in await sync(loopback, data)
        stats = await loopback.stats()
        assert (stats["command_puts"], stats["intents"]) == (1, [4609] * 10)
        assert [each["path"] for each in await loopback.requests() if each["method"] == "PUT"] == [
            f"/applications/{loopback.bot_id}/commands"
        ]


@pytest.mark.parametrize("command", ["invite", "run", "sync"])
async def test_a_token_without_an_application_is_a_wrong_setting(reviews: Path, command: str) -> None:
    output = await output_of(NOWHERE, reviews, command, token=SAMPLE.replace("MTIz", "xxxx"), code=Exit.SETTINGS)
    assert output.splitlines()[-1].startswith("The token names no application")


async def test_the_invite_link_asks_for_few_permissions(reviews: Path) -> None:
    assert await output_of(NOWHERE, reviews, "invite", token=SAMPLE) == (
        "https://discord.com/oauth2/authorize?client_id=123456789012345678"
        "&scope=bot+applications.commands&permissions=274877991936\n"
    )


@pytest.mark.parametrize(
    ("disturbance", "code", "said"),
    [
        ({"action": "close", "code": 4004}, Exit.TOKEN_REFUSED, "refuses the token"),
        ({"action": "close", "code": 4014}, Exit.INTENTS_REFUSED, "intents"),
    ],
    ids=str,
)
@pytest.mark.slow
async def test_a_connection_that_ends_for_good_ends_the_program(
    data: Path, disturbance: dict[str, Any], code: Exit, said: str
) -> None:
    async with loopback_thread() as loopback:
        with program(loopback.url, data, "run", token=loopback.token, errors=True) as bot:
            await loopback.ready(timeout=PATIENCE)
            await loopback.disturb(**disturbance)
            assert await exit_code_of(bot) == code
            assert said in bot.output.splitlines()[-1]
            assert problems_in(bot.output, await loopback.secrets(), errors=False) == []
            assert (await loopback.stats())["identifies"] == 1


@pytest.mark.parametrize(
    "disturbance",
    [
        {"action": "raw", "hex": "00ff"},
        {"action": "event", "name": "READY", "data": {}},
        {"action": "event", "name": "RESUMED", "data": None},
    ],
    ids=str,
)
@pytest.mark.slow
async def test_the_bot_connects_again_after_a_frame_that_it_cannot_read(
    data: Path, disturbance: dict[str, Any]
) -> None:
    async with loopback_thread() as loopback:
        with program(loopback.url, data, "run", token=loopback.token, errors=True) as bot:
            await loopback.ready(timeout=PATIENCE)
            general, ana = await channel_and_member(loopback)
            await loopback.fault("POST .*/typing", "delay", seconds=0.4)
            said = await ana.mention(general, QUESTION)
            await loopback.disturb(**disturbance)
            # The question that was under way is answered, and the next one too.
            assert "deferrals" in (await general.answer_to(said)).text
            await eventually(loopback.stats, lambda stats: stats["identifies"] == 2)
            assert "deferrals" in (await answered(ana.slash(general, "ask", question=QUESTION))).text
            assert "can't read what Discord sent" in bot.output
            assert problems_in(bot.output, await loopback.secrets(), errors=False) == []


@pytest.mark.slow
async def test_the_bot_waits_for_a_discord_that_is_down(data: Path) -> None:
    async with loopback_thread() as loopback:
        await loopback.fault("GET /users/@me", "status", status=503)
        await loopback.fault("GET /gateway/bot", "status", status=503)
        await loopback.fault("GET /gateway/", "status", status=503)
        async with running_program(loopback, data):
            general, ana = await channel_and_member(loopback)
            assert "deferrals" in (await answered(ana.slash(general, "ask", question=QUESTION))).text
            await loopback.fault("GET /gateway/", "status", status=503, times=2)
            await loopback.disturb("reconnect")
            assert "deferrals" in (await answered(ana.slash(general, "ask", question=QUESTION))).text
            stats = await loopback.stats()
            assert (stats["identifies"], stats["resumes"]) == (1, 1)
