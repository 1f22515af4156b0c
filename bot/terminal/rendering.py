"""Answers and reviews for a terminal, by rich: quotes marked in their passages.

Review text is only ever put into `Text`, which takes no markup, and only after `visible`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from bot.checks.checking import Check
from bot.terminal.excerpts import Excerpt, excerpts_of_answer, excerpts_of_hits
from bot.terminal.output import visible
from bot.terminal.wording import about, citation, counted, heading_of, preface
from embeddings.records import Answer, Hit, Review, Section

# Bold and dim are not colours: they tell the quote from what is around it under NO_COLOR too.
QUOTE = "bold"
AROUND = "dim"
PLACE = "cyan"
LABEL = "bold cyan"
WARNING = "yellow"
FINE = "green"
FAILED = "bold red"


def show(content: RenderableType) -> None:
    """Print on stdout, which is a terminal, wrapped to its width."""
    Console(force_terminal=True, highlight=False, emoji=False, markup=False).print(content)


def rendered_answer(answer: Answer, review_of: Callable[[str], Review], data: Path) -> RenderableType:
    """What the answer's state has to say, and the quotes marked in their passages."""
    said = [Text(line, style=WARNING if number == 0 else "") for number, line in enumerate(preface(answer, data))]
    excerpts = excerpts_of_answer(answer, review_of)
    if not excerpts:
        return Group(*said)
    return Group(*said, *([Text()] if said else []), _excerpts(excerpts))


def rendered_hits(hits: Sequence[Hit], review_of: Callable[[str], Review]) -> RenderableType:
    """The passages, the best sentence of each marked."""
    return _excerpts(excerpts_of_hits(hits, review_of))


def rendered_reviews(reviews: Sequence[Review]) -> RenderableType:
    """The reviews, one to a line where there is room."""
    return Group(
        *(
            Text.assemble(
                _text(review.title, "bold"),
                _text(f"{about(review)}, {counted(len(review.sections), 'section')}  "),
                _text(review.slug, PLACE),
            )
            for review in reviews
        )
    )


def rendered_sections(review: Review) -> RenderableType:
    """A table of a review's sections."""
    table = Table.grid(padding=(0, 1))
    table.add_column(justify="right", no_wrap=True)
    for number, section in enumerate(review.sections, start=1):
        size = counted(len(section.paragraphs), "paragraph")
        table.add_row(_text(str(number), LABEL), _text(heading_of(section), "bold"), _text(size, AROUND))
    return Group(_text(review.title, PLACE), Text(), table)


def rendered_section(review: Review, section: Section) -> RenderableType:
    """A section's text, its paragraphs numbered at the side."""
    table = Table.grid(padding=(0, 1))
    table.add_column(no_wrap=True)
    table.add_column()
    for paragraph in section.paragraphs:
        table.add_row(_text(f"¶{paragraph.number}", LABEL), _text(review.text[paragraph.start : paragraph.end]))
        if paragraph is not section.paragraphs[-1]:
            table.add_row()
    return Group(Text.assemble(_text(review.title, PLACE), " · ", _text(heading_of(section), "bold")), Text(), table)


def rendered_checks(checks: Sequence[Check]) -> RenderableType:
    """A line for each check: whether it is well, its name, what was found or is to be done."""
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True)
    table.add_column()
    for check in checks:
        mark, style = ("✓", FINE) if check.ok else ("✗", FAILED)
        table.add_row(Text(mark, style), _text(check.name, "bold"), _text(check.said, "" if check.ok else style))
    return table


def _excerpts(excerpts: Sequence[Excerpt]) -> RenderableType:
    table = Table.grid(padding=(0, 1))
    table.add_column(no_wrap=True)
    table.add_column()
    for number, excerpt in enumerate(excerpts):
        if number:
            table.add_row()
        table.add_row(_text(",".join(map(str, excerpt.labels)), LABEL), _marked(excerpt))
        place = citation(excerpt.title, excerpt.heading, excerpt.paragraph)
        table.add_row("", _text(f"— {place}", PLACE))
    return table


def _marked(excerpt: Excerpt) -> Text:
    text = Text("… " if excerpt.cut_before else "", AROUND)
    end = 0
    for first, last in excerpt.marks:
        text.append(visible(excerpt.text[end:first]), AROUND)
        text.append(visible(excerpt.text[first:last]), f"not dim {QUOTE}")
        end = last
    text.append(visible(excerpt.text[end:]), AROUND)
    text.append(" …" if excerpt.cut_after else "", AROUND)
    return text


def _text(content: str, style: str = "") -> Text:
    return Text(visible(content), style)
