"""The way to Discord: the token, and the commands that Discord was told of.

What a check needs is imported within it: a package that is broken then costs only the checks that need it.
"""

from __future__ import annotations

import asyncio
import os
import stat

from bot.cli.doctor.check import CheckError, Circumstances
from bot.storage.backup import DATABASE
from bot.storage.integrity import examine
from bot.storage.records import EVERYWHERE
from bot.token import PORTAL, find_token

_WITHIN = 15.0
"""Seconds for Discord to answer."""


def token(circumstances: Circumstances) -> str:
    """Whether there is a token, of the right form, that only its owner can read; and whether Discord takes it."""
    from bot.app.invite import application_id

    found = find_token(circumstances.environ, circumstances.data)
    application = application_id(found.value)
    if found.file is not None and found.file.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise CheckError(f"{found.file} can be read by other users; run: chmod 600 {found.file}")
    place = str(found.file) if found.file is not None else found.setting
    if not circumstances.online:
        return f"in {place}, of application {application}; Discord was not asked (--online asks)"
    return f"in {place}, taken by Discord as {asyncio.run(logged_in(found.value))}"


def commands(circumstances: Circumstances) -> str:
    """Whether Discord was told of the commands as they are now."""
    from bot.app.sync import current_digest

    known = find_token(circumstances.environ, circumstances.data)
    wanted = asyncio.run(current_digest(known.value))
    database = circumstances.data / DATABASE
    synced = examine(database).synced if os.path.lexists(database) else {}
    if synced.get(EVERYWHERE) == wanted:
        return "Discord knows them as they are"
    servers = [scope for scope, digest in synced.items() if digest == wanted]
    if servers:
        return f"only for server {', '.join(servers)}; `review-bot sync` tells Discord for all"
    changed = "they have changed since Discord was told" if synced else "Discord was not told of them"
    raise CheckError(f"{changed}; run `review-bot sync`")


async def logged_in(token: str) -> str:
    """The name of the bot that Discord takes a token for.

    Raises:
        CheckError: Discord refuses it, or can't be asked.
    """
    import aiohttp
    import discord

    from bot.app.client import CommandBot

    try:
        async with asyncio.timeout(_WITHIN), CommandBot() as bot:
            await bot.login(token)
            return str(bot.user)
    except discord.LoginFailure:
        raise CheckError(f"Discord refuses the token; copy a new one from the Bot page at {PORTAL}") from None
    except discord.HTTPException as error:
        raise CheckError(f"Discord is out of order (status {error.status}); try again later") from None
    except (aiohttp.ClientError, OSError, TimeoutError) as error:
        raise CheckError(
            f"Discord can't be reached ({type(error).__name__}); see whether this machine may reach discord.com"
        ) from None
