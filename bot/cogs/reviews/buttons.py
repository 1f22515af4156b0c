"""What the buttons of a preview and of a removal, and the form that edits a review, do."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from functools import partial

from bot.cogs.buttons import Buttons
from bot.cogs.context import AskContext, Interaction, InteractionHandler
from bot.cogs.reviews.form import FormError
from bot.cogs.reviews.service import ReviewService
from bot.cogs.reviews.upload_service import UploadService
from bot.ui.components import form_values
from bot.ui.custom_ids import (
    AddReview,
    Cancel,
    EditForm,
    EditUploaded,
    ExcludeUploaded,
    PickUploaded,
    RemoveReview,
    UploadedReview,
    UploadForm,
    UploadPage,
)
from bot.ui.elements import Message
from bot.ui.text import error_message, notice
from embeddings import ConversionError, ReviewStorageError


class ReviewButtons:
    """Look at an upload and change it; confirm or cancel that reviews are added, changed or removed."""

    def __init__(self, handler: InteractionHandler, reviews: ReviewService, uploads: UploadService) -> None:
        self._handler = handler
        self._delivery = handler.delivery
        self._reviews = reviews
        self._uploads = uploads

    def register(self, buttons: Buttons) -> None:
        """Register the handlers."""
        buttons.register(AddReview, self._add)
        buttons.register(UploadPage, self._show_page)
        buttons.register(UploadedReview, self._show_one)
        buttons.register_menu(PickUploaded, lambda menu, number: UploadedReview(menu.upload, int(number)))
        buttons.register(ExcludeUploaded, self._exclude)
        buttons.register(EditUploaded, self._open_form)
        buttons.register(UploadForm, self._edit_uploaded)
        buttons.register(RemoveReview, self._remove)
        buttons.register(EditForm, self._edit)
        buttons.register(Cancel, self._cancel)

    async def _add(self, interaction: Interaction, action: AddReview, context: AskContext) -> None:
        await self._confirm(interaction, context, lambda server: self._uploads.add(action.upload, server, context))

    async def _show_page(self, interaction: Interaction, action: UploadPage, context: AskContext) -> None:
        async def show(server: int) -> Message | None:
            return self._uploads.page(action.upload, action.page, server, context)

        await self._show(interaction, context, show)

    async def _show_one(self, interaction: Interaction, action: UploadedReview, context: AskContext) -> None:
        async def show(server: int) -> Message | None:
            return self._uploads.one(action.upload, action.number, server, context)

        await self._show(interaction, context, show)

    async def _exclude(self, interaction: Interaction, action: ExcludeUploaded, context: AskContext) -> None:
        await self._show(interaction, context, lambda server: self._uploads.exclude(action, server, context))

    async def _open_form(self, interaction: Interaction, action: EditUploaded, context: AskContext) -> None:
        server = await self._handler.managed_server(interaction, context, context.words.reviews_not_allowed)
        if server is None:
            return
        form = self._uploads.form(action, server, context)
        if form is None:
            await self._delivery.send_now(interaction, notice(context.words.upload_gone))
        else:
            await self._delivery.open_form(interaction, form)

    async def _edit_uploaded(self, interaction: Interaction, action: UploadForm, context: AskContext) -> None:
        values = form_values(interaction)
        await self._show(interaction, context, lambda server: self._uploads.edit(action, values, server, context))

    async def _show(
        self, interaction: Interaction, context: AskContext, show: Callable[[int], Awaitable[Message | None]]
    ) -> None:
        """Show a page of an upload in the place of the page; it stays if there is a problem."""
        server = await self._handler.managed_server(interaction, context, context.words.reviews_not_allowed)
        if server is not None and await self._delivery.acknowledge(interaction, private=True, in_place=True):
            try:
                message = await show(server)
            except FormError as error:
                await self._delivery.notify(interaction, notice(str(error)))
            else:
                await self._delivery.respond(interaction, message or notice(context.words.upload_gone))

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
            self._uploads.discard(action.upload, context)
        if await self._delivery.acknowledge(interaction, private=True, in_place=True):
            await self._delivery.respond(interaction, notice(context.words.nothing_changed))
