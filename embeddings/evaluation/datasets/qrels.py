"""Collect the lines of a file of relevance judgements."""

from __future__ import annotations

import re
from pathlib import Path

from embeddings.errors import QuestionFileError
from embeddings.evaluation.datasets.task import Judgement

_GRADE = re.compile(r"[+-]?[0-9]{1,9}")
"""What other programs read into a C integer."""


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
        """Add a line of the file. A line that says the same as an earlier one is dropped.

        Raises:
            QuestionFileError: the grade is not a whole number, or an earlier line has another grade.
        """
        if not _GRADE.fullmatch(grade):
            raise QuestionFileError(
                self._file, line, f"The grade {grade!r} is not a whole number. Use 0, 1, 2 and so on."
            )
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
