"""What the buttons and menus of the `/settings` panel do: change one setting, save it, and show the panel again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from bot.cogs.buttons import Buttons
from bot.cogs.context import AskContext, Interaction, InteractionHandler
from bot.cogs.settings.page import ALL_REVIEWS
from bot.cogs.settings.service import TOGGLES, SettingsService
from bot.storage.records import ServerSettings
from bot.ui.components import menu_values
from bot.ui.custom_ids import ChangeSetting, PickDefaultReview, PickMentionChannels
from bot.ui.text import notice


class SettingsButtons:
    """Change a server's settings from their panel, for members who manage it at that moment."""

    def __init__(self, handler: InteractionHandler, service: SettingsService) -> None:
        self._handler = handler
        self._service = service

    def register(self, buttons: Buttons) -> None:
        """Register the handlers."""
        buttons.register(ChangeSetting, self._toggle)
        buttons.register(PickMentionChannels, self._pick_channels)
        buttons.register(PickDefaultReview, self._pick_review)

    async def _toggle(self, interaction: Interaction, action: ChangeSetting, context: AskContext) -> None:
        change = TOGGLES.get(action.name)
        if change is None:
            await self._handler.delivery.send_now(interaction, notice(context.words.expired))
            return
        await self._change(interaction, context, lambda settings: change(settings, action.on))

    async def _pick_channels(self, interaction: Interaction, _: PickMentionChannels, context: AskContext) -> None:
        chosen = tuple(sorted(int(value) for value in menu_values(interaction) if value.isdecimal()))
        await self._change(interaction, context, lambda settings: replace(settings, mention_channels=chosen))

    async def _pick_review(self, interaction: Interaction, _: PickDefaultReview, context: AskContext) -> None:
        value = next(iter(menu_values(interaction)), ALL_REVIEWS)

        def change(settings: ServerSettings) -> ServerSettings:
            slug = None if value == ALL_REVIEWS else self._service.review(value, context).slug
            return replace(settings, default_review=slug)

        await self._change(interaction, context, change)

    async def _change(
        self, interaction: Interaction, context: AskContext, change: Callable[[ServerSettings], ServerSettings]
    ) -> None:
        server = await self._handler.managed_server(interaction, context, context.words.settings_not_allowed)
        delivery = self._handler.delivery
        if server is None or not await delivery.acknowledge(interaction, private=True, in_place=True):
            return
        panel = await self._service.save(interaction, server, change(context.settings), context)
        await delivery.respond(interaction, panel)
