"""Register the bot's commands with Discord, only when asked to and only when they have changed.

Discord stores the commands for all servers apart from those of a single server, and shows both there.
"""

from __future__ import annotations

import hashlib
import json
import logging
from typing import Any

import discord
from discord import app_commands

from bot.app.client import CommandBot
from bot.app.runner import Exit, StoppedError
from bot.config import SYNC_MAX_PAUSE, SYNC_PAUSE, SYNC_TRIES
from bot.storage.database import Database
from bot.storage.synced_commands import (
    EVERYWHERE,
    forget_synced_digest,
    save_synced_digest,
    synced_digests,
)
from bot.token import application_id
from bot.transport.retry import TRANSIENT_ERRORS, reason_in, retry
from embeddings import LibraryError

_log = logging.getLogger(__name__)

_NO_ACCESS = 50001


class NotInServerError(LibraryError):
    """The bot isn't in that server, so it can't have commands there."""


async def synchronise(token: str, database: Database, *, server: int | None = None, force: bool = False) -> bool:
    """Register the commands if they differ from those registered last. Return True if Discord received them.

    Args:
        token: the bot's token.
        database: holds the digest of the commands registered last.
        server: the id of the server to register them in, or None for all servers.
        force: register them in any case, because somebody else may have changed what Discord has.

    Raises:
        StoppedError: Discord refuses the token or the commands, or can't be reached.
        NotInServerError: the bot isn't in that server.
    """
    scope = EVERYWHERE if server is None else str(server)
    async with CommandBot() as bot:
        wanted = await _digest_of(bot, token)
    if not force and synced_digests(database).get(scope) == wanted:
        return False
    await _put(token, server)
    save_synced_digest(database, wanted, scope)
    return True


async def remove(token: str, database: Database, *, server: int) -> None:
    """Remove the commands of a single server. Those for all servers stay, also there.

    Raises:
        StoppedError: Discord refuses the token, or can't be reached.
        NotInServerError: the bot isn't in that server.
    """
    await _put(token, server, with_commands=False)
    forget_synced_digest(database, str(server))


async def warn_of_unknown_commands(token: str, database: Database) -> None:
    """Log a warning if Discord doesn't have the commands as they are now, as far as the digests show.

    Raises:
        SettingsError: the token names no application.
    """
    synced = synced_digests(database)
    if await current_digest(token) not in synced.values():
        reason = "the commands have changed since the last sync" if synced else "Discord doesn't know the commands"
        _log.warning("%s, run `review-bot sync`", reason)


async def _put(token: str, server: int | None, *, with_commands: bool = True) -> None:
    """Register the commands, or none in a server."""
    try:
        async for attempt in retry(pause=SYNC_PAUSE, max_pause=SYNC_MAX_PAUSE, tries=SYNC_TRIES):
            with attempt:
                try:
                    await _put_once(token, server, with_commands=with_commands)
                except TRANSIENT_ERRORS as error:
                    if attempt.num < SYNC_TRIES:
                        reason, wait = reason_in(error), attempt.next_wait
                        _log.warning("can't reach Discord (%s), trying again in %.0f s", reason, wait)
                    raise
    except discord.LoginFailure:
        raise StoppedError(Exit.TOKEN_REFUSED, "Discord refuses the token. Nothing was sent.") from None
    except TRANSIENT_ERRORS as error:
        reason = f"Can't reach Discord ({reason_in(error)}). The commands stay as they were. Try again later."
        raise StoppedError(Exit.CONNECTION, reason) from None
    except discord.HTTPException as error:
        if server is not None and error.code == _NO_ACCESS:
            raise NotInServerError(
                f"The bot is not in server {server}, so it can't have commands there. "
                "`review-bot invite` prints the link that adds it."
            ) from None
        raise StoppedError(
            Exit.CONNECTION,
            f"Discord refuses the commands (status {error.status}, code {error.code}). They stay as they were.",
        ) from None


async def _put_once(token: str, server: int | None, *, with_commands: bool) -> None:
    async with CommandBot() as bot:
        await bot.login(token)
        where = discord.Object(server) if server is not None else None
        if where is not None and with_commands:
            bot.tree.copy_global_to(guild=where)
        await bot.tree.sync(guild=where)


async def current_digest(token: str) -> str:
    """Return the digest of the commands as they are now, without asking Discord.

    Raises:
        SettingsError: the token names no application.
    """
    async with CommandBot() as bot:
        return await _digest_of(bot, token)


def payload(tree: app_commands.CommandTree[Any]) -> list[dict[str, Any]]:
    """Return the commands as Discord takes them, in an order that doesn't depend on when they were added."""
    commands = [command.to_dict(tree) for command in tree.get_commands()]
    return sorted(commands, key=lambda command: (command["type"], command["name"]))


def digest(commands: list[dict[str, Any]], application: int) -> str:
    """Return a digest of the commands and of the application that they belong to."""
    content = json.dumps([application, commands], sort_keys=True, ensure_ascii=True)
    return hashlib.sha256(content.encode("ascii")).hexdigest()


async def _digest_of(bot: CommandBot, token: str) -> str:
    await bot.setup_hook()
    return digest(payload(bot.tree), application_id(token))
