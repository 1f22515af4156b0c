"""TBD."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice, zip_longest

from bot.services.engine import Answered, BusyError, Engine, EngineQuery
from bot.services.titles import Titles
from bot.ui.elements import Message, Style, Text
from bot.ui.escape import block_quote
from bot.ui.strings import Catalogue
from bot.ui.text import _QUESTION_ROOM, name, question_problem
from embeddings import Review, State, words


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
    shown = [block_quote(name(each, "", _QUESTION_ROOM)) for each in examples]
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
    return Message(tuple(parts), Style.READING, private=True)


_MOST_ASKED = 12


_MOST_REVIEWS = 6


_MOST_NAMES = 6


_SEEN_AT_LEAST = 2
"""How often a name occurs in what a review says, at the least, to be a topic."""


# Words with capitals that don't begin a sentence or a quotation.
_NAMES = re.compile(r"(?<=[\w,;] )[A-Z][\w’'-]*(?: [A-Z][\w’'-]*)*")


_POSSESSIVE = re.compile(r"[’']s?$")


@dataclass(frozen=True, slots=True)
class _Topic:
    """What may be asked about a review: a name in it, or one of its headings, whose section is then `section`."""

    review: Review
    text: str
    section: str | None = None

    def is_told_by(self, found: Answered) -> bool:
        """Whether an answer begins with a quote of that review about it, and none that gives something away."""
        if found.answer.state is not State.ANSWERED:
            return False
        quote = found.answer.quotes[0]
        if (quote.collection, quote.review) != (self.review.collection, self.review.slug):
            return False
        if self.review.section(quote.section).spoiler:
            return False
        return quote.section == self.section if self.section else self.text in quote.text


class Examples:
    """Example questions, chosen once for each index and those who see the same of it.

    Args:
        engine: which is asked, off the event loop.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._shelf: Titles | None = None
        self._chosen: dict[tuple[tuple[str, ...], str], tuple[str, ...]] = {}

    async def of(self, collections: tuple[str, ...], catalogue: Catalogue) -> tuple[str, ...]:
        """A few questions about what somebody sees, one for each of the catalogue's forms at the most.

        Fewer, or none, where the reviews tell little, or the engine is too busy to try them now.
        """
        if self._shelf is not self._engine.titles:
            self._shelf = self._engine.titles
            self._chosen.clear()
        key = (collections, catalogue.locale)
        if key not in self._chosen:
            try:
                chosen = await self._choose(collections, catalogue)
            except BusyError:
                return ()
            self._chosen[key] = chosen
        return self._chosen[key]

    async def _choose(self, collections: tuple[str, ...], catalogue: Catalogue) -> tuple[str, ...]:
        reviews = await self._engine.reviews(collections)
        chosen: list[str] = []
        for topic in islice(_topics(reviews), _MOST_ASKED):
            if len(chosen) == len(catalogue.help_examples):
                break
            question = catalogue.help_examples[len(chosen)].format(title=topic.review.title, topic=topic.text)
            if question_problem(question, catalogue) is not None:
                continue
            if topic.is_told_by(await self._engine.ask(EngineQuery(question, collections=collections))):
                chosen.append(question)
        return tuple(chosen)


def _topics(reviews: Sequence[Review]) -> Iterator[_Topic]:
    """The topics of the first few reviews in turn, the best of each first."""
    for rank in zip_longest(*map(_topics_of, reviews[:_MOST_REVIEWS])):
        yield from (topic for topic in rank if topic is not None)


def _topics_of(review: Review) -> Iterator[_Topic]:
    """The names that a review mentions most often, then its headings; nothing of its flagged sections."""
    known = {word for text in (review.title, review.work or "", *review.aliases) for word in words(text)}
    open_sections = [section for section in review.sections if not section.spoiler]
    named = Counter(
        _POSSESSIVE.sub("", found)
        for section in open_sections
        for paragraph in section.paragraphs
        for found in _NAMES.findall(review.text[paragraph.start : paragraph.end])
    )
    for text, count in named.most_common(_MOST_NAMES):
        if count >= _SEEN_AT_LEAST and not known.issuperset(words(text)):
            yield _Topic(review, text)
    # The first section's heading is often a word that we have put there.
    for section in open_sections[1:]:
        yield _Topic(review, section.heading, section.slug)
