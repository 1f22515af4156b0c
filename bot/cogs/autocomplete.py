"""What autocomplete offers, immediately and from memory."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from discord import app_commands

from bot.cogs.context import AskContext, Interaction, InteractionHandler
from bot.services.engine import Engine
from bot.services.titles import Heading
from bot.ui.elements import MAX_OPTION, MAX_OPTIONS
from bot.ui.text import plain_line, title_apart

Choices = list[app_commands.Choice[str]]


async def complete(_: Interaction, __: str) -> Choices:
    """Mark a command's option as one with autocomplete.

    It is never called: `Autocomplete` answers first, because discord.py would not send choices through
    `bot.transport.delivery`.
    """
    return []


class Autocomplete:
    """Offer reviews and sections that fit what a member has typed so far."""

    def __init__(self, handler: InteractionHandler, engine: Engine) -> None:
        self._handler = handler
        self._engine = engine

    async def answer(self, interaction: Interaction) -> None:
        """Send the choices for the option that the member is typing into."""
        context = await self._handler.context(interaction)
        data: Any = interaction.data or {}
        option, typed = _focused(data)
        if option == "section":
            choices = self._sections(str(interaction.namespace.review or ""), typed, context)
        elif data.get("name") == "review":
            # `/review remove` takes the server's own reviews alone.
            choices = self._reviews(typed, () if context.server is None else (str(context.server),), context)
        else:
            choices = self._reviews(typed, context.collections, context)
        await self._handler.delivery.suggest(interaction, choices)

    def _reviews(self, typed: str, collections: Collection[str], context: AskContext) -> Choices:
        """Offer reviews by slug; by key if an earlier collection has a review of the same slug."""
        titles = self._engine.titles
        return [
            _choice(
                title_apart(title, title.text, titles.namesakes(title, collections), context.words),
                title.slug if titles.by_slug(title.slug, collections) is title else title.key,
                title.key,
            )
            for title in titles.complete_reviews(typed, collections, MAX_OPTIONS)
        ]

    def _sections(self, review: str, typed: str, context: AskContext) -> Choices:
        """Offer the sections of the review in the other option. If it is empty and there is one review, of that."""
        title = self._engine.titles.best_match(review, context.collections)
        if title is None:
            return []
        found = self._engine.titles.complete_sections(title, typed, MAX_OPTIONS)
        return [_choice(_shown(heading, context), heading.slug, str(heading.number)) for heading in found]


def _shown(heading: Heading, context: AskContext) -> str:
    if heading.spoiler and context.settings.hide_spoilers:
        return f"{heading.number}. {context.words.spoiler_heading}"
    return heading.text


def _choice(name: str, value: str, short_value: str) -> app_commands.Choice[str]:
    return app_commands.Choice(name=plain_line(name), value=value if len(value) <= MAX_OPTION else short_value)


def _focused(data: dict[str, Any]) -> tuple[str, str]:
    """Return the name of the option that the member is typing into, and what it holds."""
    options = data.get("options", ())
    while options:
        for option in options:
            if option.get("focused"):
                return str(option["name"]), str(option.get("value", ""))
        options = next((option["options"] for option in options if option.get("options")), ())
    return "", ""
