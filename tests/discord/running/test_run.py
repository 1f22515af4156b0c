"""`review-bot run`, `sync` and `invite` as a member of the crew starts them: processes of their own."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from typing import Any

import pytest

from bot.app.runner import Exit
from bot.app.sync import current_digest
from bot.cli.commands.init import save_token
from bot.storage.database import Database
from bot.storage.synced_commands import save_synced_digest
from tests.discord.harness.club import QUESTION
from tests.discord.harness.logs import problems_in
from tests.discord.harness.programs import (
    PATIENCE,
    Program,
    channel_and_member,
    copied,
    exit_code_of,
    loopback_process,
    program,
)
from tests.discord.loopback.client import connect, in_a_process

SAMPLE = "MTIzNDU2Nzg5MDEyMzQ1Njc4.GabcdE.abcdefghijklmnopqrstuvwxyz0123456789AB"


async def test_the_program_answers_and_ends_in_good_order(reviews: Path, tmp_path: Path) -> None:
    async with loopback_process() as loopback:
        with program(loopback.url, copied(reviews, tmp_path), "run", token=loopback.token) as bot:
            await loopback.ready(timeout=PATIENCE)
            general, ana = await channel_and_member(loopback)
            answer = await (await ana.slash(general, "ask", question=QUESTION)).answer()
            assert "deferrals" in answer.text
            async with asyncio.timeout(PATIENCE):
                while "connected to Discord, servers: 1" not in bot.output:
                    await asyncio.sleep(0.1)
            assert "torch" not in Path(f"/proc/{bot.process.pid}/maps").read_text()
            assert await asyncio.to_thread(bot.stop) == 0
            stats = await loopback.stats()
            assert (stats["intents"], stats["command_puts"]) == ([4609], 0)
            await loopback.assert_clean()
            assert problems_in(bot.output, await loopback.secrets()) == []


async def test_what_is_under_way_is_finished_on_sigterm(reviews: Path, tmp_path: Path) -> None:
    async with loopback_process() as loopback:
        with program(loopback.url, copied(reviews, tmp_path), "run", token=loopback.token) as bot:
            await loopback.ready(timeout=PATIENCE)
            general, ana = await channel_and_member(loopback)
            await loopback.fault("PATCH /webhooks/.*", "delay", seconds=1.0, times=20)
            ids = await loopback.burst((ana, general, "ask", {"question": QUESTION}) for _ in range(20))
            assert await loopback.wait_all(ids, "acknowledged", timeout=5) == 20
            assert await asyncio.to_thread(bot.stop) == 0
            assert await loopback.wait_all(ids, "answered", timeout=1) == 20
            assert problems_in(bot.output, await loopback.secrets()) == []


async def test_more_than_can_be_answered_is_told_so_on_sigterm(reviews: Path, tmp_path: Path) -> None:
    # Those that come in the last moment find nobody.
    async with loopback_process(expect=(10062,)) as loopback:
        with program(loopback.url, copied(reviews, tmp_path), "run", token=loopback.token) as bot:
            await loopback.ready(timeout=PATIENCE)
            general, ana = await channel_and_member(loopback)
            await loopback.settings(defer_schema=True)
            stopped = asyncio.create_task(_stopped_after(bot, 1.0))
            asked = []
            while not stopped.done():
                asked.append((await ana.slash(general, "ask", question=QUESTION)).id)
                await asyncio.sleep(0.01)
            assert await stopped == 0
            heard = [each for each in await loopback.interactions(asked) if each["acknowledged_after"] is not None]
            assert heard
            assert [each for each in heard if each["answered_after"] is None] == []
            assert problems_in(bot.output, await loopback.secrets()) == []


async def _stopped_after(bot: Program, seconds: float) -> int:
    await asyncio.sleep(seconds)
    return await asyncio.to_thread(bot.stop)


@pytest.mark.parametrize("shards", [1, 2])
async def test_sigterm_ends_it_while_it_is_still_connecting(reviews: Path, tmp_path: Path, shards: int) -> None:
    async with loopback_process() as loopback:
        await loopback.settings(shards=shards)
        # The first of two shards identifies, and the second has to wait until it may.
        if shards == 1:
            await loopback.fault("GET /gateway/", "status", status=503, times=None)
        with program(loopback.url, copied(reviews, tmp_path), "run", token=loopback.token) as bot:
            while "doesn't respond" not in bot.output and not (await loopback.stats())["identifies"]:
                await asyncio.sleep(0.05)
            assert await asyncio.to_thread(bot.stop) == 0
            assert problems_in(bot.output, await loopback.secrets()) == []


async def test_no_token_is_logged_even_at_debug(reviews: Path, tmp_path: Path) -> None:
    async with loopback_process() as loopback:
        data = copied(reviews, tmp_path)
        with program(loopback.url, data, "run", token=loopback.token, errors=True, REVIEW_BOT_LOG_LEVEL="DEBUG") as bot:
            await loopback.ready(timeout=PATIENCE)
            general, ana = await channel_and_member(loopback)
            await loopback.fault("POST /interactions/.*", "status", status=429, via=True, retry_after=0.2)
            await loopback.fault("PATCH /webhooks/.*", "reset")
            answer = await (await ana.slash(general, "ask", question=QUESTION)).answer()
            await (await ana.click(answer, "Read 1 in context")).answer()
            await general.answer_to(await ana.mention(general, QUESTION))
            await asyncio.to_thread(bot.stop)
            assert "INTERACTION_CREATE" in bot.output
            assert problems_in(bot.output, await loopback.secrets(), errors=False) == []


async def test_an_old_button_works_after_a_restart(reviews: Path, tmp_path: Path) -> None:
    async with loopback_process() as loopback:
        data = copied(reviews, tmp_path)
        with program(loopback.url, data, "run", token=loopback.token) as bot:
            await loopback.ready(timeout=PATIENCE)
            general, ana = await channel_and_member(loopback)
            answer = await (await ana.slash(general, "ask", question=QUESTION)).answer()
            await asyncio.to_thread(bot.stop)
            output = bot.output
        with program(loopback.url, data, "run", token=loopback.token) as bot:
            await loopback.ready(timeout=PATIENCE, identifies=2)
            page = await (await ana.click(answer, "Read 1 in context")).answer()
            assert page.ephemeral
            assert "there are no deferrals" in page.text
            more = await (await ana.click(answer, "More passages")).answer()
            assert QUESTION in more.text
            said = await ana.say(general, "who tells them?", reply_to=answer)
            assert "Never Let Me Go" in (await general.answer_to(said)).text
            assert await asyncio.to_thread(bot.stop) == 0
            assert (await loopback.stats())["command_puts"] == 0
            assert problems_in(output + bot.output, await loopback.secrets()) == []


async def test_a_new_review_is_answered_from_without_a_restart(reviews: Path, tmp_path: Path) -> None:
    async with loopback_process() as loopback:
        data = copied(reviews, tmp_path)
        with program(loopback.url, data, "run", token=loopback.token) as bot:
            await loopback.ready(timeout=PATIENCE)
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
            assert await asyncio.to_thread(bot.stop) == 0
            assert problems_in(bot.output, await loopback.secrets()) == []


async def test_what_keeps_the_bot_from_starting_is_one_line_and_a_code_of_its_own(
    reviews: Path, tmp_path: Path
) -> None:
    empty = tmp_path / "empty"
    (empty / "reviews").mkdir(parents=True)
    async with loopback_process(expect=(401,)) as loopback:
        with program(loopback.url, reviews, "run", token=None) as bot:
            assert await exit_code_of(bot) == Exit.SETTINGS
            assert "DISCORD_TOKEN" in bot.output
        with program(loopback.url, reviews, "run", token="not a token") as bot:
            assert await exit_code_of(bot) == Exit.SETTINGS
        with program(loopback.url, empty, "run", token=loopback.token) as bot:
            assert await exit_code_of(bot) == Exit.NO_INDEX
            assert bot.output.splitlines()[-1].endswith(f"Run `review-bot index --data {empty}`.")
        with program(loopback.url, reviews, "run", token=SAMPLE) as bot:
            assert await exit_code_of(bot) == Exit.TOKEN_REFUSED
            assert "refuses the token" in bot.output
        assert (await loopback.stats())["identifies"] == 0


async def test_a_second_bot_on_the_same_folder_ends_until_the_first_has_ended_however_it_did(
    reviews: Path, tmp_path: Path
) -> None:
    data = copied(reviews, tmp_path)
    async with loopback_process() as loopback:
        with program(loopback.url, data, "run", token=loopback.token) as first:
            await loopback.ready(timeout=PATIENCE)
            with program(loopback.url, data, "run", token=loopback.token) as second:
                assert await exit_code_of(second) == Exit.RUNNING
                assert second.output == f"{data}: Another review-bot uses this folder. Stop it first.\n"
            first.process.kill()
            await exit_code_of(first)
        with program(loopback.url, data, "run", token=loopback.token) as third:
            while (await loopback.stats())["identifies"] < 2:
                assert third.process.poll() is None, third.output
                await asyncio.sleep(0.05)
            await loopback.ready(timeout=PATIENCE)
            assert await asyncio.to_thread(third.stop) == 0


async def test_the_commands_are_put_when_they_have_changed_and_only_then(reviews: Path, tmp_path: Path) -> None:
    data = copied(reviews, tmp_path)
    with in_a_process() as url:
        async with connect(url) as loopback:
            await loopback.fault("PUT /applications/.*", "status", status=503)
            for said in ("up to date", "not changed"):
                with program(url, data, "sync", token=loopback.token) as bot:
                    assert await exit_code_of(bot) == 0
                    assert said in bot.output
                    assert ("can't reach Discord (status 503)" in bot.output) is (said == "up to date")
            assert [each["status"] for each in await loopback.requests() if each["method"] == "PUT"] == [503, 200]
            names = {each["name"] for each in await loopback.call("commands")}
            assert {"ask", "section", "sections", "reviews", "help", "review", "Ask the reviews about this"} <= names
            await loopback.assert_clean()


async def test_the_commands_of_one_server_are_taken_out_again(reviews: Path, tmp_path: Path) -> None:
    data = copied(reviews, tmp_path)
    with in_a_process() as url:
        async with connect(url) as loopback:
            server = await loopback.server("Film Club")

            async def synced(*options: str) -> str:
                with program(url, data, "sync", *options, token=loopback.token) as bot:
                    assert await exit_code_of(bot) == 0, bot.output
                    return bot.output

            async def known() -> tuple[int, int]:
                return len(await loopback.call("commands")), len(await loopback.call("commands", guild=server.id))

            await synced()
            number, _ = await known()
            assert f"`review-bot sync --guild {server.id} --remove --data {data}`" in await synced("--guild", server.id)
            assert await known() == (number, number)
            assert "removed" in await synced("--guild", server.id, "--remove")
            assert await known() == (number, 0)
            assert "up to date" in await synced("--guild", server.id)
            assert await known() == (number, number)
            await loopback.assert_clean()


async def test_commands_that_discord_has_lost_are_put_again_by_force(reviews: Path, tmp_path: Path) -> None:
    data = copied(reviews, tmp_path)
    with in_a_process() as url:
        async with connect(url) as loopback:
            for options, said, put in (((), "up to date", 1), ((), "--force", 1), (("--force",), "up to date", 2)):
                with program(url, data, "sync", *options, token=loopback.token) as bot:
                    assert await exit_code_of(bot) == 0
                    assert said in bot.output
                assert (await loopback.stats())["command_puts"] == put
            await loopback.assert_clean()


async def test_what_keeps_sync_from_a_server_is_one_line_that_says_what_to_do(reviews: Path, tmp_path: Path) -> None:
    data = copied(reviews, tmp_path)
    with in_a_process() as url:
        async with connect(url) as loopback:
            server = await loopback.server("Elsewhere", bot=False)
            for options in ((), ("--remove",)):
                with program(url, data, "sync", "--guild", server.id, *options, token=loopback.token) as bot:
                    assert await exit_code_of(bot) == 1
                    assert bot.output.splitlines()[-1] == (
                        f"The bot is not in server {server.id}, so it can't have commands there. "
                        f"`review-bot invite --data {data}` prints the link that adds it."
                    )
            with program(url, data, "sync", "--remove", token=loopback.token) as bot:
                assert await exit_code_of(bot) == 2
                assert "--guild" in bot.output
            await loopback.assert_clean(expect=(50001,))


async def test_a_start_tells_of_commands_that_discord_does_not_know(reviews: Path, tmp_path: Path) -> None:
    data = copied(reviews, tmp_path)
    async with loopback_process() as loopback:

        async def said(session: int) -> str:
            with program(loopback.url, data, "run", token=loopback.token) as bot:
                await loopback.ready(timeout=PATIENCE, identifies=session)
                assert await asyncio.to_thread(bot.stop) == 0
                return bot.output

        assert "Discord doesn't know the commands, run `review-bot sync`" in await said(1)
        with Database(data / "bot.sqlite3") as store:
            save_synced_digest(store, "an earlier one")
        assert "the commands have changed since the last sync, run `review-bot sync`" in await said(2)
        with Database(data / "bot.sqlite3") as store:
            save_synced_digest(store, await current_digest(loopback.token))
        assert "review-bot sync" not in await said(3)


async def test_setting_up_leaves_a_bot_that_the_doctor_finds_well(reviews: Path, tmp_path: Path) -> None:
    data = copied(reviews, tmp_path)
    with in_a_process() as url:
        async with connect(url) as loopback:
            with program(url, data, "init", token=None, typed=f"{loopback.token}\n\n") as setting_up:
                assert await exit_code_of(setting_up) == 0
                assert "Commands: up to date." in setting_up.output
                assert loopback.token not in setting_up.output
            with program(url, data, "doctor", "--online", token=None) as doctor:
                assert await exit_code_of(doctor) == 0, doctor.output
                assert "accepted by Discord as" in doctor.output
            assert [each["method"] for each in await loopback.requests()].count("PUT") == 1
            with program(url, data, "doctor", "--online", token=SAMPLE) as doctor:
                assert await exit_code_of(doctor) == 1
                assert "Discord refuses the token" in doctor.output
            with program("http://127.0.0.1:9", data, "doctor", "--online", token=None) as doctor:
                assert await exit_code_of(doctor) == 1
                assert "Discord can't be reached" in doctor.output
            await loopback.assert_clean(expect=(401,))


async def test_a_token_that_works_is_given_up_only_for_one_that_discord_takes(reviews: Path, tmp_path: Path) -> None:
    data = copied(reviews, tmp_path)
    async with loopback_process(expect=(401,)) as loopback:
        save_token(loopback.token, data)
        with program(loopback.url, data, "init", token=None, typed=f"y\n{SAMPLE}\n\nn\n") as again:
            assert await exit_code_of(again) == 0
            assert "Discord refuses the token" in again.output
            assert f"Token: the old one stays, in {data}/token." in again.output
        save_token(SAMPLE, data)
        with program(loopback.url, data, "init", token=None, typed=f"y\n{loopback.token}\nn\n") as again:
            assert await exit_code_of(again) == 0
        assert (data / "token").read_text(encoding="utf-8") == f"{loopback.token}\n"


@pytest.mark.slow
async def test_ten_restarts_in_a_row_put_no_command(reviews: Path, tmp_path: Path) -> None:
    data = copied(reviews, tmp_path)
    with in_a_process() as url:
        async with connect(url) as loopback:
            with program(url, data, "sync", token=loopback.token) as bot:
                assert await exit_code_of(bot) == 0
            general, ana = await channel_and_member(loopback)
            for start in range(1, 11):
                with program(url, data, "run", token=loopback.token) as bot:
                    await loopback.ready(timeout=PATIENCE, identifies=start)
                    answer = await (await ana.slash(general, "ask", question=QUESTION)).answer()
                    assert "deferrals" in answer.text
                    assert await asyncio.to_thread(bot.stop) == 0
                    assert problems_in(bot.output, await loopback.secrets()) == []
                with program(url, data, "sync", token=loopback.token) as bot:
                    assert await exit_code_of(bot) == 0
                    assert "not changed" in bot.output
            stats = await loopback.stats()
            assert (stats["command_puts"], stats["intents"]) == (1, [4609] * 10)
            assert [each["path"] for each in await loopback.requests() if each["method"] == "PUT"] == [
                f"/applications/{loopback.bot_id}/commands"
            ]
            await loopback.assert_clean()


@pytest.mark.parametrize("command", ["invite", "run", "sync"])
async def test_a_token_that_names_no_application_is_a_wrong_setting(reviews: Path, command: str) -> None:
    with program("http://127.0.0.1:9", reviews, command, token=SAMPLE.replace("MTIz", "xxxx")) as bot:
        assert await exit_code_of(bot) == Exit.SETTINGS
        assert bot.output.splitlines()[-1].startswith("The token names no application")


async def test_the_invitation_asks_for_little(reviews: Path) -> None:
    with program("http://127.0.0.1:9", reviews, "invite", token=SAMPLE) as bot:
        assert await exit_code_of(bot) == 0
        assert bot.output == (
            "https://discord.com/oauth2/authorize?client_id=123456789012345678"
            "&scope=bot+applications.commands&permissions=274877991936\n"
        )


@pytest.mark.parametrize(
    ("disturbance", "code", "said"),
    [
        ({"action": "close", "code": 4004}, Exit.TOKEN_REFUSED, "refuses the token"),
        ({"action": "close", "code": 4014}, Exit.INTENTS_REFUSED, "intents"),
        ({"action": "event", "name": "MESSAGE_CREATE", "data": {}}, Exit.CONNECTION, "can't read what Discord sent"),
        ({"action": "raw", "hex": "00ff"}, Exit.CONNECTION, "can't read what Discord sent"),
    ],
    ids=str,
)
async def test_what_ends_the_connection_for_good_ends_the_program(
    reviews: Path, tmp_path: Path, disturbance: dict[str, Any], code: Exit, said: str
) -> None:
    async with loopback_process() as loopback:
        with program(loopback.url, copied(reviews, tmp_path), "run", token=loopback.token, errors=True) as bot:
            await loopback.ready(timeout=PATIENCE)
            await loopback.disturb(**disturbance)
            assert await exit_code_of(bot) == code
            assert said in bot.output.splitlines()[-1]
            assert problems_in(bot.output, await loopback.secrets(), errors=False) == []
            assert (await loopback.stats())["identifies"] == 1


async def test_a_discord_that_is_out_of_order_is_waited_for(reviews: Path, tmp_path: Path) -> None:
    async with loopback_process() as loopback:
        await loopback.fault("GET /users/@me", "status", status=503)
        await loopback.fault("GET /gateway/bot", "status", status=503)
        await loopback.fault("GET /gateway/", "status", status=503)
        with program(loopback.url, copied(reviews, tmp_path), "run", token=loopback.token) as bot:
            await loopback.ready(timeout=PATIENCE)
            general, ana = await channel_and_member(loopback)
            assert "deferrals" in (await (await ana.slash(general, "ask", question=QUESTION)).answer()).text
            await loopback.fault("GET /gateway/", "status", status=503, times=2)
            await loopback.disturb("reconnect")
            assert "deferrals" in (await (await ana.slash(general, "ask", question=QUESTION)).answer()).text
            stats = await loopback.stats()
            assert (stats["identifies"], stats["resumes"]) == (1, 1)
            assert await asyncio.to_thread(bot.stop) == 0
            assert problems_in(bot.output, await loopback.secrets()) == []
