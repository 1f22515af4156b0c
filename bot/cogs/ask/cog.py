"""`/ask`, the entries of a message's menu, and questions by mention, reply and direct message."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any, TypeAlias

import discord
from discord import app_commands
from discord.ext import commands

from bot.cogs.ask.buttons import AnswerButtons
from bot.cogs.ask.replies import Replies
from bot.cogs.ask.service import AskService, text_of
from bot.cogs.autocomplete import complete
from bot.cogs.context import Interaction, InteractionHandler
from bot.config import MAX_QUESTION, MIN_QUESTION
from bot.observability.trace import Source
from bot.ui.read_back import question_in
from bot.ui.text import notice

MENU = "Ask the reviews about this"
DELETE_MENU = "Delete this answer"
_KINDS = frozenset({discord.MessageType.default, discord.MessageType.reply})

Question = app_commands.Range[str, MIN_QUESTION, MAX_QUESTION]
MenuCallback: TypeAlias = Callable[[Interaction, discord.Message], Coroutine[Any, Any, None]]


def menus(ask: MenuCallback, delete: MenuCallback) -> tuple[app_commands.ContextMenu, ...]:
    """Return the entries of a message's menu, which a cog's class can't hold as it holds slash commands."""
    return (
        app_commands.ContextMenu(name=MENU, callback=ask),
        app_commands.ContextMenu(name=DELETE_MENU, callback=delete),
    )


class AskCog(commands.Cog):
    """Take questions, however members ask them."""

    def __init__(
        self,
        bot: commands.AutoShardedBot,
        handler: InteractionHandler,
        ask: AskService,
        replies: Replies,
        answers: AnswerButtons,
    ) -> None:
        self._bot = bot
        self._handler = handler
        self._ask = ask
        self._replies = replies
        self._answers = answers
        self._started = discord.utils.utcnow()

    async def cog_load(self) -> None:
        """Add the entries of a message's menu."""
        for menu in menus(self.ask_about, self.delete_answer):
            self._bot.tree.add_command(menu)

    @app_commands.command(description="Ask the reviews. The answer quotes the reviewer’s own sentences")
    @app_commands.describe(
        question="Your question, in your own words",
        review="Search this review only",
        private="Show the answer only to you",
    )
    @app_commands.autocomplete(review=complete)
    async def ask(
        self, interaction: Interaction, question: Question, review: str | None = None, private: bool | None = None
    ) -> None:
        """Answer a question that starts a new conversation."""
        async with self._handler.handle(interaction) as context:
            await self._ask.answer_interaction(
                interaction, context, question, source=Source.SLASH, review=review, private=private
            )

    async def ask_about(self, interaction: Interaction, message: discord.Message) -> None:
        """Ask with a message's text, or with an answer's own question."""
        async with self._handler.handle(interaction) as context:
            question = question_in(message) or text_of(message, interaction.guild)
            if not question:
                await self._handler.delivery.send_now(interaction, notice(context.words.menu_without_text))
                return
            # What was answered in private stays private.
            private = True if message.flags.ephemeral else None
            await self._ask.answer_interaction(interaction, context, question, source=Source.MENU, private=private)

    async def delete_answer(self, interaction: Interaction, message: discord.Message) -> None:
        """Delete an answer for the member who asked, or for a manager."""
        async with self._handler.handle(interaction) as context:
            await self._answers.delete_from_menu(interaction, message, context)

    @commands.Cog.listener()
    async def on_message(self, message: discord.Message) -> None:
        """Answer a mention, a reply to an answer, or a direct message."""
        if self._is_asked(message):
            if self._handler.in_flight.is_new(message.id):
                await self._replies.answer(message)
        # Discord sends the text of a message only to a bot that it mentions.
        elif _is_by_member(message) and not message.content and not message.stickers:
            await self._replies.explain(message)

    @commands.Cog.listener()
    async def on_raw_message_edit(self, event: discord.RawMessageUpdateEvent) -> None:
        """Update the reply, or answer a mention that the edit adds.

        Discord also sends an edit when a link unfolds, which changes no word.
        """
        message = event.message
        if not event.data.get("content"):
            return
        if self._replies.follows(message.id):
            await self._replies.update(message)
        # What was written before the bot started may have been answered.
        elif message.created_at > self._started:
            await self.on_message(message)

    @commands.Cog.listener()
    async def on_raw_message_delete(self, event: discord.RawMessageDeleteEvent) -> None:
        """Delete the reply to a deleted question, and forget a deleted answer."""
        await self._replies.delete({event.message_id})

    @commands.Cog.listener()
    async def on_raw_bulk_message_delete(self, event: discord.RawBulkMessageDeleteEvent) -> None:
        """Do the same for many messages."""
        await self._replies.delete(event.message_ids)

    def _is_asked(self, message: discord.Message) -> bool:
        """Return True if a member writes to the bot: by a direct message or a mention."""
        mentioned = any(user == self._bot.user for user in message.mentions)
        return _is_by_member(message) and (message.guild is None or mentioned)


def _is_by_member(message: discord.Message) -> bool:
    return not message.author.bot and message.webhook_id is None and message.type in _KINDS
