"""Answers, and whatever else is said in reply, as Discord messages: limits and escaping in one place.

Everything here is pure. What a review, a member or a file name brought in goes through `bot.neutralising` on
its way; every message keeps Discord's limits whatever it is made of (`bot.parts` names them).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from urllib.parse import quote as percent_encoded
from urllib.parse import urlsplit

from bot.buttons import (
    AskFollowUp,
    Delete,
    FollowUpForm,
    Helpful,
    MorePassages,
    ReadInContext,
    Share,
    encode,
    passage_key,
    review_key,
)
from bot.catalogue import Catalogue
from bot.cutting import Measure, fitting, width
from bot.neutralising import escape, hide, neutralise, one_line, quotation, restore
from bot.parts import (
    EARLIER_ID,
    EARLIER_MARK,
    FORM_TITLE_ROOM,
    OPTION_ROOM,
    PLACEHOLDER_ROOM,
    QUESTION_ID,
    QUESTION_MARK,
    TEXT_ROOM,
    Beside,
    Button,
    Divider,
    Form,
    Look,
    Message,
    Part,
    Row,
    Text,
    Weight,
)
from embeddings.errors import LibraryError
from embeddings.records import Answer, Hit, Quote, Review, Section, State

SHORTEST_QUESTION = 3
LONGEST_QUESTION = 300
"""How many characters a question has in Discord."""

QUOTE_ROOM = 900
"""UTF-16 units of one quote: what is read on a phone without scrolling."""
PASSAGES_ON_PAGE = 3
"""Quotes in a message, no more."""
NAME_ROOM = 120
"""UTF-16 units of a title or heading where it is shown among other words."""

_QUESTION_ROOM = 2 * LONGEST_QUESTION + 100
_LONGEST_LINK = 300
_KEPT_IN_LINKS = "/:?#&=%+,;!$"
_INVITE_HOSTS = frozenset({"discord.gg", "discord.com", "discordapp.com", "discord.new", "discord.gift", "dis.gd"})


@dataclass(frozen=True, slots=True)
class Manner:
    """How to put things: in which words, and whether spoilers hide behind Discord's marks."""

    words: Catalogue
    hide_spoilers: bool = True


def answer_message(
    answer: Answer,
    reviews: Iterable[Review],
    manner: Manner,
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
        manner: the words, and how spoilers are shown.
        asker: the id of the member who asked, and who alone may delete the answer.
        private: whether the asker alone sees it.
        within: the review that the question was narrowed to.
        earlier: the question before, from which this one was understood. It is shown, so that those who read along
            understand it too, and so that it can be read back (`earlier_shown`).
    """
    look = Look[answer.state.name]
    key = review_key(within) if within else None
    known = tuple(reviews)
    head = [*_question(answer.question, earlier), Text(_state_line(answer, known, manner.words, within))]
    quotes = _quotes(answer.quotes, known, manner, room=_room_below(head))
    rows = _answer_rows(answer, manner.words, key, asker if not private else None)
    return Message((*head, *quotes, *rows), look, private)


def more_passages_message(
    question: str,
    quotes: Sequence[Quote],
    reviews: Iterable[Review],
    manner: Manner,
    *,
    action: MorePassages,
    last: bool,
    earlier: str | None = None,
) -> Message:
    """One page of further passages for a question, for the member alone who pressed the button.

    `action` is the page shown, of at most `PASSAGES_ON_PAGE`; `last` says that nothing comes after it; `earlier` is
    the question before, as in `answer_message`.
    """
    words = manner.words
    buttons = []
    if action.page > 0:
        buttons.append(Button(words.earlier, encode(MorePassages(action.review, action.page - 1)), "◀️"))
    if quotes and not last:
        buttons.append(Button(words.more_passages, encode(MorePassages(action.review, action.page + 1))))
    head = [*_question(question, earlier), Text(words.more_passages_of if quotes else words.no_more_passages)]
    passages = _quotes(quotes, reviews, manner, room=_room_below(head))
    rows = [Row(tuple(buttons))] if buttons else []
    return Message((*head, *passages, *rows), Look.NEAREST, private=True)


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


def help_message(
    examples: Sequence[str], words: Catalogue, *, managing: bool = False, is_heard: bool = True
) -> Message:
    """How to ask.

    Args:
        examples: questions that the reviews answer.
        words: the asker's language's.
        managing: whether they manage the server, and so may add reviews.
        is_heard: whether the bot hears what is said in that place.
    """
    shown = [quotation(name(each, "", _QUESTION_ROOM)) for each in examples]
    ask = words.help_ask if is_heard else words.help_ask_alone
    asking = [ask, *([words.help_for_example] if shown else []), *shown]
    parts = [
        Text(f"### {words.help_heading}\n{words.help_intro}"),
        Text("\n".join(asking)),
        Text(words.help_follow_up if is_heard else words.help_follow_up_alone),
        Text(words.help_read),
        Text(words.help_private),
        *([Text(words.help_manage)] if managing else []),
    ]
    return Message(tuple(parts), Look.READING, private=True)


def notice(line: str, *, look: Look = Look.UNANSWERED, private: bool = True) -> Message:
    """One line out of the catalogue: busy, expired, a wait, thanks. Red is for what went wrong."""
    return Message((Text(line),), look, private)


def with_question(message: Message, question: str) -> Message:
    """The message, and below it a member's question as a quotation, to be copied."""
    shown = name(question, "", _QUESTION_ROOM)
    return replace(message, parts=(*message.parts, Text(quotation(shown)))) if shown else message


def problem(error: LibraryError, *, private: bool = True) -> Message:
    """An error that the member can act on, in its own words."""
    return notice(name(str(error), type(error).__name__, TEXT_ROOM), look=Look.PROBLEM, private=private)


def unknown_review(typed: str, near: Iterable[str], words: Catalogue) -> Message:
    """That no one review is meant by what was typed; `near` are the titles of those that may be, if any."""
    asked = name(typed, words.untitled)
    titles = dict.fromkeys(f"**{name(title, words.untitled)}**" for title in near)
    if not titles:
        return notice(words.no_such_review.format(review=asked))
    return notice(words.which_review.format(review=asked, titles=", ".join(titles)))


def question_problem(question: str, words: Catalogue) -> str | None:
    """Why a question can't be asked in Discord (its length, without what can't be seen), or None."""
    length = len(one_line(question))
    if length < SHORTEST_QUESTION:
        return words.question_too_short.format(shortest=SHORTEST_QUESTION)
    if length > LONGEST_QUESTION:
        return words.question_too_long.format(longest=LONGEST_QUESTION)
    return None


def follow_up_form(words: Catalogue) -> Form:
    """The form that *Ask a follow-up* opens."""
    return Form(
        encode(FollowUpForm()),
        plain(words.form_title, FORM_TITLE_ROOM),
        plain(words.form_label, FORM_TITLE_ROOM),
        plain(words.form_placeholder, PLACEHOLDER_ROOM),
        SHORTEST_QUESTION,
        LONGEST_QUESTION,
    )


def delete_button(asker: int, words: Catalogue) -> Button:
    """The button by which the asker takes an answer away; quiet, for everybody sees it under every answer."""
    return Button(words.delete, encode(Delete(asker)))


def question_shown(text: str) -> str | None:
    """The question in a text that shows it: an embed's description, or the components before the state joined alike.

    Exactly what was asked, cleaned and on one line; None where the text shows no question.
    """
    first, _, rest = text.partition("\n")
    if first.startswith(EARLIER_MARK):
        first, _, _ = rest.lstrip("\n").partition("\n")
    return restore(first.removeprefix(QUESTION_MARK)) if first.startswith(QUESTION_MARK) else None


def earlier_shown(text: str) -> str | None:
    """The question before, where the same text shows one."""
    first, _, _ = text.partition("\n")
    return restore(first.removeprefix(EARLIER_MARK)) if first.startswith(EARLIER_MARK) else None


def name(text: str, otherwise: str, room: int = NAME_ROOM) -> str:
    """A title, heading or message as one line of safe markdown of at most `room` units; never empty."""
    return escape(_shortened(text, room, _shown)) or otherwise


def plain(text: str, room: int = OPTION_ROOM, otherwise: str = "…") -> str:
    """A text for a place that reads no markdown (label, option, choice, title): one line, never empty."""
    return _shortened(text, room, width) or otherwise


def link(source: str | None) -> str | None:
    """A review's source as a link that is safe between the parentheses of a masked one, or None.

    Only http and https, no credentials, nothing that leads into Discord.
    """
    if source is None:
        return None
    try:
        address = urlsplit(source.strip())
        host, user = address.hostname, address.username
    except ValueError:
        return None
    if address.scheme not in {"http", "https"} or not host or user is not None or not source.isprintable():
        return None
    encoded = percent_encoded(source.strip(), safe=_KEPT_IN_LINKS)
    # Clients look for invites anywhere in a text, so a path that holds one is refused as well.
    if not host.isascii() or any(f"{known}/" in f"{encoded.lower()}/" for known in _INVITE_HOSTS):
        return None
    return encoded if len(encoded) <= _LONGEST_LINK else None


def is_hidden(section: Section | None, manner: Manner) -> bool:
    """Whether a section's words stand behind spoiler marks. An unknown section's do: it may be flagged."""
    return manner.hide_spoilers and (section is None or section.spoiler)


def _question(question: str, earlier: str | None) -> list[Text]:
    before = name(earlier or "", "", _QUESTION_ROOM)
    shown = name(question, "", _QUESTION_ROOM)
    head = [Text(EARLIER_MARK + before, EARLIER_ID)] if before and shown else []
    return [*head, Text(QUESTION_MARK + shown, QUESTION_ID)] if shown else head


def _room_below(head: Iterable[Text]) -> int:
    return TEXT_ROOM - sum(width(text.content) for text in head)


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
    refusal = words.unanswered_in.format(title=name(within.title, words.untitled)) if within else words.unanswered
    return f"{refusal}\n{words.unanswered_hint}"


def _quotes(quotes: Sequence[Quote], reviews: Iterable[Review], manner: Manner, *, room: int) -> list[Part]:
    """The quotations, then where each stands, within `room` units of text."""
    if not quotes:
        return []
    shown = quotes[:PASSAGES_ON_PAGE]
    known = {(review.collection, review.slug): review for review in reviews}
    places = [_place(quote, known.get((quote.collection, quote.review)), manner) for quote in shown]
    left = room - sum(map(width, places))
    quotations: list[Part] = []
    citations: list[Part] = []
    for position, (quote, place) in enumerate(zip(shown, places, strict=True)):
        review = known.get((quote.collection, quote.review))
        share = min(QUOTE_ROOM, left // (len(shown) - position))
        text = _quotation(quote, share, manner, hidden=is_hidden(_section(review, quote.section), manner))
        left -= width(text)
        quotations.append(Text(text))
        button = _read_button(quote, review, manner.words, alone=len(shown) == 1)
        citations.append(Beside(Text(place), button) if button else Text(place))
    return [*quotations, Divider(), *citations]


def _quotation(quote: Quote, room: int, manner: Manner, *, hidden: bool) -> str:
    label = f"**{quote.label}.** "
    marker = f" {manner.words.cut}"

    def shown(text: str) -> str:
        escaped = neutralise(text)
        return hide(escaped) if hidden else escaped

    def written(text: str, ending: str) -> str:
        return quotation(label + shown(text.strip()) + ending)

    end = fitting(quote.text, room - len(marker), lambda text: width(written(text, "")))
    return written(quote.text[:end], "" if end == len(quote.text) else marker)


def _place(quote: Quote, review: Review | None, manner: Manner) -> str:
    words = manner.words
    section = _section(review, quote.section)
    heading = name(quote.heading, "")
    if heading and is_hidden(section, manner):
        heading = hide(heading)
    form = words.place if heading else words.place_without_heading
    title = name(quote.title, words.untitled)
    # Small, for a phone leaves it half a line beside its button.
    line = f"-# **{quote.label}** " + form.format(title=title, heading=heading, paragraph=quote.paragraph)
    source = link(review.source) if review else None
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
    onward = [Button(words.ask_follow_up, encode(AskFollowUp(key)), weight=Weight.PRIMARY)]
    if answer.quotes:
        onward.insert(0, Button(words.more_passages, encode(MorePassages(key))))
    verdict = (Button(words.helpful, encode(Helpful(True))), Button(words.not_helpful, encode(Helpful(False))))
    last = Button(words.share, encode(Share())) if deletable_by is None else delete_button(deletable_by, words)
    return [Row(tuple(onward)), Row((*verdict, last))]


def _section(review: Review | None, slug: str) -> Section | None:
    if review is None:
        return None
    return next((section for section in review.sections if section.slug == slug), None)


def _shown(text: str) -> int:
    return width(escape(text))


def _shortened(text: str, room: int, measure: Measure) -> str:
    line = one_line(text)
    if measure(line) <= room:
        return line

    def cut(text: str) -> str:
        return text.rstrip() + "…"

    return cut(line[: fitting(line, room, lambda text: measure(cut(text)))])
