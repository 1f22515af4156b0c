"""A whole evening of a film club, from the invitation to an old button after a restart, on the real program."""

from __future__ import annotations

import asyncio
from pathlib import Path

from tests.discord.actors import in_a_process, reach
from tests.discord.club import QUESTION, changed
from tests.discord.logs import problems_in
from tests.discord.programs import copied, program


async def test_a_whole_evening(reviews: Path, tmp_path: Path) -> None:
    data = copied(reviews, tmp_path)
    with in_a_process() as url:
        async with reach(url) as there:
            with program(url, data, "sync", token=there.token) as syncing:
                assert await asyncio.to_thread(syncing.ended) == 0
            with program(url, data, "run", token=there.token) as bot:
                await there.ready(timeout=30)

                # The bot joins a server while it is running, and a manager looks at its settings.
                club = await there.server("Film Club")
                general = await club.channel("general")
                mia = await club.member("Mia", manager=True)
                ana, bea = await club.member("Ana"), await club.member("Bea")
                assert "every channel" in (await (await mia.slash(general, "settings")).answer()).text

                # Ana asks, and reads the answer in its place.
                assert "/ask" in (await (await ana.slash(general, "help")).answer()).text
                answer = await (await ana.slash(general, "ask", question=QUESTION)).answer()
                assert "there are no deferrals" in answer.text
                page = await (await ana.click(answer, "Read 1 in context")).answer()
                whole = await changed(page, await ana.click(page, "Whole section"))
                assert "A Life Measured in Donations" in whole.text

                # Bea goes on from Ana's answer; Ana follows up in a form.
                said = await bea.say(general, "who tells Kathy and Tommy about it?", reply_to=answer)
                assert "Never Let Me Go ›" in (await general.answer_to(said)).text
                ruth = await (await ana.slash(general, "ask", question="Who is Ruth?")).answer()
                form = await ana.click(ruth, "Ask a follow-up")
                followed = await ana.submit(form, question="and who plays her?")
                assert "Keira Knightley" in (await followed.answer()).text

                # A section by a misspelt name, then a private question that is shared after all.
                looked_up = await ana.slash(general, "section", review="never let me go", section="etical miror")
                assert "The Ethical Mirror" in (await looked_up.answer()).text
                private = await (await bea.slash(general, "ask", question="What is Hailsham?", private=True)).answer()
                assert private.ephemeral
                shared = await (await bea.click(private, "Share")).answer()
                assert (shared.ephemeral, shared.text) == (False, private.text)

                # Bad input is met with kindness.
                unknown = await ana.slash(general, "ask", question=QUESTION, review="no such review")
                assert "no review is called" in (await unknown.answer()).text
                nonsense = "@everyone ||**<#1> discord.gg/x `` \u202e ]("
                assert (await (await ana.slash(general, "ask", question=nonsense)).answer()).text
                off_topic = await ana.slash(general, "ask", question="How was the box office in Japan?")
                assert "don’t say" in (await off_topic.answer()).text
                assert (await (await ana.click(answer, "Helpful")).answer()).ephemeral
                assert await asyncio.to_thread(bot.stop) == 0
                assert problems_in(bot.output, await there.secrets()) == []

            with program(url, data, "run", token=there.token) as bot:
                await there.ready(timeout=30, identifies=2)
                old = await (await bea.click(answer, "Read 1 in context")).answer()
                assert "there are no deferrals" in old.text
                form = await bea.click(ruth, "Ask a follow-up")
                again = await bea.submit(form, question="and who plays her?")
                assert "Keira Knightley" in (await again.answer()).text
                await (await bea.click(shared, "Delete")).acknowledged()
                assert await asyncio.to_thread(bot.stop) == 0
                assert problems_in(bot.output, await there.secrets()) == []

            assert await shared.now() is None
            assert (await there.stats())["command_puts"] == 1
            await there.assert_clean()
