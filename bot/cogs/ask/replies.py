"""Questions asked by message. Each reply follows its question: it changes and disappears with it.

The bot remembers which reply belongs to which message for a day, until it restarts. Older replies stay as they are.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager

import discord
from cachetools import TTLCache

from bot.cogs.ask.history import AskRequest, History
from bot.cogs.ask.service import AskService, names_in, outcome_of, text_of
from bot.cogs.context import AskContext, InteractionHandler
from bot.config import HINT_INTERVAL, MAX_REMEMBERED, MAX_REPLIES, REPLY_LIFETIME, TYPING_INTERVAL
from bot.observability.trace import Outcome, Source, Stage, Trace
from bot.services.conversations import Conversation, Turn
from bot.services.engine import Answered
from bot.ui.elements import Message, Style
from bot.ui.question_text import question_text
from bot.ui.read_back import is_answer
from bot.ui.text import notice, question_problem
from embeddings import LibraryError, points_back

_log = logging.getLogger(__name__)

SUPERSEDED = "⏳"
"""The reaction to a question whose author has asked a newer one before it was answered."""


class _Exchange:
    """A member's message and the bot's reply to it.

    Attributes:
        message: the message as it arrived.
        question: what it asks now; None once it is deleted.
        earlier: the conversation that it follows up on.
        reply: the bot's, once it is posted.
        in_progress: whether a task is answering it, which then handles edits and deletion too.
    """

    __slots__ = ("earlier", "in_progress", "message", "question", "reply")

    def __init__(self, message: discord.Message, question: str) -> None:
        self.message = message
        self.question: str | None = question
        self.earlier = Conversation()
        self.reply: discord.Message | None = None
        self.in_progress = False

    @contextmanager
    def answering(self) -> Iterator[None]:
        self.in_progress = True
        try:
            yield
        finally:
            self.in_progress = False


class Replies:
    """Reply to messages.

    Args:
        client: the bot.
        handler: says who writes, and posts.
        ask: answers the questions.
        history: the conversations.
        clock: a monotonic clock, in seconds.
    """

    def __init__(
        self,
        client: discord.Client,
        handler: InteractionHandler,
        ask: AskService,
        history: History,
        clock: Callable[[], float],
    ) -> None:
        self._client = client
        self._handler = handler
        self._delivery = handler.delivery
        self._ask = ask
        self._history = history
        self._conversations = history.conversations
        self._exchanges: TTLCache[int, _Exchange] = TTLCache(MAX_REPLIES, REPLY_LIFETIME, clock)
        self._waiting: dict[int, _Exchange] = {}
        """Each member's newest question, while it waits for their turn."""
        self._hinted: TTLCache[int, None] = TTLCache(MAX_REMEMBERED, HINT_INTERVAL, clock)

    async def answer(self, message: discord.Message) -> None:
        """Answer a message where the bot can post and the server's settings allow it."""
        exchange = _Exchange(message, self._question(message))
        # Before the first await: from here on, the message may be edited or deleted.
        self._exchanges[message.id] = exchange
        with self._handler.in_flight, exchange.answering():
            context = await self._handler.message_context(message)
            if not self._is_allowed(message, context):
                self._exchanges.pop(message.id, None)
                return
            exchange.earlier = self._earlier(message, context)
            with self._ask.trace(self._source(message)) as trace:
                if await self._its_turn(exchange, context):
                    await self._reply(exchange, context, trace)
                else:
                    trace.outcome = Outcome.COOLDOWN if exchange.question else Outcome.WITHDRAWN

    async def explain(self, message: discord.Message) -> None:
        """Tell a member once how to write so that the bot can read it. Their message may not be meant for the bot."""
        replied = self._replied_to(message)
        mentions_role = _mentions_own_role(message)
        if not mentions_role and (replied is None or not is_answer(replied)):
            return
        exchange = _Exchange(message, "")
        with self._handler.in_flight, exchange.answering():
            context = await self._handler.message_context(message)
            if self._is_allowed(message, context) and message.author.id not in self._hinted:
                self._hinted[message.author.id] = None
                self._exchanges[message.id] = exchange
                exchange.earlier = self._earlier(message, context)
                why = context.words.unread_role if mentions_role else context.words.unread_reply
                await self._put(exchange, notice(why, style=Style.READING))

    def follows(self, message: int) -> bool:
        """Return True if the reply to a message changes with it."""
        return message in self._exchanges

    async def update(self, message: discord.Message) -> None:
        """Change the reply to a message that was edited.

        An edit before the answer costs nothing. A later one counts as a question, but the member gets no notice to
        wait: the reply changes when the rate limit allows it.
        """
        exchange, question = self._exchanges.get(message.id), self._question(message)
        if exchange is None or exchange.question in (None, question):
            return
        # Stored again to restart its lifetime.
        self._exchanges[message.id] = exchange
        exchange.question = question
        if exchange.in_progress:
            return
        with exchange.answering():
            context = await self._handler.message_context(exchange.message)
            limits = self._ask.limits
            while exchange.question is not None and (wait := limits.claim(context.member, context.server)):
                await asyncio.sleep(wait)
            with self._handler.in_flight, self._ask.trace(self._source(exchange.message)) as trace:
                await self._reply(exchange, context, trace)

    async def delete(self, messages: Collection[int]) -> None:
        """Delete the replies to messages that were deleted, and forget the turns of answers that were."""
        for number in messages:
            self._conversations.forget(number)
        for number in messages:
            exchange = self._exchanges.pop(number, None)
            if exchange is not None:
                exchange.question = None
                if exchange.reply is not None and exchange.reply.id in messages:
                    exchange.reply = None
                with self._handler.in_flight:
                    await self._delete_reply(exchange)

    async def _its_turn(self, exchange: _Exchange, context: AskContext) -> bool:
        """Wait until the member may ask. Return False if they ask something newer or delete the message meanwhile."""
        member, older = context.member, self._waiting.pop(context.member, None)
        self._waiting[member] = exchange
        if older is not None:
            await self._supersede(older, context)
        while exchange.question is not None and self._waiting.get(member) is exchange:
            wait = self._ask.limits.claim(member, context.server)
            if not wait:
                break
            await self._delivery.show_typing(exchange.message.channel)
            await asyncio.sleep(min(wait, TYPING_INTERVAL))
        if self._waiting.get(member) is not exchange:
            return False
        del self._waiting[member]
        return exchange.question is not None

    async def _supersede(self, exchange: _Exchange, context: AskContext) -> None:
        """Show that a question isn't answered because its author has asked a newer one."""
        if exchange.question is not None and not await self._delivery.react(exchange.message, SUPERSEDED):
            await self._put(exchange, notice(context.words.superseded))

    def questions_of(self, member: int) -> tuple[str, ...]:
        """Return the member's questions whose replies still follow them."""
        found = (exchange for _, exchange in self._exchanges.items() if exchange.message.author.id == member)
        return tuple(dict.fromkeys(exchange.question for exchange in found if exchange.question))

    def forget_member(self, member: int) -> None:
        """Forget a member's questions, also as the context of others' questions. Their replies stay as they are."""
        self._hinted.pop(member, None)
        for number, exchange in self._exchanges.items():
            if exchange.message.author.id == member:
                del self._exchanges[number]
            else:
                exchange.earlier = exchange.earlier.without(member)

    async def _reply(self, exchange: _Exchange, context: AskContext, trace: Trace) -> None:
        """Reply, and reply again as long as the question changes meanwhile."""
        while (question := exchange.question) is not None:
            if exchange.reply is None:
                with trace.stage(Stage.ACKNOWLEDGE):
                    await self._delivery.show_typing(exchange.message.channel)
            request = AskRequest(question, context, self._conversations.without_deleted(exchange.earlier))
            unread = self._unread(exchange, question, context)
            if unread is None:
                found, message = await self._answer(request, trace)
            else:
                found, message, trace.outcome = None, notice(unread, style=Style.READING), Outcome.REFUSED
            if exchange.question != question:
                continue
            with trace.stage(Stage.SEND):
                sent = await self._put(exchange, message)
            if found is not None:
                await self._ask.remember(request, found, sent, trace)
            if exchange.question == question:
                return
        trace.outcome = Outcome.WITHDRAWN
        await self._delete_reply(exchange)

    async def _answer(self, request: AskRequest, trace: Trace) -> tuple[Answered | None, Message]:
        """Return the answer and its message, or None and the message that says why there is no answer."""
        words = request.context.words
        trace.outcome = Outcome.REFUSED
        greeting = self._ask.greeting(request.question, request.context)
        if greeting is not None:
            return None, greeting
        wrong = question_problem(request.question, words)
        if wrong is not None:
            return None, notice(wrong)
        trace.outcome = Outcome.FAILED
        try:
            return await self._ask.answer(request, trace)
        except LibraryError as error:
            trace.outcome = outcome_of(error)
            return None, self._handler.error_message(error, request.context)
        except Exception:  # noqa: BLE001  # the last resort: the log gets all of it, the member a notice
            _log.exception("a question by message failed")
            return None, notice(words.failed, style=Style.PROBLEM)

    async def _put(self, exchange: _Exchange, message: Message) -> discord.Message | None:
        """Post the message as the reply, or put it in the place of the reply that is there."""
        if exchange.reply is not None:
            return await self._delivery.edit(exchange.reply, message)
        exchange.reply = await self._delivery.post(exchange.message.channel, message, reply_to=exchange.message)
        return exchange.reply

    async def _delete_reply(self, exchange: _Exchange) -> None:
        reply, exchange.reply = exchange.reply, None
        if reply is not None:
            self._conversations.forget(reply.id)
            await self._delivery.delete(reply)

    def _is_allowed(self, message: discord.Message, context: AskContext) -> bool:
        channel = message.channel
        parent = channel.parent_id if isinstance(channel, discord.Thread) else channel.id
        return self._delivery.can_post(channel) and context.settings.answers_mentions_in(channel.id, parent)

    def _earlier(self, message: discord.Message, context: AskContext) -> Conversation:
        """Return the conversation that a message follows up on.

        A reply follows up on the answer or the message that it replies to. In a DM or a thread, a message follows up on
        the same member's last question there, or on the answer that the thread was opened from, whose id it has.
        """
        replied = self._replied_to(message)
        if replied is not None:
            return self._history.up_to(replied, context)
        if message.type is discord.MessageType.reply:
            original = self._replied_to(message, own=False)
            text = text_of(original, message.guild) if original else ""
            if original is None or text in {"", self._question(message)}:
                return Conversation()
            return Conversation((Turn(text, member=original.author.id),))
        if message.guild is None or isinstance(message.channel, discord.Thread):
            current = self._conversations.current(context.channel, context.member)
            if current.turns:
                return current
            return self._conversations.up_to(context.channel, context.member) or current
        return Conversation()

    def _source(self, message: discord.Message) -> Source:
        if self._replied_to(message) is not None:
            return Source.REPLY
        return Source.DIRECT if message.guild is None else Source.MENTION

    def _question(self, message: discord.Message) -> str:
        """Return what a message asks: its own words, else those of the message that it forwards or replies to."""
        own = question_text(message.content, names_in(message.guild))
        return own or text_of(self._replied_to(message, own=False) or message, message.guild)

    def _unread(self, exchange: _Exchange, question: str, context: AskContext) -> str | None:
        """Return why the message to which a question points can't be read, or None if it points to none."""
        message, words = exchange.message, context.words
        if question and (not points_back(question) or self._ask.greeting(question, context) is not None):
            return None
        if message.reference is not None and message.reference.type is discord.MessageReferenceType.forward:
            return None if question else words.unread_forward
        read = exchange.earlier.turns or self._replied_to(message) is not None
        return words.unread_original if message.type is discord.MessageType.reply and not read else None

    def _replied_to(self, message: discord.Message, *, own: bool = True) -> discord.Message | None:
        """Return the message to which another replies if it is the bot's, or with `own=False` if it isn't."""
        replied = message.reference.resolved if message.reference else None
        if not isinstance(replied, discord.Message) or (replied.author == self._client.user) is not own:
            return None
        return replied


def _mentions_own_role(message: discord.Message) -> bool:
    """Return True if a message mentions the role that Discord made for the bot, which has the bot's name."""
    return message.guild is not None and message.guild.self_role in message.role_mentions
