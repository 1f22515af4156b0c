"""Questions that come by messages, each answered by a reply that follows it: edited with it, deleted with it.

Which reply belongs to which message is remembered for a day, as long as the bot runs; an older reply stays as it is.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from typing import cast

import discord

from bot.cogs.ask.service import AskRequest, AskService, outcome_of
from bot.cogs.context import AskContext
from bot.observability.trace import Outcome, Source, Stage, Trace
from bot.services.conversations import Conversation
from bot.services.engine import Answered
from bot.storage.ttl_cache import TtlCache
from bot.ui.elements import Message, Style
from bot.ui.read_back import is_answer
from bot.ui.text import notice, question_problem
from embeddings import LibraryError

_log = logging.getLogger(__name__)

FOLLOWED_FOR = 24 * 3600.0
"""Seconds for which a reply follows its question."""
MOST_FOLLOWED = 1000
HINT_AGAIN_AFTER = 7 * 24 * 3600.0
"""Seconds after which somebody may be told once more why their reply wasn't read."""
_MOST_HINTED = 10_000


class _Heard:
    """A message, as far as it has been dealt with.

    Attributes:
        message: as it arrived.
        question: as it reads now; None once it is deleted.
        earlier: the conversation that it went on from.
        reply: the bot's, once there is one.
        under_way: whether somebody is at it, who will take note of changes.
    """

    __slots__ = ("earlier", "message", "question", "reply", "under_way")

    def __init__(self, message: discord.Message, question: str) -> None:
        self.message = message
        self.question: str | None = question
        self.earlier = Conversation()
        self.reply: discord.Message | None = None
        self.under_way = False

    @contextmanager
    def at_work(self) -> Iterator[None]:
        self.under_way = True
        try:
            yield
        finally:
            self.under_way = False


class Replies:
    """The bot's replies to messages.

    Args:
        client: the bot.
        desk: where the questions are answered.
        clock: a monotonic clock, in seconds.
    """

    def __init__(self, client: discord.Client, desk: AskService, clock: Callable[[], float]) -> None:
        self._client = client
        self._service = desk
        self._heard: TtlCache[int, _Heard] = TtlCache(clock, lifetime=FOLLOWED_FOR, most=MOST_FOLLOWED)
        self._hinted: TtlCache[int, None] = TtlCache(clock, lifetime=HINT_AGAIN_AFTER, most=_MOST_HINTED)

    async def answer(self, message: discord.Message, question: str) -> None:
        """Answer a message that asks something, unless the bot may not speak there, or is not to."""
        heard = _Heard(message, question)
        # Before anything is waited for: from here on, it may be edited or deleted.
        self._heard.put(message.id, heard)
        with self._service.work, heard.at_work():
            asker = await self._service.author(message)
            if not self._is_welcome(message, asker):
                self._heard.pop(message.id)
                return
            heard.earlier = self._earlier(message, asker)
            with self._service.journey(self._way(message)) as journey:
                refused = self._service.refusal(question, asker, journey) if question else None
                if refused is None:
                    await self._reply(heard, asker, journey)
                # Aloud, so that it mustn't be said to every line of somebody who types fast.
                elif self._service.cooldowns.may_notify(asker.member):
                    await self._put(heard, refused)

    async def explain(self, message: discord.Message) -> None:
        """Tell somebody whose message can't be read how it could be; once, for it may not be meant for the bot."""
        replied = self._replied_to(message)
        names_role = _names_own_role(message)
        if not names_role and (replied is None or not is_answer(replied)):
            return
        heard = _Heard(message, "")
        with self._service.work, heard.at_work():
            asker = await self._service.author(message)
            if self._is_welcome(message, asker) and message.author.id not in self._hinted:
                self._hinted.put(message.author.id, None)
                self._heard.put(message.id, heard)
                heard.earlier = self._earlier(message, asker)
                why = asker.words.unread_role if names_role else asker.words.unread_reply
                await self._put(heard, notice(why, style=Style.READING))

    async def edited(self, message: int, question: str) -> None:
        """Let the reply go with what its question says now.

        A change before the answer costs nothing; one after it is a question like any other, only that nobody is told
        to wait: the reply changes when it may.
        """
        heard = self._heard.get(message)
        if heard is None or heard.question in (None, question):
            return
        heard.question = question
        if heard.under_way:
            return
        with heard.at_work():
            asker = await self._service.author(heard.message)
            while heard.question is not None and (wait := self._service.cooldowns.claim(asker.member, asker.server)):
                await asyncio.sleep(wait)
            with self._service.work, self._service.journey(self._way(heard.message)) as journey:
                await self._reply(heard, asker, journey)

    async def deleted(self, messages: Collection[int]) -> None:
        """Take back what was replied to messages that are gone, and forget the turns of answers that are."""
        for number in messages:
            self._service.conversations.forget(number)
        for number in messages:
            heard = self._heard.pop(number)
            if heard is not None:
                heard.question = None
                if heard.reply is not None and heard.reply.id in messages:
                    heard.reply = None
                with self._service.work:
                    await self._withdraw(heard)

    def questions_of(self, member: int) -> tuple[str, ...]:
        """The member's questions whose replies are followed."""
        heard = (heard for _, heard in self._heard.items() if heard.message.author.id == member)
        return tuple(dict.fromkeys(each.question for each in heard if each.question))

    def forget_member(self, member: int) -> None:
        """Forget them: their replies stay as they are. Nor are they the context of anybody else's question."""
        self._hinted.pop(member)
        for number, heard in self._heard.items():
            if heard.message.author.id == member:
                self._heard.pop(number)
            else:
                heard.earlier = heard.earlier.without(member)

    async def _reply(self, heard: _Heard, asker: AskContext, journey: Trace) -> None:
        """Reply, and again for as long as the question changes meanwhile."""
        while (question := heard.question) is not None:
            if heard.reply is None:
                with journey.stage(Stage.ACKNOWLEDGE):
                    await self._service.delivery.show_typing(heard.message.channel)
            asked = AskRequest(question, asker, self._service.conversations.without_deleted(heard.earlier))
            found, message = await self._said(asked, journey)
            if heard.question != question:
                continue
            with journey.stage(Stage.SEND):
                sent = await self._put(heard, message)
            if found is not None:
                await self._service.remember(asked, found, sent, journey)
            if heard.question == question:
                return
        journey.outcome = Outcome.WITHDRAWN
        await self._withdraw(heard)

    async def _said(self, asked: AskRequest, journey: Trace) -> tuple[Answered | None, Message]:
        """The answer, or what is said where there is none."""
        words = asked.asker.words
        journey.outcome = Outcome.REFUSED
        if not asked.question:
            return None, notice(words.ask_me_something, style=Style.READING)
        wrong = question_problem(asked.question, words)
        if wrong is not None:
            return None, notice(wrong)
        journey.outcome = Outcome.FAILED
        try:
            return await self._service.answer(asked, journey)
        except LibraryError as error:
            journey.outcome = outcome_of(error)
            return None, self._service.told(error, asked.asker)
        except Exception:  # noqa: BLE001  # the last resort: logged whole, and told to the member
            _log.exception("a question by message failed")
            return None, notice(words.failed, style=Style.PROBLEM)

    async def _put(self, heard: _Heard, message: Message) -> discord.Message | None:
        """Say it as the reply, in the place of what was said before."""
        if heard.reply is not None:
            return await self._service.delivery.amend(heard.reply, message)
        heard.reply = await self._service.delivery.post(heard.message.channel, message, reply_to=heard.message)
        return heard.reply

    async def _withdraw(self, heard: _Heard) -> None:
        reply, heard.reply = heard.reply, None
        if reply is not None:
            self._service.conversations.forget(reply.id)
            await self._service.delivery.withdraw(reply)

    def _is_welcome(self, message: discord.Message, asker: AskContext) -> bool:
        place = message.channel
        parent = place.parent_id if isinstance(place, discord.Thread) else place.id
        return self._service.delivery.may_speak(place) and asker.settings.answers_mentions_in(place.id, parent)

    def _earlier(self, message: discord.Message, asker: AskContext) -> Conversation:
        """A reply to an answer goes on from it; in a DM or a thread, so does any question of the same member.

        A thread that was opened from an answer, whose id it has, goes on from that answer.
        """
        replied = self._replied_to(message)
        if replied is not None:
            return self._service.earlier(replied, asker)
        if message.guild is None or isinstance(message.channel, discord.Thread):
            going = self._service.conversations.current(asker.place, asker.member)
            if not going.turns:
                going = self._service.conversations.up_to(asker.place, asker.member) or going
            return going
        return Conversation()

    def _way(self, message: discord.Message) -> Source:
        if self._replied_to(message) is not None:
            return Source.REPLY
        return Source.DIRECT if message.guild is None else Source.MENTION

    def _replied_to(self, message: discord.Message) -> discord.Message | None:
        """The message of ours that another replies to, or None."""
        replied = message.reference.resolved if message.reference else None
        if not isinstance(replied, discord.Message) or replied.author != self._client.user:
            return None
        return replied


def _names_own_role(message: discord.Message) -> bool:
    """Whether a message mentions the role that Discord has made for the bot, which has its name."""
    return message.guild is not None and message.guild.self_role in message.role_mentions


def replies_of(client: discord.Client) -> Replies:
    """The replies of a bot that is running."""
    return cast(Replies, client.replies)  # type: ignore[attr-defined]  # `bot.app.client`, which has it, imports this module
