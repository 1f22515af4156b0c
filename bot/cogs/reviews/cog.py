"""`/review add` and `/review remove`, for those who may manage the server, and the buttons that confirm them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import discord
from discord import app_commands
from discord.ext import commands

from bot.cogs.ask.service import AskService, service_of
from bot.cogs.autocomplete import complete_own_reviews
from bot.cogs.context import AskContext
from bot.cogs.reviews.message import outcome_message, preview_message, removal_message
from bot.services.titles import UnknownTitleError
from bot.services.uploads import Upload
from bot.ui.custom_ids import AddReview, Cancel, RemoveReview
from bot.ui.elements import Message, Style
from bot.ui.text import name, notice, problem
from embeddings import ReviewStorageError

Interaction = discord.Interaction[Any]
Name = app_commands.Range[str, 1, 80]


class ReviewsCog(commands.Cog):
    """A server's own reviews."""

    review = app_commands.Group(
        name="review",
        description="Add and remove this server's own reviews",
        default_permissions=discord.Permissions(manage_guild=True),
        allowed_installs=app_commands.AppInstallationType(guild=True, user=False),
        allowed_contexts=app_commands.AppCommandContext(guild=True, dm_channel=False, private_channel=False),
    )

    def __init__(self, bot: commands.AutoShardedBot) -> None:
        self._bot = bot

    @property
    def _service(self) -> AskService:
        return service_of(self._bot)

    @review.command(description="Add a review that this server alone can ask")
    @app_commands.describe(
        file="Markdown, plain text, a saved web page or EPUB",
        name="A short name for commands and links; by default the file's, or the title",
    )
    async def add(self, interaction: Interaction, file: discord.Attachment, name: Name | None = None) -> None:
        """Examine the file, and show what it would become."""
        desk = self._service
        async with desk.attending(interaction) as asker:
            server = await _managed(desk, interaction, asker)
            if server is None or not await desk.delivery.acknowledge(interaction, private=True):
                return
            collection = str(server)
            candidate = await desk.uploads.examine(file.url, file.size, _named(file), slug=name, collection=collection)
            review = candidate.review
            digest = await desk.engine.review_digest(collection, review.slug)
            before = desk.engine.titles.by_slug(review.slug, (collection,))
            key = desk.uploads.put(Upload(asker.member, server, candidate, digest))
            titles = desk.engine.titles.visible(asker.collections)
            namesake = next((each for each in titles if each.text == review.title and each != before), None)
            replaced = None if digest is None else before.text if before else review.slug
            page = preview_message(
                review, key, asker.manner, replaced=replaced, namesake=namesake, converted=candidate.converted
            )
            await desk.delivery.respond(interaction, page)

    @review.command(description="Remove one of this server's own reviews")
    @app_commands.describe(review="Which review")
    @app_commands.autocomplete(review=complete_own_reviews)
    async def remove(self, interaction: Interaction, review: str) -> None:
        """Ask whether to."""
        desk = self._service
        async with desk.attending(interaction) as asker:
            server = await _managed(desk, interaction, asker)
            if server is not None and await desk.delivery.acknowledge(interaction, private=True):
                await desk.delivery.respond(interaction, self._removal(review, server, asker))

    def _removal(self, review: str, server: int, asker: AskContext) -> Message:
        """What is asked before a review is removed; of one that all servers share, why it can't be.

        Raises:
            UnknownTitleError: there is none of that name.
        """
        titles = self._service.engine.titles
        try:
            return removal_message(titles.find(review, (str(server),)), asker.words)
        except UnknownTitleError as unknown:
            try:
                shared = titles.find(review, asker.collections)
            except UnknownTitleError:
                raise unknown from None
            return notice(asker.words.keeping_not_own.format(title=name(shared.text, asker.words.untitled)))


async def confirm_adding(desk: AskService, interaction: Interaction, action: AddReview, asker: AskContext) -> None:
    """Keep the upload whose preview was confirmed, and index it."""
    server = await _managed(desk, interaction, asker)
    if server is None or not await desk.delivery.acknowledge(interaction, private=True, in_place=True):
        return
    words = asker.words
    upload = desk.uploads.take(action.upload, asker.member, server)
    if upload is None:
        await desk.delivery.respond(interaction, notice(words.upload_gone))
        return
    review = upload.candidate.review
    try:
        await desk.engine.add_review(review, upload.candidate.content, replaces=upload.replaces)
    except ReviewStorageError as error:
        await desk.delivery.respond(interaction, problem(error))
        return
    await desk.delivery.respond(interaction, outcome_message(words.adding, review.title, words, style=Style.READING))
    waiting = (review.collection, review.slug) in await desk.engine.update_index()
    line = words.added_but_not_indexed if waiting else words.added
    await desk.delivery.respond(interaction, outcome_message(line, review.title, words))


async def confirm_removing(desk: AskService, interaction: Interaction, action: RemoveReview, asker: AskContext) -> None:
    """Delete the review whose removal was confirmed, and take it out of the index."""
    server = await _managed(desk, interaction, asker)
    if server is None or not await desk.delivery.acknowledge(interaction, private=True, in_place=True):
        return
    words = asker.words
    title = desk.engine.titles.by_key(action.review, (str(server),))
    if title is None:
        await desk.delivery.respond(interaction, notice(words.expired))
        return
    try:
        await desk.engine.remove_review(title)
    except ReviewStorageError as error:
        await desk.delivery.respond(interaction, problem(error))
        return
    await desk.delivery.respond(interaction, outcome_message(words.removing, title.text, words, style=Style.READING))
    waiting = (title.collection, title.slug) in await desk.engine.update_index()
    line = words.removed_but_indexed if waiting else words.removed
    await desk.delivery.respond(interaction, outcome_message(line, title.text, words))


async def cancel(desk: AskService, interaction: Interaction, action: Cancel, asker: AskContext) -> None:
    """Forget an upload, or a removal."""
    if action.upload is not None:
        desk.uploads.take(action.upload, asker.member, asker.server)
    if await desk.delivery.acknowledge(interaction, private=True, in_place=True):
        await desk.delivery.respond(interaction, notice(asker.words.nothing_changed))


async def _managed(desk: AskService, interaction: Interaction, asker: AskContext) -> int | None:
    """The server, where this member may manage it; else they are told. A server may open commands to others."""
    if asker.server is not None and interaction.permissions.manage_guild:
        return asker.server
    await desk.delivery.say_at_once(interaction, notice(asker.words.keeping_not_allowed))
    return None


def _named(file: discord.Attachment) -> str:
    """The file's name as its owner wrote it: Discord keeps what it takes out of a name as the title."""
    return f"{file.title}{Path(file.filename).suffix}" if file.title else file.filename
