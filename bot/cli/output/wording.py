"""The sentences and citations that people read, alike in a terminal and in a pipe."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import TYPE_CHECKING

from bot.cli.options import DATA
from embeddings import LibraryError, ReviewFilesError

if TYPE_CHECKING:
    from embeddings import Answer, Review, Section

_ADVISED = re.compile(r"`review-bot (?![^`]*--data)[^`]+(?=`)")
"""A command that a message says to run, in the folder that it takes by itself."""


def data_option(data: Path) -> str:
    """What follows a command that is to act on that folder: nothing for the one that it takes by itself."""
    return "" if data == DATA else f" --data {shlex.quote(str(data))}"


def for_folder(message: str, data: Path) -> str:
    """The message, with every command that it says to run acting on that folder."""
    return _ADVISED.sub(lambda command: command[0] + data_option(data), message)


def preface(answer: Answer, data: Path) -> tuple[str, ...]:
    """What is said before the quotes: nothing where they answer the question."""
    from embeddings import State

    if answer.state is State.ANSWERED:
        return ()
    if answer.state is State.NEAREST:
        several = len({quote.review for quote in answer.quotes}) > 1
        return (f"The {'reviews' if several else 'review'} may not say. The closest passages are:",)
    hint = for_folder("Try other words, or see which there are: `review-bot reviews`.", data)
    return ("The reviews don't say.", hint)


def citation(title: str, heading: str, paragraph: int) -> str:
    """Where a quote stands."""
    return f"{title}, {heading}, ¶{paragraph}"


def counted(count: int, noun: str) -> str:
    """A number of things: `1 section`, `8 sections`."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def heading_of(section: Section) -> str:
    """A section's heading, with a warning where it gives the story away."""
    return f"{section.heading} (spoilers)" if section.spoiler else section.heading


def about(review: Review) -> str:
    """The year and the reviewer, in brackets after a space, as far as they are known."""
    known = [str(part) for part in (review.year, review.author and f"by {review.author}") if part]
    return f" ({', '.join(known)})" if known else ""


def messages_of(error: LibraryError) -> tuple[str, ...]:
    """What went wrong, a line for each thing: every file has its own."""
    return tuple(map(str, error.errors)) if isinstance(error, ReviewFilesError) else (str(error),)
