"""What `add` and `init` show of the reviews that files would become: one whole, or a table of many."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

from bot.cli.output.console import in_terminal, notice, say, visible
from bot.cli.output.wording import counted
from bot.config import MAX_NAMED, MAX_PREVIEWED, PREVIEW_CHARACTERS, PREVIEW_COLUMNS

if TYPE_CHECKING:
    from embeddings import Addition, LeftOutFile, Review


def print_one(addition: Addition) -> None:
    """Print a single review: its name, its first words, its sections, and what to check."""
    candidate, review = addition.candidate, addition.candidate.review
    say(f"{review.title} ({review.slug}): {_size(review)}")
    opening = " ".join(review.text[:PREVIEW_CHARACTERS].split())
    say(f"  {opening}{'…' if len(review.text) > PREVIEW_CHARACTERS else ''}")
    for number, section in enumerate(review.sections, 1):
        say(f"  {number}. {section.heading}{' (spoiler)' if section.spoiler else ''}")
    for note in candidate.notes:
        notice(f"{f'Line {note.line}: ' if note.line is not None else ''}{note.reason}")
    if candidate.converted:
        notice("Converted from another format. Check that nothing is missing.")
    if not review.has_headings:
        notice("There are no headings, so the review is a single section.")
    if addition.present is not None:
        notice(f"This replaces {addition.present.file}.")


def print_table(additions: Sequence[Addition], *, listed: bool = False) -> None:
    """Print the reviews that are not stored yet as a table: the first of them, or all if they are to be `listed`."""
    # Imported here because a single review needs no table.
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from embeddings import Step

    shown = [each for each in additions if each.step is not Step.KEEP]
    if not shown:
        return
    first = shown if listed or len(shown) <= MAX_PREVIEWED + 1 else shown[:MAX_PREVIEWED]
    rows = [(*_cells(each), ", ".join(_remarks(each))) for each in first]
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for heading in ("title", "about", "name"):
        table.add_column(heading, no_wrap=True, overflow="ellipsis", ratio=1)
    for heading in ("sections", "words"):
        table.add_column(heading, justify="right", no_wrap=True)
    if any(row[-1] for row in rows):
        table.add_column("", no_wrap=True, overflow="ellipsis", ratio=1)
    for row in rows:
        table.add_row(*(Text(visible(cell)) for cell in row[: len(table.columns)]))
    console = Console(highlight=False, width=None if in_terminal() else PREVIEW_COLUMNS)
    with console.capture() as printed:
        console.print(table)
    for line in printed.get().splitlines():
        sys.stdout.write(f"{line.rstrip()}\n")
    if len(first) < len(shown):
        say(f"… and {counted(len(shown) - len(first), 'more review')}. `review-bot add --list` shows all.")
    if mended := Counter(note.kind for each in shown for note in each.candidate.notes):
        say(f"Mended: {', '.join(f'{kind}: {count:,}' for kind, count in mended.most_common())}.")


def print_left_out(left_out: Sequence[LeftOutFile], *, listed: bool = False) -> None:
    """Print what becomes no review: the kinds with a few names each, or everything if it is to be `listed`."""
    kinds = Counter(each.kind for each in left_out)
    say(f"Left out {counted(len(left_out), 'file')}:")
    for kind, count in sorted(kinds.items(), key=lambda each: (-each[1], each[0])):
        own = [each for each in left_out if each.kind == kind]
        if listed:
            for each in own:
                line = f", line {each.line}" if each.line is not None else ""
                say(f"  {kind}: {each.file}{line}: {each.reason}")
            continue
        names = ", ".join(list(dict.fromkeys(each.file for each in own))[:MAX_NAMED])
        more = f" and {count - MAX_NAMED:,} more" if count > MAX_NAMED else ""
        reason = f": {own[0].reason}" if count == 1 else ""
        say(f"  {kind}: {names}{more}{reason}")


def _cells(addition: Addition) -> tuple[str, ...]:
    review = addition.candidate.review
    words = f"{len(review.text.split()):,}"
    return review.title, _about(review), review.slug, str(len(review.sections)), words


def _remarks(addition: Addition) -> list[str]:
    from embeddings import Step

    replaces = ["replaces"] if addition.step is Step.REPLACE else []
    return replaces + sorted({note.kind for note in addition.candidate.notes})


def _size(review: Review) -> str:
    return f"{counted(len(review.sections), 'section')}, {counted(len(review.text.split()), 'word')}"


def _about(review: Review) -> str:
    """Return the work and its year as far as the title doesn't have them, and the reviewer."""
    known = [part for part in (review.work, str(review.year or "")) if part and part not in review.title]
    return ", ".join([*known, *([f"by {review.author}"] if review.author else [])])
