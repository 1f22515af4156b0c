"""What the bot stores with consent and what it never stores, and how it is exported and deleted."""

from __future__ import annotations

import asyncio
import json
import logging
import sqlite3
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from bot.cli.commands.measure import evaluate, gaps, label
from bot.storage.database import DATABASE, Database
from bot.storage.feedback import count_feedback
from bot.storage.questions import store_question, stored_questions, today
from bot.storage.records import PersonalData, ServerSettings, StoredQuestion
from bot.storage.retention import known_servers, left_servers
from bot.storage.server_settings import save_server_settings
from embeddings.evaluation.annotate import read_unlabelled
from embeddings.evaluation.datasets.questions import read_questions
from embeddings.records import State
from tests.discord.harness.bots import until
from tests.discord.harness.club import OWNERS, QUESTION, UNANSWERABLE, Club, review_bot, run_club
from tests.discord.harness.logs import watch
from tests.discord.loopback.client import RefusedError, answered, connect

SECRET = "Does zanzibar appear beside a bathysphere?"
OPENING = "Who plays Kathy in Never Let Me Go?"

terminal = typer.Typer()
for command in (gaps.gaps, label.label, evaluate.evaluate):
    terminal.command()(command)


async def keeps_questions(club: Club) -> None:
    """Let a manager turn the storage of questions on."""
    mia = await club.server.member("Mia", manager=True)
    shown = await answered(mia.slash(club.general, "settings", questions="stored"))
    assert "**This server stores questions** for 30 days" in shown.text


def bytes_of(*places: Path) -> bytes:
    """Return the bytes of these files, of files whose names begin with theirs, and of all files in these folders."""
    files = {
        file
        for place in places
        for file in (place.rglob("*") if place.is_dir() else place.parent.glob(f"{place.name}*"))
    }
    return b"\n".join(file.read_bytes() for file in sorted(files) if file.is_file())


def store_something(opened: Database, server: int) -> None:
    """Store settings, a question and feedback of a server."""
    save_server_settings(opened, server, ServerSettings(store_questions=True))
    store_question(opened, StoredQuestion(server, server, 1, today(), f"{SECRET} {server}", State.UNANSWERED, 0.1))
    count_feedback(opened, server, server, helpful=True)


async def uploaded(club: Club, name: str) -> list[str]:
    """Return the files of that name that the bot sent."""
    return [sent["uploads"][name] for sent in await club.loopback.requests() if name in sent["uploads"]]


@pytest.mark.slow
def test_a_stored_question_can_be_exported_labelled_and_evaluated(
    loopback_url: str, data: Path, tmp_path: Path
) -> None:

    async def ask_in_discord() -> None:
        async with run_club(loopback_url, data, data / DATABASE) as club:
            await keeps_questions(club)
            await club.ask(QUESTION)
            for text in (
                UNANSWERABLE,
                "how was the box office in  JAPAN?",
                "What did it earn at the Japanese box office?",
            ):
                await club.ask(text)
            opening = await club.ask(OPENING, review=OWNERS)
            said = await club.ana.say(club.general, "and what did she earn?", reply_to=opening)
            await club.general.answer_to(said)
            await club.bot.in_flight.finished()

    asyncio.run(ask_in_discord())
    exported, labelled = tmp_path / "asked.jsonl", tmp_path / "labelled.jsonl"

    shown = run("gaps", "--data", data, "--export", exported, "--answered")
    # Any of the three wordings may stand for the group, because stored questions have no order.
    assert "box office" in shown.casefold(), shown
    assert json.loads(run("gaps", "--data", data, "--json"))["groups"][0]["count"] == 3
    asked = {each.text: each for each in read_unlabelled(exported)}
    assert asked["and what did she earn?"].context == (OPENING,)
    assert asked[OPENING].review == OWNERS
    assert len(asked) == 5

    run("label", labelled, "--from", exported, "--data", data, typed="n\n1\nn\n1\nn\n")
    assert {question.text for question in read_questions(labelled)} == asked.keys()
    figures = json.loads(run("evaluate", labelled, "--data", data, "--json"))
    assert figures["questions"] == 5


def run(*arguments: object, typed: str | None = None) -> str:
    """Run a command; return what it prints."""
    done = CliRunner().invoke(terminal, [str(argument) for argument in arguments], input=typed)
    assert done.exit_code == 0, done.output
    return done.stdout


async def test_a_question_without_consent_is_stored_and_logged_nowhere(
    loopback_url: str, reviews: Path, store: Path
) -> None:
    said: list[str] = []
    handler = logging.Handler(logging.INFO)
    handler.emit = lambda record: said.append(handler.format(record))  # type: ignore[method-assign]
    logging.getLogger().addHandler(handler)
    try:
        with watch():
            async with run_club(loopback_url, reviews, store) as club:
                await club.ask(SECRET)
                await club.general.answer_to(await club.ana.mention(club.general, SECRET))
                dm = await club.ana.dm()
                await dm.answer_to(await club.ana.say(dm, SECRET))
                elsewhere = await club.loopback.server("Elsewhere", bot=False)
                ben = await elsewhere.member("Ben", installed=True)
                await answered(ben.slash(await elsewhere.channel("any"), "ask", question=SECRET))
                await keeps_questions(club)
                await club.ask(SECRET, private=True)
                private = await club.ask(QUESTION, private=True)
                await answered(club.ana.submit(await club.ana.click(private, "Ask a follow-up"), question=SECRET))
                mia = await club.server.member("Mia", manager=True)
                await answered(mia.slash(club.general, "settings", answers="private"))
                private = await club.ask(QUESTION, private=True)
                await answered(club.ana.submit(await club.ana.click(private, "Ask a follow-up"), question=SECRET))
                await dm.answer_to(await club.ana.say(dm, SECRET))
                await club.bot.in_flight.finished()
    finally:
        logging.getLogger().removeHandler(handler)
    assert said
    for word in ("zanzibar", "bathysphere"):
        assert word not in "\n".join(said).casefold()
        assert word.encode() not in bytes_of(store, reviews).lower()


async def test_a_member_sees_exports_and_deletes_their_data(club: Club, store: Path) -> None:
    told = await answered(club.ana.slash(club.general, "privacy about"))
    assert told.ephemeral
    assert "This server doesn’t store questions." in told.text
    await keeps_questions(club)
    assert "stores questions" in (await answered(club.ana.slash(club.general, "privacy about"))).text
    answer = await club.ask(SECRET)
    rated = await club.ask()
    await answered(club.ana.click(rated, "👍"))
    bea = await club.server.member("Bea")
    await answered(bea.slash(club.general, "ask", question=QUESTION))
    said = await bea.say(club.general, "and why is that?", reply_to=answer)
    await club.general.answer_to(said)
    await club.bot.in_flight.finished()

    given = await answered(club.ana.slash(club.general, "privacy export"))
    assert given.ephemeral
    (mine,) = await uploaded(club, "my-data.json")
    exported = json.loads(mine)
    assert exported["member"] == club.ana.id
    # On the same day, the order of stored questions is random.
    assert {each["question"] for each in exported["questions"]} == {QUESTION, SECRET}
    assert set(exported["in_memory"]["questions"]) == {QUESTION, SECRET}
    assert exported["in_memory"]["verdicts"] == [{"answer": rated.id, "helpful": True}]
    assert b"bathysphere" in bytes_of(store)

    sure = await answered(club.ana.slash(club.general, "privacy delete"))
    assert b"bathysphere" in bytes_of(store)
    await (await club.ana.click(sure, "Delete it now")).acknowledged()
    await until(lambda: b"bathysphere" not in bytes_of(store))
    await club.bot.in_flight.finished()
    assert (await sure.now() or sure).text == "Your data has been deleted."
    conversations = club.bot.conversations
    assert conversations.questions_of(int(club.ana.id)) == ()
    assert await club.bot.personal_data.collect(int(club.ana.id)) == PersonalData(int(club.ana.id), (), (), {})
    left = await club.bot.questions.find(member=int(bea.id))
    assert {(each.text, each.context) for each in left} == {(QUESTION, ()), ("and why is that?", ())}
    assert SECRET not in conversations.current(int(club.general.id), int(bea.id)).context


async def test_managers_see_the_unanswered_questions_of_their_own_server(club: Club) -> None:
    mia = await club.server.member("Mia", manager=True)
    assert "doesn’t store questions" in (await answered(mia.slash(club.general, "gaps"))).text
    await keeps_questions(club)
    assert "There are no unanswered questions" in (await answered(mia.slash(club.general, "gaps"))).text
    other = await club.loopback.server("Book Club")
    theirs = await other.channel("general")
    noah = await other.member("Noah", manager=True)
    await answered(noah.slash(theirs, "settings", questions="stored"))
    await club.ask(UNANSWERABLE)
    await answered(noah.slash(theirs, "ask", question=SECRET))
    await club.bot.in_flight.finished()
    seen = await answered(mia.slash(club.general, "gaps", export=True))
    assert seen.ephemeral
    assert "1 × How was the box office in Japan?" in seen.text.replace("*", "")
    assert "bathysphere" not in seen.text
    listed = await answered(mia.slash(club.general, "gaps"))
    assert "· no answer 1" in listed.text
    await answered(mia.click(listed, "Export"))
    file, again = await uploaded(club, "questions.jsonl")
    assert file == again
    assert [json.loads(line)["question"] for line in file.splitlines()] == [UNANSWERABLE]
    assert club.ana.id not in file
    with pytest.raises(RefusedError):
        await club.ana.slash(club.general, "gaps")


async def test_turning_storage_off_deletes_the_stored_questions_and_says_how_many(club: Club) -> None:
    await keeps_questions(club)
    mia = await club.server.member("Mia", manager=True)
    await club.ask(UNANSWERABLE)
    await club.bot.in_flight.finished()
    turned_off = await answered(mia.slash(club.general, "settings", questions="not stored"))
    assert "**This server doesn’t store questions**" in turned_off.text
    assert "1 stored question was deleted." in turned_off.text
    assert "deleted" not in (await answered(mia.slash(club.general, "settings"))).text


async def test_a_server_that_removed_the_bot_loses_its_data_after_the_grace_period(
    loopback_url: str, reviews: Path, tmp_path: Path, store: Path
) -> None:
    data = tmp_path / "data"
    data.mkdir()
    for name in (".index", "reviews"):
        (data / name).symlink_to(reviews / name)
    async with connect(loopback_url) as loopback:
        server, stays = await loopback.server("Film Club"), await loopback.server("Book Club")
        for each in (server, stays):
            folder = data / "collections" / each.id
            folder.mkdir(parents=True)
            (folder / "own.md").write_text("---\ntitle: Own\n---\nWords.\n", encoding="utf-8")
        with Database(store) as opened:
            for each in (server, stays):
                store_something(opened, int(each.id))

        async with review_bot(loopback, data, store) as bot:
            await until(bot.is_ready)
            with Database(store) as opened:
                await loopback.disturb("event", name="GUILD_DELETE", data={"id": stays.id, "unavailable": True})
                await server.remove_bot()
                await until(lambda: list(left_servers(opened)) == [int(server.id)])
                await server.invite_bot()
                await until(lambda: left_servers(opened) == {})
                await server.remove_bot()
                await until(lambda: list(left_servers(opened)) == [int(server.id)])
        connection = sqlite3.connect(store)
        connection.execute("UPDATE departures SET noticed = noticed - 6 * 86400")
        connection.commit()
        async with review_bot(loopback, data, store) as bot:
            await until(bot.is_ready)
            await asyncio.sleep(0.2)
            assert (data / "collections" / server.id / "own.md").exists()
        connection.execute("UPDATE departures SET noticed = noticed - 86400")
        connection.commit()
        connection.close()
        async with review_bot(loopback, data, store):
            with Database(store) as opened:
                await until(lambda: known_servers(opened) == {int(stays.id)})
                assert [each.server for each in stored_questions(opened)] == [int(stays.id)]
        assert [folder.name for folder in (data / "collections").iterdir()] == [stays.id]
        assert server.id.encode() not in bytes_of(store)
