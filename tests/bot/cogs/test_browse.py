from __future__ import annotations

from dataclasses import replace

import discord
import pytest
from discord import app_commands
from hypothesis import given
from hypothesis import strategies as st

from bot.app.client import COGS
from bot.cogs.browse.help import help_message
from bot.cogs.browse.pages import contents_message, context_message, reviews_message, section_message
from bot.config import EDGE_TEXT
from bot.services.stable_keys import find_passage, passage_key, review_key, section_key
from bot.services.titles import Heading, Title
from bot.transport.command_mentions import CommandMentions
from bot.ui.custom_ids import (
    Contents,
    FilteredList,
    PickExample,
    PickReview,
    PickSection,
    ReadInContext,
    ReviewList,
    SectionPage,
    decode,
)
from bot.ui.elements import Menu, Message
from bot.ui.examples import example_questions
from bot.ui.strings import ENGLISH
from bot.ui.text import RenderOptions
from embeddings.records import Quote, Review, Section
from tests.bot.fixtures.checks import OWN_WORDS, a_quarter, actions_of, check, text_of
from tests.bot.fixtures.discord_markdown import BOLD, SPOILER, read
from tests.bot.fixtures.reviews import names, quotes, reviews
from tests.bot.fixtures.texts import letters
from tests.embeddings.fixtures.reviews import review

OPEN = RenderOptions(ENGLISH, hide_spoilers=False)
HIDING = RenderOptions(ENGLISH, hide_spoilers=True)
OPTIONS = st.sampled_from((OPEN, HIDING))


def review_of(*paragraphs: str, spoiler: bool = False) -> Review:
    made = review("a", {"The End": paragraphs}, title="A Film", source="https://a.example")
    return replace(made, sections=(replace(made.sections[0], spoiler=spoiler),))


def quote_of(review: Review, words: str) -> Quote:
    start = review.text.index(words)
    section = review.sections[0]
    (paragraph,) = (each for each in section.paragraphs if each.start <= start < each.end)
    return Quote(1, words, "a", "A Film", "the-end", "The End", paragraph.number, start, start + len(words), 0.5)


def in_context(review: Review, quote: Quote, options: RenderOptions, first: int | None = None) -> Message:
    key = passage_key(review, quote)
    found = find_passage(review, key)
    assert found is not None
    return context_message(review, *found, options, action=ReadInContext(key, first))


def contents(message: Message) -> list[str]:
    return [text.content for text in message.texts()]


def menus(message: Message) -> list[Menu]:
    return [part for part in message.elements if isinstance(part, Menu)]


@a_quarter
@given(reviews(), OPTIONS, st.none() | st.integers(0, 40), st.data())
def test_discord_accepts_every_quote_in_context(
    review: Review, options: RenderOptions, first: int | None, data: st.DataObject
) -> None:
    quote = data.draw(quotes(review, 1))
    if quote:
        check(in_context(review, quote, options, first), (review,))


@a_quarter
@given(reviews(), OPTIONS, st.integers(0, 40))
def test_discord_accepts_every_page_of_a_section(review: Review, options: RenderOptions, first: int) -> None:
    check(section_message(review, review.sections[0], options, first=first), (review,))


@a_quarter
@given(reviews(), OPTIONS, st.integers(0, 4))
@pytest.mark.slow
def test_discord_accepts_every_table_of_contents(review: Review, options: RenderOptions, page: int) -> None:
    many = tuple(replace(review.sections[0], slug=f"s{number}") for number in range(60))
    check(contents_message(replace(review, sections=many), options, page=page))
    check(contents_message(review, options, page=page))


@a_quarter
@given(reviews(), OPTIONS, st.integers(0, 4))
def test_discord_accepts_every_list_of_reviews(review: Review, options: RenderOptions, page: int) -> None:
    check(reviews_message([replace(review, slug=f"r{number}") for number in range(60)], options, page=page))


@a_quarter
@given(reviews(1), OPTIONS)
@pytest.mark.slow
def test_the_pages_of_a_section_show_all_of_it_once(review: Review, options: RenderOptions) -> None:
    section = review.sections[0]
    shown = ""
    first: int | None = 0
    while first is not None:
        page = section_message(review, section, options, first=first)
        shown += "".join(letters(read(content).visible) for content in contents(page)[1:])
        later = [
            action.first for action in actions_of(page) if isinstance(action, SectionPage) and action.first > first
        ]
        first = later[0] if later else None
    assert shown == letters(review.text)


@a_quarter
@given(reviews(1))
def test_every_word_of_a_spoiler_section_is_hidden(review: Review) -> None:
    section = replace(review.sections[0], spoiler=True)
    for content in contents(section_message(review, section, HIDING))[1:]:
        reading = read(content)
        assert "".join(map(letters, reading.of(SPOILER))) == letters(reading.visible)


SHORT = review_of("Kathy drives.", "Nobody rebels. That is the point.", "The end.")


def test_a_quote_is_bold_in_its_paragraph_between_the_edges_of_its_neighbours() -> None:
    quote = quote_of(SHORT, "That is the point.")
    message = in_context(SHORT, quote, OPEN)
    assert contents(message) == [
        "### A Film › The End\n-# paragraph 2 of 3 · [source](https://a.example)",
        "-# Kathy drives.",
        "Nobody rebels. **That is the point.**",
        "-# The end.",
    ]
    earlier, later, whole = actions_of(message)
    assert isinstance(earlier, ReadInContext)
    assert isinstance(later, ReadInContext)
    assert (earlier.first, later.first) == (0, 2)
    assert whole == SectionPage(review_key(SHORT), section_key(SHORT.sections[0]))
    assert contents(in_context(SHORT, quote, OPEN, 0))[1:] == ["Kathy drives.", "-# Nobody rebels. That is the point."]
    assert message.private


def test_the_only_paragraph_of_a_section_leads_to_the_contents() -> None:
    review = review_of("Kathy drives.")
    message = in_context(review, quote_of(review, "drives."), OPEN)
    assert contents(message)[1:] == ["Kathy **drives.**"]
    assert actions_of(message) == [Contents(review_key(review))]


def test_a_quote_from_a_spoiler_section_is_bold_behind_spoiler_marks() -> None:
    review = review_of("Kathy drives.", "Nobody rebels.", spoiler=True)
    assert contents(in_context(review, quote_of(review, "rebels."), HIDING)) == [
        "### A Film › ||The End||\n-# paragraph 2 of 2 · [source](https://a.example)",
        "-# ||Kathy drives.||",
        "||Nobody **rebels.**||",
    ]


LONG = review_of(*(f"Paragraph {number} is long. " + "It goes on. " * 60 for number in range(1, 21)))


def test_a_quote_in_the_middle_shows_its_whole_paragraph_and_goes_both_ways() -> None:
    quote = quote_of(LONG, "Paragraph 10 is long.")
    message = in_context(LONG, quote, OPEN)
    place, before, paragraph, after = contents(message)
    assert "paragraph 10 of 20" in place
    assert before.startswith("-# … ")
    assert before.endswith("It goes on.")
    assert paragraph.count("It goes on.") == 60
    assert read(paragraph).of(BOLD) == ("Paragraph 10 is long.",)
    assert after.startswith("-# Paragraph 11 is long.")
    assert after.endswith(" …")
    assert max(len(before), len(after)) <= EDGE_TEXT + len("-# …  …")
    earlier, later, _ = actions_of(message)
    assert isinstance(earlier, ReadInContext)
    assert isinstance(later, ReadInContext)
    assert "paragraph 9 of 20" in contents(in_context(LONG, quote, OPEN, earlier.first))[0]
    assert "paragraph 11 of 20" in contents(in_context(LONG, quote, OPEN, later.first))[0]


def test_a_page_beyond_the_end_is_the_last_one() -> None:
    assert "paragraph 20 of 20" in contents(section_message(LONG, LONG.sections[0], OPEN, first=900))[0]


def test_a_section_without_text_says_so() -> None:
    message = section_message(review_of(), Section("e", "Empty", ()), OPEN)
    assert contents(message) == ["### A Film › Empty\n-# This section has no text. · [source](https://a.example)"]
    assert actions_of(message) == [Contents(review_key(review_of()))]


def test_a_table_of_contents_lists_the_sections_with_a_menu() -> None:
    hidden = Section("secret", "Who Dies", (), spoiler=True)
    review = replace(SHORT, sections=(*SHORT.sections, hidden))
    message = contents_message(review, HIDING)
    assert contents(message) == ["### A Film", "**1.** The End\n**2.** ||Who Dies||"]
    (menu,) = menus(message)
    assert [(option.label, option.value) for option in menu.options] == [
        ("1. The End", section_key(review.sections[0])),
        ("2. Hidden: spoilers", section_key(hidden)),
    ]
    assert decode(menu.custom_id) == PickSection(review_key(review))
    assert actions_of(message) == [ReviewList()]


def test_the_list_of_reviews_says_what_each_is_about() -> None:
    named = replace(SHORT, work="A Film", year=2010)
    other = replace(SHORT, slug="b", title="*B*", work="The Book", year=2005, author="An Author")
    message = reviews_message((named, other), OPEN)
    assert contents(message) == [
        "### Reviews",
        "**1.** A Film (2010)\n**2.** \\*B\\* (The Book, 2005, An Author)",
    ]
    (menu,) = menus(message)
    assert [option.label for option in menu.options] == ["1. A Film", "2. *B*"]
    assert decode(menu.custom_id) == PickReview()


@pytest.mark.parametrize(("page", "expected"), [(0, [1]), (1, [0, 2]), (2, [1]), (9, [1])])
def test_a_long_list_is_paged(page: int, expected: list[int]) -> None:
    many = [replace(SHORT, slug=f"r{number}") for number in range(60)]
    message = reviews_message(many, OPEN, page=page)
    assert actions_of(message) == [ReviewList(to) for to in expected]
    assert contents(message)[0] == f"### Reviews\n-# {('1–25', '26–50', '51–60')[min(page, 2)]} of 60"


def test_a_filtered_list_says_how_the_filter_was_understood_and_turns_its_own_pages() -> None:
    many = [replace(SHORT, slug=f"r{number}") for number in range(30)]
    message = reviews_message(
        many, OPEN, heading="Horror reviews by *Ann*", turn=lambda page: FilteredList("abc", page)
    )
    assert contents(message)[0] == "### Horror reviews by \\*Ann\\*\n-# 1–25 of 30"
    assert actions_of(message) == [FilteredList("abc", 1)]
    assert contents(reviews_message((), OPEN, heading="No review has a tag.")) == ["No review has a tag."]


def test_an_empty_list_of_reviews_says_so() -> None:
    assert contents(reviews_message((), OPEN)) == ["### Reviews\nThere are no reviews here yet."]


def titled(slug: str, *headings: str, spoilers: tuple[str, ...] = ()) -> Title:
    parts = tuple(
        Heading(number, heading, heading, heading in spoilers) for number, heading in enumerate(("Intro", *headings), 1)
    )
    return Title("shared", slug, slug.title(), (), parts)


def test_the_examples_of_help_take_each_review_in_turn() -> None:
    titles = (titled("sea", "Waves", "Salt", "Sand"), titled("boat", "Planks"))
    assert example_questions(titles, ENGLISH) == (
        "What is Sea about?",
        "What is Boat about?",
        "Tell me about “Waves”.",
    )


def test_no_example_of_help_names_a_spoiler_or_is_too_long_to_ask() -> None:
    title = titled("sea", "Who Drowns", "x" * 300, "Salt", spoilers=("Who Drowns",))
    assert example_questions((title,), ENGLISH) == ("What is Sea about?", "Tell me about “Salt”.")
    assert example_questions((titled(" "),), ENGLISH) == ()


@a_quarter
@given(st.lists(names(), max_size=3))
@pytest.mark.slow
def test_discord_accepts_every_help_page(examples: list[str]) -> None:
    check(help_message(examples, ENGLISH), (), frozenset(OWN_WORDS))


def test_a_menu_of_help_runs_the_examples_that_fit_into_it() -> None:
    (menu,) = menus(help_message(("Who is Ruth?", "How does *B* end?", "x" * 101), ENGLISH))
    assert decode(menu.custom_id) == PickExample()
    assert [(option.label, option.value) for option in menu.options] == [
        ("Who is Ruth?", "Who is Ruth?"),
        ("How does *B* end?", "How does *B* end?"),
    ]
    assert menus(help_message((), ENGLISH)) == []


def test_help_names_every_command_and_says_where_the_bot_answers() -> None:
    shown = text_of(help_message((), ENGLISH, managing=True, where="**Mentions** get an answer in <#1>."))
    commands = {
        command.qualified_name
        for cog in COGS
        for root in vars(cog).values()
        if isinstance(root, app_commands.Command | app_commands.Group) and root.parent is None
        for command in (root.commands if isinstance(root, app_commands.Group) else [root])
    }
    assert {name for name in commands if f"`/{name}`" not in shown} == {"help"}
    assert "in <#1>" in shown


def test_commands_are_tappable_where_their_ids_are_known() -> None:
    mentions = CommandMentions(app_commands.CommandTree(discord.Client(intents=discord.Intents.none())))
    assert mentions.tappable("`/ask`, `/privacy about`") == "`/ask`, `/privacy about`"
    mentions._ids = {"ask": 1, "privacy": 2}
    assert mentions.tappable("`/ask`, `/privacy about`, `/gaps`") == "</ask:1>, </privacy about:2>, `/gaps`"


@pytest.mark.parametrize("is_heard", [True, False])
def test_help_mentions_replies_only_where_the_bot_receives_them(is_heard: bool) -> None:
    shown = text_of(help_message((), ENGLISH, is_heard=is_heard))
    assert ("mention me" in shown, "reply to an answer" in shown) == (is_heard, is_heard)
    assert "Ask the reviews about this" in shown
    assert "`/ask` starts a new conversation" in shown
