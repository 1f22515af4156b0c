"""The answer to a question about the collection as a message: a page of the reviews, the people or the tags."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from bot.cogs.ask.message import answer_rows, question_head, quote_elements, space_below
from bot.services.engine import page_of
from bot.services.stable_keys import slug_key
from bot.ui.custom_ids import AnswerList, PickReview, encode
from bot.ui.elements import MAX_TEXT, Button, Element, Menu, Message, Option, Row, Style, Text
from bot.ui.strings import Catalogue
from bot.ui.text import RenderOptions, escaped_line, plain_line, safe_link
from bot.ui.truncate import width
from embeddings import Answer, ListedReview, Listing, Review

_AROUND_NAME = 30
"""UTF-16 units around a name in a list of names."""
_HEADING = 300
"""UTF-16 units of the line that says how the question was understood."""


def list_message(
    answer: Answer,
    listing: Listing,
    reviews: Iterable[Review],
    options: RenderOptions,
    *,
    member: int,
    private: bool = False,
    page: int | None = None,
    earlier: str | None = None,
) -> Message:
    """Return a page of a list, with a menu that opens a review, and the buttons of an answer.

    Args:
        answer: the library's answer.
        listing: its list.
        reviews: the reviews of the page. One that is missing, because it was removed meanwhile, has no link.
        options: how to render.
        member: the id of the member who asked. Only they may delete the answer.
        private: whether the member alone sees it.
        page: the page to which a button led, or None for the answer itself.
        earlier: the question that this one follows up on.
    """
    words = options.words
    known = {(review.collection, review.slug): review for review in reviews}
    number, first, end = page_of(listing, page or 0)
    heading = words.listed.format(heading=escaped_line(listing.heading, words.untitled, _HEADING))
    total = max(listing.total, len(listing.names))
    if end - first < total:
        heading += f"\n-# {words.reviews_of.format(first=first + 1, last=end, total=total)}"
    head = [*question_head(answer.question, earlier), Text(heading)]
    entries = list(enumerate(listing.entries[first:end], first + 1))
    elements: list[Element] = [*head, *_entries(entries, known, options, space_below(head))]
    people = listing.names[first:end]
    longest = space_below(head) // max(1, len(people)) - _AROUND_NAME
    lines = [words.listed_name(count, name=escaped_line(name, "…", longest)) for name, count in people]
    if lines:
        elements.append(Text("\n".join(lines)))
    if entries:
        chosen = tuple(
            Option(
                plain_line(f"{place}. {plain_line(entry.title, default=words.untitled)}"),
                slug_key(entry.collection, entry.review),
            )
            for place, entry in entries
        )
        elements.append(Menu(encode(PickReview(number)), plain_line(words.pick_review), chosen))
    if paging := _paging(number, more=end < max(len(listing.entries), len(listing.names)), words=words):
        elements.append(Row(paging))
    if page is None:
        elements += answer_rows(answer, words, None, member if not private else None)
    return Message(tuple(elements), Style[answer.state.name], private or page is not None)


def _entries(
    entries: list[tuple[int, ListedReview]],
    known: dict[tuple[str, str], Review],
    options: RenderOptions,
    limit: int,
) -> list[Element]:
    """Return the lines of reviews, each with its quotes below it, within `limit` UTF-16 units of text."""
    if not entries:
        return []
    share = limit // len(entries)
    if not any(entry.quotes for _, entry in entries):
        lines = [_line(place, entry, known, options.words, share - 1) for place, entry in entries]
        return [Text("\n".join(lines))]
    elements: list[Element] = []
    label = 0
    for place, entry in entries:
        line = _line(place, entry, known, options.words, share // 3)
        quotes = [replace(quote, label=label + number) for number, quote in enumerate(entry.quotes, start=1)]
        label += len(quotes)
        elements += [Text(line), *quote_elements(quotes, known.values(), options, limit=share - width(line))]
    return elements


def _line(place: int, entry: ListedReview, known: dict[tuple[str, str], Review], words: Catalogue, limit: int) -> str:
    facts = entry.facts
    about = ", ".join(str(facts[name]) for name in ("year", "reviewer") if name in facts)
    title = plain_line(entry.title, default=words.untitled)
    shown = words.review_line.format(title=title, about=about) if about else title
    others = [
        words.listed_fact.format(
            name=name.replace("_", " "), fact=", ".join(map(str, fact)) if isinstance(fact, tuple) else fact
        )
        for name, fact in facts.items()
        if name not in ("year", "reviewer")
    ]
    review = known.get((entry.collection, entry.review))
    source = safe_link(review.source) if review else None
    link = f" · [{words.source}]({source})" if source else ""
    number = f"**{place}.** "
    space = limit - width(number) - width(link)
    if space < width(shown) // 2:
        link, space = "", limit - width(number)
    return f"{number}{escaped_line('; '.join((shown, *others)), words.untitled, min(space, MAX_TEXT))}{link}"


def _paging(page: int, *, more: bool, words: Catalogue) -> tuple[Button, ...]:
    earlier = (Button(words.earlier, encode(AnswerList(page - 1)), "◀️"),) if page else ()
    return (*earlier, Button(words.later, encode(AnswerList(page + 1)), "▶️")) if more else earlier
