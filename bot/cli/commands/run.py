"""`review-bot run`."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import typer

from bot.cli.options import DATA, DataOption
from bot.cli.output.console import notice
from bot.cli.output.wording import for_folder

if TYPE_CHECKING:
    from pathlib import Path

    from bot.settings import Settings


def run(data: DataOption = DATA) -> None:
    """Connect to Discord, and answer questions until Ctrl-C stops it. The token is that of `init` or DISCORD_TOKEN."""
    import asyncio
    import gc

    from bot.app.client import ReviewBot
    from bot.app.runner import Exit, StoppedError, running_alone, serve
    from bot.app.sync import warn_of_unknown_commands
    from bot.observability.logs import log_to_stderr
    from bot.observability.metrics import Metrics
    from bot.services.engine import Engine
    from bot.settings import deprecated_variables
    from bot.storage.database import DATABASE, Database
    from embeddings import IndexDamagedError, IndexMissingError, IndexUnreadableError, IndexVersionError

    settings = load_settings(data)
    for line in deprecated_variables(os.environ):
        notice(line)
    log_to_stderr(settings.log_level, (settings.token,), settings.log_format)
    metrics = Metrics()

    try:
        engine = Engine.open(data, queue=settings.queue, reranker=settings.reranker)
    except (IndexMissingError, IndexVersionError, IndexDamagedError, IndexUnreadableError) as error:
        notice(for_folder(str(error), data))
        raise typer.Exit(Exit.NO_INDEX) from None
    # Everything loaded by now lives until the end. Searching it for garbage would block the event loop for 50 to
    # 100 ms each time.
    gc.collect()
    gc.freeze()

    async def served(store: Database) -> None:
        try:
            await warn_of_unknown_commands(settings.token, store)
            await serve(lambda: ReviewBot(engine, store, settings, metrics), engine, settings, metrics)
        finally:
            await engine.close()

    try:
        with running_alone(settings.data), Database(settings.data / DATABASE) as store:
            asyncio.run(served(store))
    except StoppedError as error:
        notice(for_folder(str(error), data))
        raise typer.Exit(error.code) from None


def load_settings(data: Path) -> Settings:
    """Return the settings of the bot. If one can't be used, exit with the code for settings."""
    from bot.app.runner import Exit
    from bot.settings import Settings
    from bot.token import SettingsError, application_id

    try:
        settings = Settings.from_environment(os.environ, data)
        application_id(settings.token)
        return settings
    except SettingsError as error:
        notice(for_folder(str(error), data))
        raise typer.Exit(Exit.SETTINGS) from None
