"""TREC run and qrels files, as trec_eval reads them.

A line of qrels is `question 0 document grade`; a line of a run is `question Q0 document rank score tag`.
trec_eval sorts a run by score, as C floats, and equal scores by document id, not by rank. Scores are therefore
written strictly decreasing. White space separates the fields, so it is percent-encoded within an id.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

import numpy as np

from embeddings.documents.outputs import write_output
from embeddings.errors import QuestionFileError
from embeddings.evaluation.datasets.files import read_lines
from embeddings.evaluation.datasets.task import Judgement

_LARGEST_SCORE = float(np.finfo(np.float32).max)
"""trec_eval's scores are C floats."""
_GRADE = re.compile(r"[+-]?[0-9]{1,9}")
"""What other programs read into a C integer."""


@dataclass(frozen=True, slots=True)
class ScoredDocument:
    """The id of a ranked document with its score; higher is better."""

    document: str
    score: float


class Qrels:
    """The judgements of a file by question id. Grades of 0 or less are dropped.

    Attributes:
        judgements: the relevant documents of each judged question, in the order of the file.
        line_of: the first line of each question.
    """

    def __init__(self, file: Path) -> None:
        self.judgements: dict[str, tuple[Judgement, ...]] = {}
        self.line_of: dict[str, int] = {}
        self._file = file
        self._graded: dict[tuple[str, str], tuple[int, int]] = {}

    def add(self, line: int, question: str, document: str, grade: str) -> None:
        """Add a line of the file, whose grade must be a whole number. A line that repeats an earlier one is dropped."""
        if not _GRADE.fullmatch(grade):
            reason = f"The grade {grade!r} is not a whole number. Use 0, 1, 2 and so on."
            raise QuestionFileError(self._file, line, reason)
        value = int(grade)
        first, known = self._graded.setdefault((question, document), (line, value))
        if known != value:
            raise QuestionFileError(
                self._file,
                line,
                f"The grade of {document!r} for {question!r} is {value} here and {known} in line {first}. "
                "Remove one of the lines.",
            )
        self.line_of.setdefault(question, line)
        judged = self.judgements.setdefault(question, ())
        if value > 0 and first == line:
            self.judgements[question] = (*judged, Judgement(document, value))


def strictly_decreasing(ranking: Sequence[ScoredDocument]) -> tuple[ScoredDocument, ...]:
    """Return the ranking with each score lowered to the next C float where it isn't below the previous one."""
    decreasing: list[ScoredDocument] = []
    above = np.float32(np.inf)
    for scored in ranking:
        score = np.float32(scored.score)
        if not score < above:
            score = np.nextafter(above, np.float32(-np.inf))
        decreasing.append(ScoredDocument(scored.document, float(score)))
        above = score
    return tuple(decreasing)


def write_qrels(judgements: Mapping[str, Iterable[Judgement]], file: Path, *, force: bool = False) -> None:
    """Write relevance judgements, by question id, as a TREC qrels file.

    Raises:
        OutputError: there is a file with other content, which may be somebody's judgements, and not `force`.
    """
    lines = (
        f"{_field(question)} 0 {_field(judgement.document)} {judgement.grade}\n"
        for question, judged in judgements.items()
        for judgement in judged
    )
    write_output(file, "".join(lines), force=force)


def write_run(rankings: Mapping[str, Sequence[ScoredDocument]], tag: str, file: Path, *, force: bool = False) -> None:
    """Write rankings, by question id and best first, as a TREC run file.

    Raises:
        OutputError: there is another file than a run with this tag, and not `force`.
    """
    lines = (
        f"{_field(question)} Q0 {_field(scored.document)} {rank} {scored.score!r} {_field(tag)}\n"
        for question, ranking in rankings.items()
        for rank, scored in enumerate(strictly_decreasing(ranking), start=1)
    )
    write_output(file, "".join(lines), is_run_of(tag), force=force)


def is_run_of(tag: str) -> Callable[[Path], bool]:
    """Return a function that returns True for a TREC run file whose lines all have that tag."""

    def is_ours(file: Path) -> bool:
        try:
            read_run(file)
            return all(line.split()[-1:] in ([], [_field(tag)]) for line in read_lines(file))
        except QuestionFileError:
            return False

    return is_ours


def read_qrels(file: Path) -> dict[str, tuple[Judgement, ...]]:
    """Read the judgements of a TREC qrels file by question id; grades of 0 or less are dropped.

    Raises:
        QuestionFileError: the file can't be read, a line is not in the format, or two lines contradict each other.
    """
    qrels = Qrels(file)
    for number, fields in _fields(file, 4, "question, 0, document and grade"):
        question, _, document, grade = fields
        qrels.add(number, unquote(question), unquote(document), grade)
    return qrels.judgements


def read_run(file: Path) -> dict[str, tuple[ScoredDocument, ...]]:
    """Read the rankings of a TREC run file by question id, in the order of trec_eval.

    Raises:
        QuestionFileError: the file can't be read, a line is not in the format, or a question has a document twice.
    """
    rankings: dict[str, dict[str, ScoredDocument]] = {}
    for number, fields in _fields(file, 6, "question, Q0, document, rank, score and tag"):
        question, _, document, _, score, _ = fields
        ranking = rankings.setdefault(unquote(question), {})
        scored = ScoredDocument(unquote(document), _score(score))
        if not abs(scored.score) <= _LARGEST_SCORE:
            raise QuestionFileError(file, number, f"The score {score!r} is not a number, or is too large. Correct it.")
        if scored.document in ranking:
            reason = f"The document {document!r} is ranked twice for {question!r}. Remove one of the lines."
            raise QuestionFileError(file, number, reason)
        ranking[scored.document] = scored
    # trec_eval puts the higher id first where scores are equal.
    return {
        question: tuple(
            sorted(ranking.values(), key=lambda each: (np.float32(each.score), each.document), reverse=True)
        )
        for question, ranking in rankings.items()
    }


def _score(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return math.nan


def _fields(file: Path, count: int, names: str) -> Iterator[tuple[int, list[str]]]:
    for number, line in enumerate(read_lines(file), start=1):
        fields = line.split()
        if fields and len(fields) != count:
            raise QuestionFileError(file, number, f"The line needs {count} fields, separated by white space: {names}.")
        if fields:
            yield number, fields


def _field(text: str) -> str:
    return "".join(
        "".join(f"%{byte:02X}" for byte in character.encode()) if character.isspace() or character == "%" else character
        for character in text
    )
