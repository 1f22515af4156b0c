"""What autocomplete offers: at once, from memory."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import discord
from discord import app_commands

from bot.cogs.ask.service import service_of
from bot.cogs.context import AskContext
from bot.services.titles import Heading, Titles
from bot.ui.elements import MAX_OPTION, MAX_OPTIONS
from bot.ui.text import plain

Interaction = discord.Interaction[Any]
Choices = list[app_commands.Choice[str]]


async def complete_reviews(interaction: Interaction, typed: str) -> Choices:
    """The reviews that the member sees."""
    desk = service_of(interaction.client)
    asker = await desk.asker(interaction)
    return _titles(desk.engine.titles, typed, asker.collections)


async def complete_own_reviews(interaction: Interaction, typed: str) -> Choices:
    """The reviews of the server alone."""
    desk = service_of(interaction.client)
    asker = await desk.asker(interaction)
    return _titles(desk.engine.titles, typed, () if asker.server is None else (str(asker.server),))


async def complete_sections(interaction: Interaction, typed: str) -> Choices:
    """The sections of the review that stands in the other option; of the only one there is where none does."""
    desk = service_of(interaction.client)
    asker = await desk.asker(interaction)
    title = desk.engine.titles.best_match(str(interaction.namespace.review or ""), asker.collections)
    if title is None:
        return []
    found = desk.engine.titles.complete_sections(title, typed, MAX_OPTIONS)
    return [_choice(_shown(heading, asker), heading.slug, str(heading.number)) for heading in found]


async def offer(interaction: Interaction) -> None:
    """Answer an autocomplete by the name of the option that is typed into.

    discord.py would call the same functions by itself, but send their choices past `bot.transport.delivery`.
    """
    focused, typed = _focused(interaction)
    data: Any = interaction.data or {}
    if focused == "section":
        complete = complete_sections
    elif data.get("name") == "review":
        complete = complete_own_reviews
    else:
        complete = complete_reviews
    await service_of(interaction.client).delivery.suggest(interaction, await complete(interaction, typed))


def _titles(titles: Titles, typed: str, collections: Collection[str]) -> Choices:
    """The reviews by slug; by key where an earlier collection has one of the same slug."""
    found = titles.complete_reviews(typed, collections, MAX_OPTIONS)
    return [
        _choice(title.text, title.slug if titles.by_slug(title.slug, collections) is title else title.key, title.key)
        for title in found
    ]


def _shown(heading: Heading, asker: AskContext) -> str:
    if heading.spoiler and asker.settings.hide_spoilers:
        return f"{heading.number}. {asker.words.spoiler_heading}"
    return heading.text


def _choice(name: str, value: str, otherwise: str) -> app_commands.Choice[str]:
    return app_commands.Choice(name=plain(name), value=value if len(value) <= MAX_OPTION else otherwise)


def _focused(interaction: Interaction) -> tuple[str, str]:
    """The name of the option that is typed into, and what stands in it."""
    data: Any = interaction.data or {}
    options = data.get("options", ())
    while options:
        for option in options:
            if option.get("focused"):
                return str(option["name"]), str(option.get("value", ""))
        options = next((option["options"] for option in options if option.get("options")), ())
    return "", ""
