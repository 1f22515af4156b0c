"""`review-bot run`, `review-bot sync`, `review-bot invite`."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Annotated

import typer

from bot.terminal.options import DATA, DataOption
from bot.terminal.output import notice, say

if TYPE_CHECKING:
    from pathlib import Path

    from bot.settings import Settings


def run(data: DataOption = DATA) -> None:
    """Connect to Discord, and answer."""
    import asyncio

    from bot.client import ReviewBot
    from bot.engine import Engine
    from bot.logs import log_to_stderr
    from bot.serving import Exit, StoppedError, serve
    from bot.store import Store
    from embeddings.errors import IndexDamagedError, IndexMissingError, IndexVersionError

    settings = _settings(data)
    log_to_stderr(settings.log_level, (settings.token,))

    async def served() -> None:
        try:
            engine = Engine.open(data, queue=settings.queue, reader=settings.reader)
        except (IndexMissingError, IndexVersionError, IndexDamagedError) as error:
            raise StoppedError(Exit.NO_INDEX, str(error)) from None
        try:
            with Store(settings.store) as store:
                await serve(lambda: ReviewBot(engine, store, settings), engine, settings.token)
        finally:
            await engine.close()

    try:
        asyncio.run(served())
    except StoppedError as error:
        notice(str(error))
        raise typer.Exit(error.code) from None


def sync(
    guild: Annotated[
        int | None, typer.Option("--guild", metavar="SERVER", help="Only for the server of this id, for development.")
    ] = None,
    data: DataOption = DATA,
) -> None:
    """Tell Discord which commands there are, where they have changed."""
    import asyncio

    from bot.logs import log_to_stderr
    from bot.serving import StoppedError
    from bot.store import Store
    from bot.syncing import synchronise

    settings = _settings(data)
    log_to_stderr(settings.log_level, (settings.token,))
    try:
        with Store(settings.store) as store:
            sent = asyncio.run(synchronise(settings.token, store, server=guild))
    except StoppedError as error:
        notice(str(error))
        raise typer.Exit(error.code) from None
    say("The commands are up to date." if sent else "The commands have not changed; nothing was sent.")


def invite(data: DataOption = DATA) -> None:
    """Print the link that adds the bot to a server."""
    from bot.inviting import invite_link

    say(invite_link(_settings(data).token))


def _settings(data: Path) -> Settings:
    from bot.serving import Exit
    from bot.settings import Settings, SettingsError

    try:
        return Settings.from_environment(os.environ, data)
    except SettingsError as error:
        notice(str(error))
        raise typer.Exit(Exit.SETTINGS) from None
