"""What the bot promises when the network or Discord fails.

Each test is one of the faults of the table in `README.md`, laid once or a few times; `python -m tests.discord.faults`
lays them as often as the promises are counted.
"""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import discord
import pytest

from bot.cogs.ask import service
from bot.storage import server_settings
from tests.discord.harness.bots import until
from tests.discord.harness.club import QUESTION, Club, eventually, run_club
from tests.discord.harness.logs import LogWatch
from tests.discord.loopback.client import Interaction, answered, connect
from tests.discord.loopback.state.objects import Permission

CALLBACK_ROUTE = "/interactions/{interaction_id}/{interaction_token}/callback"
CALLBACK = "POST /interactions/.*/callback"
EDIT = "PATCH /webhooks/.*/@original"
POST = r"POST /channels/\{channel_id\}/messages"


async def ask(club: Club, *, age: float = 0.0) -> Interaction:
    return await club.ana.slash(club.general, "ask", question=QUESTION, age=age)


async def callbacks(club: Club) -> list[Any]:
    """Return the status of each callback, in order."""
    sent = await club.loopback.requests(CALLBACK_ROUTE)
    return [each["status"] for each in sent]


@pytest.mark.parametrize(
    "disturbance",
    [
        {"action": "reconnect"},
        {"action": "reset"},
        {"action": "close", "code": 1000},
        {"action": "close", "code": 1001},
        {"action": "close", "code": 4000},
        {"action": "invalidate", "resumable": True},
    ],
    ids=str,
)
async def test_a_question_asked_during_a_reconnect_gets_an_answer(club: Club, disturbance: dict[str, Any]) -> None:
    await club.loopback.call("disturb", **disturbance)
    assert "deferrals" in (await answered(ask(club))).text
    stats = await club.loopback.stats()
    assert (stats["identifies"], stats["resumes"]) == (1, 1)


async def test_a_failed_handshake_during_a_reconnect_loses_no_question(club: Club, log: LogWatch) -> None:
    await club.loopback.fault("GET /gateway/", "status", status=503, times=2)
    await club.loopback.disturb("reset")
    assert "deferrals" in (await answered(ask(club))).text
    stats = await club.loopback.stats()
    assert (stats["identifies"], stats["resumes"]) == (1, 1)
    told = [line for line in log.lines if line.startswith("WARNING bot.transport.gateway")]
    assert [line.count("status 503") for line in told] == [1, 1]


async def test_a_heartbeat_without_acknowledgement_leads_to_a_new_connection(
    loopback_url: str, reviews: Path, store: Path
) -> None:
    async with connect(loopback_url) as loopback:
        await loopback.settings(heartbeat_interval=0.2)
    async with run_club(loopback_url, reviews, store, heartbeat_timeout=0.5) as club:
        await club.loopback.disturb("heartbeats", acknowledged=False)
        await eventually(club.loopback.stats, lambda stats: stats["resumes"])
        await club.loopback.disturb("heartbeats", acknowledged=True)
        assert "deferrals" in (await club.ask()).text
        assert (await club.loopback.stats())["identifies"] == 1


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "status", "status": 429, "via": True, "retry_after": 0.2},
        {"kind": "status", "status": 500},
        {"kind": "status", "status": 503},
        {"kind": "status", "status": 500, "times": 2},
        {"kind": "reset"},
        {"kind": "close"},
        {"kind": "reset", "after": True},
        {"kind": "close", "after": True},
    ],
    ids=str,
)
async def test_a_failed_callback_is_sent_again_in_time(club: Club, fault: dict[str, Any]) -> None:
    await club.loopback.fault(CALLBACK, **fault)
    asked = await ask(club)
    assert "deferrals" in (await asked.answer()).text
    assert await asked.acknowledged() < 3.0


async def test_a_callback_without_a_response_is_sent_again(club: Club) -> None:
    await club.loopback.fault(CALLBACK, "silence", seconds=1.5, after=True)
    assert "deferrals" in (await answered(ask(club))).text
    await asyncio.sleep(0.5)
    assert await callbacks(club) == [0, 400]


async def test_a_callback_is_not_sent_again_after_the_deadline(loopback_url: str, reviews: Path, store: Path) -> None:
    async with run_club(loopback_url, reviews, store, expect=(10062,)) as club:
        await club.loopback.fault(CALLBACK, "status", status=500, times=None)
        await ask(club)
        await asyncio.sleep(2.8)
        tried = len(await callbacks(club))
        await asyncio.sleep(0.5)
        assert tried == len(await callbacks(club)) <= 4
        assert club.bot.delivery.counts["unacknowledged"] == 1
        assert await club.said() == []


async def test_a_429_from_outside_discord_is_not_repeated(
    loopback_url: str, reviews: Path, store: Path, log: LogWatch
) -> None:
    async with run_club(loopback_url, reviews, store, expect=(10062,)) as club:
        await club.loopback.fault(CALLBACK, "status", status=429, via=False, times=None)
        for _ in range(3):
            await ask(club)
        await asyncio.sleep(0.5)
        assert await callbacks(club) == [429, 429, 429]
        assert club.bot.delivery.counts["unacknowledged"] == 3
        assert sum("Discord answered 429" in line for line in log.lines) == 3
        # So that Discord waits for them no longer.
        await club.loopback.advance(3)


@pytest.mark.parametrize("kind", ["reset", "close"])
@pytest.mark.parametrize("after", [False, True])
async def test_an_interrupted_edit_is_sent_again(club: Club, kind: str, after: bool) -> None:
    await club.loopback.fault(EDIT, kind, after=after, times=2)
    assert "deferrals" in (await club.ask()).text


async def test_a_repeated_interaction_gets_one_callback(club: Club) -> None:
    asked = await ask(club)
    await asked.again()
    answer = await asked.answer()
    pressed = await club.ana.click(answer, "More")
    await pressed.again()
    await pressed.answer()
    await asyncio.sleep(0.2)
    assert await callbacks(club) == [200, 200]


async def test_a_question_that_is_acknowledged_too_late_is_answered_in_the_channel(
    loopback_url: str, reviews: Path, store: Path, log: LogWatch
) -> None:
    async with run_club(loopback_url, reviews, store, expect=(10062,)) as club:
        await ask(club, age=3.5)
        (text,) = await club.says("deferrals")
        assert text.startswith(f"### {QUESTION}")
        assert f"<@{club.ana.id}>" in text
        (answer,) = await club.general.messages()
        assert answer.data["pings"] == []
        assert {"More", "👍"} <= answer.buttons.keys()
        assert await callbacks(club) == [404]
        assert club.bot.delivery.counts["late"] == 1
        assert not [line for line in log.lines if line.startswith("WARNING")]


async def test_a_late_question_is_not_answered_in_the_channel_if_it_was_private_or_the_bot_may_not_write_there(
    loopback_url: str, reviews: Path, store: Path
) -> None:
    async with run_club(loopback_url, reviews, store, expect=(10062,)) as club:
        await club.ana.slash(club.general, "ask", question=QUESTION, private=True, age=3.5)
        quiet = await club.server.channel("quiet")
        await quiet.permit_bot(deny=Permission.SEND_MESSAGES)
        await club.ana.slash(quiet, "ask", question=QUESTION, age=3.5)
        await club.loopback.wait_requests("POST", CALLBACK_ROUTE, 2)
        await club.bot.in_flight.finished()
        assert await club.said() == await club.said(quiet) == []
        assert club.bot.delivery.counts["late"] == 2


async def test_nothing_of_a_question_is_done_before_its_acknowledgement(
    club: Club, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[str] = []

    def noted(place: object, name: str) -> None:
        original = getattr(place, name)

        def note(*arguments: Any, **options: Any) -> Any:
            done.append(name)
            return original(*arguments, **options)

        monkeypatch.setattr(place, name, note)

    noted(discord.InteractionResponse, "defer")
    noted(service, "question_text")
    noted(club.bot.engine, "ask")
    noted(server_settings, "load_server_settings")
    await club.ask()
    assert done[0] == "defer"
    assert set(done[1:]) == {"question_text", "ask"}


@pytest.mark.parametrize("private", [False, True])
async def test_an_answer_with_an_expired_token_is_posted_in_the_channel_unless_it_is_private(
    loopback_url: str, reviews: Path, store: Path, private: bool
) -> None:
    async with run_club(loopback_url, reviews, store, expect=(50027,)) as club:
        await club.loopback.fault(CALLBACK, "delay", seconds=0.3, after=True)
        asked = await club.ana.slash(club.general, "ask", question=QUESTION, private=private)
        await asked.acknowledged()
        await asked.expire()
        await until(lambda: club.bot.delivery.counts["expired"])
        await club.bot.in_flight.finished()
        assert ["deferrals" in text for text in await club.said()] == ([False] if private else [False, True])
        assert club.bot.delivery.counts["expired"] == 1


@pytest.mark.parametrize("missing", [Permission.SEND_MESSAGES, Permission.VIEW_CHANNEL])
async def test_the_bot_posts_nothing_where_it_lacks_the_permission(club: Club, missing: Permission) -> None:
    await club.general.permit_bot(deny=missing)
    await club.ana.mention(club.general, QUESTION)
    await asyncio.sleep(0.3)
    assert [each for each in await club.loopback.requests() if "/channels/" in each["path"]] == []
    if missing == Permission.SEND_MESSAGES:
        assert "deferrals" in (await club.ask()).text


async def test_without_the_message_history_the_answer_is_not_a_reply(club: Club) -> None:
    await club.general.permit_bot(deny=Permission.READ_MESSAGE_HISTORY | Permission.EMBED_LINKS)
    said = await club.ana.mention(club.general, QUESTION)
    answer = await club.general.answer_to(said)
    assert "deferrals" in answer.text
    assert answer.data.get("message_reference") is None


async def test_a_thread_that_refused_a_post_gets_no_other(loopback_url: str, reviews: Path, store: Path) -> None:
    async with run_club(loopback_url, reviews, store, expect=(50083, 160005)) as club:
        thread = await club.general.thread("spoilers", owner=club.ana)
        said = await club.ana.mention(thread, QUESTION)
        assert "deferrals" in (await thread.answer_to(said)).text
        await thread.set_thread(locked=True, archived=True, told=False)
        for _ in range(3):
            await club.ana.mention(thread, QUESTION)
            await asyncio.sleep(0.3)
        refused = [
            each for each in await club.loopback.requests("/channels/{channel_id}/messages") if each["status"] >= 400
        ]
        assert len(refused) == 1


async def test_a_refused_token_ends_the_bot_after_a_few_requests(loopback_url: str, reviews: Path, store: Path) -> None:
    async with run_club(loopback_url, reviews, store, expect=(401,), errors=True) as club:
        await club.loopback.call("revoke")
        for _ in range(6):
            await club.ana.mention(club.general, QUESTION)
            await asyncio.sleep(0.2)
        assert club.bot.token_refused
        assert club.bot.is_closed()
        assert (await club.loopback.stats())["invalid_requests"] <= 6


@pytest.mark.slow
async def test_an_empty_rate_limit_causes_no_429(club: Club) -> None:
    await club.loopback.settings(rate_limits=True)
    first = await club.ana.mention(club.general, QUESTION)
    await club.general.answer_to(first)
    await club.loopback.call("exhaust", method="POST", template="/channels/{channel_id}/messages", seconds=1.0)
    second = await club.ana.mention(club.general, QUESTION)
    await club.general.answer_to(second)
    said = [await club.ana.mention(club.general, QUESTION) for _ in range(8)]
    asked = await ask(club)
    assert await asked.acknowledged() < 1.0
    await asked.answer()
    await club.says(*["deferrals"] * (len(said) + 3))
    assert (await club.loopback.stats())["rate_limited"] == 0


async def test_a_global_limit_leaves_callbacks_alone(club: Club) -> None:
    await club.loopback.fault("POST /channels/.*", "status", status=429, scope_global=True, retry_after=1.5)
    await club.ana.mention(club.general, QUESTION)
    asked = await club.ana.slash(club.general, "ask", question=QUESTION)
    assert await asked.acknowledged() < 1.0
    await club.says("deferrals", "deferrals")
    assert (await club.loopback.stats())["rate_limited"] == 0


async def test_an_unknown_button_has_expired(club: Club) -> None:
    answer = await club.ask()
    channel = club.bot.get_channel(int(club.general.id))
    message = await channel.fetch_message(int(answer.id))  # type: ignore[union-attr]
    view = discord.ui.View(timeout=None)
    view.add_item(discord.ui.Button(label="Old", custom_id="of-another-age"))
    old = await channel.send(  # type: ignore[union-attr]
        "old", view=view, allowed_mentions=discord.AllowedMentions.none()
    )
    view.stop()
    seen = next(each for each in await club.general.messages() if each.id == str(old.id))
    assert "expired" in (await answered(club.ana.click(seen, "Old"))).text
    assert message.id == int(answer.id)


async def test_the_bot_ignores_bots_webhooks_and_itself(club: Club) -> None:
    room = await club.ana.dm()
    # In a direct message every message is a question, and Discord sends the bot its own messages too.
    answer = await room.answer_to(await club.ana.say(room, QUESTION))
    robot = await club.server.member("Robot", bot=True)
    await robot.mention(club.general, QUESTION)
    await club.ana.say(club.general, f"<@{club.loopback.bot_id}> {QUESTION}", webhook=True)
    await club.ana.say(club.general, "@everyone what is a deferral?")
    await asyncio.sleep(0.4)
    assert await club.said(room) == [answer.text]
    assert await club.said() == []


async def test_a_repeated_post_appears_once(club: Club) -> None:
    await club.loopback.fault(POST, "reset", after=True, times=2)
    await club.ana.mention(club.general, QUESTION)
    await club.says("deferrals")
    await asyncio.sleep(1.0)
    assert len(await club.said()) == 1


async def test_an_answer_that_discord_refuses_as_components_becomes_an_embed(club: Club) -> None:
    await club.loopback.fault(POST, "status", status=400, code=50035)
    said = await club.ana.mention(club.general, QUESTION)
    answer = await club.general.answer_to(said)
    assert "deferrals" in answer.data["embeds"][0]["description"]
    page = await answered(club.ana.pick(answer, "1 ·"))
    assert "deferrals" in page.text
    more = await answered(club.ana.click(answer, "More"))
    assert QUESTION in more.text
