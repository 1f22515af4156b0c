"""Faults strike as they are laid: what the unmodified discord.py makes of them is seen here."""

from __future__ import annotations

import asyncio
import logging

import aiohttp
import discord
import pytest

from tests.discord.harness.bots import Small, at, echoing, running
from tests.discord.harness.logs import watch
from tests.discord.loopback.client import Channel, Discord, Person, reach

QUESTION = "What is a deferral?"
CALLBACK = "POST /interactions/.*/callback"
EDIT = "PATCH /webhooks/.*/@original"


async def _ana(there: Discord) -> tuple[Person, Channel]:
    club = await there.server()
    return await club.member("Ana"), await club.channel()


async def _answered(ana: Person, general: Channel) -> bool:
    asked = await ana.slash(general, "ask", question=QUESTION)
    return (await asked.answer()).text == f"You asked: {QUESTION}"


@pytest.mark.parametrize("action", ["reconnect", "reset"])
async def test_a_question_asked_while_the_bot_is_away_is_replayed(loopback_url: str, action: str) -> None:
    async with at(loopback_url, echoing()) as there:
        ana, general = await _ana(there)
        await there.disturb(action)
        assert await _answered(ana, general)
        stats = await there.stats()
        assert (stats["identifies"], stats["resumes"]) == (1, 1)
        await there.assert_clean()


@pytest.mark.parametrize("code", [1000, 1001, 4000])
async def test_a_closed_connection_is_resumed(loopback_url: str, code: int) -> None:
    async with at(loopback_url, echoing()) as there:
        ana, general = await _ana(there)
        await there.disturb("close", code=code)
        assert await _answered(ana, general)
        assert (await there.stats())["identifies"] == 1
        await there.assert_clean()


class Hasty(Small):
    """A bot without discord.py's five seconds before a second IDENTIFY, which are not what is tested."""

    async def before_identify_hook(self, shard_id: int | None, *, initial: bool = False) -> None:
        """Identify at once."""


@pytest.mark.parametrize("how", [{"action": "invalidate", "resumable": False}, {"action": "close", "code": 4009}])
async def test_a_lost_session_is_begun_anew(loopback_url: str, how: dict[str, object]) -> None:
    bot = Hasty()
    async with at(loopback_url, bot) as there:
        ana, general = await _ana(there)
        await there.call("disturb", **how)
        await there.ready(identifies=2)
        await ana.mention(general, QUESTION)
        async with asyncio.timeout(5):
            while not bot.heard:
                await asyncio.sleep(0.01)
        assert (await there.stats())["identifies"] == 2


async def test_an_invalid_session_that_may_be_resumed_is_resumed(loopback_url: str) -> None:
    async with at(loopback_url, echoing()) as there:
        ana, general = await _ana(there)
        await there.disturb("invalidate", resumable=True)
        assert await _answered(ana, general)
        stats = await there.stats()
        assert (stats["identifies"], stats["resumes"]) == (1, 1)


async def test_a_heartbeat_without_acknowledgement_ends_the_connection(loopback_url: str) -> None:
    async with reach(loopback_url) as there:
        await there.settings(heartbeat_interval=0.2)
    async with at(loopback_url, echoing(heartbeat_timeout=0.5)) as there:
        ana, general = await _ana(there)
        await there.disturb("heartbeats", acknowledged=False)
        async with asyncio.timeout(5):
            while (await there.stats())["resumes"] == 0:
                await asyncio.sleep(0.05)
        await there.disturb("heartbeats", acknowledged=True)
        assert await _answered(ana, general)


@pytest.mark.parametrize(
    "how", [{"action": "event", "name": "MESSAGE_CREATE", "data": {}}, {"action": "raw", "hex": "0011223344"}]
)
async def test_a_malformed_event_or_frame_kills_the_client(loopback_url: str, how: dict[str, object]) -> None:
    async with reach(loopback_url) as there, running(echoing(), there) as task:
        await there.call("disturb", **how)
        async with asyncio.timeout(5):
            with pytest.raises(Exception) as error:  # noqa: PT011  # whichever the client dies of
                await task
        assert not isinstance(error.value, TimeoutError)


async def test_a_refused_token_ends_the_bot(loopback_url: str) -> None:
    async with reach(loopback_url) as there:
        there.about["token"] = "wrong"
        with pytest.raises(discord.LoginFailure):
            async with running(echoing(), there):
                pass


async def test_an_intent_that_is_not_granted_ends_the_bot(loopback_url: str) -> None:
    async with reach(loopback_url) as there:
        with pytest.raises(discord.PrivilegedIntentsRequired):
            async with running(Small(intents=discord.Intents.all()), there):
                pass


@pytest.mark.parametrize("route", ["GET /users/@me", "PUT /applications/.*"])
async def test_a_503_at_the_start_is_injected(loopback_url: str, route: str) -> None:
    async with reach(loopback_url) as there:
        await there.fault(route, "status", status=503)
        with pytest.raises(discord.DiscordServerError):
            async with running(echoing(), there):
                pass
        await there.assert_clean()


async def test_the_gateways_handshake_can_fail(loopback_url: str) -> None:
    async with reach(loopback_url) as there:
        await there.fault("GET /gateway/", "status", status=503)
        # aiohttp repeats a GET once where its connection was kept alive.
        await there.fault("GET /gateway/", "reset", times=2)
        with pytest.raises(aiohttp.WSServerHandshakeError, match="503"):
            await there.http.ws_connect(there.gateway)
        with pytest.raises(aiohttp.ClientOSError):
            await there.http.ws_connect(there.gateway)
        async with there.http.ws_connect(there.gateway) as ws:
            assert (await ws.receive_json())["op"] == 10


@pytest.mark.parametrize(
    ("how", "tries"),
    [
        ({"status": 429, "via": True, "retry_after": 0.1}, 2),
        ({"status": 500}, 2),
        ({"status": 503}, 2),
    ],
)
async def test_discordpy_retries_an_answer_that_asks_for_it(
    loopback_url: str, how: dict[str, object], tries: int
) -> None:
    async with at(loopback_url, echoing()) as there:
        ana, general = await _ana(there)
        await there.fault(CALLBACK, "status", **how)
        assert await _answered(ana, general)
        found = await there.requests("/interactions/{interaction_id}/{interaction_token}/callback")
        assert [(each["status"], each["injected"]) for each in found] == [(how["status"], True), (200, False)]
        assert len(found) == tries
        await there.assert_clean()


async def test_a_429_without_via_is_not_retried(loopback_url: str) -> None:
    async with at(loopback_url, echoing()) as there:
        ana, general = await _ana(there)
        await there.fault(CALLBACK, "status", status=429, via=False)
        asked = await ana.slash(general, "ask", question=QUESTION)
        with pytest.raises(AssertionError, match="did not respond"):
            await asked.acknowledged(timeout=1)
        assert (await asked.now())["attempts"] == 0


@pytest.mark.parametrize("kind", ["reset", "close"])
@pytest.mark.parametrize("after", [False, True])
async def test_a_broken_callback_is_lost_on_discordpy(loopback_url: str, kind: str, after: bool) -> None:
    async with at(loopback_url, echoing()) as there:
        ana, general = await _ana(there)
        await there.fault(CALLBACK, kind, after=after)
        asked = await ana.slash(general, "ask", question=QUESTION)
        await there.call(
            "wait_requests",
            method="POST",
            template="/interactions/{interaction_id}/{interaction_token}/callback",
            count=1,
            timeout=5,
        )
        state = await asked.now()
        assert (state["attempts"], state["acknowledged_after"] is not None) == ((1, True) if after else (0, False))


async def test_a_retry_after_a_lost_response_is_excused(loopback_url: str) -> None:
    bot = Small()
    codes = []

    @bot.tree.command(description="Ask")
    async def ask(interaction: discord.Interaction) -> None:
        try:
            await interaction.response.defer()
        except aiohttp.ClientError:
            try:
                await interaction.response.defer()
            except discord.HTTPException as error:
                codes.append(error.code)
        await interaction.edit_original_response(content="Here")

    async with at(loopback_url, bot) as there:
        ana, general = await _ana(there)
        await there.fault(CALLBACK, "reset", after=True)
        asked = await ana.slash(general, "ask")
        assert (await asked.answer()).text == "Here"
        assert codes == [40060]
        await there.assert_clean()


async def test_a_delay_and_a_silence_take_their_time(loopback_url: str) -> None:
    async with at(loopback_url, echoing()) as there:
        ana, general = await _ana(there)
        await there.fault(CALLBACK, "delay", seconds=0.3)
        await there.fault(EDIT, "silence", seconds=0.2, after=True)
        asked = await ana.slash(general, "ask", question=QUESTION)
        assert (await asked.answer()).text == f"You asked: {QUESTION}"
        state = await asked.now()
        assert state["answered_after"] - state["acknowledged_after"] > 0.25


async def test_a_fault_strikes_as_often_as_it_was_laid(loopback_url: str) -> None:
    async with reach(loopback_url) as there:
        await there.fault("GET /gateway", "status", status=502, skip=1, times=2)
        seen = []
        for _ in range(4):
            async with there.http.get(f"{there.api}/gateway") as response:
                seen.append(response.status)
        assert seen == [200, 502, 502, 200]
        await there.assert_clean()


async def test_an_expired_token_refuses_the_answer(loopback_url: str) -> None:
    bot = Small()

    @bot.tree.command(description="Ask")
    async def ask(interaction: discord.Interaction) -> None:
        await interaction.response.defer()
        await asyncio.sleep(0.2)
        await interaction.edit_original_response(content="Late")

    async with at(loopback_url, bot) as there:
        ana, general = await _ana(there)
        asked = await ana.slash(general, "ask")
        await asked.acknowledged()
        await asked.expire()
        async with asyncio.timeout(5):
            while not any(each["code"] == 50027 for each in await there.requests()):
                await asyncio.sleep(0.02)
        assert (await asked.now())["thinking"]


async def test_a_revoked_token_is_refused_everywhere_and_counted(loopback_url: str) -> None:
    bot = Small()
    async with at(loopback_url, bot) as there:
        _, general = await _ana(there)
        await there.call("revoke")
        for _ in range(3):
            with pytest.raises(discord.HTTPException, match="401"):
                await bot.get_partial_messageable(int(general.id)).send("x")
        assert (await there.stats())["invalid_requests"] == 3


async def test_an_exhausted_bucket_makes_the_client_wait(loopback_url: str) -> None:
    bot = Small()
    async with at(loopback_url, bot) as there:
        _, general = await _ana(there)
        channel = bot.get_partial_messageable(int(general.id))
        await channel.send("1")
        await there.call("exhaust", method="POST", template="/channels/{channel_id}/messages", seconds=0.5)
        begun = asyncio.get_running_loop().time()
        await channel.send("2")
        await channel.send("3")
        assert asyncio.get_running_loop().time() - begun > 0.4
        await there.assert_clean()


async def test_a_global_429_holds_everything_back(loopback_url: str) -> None:
    bot = Small()
    with watch(logging.WARNING) as log:
        async with at(loopback_url, bot) as there:
            _, general = await _ana(there)
            await there.fault("POST /channels/.*", "status", status=429, scope_global=True, retry_after=0.3)
            await bot.get_partial_messageable(int(general.id)).send("x")
            await there.assert_clean()
    assert any("Global rate limit has been hit" in line for line in log.lines)


async def test_frames_can_be_held_back(loopback_url: str) -> None:
    async with at(loopback_url, echoing()) as there:
        ana, general = await _ana(there)
        await there.disturb("delay", seconds=0.3)
        asked = await ana.slash(general, "ask", question=QUESTION)
        assert await asked.acknowledged() > 0.25
