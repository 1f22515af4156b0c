"""`review-bot sync` and `review-bot invite`."""

from __future__ import annotations

from typing import Annotated

import typer

from bot.cli.commands.run import load_settings
from bot.cli.options import DATA, DataOption, parse_server_id
from bot.cli.output.console import notice, say
from bot.cli.output.wording import for_folder


def sync(
    guild: Annotated[
        int | None,
        typer.Option(
            "--guild",
            metavar="SERVER",
            parser=parse_server_id,
            help="Only for the server with this ID, for development.",
        ),
    ] = None,
    remove: Annotated[
        bool,
        typer.Option("--remove", help="Remove that server's own commands. The commands for all servers stay."),
    ] = False,
    force: Annotated[
        bool, typer.Option("--force", help="Register the commands even if they have not changed.")
    ] = False,
    data: DataOption = DATA,
) -> None:
    """Register the bot's commands with Discord if they have changed."""
    if remove and guild is None:
        raise typer.BadParameter("Only the commands of a single server can be removed. Add --guild SERVER.")
    import asyncio

    from bot.app.runner import StoppedError
    from bot.app.sync import remove as remove_commands
    from bot.app.sync import synchronise
    from bot.observability.logs import log_to_stderr
    from bot.storage.database import DATABASE, Database
    from bot.storage.synced_commands import EVERYWHERE, synced_digests

    settings = load_settings(data)
    log_to_stderr(settings.log_level, (settings.token,), settings.log_format)
    try:
        with Database(settings.data / DATABASE) as store:
            if remove and guild is not None:
                asyncio.run(remove_commands(settings.token, store, server=guild))
                say("The commands of that server have been removed. The commands for all servers stay.")
                return
            sent = asyncio.run(synchronise(settings.token, store, server=guild, force=force))
            twice = guild is not None and EVERYWHERE in synced_digests(store)
    except StoppedError as error:
        notice(for_folder(str(error), data))
        raise typer.Exit(error.code) from None
    if sent:
        say("The commands are up to date.")
    else:
        say("The commands have not changed, so nothing was sent. Use --force to send them anyway.")
    if twice:
        advice = for_folder(f"To remove the second ones, run `review-bot sync --guild {guild} --remove`.", data)
        notice(f"All servers have the commands, so this server shows each twice. {advice}")


def invite(data: DataOption = DATA) -> None:
    """Print the link that adds the bot to a server."""
    from bot.app.invite import invite_link

    say(invite_link(load_settings(data).token))
