"""Question files: JSON Lines whose labels are quotes, so that they survive another splitter.

A line is an object with `id`, `question` and `relevant`, and optionally `context`, `review`, `kind`, `split` and
`collections`; other keys are allowed and ignored. `relevant: []` says that the reviews don't answer the question.
"""

from __future__ import annotations

import codecs
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from rapidfuzz import fuzz

from embeddings.errors import QuestionFileError
from embeddings.evaluation.datasets.task import JudgedQuestion, Span, paragraph_judgements
from embeddings.records import SHARED, Review


@dataclass(frozen=True, slots=True)
class Label:
    """A verbatim quote of the review with that slug, which answers a question."""

    review: str
    quote: str


@dataclass(frozen=True, slots=True)
class Question:
    """A line of a question file.

    `context` holds the earlier user turns, oldest first. `review` narrows the search to one review's slug.
    `collections` are those that the asker sees: the shared one, unless it says otherwise.
    `line` counts from 1 in the file that the question was read from; 0 where it was not read from one.
    """

    id: str
    text: str
    relevant: tuple[Label, ...]
    context: tuple[str, ...] = ()
    review: str | None = None
    kind: str | None = None
    split: str | None = None
    line: int = 0
    collections: tuple[str, ...] = (SHARED,)


def read_questions(file: Path) -> tuple[Question, ...]:
    """The questions of a file, in its order.

    Raises:
        QuestionFileError: the file can't be read or holds no question; a line is not in the format; two
            lines have one id.
    """
    questions: list[Question] = []
    line_of: dict[str, int] = {}
    for number, record in read_records(file):
        question = _Line(file, number, record).question()
        if question.id in line_of:
            raise QuestionFileError(
                file,
                number,
                f"the id {question.id!r} is taken by line {line_of[question.id]}: give it another",
            )
        line_of[question.id] = number
        questions.append(question)
    if not questions:
        raise QuestionFileError(file, None, "no questions: write one JSON object a line")
    return tuple(questions)


def read_records(file: Path) -> Iterable[tuple[int, Mapping[str, object]]]:
    """The objects of a JSON Lines file, each with its line number from 1; blank lines are skipped.

    Raises:
        QuestionFileError: the file can't be read, or a line is not a JSON object in UTF-8.
    """
    try:
        content = file.read_bytes()
    except OSError as error:
        raise QuestionFileError(file, None, f"can't be read: {error.strerror}") from error
    for number, line in enumerate(content.removeprefix(codecs.BOM_UTF8).splitlines(), start=1):
        if not line.strip():
            continue
        try:
            text = line.decode("utf-8")
        except UnicodeDecodeError as error:
            raise QuestionFileError(file, number, f"not UTF-8 at byte {error.start + 1}: save it as UTF-8") from error
        record = parsed(text, file, number)
        if not isinstance(record, dict):
            raise QuestionFileError(file, number, f"a JSON object is needed, not {_json_name(record)}")
        yield number, record


def parsed(text: str, file: Path, line: int | None = None) -> object:
    """What a JSON text says, which can be written as UTF-8 again.

    Args:
        text: the whole file, or a line of it.
        file: named in errors.
        line: the line that the text is, or None for the whole file.

    Raises:
        QuestionFileError: it is not JSON, is nested too deeply, or holds half of a surrogate pair.
    """
    try:
        content = json.loads(text)
    except json.JSONDecodeError as error:
        raise QuestionFileError(file, line or error.lineno, f"not JSON at column {error.colno}: {error.msg}") from error
    except RecursionError as error:
        raise QuestionFileError(file, line, "brackets within brackets, too deep to be read") from error
    except ValueError as error:
        raise QuestionFileError(file, line, f"not JSON that can be read: {error}") from error
    # Only an escape can say what UTF-8 can't.
    if "\\ud" in text.lower():
        try:
            json.dumps(content, ensure_ascii=False).encode()
        except UnicodeEncodeError as error:
            half = f"\\u{ord(error.object[error.start]):04x}"
            raise QuestionFileError(
                file, line, f"{half} is half of a character (a surrogate without the other): write the whole one"
            ) from error
    return content


def select_split(questions: Sequence[Question], split: str, file: Path) -> tuple[Question, ...]:
    """The questions whose key `split` has that value.

    Raises:
        QuestionFileError: none has; the message names the splits that there are.
    """
    chosen = tuple(question for question in questions if question.split == split)
    if not chosen:
        splits = sorted({question.split for question in questions if question.split is not None})
        there = f"the splits are: {', '.join(splits)}" if splits else 'no line has the key "split"'
        raise QuestionFileError(file, None, f"no question of the split {split!r}; {there}")
    return chosen


def read_lines(file: Path) -> list[str]:
    """The lines of a text file in UTF-8.

    Raises:
        QuestionFileError: the file can't be read, or is not UTF-8.
    """
    try:
        return file.read_text(encoding="utf-8-sig").splitlines()
    except OSError as error:
        raise QuestionFileError(file, None, f"can't be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise QuestionFileError(file, None, "not UTF-8: save it as UTF-8") from error


def locate(questions: Sequence[Question], reviews: Iterable[Review], file: Path) -> tuple[JudgedQuestion, ...]:
    """The questions with their labels found in the reviews.

    A quote that its review holds more than once is relevant wherever it stands.

    Args:
        questions: what `read_questions` read from `file`.
        reviews: the reviews that the questions are about.
        file: named in errors.

    Raises:
        QuestionFileError: a review that isn't there, or a quote that isn't in its review; the message names
            the line, and the nearest text.
    """
    there = tuple(reviews)
    seen: dict[tuple[str, ...], dict[str, Review]] = {}
    for question in questions:
        if question.collections not in seen:
            # Of two collections' reviews with one slug it is the first's, as `Library.review` has it.
            seen[question.collections] = {
                review.slug: review
                for collection in reversed(question.collections)
                for review in there
                if review.collection == collection
            }
    return tuple(_located(question, seen[question.collections], file) for question in questions)


def question_line(question: Question) -> str:
    """The question as a line of a question file, without its line break."""
    record: dict[str, object] = {
        "id": question.id,
        "question": question.text,
        "relevant": [{"review": label.review, "quote": label.quote} for label in question.relevant],
        "context": list(question.context),
        "review": question.review,
        "kind": question.kind,
    }
    if question.split is not None:
        record["split"] = question.split
    if question.collections != (SHARED,):
        record["collections"] = list(question.collections)
    return json.dumps(record, ensure_ascii=False)


def _located(question: Question, reviews: Mapping[str, Review], file: Path) -> JudgedQuestion:
    if question.review is not None and question.review not in reviews:
        raise QuestionFileError(file, question.line, _no_review(question.review, reviews))
    spans: list[Span] = []
    for label in question.relevant:
        review = reviews.get(label.review)
        if review is None:
            raise QuestionFileError(file, question.line, _no_review(label.review, reviews))
        found = _occurrences(label.quote, review)
        if not found:
            raise QuestionFileError(
                file,
                question.line,
                f"the quote {_clipped(label.quote)} is not in the review {review.slug!r}; "
                f"the nearest text there is: {_nearest(label.quote, review.text)}",
            )
        spans.extend(found)
    return JudgedQuestion(
        id=question.id,
        text=question.text,
        spans=tuple(spans),
        judgements=paragraph_judgements(spans, reviews),
        context=question.context,
        review=question.review,
        kind=question.kind,
        collections=question.collections,
    )


def _occurrences(quote: str, review: Review) -> list[Span]:
    spans = []
    start = review.text.find(quote)
    while start >= 0:
        spans.append(Span(review.slug, start, start + len(quote)))
        start = review.text.find(quote, start + 1)
    return spans


def _nearest(quote: str, text: str) -> str:
    alignment = fuzz.partial_ratio_alignment(quote, text)
    if alignment is None or alignment.score == 0:
        return "none that is like it"
    # Widened to whole words.
    start = max(text.rfind(space, 0, alignment.dest_start + 1) + 1 for space in " \n")
    ends = (text.find(space, alignment.dest_end - 1) for space in " \n")
    return repr(text[start : min((end for end in ends if end >= 0), default=len(text))])


def _no_review(slug: str, reviews: Iterable[str]) -> str:
    there = ", ".join(sorted(reviews))
    return f"there is no review {slug!r}; " + (f"there are: {there}" if there else "the asker sees none")


def _clipped(quote: str, limit: int = 80) -> str:
    return repr(quote if len(quote) <= limit else quote[: limit - 1].rstrip() + "…")


def _json_name(value: object) -> str:
    if value is None:
        return "null"
    names = {bool: "true or false", str: "a string", int: "a number", float: "a number", list: "a list"}
    return names.get(type(value), "an object")


@dataclass(frozen=True, slots=True)
class _Line:
    """A line's object and its place, so that whatever is wrong with it can be named."""

    file: Path
    number: int
    record: Mapping[str, object]

    def question(self) -> Question:
        relevant = tuple(self._label(item) for item in self._list("relevant", needed=True))
        review = self._optional_text("review")
        strays = sorted({label.review for label in relevant} - {review}) if review is not None else []
        if strays:
            raise self._error(f'"review" narrows the search to {review!r}, but a relevant quote is in {strays[0]!r}')
        return Question(
            id=self._text(self.record, "id"),
            text=self._text(self.record, "question"),
            relevant=relevant,
            context=tuple(self._turn(item) for item in self._list("context", needed=False)),
            review=review,
            kind=self._optional_text("kind"),
            split=self._optional_text("split"),
            line=self.number,
            collections=tuple(self._collection(item) for item in self._list("collections", needed=False)) or (SHARED,),
        )

    def _label(self, item: object) -> Label:
        if not isinstance(item, dict):
            raise self._error(f'"relevant" holds {_json_name(item)}: each is {{"review": slug, "quote": text}}')
        return Label(self._text(item, "review"), self._text(item, "quote"))

    def _turn(self, item: object) -> str:
        if not isinstance(item, str):
            raise self._error(f'"context" holds {_json_name(item)}: it is a list of the earlier questions')
        return item

    def _collection(self, item: object) -> str:
        if not isinstance(item, str):
            raise self._error(f'"collections" holds {_json_name(item)}: it is a list of collections\' names')
        return item

    def _list(self, key: str, *, needed: bool) -> list[object]:
        if key not in self.record and needed:
            raise self._error(
                f'"{key}" is missing: write [] where the reviews don\'t answer the question, '
                f"or label it with `review-bot label FILE --from {self.file.name}`"
            )
        value = self.record.get(key, [])
        if not isinstance(value, list):
            raise self._error(f'"{key}" is {_json_name(value)}: it is a list')
        return value

    def _text(self, record: Mapping[str, object], key: str) -> str:
        if key not in record:
            raise self._error(f'"{key}" is missing')
        value = record[key]
        if not isinstance(value, str):
            raise self._error(f'"{key}" is {_json_name(value)}: it is a string')
        if not value.strip():
            raise self._error(f'"{key}" is empty')
        return value

    def _optional_text(self, key: str) -> str | None:
        return None if self.record.get(key) is None else self._text(self.record, key)

    def _error(self, reason: str) -> QuestionFileError:
        return QuestionFileError(self.file, self.number, reason)
