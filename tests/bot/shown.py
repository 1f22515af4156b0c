"""Any message of review text that the bot could send, made of random reviews, titles, names and questions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from hypothesis import strategies as st

from bot.cogs.ask.message import answer_message
from bot.cogs.browse.pages import contents_message, context_message, reviews_message, section_message
from bot.services.stable_keys import find_passage, passage_key
from bot.ui.custom_ids import ReadInContext
from bot.ui.elements import Message
from bot.ui.strings import ENGLISH
from bot.ui.text import RenderOptions
from embeddings.records import Review
from tests.bot.reviews import answers, quotes

OPTIONS = st.booleans().map(lambda hide: RenderOptions(ENGLISH, hide))


@dataclass(frozen=True, slots=True)
class Shown:
    """A message, and the reviews that it may link to."""

    message: Message
    reviews: tuple[Review, ...]


@st.composite
def messages(draw: st.DrawFn) -> Shown:
    """An answer, a quote in its context, a page of a section, a table of contents, or a list of reviews."""
    answer, known = draw(answers())
    review, options, page = known[0], draw(OPTIONS), draw(st.integers(0, 4))

    def answered() -> Message:
        return answer_message(answer, known, options, member=1, private=draw(st.booleans()), within=review)

    def section() -> Message:
        return section_message(review, draw(st.sampled_from(review.sections)), options, first=draw(st.integers(0, 40)))

    def in_context() -> Message:
        quote = draw(quotes(review, 1))
        if quote is None:
            return section()
        key = passage_key(review, quote)
        found = find_passage(review, key)
        assert found is not None
        return context_message(review, *found, options, action=ReadInContext(key))

    def contents() -> Message:
        many = tuple(replace(review.sections[0], slug=f"s{number}") for number in range(60))
        return contents_message(replace(review, sections=many), options, page=page)

    def listed() -> Message:
        return reviews_message([replace(review, slug=f"r{number}") for number in range(60)], options, page=page)

    kinds: tuple[Callable[[], Message], ...] = (answered, in_context, section, contents, listed)
    return Shown(draw(st.sampled_from(kinds))(), known)
