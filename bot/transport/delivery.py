"""The only way out to Discord: acknowledge, send, repeat, fall back, and count what could not be delivered.

What it promises where the network or Discord fails:

- The bot acknowledges an interaction before anything else, and repeats nothing after `ACKNOWLEDGE_TIMEOUT` seconds.
- If Discord refuses a second acknowledgement (40060), the first one arrived.
- A late acknowledgement (10062) is counted. A question's answer is then posted in the channel, unless it was private or
  too many are.
- A repeated post carries the nonce of the first try, so that it can't appear twice.
- An answer whose token has expired (50027) is posted in the channel, unless it was private.
- Where Discord refused a post, the bot doesn't try again for a while.
- A channel gets one post after the other. discord.py counts what a rate limit has left, and lets one post too many
  through where several are on their way together.
- A refused bot token ends the bot after a few tries. A 429 from outside Discord's own gate is never repeated.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, TypeAlias, TypeVar
from weakref import WeakValueDictionary

import discord
from discord import app_commands

from bot.config import (
    MAX_LATE_ANSWERS,
    MAX_UNAUTHORISED,
    REFUSED_CHANNEL_PAUSE,
    SEND_MAX_PAUSE,
    SEND_PAUSE,
    SEND_TIMEOUT,
    TYPING_TIMEOUT,
)
from bot.observability.metrics import Trouble
from bot.transport.acknowledgements import UNKNOWN_INTERACTION, Acknowledgements, Interaction
from bot.transport.retry import TRANSIENT_ERRORS, retry
from bot.ui.components import attached, embedded, layout, modal
from bot.ui.elements import Form, Message

_log = logging.getLogger(__name__)

UNKNOWN_MESSAGE = 10008
TOKEN_EXPIRED = 50027
INVALID_FORM = 50035
_GONE = frozenset({10003, UNKNOWN_MESSAGE, 10015, UNKNOWN_INTERACTION})
"""The channel, message, webhook or interaction doesn't exist any more."""
_NOT_ALLOWED = frozenset({50001, 50007, 50013, 50083, 160002, 160005})

_IN_PLACE = "in place"
"""Key in an interaction's `extras`: the response replaces the page whose button was pressed."""

NO_MENTIONS = discord.AllowedMentions.none()

Sent: TypeAlias = discord.Message
T = TypeVar("T")


class _ChannelRefusedError(Exception):
    """Discord refused another post in the channel meanwhile."""


class Delivery:
    """Send all that leaves the bot.

    Args:
        token_refused: called once if Discord keeps refusing the bot's token.
        counts: counts troubles.
    """

    def __init__(self, token_refused: Callable[[], None], counts: Counter[str]) -> None:
        self.counts = counts
        self.acknowledgements = Acknowledgements(counts, self._report)
        self._token_refused = token_refused
        # Requests that carry the bot's own token. An interaction's token is valid without it.
        self._unauthorised = 0
        self._refused_until: dict[int, float] = {}
        self._posting: WeakValueDictionary[int, asyncio.Lock] = WeakValueDictionary()
        self._late_answers = 0
        # By channel. The event loop keeps only weak references to tasks.
        self._typing: dict[int, asyncio.Task[None]] = {}

    async def acknowledge(self, interaction: Interaction, *, private: bool, in_place: bool = False) -> bool:
        """Show "is thinking"; with `in_place`, only accept the press. Return True if Discord knows."""
        if in_place:
            interaction.extras[_IN_PLACE] = True
        return await self.acknowledgements.send(
            interaction,
            lambda: interaction.response.defer(ephemeral=private, thinking=not in_place),
        )

    async def send_now(self, interaction: Interaction, message: Message) -> bool:
        """Acknowledge by sending the message itself."""
        return await self.acknowledgements.send(
            interaction,
            lambda: interaction.response.send_message(
                view=layout(message), ephemeral=message.private, allowed_mentions=NO_MENTIONS
            ),
        )

    async def open_form(self, interaction: Interaction, form: Form) -> bool:
        """Acknowledge by opening a form."""
        return await self.acknowledgements.send(interaction, lambda: interaction.response.send_modal(modal(form)))

    async def suggest(self, interaction: Interaction, choices: Sequence[app_commands.Choice[str]]) -> bool:
        """Answer an autocomplete. If it comes too late, nobody misses it."""
        return await self.acknowledgements.send(interaction, lambda: interaction.response.autocomplete(choices))

    async def respond(self, interaction: Interaction, message: Message) -> Sent | None:
        """Put the message in the place of "is thinking", or of the page whose button was pressed."""

        async def edit(rendered: dict[str, Any]) -> Sent:
            # Sending reads a file to its end, so each try takes a new one.
            if message.file is not None:
                rendered["attachments"] = attached(message)
            return await interaction.edit_original_response(**rendered)

        as_embed = _IN_PLACE in interaction.extras and _is_embed(interaction.message)
        try:
            return await self._send(edit, message, as_embed=as_embed)
        except (discord.HTTPException, *TRANSIENT_ERRORS) as error:
            if isinstance(error, discord.HTTPException) and error.code == TOKEN_EXPIRED:
                self.counts[Trouble.EXPIRED] += 1
                return await self._post_instead(interaction, message)
            self._report(Trouble.UNDELIVERED, error)
        return None

    def can_answer_late(self, interaction: Interaction) -> bool:
        """Return True if Discord no longer waits for the answer, and it may be posted in the channel."""
        return (
            self.acknowledgements.was_late(interaction)
            and self._late_answers < MAX_LATE_ANSWERS
            and isinstance(interaction.channel, discord.abc.Snowflake)
            and self.can_post(interaction.channel)
        )

    async def answer_late(self, interaction: Interaction, message: Message) -> Sent | None:
        """Post an answer for which Discord no longer waits in the channel. None if too many are on their way."""
        if self._late_answers >= MAX_LATE_ANSWERS:
            return None
        self._late_answers += 1
        try:
            return await self._post_instead(interaction, message)
        finally:
            self._late_answers -= 1

    async def notify(self, interaction: Interaction, message: Message) -> None:
        """Send a notice, acknowledged or not, and never in the place of a page."""

        async def follow_up(rendered: dict[str, Any]) -> Sent:
            return await interaction.followup.send(ephemeral=message.private, wait=True, **rendered)

        if _IN_PLACE in interaction.extras:
            await self._reported(self._send(follow_up, message))
        elif self.acknowledgements.was_sent(interaction):
            await self.respond(interaction, message)
        elif not self.acknowledgements.was_late(interaction):
            await self.send_now(interaction, message)

    async def post(
        self, channel: discord.abc.Messageable, message: Message, *, reply_to: discord.Message | None = None
    ) -> Sent | None:
        """Post the message in a channel, as a reply if possible. None if the bot may not post there."""
        place = channel if isinstance(channel, discord.abc.Snowflake) else None
        if place is None or not self.can_post(place):
            self.counts[Trouble.SUPPRESSED] += 1
            return None
        more: dict[str, Any] = {"nonce": secrets.randbits(60)}
        if reply_to is not None and _can_read_history(place):
            more["reference"] = reply_to.to_reference(fail_if_not_exists=False)

        turn = self._posting.setdefault(place.id, asyncio.Lock())

        async def send(rendered: dict[str, Any]) -> Sent:
            async with turn:
                # The post before this one may have been refused.
                if not self.can_post(place):
                    raise _ChannelRefusedError
                posted = await channel.send(**rendered, **more)
            self._unauthorised = 0
            return posted

        try:
            return await self._send(send, message)
        except _ChannelRefusedError:
            self.counts[Trouble.SUPPRESSED] += 1
        except (discord.HTTPException, *TRANSIENT_ERRORS) as error:
            if isinstance(error, discord.HTTPException) and error.code in _NOT_ALLOWED:
                self._refused_until[place.id] = time.monotonic() + REFUSED_CHANNEL_PAUSE
            self._report(Trouble.UNDELIVERED, error)
        return None

    async def edit(self, posted: discord.Message, message: Message) -> Sent | None:
        """Put the message in the place of a posted one. None if that isn't possible."""

        async def edit(rendered: dict[str, Any]) -> Sent:
            return await posted.edit(**rendered)

        return await self._reported(self._send(edit, message, as_embed=_is_embed(posted)))

    async def delete(self, posted: discord.Message) -> bool:
        """Delete a posted message. Return True if it is gone."""
        return await self._delete(posted.delete)

    async def delete_original(self, interaction: Interaction) -> bool:
        """Delete the message whose button was pressed. Return True if it is gone."""
        return await self._delete(interaction.delete_original_response)

    async def react(self, message: discord.Message, emoji: str) -> bool:
        """React to a member's message. Return False if the bot may not."""
        if not _can_react(message.channel):
            return False
        try:
            await self._retry(lambda: message.add_reaction(emoji))
        except (discord.HTTPException, *TRANSIENT_ERRORS) as error:
            self._report(Trouble.UNDELIVERED, error)
            return False
        return True

    async def show_typing(self, channel: discord.abc.MessageableChannel) -> None:
        """Show that an answer is coming, and wait for it only shortly, because it is no answer.

        One request is enough for all questions of a channel.
        """
        if channel.id in self._typing:
            return
        typing = asyncio.create_task(self._type(channel), name="typing")
        self._typing[channel.id] = typing
        typing.add_done_callback(lambda _: self._typing.pop(channel.id))
        # Never cancelled. discord.py holds back every request while one waits out a global rate limit, and if that one
        # is cancelled, it holds them back forever.
        await asyncio.wait({typing}, timeout=TYPING_TIMEOUT)

    def can_post(self, place: discord.abc.Snowflake) -> bool:
        """Return True if the bot may post in a channel, as far as it knows before trying."""
        until = self._refused_until.get(place.id)
        if until is not None:
            if time.monotonic() < until:
                return False
            del self._refused_until[place.id]
        if isinstance(place, discord.Thread):
            if place.locked or place.guild.get_channel(place.parent_id) is None:
                return False
            return place.permissions_for(place.guild.me).send_messages_in_threads
        if isinstance(place, discord.abc.GuildChannel):
            permissions = place.permissions_for(place.guild.me)
            return permissions.view_channel and permissions.send_messages
        return True

    def permissions_changed(self, guild: discord.Guild) -> None:
        """Try again in the channels of a server where Discord refused a post, because it may not refuse any more."""
        for place in (*guild.channels, *guild.threads):
            self._refused_until.pop(place.id, None)

    async def _send(
        self, send: Callable[[dict[str, Any]], Awaitable[Sent]], message: Message, *, as_embed: bool = False
    ) -> Sent:
        """Send as Components V2. If Discord refuses those, send as an embed."""
        if not as_embed:
            try:
                return await self._retry(lambda: send({"view": layout(message), "allowed_mentions": NO_MENTIONS}))
            except discord.HTTPException as error:
                if error.code != INVALID_FORM:
                    raise
                self._report(Trouble.AS_EMBED, error)
        embed, view = embedded(message)
        return await self._retry(lambda: send({"embed": embed, "view": view, "allowed_mentions": NO_MENTIONS}))

    async def _reported(self, sending: Awaitable[Sent]) -> Sent | None:
        """Return what was sent, or report the error and return None."""
        try:
            return await sending
        except (discord.HTTPException, *TRANSIENT_ERRORS) as error:
            self._report(Trouble.UNDELIVERED, error)
        return None

    async def _retry(self, call: Callable[[], Awaitable[T]]) -> T:
        async for attempt in retry(pause=SEND_PAUSE, max_pause=SEND_MAX_PAUSE, timeout=SEND_TIMEOUT):
            with attempt:
                if attempt.num > 1:
                    self.counts[Trouble.MESSAGE_RETRIED] += 1
                return await call()
        raise AssertionError("the last attempt returns or raises")

    async def _delete(self, delete: Callable[[], Awaitable[None]]) -> bool:
        try:
            await self._retry(delete)
        except (discord.HTTPException, *TRANSIENT_ERRORS) as error:
            if not isinstance(error, discord.HTTPException) or error.code != UNKNOWN_MESSAGE:
                self._report(Trouble.UNDELETED, error)
                return False
        return True

    async def _type(self, channel: discord.abc.Messageable) -> None:
        try:
            await channel.typing()
            self._unauthorised = 0
        except (discord.HTTPException, *TRANSIENT_ERRORS) as error:
            self._report(Trouble.TYPING, error, level=logging.DEBUG)

    async def _post_instead(self, interaction: Interaction, message: Message) -> Sent | None:
        channel = interaction.channel
        present = interaction.guild_id is None or interaction.client.get_guild(interaction.guild_id) is not None
        if message.private or not present or not isinstance(channel, discord.abc.Messageable):
            _log.info("an answer was dropped because Discord no longer waited for it")
            return None
        return await self.post(channel, message)

    def _report(self, trouble: Trouble, error: Exception, *, level: int = logging.WARNING) -> None:
        """Count and log what Discord or the network refused."""
        self.counts[trouble] += 1
        if not isinstance(error, discord.HTTPException):
            _log.log(level, "%s: %s", trouble, type(error).__name__)
            return
        if error.status == 401 and error.code != TOKEN_EXPIRED:
            self._unauthorised += 1
            if self._unauthorised == MAX_UNAUTHORISED:
                self._token_refused()
        if error.code in _GONE:
            level = min(level, logging.INFO)
        _log.log(level, "%s: Discord answered %d (code %d)", trouble, error.status, error.code)


def _is_embed(message: discord.Message | None) -> bool:
    return message is not None and not message.flags.components_v2


def _can_react(place: discord.abc.Snowflake) -> bool:
    if isinstance(place, discord.Thread | discord.abc.GuildChannel):
        return _can_read_history(place) and place.permissions_for(place.guild.me).add_reactions
    return True


def _can_read_history(place: discord.abc.Snowflake) -> bool:
    if isinstance(place, discord.Thread | discord.abc.GuildChannel):
        return place.permissions_for(place.guild.me).read_message_history
    return True
