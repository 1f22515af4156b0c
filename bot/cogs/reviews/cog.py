"""`/review add`, `/review edit` and `/review remove`, for members who manage the server."""

from __future__ import annotations

from pathlib import Path

import discord
from discord import app_commands
from discord.ext import commands

from bot.cogs.autocomplete import complete
from bot.cogs.context import Interaction, InteractionHandler
from bot.cogs.reviews.service import ReviewService
from bot.cogs.reviews.upload_service import UploadService
from bot.services.uploads import Attached
from bot.ui.elements import Form

Name = app_commands.Range[str, 1, 80]


class ReviewsCog(commands.Cog):
    """Add, change and remove a server's own reviews. Nothing is added or removed before a button confirms it."""

    review = app_commands.Group(
        name="review",
        description="Add, change and remove this server’s own reviews",
        default_permissions=discord.Permissions(manage_guild=True),
        allowed_installs=app_commands.AppInstallationType(guild=True, user=False),
        allowed_contexts=app_commands.AppCommandContext(guild=True, dm_channel=False, private_channel=False),
    )

    def __init__(self, handler: InteractionHandler, reviews: ReviewService, uploads: UploadService) -> None:
        self._handler = handler
        self._delivery = handler.delivery
        self._reviews = reviews
        self._uploads = uploads

    @review.command(description="Add reviews that only this server can see")
    @app_commands.describe(
        file="A Markdown, text, Org, HTML, EPUB, Word, RST or CSV file, or a zip archive of such files",
        name="A short name for commands and links, if it is one review. By default the title",
        file2="Another file",
        file3="Another file",
        file4="Another file",
        file5="Another file. More fit into a zip archive",
    )
    async def add(
        self,
        interaction: Interaction,
        file: discord.Attachment,
        name: Name | None = None,
        file2: discord.Attachment | None = None,
        file3: discord.Attachment | None = None,
        file4: discord.Attachment | None = None,
        file5: discord.Attachment | None = None,
    ) -> None:
        """Read the files, and show a preview."""
        async with self._handler.handle(interaction) as context:
            server = await self._handler.managed_server(interaction, context, context.words.reviews_not_allowed)
            if server is not None and await self._delivery.acknowledge(interaction, private=True):
                files = [_attached(each) for each in (file, file2, file3, file4, file5) if each is not None]
                page = await self._uploads.preview(files, server, context, slug=name)
                await self._delivery.respond(interaction, page)

    @review.command(
        description="Change the title, year, reviewer, names and spoilers of one of this server’s own reviews"
    )
    @app_commands.describe(review="The review")
    @app_commands.autocomplete(review=complete)
    async def edit(self, interaction: Interaction, review: str) -> None:
        """Open the form, from memory because a form can't wait."""
        async with self._handler.handle(interaction) as context:
            server = await self._handler.managed_server(interaction, context, context.words.reviews_not_allowed)
            if server is not None:
                form = self._reviews.form(review, server, context)
                if isinstance(form, Form):
                    await self._delivery.open_form(interaction, form)
                else:
                    await self._delivery.send_now(interaction, form)

    @review.command(description="Remove one of this server’s own reviews")
    @app_commands.describe(review="The review")
    @app_commands.autocomplete(review=complete)
    async def remove(self, interaction: Interaction, review: str) -> None:
        """Ask for confirmation."""
        async with self._handler.handle(interaction) as context:
            server = await self._handler.managed_server(interaction, context, context.words.reviews_not_allowed)
            if server is not None and await self._delivery.acknowledge(interaction, private=True):
                await self._delivery.respond(interaction, self._reviews.removal(review, server, context))


def _attached(file: discord.Attachment) -> Attached:
    # Discord drops some characters of a file's name, and keeps the name as written in the title.
    written = f"{file.title}{Path(file.filename).suffix}" if file.title else file.filename
    return Attached(file.url, file.size, written)
