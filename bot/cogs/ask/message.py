"""An answer as a message, its further passages, and the form for a follow-up."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from bot.config import (
    MAX_FURTHER_QUOTE,
    MAX_ONLY_QUOTE,
    MAX_QUESTION,
    MAX_QUOTE,
    MAX_TITLES_SEARCHED,
    MIN_QUESTION,
    PASSAGE_TEXT,
    PASSAGES_PER_PAGE,
    PLACE_NAME,
)
from bot.services.stable_keys import passage_key, review_key, slug_key
from bot.services.titles import Title
from bot.ui.custom_ids import (
    AskFollowUp,
    BrowseReviews,
    FollowUpForm,
    MorePassages,
    PassagePage,
    PickMeant,
    PickQuote,
    PickReview,
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
    Element,
    Form,
    Menu,
    Message,
    Option,
    Row,
    Style,
    Text,
    TextField,
)
from bot.ui.escape import block_quote, escape, spoiler
from bot.ui.strings import Catalogue
from bot.ui.text import (
    MAX_SHOWN_QUESTION,
    RenderOptions,
    delete_button,
    escaped_line,
    feedback_buttons,
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

_LINKED = re.compile(r"[^\[\]]*")
"""Text that a masked link can show. Brackets end it in some of Discord's clients, even escaped ones."""


@dataclass(frozen=True, slots=True)
class Asker:
    """Who asked, and how they see the answer.

    Attributes:
        member: their id. Only they, and managers, may delete the answer.
        private: whether they alone see it.
        present: whether the bot is where they asked, so that it receives replies and can delete what it wrote.
    """

    member: int
    private: bool = False
    present: bool = True

    @property
    def shown_member(self) -> int | None:
        """The member whom others see as the one who asked, or None if nobody else sees the answer."""
        return None if self.private else self.member


def answer_message(
    answer: Answer,
    reviews: Iterable[Review],
    options: RenderOptions,
    *,
    asker: Asker,
    within: Review | None = None,
    titles: Sequence[Title] = (),
    earlier: str | None = None,
) -> Message:
    """Return an answer with its controls: quotes with their places, a question back, or what was not found.

    Args:
        answer: the library's answer.
        reviews: the reviews that its quotes are from. A quote whose review is missing, because it was removed
            meanwhile, has neither link nor control.
        options: how to render.
        asker: who asked, and how they see the answer.
        within: the review that the question was narrowed to.
        titles: the reviews that were searched, if none was chosen.
        earlier: the question that this one follows up on. Members see it, and `bot.ui.read_back` reads it back.
    """
    words = options.words
    key = review_key(within) if within else None
    known = tuple(reviews)
    quotes = () if answer.choices else answer.quotes[:1] if answer.state is State.NEAREST else answer.quotes
    titled = answer.state is State.NEAREST or len({(quote.collection, quote.review) for quote in quotes}) > 1
    line = _state_line(answer, known, words, within, titles)
    elements: list[Element] = [*question_head(answer.question, earlier, line)]
    longest = None if len(quotes) > 1 else MAX_ONLY_QUOTE
    space = space_below(elements)
    elements += quote_elements(quotes, known, options, titled=titled, limit=space, longest=longest)
    if answer.choices:
        elements.append(_menu_of_choices(answer.choices, known, options))
    elif quotes:
        controls, read = read_controls(quotes, known, options, titled=titled)
        elements += [*controls, Row((*read, *answer_buttons(words, asker, key, more=True)))]
    elif answer.absent is not None and answer.absent.nearest:
        elements.append(_menu_of_titles(answer.absent.nearest, words))
    if not quotes:
        # A refusal is neither helpful nor followed up, and nobody needs it in the channel.
        browse = [Button(words.browse_reviews, encode(BrowseReviews(asker.shown_member, key)))]
        more = [Button(words.more_passages, encode(MorePassages(key)))] if answer.choices else []
        delete = [] if asker.private or asker.present else [delete_button(asker.member, words)]
        elements.append(Row((*more, *browse, *delete)))
    return Message(tuple(elements), Style[answer.state.name], asker.private)


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
    known = tuple(reviews)
    titled = len({(quote.collection, quote.review) for quote in quotes}) > 1 or action.review is None
    head = words.more_passages_of if quotes else words.no_more_passages
    elements: list[Element] = [*question_head(question, earlier, head)]
    space = space_below(elements) - width(words.last_passages)
    elements += quote_elements(quotes, known, options, titled=titled, limit=space, longest=PASSAGE_TEXT)
    if quotes and last:
        elements.append(Text(words.last_passages))
    controls, buttons = read_controls(quotes, known, options, titled=titled)
    if action.page > 0:
        buttons.append(Button(words.earlier, encode(replace(action, page=action.page - 1)), "◀️"))
    if quotes and not last:
        buttons.append(Button(words.more_passages, encode(replace(action, page=action.page + 1))))
    rows = [Row(tuple(buttons))] if buttons else []
    return Message((*elements, *controls, *rows), Style.READING, private=True)


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


def question_head(question: str, earlier: str | None, line: str) -> list[Text]:
    """Return the texts that show the question before, and a question with a line below it."""
    before = escaped_line(earlier or "", "", MAX_SHOWN_QUESTION)
    shown = escaped_line(question, "", MAX_SHOWN_QUESTION)
    head = [Text(EARLIER_PREFIX + before, EARLIER_ID)] if before and shown else []
    return [*head, Text(f"{QUESTION_PREFIX}{shown}\n{line}", QUESTION_ID) if shown else Text(line)]


def space_below(elements: Iterable[Element]) -> int:
    """Return how many UTF-16 units of text a message has left."""
    return MAX_TEXT - sum(width(element.content) for element in elements if isinstance(element, Text))


def quote_elements(
    quotes: Sequence[Quote],
    reviews: Iterable[Review],
    options: RenderOptions,
    *,
    titled: bool,
    limit: int,
    longest: int | None = None,
    numbered: bool | None = None,
) -> list[Text]:
    """Return the quotes, each with its place below it, within `limit` UTF-16 units of text.

    Quotes from one paragraph stand together, above their place. The first quote may be the longest.

    Args:
        quotes: the quotes, best first.
        reviews: the reviews that they are from.
        options: how to render.
        titled: whether the places name the review.
        limit: UTF-16 units of all of it.
        longest: UTF-16 units of one quote, if not what an answer shows.
        numbered: whether the quotes have numbers; None gives them to several.
    """
    known = {(review.collection, review.slug): review for review in reviews}
    groups: dict[tuple[str, str, str, int], list[Quote]] = {}
    for quote in quotes[:PASSAGES_PER_PAGE]:
        groups.setdefault((quote.collection, quote.review, quote.section, quote.paragraph), []).append(quote)
    if numbered is None:
        numbered = len(quotes) > 1 or any(quote.label > 1 for quote in quotes)
    places = [_citation(group, known, options, titled=titled, numbered=numbered) for group in groups.values()]
    left = limit - sum(map(width, places))
    waiting = sum(map(len, groups.values()))
    shown: list[Text] = []
    for group, place in zip(groups.values(), places, strict=True):
        blocks = []
        for quote in group:
            most = longest or (MAX_QUOTE if quote is quotes[0] else MAX_FURTHER_QUOTE)
            text = _block(quote, min(most, left // waiting), known, options, numbered=numbered)
            left -= width(text)
            waiting -= 1
            blocks.append(text)
        shown.append(Text("\n".join(filter(None, (*blocks, place)))))
    return shown


def read_controls(
    quotes: Sequence[Quote], reviews: Iterable[Review], options: RenderOptions, *, titled: bool
) -> tuple[list[Menu], list[Button]]:
    """Return what opens the quotes in their context: a menu of several, or a button for one."""
    known = {(review.collection, review.slug): review for review in reviews}
    entries: list[Option] = []
    for quote in quotes:
        review = known.get((quote.collection, quote.review))
        try:
            key = passage_key(review, quote) if review else None
        except KeyError:
            key = None
        if review is not None and key is not None:
            label = options.words.numbered_place.format(
                number=quote.label, place=_plain_place(quote, review, options, titled=titled)
            )
            entries.append(
                Option(
                    plain_line(label), encode(ReadInContext(key, spot=quote.label)), _beginning(quote, review, options)
                )
            )
    words = options.words
    if len(entries) == 1:
        return [], [Button(words.read_one_in_context, entries[0].value)]
    return ([Menu(encode(PickQuote()), plain_line(words.read_in_context), tuple(entries))] if entries else []), []


def answer_buttons(words: Catalogue, asker: Asker, key: str | None, *, more: bool) -> list[Button]:
    """Return the buttons below an answer: at most three, so that they fit the width of a phone.

    Where the bot can see replies and delete its messages, replies follow up and the Apps menu deletes.
    """
    buttons = [Button(words.more_passages, encode(MorePassages(key)))] if more else []
    if asker.private:
        return [*buttons, Button(words.ask_follow_up, encode(AskFollowUp(key))), Button(words.share, encode(Share()))]
    if not asker.present:
        follow_up = Button(words.ask_follow_up, encode(AskFollowUp(key)))
        return [*buttons, follow_up, delete_button(asker.member, words)]
    return [*buttons, *feedback_buttons(asker.member, key)]


def _state_line(
    answer: Answer, known: Iterable[Review], words: Catalogue, within: Review | None, titles: Sequence[Title]
) -> str:
    quoted = {(quote.collection, quote.review): quote.title for quote in answer.quotes}
    if answer.absent is not None:
        name = escaped_line(answer.absent.name, words.untitled)
        near = _names([choice.title for choice in answer.absent.nearest], words.both, words)
        return (words.absent_nearest if near else words.absent).format(name=name, titles=near)
    if answer.choices:
        return words.unclear.format(titles=_names([choice.title for choice in answer.choices], words.either, words))
    if answer.state is State.ANSWERED:
        if len(quoted) == 1:
            return words.answered_in_one.format(title=escaped_line(next(iter(quoted.values())), words.untitled))
        authors = {(review.collection, review.slug): review.author for review in known}
        writers = {authors.get(place) for place in quoted}
        # Reviews without an author may be by one writer or by several.
        if None in writers:
            return words.answered_from_reviews
        return words.answered_by_one if len(writers) == 1 else words.answered_by_several
    title = escaped_line(within.title, words.untitled) if within else None
    if answer.state is State.NEAREST:
        return words.nearest_in.format(title=title) if title else words.nearest
    refusal = words.unanswered_in.format(title=title) if title else words.unanswered
    if title or len(titles) <= MAX_TITLES_SEARCHED:
        searched = title or _names([each.text for each in titles], words.both, words)
        return f"{refusal}\n{words.looked_in.format(titles=searched)}" if searched else refusal
    return f"{refusal}\n{words.looked_in_all(len(titles))}"


def _names(titles: Sequence[str], last: str, words: Catalogue) -> str:
    """Return titles as a list in a sentence. `last` joins the last one to the others."""
    shown = [escaped_line(title, words.untitled, PLACE_NAME) for title in titles]
    return last.format(first=", ".join(shown[:-1]), second=shown[-1]) if len(shown) > 1 else "".join(shown)


def _block(
    quote: Quote,
    limit: int,
    known: Mapping[tuple[str, str], Review],
    options: RenderOptions,
    *,
    numbered: bool,
) -> str:
    """Return the quote as a block quote, cut to `limit` UTF-16 units."""
    review = known.get((quote.collection, quote.review))
    hidden = is_passage_hidden(review, _section(review, quote.section), quote.start, quote.end, options)
    label = f"**{quote.label}.** " if numbered else ""
    marker = f" {options.words.omission}"

    def rendered(text: str, ending: str = "") -> str:
        escaped = escape(text.strip())
        return block_quote(label + (spoiler(escaped) if hidden else escaped) + ending)

    end = fit(quote.text, limit - len(marker), lambda text: width(rendered(text)))
    return rendered(quote.text[:end], "" if end == len(quote.text) else marker)


def _citation(
    group: Sequence[Quote],
    known: Mapping[tuple[str, str], Review],
    options: RenderOptions,
    *,
    titled: bool,
    numbered: bool,
) -> str:
    """Return the line that says where quotes from one paragraph stand, in small print."""
    words, quote = options.words, group[0]
    review = known.get((quote.collection, quote.review))
    heading = escaped_line(quote.heading, "", PLACE_NAME)
    is_secret = bool(heading) and is_hidden(_section(review, quote.section), options)
    title = escaped_line(_title(quote, known.values(), words), words.untitled, PLACE_NAME) if titled else ""
    if title and heading:
        place = words.place.format(title=title, heading=spoiler(heading) if is_secret else heading)
    else:
        place = title or (spoiler(heading) if is_secret else heading)
    source = safe_link(review.source) if review else None
    number = str(quote.paragraph)
    if source and (is_secret or not _LINKED.fullmatch(place)):
        place = words.citation.format(place=place, paragraph=f"{number} · [{words.source}]({source})")
    else:
        place = words.citation.format(place=place, paragraph=number).strip()
        place = f"[{place}]({source})" if source else place
    if numbered and len(group) > 1:
        labels = ", ".join(str(each.label) for each in group)
        place = words.numbered_place.format(number=f"**{labels}**", place=place)
    if review is not None and any(review.is_quoted(each.start, each.end) for each in group):
        place = f"{place} · {words.quoted}"
    return f"-# {place}"


def _title(quote: Quote, known: Iterable[Review], words: Catalogue) -> str:
    """Return the title of a quote's review, told apart from others of the same title."""
    every = tuple(known)
    review = next((each for each in every if (each.collection, each.slug) == (quote.collection, quote.review)), None)
    others = [other for other in every if other is not review and other.title == quote.title]
    return title_apart(review, quote.title, others, words) if review else quote.title


def _plain_place(quote: Quote, review: Review, options: RenderOptions, *, titled: bool) -> str:
    """Return a quote's place for a menu, where Discord hides no spoilers."""
    words = options.words
    heading = plain_line(quote.heading, PLACE_NAME, "")
    if heading and is_hidden(_section(review, quote.section), options):
        heading = words.spoiler_heading
    title = plain_line(quote.title, PLACE_NAME // 2, words.untitled) if titled or not heading else ""
    place = words.place.format(title=title, heading=heading) if title and heading else title or heading
    return words.citation.format(place=place, paragraph=quote.paragraph)


def _beginning(quote: Quote, review: Review | None, options: RenderOptions) -> str:
    """Return the beginning of a quote for a menu, unless it is hidden."""
    if is_passage_hidden(review, _section(review, quote.section), quote.start, quote.end, options):
        return ""
    return plain_line(quote.text)


def _menu_of_choices(choices: Sequence[Choice], known: Iterable[Review], options: RenderOptions) -> Menu:
    """Return the menu of the reviews that a question may be about, each with how its answer begins."""
    reviews = {(review.collection, review.slug): review for review in known}

    def option(choice: Choice) -> Option:
        review = reviews.get((choice.collection, choice.review))
        others = [other for other in reviews.values() if other is not review and other.title == choice.title]
        title = title_apart(review, choice.title, others, options.words) if review else choice.title
        begins = _beginning(choice.quote, review, options) if choice.quote and review else ""
        return Option(
            plain_line(title, default=options.words.untitled), slug_key(choice.collection, choice.review), begins
        )

    return Menu(encode(PickMeant()), plain_line(options.words.pick_review), tuple(map(option, choices)))


def _menu_of_titles(choices: Sequence[Choice], words: Catalogue) -> Menu:
    """Return the menu that opens the reviews with the titles nearest to that of a work without a review."""
    options = tuple(
        Option(plain_line(choice.title, default=words.untitled), slug_key(choice.collection, choice.review))
        for choice in choices
    )
    return Menu(encode(PickReview()), plain_line(words.pick_near_title), options)


def _section(review: Review | None, slug: str) -> Section | None:
    if review is None:
        return None
    return next((section for section in review.sections if section.slug == slug), None)
