from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from bot.cogs.ask.message import answer_message, follow_up_form, more_passages_message, passage_quotes
from bot.cogs.browse.help import help_message
from bot.ui.custom_ids import AskFollowUp, Delete, Helpful, MorePassages, ReadInContext, Share, decode
from bot.ui.elements import QUESTION_ID, Message, Style, Text
from bot.ui.escape import clean, one_line
from bot.ui.read_back import parse_earlier, parse_question
from bot.ui.strings import ENGLISH
from bot.ui.text import (
    RenderOptions,
    error_message,
    escaped_line,
    notice,
    plain_line,
    question_problem,
    safe_link,
    unknown_review,
)
from embeddings.errors import LibraryError
from embeddings.records import Answer, Hit, Paragraph, Quote, Review, Section, State
from tests.bot.checks import OWN_WORDS, a_quarter, check, check_form
from tests.bot.discord_markdown import QUOTE, SPOILER, read
from tests.bot.reviews import ANSWER, LONG_WORD, QUOTES, REVIEW, answers, names, quotes, reviews
from tests.bot.texts import letters, texts

MANNERS = st.booleans().map(lambda hide: RenderOptions(ENGLISH, hide))

CODE = frozenset({"code"})
"""The names of commands, in the hint of a refusal."""
OPEN = RenderOptions(ENGLISH, hide_spoilers=False)
HIDING = RenderOptions(ENGLISH, hide_spoilers=True)


def lines(message: Message) -> list[str]:
    return "\n".join(text.content for text in message.texts()).split("\n")


def actions(message: Message) -> list[object]:
    return [decode(button.custom_id) for button in message.buttons()]


def quoted_words(message: Message) -> list[str]:
    """What a member reads in the quotations, without their numbers and the mark of a cut."""
    quotations = [shown for text in message.texts() for shown in read(text.content).of(QUOTE)]
    return [shown.partition(" ")[2].removesuffix("\n").removesuffix(" […]") for shown in quotations]


@a_quarter
@given(answers(), MANNERS, st.booleans(), st.integers(1, 2**63), st.booleans(), st.none() | texts(3))
def test_discord_takes_every_answer(
    made: tuple[Answer, tuple[Review, ...]],
    manner: RenderOptions,
    private: bool,
    asker: int,
    narrowed: bool,
    earlier: str | None,
) -> None:
    answer, known = made
    within = known[0] if narrowed else None
    message = answer_message(answer, known, manner, member=asker, private=private, within=within, earlier=earlier)
    check(message, known, CODE)


@a_quarter
@given(answers(), MANNERS)
def test_every_quotation_is_the_reviewers_words_or_their_beginning(
    made: tuple[Answer, tuple[Review, ...]], manner: RenderOptions
) -> None:
    answer, known = made
    shown = quoted_words(answer_message(answer, known, manner, member=1))
    assert len(shown) == len(answer.quotes)
    for words, quote in zip(shown, answer.quotes, strict=True):
        assert letters(clean(quote.text)).startswith(letters(words))


@a_quarter
@given(answers())
def test_where_spoilers_hide_no_word_of_a_flagged_section_shows(
    made: tuple[Answer, tuple[Review, ...]],
) -> None:
    answer, known = made
    message = answer_message(answer, known, HIDING, member=1)
    texts_of_quotes = [text.content for text in message.texts() if text.content.startswith("> ")]
    for content, quote in zip(texts_of_quotes, answer.quotes, strict=True):
        review = next(each for each in known if (each.collection, each.slug) == (quote.collection, quote.review))
        hidden = read(content).of(SPOILER)
        if review.section(quote.section).spoiler:
            seen = read(content).visible.removeprefix(f"{quote.label}. ")
            for part in hidden:
                seen = seen.replace(part, "", 1)
            assert letters(seen) in {"", "[…]"}
        else:
            assert hidden == ()


@given(texts(12).filter(lambda text: question_problem(text, ENGLISH) is None))
def test_a_question_is_read_back_from_the_message_that_shows_it(question: str) -> None:
    message = answer_message(replace(ANSWER, question=question), (REVIEW,), OPEN, member=1)
    first = next(message.texts())
    assert first.id == QUESTION_ID
    assert parse_question(first.content) == one_line(question)
    assert parse_question("\n\n".join(text.content for text in message.texts())) == one_line(question)


@given(texts(12), texts(12))
def test_the_question_before_is_read_back_beside_the_question(question: str, before: str) -> None:
    assume(question_problem(question, ENGLISH) is None and question_problem(before, ENGLISH) is None)
    message = answer_message(replace(ANSWER, question=question), (REVIEW,), OPEN, member=1, earlier=before)
    texts_shown = [text.content for text in message.texts()]
    for shown in ("\n\n".join(texts_shown[:2]), "\n\n".join(texts_shown)):
        assert (parse_earlier(shown), parse_question(shown)) == (one_line(before), one_line(question))


@given(st.text("*@_|.:a", min_size=300, max_size=300))
def test_the_longest_question_is_never_cut(question: str) -> None:
    assert question_problem(question, ENGLISH) is None
    message = answer_message(replace(ANSWER, question=question), (REVIEW,), OPEN, member=1)
    assert parse_question(next(message.texts()).content) == question


@pytest.mark.parametrize("text", ["", "> a quotation", "#### four", "**bold**"])
def test_other_texts_show_no_question(text: str) -> None:
    assert parse_question(text) is None
    assert parse_earlier(text) is None


@pytest.mark.parametrize("word", ["*", "a", "👩", "@here", "a. ", LONG_WORD])
def test_the_longest_of_everything_still_fits(word: str) -> None:
    text = (word * 4000)[:12_000]
    sections = tuple(Section(f"s{number}", text, (Paragraph(1, 0, len(text)),), spoiler=True) for number in range(3))
    review = Review("a", text, text, sections, source="https://a.example/" + "x" * 270)
    longest = tuple(Quote(number + 1, text, "a", text, f"s{number}", text, 1, 0, len(text), 0.5) for number in range(3))
    for state in (State.ANSWERED, State.NEAREST):
        answer = Answer(text, state, 0.5, longest)
        check(answer_message(answer, (review,), HIDING, member=2**63, within=review), (review,))
    check(answer_message(Answer(text, State.UNANSWERED, 0, ()), (), OPEN, member=1, within=review), (), CODE)
    check(error_message(LibraryError(text)))


def test_an_answer_is_question_quotes_and_places() -> None:
    assert lines(answer_message(ANSWER, (REVIEW,), HIDING, member=1)) == [
        "### Who drives?",
        "💬 In the reviewer’s own words:",
        "> **1.** Kathy drives.",
        "> **2.** ||Nobody rebels.||",
        "-# **1** Never Let Me Go › Introduction, paragraph\u00a01 · [source](https://reviews.example/never-let-me-go)",
        "-# **2** Never Let Me Go › ||The End||, paragraph\u00a01 · [source](https://reviews.example/never-let-me-go)",
    ]


def test_nothing_hides_where_the_server_wants_it_open() -> None:
    assert not any("||" in line for line in lines(answer_message(ANSWER, (REVIEW,), OPEN, member=1)))


def test_the_three_states_look_different() -> None:
    nearest = answer_message(replace(ANSWER, state=State.NEAREST), (REVIEW,), OPEN, member=1)
    unanswered = answer_message(Answer("Budget?", State.UNANSWERED, 0.1, ()), (), OPEN, member=1)
    assert (nearest.style, lines(nearest)[1]) == (
        Style.NEAREST,
        "🔎 **The review may not say.** The closest passages are:",
    )
    assert (unanswered.style, lines(unanswered)) == (
        Style.UNANSWERED,
        [
            "### Budget?",
            "🍂 **The reviews don’t say.**",
            "Try other words, or list what there is with `/reviews` and `/sections`.",
        ],
    )


@pytest.mark.parametrize(
    ("authors", "told"),
    [
        (("Ann", "Ann"), "In the reviewer’s own words"),
        (("Ann", "Ben"), "In the reviewers’ own words"),
        (("Ann", None), "In the reviews’ own words"),
        ((None, None), "In the reviews’ own words"),
    ],
)
def test_whose_words_an_answer_is_in_is_said_rightly(authors: tuple[str | None, str | None], told: str) -> None:
    known = (replace(REVIEW, author=authors[0]), replace(REVIEW, slug="another", author=authors[1]))
    both = replace(ANSWER, quotes=(QUOTES[0], replace(QUOTES[1], review="another")))
    assert told in lines(answer_message(both, known, OPEN, member=1))[1]
    assert "In the reviewer’s own words" in lines(answer_message(ANSWER, known, OPEN, member=1))[1]


def test_of_a_review_that_is_gone_nobody_can_tell_who_wrote_it() -> None:
    both = replace(ANSWER, quotes=(QUOTES[0], replace(QUOTES[1], review="gone")))
    shown = lines(answer_message(both, (replace(REVIEW, author="Ann"),), OPEN, member=1))
    assert "In the reviews’ own words" in shown[1]


def test_a_refusal_names_the_review_that_was_asked() -> None:
    message = answer_message(Answer("Budget?", State.UNANSWERED, 0.1, ()), (), OPEN, member=1, within=REVIEW)
    assert lines(message)[1] == "🍂 **Never Let Me Go doesn’t say.**"


def test_a_public_answer_can_be_deleted_by_its_asker_and_not_shared() -> None:
    found = actions(answer_message(ANSWER, (REVIEW,), OPEN, member=42))
    assert isinstance(found[0], ReadInContext)
    assert isinstance(found[1], ReadInContext)
    assert found[2:] == [MorePassages(), AskFollowUp(), Helpful(True), Helpful(False), Delete(42)]


def test_a_private_answer_can_be_shared_and_needs_no_deleting() -> None:
    found = actions(answer_message(ANSWER, (REVIEW,), OPEN, member=42, private=True))
    assert found[2:] == [MorePassages(), AskFollowUp(), Helpful(True), Helpful(False), Share()]


def test_a_refusal_offers_no_further_passages() -> None:
    found = actions(answer_message(Answer("Budget?", State.UNANSWERED, 0.1, ()), (), OPEN, member=1))
    assert found == [AskFollowUp(), Helpful(True), Helpful(False), Delete(1)]


def test_a_quote_whose_review_is_gone_is_shown_hidden_and_without_buttons() -> None:
    message = answer_message(ANSWER, (), HIDING, member=1)
    assert lines(message)[2] == "> **1.** ||Kathy drives.||"
    assert not any(isinstance(action, ReadInContext) for action in actions(message))


def test_a_long_quote_is_cut_behind_a_sentence_with_a_mark() -> None:
    text = "She waits. " * 200
    review = replace(REVIEW, text=text, sections=(Section("s", "S", (Paragraph(1, 0, len(text) - 1),)),))
    quote = replace(QUOTES[0], text=text[:-1], section="s", heading="S", end=len(text) - 1)
    shown = lines(answer_message(replace(ANSWER, quotes=(quote,)), (review,), HIDING, member=1))[2]
    assert shown.endswith("She waits. \\[…\\]")
    assert len(shown) <= 900


@a_quarter
@given(
    names(),
    st.lists(reviews(), min_size=1, max_size=1),
    MANNERS,
    st.integers(0, 30),
    st.booleans(),
    st.data(),
)
def test_discord_takes_every_page_of_further_passages(
    question: str, known: list[Review], manner: RenderOptions, page: int, last: bool, data: st.DataObject
) -> None:
    found = [data.draw(quotes(known[0], label)) for label in range(1, data.draw(st.integers(0, 3)) + 1)]
    passages = [quote for quote in found if quote]
    action = MorePassages(None, page)
    message = more_passages_message(question, passages, known, manner, action=action, last=last)
    check(message, known)


def test_further_passages_are_paged_both_ways() -> None:
    action = MorePassages("abcdefgh", 1)
    message = more_passages_message("Who?", QUOTES, (REVIEW,), OPEN, action=action, last=False)
    assert actions(message)[2:] == [MorePassages("abcdefgh", 0), MorePassages("abcdefgh", 2)]
    message = more_passages_message("Who?", QUOTES, (REVIEW,), OPEN, action=action, last=True)
    assert actions(message)[2:] == [MorePassages("abcdefgh", 0)]


def test_passages_become_quotes_numbered_on() -> None:
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


@a_quarter
@given(st.lists(names(), max_size=3))
def test_discord_takes_every_help(examples: list[str]) -> None:
    check(help_message(examples, ENGLISH), (), frozenset(OWN_WORDS))


def test_help_shows_the_examples_as_they_can_be_asked() -> None:
    def shown(*examples: str) -> list[str]:
        return [line for line in lines(help_message(examples, ENGLISH)) if line.startswith("> ")]

    assert shown("Who is Ruth?", "How does *B* end?") == ["> Who is Ruth?", "> How does \\*B\\* end?"]
    assert shown() == []


@pytest.mark.parametrize("is_heard", [True, False])
def test_help_tells_of_mentions_where_they_are_heard_alone(is_heard: bool) -> None:
    shown = "\n".join(lines(help_message((), ENGLISH, is_heard=is_heard)))
    assert ("mention me" in shown, "reply to an answer" in shown) == (is_heard, is_heard)
    assert "Ask the reviews about this" in shown
    assert "`/ask` starts a new conversation" in shown


@given(texts())
def test_an_error_is_told_within_discords_limits(text: str) -> None:
    check(error_message(LibraryError(text)))


@given(texts(), st.lists(texts(), max_size=3))
def test_an_unknown_review_is_told_within_discords_limits(typed: str, near: list[str]) -> None:
    check(unknown_review(typed, near, ENGLISH), own=CODE)


def test_an_unknown_review_is_answered_by_the_titles_that_may_be_meant_each_once() -> None:
    assert lines(unknown_review("_lamp_", ["The Lamp", "The Lamp", "*Lamps*"], ENGLISH)) == [
        "I’m not sure which review you mean by “\\_lamp\\_”. Perhaps one of these: **The Lamp**, **\\*Lamps\\***?"
    ]
    assert lines(unknown_review("xyzzy", [], ENGLISH)) == ["There is no review “xyzzy” here. See `/reviews`."]


def test_a_notice_is_its_line() -> None:
    assert notice(ENGLISH.busy) == Message((Text(ENGLISH.busy),), Style.UNANSWERED, private=True)


@pytest.mark.parametrize(
    ("question", "told"),
    [
        ("Who?", None),
        ("ab", ENGLISH.question_too_short.format(shortest=3)),
        ("a\u200b\u200b\u200b", ENGLISH.question_too_short.format(shortest=3)),
        ("a" * 300, None),
        ("a" * 301, ENGLISH.question_too_long.format(longest=300)),
    ],
)
def test_a_question_has_3_to_300_characters(question: str, told: str | None) -> None:
    assert question_problem(question, ENGLISH) == told


def test_discord_takes_the_form() -> None:
    check_form(follow_up_form(ENGLISH))


@given(texts(), st.integers(10, 200))
def test_a_name_is_one_line_that_fits_and_is_never_empty(text: str, room: int) -> None:
    for shown in (escaped_line(text, "Untitled", room), plain_line(text, room, "Untitled")):
        assert 0 < len(shown.encode("utf-16-le")) // 2 <= room
        assert len(shown.splitlines()) == 1
        assert shown.strip() == shown


@pytest.mark.parametrize(
    ("source", "safe"),
    [
        ("https://a.example/b?c=d#e", "https://a.example/b?c=d#e"),
        ("http://a.example/(x)|y|", "http://a.example/%28x%29%7Cy%7C"),
        ("https://a.example/@everyone", "https://a.example/%40everyone"),
        ("https://a.example/été 1", "https://a.example/%C3%A9t%C3%A9%201"),
        ("javascript:alert(1)", None),
        ("ftp://a.example", None),
        ("https://", None),
        ("https://discord.gg/abc", None),
        ("https://www.discord.com/invite/abc", None),
        ("https://discord.com", None),
        ("https://a.example/discord.gg/abc", None),
        ("https://user:secret@a.example", None),
        ("https://[a.example", None),
        ("https://a.example/\u202egnp", None),
        ("https://a.example/" + "x" * 300, None),
        ("just words", None),
        (None, None),
    ],
)
def test_only_a_web_address_becomes_a_link(source: str | None, safe: str | None) -> None:
    assert safe_link(source) == safe
