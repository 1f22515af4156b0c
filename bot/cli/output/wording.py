"""Sentences and citations that people read, the same in a terminal and in a pipe."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
from collections.abc import Callable, Mapping, Sequence
from itertools import islice
from pathlib import Path
from textwrap import shorten
from typing import TYPE_CHECKING

from bot.cli.options import DATA
from bot.config import FACT_CHARACTERS, LISTED_LINES, MAX_FACTS
from embeddings import LibraryError, ReviewFilesError

if TYPE_CHECKING:
    from embeddings import Answer, Fact, ListedReview, Listing, Quote, Review, Section

QUOTED = ", quoted by the reviewer"
"""What follows the citation of somebody else's words."""

_ADVISED = re.compile(r"`review-bot (?![^`]*--data)[^`]+(?=`)")
"""A command that a message advises, without a data folder."""


def data_option(data: Path) -> str:
    """Return the `--data` option for a command that acts on a folder: nothing for the default one."""
    return "" if data == DATA else f" --data {command_line([str(data)])}"


def command_line(words: Sequence[str], *, windows: bool = os.name == "nt") -> str:
    """Return words as they are typed in the system's shell, in quotes where they need some."""
    return subprocess.list2cmdline(words) if windows else shlex.join(words)


def for_folder(message: str, data: Path) -> str:
    """Return the message with the `--data` option of a folder in every command that it advises."""
    return _ADVISED.sub(lambda command: command[0] + data_option(data), message)


def preface(answer: Answer, data: Path) -> tuple[str, ...]:
    """Return the lines before the quotes: none if the quotes answer the question."""
    from embeddings import State

    if answer.absent is not None:
        nearest = ", ".join(f"{choice.title} ({choice.review})" for choice in answer.absent.nearest)
        return (
            f"There is no review of {answer.absent.name}.{f' Nearest: {nearest}.' if nearest else ''}",
            for_folder("List the reviews: `review-bot reviews`.", data),
        )
    if answer.choices:
        lines = (f"  {number}. {choice.title} ({choice.review})" for number, choice in enumerate(answer.choices, 1))
        return ("Which review do you mean?", *lines, "The closest passage of each is:")
    if answer.state is State.ANSWERED:
        return ()
    if answer.state is State.NEAREST:
        several = len({quote.review for quote in answer.quotes}) > 1
        return (f"The {'reviews' if several else 'review'} may not say. The closest passages are:",)
    return ("The reviews don't say.", for_folder("Try other words, or list the reviews: `review-bot reviews`.", data))


def citation(title: str, heading: str, paragraph: int) -> str:
    """Return where a quote is."""
    return f"{title}, {heading}, ¶{paragraph}"


def quoted(quote: Quote, review_of: Callable[[str], Review]) -> str:
    """Return what follows a citation: a warning if the reviewer quotes somebody else, else nothing."""
    return QUOTED if review_of(quote.review).is_quoted(quote.start, quote.end) else ""


def counted(count: int, noun: str) -> str:
    """Return a number of things: `1 section`, `8 sections`."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def heading_of(section: Section) -> str:
    """Return a section's heading, with a warning if it contains spoilers."""
    return f"{section.heading} (spoilers)" if section.spoiler else section.heading


def about(review: Review) -> str:
    """Return the year and the reviewer in brackets after a space, as far as they are known."""
    known = [str(part) for part in (review.year, review.author and f"by {review.author}") if part]
    return f" ({', '.join(known)})" if known else ""


def facts_of(review: Review) -> str:
    """Return the facts of a review that `about` doesn't give, after a semicolon each: who made the work, the rating."""
    shown = {name: fact for name, fact in review.facts.items() if name not in ("work", "year", "link")}
    return _listed_facts(shown)


def _listed_facts(shown: Mapping[str, Fact]) -> str:
    texts = (
        f"{name.replace('_', ' ')}: {', '.join(fact) if isinstance(fact, tuple) else getattr(fact, 'text', fact)}"
        for name, fact in islice(shown.items(), MAX_FACTS)
    )
    return "".join(f"; {shorten(text, FACT_CHARACTERS, placeholder='…')}" for text in texts)


def about_entry(entry: ListedReview) -> str:
    """Return what an answer about the collection shows of a review: its year, its reviewer and its other facts."""
    facts = entry.facts
    known = [str(part) for part in (facts.get("year"), facts.get("reviewer") and f"by {facts['reviewer']}") if part]
    others = {name: fact for name, fact in facts.items() if name not in ("year", "reviewer")}
    return (f" ({', '.join(known)})" if known else "") + _listed_facts(others)


def listing_end(listing: Listing, data: Path) -> tuple[str, ...]:
    """Return the lines after a list of reviews: how many more there are, and the names that were asked for."""
    more = listing.total - min(LISTED_LINES, len(listing.entries))
    names = tuple(f"{name}: {counted(count, 'review')}" for name, count in listing.names)
    return (*names, for_folder(f"And {more} more. `review-bot reviews` lists every one.", data)) if more > 0 else names


def messages_of(error: LibraryError) -> tuple[str, ...]:
    """Return an error's messages: one for each file at fault."""
    return tuple(map(str, error.errors)) if isinstance(error, ReviewFilesError) else (str(error),)
