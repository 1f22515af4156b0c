"""The loopback Discord keeps Discord's truth, as small bots on the real discord.py see it."""

from __future__ import annotations

import asyncio
import io
import json
import zlib
from typing import Any

import aiohttp
import discord
import pytest
import yarl
import zstandard
from discord import app_commands, ui

from tests.discord.harness.bots import INTENTS, Small, at, echoing
from tests.discord.harness.logs import LogWatch
from tests.discord.loopback.client import RefusedError, reach
from tests.discord.loopback.state.world import BOT, EVERYONE, Permission

QUESTION = "What is a deferral?"


async def test_a_question_is_acknowledged_and_answered(loopback_url: str, log: LogWatch) -> None:
    async with at(loopback_url, echoing()) as there:
        club = await there.server()
        general = await club.channel()
        ana = await club.member("Ana")
        asked = await ana.slash(general, "ask", question=QUESTION)
        assert await asked.acknowledged() < 3
        assert (await asked.answer()).text == f"You asked: {QUESTION}"
        await there.assert_clean()
        log.assert_clean(await there.secrets())


async def test_an_ephemeral_answer_is_seen_by_the_asker_alone(loopback_url: str) -> None:
    bot = echoing()
    async with at(loopback_url, bot) as there:
        club = await there.server()
        general = await club.channel()
        ana, ben = await club.member("Ana"), await club.member("Ben")
        answer = await (await ana.slash(general, "ask", question=QUESTION, private=True)).answer()
        assert (answer.ephemeral, answer.data["visible_to"]) == (True, ana.id)
        with pytest.raises(discord.NotFound, match="10008"):
            await bot.get_partial_messageable(int(general.id)).fetch_message(int(answer.id))
        with pytest.raises(RefusedError, match="can't see"):
            await ben.click(answer, "anything")
        assert bot.heard == []
        await there.assert_clean(expect=[10008])


class Panel(ui.View):
    """A button, a select and a modal, as persistent as the bot's own will be."""

    def __init__(self) -> None:
        super().__init__(timeout=None)

    @ui.button(label="Share", custom_id="share")
    async def share(self, interaction: discord.Interaction, _: ui.Button[Panel]) -> None:
        await interaction.response.send_message("Shared", ephemeral=True)

    @ui.button(label="Ask a follow-up", custom_id="follow")
    async def follow(self, interaction: discord.Interaction, _: ui.Button[Panel]) -> None:
        await interaction.response.send_modal(FollowUp())

    @ui.button(label="Gone", custom_id="gone", disabled=True)
    async def gone(self, interaction: discord.Interaction, _: ui.Button[Panel]) -> None:
        await interaction.response.defer()

    @ui.button(label="Edit", custom_id="edit")
    async def edit(self, interaction: discord.Interaction, _: ui.Button[Panel]) -> None:
        await interaction.response.edit_message(content="Edited", view=None)

    @ui.select(custom_id="pick", options=[discord.SelectOption(label="One"), discord.SelectOption(label="Two")])
    async def pick(self, interaction: discord.Interaction, chosen: ui.Select[Panel]) -> None:
        await interaction.response.send_message(f"Picked {chosen.values}")


class FollowUp(ui.Modal, title="Ask a follow-up"):
    """One field."""

    question = ui.Label[Any](text="Question", component=ui.TextInput(custom_id="q", min_length=3, max_length=300))

    async def on_submit(self, interaction: discord.Interaction) -> None:
        assert isinstance(self.question.component, ui.TextInput)
        await interaction.response.send_message(f"Follow-up: {self.question.component.value}")


def panelled() -> Small:
    bot = Small()

    @bot.tree.command(description="Open the panel")
    async def panel(interaction: discord.Interaction) -> None:
        await interaction.response.send_message("Here", view=Panel())

    return bot


async def test_a_member_clicks_chooses_and_submits(loopback_url: str, log: LogWatch) -> None:
    async with at(loopback_url, panelled()) as there:
        club = await there.server()
        general = await club.channel()
        ana = await club.member("Ana")
        panel = await (await ana.slash(general, "panel")).answer()
        assert list(panel.buttons) == ["Share", "Ask a follow-up", "Gone", "Edit"]
        assert (await (await ana.click(panel, "Share")).answer()).text == "Shared"
        assert (await (await ana.choose(panel, "pick", "Two")).answer()).text == "Picked ['Two']"
        opened = await ana.click(panel, "follow")
        assert (await opened.modal())["title"] == "Ask a follow-up"
        sent = await ana.submit(opened, q="and who plays her?")
        assert (await sent.answer()).text == "Follow-up: and who plays her?"
        await (await ana.click(panel, "Edit")).acknowledged()
        edited = await panel.now()
        assert edited is not None
        assert (edited.text, edited.buttons) == ("Edited", {})
        await there.assert_clean()
        log.assert_clean(await there.secrets())


async def test_what_discords_client_does_not_offer_is_refused(loopback_url: str) -> None:
    async with at(loopback_url, panelled()) as there:
        club = await there.server()
        general = await club.channel()
        ana = await club.member("Ana")
        panel = await (await ana.slash(general, "panel")).answer()
        opened = await ana.click(panel, "follow")
        await opened.modal()
        stranger = await there.person("Stranger")
        for attempt, why in [
            (ana.slash(general, "missing"), "sees no command"),
            (ana.slash(general, "panel", question="x"), "has no option"),
            (ana.slash(await ana.dm(), "panel", age=0), None),
            (ana.click(panel, "Gone"), "disabled"),
            (ana.click(panel, "Nothing"), "nothing there"),
            (ana.choose(panel, "pick", "Three"), "doesn't offer"),
            (ana.submit(opened, q="x"), "takes 3 to 300"),
            (ana.submit(opened, other="x"), "has no field"),
            (stranger.slash(general, "panel"), "not in that server"),
        ]:
            if why is None:
                await (await attempt).answer()
                continue
            with pytest.raises(RefusedError, match=why):
                await attempt
        await there.assert_clean()


async def test_autocomplete_offers_what_the_bot_finds(loopback_url: str) -> None:
    bot = Small()

    @bot.tree.command(description="Look up a section")
    async def section(interaction: discord.Interaction, review: str, heading: str) -> None:
        await interaction.response.send_message(f"{review}/{heading}")

    @section.autocomplete("heading")
    async def headings(interaction: discord.Interaction, current: str) -> list[app_commands.Choice[str]]:
        return [app_commands.Choice(name=f"{interaction.namespace.review}: {current}", value=current)]

    async with at(loopback_url, bot) as there:
        club = await there.server()
        general = await club.channel()
        ana = await club.member("Ana")
        typed = await ana.autocomplete(general, "section", "heading", review="never", heading="do")
        assert await typed.choices() == [{"name": "never: do", "value": "do"}]
        with pytest.raises(RefusedError, match="no autocomplete"):
            await ana.autocomplete(general, "section", "review", review="n")
        with pytest.raises(RefusedError, match="is required"):
            await ana.slash(general, "section", review="n")
        await there.assert_clean()


async def test_a_context_menu_brings_the_whole_message(loopback_url: str) -> None:
    bot = Small()

    @bot.tree.context_menu(name="Ask the reviews about this")
    async def about(interaction: discord.Interaction, message: discord.Message) -> None:
        await interaction.response.send_message(f"{message.author.name}: {message.content}")

    async with at(loopback_url, bot) as there:
        club = await there.server()
        general = await club.channel()
        ana, ben = await club.member("Ana"), await club.member("Ben")
        said = await ben.say(general, "Is it a love story?")
        asked = await ana.menu(said, "Ask the reviews about this")
        assert (await asked.answer()).text == "ben: Is it a love story?"
        assert [each.content for each in bot.heard if each.author.name == "ben"] == [""]
        await there.assert_clean()


async def test_sub_commands_and_people_as_options_arrive(loopback_url: str) -> None:
    bot = Small()
    settings = app_commands.Group(name="settings", description="Settings", default_permissions=discord.Permissions(32))

    @settings.command(description="Show")
    async def show(interaction: discord.Interaction, who: discord.Member, where: discord.TextChannel) -> None:
        await interaction.response.send_message(f"{who.name} in {where.name}")

    bot.tree.add_command(settings)
    async with at(loopback_url, bot) as there:
        club = await there.server()
        general = await club.channel("general")
        ana, ben = await club.member("Ana", manager=True), await club.member("Ben")
        asked = await ana.slash(general, "settings show", who=ben.id, where=general.id)
        assert (await asked.answer()).text == "ben in general"
        with pytest.raises(RefusedError, match="lacks the permissions"):
            await ben.slash(general, "settings show", who=ben.id, where=general.id)
        await there.assert_clean()


async def test_content_is_blank_unless_it_is_meant_for_the_bot(loopback_url: str) -> None:
    bot = Small()
    async with at(loopback_url, bot) as there:
        club = await there.server()
        general = await club.channel()
        ana, ben = await club.member("Ana"), await club.member("Ben")
        channel = bot.get_partial_messageable(int(general.id))
        own = await channel.send("An answer")
        answer = next(each for each in await general.messages() if each.id == str(own.id))
        await ana.say(general, "nobody in particular")
        await ana.mention(general, QUESTION)
        await ana.say(general, "a reply that pings", reply_to=answer)
        quiet = await ana.say(general, "a reply that doesn't", reply_to=answer, ping=False)
        await ben.say(general, "to each other", reply_to=quiet)
        await ana.say(await ana.dm(), "in private")
        thread = await general.thread("Later", ana)
        await ana.mention(thread, "in a thread")
        await _heard(bot, 8)
        assert [each.content for each in bot.heard] == [
            "An answer",
            "",
            f"<@{there.bot_id}> {QUESTION}",
            "a reply that pings",
            "",
            "",
            "in private",
            f"<@{there.bot_id}> in a thread",
        ]
        by_rest = [each.content async for each in channel.history(oldest_first=True)]
        assert by_rest == [each.content for each in bot.heard[:6]]
        await there.assert_clean()


async def test_content_is_whole_with_the_privileged_intent(loopback_url: str) -> None:
    intents = discord.Intents(guilds=True, guild_messages=True, message_content=True)
    bot = Small(intents=intents)
    async with reach(loopback_url) as there:
        await there.settings(granted_intents=intents.value)
    async with at(loopback_url, bot) as there:
        club = await there.server()
        general = await club.channel()
        ana = await club.member("Ana")
        await ana.say(general, "nobody in particular")
        await _heard(bot, 1)
        assert bot.heard[0].content == "nobody in particular"


async def _heard(bot: Small, count: int) -> None:
    async with asyncio.timeout(5):
        while len(bot.heard) < count:
            await asyncio.sleep(0.01)


async def test_members_edit_and_delete_and_the_bot_hears_of_it(loopback_url: str) -> None:
    bot = Small()
    async with at(loopback_url, bot) as there:
        club = await there.server()
        general = await club.channel()
        ana = await club.member("Ana")
        said = await ana.mention(general, "one")
        await _heard(bot, 1)
        await ana.edit(said, f"<@{there.bot_id}> two")
        await ana.delete(said)
        async with asyncio.timeout(5):
            while not bot.deleted:
                await asyncio.sleep(0.01)
        assert (bot.edited, bot.deleted) == ([f"<@{there.bot_id}> two"], [int(said.id)])


async def test_messages_of_webhooks_and_bots_are_marked_as_such(loopback_url: str) -> None:
    bot = Small()
    async with at(loopback_url, bot) as there:
        club = await there.server()
        general = await club.channel()
        ana, robot = await club.member("Ana"), await club.member("Robot", bot=True)
        await ana.say(general, f"<@{there.bot_id}> by webhook", webhook=True)
        await robot.mention(general, "by a bot")
        await _heard(bot, 2)
        assert [(each.webhook_id is not None, each.author.bot) for each in bot.heard] == [(True, False), (False, True)]


async def test_a_user_install_works_in_a_server_without_the_bot(loopback_url: str) -> None:
    bot = Small()
    seen: list[tuple[object, ...]] = []

    @bot.tree.command(description="Ask")
    @app_commands.allowed_installs(guilds=True, users=True)
    async def ask(interaction: discord.Interaction) -> None:
        seen.append(
            (interaction.is_user_integration(), interaction.is_guild_integration(), interaction.guild_id is not None)
        )
        await interaction.response.send_message("Here")
        for number in range(5):
            await interaction.followup.send(str(number))
        with pytest.raises(discord.HTTPException, match="40094"):
            await interaction.followup.send("too many")

    async with at(loopback_url, bot) as there:
        away = await there.server("Elsewhere", bot=False)
        general = await away.channel()
        ana = await away.member("Ana", installed=True)
        ben = await away.member("Ben")
        asked = await ana.slash(general, "ask")
        assert (await asked.answer()).text == "Here"
        await there.call(
            "wait_requests", method="POST", template="/webhooks/{webhook_id}/{webhook_token}", count=6, timeout=10
        )
        assert [each.text for each in await asked.follow_ups()] == ["0", "1", "2", "3", "4"]
        assert seen == [(True, False, True)]
        with pytest.raises(RefusedError, match="sees no command"):
            await ben.slash(general, "ask")
        await there.assert_clean(expect=[40094])


async def test_a_user_install_is_quiet_where_external_apps_are_forbidden(loopback_url: str) -> None:
    async with at(loopback_url, echoing()) as there:
        strict = await there.server(bot=False, everyone=EVERYONE & ~int(Permission.USE_EXTERNAL_APPS))
        general = await strict.channel()
        ana = await strict.member("Ana", installed=True)
        assert (await (await ana.slash(general, "ask", question=QUESTION)).answer()).ephemeral


async def test_a_layout_of_components_is_sent_in_place_of_thinking(loopback_url: str, log: LogWatch) -> None:
    bot = Small()

    class Layout(ui.LayoutView):
        box = ui.Container[Any](
            ui.TextDisplay(f"**{QUESTION}**"),
            ui.Section(ui.TextDisplay("> a quote"), accessory=ui.Button(label="Read in context", custom_id="read:1")),
        )

    @bot.tree.command(description="Ask")
    async def ask(interaction: discord.Interaction) -> None:
        await interaction.response.defer()
        await interaction.edit_original_response(view=Layout())

    async with at(loopback_url, bot) as there:
        club = await there.server()
        general = await club.channel()
        ana = await club.member("Ana")
        answer = await (await ana.slash(general, "ask")).answer()
        assert answer.text == f"**{QUESTION}**\n> a quote"
        assert list(answer.buttons) == ["Read in context"]
        assert answer.data["flags"] == 1 << 15
        await there.assert_clean()
        log.assert_clean(await there.secrets())


async def test_files_travel_with_a_message(loopback_url: str) -> None:
    bot = Small()
    async with at(loopback_url, bot) as there:
        club = await there.server(bot_permissions=BOT | int(Permission.ATTACH_FILES))
        general = await club.channel()
        channel = bot.get_partial_messageable(int(general.id))
        sent = await channel.send("With a file", file=discord.File(io.BytesIO(b"12345"), "a.txt"))
        assert [(each.filename, each.size) for each in sent.attachments] == [("a.txt", 5)]
        await sent.edit(attachments=[])
        assert [each.data["attachments"] for each in await general.messages()] == [[]]
        await there.assert_clean()


async def test_one_nonce_posts_one_message(loopback_url: str) -> None:
    bot = Small()
    async with at(loopback_url, bot) as there:
        club = await there.server()
        general = await club.channel()
        channel = bot.get_partial_messageable(int(general.id))
        first = await channel.send("Once", nonce="n1")
        second = await channel.send("Once", nonce="n1")
        assert first.id == second.id
        assert len(await general.messages()) == 1
        await there.assert_clean()


async def test_an_answer_in_a_dm_reaches_its_person(loopback_url: str) -> None:
    bot = Small()
    async with at(loopback_url, bot) as there:
        ana = await there.person("Ana")
        said = await ana.say(await ana.dm(), QUESTION)
        await _heard(bot, 1)
        await bot.heard[0].reply("In private", mention_author=False)
        answer = await (await ana.dm()).answer_to(said)
        assert (answer.text, answer.data["message_reference"]["message_id"]) == ("In private", said.id)
        await there.assert_clean()


async def test_a_closed_dm_takes_no_message(loopback_url: str) -> None:
    bot = Small()
    async with at(loopback_url, bot) as there:
        ana = await there.person("Ana", accepts_dms=False)
        channel = await (await bot.fetch_user(int(ana.id))).create_dm()
        with pytest.raises(discord.Forbidden, match="50007"):
            await channel.send("x")
        await there.assert_clean(expect=[50007])


async def test_an_interaction_says_what_the_bot_and_the_member_may_do_there(loopback_url: str) -> None:
    bot = Small()
    seen: list[tuple[bool, bool, bool]] = []

    @bot.tree.command(description="Ask")
    @app_commands.allowed_contexts(guilds=True, dms=False, private_channels=False)
    async def ask(interaction: discord.Interaction) -> None:
        mine, theirs = interaction.app_permissions, interaction.permissions
        seen.append((mine.send_messages, mine.embed_links, theirs.manage_guild))
        await interaction.response.send_message("Here")

    async with at(loopback_url, bot) as there:
        club = await there.server(everyone=int(Permission.VIEW_CHANNEL))
        open_channel, closed = await club.channel("open"), await club.channel("closed")
        await closed.permit_bot(deny=Permission.SEND_MESSAGES)
        ana, ben = await club.member("Ana", manager=True), await club.member("Ben")
        await (await ana.slash(open_channel, "ask")).answer()
        await (await ben.slash(closed, "ask")).answer()
        assert seen == [(True, True, True), (False, True, False)]
        with pytest.raises(RefusedError, match="sees no command"):
            await ana.slash(await ana.dm(), "ask")
        await there.assert_clean()


@pytest.mark.parametrize(
    ("deny", "code"),
    [
        (Permission.VIEW_CHANNEL, 50001),
        (Permission.SEND_MESSAGES, 50013),
        (Permission.EMBED_LINKS, 50013),
        (Permission.READ_MESSAGE_HISTORY, 160002),
    ],
)
async def test_what_the_bot_may_not_do_is_forbidden(loopback_url: str, deny: Permission, code: int) -> None:
    bot = Small()
    async with at(loopback_url, bot) as there:
        club = await there.server()
        general = await club.channel()
        ana = await club.member("Ana")
        said = await ana.say(general, "x")
        await general.permit_bot(deny=deny)
        channel = bot.get_partial_messageable(int(general.id))
        with pytest.raises(discord.Forbidden, match=str(code)):
            await channel.send(embed=discord.Embed(title="x"), reference=channel.get_partial_message(int(said.id)))
        await there.assert_clean(expect=[code])
        with pytest.raises(AssertionError, match=f"403 {code}"):
            await there.assert_clean()


@pytest.mark.parametrize(
    ("archived", "locked", "code"), [(True, False, None), (False, True, 160005), (True, True, 50083)]
)
async def test_a_thread_that_is_closed_takes_no_message(
    loopback_url: str, archived: bool, locked: bool, code: int | None
) -> None:
    bot = Small()
    async with at(loopback_url, bot) as there:
        club = await there.server()
        ana = await club.member("Ana")
        thread = await (await club.channel()).thread("Old", ana)
        await thread.set_thread(archived=archived, locked=locked, told=False)
        channel = bot.get_partial_messageable(int(thread.id))
        if code is None:
            await channel.send("It wakes up")
        else:
            with pytest.raises(discord.HTTPException, match=str(code)):
                await channel.send("x")
        await there.assert_clean(expect=[code] if code else [])


async def test_a_late_acknowledgement_is_unknown(loopback_url: str) -> None:
    async with at(loopback_url, echoing()) as there:
        club = await there.server()
        general = await club.channel()
        ana = await club.member("Ana")
        asked = await ana.slash(general, "ask", question=QUESTION, age=3.5)
        await there.call(
            "wait_requests",
            method="POST",
            template="/interactions/{interaction_id}/{interaction_token}/callback",
            count=1,
            timeout=5,
        )
        verdict = await there.verdict()
        assert [each["kind"] for each in verdict["violations"]] == ["late acknowledgement", "unacknowledged"]
        assert (await asked.now())["acknowledged_after"] is None
        assert (await there.verdict(expect=[10062]))["clean"]


async def test_a_token_is_good_for_fifteen_minutes(loopback_url: str) -> None:
    bot = Small()
    asked: list[discord.Interaction] = []

    @bot.tree.command(description="Ask")
    async def ask(interaction: discord.Interaction) -> None:
        await interaction.response.send_message("Now")
        asked.append(interaction)

    async with at(loopback_url, bot) as there:
        club = await there.server()
        general = await club.channel()
        ana = await club.member("Ana")
        await (await ana.slash(general, "ask")).answer()
        await there.advance(15 * 60 - 10)
        await asked[0].edit_original_response(content="Still")
        await there.advance(11)
        with pytest.raises(discord.HTTPException, match="50027"):
            await asked[0].edit_original_response(content="Later")
        assert [each.text for each in await general.messages()] == ["Still"]
        await there.assert_clean(expect=[50027])


async def test_nothing_is_sent_before_the_acknowledgement(loopback_url: str) -> None:
    bot = Small()

    @bot.tree.command(description="Ask")
    async def ask(interaction: discord.Interaction) -> None:
        with pytest.raises(discord.NotFound, match="10015"):
            await interaction.followup.send("Too early")
        await interaction.response.send_message("Now")

    async with at(loopback_url, bot) as there:
        club = await there.server()
        general = await club.channel()
        ana = await club.member("Ana")
        assert (await (await ana.slash(general, "ask")).answer()).text == "Now"
        await there.assert_clean(expect=[10015])


async def test_the_first_follow_up_takes_the_place_of_thinking(loopback_url: str) -> None:
    bot = Small()

    @bot.tree.command(description="Ask")
    async def ask(interaction: discord.Interaction) -> None:
        await interaction.response.defer()
        await interaction.followup.send("First")
        await interaction.followup.send("Second")

    async with at(loopback_url, bot) as there:
        club = await there.server()
        general = await club.channel()
        ana = await club.member("Ana")
        asked = await ana.slash(general, "ask")
        assert (await asked.answer()).text == "First"
        assert [each.text for each in await asked.follow_ups()] == ["Second"]
        await there.assert_clean()


async def test_the_real_client_paces_itself_by_the_headers(loopback_url: str, log: LogWatch) -> None:
    bot = Small()
    async with at(loopback_url, bot) as there:
        club = await there.server(bot_permissions=BOT | int(Permission.MANAGE_MESSAGES))
        general = await club.channel()
        ana = await club.member("Ana")
        said = [await ana.say(general, str(number)) for number in range(6)]
        channel = bot.get_partial_messageable(int(general.id))
        begun = asyncio.get_running_loop().time()
        await asyncio.gather(*(channel.get_partial_message(int(each.id)).delete() for each in said))
        assert asyncio.get_running_loop().time() - begun > 0.8
        assert await general.messages() == []
        await there.assert_clean()
        log.assert_clean(await there.secrets())


async def test_who_ignores_the_headers_is_limited(loopback_url: str) -> None:
    async with reach(loopback_url) as there:
        club = await there.server()
        general = await club.channel()
        headers = {"Authorization": f"Bot {there.token}"}
        seen = []
        for _ in range(6):
            async with there.http.post(f"{there.api}/channels/{general.id}/typing", headers=headers) as response:
                seen.append((response.status, response.headers["X-RateLimit-Remaining"]))
                last = await response.read()
                assert response.headers["Via"] if response.status == 429 else True
        assert seen == [(204, "4"), (204, "3"), (204, "2"), (204, "1"), (204, "0"), (429, "0")]
        assert json.loads(last)["global"] is False
        assert (await there.stats())["rate_limited"] == 1
        with pytest.raises(AssertionError, match="429"):
            await there.assert_clean()


async def test_fifty_requests_a_second_are_the_most_of_all(loopback_url: str) -> None:
    async with reach(loopback_url) as there:
        club = await there.server()
        places = [await club.channel(f"c{number}") for number in range(11)]
        headers = {"Authorization": f"Bot {there.token}"}

        async def typing(place: str) -> tuple[int, bool]:
            async with there.http.post(f"{there.api}/channels/{place}/typing", headers=headers) as response:
                return response.status, response.headers.get("X-RateLimit-Global") == "true"

        seen = await asyncio.gather(*(typing(place.id) for place in places for _ in range(5)))
        assert sorted(seen) == [(204, False)] * 50 + [(429, True)] * 5


async def test_shards_hear_of_their_own_servers(loopback_url: str) -> None:
    class Quick(Small):
        async def before_identify_hook(self, shard_id: int | None, *, initial: bool = False) -> None:
            """Discord's five seconds between two IDENTIFYs are not what is tested."""

    bot = Quick()
    async with reach(loopback_url) as there:
        await there.settings(shards=2)
    async with at(loopback_url, bot, shards=2) as there:
        clubs = [await there.server(f"Club {number}") for number in range(4)]
        for number, club in enumerate(clubs):
            general = await club.channel()
            ana = await club.member(f"Member {number}")
            await ana.mention(general, str(number))
        ana = await there.person("Ana")
        await ana.say(await ana.dm(), "in private")
        await _heard(bot, 5)
        assert {each.guild.shard_id if each.guild else 0 for each in bot.heard} == {
            *((int(club.id) >> 22) % 2 for club in clubs),
            0,
        }
        assert (await there.stats())["intents"] == [INTENTS.value, INTENTS.value]


async def _first_frames(url: str, compress: str | None) -> list[dict[str, Any]]:
    """HELLO, READY and an acknowledged heartbeat, as a client of that compression reads them."""
    address = yarl.URL(url.replace("http://", "ws://") + "/gateway/").update_query(v="10", encoding="json")
    if compress:
        address = address.update_query(compress=compress)
    inflate = zlib.decompressobj().decompress
    unpack = zstandard.ZstdDecompressor().decompressobj().decompress
    async with reach(url) as there, there.http.ws_connect(address) as ws:
        frames = []
        identify = {"op": 2, "d": {"token": there.token, "intents": 0, "properties": {}}}
        for sent in (None, identify, {"op": 1, "d": 1}):
            if sent is not None:
                await ws.send_json(sent)
            message = await ws.receive(5)
            if message.type is aiohttp.WSMsgType.TEXT:
                frames.append(json.loads(message.data))
            else:
                frames.append(json.loads((unpack if compress == "zstd-stream" else inflate)(message.data)))
        return frames


@pytest.mark.parametrize("compress", ["zlib-stream", "zstd-stream", None])
async def test_the_gateway_speaks_the_compression_that_is_asked_for(loopback_url: str, compress: str | None) -> None:
    frames = await _first_frames(loopback_url, compress)
    assert [(frame["op"], frame.get("t")) for frame in frames] == [(10, None), (0, "READY"), (11, None)]


@pytest.mark.parametrize(
    ("identify", "code"),
    [
        ({"token": "wrong", "intents": 0}, 4004),
        ({"intents": 1 << 15}, 4014),
        ({"intents": 1 << 30}, 4013),
        ({"intents": 0, "shard": [2, 2]}, 4010),
    ],
)
async def test_a_bad_identify_closes_the_gateway(loopback_url: str, identify: dict[str, Any], code: int) -> None:
    async with reach(loopback_url) as there, there.http.ws_connect(there.gateway) as ws:
        await ws.receive_json()
        await ws.send_json({"op": 2, "d": {"token": there.token, "properties": {}} | identify})
        assert ((await ws.receive(5)).type, ws.close_code) == (aiohttp.WSMsgType.CLOSE, code)


async def test_a_command_keeps_its_id_when_it_is_put_again(loopback_url: str) -> None:
    bot = echoing()
    async with reach(loopback_url) as there:
        await there.settings(rate_limits=False)
    async with at(loopback_url, bot) as there:
        before = await there.call("commands")
        await bot.tree.sync()
        assert [each["id"] for each in await there.call("commands")] == [each["id"] for each in before]
        assert (await there.stats())["command_puts"] == 2
        club = await there.server()
        bot.tree.copy_global_to(guild=discord.Object(int(club.id)))
        assert [each.guild_id for each in await bot.tree.sync(guild=discord.Object(int(club.id)))] == [int(club.id)]
        assert [each.name for each in await bot.tree.fetch_commands()] == ["ask"]


async def test_a_removed_bot_and_a_removed_channel_are_gone(loopback_url: str) -> None:
    bot = Small()
    async with at(loopback_url, bot) as there:
        club = await there.server()
        general = await club.channel()
        await general.remove()
        with pytest.raises(discord.NotFound, match="10003"):
            await bot.get_partial_messageable(int(general.id)).send("x")
        await club.remove_bot()
        async with asyncio.timeout(5):
            while bot.guilds:
                await asyncio.sleep(0.01)
        with pytest.raises(discord.NotFound, match="10004"):
            await bot.fetch_guild(int(club.id))


async def test_an_interaction_without_a_session_is_never_delivered(loopback_url: str) -> None:
    async with reach(loopback_url) as there:
        await there.call("register", commands=[{"name": "ask", "description": "Ask"}])
        club = await there.server()
        general = await club.channel()
        asked = await (await club.member("Ana")).slash(general, "ask")
        assert (await there.verdict())["undelivered"] == [asked.id]
        await there.assert_clean()
