"""`review-bot init`: reviews, token, index, invite link and commands, one after the other."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bot.terminal.options import DATA, DataOption
from bot.terminal.output import notice, say
from bot.terminal.prompting import Prompter
from bot.terminal.wording import counted, data_option, for_folder

if TYPE_CHECKING:
    from bot.setting_up import Copied

TRIES = 3
"""How often a person may mistype the folder, or the token."""


def init(
    reviews: Annotated[
        Path | None,
        typer.Option("--reviews", metavar="FOLDER", help="Copy the reviews of this folder.", show_default=False),
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Ask nothing, and keep what is there.")] = False,
    sync: Annotated[bool, typer.Option(help="Tell Discord the commands.")] = True,
    data: DataOption = DATA,
) -> None:
    """Set everything up, step by step; run again, it keeps what is there."""
    try:
        _set_up(data, reviews, Prompter(defaults=yes), sync=sync)
    except KeyboardInterrupt:
        notice("Stopped; run it again, and it goes on from here.")
        raise


def _set_up(data: Path, reviews: Path | None, prompter: Prompter, *, sync: bool) -> None:
    _reviews(data, reviews, prompter)
    token = _token(data, prompter, ask_discord=sync)
    indexed = _index(data)
    ready = token is not None and _discord(data, token, prompter, sync=sync)
    option = data_option(data)
    if not indexed:
        say(f"Add a review: review-bot add{option} FILE. Then run `review-bot init{option}` again.")
    elif ready:
        say(f"Start the bot: review-bot run{option}")
    else:
        say(f"Without Discord: review-bot ask{option} QUESTION. With it: run `review-bot init{option}` again.")


def _reviews(data: Path, folder: Path | None, prompter: Prompter) -> None:
    from bot.setting_up import FolderError, copy_reviews
    from embeddings.folders import REVIEWS, review_files

    def replace(file: Path) -> bool:
        return prompter.agrees(f"{file} is another review. Replace it?", default=False)

    if folder is not None:
        _tell(copy_reviews(folder, data, replace), data)
    elif not review_files(data / REVIEWS):
        for tries_left in reversed(range(TRIES)):
            named = prompter.text(f"No reviews in {data / REVIEWS} yet. Folder to copy them from, or Enter for later:")
            if not named:
                break
            try:
                _tell(copy_reviews(Path(named).expanduser(), data, replace), data)
                break
            except FolderError as error:
                if not tries_left:
                    raise
                notice(for_folder(str(error), data))
    there = len(review_files(data / REVIEWS))
    say(f"Reviews: {there or 'none yet'} in {data / REVIEWS}.")


def _tell(copied: Copied, data: Path) -> None:
    say(f"Copied {counted(len(copied.written), 'review')}.")
    for line in copied.left_out:
        notice(for_folder(line, data))


def _token(data: Path, prompter: Prompter, *, ask_discord: bool) -> str | None:
    import asyncio

    from bot.checks.checking import CheckError
    from bot.checks.connection import logged_in
    from bot.setting_up import save_token
    from bot.settings import PORTAL, TOKEN, SettingsError, check_token, find_token

    known = None
    try:
        known = find_token(os.environ, data)
    except SettingsError as error:
        if (data / TOKEN).exists():
            notice(for_folder(str(error), data))
    else:
        own = known.file == data / TOKEN
        if not own or not prompter.agrees(f"There is a token in {known.file}. Replace it?", default=False):
            place = known.file if known.file is not None else known.setting
            if own:
                # Written anew, so that nobody else can read it from now on.
                save_token(known.value, data)
            say(f"Token: in {place}.")
            return known.value
    for tries_left in reversed(range(TRIES)):
        token = prompter.secret(f"The bot's token ({PORTAL}, page Bot; it isn't shown), or Enter for later:")
        if not token:
            break
        try:
            check_token(token, "what you typed")
            if known is not None and ask_discord:
                # One that works is given up only for another that does.
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


def _index(data: Path) -> bool:
    from bot.terminal.opening import FIRST_BUILD_WAIT, build_with_progress
    from embeddings.folders import REVIEWS, review_files

    if not review_files(data / REVIEWS):
        say("Index: none yet; it wants a review.")
        return False
    build_with_progress(data, wait=FIRST_BUILD_WAIT)
    say("Index: up to date.")
    return True


def _discord(data: Path, token: str, prompter: Prompter, *, sync: bool) -> bool:
    from bot.inviting import invite_link

    say(f"Invite the bot to a server: {invite_link(token)}")
    if not sync or not prompter.agrees("Tell Discord the commands now?", default=True):
        say(for_folder("Commands: not told; `review-bot sync` does it.", data))
        return True
    import asyncio

    from bot.serving import StoppedError
    from bot.settings import Settings
    from bot.store import Store
    from bot.syncing import synchronise

    try:
        with Store(Settings(token, data).store) as store:
            asyncio.run(synchronise(token, store))
    except StoppedError as error:
        notice(for_folder(f"{error}; everything else is done, and `review-bot init` goes on from here", data))
        raise typer.Exit(1) from None
    say("Commands: up to date.")
    return True
