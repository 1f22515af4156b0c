"""Commands, components, modals and their answers behave as on Discord: small bots on the real discord.py see them."""

from __future__ import annotations

from typing import Any

import discord
import pytest
from discord import app_commands, ui

from tests.discord.harness.bots import QUESTION, Small, answering, echoing, scene
from tests.discord.loopback.client import RefusedError, connect
from tests.discord.loopback.state.objects import EVERYONE, Permission
from tests.discord.loopback.validation.request_log import CALLBACK, FOLLOW_UP


async def test_a_question_is_acknowledged_and_answered(loopback_url: str) -> None:
    async with scene(loopback_url, echoing()) as club:
        asked = await club.ana.slash(club.general, "ask", question=QUESTION)
        assert await asked.acknowledged() < 3
        assert (await asked.answer()).text == f"You asked: {QUESTION}"


async def test_only_the_asker_sees_an_ephemeral_answer(loopback_url: str) -> None:
    bot = echoing()
    async with scene(loopback_url, bot, expect=(10008,)) as club:
        ben = await club.server.member("Ben")
        answer = await club.ask(private=True)
        assert (answer.ephemeral, answer.data["visible_to"]) == (True, club.ana.id)
        with pytest.raises(discord.NotFound, match="10008"):
            await bot.channel(club.general).fetch_message(int(answer.id))
        with pytest.raises(RefusedError, match="can't see"):
            await ben.click(answer, "anything")
        assert bot.heard == []


class Panel(ui.View):
    """Buttons, a select and a modal."""

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
    question = ui.Label[Any](text="Question", component=ui.TextInput(custom_id="q", min_length=3, max_length=300))

    async def on_submit(self, interaction: discord.Interaction) -> None:
        assert isinstance(self.question.component, ui.TextInput)
        await interaction.response.send_message(f"Follow-up: {self.question.component.value}")


async def _open_panel(interaction: discord.Interaction) -> None:
    await interaction.response.send_message("Here", view=Panel(timeout=None))


async def test_a_member_clicks_chooses_and_submits(loopback_url: str) -> None:
    async with scene(loopback_url, answering(_open_panel)) as club:
        panel = await (await club.ana.slash(club.general, "ask")).answer()
        assert list(panel.buttons) == ["Share", "Ask a follow-up", "Gone", "Edit"]
        assert (await (await club.ana.click(panel, "Share")).answer()).text == "Shared"
        assert (await (await club.ana.choose(panel, "pick", "Two")).answer()).text == "Picked ['Two']"
        opened = await club.ana.click(panel, "follow")
        assert (await opened.modal())["title"] == "Ask a follow-up"
        sent = await club.ana.submit(opened, q="and who plays her?")
        assert (await sent.answer()).text == "Follow-up: and who plays her?"
        await (await club.ana.click(panel, "Edit")).acknowledged()
        edited = await panel.now()
        assert edited is not None
        assert (edited.text, edited.buttons) == ("Edited", {})


async def test_what_discords_client_does_not_offer_is_refused(loopback_url: str) -> None:
    async with scene(loopback_url, answering(_open_panel)) as club:
        ana = club.ana
        panel = await (await ana.slash(club.general, "ask")).answer()
        opened = await ana.click(panel, "follow")
        await opened.modal()
        stranger = await club.loopback.person("Stranger")
        for attempt, why in [
            (ana.slash(club.general, "missing"), "sees no command"),
            (ana.slash(club.general, "ask", question="x"), "has no option"),
            (ana.click(panel, "Gone"), "disabled"),
            (ana.click(panel, "Nothing"), "nothing there"),
            (ana.choose(panel, "pick", "Three"), "doesn't offer"),
            (ana.submit(opened, q="x"), "takes 3 to 300"),
            (ana.submit(opened, other="x"), "has no field"),
            (stranger.slash(club.general, "ask"), "not in that server"),
        ]:
            with pytest.raises(RefusedError, match=why):
                await attempt


async def test_autocomplete_offers_what_the_bot_finds(loopback_url: str) -> None:
    bot = Small()

    @bot.tree.command(description="Look up a section")
    async def section(interaction: discord.Interaction, review: str, heading: str) -> None:
        await interaction.response.send_message(f"{review}/{heading}")

    @section.autocomplete("heading")
    async def headings(interaction: discord.Interaction, current: str) -> list[app_commands.Choice[str]]:
        return [app_commands.Choice(name=f"{interaction.namespace.review}: {current}", value=current)]

    async with scene(loopback_url, bot) as club:
        typed = await club.ana.autocomplete(club.general, "section", "heading", review="never", heading="do")
        assert await typed.choices() == [{"name": "never: do", "value": "do"}]
        with pytest.raises(RefusedError, match="no autocomplete"):
            await club.ana.autocomplete(club.general, "section", "review", review="n")
        with pytest.raises(RefusedError, match="is required"):
            await club.ana.slash(club.general, "section", review="n")


async def test_a_context_menu_brings_the_whole_message(loopback_url: str) -> None:
    bot = Small()

    @bot.tree.context_menu(name="Ask the reviews about this")
    async def about(interaction: discord.Interaction, message: discord.Message) -> None:
        await interaction.response.send_message(f"{message.author.name}: {message.content}")

    async with scene(loopback_url, bot) as club:
        said = await (await club.server.member("Ben")).say(club.general, "Is it a love story?")
        asked = await club.ana.menu(said, "Ask the reviews about this")
        assert (await asked.answer()).text == "ben: Is it a love story?"
        assert [each.content for each in bot.heard if each.author.name == "ben"] == [""]


async def test_sub_commands_arrive_with_users_and_channels_as_options(loopback_url: str) -> None:
    bot = Small()
    settings = app_commands.Group(name="settings", description="Settings", default_permissions=discord.Permissions(32))

    @settings.command(description="Show")
    async def show(interaction: discord.Interaction, who: discord.Member, where: discord.TextChannel) -> None:
        await interaction.response.send_message(f"{who.name} in {where.name}")

    bot.tree.add_command(settings)
    async with scene(loopback_url, bot) as club:
        manager, general = await club.server.member("Ben", manager=True), club.general.id
        asked = await manager.slash(club.general, "settings show", who=club.ana.id, where=general)
        assert (await asked.answer()).text == "ana in general"
        with pytest.raises(RefusedError, match="lacks the permissions"):
            await club.ana.slash(club.general, "settings show", who=club.ana.id, where=general)


async def test_a_user_install_works_in_a_server_without_the_bot(loopback_url: str) -> None:
    seen: list[tuple[object, ...]] = []

    async def answer(interaction: discord.Interaction) -> None:
        install = (interaction.is_user_integration(), interaction.is_guild_integration())
        seen.append((*install, interaction.guild_id is not None))
        await interaction.response.send_message("Here")
        for number in range(5):
            await interaction.followup.send(str(number))
        with pytest.raises(discord.HTTPException, match="40094"):
            await interaction.followup.send("too many")

    async with scene(loopback_url, answering(answer), expect=(40094,)) as club:
        away = await club.loopback.server("Elsewhere", bot=False)
        general, eve = await away.channel(), await away.member("Eve", installed=True)
        asked = await eve.slash(general, "ask")
        assert (await asked.answer()).text == "Here"
        await club.loopback.wait_requests("POST", FOLLOW_UP, 6)
        assert [each.text for each in await asked.follow_ups()] == ["0", "1", "2", "3", "4"]
        assert seen == [(True, False, True)]
        with pytest.raises(RefusedError, match="sees no command"):
            await (await away.member("Ben")).slash(general, "ask")


async def test_a_user_install_answers_in_private_if_external_apps_are_forbidden(loopback_url: str) -> None:
    async with scene(loopback_url, echoing()) as club:
        everyone = EVERYONE & ~int(Permission.USE_EXTERNAL_APPS)
        strict = await club.loopback.server(bot=False, everyone=everyone)
        eve = await strict.member("Eve", installed=True)
        assert (await (await eve.slash(await strict.channel(), "ask", question=QUESTION)).answer()).ephemeral


async def test_a_layout_of_components_replaces_thinking(loopback_url: str) -> None:
    class Layout(ui.LayoutView):
        box = ui.Container[Any](
            ui.TextDisplay(f"**{QUESTION}**"),
            ui.Section(ui.TextDisplay("> a quote"), accessory=ui.Button(label="Read in context", custom_id="read:1")),
        )

    async def answer(interaction: discord.Interaction) -> None:
        await interaction.response.defer()
        await interaction.edit_original_response(view=Layout())

    async with scene(loopback_url, answering(answer)) as club:
        message = await (await club.ana.slash(club.general, "ask")).answer()
        assert message.text == f"**{QUESTION}**\n> a quote"
        assert list(message.buttons) == ["Read in context"]
        assert message.data["flags"] == 1 << 15


async def test_an_interaction_says_what_the_bot_and_the_member_may_do_there(loopback_url: str) -> None:
    bot = Small()
    seen: list[tuple[bool, bool, bool]] = []

    @bot.tree.command(description="Ask")
    @app_commands.allowed_contexts(guilds=True, dms=False, private_channels=False)
    async def ask(interaction: discord.Interaction) -> None:
        mine, theirs = interaction.app_permissions, interaction.permissions
        seen.append((mine.send_messages, mine.embed_links, theirs.manage_guild))
        await interaction.response.send_message("Here")

    async with scene(loopback_url, bot, everyone=int(Permission.VIEW_CHANNEL)) as club:
        closed = await club.server.channel("closed")
        await closed.permit_bot(deny=Permission.SEND_MESSAGES)
        manager = await club.server.member("Ben", manager=True)
        await (await manager.slash(club.general, "ask")).answer()
        await (await club.ana.slash(closed, "ask")).answer()
        assert seen == [(True, True, True), (False, True, False)]
        with pytest.raises(RefusedError, match="sees no command"):
            await club.ana.slash(await club.ana.dm(), "ask")


async def test_a_late_acknowledgement_is_unknown(loopback_url: str) -> None:
    async with scene(loopback_url, echoing(), judged=False) as club:
        asked = await club.ana.slash(club.general, "ask", question=QUESTION, age=3.5)
        await club.loopback.wait_requests("POST", CALLBACK)
        found = (await club.loopback.report())["violations"]
        assert [each["kind"] for each in found] == ["late acknowledgement", "unacknowledged"]
        assert (await asked.now())["acknowledged_after"] is None
        assert (await club.loopback.report(expect=[10062]))["clean"]


async def test_a_token_is_valid_for_fifteen_minutes(loopback_url: str) -> None:
    asked: list[discord.Interaction] = []

    async def answer(interaction: discord.Interaction) -> None:
        await interaction.response.send_message("Now")
        asked.append(interaction)

    async with scene(loopback_url, answering(answer), expect=(50027,)) as club:
        await (await club.ana.slash(club.general, "ask")).answer()
        await club.loopback.advance(15 * 60 - 10)
        await asked[0].edit_original_response(content="Still")
        await club.loopback.advance(11)
        with pytest.raises(discord.HTTPException, match="50027"):
            await asked[0].edit_original_response(content="Later")
        assert [each.text for each in await club.general.messages()] == ["Still"]


async def test_nothing_is_sent_before_the_acknowledgement(loopback_url: str) -> None:
    async def answer(interaction: discord.Interaction) -> None:
        with pytest.raises(discord.NotFound, match="10015"):
            await interaction.followup.send("Too early")
        await interaction.response.send_message("Now")

    async with scene(loopback_url, answering(answer), expect=(10015,)) as club:
        assert (await (await club.ana.slash(club.general, "ask")).answer()).text == "Now"


async def test_the_first_follow_up_replaces_thinking(loopback_url: str) -> None:
    async def answer(interaction: discord.Interaction) -> None:
        await interaction.response.defer()
        await interaction.followup.send("First")
        await interaction.followup.send("Second")

    async with scene(loopback_url, answering(answer)) as club:
        asked = await club.ana.slash(club.general, "ask")
        assert (await asked.answer()).text == "First"
        assert [each.text for each in await asked.follow_ups()] == ["Second"]


async def test_an_interaction_without_a_session_is_never_delivered(loopback_url: str) -> None:
    async with connect(loopback_url) as loopback:
        await loopback.call("register", commands=[{"name": "ask", "description": "Ask"}])
        server = await loopback.server()
        asked = await (await server.member("Ana")).slash(await server.channel(), "ask")
        assert (await loopback.report())["undelivered"] == [asked.id]
        await loopback.assert_clean()


async def test_a_command_keeps_its_id_when_it_is_put_again(loopback_url: str) -> None:
    bot = echoing()
    async with connect(loopback_url) as loopback:
        await loopback.settings(rate_limits=False)
    async with scene(loopback_url, bot) as club:
        before = await club.loopback.call("commands")
        await bot.tree.sync()
        assert [each["id"] for each in await club.loopback.call("commands")] == [each["id"] for each in before]
        assert (await club.loopback.stats())["command_puts"] == 2
        server = discord.Object(int(club.server.id))
        bot.tree.copy_global_to(guild=server)
        assert [each.guild_id for each in await bot.tree.sync(guild=server)] == [server.id]
        assert [each.name for each in await bot.tree.fetch_commands()] == ["ask"]
