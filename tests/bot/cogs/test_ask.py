from __future__ import annotations

import re
from dataclasses import replace

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from bot.cogs.ask.message import Asker, answer_message, follow_up_form, more_passages_message, passage_quotes
from bot.config import MAX_FURTHER_QUOTE, MAX_ONLY_QUOTE, MAX_QUOTE
from bot.services.stable_keys import review_key
from bot.services.titles import Title
from bot.ui.custom_ids import (
    Action,
    AskFollowUp,
    BrowseReviews,
    Delete,
    MorePassages,
    PassagePage,
    PickQuote,
    PickReview,
    Rate,
    ReadInContext,
    Share,
    decode,
)
from bot.ui.elements import QUESTION_ID, Menu, Message, Style
from bot.ui.escape import clean, one_line
from bot.ui.question_text import question_text
from bot.ui.read_back import parse_earlier, parse_question
from bot.ui.strings import ENGLISH
from bot.ui.text import (
    RenderOptions,
    error_message,
    question_problem,
)
from embeddings.errors import LibraryError
from embeddings.records import AbsentWork, Answer, Choice, Hit, Paragraph, Quote, Review, Section, State
from tests.bot.fixtures.checks import a_quarter, actions_of, check, check_form, lines_of
from tests.bot.fixtures.discord_markdown import QUOTE, SPOILER, read
from tests.bot.fixtures.reviews import ANSWER, LONG_WORD, QUOTES, REVIEW, answers, names, quotes, reviews
from tests.bot.fixtures.texts import letters, texts

OPTIONS = st.booleans().map(lambda hide: RenderOptions(ENGLISH, hide))

CODE = frozenset({"code"})
"""The syntax around the names of commands, in the hint below a refusal."""
OPEN = RenderOptions(ENGLISH, hide_spoilers=False)
HIDING = RenderOptions(ENGLISH, hide_spoilers=True)


def quoted_words(message: Message) -> dict[int, str]:
    """Return what a member reads in the quotes by their numbers, without omission marks."""
    numbered = re.compile(r"(?:^|\n)(?:(\d)\. )?(.*?)(?=\n\d\. |$)", re.DOTALL)
    blocks = [shown.removesuffix("\n") for text in message.texts() for shown in read(text.content).of(QUOTE)]
    found = [each for block in blocks for each in numbered.finditer(block) if each[0]]
    return {int(each[1] or 1): each[2].removesuffix(" […]") for each in found}


def expected_quotes(answer: Answer) -> tuple[Quote, ...]:
    """Return the quotes that an answer shows: a near one has one."""
    return answer.quotes[:1] if answer.state is State.NEAREST else answer.quotes


@a_quarter
@given(answers(), OPTIONS, st.booleans(), st.integers(1, 2**63), st.booleans(), st.none() | texts(3))
def test_discord_accepts_every_answer(
    made: tuple[Answer, tuple[Review, ...]],
    options: RenderOptions,
    private: bool,
    asker: int,
    narrowed: bool,
    earlier: str | None,
) -> None:
    answer, known = made
    within = known[0] if narrowed else None
    message = answer_message(
        answer, known, options, asker=Asker(asker, private=private), within=within, earlier=earlier
    )
    check(message, known, CODE)


@a_quarter
@given(answers(), OPTIONS)
def test_every_quote_shows_the_reviewers_words_or_their_beginning(
    made: tuple[Answer, tuple[Review, ...]], options: RenderOptions
) -> None:
    answer, known = made
    shown = quoted_words(answer_message(answer, known, options, asker=Asker(1)))
    expected = expected_quotes(answer)
    # A single quote has no number, so nothing is left of one without a visible character.
    assert len(shown) == len(expected) or not clean(expected[0].text).strip()
    for number, quote in enumerate(expected, 1):
        assert letters(clean(quote.text)).startswith(letters(shown.get(number, "")))


@a_quarter
@given(answers())
def test_no_word_of_a_spoiler_section_shows_outside_spoiler_marks(
    made: tuple[Answer, tuple[Review, ...]],
) -> None:
    answer, known = made
    for quote in expected_quotes(answer):
        alone = replace(answer, state=State.ANSWERED, quotes=(replace(quote, label=1),))
        message = answer_message(alone, known, HIDING, asker=Asker(1))
        quoted, _, _ = list(message.texts())[-1].content.rpartition("\n")
        review = next(each for each in known if (each.collection, each.slug) == (quote.collection, quote.review))
        hidden = read(quoted).of(SPOILER)
        if review.section(quote.section).spoiler:
            seen = read(quoted).visible
            for part in hidden:
                seen = seen.replace(part, "", 1)
            assert letters(seen) in {"", "[…]"}
        else:
            assert hidden == ()


@given(texts(12).filter(lambda text: question_problem(text, ENGLISH) is None))
def test_the_question_can_be_read_back_from_its_answer(question: str) -> None:
    message = answer_message(replace(ANSWER, question=question), (REVIEW,), OPEN, asker=Asker(1))
    first = next(message.texts())
    assert first.id == QUESTION_ID
    assert parse_question(first.content) == question_text(one_line(question))
    assert parse_question("\n\n".join(text.content for text in message.texts())) == question_text(one_line(question))


@given(texts(12), texts(12))
def test_the_earlier_question_can_be_read_back_too(question: str, before: str) -> None:
    assume(question_problem(question, ENGLISH) is None and question_problem(before, ENGLISH) is None)
    message = answer_message(replace(ANSWER, question=question), (REVIEW,), OPEN, asker=Asker(1), earlier=before)
    texts_shown = [text.content for text in message.texts()]
    for shown in ("\n\n".join(texts_shown[:2]), "\n\n".join(texts_shown)):
        expected = (question_text(one_line(before)), question_text(one_line(question)))
        assert (parse_earlier(shown), parse_question(shown)) == expected


@given(st.text("*@_|.:a", min_size=300, max_size=300))
def test_the_longest_question_is_shown_whole(question: str) -> None:
    assert question_problem(question, ENGLISH) is None
    message = answer_message(replace(ANSWER, question=question), (REVIEW,), OPEN, asker=Asker(1))
    assert parse_question(next(message.texts()).content) == question


@pytest.mark.parametrize("text", ["", "> a quotation", "#### four", "**bold**"])
def test_no_question_is_read_back_from_other_texts(text: str) -> None:
    assert parse_question(text) is None
    assert parse_earlier(text) is None


@pytest.mark.parametrize("word", ["*", "a", "👩", "@here", "a. ", LONG_WORD])
def test_the_longest_title_heading_and_quote_fit(word: str) -> None:
    text = (word * 4000)[:12_000]
    sections = tuple(Section(f"s{number}", text, (Paragraph(1, 0, len(text)),), spoiler=True) for number in range(3))
    review = Review("a", text, text, sections, source="https://a.example/" + "x" * 270)
    longest = tuple(Quote(number + 1, text, "a", text, f"s{number}", text, 1, 0, len(text), 0.5) for number in range(3))
    for state in (State.ANSWERED, State.NEAREST):
        answer = Answer(text, state, 0.5, longest)
        check(answer_message(answer, (review,), HIDING, asker=Asker(2**63), within=review), (review,))
    check(answer_message(Answer(text, State.UNANSWERED, 0, ()), (), OPEN, asker=Asker(1), within=review), (), CODE)
    check(error_message(LibraryError(text)))


def test_an_answer_shows_its_question_quotes_and_citations() -> None:
    assert lines_of(answer_message(ANSWER, (REVIEW,), HIDING, asker=Asker(1))) == [
        "### Who drives?",
        "-# 💬 **Never Let Me Go**, in the reviewer’s words",
        "> **1.** Kathy drives.",
        "-# [Introduction ¶1](https://reviews.example/never-let-me-go)",
        "> **2.** ||Nobody rebels.||",
        "-# ||The End|| ¶1 · [source](https://reviews.example/never-let-me-go)",
    ]


def test_quotes_from_one_paragraph_stand_together_above_their_place() -> None:
    second = replace(QUOTES[1], label=3, text="That is the point.", start=29, end=47)
    message = answer_message(replace(ANSWER, quotes=(QUOTES[1], QUOTES[0], second)), (REVIEW,), OPEN, asker=Asker(1))
    assert lines_of(message)[2:] == [
        "> **2.** Nobody rebels.",
        "> **3.** That is the point.",
        "-# **2, 3** · [The End ¶1](https://reviews.example/never-let-me-go)",
        "> **1.** Kathy drives.",
        "-# [Introduction ¶1](https://reviews.example/never-let-me-go)",
    ]


@pytest.mark.parametrize(("heading", "place"), [("a [b", "a \\[b ¶1 · [source]"), ("a (b)", "[a (b) ¶1]")])
def test_a_place_with_brackets_is_no_link_itself(heading: str, place: str) -> None:
    message = answer_message(
        replace(ANSWER, quotes=(replace(QUOTES[0], heading=heading),)), (REVIEW,), OPEN, asker=Asker(1)
    )
    assert lines_of(message)[-1].startswith(f"-# {place}(https://reviews.example/")


def test_several_quotes_are_opened_from_one_menu_and_one_by_a_button() -> None:
    several = answer_message(ANSWER, (REVIEW,), HIDING, asker=Asker(1))
    (menu,) = [element for element in several.elements if isinstance(element, Menu)]
    assert (menu.placeholder, decode(menu.custom_id)) == ("Read in context", PickQuote())
    assert [(option.label, option.description) for option in menu.options] == [
        ("1 · Introduction ¶1", "Kathy drives."),
        ("2 · Hidden: spoilers ¶1", ""),
    ]
    one = answer_message(replace(ANSWER, quotes=QUOTES[:1]), (REVIEW,), HIDING, asker=Asker(1))
    assert [button.label for button in one.buttons()][:2] == ["In context", "More"]
    assert lines_of(one)[2] == "> Kathy drives."


def test_spoilers_show_where_the_server_shows_them() -> None:
    assert not any("||" in line for line in lines_of(answer_message(ANSWER, (REVIEW,), OPEN, asker=Asker(1))))


def test_a_quote_that_touches_a_marked_spoiler_is_hidden_and_one_of_somebody_else_says_so() -> None:
    marked = replace(REVIEW, spoilers=((6, 13),), quoted=((0, 13),))
    lines = lines_of(answer_message(ANSWER, (marked,), HIDING, asker=Asker(1)))
    assert lines[2] == "> **1.** ||Kathy drives.||"
    assert lines[3].endswith(" · quoted by the reviewer")
    assert "||" not in lines_of(answer_message(ANSWER, (marked,), OPEN, asker=Asker(1)))[2]


def test_the_three_states_look_different() -> None:
    nearest = answer_message(replace(ANSWER, state=State.NEAREST), (REVIEW,), OPEN, asker=Asker(1))
    unanswered = answer_message(Answer("Budget?", State.UNANSWERED, 0.1, ()), (), OPEN, asker=Asker(1))
    assert (nearest.style, lines_of(nearest)[1]) == (
        Style.NEAREST,
        "🔎 **The reviews may not say.** The closest passage:",
    )
    assert [line for line in lines_of(nearest) if line.startswith("> ")] == ["> Kathy drives."]
    assert (unanswered.style, lines_of(unanswered)) == (
        Style.UNANSWERED,
        [
            "### Budget?",
            "🍂 **The reviews don’t say.**",
        ],
    )


@pytest.mark.parametrize(
    ("count", "told"),
    [
        (1, "-# I looked in Film 1. Try other words."),
        (3, "-# I looked in Film 1, Film 2 and Film 3. Try other words."),
        (1200, "-# I looked in 1,200 reviews. Try other words."),
    ],
)
def test_a_refusal_says_where_it_looked(count: int, told: str) -> None:
    titles = [Title("shared", f"f{number}", f"Film {number}", (), ()) for number in range(1, count + 1)]
    refusal = Answer("Budget?", State.UNANSWERED, 0.1, ())
    message = answer_message(refusal, (), OPEN, asker=Asker(1), titles=titles)
    assert lines_of(message)[1:] == ["🍂 **The reviews don’t say.**", told]
    assert [button.label for button in message.buttons()] == ["Browse reviews"]


def test_a_work_without_a_review_offers_the_nearest_titles() -> None:
    absent = AbsentWork("Blade *Runner*", (Choice("never-let-me-go", "Never Let Me Go"), Choice("b", "B")))
    message = answer_message(Answer("x?", State.UNANSWERED, 0, (), absent=absent), (), OPEN, asker=Asker(1))
    assert lines_of(message)[1:] == [
        "🍂 **There is no review of Blade \\*Runner\\*.** The nearest titles: Never Let Me Go and B."
    ]
    (menu,) = [element for element in message.elements if isinstance(element, Menu)]
    assert [option.label for option in menu.options] == ["Never Let Me Go", "B"]
    assert decode(menu.custom_id) == PickReview()


def test_a_question_about_any_of_several_reviews_asks_back_and_quotes_none() -> None:
    choices = (Choice(REVIEW.slug, REVIEW.title, quote=QUOTES[1]), Choice("b", "B", quote=replace(QUOTES[0])))
    tie = replace(ANSWER, state=State.NEAREST, choices=choices)
    message = answer_message(tie, (REVIEW,), HIDING, asker=Asker(1))
    assert lines_of(message)[1:] == ["🤔 **Which review do you mean?** It may be Never Let Me Go or B."]
    (menu,) = [element for element in message.elements if isinstance(element, Menu)]
    # Discord hides no spoilers in a menu.
    assert [(option.label, option.description) for option in menu.options] == [("Never Let Me Go", ""), ("B", "")]
    (open_menu,) = [
        element
        for element in answer_message(tie, (REVIEW,), OPEN, asker=Asker(1)).elements
        if isinstance(element, Menu)
    ]
    assert open_menu.options[0].description == "Nobody rebels."


@pytest.mark.parametrize(
    ("authors", "told"),
    [
        (("Ann", "Ann"), "In the reviewer’s own words"),
        (("Ann", "Ben"), "In the reviewers’ own words"),
        (("Ann", None), "In the reviews’ own words"),
        ((None, None), "In the reviews’ own words"),
    ],
)
def test_an_answer_says_whether_it_quotes_one_reviewer_or_several(
    authors: tuple[str | None, str | None], told: str
) -> None:
    known = (replace(REVIEW, author=authors[0]), replace(REVIEW, slug="another", author=authors[1]))
    both = replace(ANSWER, quotes=(QUOTES[0], replace(QUOTES[1], review="another")))
    assert told in lines_of(answer_message(both, known, OPEN, asker=Asker(1)))[1]
    assert "in the reviewer’s words" in lines_of(answer_message(ANSWER, known, OPEN, asker=Asker(1)))[1]


def test_a_removed_review_counts_as_one_without_an_author() -> None:
    both = replace(ANSWER, quotes=(QUOTES[0], replace(QUOTES[1], review="gone")))
    shown = lines_of(answer_message(both, (replace(REVIEW, author="Ann"),), OPEN, asker=Asker(1)))
    assert "In the reviews’ own words" in shown[1]


def test_an_unanswered_question_names_the_review_that_it_was_narrowed_to() -> None:
    message = answer_message(Answer("Budget?", State.UNANSWERED, 0.1, ()), (), OPEN, asker=Asker(1), within=REVIEW)
    assert lines_of(message)[1] == "🍂 **Never Let Me Go doesn’t say.**"


KEY = review_key(REVIEW)


@pytest.mark.parametrize(
    ("asker", "actions"),
    [
        (Asker(42), [MorePassages(KEY), Rate(True, 42, KEY), Rate(False, 42, KEY)]),
        (Asker(42, private=True), [MorePassages(KEY), AskFollowUp(KEY), Share()]),
        (Asker(42, present=False), [MorePassages(KEY), AskFollowUp(KEY), Delete(42)]),
    ],
)
def test_an_answer_has_four_controls(asker: Asker, actions: list[Action]) -> None:
    message = answer_message(ANSWER, (REVIEW,), OPEN, asker=asker, within=REVIEW)
    first, second, *buttons = actions_of(message)
    assert isinstance(first, ReadInContext)
    assert isinstance(second, ReadInContext)
    assert buttons == actions
    assert len(buttons) + sum(isinstance(element, Menu) for element in message.elements) == 4


@pytest.mark.parametrize(
    ("asker", "actions"),
    [
        (Asker(42), [BrowseReviews(42, KEY)]),
        (Asker(42, private=True), [BrowseReviews(None, KEY)]),
        (Asker(42, present=False), [BrowseReviews(42, KEY), Delete(42)]),
    ],
)
def test_a_refusal_offers_the_reviews_and_no_feedback(asker: Asker, actions: list[Action]) -> None:
    refusal = Answer("Budget?", State.UNANSWERED, 0.1, ())
    assert actions_of(answer_message(refusal, (), OPEN, asker=asker, within=REVIEW)) == actions


def test_a_quote_of_a_removed_review_is_hidden_and_has_no_button() -> None:
    message = answer_message(ANSWER, (), HIDING, asker=Asker(1))
    assert lines_of(message)[2] == "> **1.** ||Kathy drives.||"
    assert not any(isinstance(action, ReadInContext) for action in actions_of(message))


def test_the_citations_of_two_reviews_of_one_title_are_told_apart() -> None:
    other = replace(REVIEW, slug="other", year=1962)
    quotes = (replace(QUOTES[0], label=1), replace(QUOTES[0], label=2, review="other"))
    shown = lines_of(answer_message(replace(ANSWER, quotes=quotes), (REVIEW, other), OPEN, asker=Asker(1)))
    titles = [line.split(" ›")[0] for line in shown if line.startswith("-# [")]
    assert titles == [f"-# [{REVIEW.title} ({REVIEW.year or REVIEW.slug})", f"-# [{REVIEW.title} (1962)"]


def test_a_long_quote_is_cut_after_a_sentence_and_marked() -> None:
    text = "She waits. " * 200
    review = replace(REVIEW, text=text, sections=(Section("s", "S", (Paragraph(1, 0, len(text) - 1),)),))
    quote = replace(QUOTES[0], text=text[:-1], section="s", heading="S", end=len(text) - 1)
    shown = lines_of(answer_message(replace(ANSWER, quotes=(quote,)), (review,), HIDING, asker=Asker(1)))[2]
    assert shown.endswith("She waits. \\[…\\]")
    assert len(shown) <= MAX_ONLY_QUOTE
    further = replace(quote, label=2, start=1, text=text[1:-1])
    both = lines_of(answer_message(replace(ANSWER, quotes=(quote, further)), (review,), HIDING, asker=Asker(1)))
    assert MAX_FURTHER_QUOTE < len(both[2]) <= MAX_QUOTE
    assert len(both[3]) <= MAX_FURTHER_QUOTE


@a_quarter
@given(
    names(),
    st.lists(reviews(), min_size=1, max_size=1),
    OPTIONS,
    st.integers(0, 30),
    st.booleans(),
    st.data(),
)
def test_discord_accepts_every_page_of_more_passages(
    question: str, known: list[Review], options: RenderOptions, page: int, last: bool, data: st.DataObject
) -> None:
    found = [data.draw(quotes(known[0], label)) for label in range(1, data.draw(st.integers(0, 3)) + 1)]
    passages = [quote for quote in found if quote]
    action = PassagePage(None, page)
    message = more_passages_message(question, passages, known, options, action=action, last=last)
    check(message, known)


def test_more_passages_page_both_ways() -> None:
    action = PassagePage("abcdefgh", 1, 2, 5)
    message = more_passages_message("Who?", QUOTES, (REVIEW,), OPEN, action=action, last=False)
    assert actions_of(message)[2:] == [PassagePage("abcdefgh", 0, 2, 5), PassagePage("abcdefgh", 2, 2, 5)]
    message = more_passages_message("Who?", QUOTES, (REVIEW,), OPEN, action=action, last=True)
    assert actions_of(message)[2:] == [PassagePage("abcdefgh", 0, 2, 5)]


def test_passages_become_numbered_quotes() -> None:
    hits = (
        Hit("shared", REVIEW.slug, "the-end", 1, 14, 47, 0.5, ()),
        Hit("shared", "gone", "s", 1, 0, 5, 0.4, ()),
        Hit("shared", REVIEW.slug, "introduction", 1, 0, 13, 0.3, ()),
    )
    found = passage_quotes(hits, (REVIEW,), first=4)
    assert [(quote.label, quote.text, quote.heading) for quote in found] == [
        (4, "Nobody rebels. That is the point.", "The End"),
        (5, "Kathy drives.", "Introduction"),
    ]


def test_discord_accepts_the_follow_up_form() -> None:
    check_form(follow_up_form(ENGLISH))
