"""`review-bot ask` and `search`."""

from __future__ import annotations

from typing import Annotated

import typer

from bot.cli.options import (
    DATA,
    DataOption,
    JsonOption,
    NoRerankerOption,
    NoUpdateOption,
    QuestionArgument,
    RerankerOption,
    ReviewOption,
    a_count,
    chosen_reranker,
)
from bot.cli.output.console import print_json
from bot.cli.output.json import answer_as_json, hits_as_json
from bot.cli.output.show import show_answer, show_hits
from embeddings import SHIPPED

ContextOption = Annotated[
    list[str] | None,
    typer.Option("--context", metavar="QUESTION", help="A question asked before this one; may be repeated."),
]


def ask(
    question: QuestionArgument,
    review: ReviewOption = None,
    context: ContextOption = None,
    reranker: RerankerOption = SHIPPED,
    no_reranker: NoRerankerOption = False,
    no_update: NoUpdateOption = False,
    as_json: JsonOption = False,
    data: DataOption = DATA,
) -> None:
    """Answer a question in the reviewer's own words, with citations."""
    from bot.cli.library import open_library

    library = open_library(data, update=not no_update, reranker=chosen_reranker(reranker, no_reranker))
    slug = library.find_review(review).slug if review is not None else None
    answer = library.ask(" ".join(question), review=slug, context=tuple(context or ()))
    if as_json:
        print_json(answer_as_json(answer))
    else:
        show_answer(answer, library)


def search(
    question: QuestionArgument,
    count: Annotated[int, typer.Option("-k", metavar="N", parser=a_count, help="How many passages.")] = 10,
    review: ReviewOption = None,
    context: ContextOption = None,
    reranker: RerankerOption = SHIPPED,
    no_reranker: NoRerankerOption = False,
    no_update: NoUpdateOption = False,
    as_json: JsonOption = False,
    data: DataOption = DATA,
) -> None:
    """List the passages closest to a question, whether or not they answer it."""
    from bot.cli.library import open_library

    library = open_library(data, update=not no_update, reranker=chosen_reranker(reranker, no_reranker))
    slug = library.find_review(review).slug if review is not None else None
    hits = library.search(" ".join(question), count, review=slug, context=tuple(context or ()))
    if as_json:
        print_json(hits_as_json(hits))
    else:
        show_hits(hits, library)
