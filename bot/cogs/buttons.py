"""Hand every press, choice and form to the feature that registered for it.

All that a press needs stands in its `custom_id` (`bot.ui.custom_ids`), so that buttons work after a restart. This is
one listener and not discord.py's `DynamicItem`, which never receives forms and leaves members without a response where
no template matches an identifier, where the message lacks the button, or where creating the item fails.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, TypeAlias, TypeVar

import discord
from discord.ext import commands

from bot.cogs.context import AskContext, Interaction, InteractionHandler
from bot.transport.delivery import Delivery
from bot.ui.custom_ids import Action, decode
from bot.ui.elements import Message
from bot.ui.read_back import is_answer
from bot.ui.text import notice

_TYPES = frozenset({discord.InteractionType.component, discord.InteractionType.modal_submit})

A = TypeVar("A", bound=Action)
Handler: TypeAlias = Callable[[Interaction, A, AskContext], Awaitable[None]]


class Buttons(commands.Cog):
    """The features' handlers by the action that a button, menu or form carries."""

    def __init__(self, handler: InteractionHandler) -> None:
        self._handler = handler
        self._handlers: dict[type[object], Handler[Any]] = {}
        self._choices: dict[type[object], Callable[[Any, str], Action | None]] = {}

    def register(self, action: type[A], handler: Handler[A]) -> None:
        """Call `handler` for this kind of action."""
        self._handlers[action] = handler

    def register_page(self, action: type[A], page: Callable[[A, AskContext], Awaitable[Message | None]]) -> None:
        """Open the page that `page` makes for this kind of action; None means that the button has expired."""

        async def handler(interaction: Interaction, action: A, context: AskContext) -> None:
            await open_page(self._handler.delivery, interaction, context, lambda: page(action, context))

        self._handlers[action] = handler

    def register_menu(self, menu: type[A], chosen: Callable[[A, str], Action | None]) -> None:
        """Handle a choice from this kind of menu as the action that `chosen` makes of its value, if any."""
        self._choices[menu] = chosen

    @commands.Cog.listener()
    async def on_interaction(self, interaction: Interaction) -> None:
        """Handle a press, a choice or a form once. One that nothing handles any more has expired."""
        if interaction.type not in _TYPES or not self._handler.in_flight.is_new(interaction.id):
            return
        async with self._handler.handle(interaction) as context:
            data: Any = interaction.data or {}
            action = decode(str(data.get("custom_id", "")))
            if type(action) in self._choices:
                action = self._choices[type(action)](action, next(iter(data.get("values", ())), ""))
            handler = self._handlers.get(type(action))
            if action is None or handler is None:
                await self._handler.delivery.send_now(interaction, notice(context.words.expired))
            else:
                await handler(interaction, action, context)


async def open_page(
    delivery: Delivery, interaction: Interaction, context: AskContext, page: Callable[[], Awaitable[Message | None]]
) -> discord.Message | None:
    """Open a page for the presser alone, in the place of the page that the button is on.

    Args:
        delivery: the way out to Discord.
        interaction: the press, not acknowledged yet.
        context: who pressed.
        page: makes the page, or returns None if the button has expired.
    """
    pressed = interaction.message
    in_place = pressed is not None and pressed.flags.ephemeral and not is_answer(pressed)
    if not await delivery.acknowledge(interaction, private=True, in_place=in_place):
        return None
    message = await page()
    if message is None:
        await delivery.notify(interaction, notice(context.words.expired))
        return None
    return await delivery.respond(interaction, message)
