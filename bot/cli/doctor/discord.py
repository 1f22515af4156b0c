"""Check the token and the registered commands.

Each check imports what it needs, so that a broken package fails only the checks that use it.
"""

from __future__ import annotations

import os
import stat

from bot.cli.doctor.check import CheckError, Context, NotSetUp
from bot.config import DOCTOR_TIMEOUT
from bot.storage.database import DATABASE
from bot.storage.integrity import examine
from bot.storage.synced_commands import EVERYWHERE
from bot.token import PORTAL, NoTokenError, Token, application_id, find_token
from embeddings import allows_others


def token(context: Context) -> str:
    """Check that there is a valid token which only its owner can read and, if asked online, that Discord accepts it."""
    found = _token(context)
    application = application_id(found.value)
    if found.file is not None and allows_others(found.file, stat.S_IRWXG | stat.S_IRWXO):
        raise CheckError(f"{found.file}: Other users can read this file. Run: chmod 600 {found.file}")
    place = str(found.file) if found.file is not None else found.setting
    if not context.online:
        return f"in {place}, of application {application} (add --online to ask Discord)"
    import asyncio

    return f"in {place}, accepted by Discord as {asyncio.run(logged_in(found.value))}"


def commands(context: Context) -> str:
    """Check that Discord has the current commands."""
    known = _token(context)
    database = context.data / DATABASE
    synced = examine(database).synced if os.path.lexists(database) else {}
    if not synced:
        raise CheckError("The commands are not registered. Run `review-bot sync`.")
    # Only now, because it imports discord.py, which takes longer than all other checks.
    import asyncio

    from bot.app.sync import current_digest

    wanted = asyncio.run(current_digest(known.value))
    if synced.get(EVERYWHERE) == wanted:
        return "registered with Discord"
    servers = [scope for scope, digest in synced.items() if digest == wanted]
    if servers:
        return f"registered only for server {', '.join(servers)}; `review-bot sync` registers them for all"
    raise CheckError("The commands have changed since they were registered. Run `review-bot sync`.")


def _token(context: Context) -> Token:
    try:
        return find_token(context.environ, context.data)
    except NoTokenError:
        raise NotSetUp("Discord is not set up. That is optional: `review-bot init` asks for a token.") from None


async def logged_in(token: str) -> str:
    """Log in to Discord and return the bot's name.

    Raises:
        CheckError: Discord refuses the token, or can't be reached.
    """
    import asyncio

    import aiohttp
    import discord

    from bot.app.client import CommandBot

    try:
        async with asyncio.timeout(DOCTOR_TIMEOUT), CommandBot() as bot:
            await bot.login(token)
            return str(bot.user)
    except discord.LoginFailure:
        raise CheckError(f"Discord refuses the token. Copy a new one from the Bot page at {PORTAL}.") from None
    except discord.HTTPException as error:
        raise CheckError(f"Discord has a problem (status {error.status}). Try again later.") from None
    except (aiohttp.ClientError, OSError, TimeoutError) as error:
        raise CheckError(
            f"Discord can't be reached ({type(error).__name__}). Check that this machine has access to discord.com."
        ) from None
