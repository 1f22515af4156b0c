"""Telling Discord which commands there are: only when asked to, and only when they have changed."""

from __future__ import annotations

import asyncio
import hashlib
import json
from typing import Any

import aiohttp
import discord
from discord import app_commands

from bot.client import CommandBot
from bot.inviting import application_id
from bot.serving import Exit, StoppedError
from bot.store import EVERYWHERE, Store

_TRIES = 5
_FIRST_PAUSE = 1.0


async def synchronise(token: str, store: Store, *, server: int | None = None) -> bool:
    """Put the commands where they differ from those that were last put; whether anything was sent.

    Args:
        token: the bot's token.
        store: where the digest of what was last put is kept.
        server: the id of the server to put them in, or None for everywhere.

    Raises:
        StoppedError: Discord refuses the token or the commands, or can't be reached.
    """
    scope = EVERYWHERE if server is None else str(server)
    pause = _FIRST_PAUSE
    for tries_left in reversed(range(_TRIES)):
        try:
            async with CommandBot() as bot:
                wanted = await _digest_of(bot, token)
                if store.synced_digest(scope) == wanted:
                    return False
                await _put(bot, token, server)
        except discord.LoginFailure:
            raise StoppedError(Exit.TOKEN_REFUSED, "Discord refuses the token; nothing was sent") from None
        except (discord.DiscordServerError, aiohttp.ClientError, OSError) as error:
            if not tries_left:
                reason = f"Discord can't be reached ({type(error).__name__}); the commands stay as they were"
                raise StoppedError(Exit.CONNECTION, reason) from None
            await asyncio.sleep(pause)
            pause *= 2
        except discord.HTTPException as error:
            raise StoppedError(
                Exit.CONNECTION,
                f"Discord refuses the commands ({error.status}, code {error.code}); they stay as they were",
            ) from None
        else:
            store.save_synced_digest(wanted, scope)
            return True
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


async def _put(bot: CommandBot, token: str, server: int | None) -> None:
    await bot.login(token)
    where = discord.Object(server) if server is not None else None
    if where is not None:
        bot.tree.copy_global_to(guild=where)
    await bot.tree.sync(guild=where)
