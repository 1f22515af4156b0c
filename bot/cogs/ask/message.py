"""An answer as a message, its further passages, and the form for a follow-up."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from bot.config import MAX_QUESTION, MAX_QUOTE, MIN_QUESTION, PASSAGES_PER_PAGE
from bot.services.stable_keys import passage_key, review_key, slug_key
from bot.ui.custom_ids import (
    AskFollowUp,
    FollowUpForm,
    Helpful,
    MorePassages,
    PassagePage,
    PickMeant,
    ReadInContext,
    Share,
    encode,
)
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
    Menu,
    Message,
    Option,
    Row,
    Style,
    Text,
    TextField,
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
    is_passage_hidden,
    plain_line,
    safe_link,
    title_apart,
)
from bot.ui.truncate import fit, width
from embeddings import Answer, Choice, Hit, Quote, Review, Section, State

FOLLOW_UP = "question"
"""The name of the field of the form for a follow-up."""


def answer_message(
    answer: Answer,
    reviews: Iterable[Review],
    options: RenderOptions,
    *,
    member: int,
    private: bool = False,
    within: Review | None = None,
    earlier: str | None = None,
) -> Message:
    """Return an answer with its quotes, their places in the reviews, and buttons.

    Args:
        answer: the library's answer.
        reviews: the reviews that its quotes are from. A quote whose review is missing, because it was removed
            meanwhile, has neither link nor button.
        options: how to render.
        member: the id of the member who asked. Only they may delete the answer.
        private: whether the member alone sees it.
        within: the review that the question was narrowed to.
        earlier: the question that this one follows up on. Members see it, and `bot.ui.read_back` reads it back.
    """
    style = Style[answer.state.name]
    key = review_key(within) if within else None
    known = tuple(reviews)
    head = [*question_head(answer.question, earlier), Text(_state_line(answer, known, options.words, within))]
    quotes = quote_elements(answer.quotes, known, options, limit=space_below(head))
    rows = answer_rows(answer, options.words, key, member if not private else None)
    menu = _menu_of_choices(answer.choices, known, options.words)
    return Message((*head, *quotes, *menu, *rows), style, private)


def more_passages_message(
    question: str,
    quotes: Sequence[Quote],
    reviews: Iterable[Review],
    options: RenderOptions,
    *,
    action: PassagePage,
    last: bool,
    earlier: str | None = None,
) -> Message:
    """Return a page of further passages for the member who pressed the button.

    Args:
        question: the question that they answer.
        quotes: at most `PASSAGES_PER_PAGE` passages.
        reviews: the reviews that they are from.
        options: how to render.
        action: the button that leads to this page.
        last: whether it is the last page.
        earlier: the question that this one follows up on.
    """
    words = options.words
    buttons = []
    if action.page > 0:
        buttons.append(Button(words.earlier, encode(replace(action, page=action.page - 1)), "◀️"))
    if quotes and not last:
        buttons.append(Button(words.more_passages, encode(replace(action, page=action.page + 1))))
    head = [*question_head(question, earlier), Text(words.more_passages_of if quotes else words.no_more_passages)]
    passages = quote_elements(quotes, reviews, options, limit=space_below(head))
    rows = [Row(tuple(buttons))] if buttons else []
    return Message((*head, *passages, *rows), Style.NEAREST, private=True)


def passage_quotes(hits: Iterable[Hit], reviews: Iterable[Review], *, first: int = 1) -> tuple[Quote, ...]:
    """Return passages as quotes, numbered from `first`, without those whose review is missing."""
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
    """Return the form that *Ask a follow-up* opens."""
    question = TextField(
        FOLLOW_UP,
        plain_line(words.form_label, MAX_FORM_TITLE),
        placeholder=plain_line(words.form_placeholder, MAX_PLACEHOLDER),
        shortest=MIN_QUESTION,
        longest=MAX_QUESTION,
    )
    return Form(encode(FollowUpForm()), plain_line(words.form_title, MAX_FORM_TITLE), (question,))


def question_head(question: str, earlier: str | None) -> list[Text]:
    """Return the texts that show a question, and the one before it."""
    before = escaped_line(earlier or "", "", MAX_SHOWN_QUESTION)
    shown = escaped_line(question, "", MAX_SHOWN_QUESTION)
    head = [Text(EARLIER_PREFIX + before, EARLIER_ID)] if before and shown else []
    return [*head, Text(QUESTION_PREFIX + shown, QUESTION_ID)] if shown else head


def space_below(head: Iterable[Text]) -> int:
    """Return how many UTF-16 units of text a message has left."""
    return MAX_TEXT - sum(width(text.content) for text in head)


def _state_line(answer: Answer, known: Iterable[Review], words: Catalogue, within: Review | None) -> str:
    quoted = {(quote.collection, quote.review) for quote in answer.quotes}
    choices = answer.choices or (answer.absent.nearest if answer.absent else ())
    titles = ", ".join(escaped_line(choice.title, words.untitled) for choice in choices)
    if answer.absent is not None:
        name = escaped_line(answer.absent.name, words.untitled)
        line = (words.absent_nearest if titles else words.absent).format(name=name, titles=titles)
        return f"{line}\n{words.unanswered_hint}"
    if answer.choices:
        return words.unclear.format(titles=titles)
    if answer.state is State.ANSWERED:
        if len(quoted) == 1:
            return words.answered_by_one
        authors = {(review.collection, review.slug): review.author for review in known}
        writers = {authors.get(place) for place in quoted}
        # Reviews without an author may be by one writer or by several.
        if None in writers:
            return words.answered_from_reviews
        return words.answered_by_one if len(writers) == 1 else words.answered_by_several
    if answer.state is State.NEAREST:
        return words.nearest_one if len(quoted) == 1 else words.nearest_many
    refusal = (
        words.unanswered_in.format(title=escaped_line(within.title, words.untitled)) if within else words.unanswered
    )
    return f"{refusal}\n{words.unanswered_hint}"


def quote_elements(
    quotes: Sequence[Quote], reviews: Iterable[Review], options: RenderOptions, *, limit: int
) -> list[Element]:
    """Return the quotes, then their citations, within `limit` UTF-16 units of text."""
    if not quotes:
        return []
    shown = quotes[:PASSAGES_PER_PAGE]
    known = {(review.collection, review.slug): review for review in reviews}
    citations = [_citation(quote, known, options) for quote in shown]
    left = limit - sum(map(width, citations))
    blocks: list[Element] = []
    lines: list[Element] = []
    for position, (quote, citation) in enumerate(zip(shown, citations, strict=True)):
        review = known.get((quote.collection, quote.review))
        share = min(MAX_QUOTE, left // (len(shown) - position))
        section = _section(review, quote.section)
        hidden = is_passage_hidden(review, section, quote.start, quote.end, options)
        text = _block(quote, share, options, hidden=hidden)
        left -= width(text)
        blocks.append(Text(text))
        button = _read_button(quote, review, options.words, alone=len(shown) == 1)
        lines.append(TextWithButton(Text(citation), button) if button else Text(citation))
    return [*blocks, Divider(), *lines]


def _block(quote: Quote, limit: int, options: RenderOptions, *, hidden: bool) -> str:
    """Return the quote as a block quote, cut to `limit` UTF-16 units."""
    label = f"**{quote.label}.** "
    marker = f" {options.words.omission}"

    def rendered(text: str, ending: str = "") -> str:
        escaped = escape(text.strip())
        return block_quote(label + (spoiler(escaped) if hidden else escaped) + ending)

    end = fit(quote.text, limit - len(marker), lambda text: width(rendered(text)))
    return rendered(quote.text[:end], "" if end == len(quote.text) else marker)


def _citation(quote: Quote, known: Mapping[tuple[str, str], Review], options: RenderOptions) -> str:
    words = options.words
    review = known.get((quote.collection, quote.review))
    others = [other for other in known.values() if other is not review and other.title == quote.title]
    section = _section(review, quote.section)
    heading = escaped_line(quote.heading, "")
    if heading and is_hidden(section, options):
        heading = spoiler(heading)
    form = words.citation if heading else words.citation_without_heading
    title = escaped_line(title_apart(review, quote.title, others, words) if review else quote.title, words.untitled)
    # In small print, because a phone leaves it half a line beside its button.
    line = f"-# **{quote.label}** " + form.format(title=title, heading=heading, paragraph=quote.paragraph)
    if review is not None and review.is_quoted(quote.start, quote.end):
        line = f"{line} · {words.quoted}"
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


def answer_rows(answer: Answer, words: Catalogue, key: str | None, deletable_by: int | None) -> list[Row]:
    """Return the buttons below an answer. Only the member of `deletable_by` may delete it; None is a private answer."""
    # Spread like this, and without emoji, each of the two rows fits the width of a phone.
    first = [Button(words.ask_follow_up, encode(AskFollowUp(key)), style=ButtonStyle.PRIMARY)]
    if answer.quotes:
        first.insert(0, Button(words.more_passages, encode(MorePassages(key))))
    feedback = (Button(words.helpful, encode(Helpful(True))), Button(words.not_helpful, encode(Helpful(False))))
    last = Button(words.share, encode(Share())) if deletable_by is None else delete_button(deletable_by, words)
    return [Row(tuple(first)), Row((*feedback, last))]


def _menu_of_choices(choices: Sequence[Choice], known: Iterable[Review], words: Catalogue) -> list[Menu]:
    """Return the menu of the reviews that a question may be about, or nothing if it is clear."""
    reviews = {(review.collection, review.slug): review for review in known}

    def label(choice: Choice) -> str:
        review = reviews.get((choice.collection, choice.review))
        others = [other for other in reviews.values() if other is not review and other.title == choice.title]
        title = title_apart(review, choice.title, others, words) if review else choice.title
        return plain_line(title, default=words.untitled)

    options = tuple(Option(label(choice), slug_key(choice.collection, choice.review)) for choice in choices)
    return [Menu(encode(PickMeant()), plain_line(words.pick_review), options)] if options else []


def _section(review: Review | None, slug: str) -> Section | None:
    if review is None:
        return None
    return next((section for section in review.sections if section.slug == slug), None)
