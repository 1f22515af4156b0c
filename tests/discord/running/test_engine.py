"""The engine on a real index: many questions at once, and reviews that change."""

from __future__ import annotations

import asyncio
import logging
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from unittest.mock import patch

import pytest

from bot.app.runner import update_index
from bot.config import ENCODING_BATCH
from bot.services.engine import Answered, BusyError, Engine, EngineQuery
from embeddings.documents.sources.folders import link_folder
from embeddings.errors import IndexDamagedError, IndexMissingError, QuestionError, UnknownReviewError
from embeddings.library import Library
from tests.discord.harness.club import OWNERS, QUESTION

SHARED = ("shared",)


@asynccontextmanager
async def opened(data: Path, *, queue: int = 100) -> AsyncIterator[Engine]:
    engine = Engine.open(data, queue=queue)
    try:
        yield engine
    finally:
        await engine.close()


def _titles(engine: Engine, *collections: str) -> list[str]:
    return [title.text for title in engine.titles.visible(collections)]


async def test_an_answer_comes_with_the_reviews_that_it_quotes(reviews: Path) -> None:
    async with opened(reviews) as engine:
        found = await engine.ask(EngineQuery(QUESTION))
        assert {review.slug for review in found.reviews} == {quote.review for quote in found.answer.quotes} == {OWNERS}
        assert (found.within, found.about) == (None, OWNERS)


async def test_a_question_searches_the_default_review_unless_it_names_another(reviews: Path) -> None:
    async with opened(reviews) as engine:
        near = await engine.ask(EngineQuery("What is it about?", default_review="lighthouse"))
        assert near.within is not None
        assert near.within.slug == "lighthouse"
        named = await engine.ask(EngineQuery("What is Never Let Me Go about?", default_review="lighthouse"))
        assert named.within is None
        assert named.about == OWNERS
        gone = await engine.ask(EngineQuery(QUESTION, default_review="no-longer-there"))
        assert gone.about == OWNERS


async def test_questions_beyond_the_queue_are_refused(reviews: Path) -> None:
    async with opened(reviews, queue=3) as engine:
        results = await asyncio.gather(*(engine.ask(EngineQuery(QUESTION)) for _ in range(10)), return_exceptions=True)
        refused = [result for result in results if isinstance(result, BusyError)]
        answered = [result for result in results if not isinstance(result, BaseException)]
        assert (len(refused), len(answered)) == (7, 3)
        assert (await engine.ask(EngineQuery(QUESTION))).about == OWNERS


@pytest.mark.slow
async def test_questions_encoded_together_get_the_same_answers_as_alone(reviews: Path) -> None:
    asked = [
        EngineQuery(QUESTION),
        EngineQuery("Is it any good?"),
        EngineQuery("and who plays her?", context=("Who is Kathy?",)),
        EngineQuery("How do I cook rice?"),
        EngineQuery("Why was Hailsham shut down?", collections=()),
        *(EngineQuery(f"Who is number {number}?") for number in range(ENCODING_BATCH)),
    ]
    async with opened(reviews) as engine:
        alone = [await engine.ask(query) for query in asked]
        encoder = engine._current.opened.library.models.encoder
        with patch.object(encoder, "encode", wraps=encoder.encode) as encode:
            together = await asyncio.gather(
                *(engine.ask(query) for query in asked), engine.ask(EngineQuery("?!")), return_exceptions=True
            )
    assert isinstance(together.pop(), QuestionError)
    # The first is alone. Two of the next eight have two texts each. The last has no words.
    assert [len(call.args[0]) for call in encode.call_args_list] == [1, 10, 4]
    for one, other in zip(alone, together, strict=True):
        assert isinstance(other, Answered)
        # Batches differ in the last digits of the scores.
        plain = [replace(each.answer, confidence=0, quotes=(), choices=()) for each in (one, other)]
        assert plain[0] == plain[1]
        assert other.answer.confidence == pytest.approx(one.answer.confidence, abs=1e-5)
        assert [quote.text for quote in other.answer.quotes] == [quote.text for quote in one.answer.quotes]
        assert [each.review for each in other.answer.choices] == [each.review for each in one.answer.choices]
        assert other.took.encode > 0


@pytest.mark.slow
async def test_a_question_encoded_for_a_replaced_index_is_answered_by_the_new_one(data: Path) -> None:
    turns = 0
    async with opened(data) as engine:

        async def reindex_before_the_second() -> None:
            nonlocal turns
            turns += 1
            if turns == 2:
                (data / "reviews" / "garden.md").write_text(
                    "---\ntitle: Garden\n---\n\nA chair stands in the garden.\n"
                )
                await engine.update_index()

        engine.before_each = reindex_before_the_second
        _, found = await asyncio.gather(
            engine.ask(EngineQuery(QUESTION)), engine.ask(EngineQuery("Where does the chair stand?"))
        )
        assert [quote.text for quote in found.answer.quotes[:1]] == ["A chair stands in the garden."]


async def test_a_cancelled_question_leaves_the_queue(reviews: Path) -> None:
    async with opened(reviews, queue=1) as engine:
        waiting = asyncio.create_task(engine.ask(EngineQuery(QUESTION)))
        await asyncio.sleep(0)
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
        assert (await engine.ask(EngineQuery(QUESTION))).about == OWNERS


async def test_mistakes_raise_the_librarys_errors(reviews: Path) -> None:
    async with opened(reviews) as engine:
        with pytest.raises(QuestionError):
            await engine.ask(EngineQuery("  "))
        with pytest.raises(UnknownReviewError):
            await engine.ask(EngineQuery(QUESTION, review="no-such-review"))


async def test_only_the_given_collections_are_searched(reviews: Path) -> None:
    async with opened(reviews) as engine:
        assert (await engine.ask(EngineQuery(QUESTION, collections=("77",)))).answer.quotes == ()
        assert engine.titles.visible(("77",)) == ()
        assert engine.titles.complete_reviews("never", ("77",), 25) == ()


@pytest.mark.slow
async def test_a_changed_review_is_indexed_while_questions_go_on(data: Path) -> None:
    async with opened(data) as engine:
        file = data / "reviews" / "lighthouse.md"
        file.write_text(file.read_text().replace("cleaned every evening", "polished every morning"))
        keeping_up = asyncio.create_task(engine.update_index())
        while not keeping_up.done():
            assert (await engine.ask(EngineQuery(QUESTION))).about == OWNERS
            await asyncio.sleep(0.1)
        await keeping_up
        found = await engine.ask(EngineQuery("When is the lamp polished?", review="lighthouse"))
        assert "polished every morning" in found.answer.quotes[0].text


@pytest.mark.slow
async def test_unreadable_files_hold_up_no_others_and_are_logged_once(
    data: Path, caplog: pytest.LogCaptureFixture
) -> None:
    broken = data / "reviews" / "broken.md", data / "collections" / "1" / "chair.md"
    own = data / "collections" / "2" / "chair.md"
    for file, body in ((broken[0], ""), (broken[1], ""), (own, "A chair stands in the garden.")):
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"---\ntitle: The Chair\n---\n\n{body}\n")
    async with opened(data) as engine:
        with caplog.at_level(logging.WARNING, "bot.services.index_updater"):
            assert [await engine.update_index(), await engine.update_index()] == [frozenset()] * 2
        assert [record.getMessage() for record in caplog.records] == [
            "Indexing: Read 3 reviews, left out 2 files (without text: 2). "
            f"`review-bot index --list --data {data}` names each file."
        ]
        assert (engine.load.is_stuck, _titles(engine, "1", "2")) == (False, ["The Chair"])
        assert (await engine.ask(EngineQuery(QUESTION))).about == OWNERS
        broken[1].write_text(own.read_text().replace("The Chair", "Chairs"))
        assert await engine.update_index() == frozenset()
        assert (engine.load.is_stuck, _titles(engine, "1", "2")) == (False, ["Chairs", "The Chair"])


@pytest.mark.slow
async def test_a_running_bot_follows_a_folder_that_is_read_where_it_is(
    data: Path, tmp_path_factory: pytest.TempPathFactory, caplog: pytest.LogCaptureFixture
) -> None:
    blog = tmp_path_factory.mktemp("home") / "blog"
    blog.mkdir()
    (blog / "Chairs.md").write_text("A chair stands in the garden.")
    async with opened(data) as engine:
        link_folder(data, blog)
        assert await engine.update_index() == frozenset()
        assert "Chairs" in _titles(engine, *SHARED)
        (blog / "Chairs.md").write_text("A chair stands in the cellar.")
        assert await engine.update_index() == frozenset()
        found = await engine.ask(EngineQuery("Where does the chair stand?", review="chairs"))
        assert found.answer.quotes[0].text == "A chair stands in the cellar."
        blog.rename(blog.with_name("away"))
        caplog.clear()
        with caplog.at_level(logging.WARNING, "bot.services.index_updater"):
            assert [await engine.update_index(), await engine.update_index()] == [frozenset()] * 2
        (record,) = caplog.records
        assert record.getMessage().startswith(f"A folder of reviews is gone: {blog}: The folder is missing.")
        assert "Chairs" in _titles(engine, *SHARED)


async def test_index_updates_continue_after_an_unexpected_error(
    reviews: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with opened(reviews) as engine:
        pass
    keeping_up = asyncio.create_task(update_index(engine, interval=0.01))
    while len(caplog.records) < 2 and not keeping_up.done():
        await asyncio.sleep(0.01)
    assert not keeping_up.done()
    keeping_up.cancel()
    await asyncio.gather(keeping_up, return_exceptions=True)
    assert {record.getMessage() for record in caplog.records} == {"can't update the index"}


@pytest.mark.slow
async def test_a_damaged_index_is_logged_and_its_replacement_opened(data: Path) -> None:
    (vectors,) = data.glob(".index/collections/shared/*/sentences.faiss")
    async with opened(data) as engine:
        with vectors.open("r+b") as stream:
            stream.seek(2000)
            stream.write(b"\xff" * (vectors.stat().st_size - 2000))
        with pytest.raises(IndexDamagedError, match="Run `review-bot index --rebuild`"):
            await engine.ask(EngineQuery(QUESTION))
        await asyncio.to_thread(lambda: Library.build(data, rebuild=True).close())
        await engine.update_index()
        assert (await engine.ask(EngineQuery(QUESTION))).about == OWNERS


def test_the_engine_needs_an_index(tmp_path: Path) -> None:
    with pytest.raises(IndexMissingError, match="review-bot index"):
        Engine.open(tmp_path, queue=1)


@pytest.mark.slow
def test_neither_the_client_nor_an_answer_loads_pytorch(reviews: Path) -> None:
    script = (
        "import asyncio, sys\n"
        "from pathlib import Path\n"
        "from bot.app.client import ReviewBot\n"
        "from bot.services.engine import Engine, EngineQuery\n"
        "async def main():\n"
        f"    engine = Engine.open(Path({str(reviews)!r}), queue=1)\n"
        f"    print((await engine.ask(EngineQuery({QUESTION!r}))).answer.state)\n"
        "    await engine.close()\n"
        "asyncio.run(main())\n"
        "print('torch' in sys.modules, 'sentence_transformers' in sys.modules)\n"
    )
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert ran.stdout.split() == ["answered", "False", "False"]
