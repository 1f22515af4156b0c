"""`review-bot reviews`, `sections` and `section`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli.completion import complete_review, complete_review_or_section, complete_section
from bot.cli.options import DATA, DataOption, JsonOption, NoUpdateOption
from bot.cli.output.console import print_json
from bot.cli.output.json import reviews_as_json, section_as_json, sections_as_json
from bot.cli.output.show import show_review, show_reviews, show_section
from embeddings import NO_RERANKER

if TYPE_CHECKING:
    from embeddings import Library, Review


def reviews(no_update: NoUpdateOption = False, as_json: JsonOption = False, data: DataOption = DATA) -> None:
    """List the reviews."""
    from bot.cli.library import open_library

    found = open_library(data, update=not no_update, reranker=NO_RERANKER).reviews()
    if as_json:
        print_json(reviews_as_json(found))
    else:
        show_reviews(found)


def sections(
    review: Annotated[
        str | None,
        typer.Argument(
            metavar="REVIEW",
            autocompletion=complete_review,
            help="A title, an alias or a slug; may be left out where there is only one review.",
        ),
    ] = None,
    no_update: NoUpdateOption = False,
    as_json: JsonOption = False,
    data: DataOption = DATA,
) -> None:
    """List the sections of a review."""
    from bot.cli.library import open_library

    library = open_library(data, update=not no_update, reranker=NO_RERANKER)
    found = library.find_review(review) if review is not None else _only_review(library)
    if as_json:
        print_json(sections_as_json(found))
    else:
        show_review(found)


def section(
    review: Annotated[
        str | None,
        typer.Argument(
            metavar="REVIEW",
            autocompletion=complete_review_or_section,
            help="A title, an alias or a slug; may be left out where there is only one review.",
        ),
    ] = None,
    name: Annotated[
        str | None,
        typer.Argument(
            metavar="SECTION",
            autocompletion=complete_section,
            help="A heading, a slug or a number; a near miss will do.",
        ),
    ] = None,
    no_update: NoUpdateOption = False,
    as_json: JsonOption = False,
    data: DataOption = DATA,
) -> None:
    """Show a section of a review, with the numbers of its paragraphs."""
    if review is None:
        raise typer.BadParameter(
            "say which section: a heading, a slug or a number, as `review-bot sections` lists them."
        )
    from bot.cli.library import open_library

    library = open_library(data, update=not no_update, reranker=NO_RERANKER)
    # One argument names the section: what a single review is called goes without saying.
    whole, wanted = (library.find_review(review), name) if name is not None else (_only_review(library), review)
    found = library.section(whole.slug, wanted)
    if as_json:
        print_json(section_as_json(whole, found))
    else:
        show_section(whole, found)


def _only_review(library: Library) -> Review:
    found = library.reviews()
    if len(found) == 1:
        return found[0]
    named = ", ".join(review.slug for review in found[:3])
    raise typer.BadParameter(f"there are {len(found)} reviews, so say which: {named}{', …' * (len(found) > 3)}.")
