"""What was asked in vain: the questions that are kept, those that ask alike together, and as a question file."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from bot.storage.records import StoredQuestion
from embeddings import LibraryError, State, is_follow_up

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Encode: TypeAlias = "Callable[[Sequence[str]], NDArray[np.float32]]"

KIND = "asked"
"""The kind of an exported question: somebody asked it."""


class ExportError(LibraryError):
    """The questions can't be written to that file: name another."""


@dataclass(frozen=True, slots=True)
class Wording:
    """A question as it was asked, once or more: the same words, after the same questions, of the same reviews.

    Attributes:
        text: the words, as they were first written.
        context: the questions before it, oldest first.
        review: the slug of the review that it was narrowed to, or None.
        collections: what the askers could see.
        found: how many times it came to which state.
        first: the day on which it was first asked, in UTC.
        last: the day on which it was last asked.
    """

    text: str
    context: tuple[str, ...]
    review: str | None
    collections: tuple[str, ...]
    found: tuple[tuple[State, int], ...]
    first: date
    last: date

    @property
    def count(self) -> int:
        """How many times it was asked."""
        return sum(number for _, number in self.found)

    @property
    def meant(self) -> str:
        """The words to compare: where they point back, with those that they point to."""
        return f"{self.context[-1]} {self.text}" if self.context and is_follow_up(self.text) else self.text


@dataclass(frozen=True, slots=True)
class Gap:
    """Questions that ask alike; the first is the one that most of the others are like."""

    wordings: tuple[Wording, ...]

    @property
    def count(self) -> int:
        """How many times they were asked."""
        return sum(wording.count for wording in self.wordings)

    def found(self, state: State) -> int:
        """How many of them came to a state."""
        return sum(number for wording in self.wordings for came, number in wording.found if came is state)


def find_gaps(questions: Iterable[StoredQuestion], encode: Encode, *, answered: bool = False) -> tuple[Gap, ...]:
    """Questions that found nothing, or only what is nearest, grouped by likeness, the largest group first.

    Args:
        questions: those that are kept.
        encode: texts to unit vectors.
        answered: take those that were answered as well.
    """
    # Here, for the commands that need no groups needn't load numpy.
    from embeddings.evaluation import cluster

    wordings = _wordings(each for each in questions if answered or each.state is not State.ANSWERED)
    if not wordings:
        return ()
    groups = cluster(encode([wording.meant for wording in wordings]), [wording.count for wording in wordings])
    return tuple(Gap(tuple(wordings[row] for row in rows)) for rows in groups)


def gaps_record(gaps: Sequence[Gap], verdicts: tuple[int, int]) -> dict[str, object]:
    """The gaps as JSON."""
    return {
        "questions": sum(gap.count for gap in gaps),
        "groups": [
            {
                "count": gap.count,
                "question": gap.wordings[0].text,
                **{state.value: gap.found(state) for state in State},
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
    """The gaps as a question file, group by group; nobody has labelled it yet, so no line says what is relevant.

    `review-bot label --from` reads it. Nothing in it says who asked.
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


def write_questions(gaps: Iterable[Gap], file: Path) -> int:
    """Write the gaps as a question file, in one step; how many lines it has.

    An earlier export is replaced; anything else that stands there is somebody's work, and kept.

    Raises:
        ExportError: it can't be written, or the file holds something else than an export.
    """
    lines = question_lines(gaps)
    partial = file.with_name(f"{file.name}.partial")
    try:
        if file.exists():
            _check_replaceable(file)
        file.parent.mkdir(parents=True, exist_ok=True)
        partial.write_text(lines, encoding="utf-8")
        partial.replace(file)
    except OSError as error:
        raise ExportError(f"{file}: can't be written: {error.strerror}") from error
    return lines.count("\n")


def _check_replaceable(file: Path) -> None:
    for line in file.read_bytes().splitlines():
        if not line.strip():
            continue
        try:
            record = json.loads(line)
        except (ValueError, RecursionError):
            record = None
        if isinstance(record, dict) and "relevant" in record:
            raise ExportError(f"{file}: holds labelled questions, which an export would replace; name another file")
        if not (isinstance(record, dict) and record.get("kind") == KIND):
            raise ExportError(f"{file}: is there already, and is no export of questions; name another file")


def _wordings(questions: Iterable[StoredQuestion]) -> list[Wording]:
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
