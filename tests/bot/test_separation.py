"""Only a server itself can see its own reviews.

Everything that a member can see is compared with a world in which the other servers' reviews don't exist: answers,
scores, buttons, contexts, lists, counts, autocomplete and errors must be the same.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from bot.cogs.ask.message import Asker, answer_message
from bot.cogs.browse.help import help_message
from bot.cogs.browse.pages import context_message, reviews_message, section_message
from bot.services.engine import Engine, EngineQuery
from bot.services.stable_keys import find_passage, slug_key
from bot.services.titles import Title
from bot.ui.custom_ids import ReadInContext
from bot.ui.examples import example_questions
from bot.ui.strings import ENGLISH
from bot.ui.text import RenderOptions
from embeddings.documents.slugs import slugify
from embeddings.encoders.onnx import OnnxEncoder
from embeddings.errors import LibraryError
from embeddings.library import Library
from embeddings.records import SHARED, Review
from tests.benchmarks.corpus.vectors import CachingEncoder
from tests.bot.fixtures.checks import actions_of
from tests.embeddings.fixtures.encoders import WrappedEncoder
from tests.embeddings.fixtures.reviews import review

SERVERS = ("101", "102", "103")
TITLES = ("The Ferryman", "The Ferry", "Lamplight", "Winter Harbour")
SENTENCES = (
    "The ferryman takes people over a river, and asks nobody for a coin.",
    "The boat is made of seventeen planks from a barn that burned down.",
    "Odile Marchetti plays the widow with great calm.",
    "The budget was four million crowns.",
    "In the end the lamp goes out, and nobody sees it.",
    "Its last hour is too long, and the music says everything twice.",
    "Zebulon counts the ships that pass without lights.",
    "The harbour freezes, and the children walk to the island.",
)
QUESTIONS = (
    *SENTENCES,
    "Who plays the widow?",
    "What is the boat of The Ferryman made of?",
    "Who is Zebuln?",
    "is it good",
)
TYPED = ("", "f", *TITLES, "lampligth", "zzz")
"""What members type for a review."""
SECTIONS = ("", "1", "9", "Part 0", *(f"Part 1 {server}" for server in SERVERS), "zzz")
"""What members type for a section."""
OPTIONS = RenderOptions(ENGLISH)
_numbers = count()


class SingleEncoder(WrappedEncoder):
    """The real encoder, one text at a time, so that a vector doesn't depend on its batch."""

    def encode(self, texts: Sequence[str], progress: Callable[[int], None] | None = None) -> NDArray[np.float32]:
        return np.concatenate([self.encoder.encode([text], progress) for text in texts])


@pytest.fixture(scope="module")
def encoder(encoder_directory: Path) -> CachingEncoder:
    return CachingEncoder(SingleEncoder(OnnxEncoder.open(encoder_directory)))


@st.composite
def worlds(draw: st.DrawFn) -> tuple[Review, ...]:
    """Draw reviews of the shared collection and of some servers, often with the same titles."""
    reviews = []
    for collection in (SHARED, *SERVERS):
        for title in draw(st.lists(st.sampled_from(TITLES), unique=True, max_size=2)):
            sections = draw(
                st.lists(st.lists(st.sampled_from(SENTENCES), min_size=1, max_size=2), min_size=1, max_size=2)
            )
            content = {f"Part {number} {collection}": paragraphs for number, paragraphs in enumerate(sections)}
            reviews.append(review(slugify(title), content, title=title, collection=collection))
    return tuple(reviews)


@dataclass(frozen=True, slots=True)
class Member:
    """A member in a server. `None` is a direct message, or a place where only they installed the bot."""

    server: str | None

    @property
    def collections(self) -> tuple[str, ...]:
        return (SHARED,) if self.server is None else (SHARED, self.server)


async def seen(engine: Engine, member: Member, questions: Iterable[str], known: Iterable[Review]) -> list[object]:
    """Return everything that a member can see who knows of every review."""
    collections = member.collections
    found: list[object] = []
    reviews = await engine.reviews(collections)
    found += [reviews, reviews_message(reviews, OPTIONS)]
    found.append(help_message(example_questions(engine.titles.visible(collections), ENGLISH), ENGLISH))
    for typed in TYPED:
        found.append(engine.titles.complete_reviews(typed, collections, 25))
        found.append(meant(engine, typed, collections))
        found += [piece async for piece in opened(engine, typed, collections)]
    for each in known:
        found.append(engine.titles.by_key(slug_key(each.collection, each.slug), collections))
        found.append(engine.titles.by_slug(each.slug, collections))
    for question in questions:
        for chosen in (None, *(slugify(title) for title in TITLES)):
            found += [piece async for piece in answered(engine, EngineQuery(question, chosen, collections=collections))]
        found += [
            piece
            async for piece in answered(
                engine,
                EngineQuery(
                    question, default_review=slugify(TITLES[0]), context=(QUESTIONS[-1],), collections=collections
                ),
            )
        ]
        found.append(engine._current.opened.library.names_review(question, collections=collections))
    return found


async def opened(engine: Engine, typed: str, collections: Sequence[str]) -> AsyncIterator[object]:
    """Yield the offered sections of the best matching review, and the page of each section that is asked for."""
    title = engine.titles.best_match(typed, collections)
    if title is None:
        yield None
        return
    for name in SECTIONS:
        yield engine.titles.complete_sections(title, name, 25)
        try:
            yield section_message(*await engine.section(title, name), OPTIONS)
        except LibraryError as error:
            yield str(error)


async def answered(engine: Engine, query: EngineQuery) -> AsyncIterator[object]:
    """Yield the answer to a question, and the pages behind its buttons."""
    try:
        answer = await engine.ask(query)
        passages = await engine.search(query, 10)
    except LibraryError as error:
        yield str(error)
        return
    visible = engine.titles.visible(query.collections)
    message = answer_message(
        answer.answer, answer.reviews, OPTIONS, asker=Asker(1), within=answer.within, titles=visible
    )
    yield answer
    yield passages
    yield message
    for action in actions_of(message):
        if isinstance(action, ReadInContext):
            title = engine.titles.by_key(action.passage.review, query.collections)
            assert title is not None
            yield context_of(await engine.review(title), action)


def context_of(read: Review, action: ReadInContext) -> object:
    place = find_passage(read, action.passage)
    assert place is not None
    return context_message(read, *place, OPTIONS, action=action)


def meant(engine: Engine, typed: str, collections: Sequence[str]) -> Title | str:
    """Return the review that a name means, or the error's message."""
    try:
        return engine.titles.find(typed, collections)
    except LibraryError as error:
        return str(error)


def visible_in(
    reviews: Sequence[Review],
    encoder: CachingEncoder,
    folder: Path,
    member: Member,
    questions: Sequence[str],
    known: Sequence[Review],
) -> list[object]:
    """Return what the member sees in a world of these reviews."""
    library = Library.of(reviews, folder / str(next(_numbers)) / ".index", encoder)

    async def collect() -> list[object]:
        engine = Engine(folder, library, queue=9)
        try:
            return await seen(engine, member, questions, known)
        finally:
            await engine.close()

    return asyncio.run(collect())


# A tenth of the profile's examples: each builds two indexes and compares everything visible.
@settings(
    max_examples=settings().max_examples // 10,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    world=worlds(),
    member=st.sampled_from([Member(None), *map(Member, SERVERS), Member("104")]),
    questions=st.lists(st.sampled_from(QUESTIONS), min_size=1, max_size=2, unique=True),
)
@pytest.mark.slow
def test_nobody_sees_more_than_if_other_servers_had_no_reviews(
    encoder: CachingEncoder, tmp_path: Path, world: tuple[Review, ...], member: Member, questions: list[str]
) -> None:
    visible = tuple(each for each in world if each.collection in member.collections)
    with_others = visible_in(world, encoder, tmp_path, member, questions, world)
    alone = visible_in(visible, encoder, tmp_path, member, questions, world)
    assert with_others == alone


def test_the_comparison_would_show_a_leak(encoder: CachingEncoder, tmp_path: Path) -> None:
    """A single visible review of another server makes a difference."""
    own = review("lamplight", {"One": [SENTENCES[4]]}, title="Lamplight")
    foreign = review("the-ferry", {"One": [SENTENCES[1]]}, title="The Ferry", collection="102")
    member = Member("102")
    assert visible_in([own, foreign], encoder, tmp_path, member, QUESTIONS[:1], [own]) != visible_in(
        [own], encoder, tmp_path, member, QUESTIONS[:1], [own]
    )
