"""`review-bot ask` and `review-bot search`."""

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
    chosen_reranker,
    parse_count,
)
from bot.cli.output.console import notice, print_json
from bot.cli.output.json import answer_as_json, hits_as_json
from bot.cli.output.show import printer
from bot.cli.output.wording import command_line, for_folder
from bot.config import SEARCH_PASSAGES
from embeddings import SHIPPED

ContextOption = Annotated[
    list[str] | None,
    typer.Option(
        "--context", metavar="QUESTION", help="An earlier question of the conversation. Can be repeated, oldest first."
    ),
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
    asked = _checked(question)
    from bot.cli.library import open_library

    library = open_library(data, update=not no_update, reranker=chosen_reranker(reranker, no_reranker))
    slug = library.find_review(review).slug if review is not None else None
    answer = library.ask(asked, review=slug, context=tuple(context or ()))
    if as_json:
        print_json(answer_as_json(answer))
    else:
        printer().print_answer(answer, library.review, data)
        if answer.choices:
            command = f"`review-bot ask --review {answer.choices[0].review} {command_line([asked])}`"
            notice(for_folder(f"Choose one, for example: {command}", data))


def search(
    question: QuestionArgument,
    count: Annotated[
        int, typer.Option("-k", metavar="N", parser=parse_count, help="The number of passages to list.")
    ] = SEARCH_PASSAGES,
    review: ReviewOption = None,
    context: ContextOption = None,
    reranker: RerankerOption = SHIPPED,
    no_reranker: NoRerankerOption = False,
    no_update: NoUpdateOption = False,
    as_json: JsonOption = False,
    data: DataOption = DATA,
) -> None:
    """List the passages closest to a question, even if they do not answer it."""
    asked = _checked(question)
    from bot.cli.library import open_library

    library = open_library(data, update=not no_update, reranker=chosen_reranker(reranker, no_reranker))
    slug = library.find_review(review).slug if review is not None else None
    hits = library.search(asked, count, review=slug, context=tuple(context or ()))
    if as_json:
        print_json(hits_as_json(hits))
    else:
        printer().print_hits(hits, library.review)


def _checked(words: list[str]) -> str:
    """Return the question that was typed, if it can be asked. To check it takes no engine."""
    from embeddings import check_question

    question = " ".join(words)
    check_question(question)
    return question
