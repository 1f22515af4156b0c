"""Who sends something to the bot and what they may see, and an interaction handled to its end."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, TypeAlias

import discord

from bot.observability.metrics import Trouble
from bot.services.engine import BusyError
from bot.services.in_flight import InFlight
from bot.services.titles import UnknownTitleError
from bot.storage.records import ServerSettings
from bot.storage.server_settings import ServerSettingsCache
from bot.transport.delivery import Delivery
from bot.ui.elements import Message, Style
from bot.ui.strings import Catalogue, catalogue
from bot.ui.text import RenderOptions, error_message, notice, title_apart, unknown_review
from embeddings import (
    SHARED,
    ConversionError,
    LibraryError,
    QuestionError,
    ReviewStorageError,
    UnknownReviewError,
    UnknownSectionError,
)

_log = logging.getLogger(__name__)

Interaction: TypeAlias = discord.Interaction[Any]

MEMBER_ERRORS = (ConversionError, QuestionError, ReviewStorageError, UnknownReviewError, UnknownSectionError)
"""The errors that a member can do something about."""


@dataclass(frozen=True, slots=True)
class AskContext:
    """Who asks, where, and what they may see.

    Attributes:
        member: the member's id.
        channel: the id of the channel, thread or DM.
        server: the id of a server that the bot is a member of, or None.
        settings: that server's settings.
        collections: the collections of reviews that the member may see.
        words: the catalogue of the member's language.
        present: whether the bot is there itself, so that it receives replies and can delete what it wrote.
    """

    member: int
    channel: int
    server: int | None
    settings: ServerSettings
    collections: tuple[str, ...]
    words: Catalogue
    present: bool = True

    @property
    def options(self) -> RenderOptions:
        """How to render messages for the member."""
        return RenderOptions(self.words, hide_spoilers=self.settings.hide_spoilers)


class InteractionHandler:
    """Handle what members send to its end.

    Args:
        settings: the settings of every server.
        delivery: the way out to Discord, errors included.
        in_flight: counts what is being handled.
    """

    def __init__(self, settings: ServerSettingsCache, delivery: Delivery, in_flight: InFlight) -> None:
        self.delivery = delivery
        self.in_flight = in_flight
        self._settings = settings

    async def context(self, interaction: Interaction) -> AskContext:
        """Return who sent an interaction. A user install outside the bot's servers counts as no server."""
        server = interaction.guild_id if interaction.is_guild_integration() else None
        channel = interaction.channel_id or interaction.user.id
        present = server is not None or interaction.context.dm_channel
        return await self._context(interaction.user.id, channel, server, str(interaction.locale), present=present)

    async def message_context(self, message: discord.Message) -> AskContext:
        """Return who wrote a message."""
        guild = message.guild
        locale = str(guild.preferred_locale) if guild else None
        return await self._context(message.author.id, message.channel.id, guild.id if guild else None, locale)

    @asynccontextmanager
    async def handle(self, interaction: Interaction) -> AsyncIterator[AskContext]:
        """Yield who sent the interaction, and report any error to them."""
        with self.in_flight:
            context = await self.context(interaction)
            try:
                yield context
            except LibraryError as error:
                await self.delivery.notify(interaction, self.error_message(error, context))
            except Exception:  # noqa: BLE001  # the last resort: the log gets all of it, the member a notice
                _log.exception("an interaction failed")
                await self.delivery.notify(interaction, notice(context.words.failed, style=Style.PROBLEM))

    async def show(self, interaction: Interaction, page: Callable[[AskContext], Awaitable[Message]]) -> None:
        """Acknowledge the interaction, then show the member alone the page that `page` makes."""
        async with self.handle(interaction) as context:
            if await self.delivery.acknowledge(interaction, private=True):
                await self.delivery.respond(interaction, await page(context))

    async def managed_server(self, interaction: Interaction, context: AskContext, refusal: str) -> int | None:
        """Return the server if the member may manage it, otherwise send them the refusal and return None.

        Discord hides these commands from other members, but a server may show them to everybody.
        """
        if context.server is not None and interaction.permissions.manage_guild:
            return context.server
        await self.delivery.send_now(interaction, notice(refusal))
        return None

    def error_message(self, error: LibraryError, context: AskContext) -> Message:
        """Return what the member reads about an error, and log an error that only the operator can mend."""
        if isinstance(error, BusyError):
            self.delivery.counts[Trouble.BUSY] += 1
            return notice(context.words.busy, style=Style.UNANSWERED)
        if isinstance(error, UnknownTitleError):
            words = context.words
            near = [title_apart(title, title.text, others, words) for title, others in error.suggestions]
            return unknown_review(error.typed, near, words)
        if isinstance(error, UnknownReviewError):
            # The member chose it while it was still there.
            return notice(context.words.review_gone)
        if isinstance(error, MEMBER_ERRORS):
            return error_message(error)
        # The text may name files of the machine, so members don't see it.
        _log.error("a question could not be answered: %s", error)
        return notice(context.words.failed, style=Style.PROBLEM)

    async def _context(
        self, member: int, channel: int, server: int | None, locale: str | None, *, present: bool = True
    ) -> AskContext:
        settings = await self._settings.settings(server)
        collections = (SHARED,) if server is None else (SHARED, str(server))
        return AskContext(member, channel, server, settings, collections, catalogue(locale), present)
