"""The answer to a question about the collection, as a message."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.cogs.ask.message import Asker
from bot.cogs.ask.review_list import list_message
from bot.services.engine import page_of
from bot.services.stable_keys import slug_key
from bot.ui.custom_ids import AnswerList, Rate, ReadInContext
from bot.ui.elements import Menu, Message
from bot.ui.strings import ENGLISH
from bot.ui.text import RenderOptions
from embeddings.records import Answer, Facts, ListedReview, Listing, Review, State
from tests.bot.fixtures.checks import a_quarter, actions_of, check
from tests.bot.fixtures.reviews import ANSWER, QUOTES, REVIEW, names, quotes, reviews

OPEN = RenderOptions(ENGLISH, hide_spoilers=False)
HIDING = RenderOptions(ENGLISH, hide_spoilers=True)
ENTRY = ListedReview(REVIEW.slug, REVIEW.title, Facts({"year": 2010, "reviewer": "A. Reader", "rating": "4/5"}))


def shown(listing: Listing, *known: Review, options: RenderOptions = OPEN, page: int | None = None) -> Message:
    answer = replace(ANSWER, question="which reviews?", quotes=(), listing=listing)
    return list_message(answer, listing, known, options, asker=Asker(42), page=page)


def texts(message: Message) -> list[str]:
    return [text.content for text in message.texts()]


@st.composite
def entries(draw: st.DrawFn) -> tuple[ListedReview, Review]:
    known = draw(reviews(2))
    found = [quote for label in (1, 2) if (quote := draw(quotes(known, label))) is not None]
    facts = Facts({"year": 1999, "reviewer": draw(names()), "director": (draw(names()),)})
    chosen = tuple(found) if draw(st.booleans()) else ()
    return ListedReview(known.slug, known.title, facts, chosen, known.collection), known


@a_quarter
@given(entries(), st.integers(0, 60), st.booleans(), st.none() | st.integers(0, 40), names())
@pytest.mark.slow
def test_discord_accepts_every_list(
    made: tuple[ListedReview, Review], count: int, hide: bool, page: int | None, typed: str
) -> None:
    entry, known = made
    every = (entry, *(replace(entry, review=f"other-{number}", quotes=()) for number in range(count)))
    listing = Listing(typed, every, len(every))
    people = Listing(typed, names=((typed, 1),) * count)
    for each in (listing, people):
        answer = Answer(typed, State.ANSWERED, 1.0, (), each)
        check(list_message(answer, each, (known,), RenderOptions(ENGLISH, hide), asker=Asker(1), page=page), (known,))


def test_a_list_shows_the_facts_links_and_a_menu_that_opens_a_review() -> None:
    message = shown(Listing("Films from 2010:", (ENTRY,), 1), REVIEW)
    assert texts(message) == [
        "### which reviews?\n📚 Films from 2010:",
        "**1.** Never Let Me Go (2010, A. Reader); rating: 4/5 · [source](https://reviews.example/never-let-me-go)",
    ]
    (menu,) = [element for element in message.elements if isinstance(element, Menu)]
    assert [(option.label, option.value) for option in menu.options] == [
        ("1. Never Let Me Go", slug_key("shared", REVIEW.slug))
    ]
    assert actions_of(message) == [Rate(True, 42), Rate(False, 42)]


def test_quotes_stand_below_their_review_and_spoilers_are_hidden() -> None:
    entry = replace(ENTRY, facts=Facts(), quotes=QUOTES)
    message = shown(Listing("Reviews that mention “Kathy”:", (entry,), 1), REVIEW, options=HIDING)
    assert texts(message)[1:] == [
        "**1.** Never Let Me Go · [source](https://reviews.example/never-let-me-go)",
        "> **1.** Kathy drives.\n-# [Introduction ¶1](https://reviews.example/never-let-me-go)",
        "> **2.** ||Nobody rebels.||\n-# ||The End|| ¶1 · [source](https://reviews.example/never-let-me-go)",
    ]
    assert [action.spot for action in actions_of(message) if isinstance(action, ReadInContext)] == [1, 2]


@pytest.mark.parametrize(("page", "expected", "places"), [(None, [1], "1–25"), (1, [0, 2], "26–50"), (9, [1], "51–60")])
def test_a_long_list_is_paged(page: int | None, expected: list[int], places: str) -> None:
    entries = tuple(replace(ENTRY, review=f"r{number}") for number in range(60))
    message = shown(Listing("Reviews:", entries, 60), page=page)
    found = actions_of(message)
    assert [action for action in found if isinstance(action, AnswerList)] == [AnswerList(to) for to in expected]
    assert texts(message)[0] == f"### which reviews?\n📚 Reviews:\n-# {places} of 60"
    assert any(isinstance(action, Rate) for action in found) is (page is None)
    assert message.private is (page is not None)


def test_people_are_listed_with_their_reviews_and_a_sentence_stands_alone() -> None:
    people = Listing("Reviewers:", names=(("Ann *Miller*", 2), ("Ben", 1)))
    assert texts(shown(people))[1] == "**Ann \\*Miller\\***, 2 reviews\n**Ben**, 1 review"
    assert texts(shown(Listing("No review has a rating."))) == ["### which reviews?\n📚 No review has a rating."]


@given(st.integers(0, 200), st.integers(0, 50))
def test_a_page_is_a_part_of_the_list(count: int, page: int) -> None:
    number, first, end = page_of(Listing("", (ENTRY,) * count, count), page)
    assert 0 <= number <= page
    assert 0 <= first <= end <= count
    assert (end - first > 0) is (count > 0)
