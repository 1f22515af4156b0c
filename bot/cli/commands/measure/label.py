"""`review-bot label`: show each question with its closest passages, and store which sentences answer it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli.options import DATA, DataOption, NoRerankerOption, RerankerOption, chosen_reranker
from bot.cli.output.console import notice, say
from bot.cli.prompts import Prompter
from embeddings import SHIPPED

if TYPE_CHECKING:
    from embeddings.evaluation import CandidateSentence, UnlabelledQuestion

PROMPT = "Numbers of the sentences that answer it, n if none does, s to skip, q to quit:"


class _Command(Enum):
    """What can be typed instead of an answer."""

    SKIP = "s"
    QUIT = "q"


def label(
    questions: Annotated[
        Path, typer.Argument(metavar="FILE", help="The question file to add to. It is created if it does not exist.")
    ],
    asked: Annotated[
        Path | None,
        typer.Option(
            "--from",
            metavar="FILE",
            help="The questions to label: a text file with one per line, or a question file. Default: you are asked.",
        ),
    ] = None,
    kind: Annotated[
        str | None, typer.Option(metavar="KIND", help="The kind to store for questions without one.")
    ] = None,
    split: Annotated[str | None, typer.Option(metavar="NAME", help="The split to store, such as dev.")] = None,
    reranker: RerankerOption = SHIPPED,
    no_reranker: NoRerankerOption = False,
    data: DataOption = DATA,
) -> None:
    """Choose the sentences that answer new questions, and add these to a question file, for `evaluate`."""
    unlabelled = _unlabelled(asked, questions)
    from bot.cli.library import open_library
    from embeddings import QuestionError, UnknownReviewError
    from embeddings.evaluation import add_question, candidate_sentences

    library = open_library(data, reranker=chosen_reranker(reranker, no_reranker))
    added = 0
    try:
        for question in unlabelled if unlabelled is not None else _typed():
            try:
                found = candidate_sentences(library, question)
            except (QuestionError, UnknownReviewError) as error:
                notice(f"{question.text}: {error}")
                continue
            _show(question, found)
            answers = _answers(found)
            if answers is _Command.QUIT:
                break
            if answers is not _Command.SKIP:
                stored = add_question(questions, question, answers, kind=kind, split=split)
                added += 1
                say(f"Added as {stored.id}.")
    except KeyboardInterrupt:
        # Each question is in the file as soon as it is added.
        say(f"{added} added to {questions}.")
        raise
    say(f"{added} added to {questions}.")


def _unlabelled(source: Path | None, file: Path) -> tuple[UnlabelledQuestion, ...] | None:
    """Return the questions of a file that have no labels yet; None if there is no file of them."""
    from embeddings.evaluation import labelled_questions, not_yet_labelled, read_unlabelled

    labelled = labelled_questions(file)
    if source is None:
        return None
    asked = read_unlabelled(source)
    new = not_yet_labelled(asked, labelled)
    if not asked:
        notice(f"{source}: There are no questions in this file.")
    elif not new:
        notice(f"{source}: All questions are already labelled in {file}.")
    return new


def _typed() -> Iterator[UnlabelledQuestion]:
    from embeddings.evaluation import UnlabelledQuestion

    while text := Prompter().text("Question (Enter to finish):"):
        yield UnlabelledQuestion(text)


def _show(asked: UnlabelledQuestion, found: Sequence[CandidateSentence]) -> None:
    say("")
    for turn in asked.context:
        say(f"  (before: {turn})")
    say(asked.text)
    place = None
    for number, choice in enumerate(found, start=1):
        if (choice.review, choice.heading, choice.paragraph) != place:
            place = (choice.review, choice.heading, choice.paragraph)
            say(f"\n  {choice.review}, {choice.heading}, paragraph {choice.paragraph}")
        say(f"  {number:3}  {choice.text}")


def _answers(found: Sequence[CandidateSentence]) -> tuple[CandidateSentence, ...] | _Command:
    """Return the sentences that were chosen. None are chosen if the reviews don't answer the question."""
    while True:
        typed = Prompter().line(PROMPT)
        if typed is None:
            return _Command.QUIT
        typed = typed.lower()
        if typed in ("s", "q"):
            return _Command(typed)
        if typed == "n":
            return ()
        numbers = typed.replace(",", " ").split()
        if numbers and all(number.isdecimal() and 1 <= int(number) <= len(found) for number in numbers):
            return tuple(found[place] for place in dict.fromkeys(int(number) - 1 for number in numbers))
        if typed:
            notice(f"Choose a sentence from 1 to {len(found)}.")
