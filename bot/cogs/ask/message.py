"""TBD."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from bot.config import MAX_QUESTION, MIN_QUESTION
from bot.services.stable_keys import passage_key, review_key
from bot.ui.custom_ids import AskFollowUp, FollowUpForm, Helpful, MorePassages, ReadInContext, Share, encode
from bot.ui.elements import (
    EARLIER_ID,
    EARLIER_PREFIX,
    MAX_FORM_TITLE,
    MAX_PLACEHOLDER,
    MAX_TEXT,
    QUESTION_ID,
    QUESTION_PREFIX,
    Button,
    ButtonStyle,
    Divider,
    Element,
    Form,
    Message,
    Row,
    Style,
    Text,
    TextWithButton,
)
from bot.ui.escape import block_quote, escape, spoiler
from bot.ui.strings import Catalogue
from bot.ui.text import (
    MAX_SHOWN_QUESTION,
    RenderOptions,
    delete_button,
    escaped_line,
    is_hidden,
    plain_line,
    safe_link,
)
from bot.ui.truncate import fit, width
from embeddings import Answer, Hit, Quote, Review, Section, State

QUOTE_ROOM = 900
"""UTF-16 units of one quote: what is read on a phone without scrolling."""


PASSAGES_ON_PAGE = 3
"""Quotes in a message, no more."""


def answer_message(
    answer: Answer,
    reviews: Iterable[Review],
    options: RenderOptions,
    *,
    asker: int,
    private: bool = False,
    within: Review | None = None,
    earlier: str | None = None,
) -> Message:
    """An answer with its quotes, where each stands, and what can be done next.

    Args:
        answer: what the library said.
        reviews: the reviews that its quotes are from. A quote whose review is not among them, because it
            was taken out meanwhile, is shown without a link or a way to read on.
        options: the words, and how spoilers are shown.
        asker: the id of the member who asked, and who alone may delete the answer.
        private: whether the asker alone sees it.
        within: the review that the question was narrowed to.
        earlier: the question before, from which this one was understood. It is shown, so that those who read along
            understand it too, and so that it can be read back (`earlier_shown`).
    """
    style = Style[answer.state.name]
    key = review_key(within) if within else None
    known = tuple(reviews)
    head = [*_question(answer.question, earlier), Text(_state_line(answer, known, options.words, within))]
    quotes = _quotes(answer.quotes, known, options, room=_room_below(head))
    rows = _answer_rows(answer, options.words, key, asker if not private else None)
    return Message((*head, *quotes, *rows), style, private)


def more_passages_message(
    question: str,
    quotes: Sequence[Quote],
    reviews: Iterable[Review],
    options: RenderOptions,
    *,
    action: MorePassages,
    last: bool,
    earlier: str | None = None,
) -> Message:
    """One page of further passages for a question, for the member alone who pressed the button.

    `action` is the page shown, of at most `PASSAGES_ON_PAGE`; `last` says that nothing comes after it; `earlier` is
    the question before, as in `answer_message`.
    """
    words = options.words
    buttons = []
    if action.page > 0:
        buttons.append(Button(words.earlier, encode(MorePassages(action.review, action.page - 1)), "◀️"))
    if quotes and not last:
        buttons.append(Button(words.more_passages, encode(MorePassages(action.review, action.page + 1))))
    head = [*_question(question, earlier), Text(words.more_passages_of if quotes else words.no_more_passages)]
    passages = _quotes(quotes, reviews, options, room=_room_below(head))
    rows = [Row(tuple(buttons))] if buttons else []
    return Message((*head, *passages, *rows), Style.NEAREST, private=True)


def passage_quotes(hits: Iterable[Hit], reviews: Iterable[Review], *, first: int = 1) -> tuple[Quote, ...]:
    """Whole passages as quotes, numbered from `first`; those whose review is not given are left out."""
    known = {(review.collection, review.slug): review for review in reviews}
    quotes: list[Quote] = []
    for hit in hits:
        review = known.get((hit.collection, hit.review))
        section = _section(review, hit.section) if review else None
        if review is None or section is None:
            continue
        quotes.append(
            Quote(
                label=first + len(quotes),
                text=review.text[hit.start : hit.end],
                review=hit.review,
                title=review.title,
                section=hit.section,
                heading=section.heading,
                paragraph=hit.paragraph,
                start=hit.start,
                end=hit.end,
                score=hit.score,
                collection=hit.collection,
            )
        )
    return tuple(quotes)


def follow_up_form(words: Catalogue) -> Form:
    """The form that *Ask a follow-up* opens."""
    return Form(
        encode(FollowUpForm()),
        plain_line(words.form_title, MAX_FORM_TITLE),
        plain_line(words.form_label, MAX_FORM_TITLE),
        plain_line(words.form_placeholder, MAX_PLACEHOLDER),
        MIN_QUESTION,
        MAX_QUESTION,
    )


def _question(question: str, earlier: str | None) -> list[Text]:
    before = escaped_line(earlier or "", "", MAX_SHOWN_QUESTION)
    shown = escaped_line(question, "", MAX_SHOWN_QUESTION)
    head = [Text(EARLIER_PREFIX + before, EARLIER_ID)] if before and shown else []
    return [*head, Text(QUESTION_PREFIX + shown, QUESTION_ID)] if shown else head


def _room_below(head: Iterable[Text]) -> int:
    return MAX_TEXT - sum(width(text.content) for text in head)


def _state_line(answer: Answer, known: Iterable[Review], words: Catalogue, within: Review | None) -> str:
    quoted = {(quote.collection, quote.review) for quote in answer.quotes}
    if answer.state is State.ANSWERED:
        if len(quoted) == 1:
            return words.answered_by_one
        authors = {(review.collection, review.slug): review.author for review in known}
        writers = {authors.get(place) for place in quoted}
        # Of reviews that don't say who wrote them, nobody can tell.
        if None in writers:
            return words.answered_from_reviews
        return words.answered_by_one if len(writers) == 1 else words.answered_by_several
    if answer.state is State.NEAREST:
        return words.nearest_one if len(quoted) == 1 else words.nearest_many
    refusal = (
        words.unanswered_in.format(title=escaped_line(within.title, words.untitled)) if within else words.unanswered
    )
    return f"{refusal}\n{words.unanswered_hint}"


def _quotes(quotes: Sequence[Quote], reviews: Iterable[Review], options: RenderOptions, *, room: int) -> list[Element]:
    """The quotations, then where each stands, within `room` units of text."""
    if not quotes:
        return []
    shown = quotes[:PASSAGES_ON_PAGE]
    known = {(review.collection, review.slug): review for review in reviews}
    places = [_place(quote, known.get((quote.collection, quote.review)), options) for quote in shown]
    left = room - sum(map(width, places))
    quotations: list[Element] = []
    citations: list[Element] = []
    for position, (quote, place) in enumerate(zip(shown, places, strict=True)):
        review = known.get((quote.collection, quote.review))
        share = min(QUOTE_ROOM, left // (len(shown) - position))
        text = _quotation(quote, share, options, hidden=is_hidden(_section(review, quote.section), options))
        left -= width(text)
        quotations.append(Text(text))
        button = _read_button(quote, review, options.words, alone=len(shown) == 1)
        citations.append(TextWithButton(Text(place), button) if button else Text(place))
    return [*quotations, Divider(), *citations]


def _quotation(quote: Quote, room: int, options: RenderOptions, *, hidden: bool) -> str:
    label = f"**{quote.label}.** "
    marker = f" {options.words.omission}"

    def shown(text: str) -> str:
        escaped = escape(text)
        return spoiler(escaped) if hidden else escaped

    def written(text: str, ending: str) -> str:
        return block_quote(label + shown(text.strip()) + ending)

    end = fit(quote.text, room - len(marker), lambda text: width(written(text, "")))
    return written(quote.text[:end], "" if end == len(quote.text) else marker)


def _place(quote: Quote, review: Review | None, options: RenderOptions) -> str:
    words = options.words
    section = _section(review, quote.section)
    heading = escaped_line(quote.heading, "")
    if heading and is_hidden(section, options):
        heading = spoiler(heading)
    form = words.citation if heading else words.citation_without_heading
    title = escaped_line(quote.title, words.untitled)
    # Small, for a phone leaves it half a line beside its button.
    line = f"-# **{quote.label}** " + form.format(title=title, heading=heading, paragraph=quote.paragraph)
    source = safe_link(review.source) if review else None
    return f"{line} · [{words.source}]({source})" if source else line


def _read_button(quote: Quote, review: Review | None, words: Catalogue, *, alone: bool) -> Button | None:
    if review is None:
        return None
    try:
        key = passage_key(review, quote)
    except KeyError:
        return None
    label = words.read_in_context if alone else words.read_number_in_context.format(number=quote.label)
    return Button(label, encode(ReadInContext(key, spot=quote.label)))


def _answer_rows(answer: Answer, words: Catalogue, key: str | None, deletable_by: int | None) -> list[Row]:
    # Shared out so, and without emoji, each of the two rows fits a phone's width.
    onward = [Button(words.ask_follow_up, encode(AskFollowUp(key)), style=ButtonStyle.PRIMARY)]
    if answer.quotes:
        onward.insert(0, Button(words.more_passages, encode(MorePassages(key))))
    verdict = (Button(words.helpful, encode(Helpful(True))), Button(words.not_helpful, encode(Helpful(False))))
    last = Button(words.share, encode(Share())) if deletable_by is None else delete_button(deletable_by, words)
    return [Row(tuple(onward)), Row((*verdict, last))]


def _section(review: Review | None, slug: str) -> Section | None:
    if review is None:
        return None
    return next((section for section in review.sections if section.slug == slug), None)
