"""Question files: JSON Lines whose labels are quotes, so that they don't depend on the splitter.

A line is an object with `id`, `question` and `relevant`, and optionally `context`, `review`, `kind`, `split` and
`collections`; other keys are ignored. `relevant: []` means that the reviews don't answer the question.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from rapidfuzz import fuzz

from embeddings.errors import QuestionFileError
from embeddings.evaluation.datasets.files import json_name, read_records, register_id
from embeddings.evaluation.datasets.task import JudgedQuestion, Span, paragraph_judgements
from embeddings.records import SHARED, Review


@dataclass(frozen=True, slots=True)
class Label:
    """A verbatim quote, from the review with that slug, that answers a question."""

    review: str
    quote: str


@dataclass(frozen=True, slots=True)
class Question:
    """A line of a question file.

    `context` holds the earlier user turns, oldest first. `review` is the slug of the review to search, None for all.
    `collections` are those that the person who asks may see. `line` is the line number in the file, from 1; 0 where
    the question comes from no file.
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
    """Read the questions of a file, in order.

    Raises:
        QuestionFileError: the file can't be read or has no question, a line is not in the format, or two lines have
            the same id.
    """
    questions: list[Question] = []
    line_of: dict[str, int] = {}
    for number, record in read_records(file):
        question = QuestionLine(file, number, record).question()
        register_id(question.id, line_of, file, number)
        questions.append(question)
    if not questions:
        raise QuestionFileError(file, None, "The file has no questions. Write one JSON object per line.")
    return tuple(questions)


def select_split(questions: Sequence[Question], split: str, file: Path) -> tuple[Question, ...]:
    """Return the questions whose key `split` has that value; an error lists the splits in the file."""
    chosen = tuple(question for question in questions if question.split == split)
    if not chosen:
        splits = sorted({question.split for question in questions if question.split is not None})
        listed = f"The splits are: {', '.join(splits)}." if splits else 'No line has the key "split".'
        raise QuestionFileError(file, None, f"The file has no question of the split {split!r}. {listed}")
    return chosen


def locate_quotes(questions: Sequence[Question], reviews: Iterable[Review], file: Path) -> tuple[JudgedQuestion, ...]:
    """Find the quotes of questions in their reviews. Every occurrence of a quote in its review is relevant.

    Raises:
        QuestionFileError: there is no such review, or a quote is not in its review; the message names the line and
            the nearest text.
    """
    reviews = tuple(reviews)
    visible: dict[tuple[str, ...], dict[str, Review]] = {}
    for question in questions:
        if question.collections not in visible:
            # Where two collections have a review of the same slug, the first collection wins, as in `Library.review`.
            visible[question.collections] = {
                review.slug: review
                for collection in reversed(question.collections)
                for review in reviews
                if review.collection == collection
            }
    return tuple(_judged(question, visible[question.collections], file) for question in questions)


def question_line(question: Question) -> str:
    """Return the question as a line of a question file, without a line break."""
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


def _judged(question: Question, reviews: Mapping[str, Review], file: Path) -> JudgedQuestion:
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
                f"The quote {_shortened(label.quote)} is not in the review {review.slug!r}. "
                f"The nearest text is {_nearest(label.quote, review.text)}.",
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
        return "not similar at all"
    # Extend the match to whole words.
    start = max(text.rfind(space, 0, alignment.dest_start + 1) + 1 for space in " \n")
    ends = (text.find(space, alignment.dest_end - 1) for space in " \n")
    return repr(text[start : min((end for end in ends if end >= 0), default=len(text))])


def _no_review(slug: str, reviews: Mapping[str, Review]) -> str:
    listed = f"The reviews are: {', '.join(sorted(reviews))}." if reviews else "The collections have no reviews."
    return f"There is no review {slug!r}. {listed}"


def _shortened(quote: str, limit: int = 80) -> str:
    return repr(quote if len(quote) <= limit else quote[: limit - 1].rstrip() + "…")


@dataclass(frozen=True, slots=True)
class QuestionLine:
    """The object of a line with its position, for error messages."""

    file: Path
    number: int
    record: Mapping[str, object]

    def question(self) -> Question:
        """Return the labelled question of the line."""
        if "relevant" not in self.record:
            raise self.error(
                '"relevant" is missing. Write [] if the reviews don\'t answer the question, '
                f"or label it with `review-bot label FILE --from {self.file.name}`."
            )
        relevant = tuple(self._label(item) for item in self._list("relevant"))
        review = self.optional_text("review")
        strays = sorted({label.review for label in relevant} - {review}) if review is not None else []
        if strays:
            raise self.error(
                f'"review" is {review!r}, but a relevant quote is in {strays[0]!r}. Use the same review for both.'
            )
        return Question(
            id=self.text(self.record, "id"),
            text=self.text(self.record, "question"),
            relevant=relevant,
            context=self.strings("context", "the earlier questions"),
            review=review,
            kind=self.optional_text("kind"),
            split=self.optional_text("split"),
            line=self.number,
            collections=self.strings("collections", "the names of collections") or (SHARED,),
        )

    def _label(self, item: object) -> Label:
        if not isinstance(item, dict):
            raise self.error(
                f'"relevant" holds {json_name(item)}. Write objects like {{"review": "slug", "quote": "Its words."}}.'
            )
        return Label(self.text(item, "review"), self.text(item, "quote"))

    def strings(self, key: str, meaning: str) -> tuple[str, ...]:
        """Return the list of strings under a key; `meaning` says what they are in the error."""
        items = self._list(key)
        for item in items:
            if not isinstance(item, str):
                raise self.error(f'"{key}" holds {json_name(item)}. Write a list of strings, {meaning}.')
        return tuple(map(str, items))

    def _list(self, key: str) -> list[object]:
        value = self.record.get(key, [])
        if not isinstance(value, list):
            raise self.error(f'"{key}" is {json_name(value)}. Write a list.')
        return value

    def text(self, record: Mapping[str, object], key: str) -> str:
        """Return the text under a key of the line, or of an object in it."""
        if key not in record:
            raise self.error(f'"{key}" is missing. Add it.')
        value = record[key]
        if not isinstance(value, str):
            raise self.error(f'"{key}" is {json_name(value)}. Write a string.')
        if not value.strip():
            raise self.error(f'"{key}" is empty. Write a text.')
        return value

    def optional_text(self, key: str) -> str | None:
        """Return the text under a key, or None where there is none."""
        return None if self.record.get(key) is None else self.text(self.record, key)

    def error(self, reason: str) -> QuestionFileError:
        """Return an error that names the line."""
        return QuestionFileError(self.file, self.number, reason)
