"""`/ask`, the message menu, mentions, replies, direct messages."""

from __future__ import annotations

import re
from typing import Any

import discord
from discord import app_commands
from discord.ext import commands

from bot.cogs.ask.replies import Replies, replies_of
from bot.cogs.ask.service import AskService, service_of
from bot.cogs.autocomplete import complete_reviews
from bot.config import MAX_QUESTION, MIN_QUESTION
from bot.observability.trace import Source
from bot.ui.escape import one_line
from bot.ui.read_back import question_in
from bot.ui.text import notice
from bot.ui.truncate import fitting

MENU = "Ask the reviews about this"
_KINDS = frozenset({discord.MessageType.default, discord.MessageType.reply})

Interaction = discord.Interaction[Any]
Question = app_commands.Range[str, MIN_QUESTION, MAX_QUESTION]


class AskCog(commands.Cog):
    """Questions, however they are asked."""

    def __init__(self, bot: commands.AutoShardedBot) -> None:
        self._bot = bot
        self.menu = app_commands.ContextMenu(name=MENU, callback=self.ask_about)
        app_commands.allowed_installs(guilds=True, users=True)(self.menu)
        app_commands.allowed_contexts(guilds=True, dms=True, private_channels=True)(self.menu)

    @property
    def _service(self) -> AskService:
        return service_of(self._bot)

    @property
    def _replies(self) -> Replies:
        return replies_of(self._bot)

    async def cog_load(self) -> None:
        """Add the message menu, which a cog doesn't by itself."""
        self._bot.tree.add_command(self.menu)

    @app_commands.command(description="Ask the reviews, and get the reviewer's own sentences back")
    @app_commands.describe(
        question="In your own words",
        review="Keep to one review",
        private="Whether you alone see the answer",
    )
    @app_commands.autocomplete(review=complete_reviews)
    @app_commands.allowed_installs(guilds=True, users=True)
    @app_commands.allowed_contexts(guilds=True, dms=True, private_channels=True)
    async def ask(
        self, interaction: Interaction, question: Question, review: str | None = None, private: bool | None = None
    ) -> None:
        """A question by slash command; it begins a conversation of its own."""
        async with self._service.attending(interaction) as asker:
            await self._service.answer_interaction(
                interaction, asker, question, way=Source.SLASH, review=review, private=private
            )

    async def ask_about(self, interaction: Interaction, message: discord.Message) -> None:
        """A message's text as the question, cut where it is longer than questions are; of an answer, its question."""
        async with self._service.attending(interaction) as asker:
            question = question_in(message) or one_line(message.clean_content)
            question = question[: fitting(question, MAX_QUESTION, len)]
            if not question:
                await self._service.delivery.say_at_once(interaction, notice(asker.words.menu_without_text))
                return
            await self._service.answer_interaction(interaction, asker, question, way=Source.MENU)

    @commands.Cog.listener()
    async def on_message(self, message: discord.Message) -> None:
        """A mention, a reply to an answer, or a direct message."""
        me = self._bot.user
        if me is None or message.author.bot or message.webhook_id is not None or message.type not in _KINDS:
            return
        if message.guild is None or any(mentioned.id == me.id for mentioned in message.mentions):
            if self._service.work.is_new(message.id):
                await self._replies.answer(message, self._question(message.content))
        # Without a mention Discord keeps back what it says.
        elif (message.reference or message.role_mentions) and not message.content and not message.stickers:
            await self._replies.explain(message)

    @commands.Cog.listener()
    async def on_raw_message_edit(self, event: discord.RawMessageUpdateEvent) -> None:
        """The reply goes with what the question says now. Links that unfold are edits too; those change no word."""
        content = event.data.get("content")
        if content:
            await self._replies.edited(event.message_id, self._question(content))

    @commands.Cog.listener()
    async def on_raw_message_delete(self, event: discord.RawMessageDeleteEvent) -> None:
        """The reply goes with its question; an answer that is gone is forgotten."""
        await self._replies.deleted({event.message_id})

    @commands.Cog.listener()
    async def on_raw_bulk_message_delete(self, event: discord.RawBulkMessageDeleteEvent) -> None:
        """The same for many at once."""
        await self._replies.deleted(event.message_ids)

    def _question(self, content: str) -> str:
        me = self._bot.user
        return one_line(re.sub(rf"<@!?{me.id}>", " ", content)) if me else one_line(content)
