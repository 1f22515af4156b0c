"""Group the unanswered questions that servers store, and export them as a question file."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from bot.storage.records import StoredQuestion
from embeddings import LibraryError, State, is_follow_up, write_output

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Encode: TypeAlias = "Callable[[Sequence[str]], NDArray[np.float32]]"

KIND = "asked"
"""The kind of an exported question in a question file."""


class ExportError(LibraryError):
    """The questions can't be written to this file."""


@dataclass(frozen=True, slots=True)
class Wording:
    """A question as it was asked, once or more: the same words in the same context about the same reviews.

    Attributes:
        text: the words, as they were first written.
        context: the earlier questions of the conversation, oldest first.
        review: the slug of the review that the question was limited to, or None.
        collections: those that the members could see.
        states: how many times the answer had which state.
        first: the day on which the question was first asked, in UTC.
        last: the day on which it was last asked.
    """

    text: str
    context: tuple[str, ...]
    review: str | None
    collections: tuple[str, ...]
    states: tuple[tuple[State, int], ...]
    first: date
    last: date

    @property
    def count(self) -> int:
        """How many times the question was asked."""
        return sum(number for _, number in self.states)

    @property
    def comparable(self) -> str:
        """The words to compare: those of a follow-up together with the question before it."""
        return f"{self.context[-1]} {self.text}" if self.context and is_follow_up(self.text) else self.text


@dataclass(frozen=True, slots=True)
class Gap:
    """Questions that are alike. The first is the most similar to the others."""

    wordings: tuple[Wording, ...]

    @property
    def count(self) -> int:
        """How many times the questions were asked."""
        return sum(wording.count for wording in self.wordings)

    def count_of(self, state: State) -> int:
        """Return how many of the answers had a state."""
        return sum(number for wording in self.wordings for each, number in wording.states if each is state)


def find_gaps(questions: Iterable[StoredQuestion], encode: Encode, *, answered: bool = False) -> tuple[Gap, ...]:
    """Group the questions that had no answer, or only a near one, by similarity, the largest group first.

    Args:
        questions: the stored questions.
        encode: texts to unit vectors.
        answered: whether to include answered questions.
    """
    # Imported here, so that only commands that group load numpy.
    from embeddings.evaluation import cluster

    wordings = _wordings(each for each in questions if answered or each.state is not State.ANSWERED)
    if not wordings:
        return ()
    groups = cluster(encode([wording.comparable for wording in wordings]), [wording.count for wording in wordings])
    return tuple(Gap(tuple(wordings[row] for row in rows)) for rows in groups)


def gaps_record(gaps: Sequence[Gap], verdicts: tuple[int, int]) -> dict[str, object]:
    """Return the gaps for JSON."""
    return {
        "questions": sum(gap.count for gap in gaps),
        "groups": [
            {
                "count": gap.count,
                "question": gap.wordings[0].text,
                **{state.value: gap.count_of(state) for state in State},
                "questions": [
                    {
                        "question": wording.text,
                        "count": wording.count,
                        "context": list(wording.context),
                        "review": wording.review,
                        "first": wording.first.isoformat(),
                        "last": wording.last.isoformat(),
                    }
                    for wording in gap.wordings
                ],
            }
            for gap in gaps
        ],
        "verdicts": {"helpful": verdicts[0], "not_helpful": verdicts[1]},
    }


def question_lines(gaps: Iterable[Gap]) -> str:
    """Return the gaps as the lines of a question file without labels, group by group.

    `review-bot label --from` reads it. It doesn't say who asked.
    """
    wordings = [wording for gap in gaps for wording in gap.wordings]
    return "".join(
        json.dumps(
            {
                "id": f"{KIND}-{number:04}",
                "question": wording.text,
                "context": list(wording.context),
                "review": wording.review,
                "kind": KIND,
                "count": wording.count,
                "collections": list(wording.collections),
            },
            ensure_ascii=False,
        )
        + "\n"
        for number, wording in enumerate(wordings, 1)
    )


def write_questions(gaps: Iterable[Gap], file: Path, *, force: bool = False) -> int:
    """Write the gaps as a question file, in one step. Return its number of lines.

    Without `force`, only an earlier export is replaced: any other file may be somebody's work.

    Raises:
        ExportError: the file can't be written.
        OutputError: there is another file than an export, and not `force`.
    """
    lines = question_lines(gaps)
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        write_output(file, lines, is_export, force=force)
    except OSError as error:
        raise ExportError(f"{file}: The file can't be written: {error.strerror}.") from error
    return lines.count("\n")


def is_export(file: Path) -> bool:
    """Return True if every line of a file is an exported question, which nobody has labelled yet."""
    try:
        records = [json.loads(line) for line in file.read_bytes().splitlines() if line.strip()]
    except (ValueError, RecursionError):
        return False
    return all(isinstance(each, dict) and each.get("kind") == KIND and "relevant" not in each for each in records)


def _wordings(questions: Iterable[StoredQuestion]) -> list[Wording]:
    """Return the different questions, in the order in which they were first asked."""
    same: dict[tuple[object, ...], list[StoredQuestion]] = {}
    for question in questions:
        words = " ".join(question.text.casefold().split())
        key = (words, question.context, question.review, question.collections)
        same.setdefault(key, []).append(question)
    return [_wording(asked) for asked in same.values()]


def _wording(asked: Sequence[StoredQuestion]) -> Wording:
    first = asked[0]
    states = [question.state for question in asked]
    return Wording(
        first.text,
        first.context,
        first.review,
        first.collections,
        tuple((state, states.count(state)) for state in State if state in states),
        min(question.day for question in asked),
        max(question.day for question in asked),
    )
