"""The answer to a question about the collection as a message: a page of the reviews, the people or the tags."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from itertools import count

from bot.cogs.ask.message import Asker, answer_buttons, question_head, quote_elements, read_controls, space_below
from bot.services.engine import page_of
from bot.services.stable_keys import slug_key
from bot.ui.custom_ids import AnswerList, PickReview, encode
from bot.ui.elements import MAX_TEXT, Button, Element, Menu, Message, Option, Row, Style, Text
from bot.ui.strings import Catalogue
from bot.ui.text import RenderOptions, escaped_line, plain_line, safe_link
from bot.ui.truncate import width
from embeddings import Answer, ListedReview, Listing, Quote, Review

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
    asker: Asker,
    page: int | None = None,
    earlier: str | None = None,
) -> Message:
    """Return a page of a list, with a menu that opens a review, and the buttons of an answer.

    Args:
        answer: the library's answer.
        listing: its list.
        reviews: the reviews of the page. One that is missing, because it was removed meanwhile, has no link.
        options: how to render.
        asker: who asked, and how they see the answer.
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
    head = question_head(answer.question, earlier, heading)
    entries = list(enumerate(listing.entries[first:end], first + 1))
    quotes = _numbered_quotes(entries)
    elements: list[Element] = [*head, *_entries(entries, quotes, known, options, space_below(head))]
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
    menus, read = read_controls([quote for own in quotes for quote in own], known.values(), options, titled=True)
    elements += menus
    paging = _paging(number, more=end < max(len(listing.entries), len(listing.names)), words=words)
    if page is not None:
        # Not an answer's colour: the next page takes this one's place (`bot.ui.read_back.is_answer`).
        rows = [Row((*read, *paging))] if read or paging else []
        return Message((*elements, *rows), Style.READING, private=True)
    rows = [Row((*read, *paging, *answer_buttons(words, asker, None, more=False)))]
    return Message((*elements, *rows), Style[answer.state.name], asker.private)


def _numbered_quotes(entries: list[tuple[int, ListedReview]]) -> list[list[Quote]]:
    """Return the quotes of each entry, numbered from the first to the last."""
    numbers = count(1)
    return [[replace(quote, label=next(numbers)) for quote in entry.quotes] for _, entry in entries]


def _entries(
    entries: list[tuple[int, ListedReview]],
    quotes: list[list[Quote]],
    known: dict[tuple[str, str], Review],
    options: RenderOptions,
    limit: int,
) -> list[Element]:
    """Return the lines of reviews, each with its quotes below it, within `limit` UTF-16 units of text."""
    if not entries:
        return []
    share = limit // len(entries)
    if not any(quotes):
        lines = [_line(place, entry, known, options.words, share - 1) for place, entry in entries]
        return [Text("\n".join(lines))]
    several = sum(map(len, quotes)) > 1
    elements: list[Element] = []
    for (place, entry), own in zip(entries, quotes, strict=True):
        line = _line(place, entry, known, options.words, share // 3)
        space = share - width(line)
        shown = quote_elements(own, known.values(), options, titled=False, limit=space, numbered=several)
        elements += [Text(line), *shown]
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
