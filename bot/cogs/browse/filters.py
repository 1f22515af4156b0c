"""Lists of the reviews with some facts, page by page. Names are too long for a button, so filters are in memory."""

from __future__ import annotations

import secrets

from cachetools import LRUCache

from bot.cogs.browse.pages import reviews_message
from bot.cogs.context import AskContext
from bot.config import MAX_REMEMBERED
from bot.services.engine import Engine
from bot.ui.custom_ids import FilteredList
from bot.ui.elements import Message
from embeddings import ReviewFilter

_KEY_BYTES = 9


class ReviewFilters:
    """The filters that members have chosen, by the key that their buttons carry. None is stored."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._chosen: LRUCache[str, ReviewFilter] = LRUCache(MAX_REMEMBERED)

    async def first_page(self, wanted: ReviewFilter, context: AskContext) -> Message:
        """Return the beginning of the list, and remember the filter for the other pages."""
        key = secrets.token_urlsafe(_KEY_BYTES)
        self._chosen[key] = wanted
        return await self._page(wanted, FilteredList(key), context)

    async def page(self, action: FilteredList, context: AskContext) -> Message | None:
        """Return another page, or None if the filter is forgotten."""
        wanted = self._chosen.get(action.chosen)
        return None if wanted is None else await self._page(wanted, action, context)

    async def _page(self, wanted: ReviewFilter, action: FilteredList, context: AskContext) -> Message:
        reviews = await self._engine.reviews(context.collections, wanted)
        heading = await self._engine.heading(context.collections, wanted)
        return reviews_message(
            reviews,
            context.options,
            page=action.page,
            heading=heading.removesuffix(":"),
            turn=lambda page: FilteredList(action.chosen, page),
        )
