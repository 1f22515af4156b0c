"""What the buttons and menus of pages do: open quotes in context, sections, tables of contents, the list of reviews."""

from __future__ import annotations

import asyncio

from bot.cogs.browse.filters import ReviewFilters
from bot.cogs.browse.pages import contents_message, context_message, reviews_message, section_message
from bot.cogs.buttons import Buttons
from bot.cogs.context import AskContext
from bot.services.engine import Engine
from bot.services.stable_keys import find_passage, find_section
from bot.ui.custom_ids import (
    BrowseReviews,
    Contents,
    FilteredList,
    PickQuote,
    PickReview,
    PickSection,
    ReadInContext,
    ReviewList,
    SectionPage,
    decode,
)
from bot.ui.elements import Message
from embeddings import Review


class BrowseButtons:
    """Open pages. Those of review text are made on a thread: 1,000 characters of a section take 0.8 ms."""

    def __init__(self, engine: Engine, filters: ReviewFilters) -> None:
        self._engine = engine
        self._filters = filters

    def register(self, buttons: Buttons) -> None:
        """Register the pages and menus."""
        buttons.register_page(ReadInContext, self._in_context)
        buttons.register_page(SectionPage, self._section)
        buttons.register_page(Contents, self._contents)
        buttons.register_page(ReviewList, self._reviews)
        buttons.register_page(BrowseReviews, lambda _, context: self._reviews(ReviewList(), context))
        buttons.register_page(FilteredList, self._filtered)
        buttons.register_menu(PickQuote, lambda _, quote: _chosen_quote(quote))
        buttons.register_menu(PickSection, lambda menu, section: SectionPage(menu.review, section))
        buttons.register_menu(PickReview, lambda _, review: Contents(review))

    async def _in_context(self, action: ReadInContext, context: AskContext) -> Message | None:
        review = await self._review(action.passage.review, context)
        found = find_passage(review, action.passage)
        if found is None:
            return None
        return await asyncio.to_thread(context_message, review, *found, context.options, action=action)

    async def _section(self, action: SectionPage, context: AskContext) -> Message | None:
        review = await self._review(action.review, context)
        section = find_section(review, action.section)
        if section is None:
            return None
        return await asyncio.to_thread(section_message, review, section, context.options, first=action.first)

    async def _contents(self, action: Contents, context: AskContext) -> Message:
        review = await self._review(action.review, context)
        return contents_message(review, context.options, page=action.page)

    async def _reviews(self, action: ReviewList, context: AskContext) -> Message:
        reviews = await self._engine.reviews(context.collections)
        return reviews_message(reviews, context.options, page=action.page)

    async def _filtered(self, action: FilteredList, context: AskContext) -> Message | None:
        return await self._filters.page(action, context)

    async def _review(self, key: str, context: AskContext) -> Review:
        return await self._engine.review(self._engine.titles.chosen(key, context.collections))


def _chosen_quote(value: str) -> ReadInContext | None:
    action = decode(value)
    return action if isinstance(action, ReadInContext) else None
