"""`review-bot init`: reviews, token, index, invite link and commands, one after the other."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from bot.cli.options import DATA, DataOption
from bot.cli.output.console import notice, say
from bot.cli.output.wording import counted, data_option, for_folder
from bot.cli.prompts import Prompter
from bot.token import TOKEN
from embeddings import REVIEWS, SUFFIXES, LibraryError, review_files, slugify

NAMED = 3
"""How many files that were left out are named in a line."""


class SetupError(LibraryError):
    """Something can't be put in its place: the message says what, and why."""


class FolderError(SetupError):
    """There are no reviews to copy where they were said to be: name another folder."""


@dataclass(frozen=True, slots=True)
class Copied:
    """What came of copying a folder's reviews.

    Attributes:
        written: the files that were written.
        left_out: why others were not, a line for each reason.
    """

    written: tuple[Path, ...]
    left_out: tuple[str, ...]


def copy_reviews(folder: Path, data: Path, replace: Callable[[Path], bool]) -> Copied:
    """Copy the reviews of a folder among the shared ones; those that are there already stay as they are.

    Args:
        folder: where they are.
        data: the data directory.
        replace: asked for each file of another content that would be replaced.

    Raises:
        FolderError: it is no folder, or has no reviews; nothing was written.
        SetupError: the folder can't be read, or the data directory can't be written.
    """
    found = _reviews_in(folder)
    written, left_out = [], []
    try:
        (data / REVIEWS).mkdir(parents=True, exist_ok=True)
        for path in found:
            target = data / REVIEWS / path.name
            # Two files of one slug could not be indexed, whatever is in them.
            slug = slugify(path.stem)
            taken = [each for each in review_files(data / REVIEWS) if slugify(each.stem) == slug and each != target]
            if taken:
                left_out.append(f"{path}: left out, since {taken[0]} has the same short name, '{slug}'")
                continue
            content = path.read_bytes()
            if target.exists() and (target.read_bytes() == content or not replace(target)):
                continue
            _write(target, content, mode=0o644)
            written.append(target)
    except OSError as error:
        raise SetupError(f"{error.filename}: {error.strerror}; this review was not copied") from error
    others = _other_files(folder)
    if others:
        named = ", ".join(others[:NAMED]) + (f" and {len(others) - NAMED} more" if len(others) > NAMED else "")
        left_out.append(
            f"{folder}: left out what is neither .md nor .txt ({named}); `review-bot add FILE` takes .html and .epub"
        )
    return Copied(tuple(written), tuple(left_out))


def _reviews_in(folder: Path) -> tuple[Path, ...]:
    if not folder.exists():
        raise FolderError(f"{folder}: no such folder")
    if not folder.is_dir():
        raise FolderError(f"{folder}: this is a file; name its folder, or use `review-bot add FILE`")
    found = review_files(folder)
    if not found:
        others = _other_files(folder)
        hint = "; `review-bot add FILE` takes .html and .epub" if others else ""
        raise FolderError(f"{folder}: there are no .md or .txt files in this folder{hint}")
    return found


def _other_files(folder: Path) -> list[str]:
    names = (path.name for path in folder.iterdir() if path.is_file() and path.suffix.lower() not in SUFFIXES)
    return sorted(name for name in names if not name.startswith("."))


def save_token(token: str, data: Path) -> Path:
    """Put a token into the data directory, where `find_token` looks; return the file.

    Raises:
        SetupError: it can't be written; an older token stays.
    """
    file = data / TOKEN
    try:
        data.mkdir(parents=True, exist_ok=True)
        _write(file, f"{token}\n".encode(), mode=0o600)
    except OSError as error:
        raise SetupError(f"{file}: {error.strerror}; the token was not saved") from error
    return file


def _write(file: Path, content: bytes, *, mode: int) -> None:
    beside = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        # The mode is given when the file is made: at no moment can anybody else read it.
        opened = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
        with os.fdopen(opened, "wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        beside.replace(file)
    except OSError:
        beside.unlink(missing_ok=True)
        raise


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
    from embeddings import REVIEWS, review_files

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

    from bot.cli.doctor.check import CheckError
    from bot.cli.doctor.discord import logged_in
    from bot.token import PORTAL, TOKEN, SettingsError, check_token, find_token

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
    from bot.cli.library import FIRST_BUILD_WAIT, build_with_progress
    from embeddings import REVIEWS, review_files

    if not review_files(data / REVIEWS):
        say("Index: none yet; it wants a review.")
        return False
    build_with_progress(data, wait=FIRST_BUILD_WAIT)
    say("Index: up to date.")
    return True


def _discord(data: Path, token: str, prompter: Prompter, *, sync: bool) -> bool:
    from bot.app.invite import invite_link

    say(f"Invite the bot to a server: {invite_link(token)}")
    if not sync or not prompter.agrees("Tell Discord the commands now?", default=True):
        say(for_folder("Commands: not told; `review-bot sync` does it.", data))
        return True
    import asyncio

    from bot.app.runner import StoppedError
    from bot.app.sync import synchronise
    from bot.settings import Settings
    from bot.storage.database import Store

    try:
        with Store(Settings(token=token, data=data).store) as store:
            asyncio.run(synchronise(token, store))
    except StoppedError as error:
        notice(for_folder(f"{error}; everything else is done, and `review-bot init` goes on from here", data))
        raise typer.Exit(1) from None
    say("Commands: up to date.")
    return True
