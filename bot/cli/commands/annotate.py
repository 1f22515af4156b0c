"""The conversation of `review-bot label`: a question, its closest passages, and which sentences answer it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from enum import Enum
from pathlib import Path

from bot.cli.output.console import notice, say
from bot.cli.prompts import Prompter
from embeddings import Library, QuestionError, UnknownReviewError
from embeddings.evaluation import (
    CandidateSentence,
    UnlabelledQuestion,
    add_question,
    candidate_sentences,
    labelled_questions,
    not_yet_labelled,
    read_unlabelled,
)


class _Said(Enum):
    """What may be said instead of what answers a question."""

    SKIP = "skip"
    STOP = "stop"


_HELP = "Numbers of the sentences that answer it; n: not answered; s: skip; q: stop"


def walk(library: Library, file: Path, source: Path | None, *, kind: str | None, split: str | None) -> None:
    """Go through the new questions of `source`, or those that are typed, until there are no more or `q`.

    Args:
        library: what to choose answers from.
        file: the question file that is added to.
        source: a file of questions, or None to ask for them.
        kind: the kind to note where a question has none.
        split: the split to note.

    Raises:
        QuestionFileError: a file can't be read, is broken, or can't be written.
    """
    asked = _new(source, file) if source is not None else _typed()
    added = 0
    try:
        for one in asked:
            try:
                found = candidate_sentences(library, one)
            except (QuestionError, UnknownReviewError) as error:
                notice(f"{one.text}: {error}")
                continue
            _show(one, found)
            answers = _answers(found)
            if answers is _Said.STOP:
                break
            if answers is not _Said.SKIP:
                question = add_question(file, one, answers, kind=kind, split=split)
                added += 1
                say(f"Added as {question.id}.")
    except KeyboardInterrupt:
        # Each line is in the file as soon as it is added.
        say(f"{added} added to {file}.")
        raise
    say(f"{added} added to {file}.")


def _new(source: Path, file: Path) -> tuple[UnlabelledQuestion, ...]:
    there = read_unlabelled(source)
    new = not_yet_labelled(there, labelled_questions(file))
    if not there:
        notice(f"{source}: there are no questions in it.")
    elif not new:
        notice(f"{source}: all of its questions are labelled already, in {file}.")
    return new


def _typed() -> Iterator[UnlabelledQuestion]:
    while True:
        text = Prompter().text("Question (nothing: stop):")
        if not text:
            return
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


def _answers(found: Sequence[CandidateSentence]) -> tuple[CandidateSentence, ...] | _Said:
    """What was chosen: nothing, where the reviews don't answer it."""
    while True:
        said = Prompter().line(f"{_HELP}:")
        if said is None or said.lower() == "q":
            return _Said.STOP
        said = said.lower()
        if not said:
            continue
        if said == "s":
            return _Said.SKIP
        if said == "n":
            return ()
        numbers = said.replace(",", " ").split()
        if numbers and all(number.isdecimal() and 1 <= int(number) <= len(found) for number in numbers):
            return tuple(found[place] for place in dict.fromkeys(int(number) - 1 for number in numbers))
        notice(f"{said}: there are the sentences 1 to {len(found)}.")
