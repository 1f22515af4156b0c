"""An evening of a film club with the bot, from its invitation through a restart of the real program."""

from __future__ import annotations

import asyncio
from pathlib import Path

from tests.discord.harness.club import OWNERS, QUESTION, UNANSWERABLE, changed
from tests.discord.harness.logs import problems_in
from tests.discord.harness.programs import PATIENCE, loopback_thread, program
from tests.discord.loopback.client import Channel, Guild, Loopback, Message, Person, answered

DEFERRAL = "there are no deferrals"
ACTRESS = "Keira Knightley"


async def before_the_restart(general: Channel, ana: Person, bea: Person) -> tuple[Message, Message]:
    """Let two members try the bot; return a public and a private answer."""
    help_page = await answered(ana.slash(general, "help"))
    assert help_page.ephemeral
    assert "/ask" in help_page.text

    answer = await answered(ana.slash(general, "ask", question=QUESTION))
    assert DEFERRAL in answer.text
    assert "Never Let Me Go" in answer.text

    page = await answered(bea.click(answer, "Read 1 in context"))
    assert page.ephemeral
    assert DEFERRAL in page.text
    contents = await changed(page, await bea.click(page, "Contents"))
    assert "The Ethical Mirror" in contents.text

    who = await general.answer_to(await bea.mention(general, "Who is Ruth?"))
    plays = await general.answer_to(await bea.say(general, "and who plays her?", reply_to=who))
    assert ACTRESS in plays.text
    form = await ana.click(who, "Ask a follow-up")
    assert ACTRESS in (await answered(ana.submit(form, question="and who plays her?"))).text

    typed = await ana.autocomplete(general, "section", "section", review=OWNERS, section="etical miror")
    heading = (await typed.choices())[0]
    assert heading["name"].endswith("The Ethical Mirror")
    section = await answered(ana.slash(general, "section", review=OWNERS, section=heading["value"]))
    assert section.ephemeral
    assert "The Ethical Mirror" in section.text

    private = await answered(bea.slash(general, "ask", question="Who is Ruth?", private=True))
    assert private.ephemeral
    shared = await answered(bea.click(private, "Share"))
    assert (shared.ephemeral, shared.text) == (False, private.text)
    return answer, private


async def bad_input(server: Guild, general: Channel, ana: Person) -> None:
    """Try what the bot can't answer, and read why."""
    unknown = await answered(ana.slash(general, "ask", question=QUESTION, review="xyzzy"))
    assert "There is no review" in unknown.text
    assert "There is no section" in (await answered(ana.slash(general, "section", review=OWNERS, section="xyzzy"))).text
    assert "The reviews don’t say" in (await answered(ana.slash(general, "ask", question=UNANSWERABLE))).text
    for said, told in (("", "Ask me"), ("hm", "3"), ("why? " * 100, "300")):
        stranger = await server.member("Cleo")  # another each time, for one is not told again so soon
        answer = await general.answer_to(await stranger.mention(general, said))
        assert told in answer.text
    hostile = await general.answer_to(await ana.mention(general, "@everyone <@&1> ||what|| is ```a deferral? <#1>"))
    assert "@everyone" not in hostile.text


async def after_the_restart(general: Channel, ana: Person, bea: Person, *, answer: Message, private: Message) -> None:
    """Press the buttons of earlier answers, and continue the conversation."""
    page = await answered(ana.click(answer, "Read 1 in context"))
    assert page.ephemeral
    assert DEFERRAL in page.text
    assert QUESTION in (await answered(ana.click(answer, "More passages"))).text
    said = await ana.say(general, "who tells them?", reply_to=answer)
    assert "Never Let Me Go" in (await general.answer_to(said)).text
    assert "Ruth" in (await answered(bea.click(private, "Read 1 in context"))).text
    await (await ana.click(answer, "Delete")).acknowledged()


async def one_evening(loopback: Loopback, data: Path) -> str:
    """Run the whole evening; return the output of both programs."""
    with program(loopback.url, data, "run", token=loopback.token) as bot:
        await loopback.ready(timeout=PATIENCE)
        server = await loopback.server("Film Club", bot=False)
        general, ana, bea = await server.channel("general"), await server.member("Ana"), await server.member("Bea")
        await server.invite_bot()
        answer, private = await before_the_restart(general, ana, bea)
        await bad_input(server, general, ana)
        assert await asyncio.to_thread(bot.stop) == 0
        output = bot.output
    with program(loopback.url, data, "run", token=loopback.token) as bot:
        await loopback.ready(timeout=PATIENCE, identifies=2)
        await after_the_restart(general, ana, bea, answer=answer, private=private)
        assert await asyncio.to_thread(bot.stop) == 0
        assert await answer.now() is None
        return output + bot.output


async def test_an_evening_from_the_first_question_to_an_old_button(data: Path) -> None:
    async with loopback_thread() as loopback:
        output = await one_evening(loopback, data)
        await loopback.assert_clean()
        assert problems_in(output, await loopback.secrets()) == []
        assert (await loopback.stats())["command_puts"] == 0
