"""What the buttons of `/privacy` do: export and delete."""

from __future__ import annotations

from bot.cogs.buttons import Buttons
from bot.cogs.context import AskContext, Interaction
from bot.cogs.privacy.page import erase_message, export_message, privacy_details_message
from bot.cogs.privacy.service import PersonalDataService
from bot.storage.records import RetentionPolicy
from bot.transport.delivery import Delivery
from bot.ui.custom_ids import EraseData, ExportData, PrivacyDetails
from bot.ui.elements import Message, Style
from bot.ui.text import notice


class PrivacyButtons:
    """Tell the details, export a member's data, ask whether to delete it, delete it."""

    def __init__(self, delivery: Delivery, data: PersonalDataService, policy: RetentionPolicy) -> None:
        self._delivery = delivery
        self._data = data
        self._policy = policy

    def register(self, buttons: Buttons) -> None:
        """Register the handlers."""
        buttons.register_page(PrivacyDetails, self._details)
        buttons.register(ExportData, self._export)
        buttons.register(EraseData, self._erase)

    async def _details(self, _: PrivacyDetails, context: AskContext) -> Message:
        return privacy_details_message(
            context.words,
            self._policy,
            in_server=context.server is not None,
            stores=context.settings.store_questions,
        )

    async def _export(self, interaction: Interaction, _: ExportData, context: AskContext) -> None:
        if await self._delivery.acknowledge(interaction, private=True):
            data = await self._data.collect(context.member)
            await self._delivery.respond(interaction, export_message(data, context.words))

    async def _erase(self, interaction: Interaction, action: EraseData, context: AskContext) -> None:
        if not await self._delivery.acknowledge(interaction, private=True, in_place=action.confirmed):
            return
        if action.confirmed:
            await self._data.erase(context.member)
            await self._delivery.respond(interaction, notice(context.words.erased, style=Style.READING))
        else:
            data = await self._data.collect(context.member)
            await self._delivery.respond(interaction, erase_message(data, context.words))
