"""`review-bot reviews`, `review-bot sections` and `review-bot section`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli.completion import complete_review, complete_review_or_section, complete_section
from bot.cli.options import DATA, DataOption, JsonOption, NoUpdateOption
from bot.cli.output.console import notice, print_json
from bot.cli.output.json import reviews_as_json, section_as_json, sections_as_json
from bot.cli.output.show import printer
from bot.config import MAX_NAMED
from embeddings import NO_RERANKER, ReviewFilter, Sort, Years, read_years

if TYPE_CHECKING:
    from embeddings import Library, Review


def _years(text: str | Years) -> Years:
    """Return the years that were typed."""
    found = text if isinstance(text, Years) else read_years(text)
    if found is None:
        raise typer.BadParameter(f"{text!r} is no year. Use 1994, 1990s, 1990-1995 or “before 1960”.")
    return found


_REVIEW_HELP = "A title, another name or a slug. Not needed if there is only one review."


def reviews(
    by: Annotated[
        str | None, typer.Option(metavar="NAME", help="Only reviews by this reviewer, or of works by this creator.")
    ] = None,
    about: Annotated[
        str | None, typer.Option(metavar="NAME", help="Only reviews of this work or creator, or with this tag.")
    ] = None,
    year: Annotated[
        Years | None,
        typer.Option(
            metavar="YEARS",
            parser=_years,
            help="Only reviews of works from these years, such as 1994, 1990s or “before 1960”.",
        ),
    ] = None,
    tag: Annotated[str | None, typer.Option(metavar="TAG", help="Only reviews with this tag.")] = None,
    sort: Annotated[
        Sort | None, typer.Option(help="The order. Reviews that don't have the fact come last. Default: by slug.")
    ] = None,
    no_update: NoUpdateOption = False,
    as_json: JsonOption = False,
    data: DataOption = DATA,
) -> None:
    """List all reviews, or only those that the options choose. Other commands find a review by its slug."""
    from bot.cli.library import open_library

    library = open_library(data, update=not no_update, reranker=NO_RERANKER)
    wanted = ReviewFilter(by=by, about=about, years=year, tag=tag, sort=sort)
    found = library.reviews(matching=wanted)
    if as_json:
        print_json(reviews_as_json(found))
    elif found:
        printer().print_reviews(found)
    else:
        notice(library.list_reviews(wanted).heading)


def sections(
    review: Annotated[
        str | None, typer.Argument(metavar="REVIEW", autocompletion=complete_review, help=_REVIEW_HELP)
    ] = None,
    no_update: NoUpdateOption = False,
    as_json: JsonOption = False,
    data: DataOption = DATA,
) -> None:
    """List the sections of a review, with their numbers."""
    from bot.cli.library import open_library

    library = open_library(data, update=not no_update, reranker=NO_RERANKER)
    found = library.find_review(review) if review is not None else _only_review(library)
    if as_json:
        print_json(sections_as_json(found))
    else:
        printer().print_sections(found)


def section(
    review: Annotated[
        str | None,
        typer.Argument(
            metavar="REVIEW",
            autocompletion=complete_review_or_section,
            help="A title, another name or a slug. Not needed if only one review has such a section.",
        ),
    ] = None,
    name: Annotated[
        str | None,
        typer.Argument(
            metavar="SECTION",
            autocompletion=complete_section,
            help="A heading, a slug or a number. Small typos are accepted.",
        ),
    ] = None,
    no_update: NoUpdateOption = False,
    as_json: JsonOption = False,
    data: DataOption = DATA,
) -> None:
    """Show a section of a review with numbered paragraphs."""
    if review is None:
        raise typer.BadParameter("Name a section by heading, slug or number. `review-bot sections` lists them.")
    from bot.cli.library import open_library

    library = open_library(data, update=not no_update, reranker=NO_RERANKER)
    whole = library.find_review(review) if name is not None else _review_with(library, review)
    found = library.section(whole.slug, name or review)
    if as_json:
        print_json(section_as_json(whole, found))
    else:
        printer().print_section(whole, found)


def _review_with(library: Library, section: str) -> Review:
    """Return the only review that has a section of that name."""
    from embeddings import NameMatcher

    names = NameMatcher(
        (name, review.slug)
        for review in library.reviews()
        for part in review.sections
        for name in (part.heading, part.slug)
    )
    found = [] if section.removeprefix("#").isdecimal() else names.resolve(section)
    for review in library.reviews():
        if not found and section in (review.slug, review.title):
            raise typer.BadParameter(f"Name a section, too. `review-bot sections {review.slug}` lists them.")
    if len(found) == 1:
        return library.review(found[0])
    if len(found) > 1:
        raise typer.BadParameter(f"{_listed(found)} have such a section. Name the review first, then the section.")
    return _only_review(library)


def _only_review(library: Library) -> Review:
    found = library.reviews()
    if len(found) == 1:
        return found[0]
    raise typer.BadParameter(f"There are {len(found)} reviews. Name one: {_listed([each.slug for each in found])}.")


def _listed(slugs: list[str]) -> str:
    return ", ".join(slugs[:MAX_NAMED]) + ", …" * (len(slugs) > MAX_NAMED)
