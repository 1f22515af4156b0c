"""What the buttons of a preview and of a removal, and the form that edits a review, do."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from functools import partial

from bot.cogs.buttons import Buttons
from bot.cogs.context import AskContext, Interaction, InteractionHandler
from bot.cogs.reviews.form import FormError
from bot.cogs.reviews.service import ReviewService
from bot.ui.components import form_values
from bot.ui.custom_ids import AddReview, Cancel, EditForm, RemoveReview
from bot.ui.elements import Message
from bot.ui.text import error_message, notice
from embeddings import ConversionError, ReviewStorageError


class ReviewButtons:
    """Confirm or cancel that a review is added or removed."""

    def __init__(self, handler: InteractionHandler, reviews: ReviewService) -> None:
        self._handler = handler
        self._delivery = handler.delivery
        self._reviews = reviews

    def register(self, buttons: Buttons) -> None:
        """Register the handlers."""
        buttons.register(AddReview, self._add)
        buttons.register(RemoveReview, self._remove)
        buttons.register(EditForm, self._edit)
        buttons.register(Cancel, self._cancel)

    async def _add(self, interaction: Interaction, action: AddReview, context: AskContext) -> None:
        await self._confirm(interaction, context, lambda server: self._reviews.add(action.upload, server, context))

    async def _remove(self, interaction: Interaction, action: RemoveReview, context: AskContext) -> None:
        await self._confirm(interaction, context, lambda server: self._reviews.remove(action.review, server, context))

    async def _edit(self, interaction: Interaction, action: EditForm, context: AskContext) -> None:
        values = form_values(interaction)
        steps = partial(self._reviews.edit, action, values, context=context)
        await self._confirm(interaction, context, steps, in_place=False)

    async def _confirm(
        self,
        interaction: Interaction,
        context: AskContext,
        steps: Callable[[int], AsyncIterator[Message]],
        *,
        in_place: bool = True,
    ) -> None:
        """Show each step, if the member still manages the server; with `in_place` instead of the page."""
        server = await self._handler.managed_server(interaction, context, context.words.reviews_not_allowed)
        if server is not None and await self._delivery.acknowledge(interaction, private=True, in_place=in_place):
            try:
                async for message in steps(server):
                    await self._delivery.respond(interaction, message)
            except FormError as error:
                await self._delivery.respond(interaction, notice(str(error)))
            except (ConversionError, ReviewStorageError) as error:
                await self._delivery.respond(interaction, error_message(error))

    async def _cancel(self, interaction: Interaction, action: Cancel, context: AskContext) -> None:
        if action.upload is not None:
            self._reviews.discard(action.upload, context)
        if await self._delivery.acknowledge(interaction, private=True, in_place=True):
            await self._delivery.respond(interaction, notice(context.words.nothing_changed))
