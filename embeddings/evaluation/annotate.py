"""Label new questions: which are left to label, their candidate sentences, and the line that is added."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from embeddings.errors import QuestionFileError
from embeddings.evaluation.datasets.questions import (
    Label,
    Question,
    question_line,
    read_lines,
    read_questions,
    read_records,
)
from embeddings.library import Library
from embeddings.records import SHARED

PASSAGES = 5
"""How many of the closest passages are shown."""


@dataclass(frozen=True, slots=True)
class UnlabelledQuestion:
    """A question that somebody asked, without what answers it; `collections` are those that the asker saw."""

    text: str
    context: tuple[str, ...] = ()
    review: str | None = None
    kind: str | None = None
    collections: tuple[str, ...] = (SHARED,)


@dataclass(frozen=True, slots=True)
class CandidateSentence:
    """A sentence that may answer; `heading` and `paragraph` say where it stands."""

    review: str
    text: str
    heading: str
    paragraph: int


def read_unlabelled(file: Path) -> tuple[UnlabelledQuestion, ...]:
    """The questions of a file: of each line's `question` in a `.jsonl` file, else each line is one.

    Raises:
        QuestionFileError: the file can't be read, or a line holds no question.
    """
    if file.suffix != ".jsonl":
        return tuple(UnlabelledQuestion(line.strip()) for line in read_lines(file) if line.strip())
    asked = []
    for number, record in read_records(file):
        text, context = record.get("question"), record.get("context", [])
        review, kind, collections = record.get("review"), record.get("kind"), record.get("collections", [])
        if not (isinstance(text, str) and text.strip()):
            raise QuestionFileError(file, number, '"question" is missing')
        if not (isinstance(context, list) and all(isinstance(turn, str) for turn in context)):
            raise QuestionFileError(file, number, '"context" is a list of the earlier questions')
        if not (isinstance(collections, list) and all(isinstance(name, str) for name in collections)):
            raise QuestionFileError(file, number, '"collections" is a list of collections\' names')
        asked.append(
            UnlabelledQuestion(
                text=text,
                context=tuple(context),
                review=review if isinstance(review, str) else None,
                kind=kind if isinstance(kind, str) else None,
                collections=tuple(collections) or (SHARED,),
            )
        )
    return tuple(asked)


def labelled_questions(file: Path) -> tuple[Question, ...]:
    """The questions that a file holds already: none where there is no file, or an empty one.

    Raises:
        QuestionFileError: the file is there and broken.
    """
    return read_questions(file) if file.exists() and file.stat().st_size else ()


def not_yet_labelled(asked: Iterable[UnlabelledQuestion], known: Iterable[Question]) -> tuple[UnlabelledQuestion, ...]:
    """Those that aren't among the labelled questions yet, each once."""
    there = {_asked_as(question) for question in known}
    new = {_asked_as(one): one for one in asked}
    return tuple(one for key, one in new.items() if key not in there)


def candidate_sentences(library: Library, asked: UnlabelledQuestion) -> tuple[CandidateSentence, ...]:
    """The sentences of the passages closest to a question, passage by passage, each in its order.

    Raises:
        QuestionError: there are no words in the question.
        UnknownReviewError: it is narrowed to a review that isn't there.
    """
    found: list[CandidateSentence] = []
    hits = library.search(
        asked.text, PASSAGES, review=asked.review, context=asked.context, collections=asked.collections
    )
    for hit in hits:
        review = library.review(hit.review, collections=(hit.collection,))
        heading = review.section(hit.section).heading
        found.extend(
            CandidateSentence(review.slug, review.text[sentence.start : sentence.end], heading, hit.paragraph)
            for sentence in sorted(hit.sentences, key=lambda sentence: sentence.start)
        )
    return tuple(found)


def add_question(
    file: Path,
    asked: UnlabelledQuestion,
    answers: Sequence[CandidateSentence],
    *,
    kind: str | None = None,
    split: str | None = None,
) -> Question:
    """Add a question with what answers it, or with nothing, to a file; return it as it was added.

    The file is replaced in one step, its other lines as they were.

    Raises:
        QuestionFileError: the file is broken, or can't be written.
    """
    known = labelled_questions(file)
    question = Question(
        id=_next_id(known),
        text=asked.text,
        relevant=tuple(Label(answer.review, answer.text) for answer in answers),
        context=asked.context,
        review=asked.review,
        kind=asked.kind or kind,
        split=split,
        collections=asked.collections,
    )
    before = file.read_bytes() if known else b""
    if before and not before.endswith(b"\n"):
        before += b"\n"
    partial = file.with_name(f"{file.name}.partial")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        partial.write_bytes(before + question_line(question).encode() + b"\n")
        partial.replace(file)
    except OSError as error:
        raise QuestionFileError(file, None, f"can't be written: {error.strerror}") from error
    return question


def _asked_as(question: UnlabelledQuestion | Question) -> tuple[object, ...]:
    return question.text, question.context, question.collections


def _next_id(known: Iterable[Question]) -> str:
    numbers = [int(found[1]) for question in known if (found := re.fullmatch(r"q(\d+)", question.id, re.ASCII))]
    return f"q{max(numbers, default=0) + 1:03d}"
