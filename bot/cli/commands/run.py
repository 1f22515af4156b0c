"""`review-bot run`, `review-bot sync`, `review-bot invite`."""

from __future__ import annotations

import os
import shlex
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli.options import DATA, DataOption, a_server
from bot.cli.output.console import notice, say

if TYPE_CHECKING:
    from pathlib import Path

    from bot.settings import Settings


def run(data: DataOption = DATA) -> None:
    """Connect to Discord, and answer."""
    import asyncio
    import gc

    from bot.app.client import ReviewBot
    from bot.app.runner import Exit, StoppedError, running_alone, serve
    from bot.app.sync import warn_of_unknown_commands
    from bot.observability.logs import log_to_stderr
    from bot.observability.metrics import Metrics
    from bot.services.engine import Engine
    from bot.storage.database import Store
    from embeddings import IndexDamagedError, IndexMissingError, IndexVersionError

    settings = _settings(data)
    log_to_stderr(settings.log_level, (settings.token,), settings.log_format)
    metrics = Metrics()

    try:
        engine = Engine.open(data, queue=settings.queue, reranker=settings.reranker)
    except (IndexMissingError, IndexVersionError, IndexDamagedError) as error:
        notice(_naming(data, str(error)))
        raise typer.Exit(Exit.NO_INDEX) from None
    # What has been loaded by now stays for good. To look through it for garbage would hold up the event loop by 50 to
    # 100 ms each time.
    gc.collect()
    gc.freeze()

    async def served(store: Store) -> None:
        try:
            await warn_of_unknown_commands(settings.token, store)
            await serve(lambda: ReviewBot(engine, store, settings, metrics), engine, settings, metrics)
        finally:
            await engine.close()

    try:
        with running_alone(settings.data), Store(settings.store) as store:
            asyncio.run(served(store))
    except StoppedError as error:
        notice(str(error))
        raise typer.Exit(error.code) from None


def sync(
    guild: Annotated[
        int | None,
        typer.Option(
            "--guild", metavar="SERVER", parser=a_server, help="Only for the server of this id, for development."
        ),
    ] = None,
    remove: Annotated[
        bool, typer.Option("--remove", help="Take the commands of that server out again; those for all servers stay.")
    ] = False,
    force: Annotated[
        bool, typer.Option("--force", help="Also where they have not changed: Discord may have lost them.")
    ] = False,
    data: DataOption = DATA,
) -> None:
    """Tell Discord which commands there are, where they have changed."""
    import asyncio

    from bot.app.runner import StoppedError
    from bot.app.sync import remove as take_out
    from bot.app.sync import synchronise
    from bot.observability.logs import log_to_stderr
    from bot.storage.database import Store
    from bot.storage.records import EVERYWHERE

    if remove and guild is None:
        raise typer.BadParameter("only the commands of a single server can be removed; add --guild SERVER")
    settings = _settings(data)
    log_to_stderr(settings.log_level, (settings.token,), settings.log_format)
    try:
        with Store(settings.store) as store:
            if remove and guild is not None:
                asyncio.run(take_out(settings.token, store, server=guild))
                say("The commands of that server are removed; those for all servers stay.")
                return
            sent = asyncio.run(synchronise(settings.token, store, server=guild, force=force))
            twice = guild is not None and store.synced_digest(EVERYWHERE) is not None
    except StoppedError as error:
        notice(str(error))
        raise typer.Exit(error.code) from None
    say("The commands are up to date." if sent else "The commands have not changed; nothing was sent (--force sends).")
    if twice:
        notice(
            "All servers have the commands as well, so this one shows each twice; "
            f"`review-bot sync --guild {guild} --remove` takes the second ones out."
        )


def invite(data: DataOption = DATA) -> None:
    """Print the link that adds the bot to a server."""
    from bot.app.invite import invite_link

    say(invite_link(_settings(data).token))


def _naming(data: Path, advice: str) -> str:
    """The engine's advice with the data directory, which it doesn't know how to name to a command."""
    if data == DATA:
        return advice
    return advice.replace("`review-bot index", f"`review-bot index --data {shlex.quote(str(data))}")


def _settings(data: Path) -> Settings:
    from bot.app.invite import application_id
    from bot.app.runner import Exit
    from bot.settings import Settings
    from bot.token import SettingsError

    try:
        settings = Settings.from_environment(os.environ, data)
        application_id(settings.token)
        return settings
    except SettingsError as error:
        notice(str(error))
        raise typer.Exit(Exit.SETTINGS) from None
