"""`review-bot init`: copy reviews, store the token, build the index, print the invite link, sync the commands."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import Annotated

import typer

from bot.cli.options import DATA, DataOption
from bot.cli.output.console import notice, say
from bot.cli.output.wording import data_option, for_folder
from bot.cli.prompts import Prompter
from bot.config import FIRST_BUILD_WAIT, SETUP_TRIES
from bot.data_folder import example_review
from bot.token import TOKEN
from embeddings import REVIEWS, LibraryError, review_files, write_output, written_by_us

EXAMPLE = "example"
"""The answer that asks for the example review in place of a folder."""


class SetupError(LibraryError):
    """A review or the token can't be written. The message says why."""


def init(
    reviews: Annotated[
        Path | None,
        typer.Option(
            "--reviews",
            metavar="FOLDER",
            help="Copy the reviews of this folder, archive or table, as `add` does.",
            show_default=False,
        ),
    ] = None,
    example: Annotated[
        bool, typer.Option("--example", help="Copy the example review, of Never Let Me Go (2010).")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Ask nothing, and keep existing files.")] = False,
    sync: Annotated[bool, typer.Option(help="Register the bot's commands with Discord.")] = True,
    data: DataOption = DATA,
) -> None:
    """Set up everything, step by step. Existing files are kept, so you can run it again."""
    try:
        _set_up(data, reviews, Prompter(defaults=yes), example=example, sync=sync)
    except KeyboardInterrupt:
        notice(for_folder("Stopped. Run `review-bot init` again to continue.", data))
        raise


def _set_up(data: Path, reviews: Path | None, prompter: Prompter, *, example: bool, sync: bool) -> None:
    if example:
        _copy_example(data)
    _set_up_reviews(data, reviews, prompter)
    token = _set_up_token(data, prompter, ask_discord=sync)
    indexed = _set_up_index(data)
    ready = token is not None and _set_up_discord(data, token, prompter, sync=sync)
    option = data_option(data)
    if not indexed:
        say(f"Add a review: review-bot add{option} PATH. Then run `review-bot init{option}` again.")
    elif ready:
        say(f"Start the bot: review-bot run{option}")
    else:
        say(f"Without Discord: review-bot ask{option} QUESTION. With Discord: run `review-bot init{option}` again.")


def _set_up_reviews(data: Path, given: Path | None, prompter: Prompter) -> None:
    if given is not None:
        _bring_in(given, data, prompter)
    elif not review_files(data / REVIEWS):
        for tries_left in reversed(range(SETUP_TRIES)):
            named = prompter.text(
                f"There are no reviews in {(data / REVIEWS).absolute()} yet. Folder or file to copy them from, or "
                f"{EXAMPLE} for a review of Never Let Me Go (2010) (Enter to skip):"
            )
            if not named:
                break
            if named == EXAMPLE and not Path(EXAMPLE).exists():
                _copy_example(data)
                break
            try:
                _bring_in(Path(named).expanduser(), data, prompter)
                break
            except LibraryError as error:
                if not tries_left:
                    raise
                notice(for_folder(str(error), data))
    say(f"Reviews: {len(review_files(data / REVIEWS)) or 'none yet'} in {(data / REVIEWS).absolute()}.")


def _bring_in(place: Path, data: Path, prompter: Prompter) -> None:
    from bot.cli.additions import Choices, bring_in, summary

    # Who adds nothing may still go on.
    with suppress(typer.Exit):
        if written := bring_in([place], data, Choices(yes=prompter.defaults, by_default=True)):
            say(summary(written))


def _copy_example(data: Path) -> None:
    """Copy the example review, unless the data folder has a review of this name."""
    source = example_review()
    target = data / REVIEWS / source.name
    if target.exists():
        return
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        write_output(target, source.read_bytes(), written_by_us, mode=0o644)
    except OSError as error:
        raise SetupError(f"{error.filename}: {error.strerror}. The example review was not copied.") from error
    say(f"Copied the example review, {source.name}.")


def _set_up_token(data: Path, prompter: Prompter, *, ask_discord: bool) -> str | None:
    import asyncio

    from bot.cli.doctor.check import CheckError
    from bot.cli.doctor.discord import logged_in
    from bot.token import PORTAL, SettingsError, check_token, find_token

    known = None
    try:
        known = find_token(os.environ, data)
    except SettingsError as error:
        if (data / TOKEN).exists():
            notice(for_folder(str(error), data))
    else:
        in_data_folder = known.file == data / TOKEN
        if not in_data_folder or not prompter.agrees(f"There is a token in {known.file}. Replace it?", default=False):
            if in_data_folder:
                # Writing it again makes it unreadable for other users.
                save_token(known.value, data)
            say(f"Token: in {known.setting if known.file is None else known.file}.")
            return known.value
    for tries_left in reversed(range(SETUP_TRIES)):
        token = prompter.secret(f"The bot's token, from the Bot page at {PORTAL} (it is not shown; Enter to skip):")
        if not token:
            break
        try:
            check_token(token, "what you typed")
            if known is not None and ask_discord:
                # A token that works is replaced only by another that works.
                asyncio.run(logged_in(token))
        except (SettingsError, CheckError) as error:
            if not tries_left and known is None:
                raise
            notice(str(error))
        else:
            say(f"Token: in {save_token(token, data)}, which only you can read.")
            return token
    if known is not None:
        say(f"Token: the old one stays, in {known.file}.")
        return known.value
    say("Token: none yet.")
    return None


def _set_up_index(data: Path) -> bool:
    from bot.cli.library import build_with_progress

    if not review_files(data / REVIEWS):
        say("Index: none yet, because there are no reviews.")
        return False
    build_with_progress(data, wait=FIRST_BUILD_WAIT)
    say("Index: up to date.")
    return True


def _set_up_discord(data: Path, token: str, prompter: Prompter, *, sync: bool) -> bool:
    from bot.app.invite import invite_link

    say(f"Invite the bot to a server: {invite_link(token)}")
    if not sync or not prompter.agrees("Register the commands with Discord now?", default=True):
        say(for_folder("Commands: not registered. To register them, run `review-bot sync`.", data))
        return True
    import asyncio

    from bot.app.runner import StoppedError
    from bot.app.sync import synchronise
    from bot.storage.database import DATABASE, Database

    try:
        with Database(data / DATABASE) as store:
            asyncio.run(synchronise(token, store))
    except StoppedError as error:
        notice(for_folder(f"{error} Everything else is done. Run `review-bot init` again to continue.", data))
        raise typer.Exit(1) from None
    say("Commands: up to date.")
    return True


def save_token(token: str, data: Path) -> Path:
    """Store a token in the data folder, where `find_token` looks, and return the file.

    Raises:
        SetupError: it can't be written. An older token stays.
    """
    file = data / TOKEN
    try:
        data.mkdir(parents=True, exist_ok=True)
        write_output(file, f"{token}\n", written_by_us, mode=0o600)
    except OSError as error:
        raise SetupError(f"{file}: {error.strerror}. The token was not saved.") from error
    return file
