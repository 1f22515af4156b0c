"""`/ask`, the message menu, mentions, replies, direct messages."""

from __future__ import annotations

import re
from typing import Any

import discord
from discord import app_commands
from discord.ext import commands

from bot.asking import Asked, Asker, Desk, desk_of
from bot.commands.completing import complete_reviews
from bot.components import question_in
from bot.conversations import Conversation
from bot.cutting import fitting
from bot.messages import LONGEST_QUESTION, SHORTEST_QUESTION, notice
from bot.neutralising import one_line
from bot.parts import Look

MENU = "Ask the reviews about this"
_KINDS = frozenset({discord.MessageType.default, discord.MessageType.reply})

Interaction = discord.Interaction[Any]
Question = app_commands.Range[str, SHORTEST_QUESTION, LONGEST_QUESTION]


class Asking(commands.Cog):
    """Questions, however they are asked."""

    def __init__(self, bot: commands.AutoShardedBot) -> None:
        self._bot = bot
        self._questions: dict[int, str | None] = {}
        self.menu = app_commands.ContextMenu(name=MENU, callback=self.ask_about)
        app_commands.allowed_installs(guilds=True, users=True)(self.menu)
        app_commands.allowed_contexts(guilds=True, dms=True, private_channels=True)(self.menu)

    @property
    def _desk(self) -> Desk:
        return desk_of(self._bot)

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
        async with self._desk.attending(interaction) as asker:
            await self._desk.answer_interaction(interaction, asker, question, review=review, private=private)

    async def ask_about(self, interaction: Interaction, message: discord.Message) -> None:
        """A message's text as the question, cut where it is longer than questions are; of an answer, its question."""
        async with self._desk.attending(interaction) as asker:
            question = question_in(message) or one_line(message.clean_content)
            question = question[: fitting(question, LONGEST_QUESTION, len)]
            await self._desk.answer_interaction(interaction, asker, question)

    @commands.Cog.listener()
    async def on_message(self, message: discord.Message) -> None:
        """A mention, a reply to an answer, or a direct message."""
        if not self._is_for_us(message) or not self._desk.work.is_new(message.id):
            return
        # Before anything is waited for: from here on, it may be edited or deleted.
        self._questions[message.id] = self._question(message.content)
        try:
            with self._desk.work:
                asker = await self._desk.author(message)
                if self._is_welcome(message, asker):
                    await self._answer(message, asker)
        finally:
            del self._questions[message.id]

    @commands.Cog.listener()
    async def on_raw_message_edit(self, event: discord.RawMessageUpdateEvent) -> None:
        """A question that is edited before it is answered is answered as it reads then."""
        content = event.data.get("content")
        if event.message_id in self._questions and content:
            self._questions[event.message_id] = self._question(content)

    @commands.Cog.listener()
    async def on_raw_message_delete(self, event: discord.RawMessageDeleteEvent) -> None:
        """A question that is deleted before it is answered isn't answered."""
        if event.message_id in self._questions:
            self._questions[event.message_id] = None

    async def _answer(self, message: discord.Message, asker: Asker) -> None:
        question = self._questions[message.id]
        if question is None:
            return
        if not question:
            line = notice(asker.words.ask_me_something, look=Look.READING)
            await self._desk.delivery.post(message.channel, line, reply_to=message)
            return
        refused = self._desk.refusal(question, asker)
        if refused is not None:
            # Aloud, so that it mustn't be said to every line of somebody who types fast.
            if self._desk.cooldowns.tells(asker.member):
                await self._desk.delivery.post(message.channel, refused, reply_to=message)
            return
        asked = Asked(question, asker, self._earlier(message, asker))
        await self._desk.answer_message(message, asked, lambda: self._questions[message.id])

    def _is_for_us(self, message: discord.Message) -> bool:
        me = self._bot.user
        if me is None or message.author.bot or message.webhook_id is not None or message.type not in _KINDS:
            return False
        return message.guild is None or any(mentioned.id == me.id for mentioned in message.mentions)

    def _is_welcome(self, message: discord.Message, asker: Asker) -> bool:
        place = message.channel
        parent = place.parent_id if isinstance(place, discord.Thread) else place.id
        return self._desk.delivery.may_speak(place) and asker.settings.answers_mentions_in(place.id, parent)

    def _earlier(self, message: discord.Message, asker: Asker) -> Conversation:
        """A reply to an answer goes on from it; in a DM or a thread, so does any question of the same member."""
        replied = message.reference.resolved if message.reference else None
        me = self._bot.user
        if isinstance(replied, discord.Message) and me is not None and replied.author.id == me.id:
            return self._desk.earlier(replied, asker)
        if message.guild is None or isinstance(message.channel, discord.Thread):
            return self._desk.conversations.of(asker.place, asker.member)
        return Conversation()

    def _question(self, content: str) -> str:
        me = self._bot.user
        return one_line(re.sub(rf"<@!?{me.id}>", " ", content)) if me else one_line(content)
