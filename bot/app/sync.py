"""Telling Discord which commands there are: only when asked to, and only when they have changed.

Discord keeps the commands for everywhere and those of a single server apart, and shows both there.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import logging
from typing import Any

import aiohttp
import discord
from discord import app_commands

from bot.app.client import CommandBot
from bot.app.invite import application_id
from bot.app.runner import Exit, StoppedError
from bot.storage.database import Database
from bot.storage.synced_commands import (
    EVERYWHERE,
    forget_synced_digest,
    save_synced_digest,
    synced_digest,
    synced_digests,
)
from bot.transport.gateway import reason_in
from embeddings import LibraryError

_log = logging.getLogger(__name__)

_TRIES = 5
_FIRST_PAUSE = 1.0
_NO_ACCESS = 50001


class NotInServerError(LibraryError):
    """The bot may not have commands in that server: add it there first."""


async def synchronise(token: str, store: Database, *, server: int | None = None, force: bool = False) -> bool:
    """Put the commands where they differ from those that were last put; whether anything was sent.

    Args:
        token: the bot's token.
        store: where the digest of what was last put is kept.
        server: the id of the server to put them in, or None for everywhere.
        force: whether to put them in any case: somebody else may have changed what Discord has.

    Raises:
        StoppedError: Discord refuses the token or the commands, or can't be reached.
        NotInServerError: the bot isn't in that server.
    """
    scope = EVERYWHERE if server is None else str(server)
    async with CommandBot() as bot:
        wanted = await _digest_of(bot, token)
    if not force and synced_digest(store, scope) == wanted:
        return False
    await _put(token, server)
    save_synced_digest(store, wanted, scope)
    return True


async def remove(token: str, store: Database, *, server: int) -> None:
    """Take out the commands of a single server; those for everywhere stay, there as well.

    Raises:
        StoppedError: Discord refuses the token, or can't be reached.
        NotInServerError: the bot isn't in that server.
    """
    await _put(token, server, with_commands=False)
    forget_synced_digest(store, str(server))


async def warn_of_unknown_commands(token: str, store: Database) -> None:
    """Log where Discord has not been told of the commands as they are now; it isn't asked.

    Raises:
        SettingsError: the token names no application.
    """
    synced = synced_digests(store)
    if await current_digest(token) not in synced.values():
        amiss = "the commands have changed since Discord was told" if synced else "Discord was not told of the commands"
        _log.warning("%s; run `review-bot sync`", amiss)


async def _put(token: str, server: int | None, *, with_commands: bool = True) -> None:
    """Put the commands, or none in a server, and try again while Discord is only out of order."""
    pause = _FIRST_PAUSE
    for tries_left in reversed(range(_TRIES)):
        try:
            async with CommandBot() as bot:
                await bot.login(token)
                where = discord.Object(server) if server is not None else None
                if where is not None and with_commands:
                    bot.tree.copy_global_to(guild=where)
                await bot.tree.sync(guild=where)
        except discord.LoginFailure:
            raise StoppedError(Exit.TOKEN_REFUSED, "Discord refuses the token; nothing was sent") from None
        except (discord.DiscordServerError, aiohttp.ClientError, OSError) as error:
            if not tries_left:
                reason = f"Discord can't be reached ({reason_in(error)}); the commands stay as they were"
                raise StoppedError(Exit.CONNECTION, reason) from None
            _log.warning("can't reach Discord (%s); trying again in %.0f s", reason_in(error), pause)
            await asyncio.sleep(pause)
            pause *= 2
        except discord.HTTPException as error:
            if server is not None and error.code == _NO_ACCESS:
                raise NotInServerError(
                    f"the bot is not in server {server}, so it can have no commands there; "
                    "`review-bot invite` prints the link that adds it"
                ) from None
            raise StoppedError(
                Exit.CONNECTION,
                f"Discord refuses the commands ({error.status}, code {error.code}); they stay as they were",
            ) from None
        else:
            return
    raise AssertionError("the last try has raised or returned")


async def current_digest(token: str) -> str:
    """The digest of the commands as they are now, without asking Discord.

    Raises:
        SettingsError: the token names no application.
    """
    async with CommandBot() as bot:
        return await _digest_of(bot, token)


def payload(tree: app_commands.CommandTree[Any]) -> list[dict[str, Any]]:
    """The commands as Discord takes them, in an order that doesn't depend on when they were added."""
    commands = [command.to_dict(tree) for command in tree.get_commands()]
    return sorted(commands, key=lambda command: (command["type"], command["name"]))


def digest(commands: list[dict[str, Any]], application: int) -> str:
    """A digest of all that Discord would be told, and of whom it would be told."""
    content = json.dumps([application, commands], sort_keys=True, ensure_ascii=True)
    return hashlib.sha256(content.encode("ascii")).hexdigest()


async def _digest_of(bot: CommandBot, token: str) -> str:
    await bot.setup_hook()
    return digest(payload(bot.tree), application_id(token))
