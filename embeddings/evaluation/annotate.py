"""Label new questions: which ones have no labels yet, their candidate sentences, and the line to add to the file."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from embeddings.config import LABEL_PASSAGES
from embeddings.documents.outputs import write_output, written_by_us
from embeddings.errors import QuestionFileError
from embeddings.evaluation.datasets.files import read_lines, read_records
from embeddings.evaluation.datasets.questions import Label, Question, QuestionLine, question_line, read_questions
from embeddings.records import SHARED

if TYPE_CHECKING:
    from embeddings.library import Library


@dataclass(frozen=True, slots=True)
class UnlabelledQuestion:
    """A question without labels; `collections` are those that the person who asked may see."""

    text: str
    context: tuple[str, ...] = ()
    review: str | None = None
    kind: str | None = None
    collections: tuple[str, ...] = (SHARED,)


@dataclass(frozen=True, slots=True)
class CandidateSentence:
    """A sentence that may answer a question, with its citation."""

    review: str
    text: str
    heading: str
    paragraph: int


def read_unlabelled(file: Path) -> tuple[UnlabelledQuestion, ...]:
    """Read questions without labels: the `question` of each line of a `.jsonl` file, or each line of another file.

    Raises:
        QuestionFileError: the file can't be read, or a line has no question.
    """
    if file.suffix != ".jsonl":
        return tuple(UnlabelledQuestion(line.strip()) for line in read_lines(file) if line.strip())
    questions = []
    for number, record in read_records(file):
        line = QuestionLine(file, number, record)
        review, kind = record.get("review"), record.get("kind")
        questions.append(
            UnlabelledQuestion(
                text=line.text(record, "question"),
                context=line.strings("context", "the earlier questions"),
                review=review if isinstance(review, str) else None,
                kind=kind if isinstance(kind, str) else None,
                collections=line.strings("collections", "the names of collections") or (SHARED,),
            )
        )
    return tuple(questions)


def labelled_questions(file: Path) -> tuple[Question, ...]:
    """Read the questions that a file already has: none where the file is missing or empty."""
    return read_questions(file) if file.exists() and file.stat().st_size else ()


def not_yet_labelled(
    questions: Iterable[UnlabelledQuestion], labelled: Iterable[Question]
) -> tuple[UnlabelledQuestion, ...]:
    """Return the questions that have no labels yet, without duplicates."""
    known = {_key(question) for question in labelled}
    new = {_key(question): question for question in questions}
    return tuple(question for key, question in new.items() if key not in known)


def candidate_sentences(library: Library, question: UnlabelledQuestion) -> tuple[CandidateSentence, ...]:
    """Return the sentences of the passages closest to a question, passage by passage, in their order.

    Raises:
        QuestionError: the question has no words.
        UnknownReviewError: there is no review with the question's slug.
    """
    candidates: list[CandidateSentence] = []
    hits = library.search(
        question.text,
        LABEL_PASSAGES,
        review=question.review,
        context=question.context,
        collections=question.collections,
    )
    for hit in hits:
        review = library.review(hit.review, collections=(hit.collection,))
        heading = review.section(hit.section).heading
        candidates.extend(
            CandidateSentence(review.slug, review.text[sentence.start : sentence.end], heading, hit.paragraph)
            for sentence in sorted(hit.sentences, key=lambda sentence: sentence.start)
        )
    return tuple(candidates)


def add_question(
    file: Path,
    question: UnlabelledQuestion,
    relevant: Sequence[CandidateSentence],
    *,
    kind: str | None = None,
    split: str | None = None,
) -> Question:
    """Add a question with its relevant sentences to a file, and return it. No sentences mean unanswerable.

    The file is replaced in one step; its other lines stay as they are.

    Raises:
        QuestionFileError: the file is not a question file, or can't be written.
    """
    known = labelled_questions(file)
    numbers = [int(found[1]) for question in known if (found := re.fullmatch(r"q(\d+)", question.id, re.ASCII))]
    labelled = Question(
        id=f"q{max(numbers, default=0) + 1:03d}",
        text=question.text,
        relevant=tuple(Label(sentence.review, sentence.text) for sentence in relevant),
        context=question.context,
        review=question.review,
        kind=question.kind or kind,
        split=split,
        collections=question.collections,
    )
    before = file.read_bytes() if known else b""
    if before and not before.endswith(b"\n"):
        before += b"\n"
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        # Its lines are read, and stay.
        write_output(file, before + question_line(labelled).encode() + b"\n", written_by_us)
    except OSError as error:
        reason = f"The file can't be written ({error.strerror}). Use another path."
        raise QuestionFileError(file, None, reason) from error
    return labelled


def _key(question: UnlabelledQuestion | Question) -> tuple[object, ...]:
    """Return what makes two questions the same."""
    return question.text, question.context, question.collections
