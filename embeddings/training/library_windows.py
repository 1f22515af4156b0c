"""Cut windows as the library cuts them, by asking a library.

The paragraphs of a set become reviews. Some are removed, and some lose the sentences that answer. A library asks each
question of its review, with the spelling, the titles, the ranking and the neighbours that `Library.run` decides on, and
a reranker that scores nothing records what it is given to read.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from embeddings.answering.models import Models
from embeddings.documents.analyzer import compose
from embeddings.encoders.base import Encoder
from embeddings.errors import QuestionError
from embeddings.evaluation.datasets.task import SectionText, build_review
from embeddings.library import Library
from embeddings.records import QuestionInContext, Review
from embeddings.reranking.reranker import RerankerIdentity
from embeddings.training.config import CUT_SHARE, GONE_SHARE, PARAGRAPH_QUESTIONS, REVIEW_PARAGRAPHS
from embeddings.training.examples import Answer, Example, QuestionSet
from embeddings.training.styles import StyledQuestion
from embeddings.training.windows import Window

Ask = Callable[[Example, random.Random], StyledQuestion]
"""Returns the question of an example as somebody types it."""

_SHORTEST_PART = 12
_SHORTEST_ANSWER = 3


@dataclass(frozen=True, slots=True)
class ReviewQuestion:
    """A question about a review."""

    example: Example
    review: str  # the slug
    asked: StyledQuestion
    answers: tuple[str, ...]  # the sentences of the review that answer; empty where it doesn't


class Recorder:
    """A reranker that records what it is given to read, and has no preference."""

    def __init__(self) -> None:
        self.identity = RerankerIdentity("recorder", "")
        self.clear()

    def clear(self) -> None:
        """Forget what was recorded."""
        self.question = ""
        self.windows: tuple[tuple[str, ...], ...] = ()

    def score(self, question: str, windows: Sequence[Sequence[str]]) -> list[list[float]]:
        """Record a question with its windows; return the same score for each sentence."""
        self.question, self.windows = question, tuple(map(tuple, windows))
        return [[0.0] * len(window) for window in windows]


def library_windows(
    question_set: QuestionSet,
    ask: Ask,
    encoder: Encoder,
    folder: Path,
    *,
    questions: int,
    each: int | None,
    seed: int,
) -> list[list[Window]]:
    """Return the windows of each question of a set, asked of reviews of its paragraphs.

    Args:
        question_set: the paragraphs and the questions.
        ask: styles a question.
        encoder: ranks the sentences.
        folder: for the index. What an index there has is not encoded again.
        questions: about how many to ask.
        each: the most windows of a question, with those that answer; None keeps all that the library reads.
        seed: decides the reviews, the questions and their styles.
    """
    rng = random.Random(f"{seed} {question_set.name} library")
    reviews, asked = _reviews(question_set, ask, questions, rng)
    if not asked:
        return []
    recorder = Recorder()
    found = []
    with closing(Library.of(reviews, folder, Models(encoder, reranker=recorder))) as library:
        queries = library.encode_queries(
            [
                QuestionInContext(question.asked.text, context=_context(question), review=question.review)
                for question in asked
            ]
        )
        for question, query in zip(asked, queries, strict=True):
            recorder.clear()
            try:
                library.run(question.asked.text, k=0, review=question.review, context=_context(question), query=query)
            except QuestionError:
                # A typo left no word that the library can search.
                continue
            document = question_set.groups[question.example.paragraph]
            windows = [_window(recorder.question, read, question, document) for read in recorder.windows]
            chosen = _chosen([window for window in windows if window is not None], each, rng)
            if chosen:
                found.append(chosen)
    return found


def _context(question: ReviewQuestion) -> tuple[str, ...]:
    return (question.asked.before,) if question.asked.before else ()


def _reviews(
    question_set: QuestionSet, ask: Ask, questions: int, rng: random.Random
) -> tuple[list[Review], list[ReviewQuestion]]:
    """Return reviews of the paragraphs, those of a document together, until they have so many questions."""
    about: dict[int, list[Example]] = {}
    for example in question_set.examples:
        about.setdefault(example.paragraph, []).append(example)
    reviews: list[Review] = []
    asked: list[ReviewQuestion] = []
    for places in _groups(question_set, sorted(about), rng):
        if len(asked) >= questions:
            break
        slug = f"review-{len(reviews) + 1}"
        texts = []
        for place in places:
            sentences = question_set.paragraphs[place].sentences
            examples = rng.sample(about[place], min(PARAGRAPH_QUESTIONS, len(about[place])))
            fate = rng.random()
            removed = frozenset(range(len(sentences))) if fate < GONE_SHARE else frozenset[int]()
            if GONE_SHARE <= fate < GONE_SHARE + CUT_SHARE:
                removed = frozenset(number for example in examples for number in example.gold)
            kept = [sentence for number, sentence in enumerate(sentences) if number not in removed]
            texts.append(" ".join(kept))
            for example in examples:
                answers = tuple(compose(sentences[number]) for number in example.gold if number not in removed)
                asked.append(ReviewQuestion(example, slug, ask(example, rng), answers))
        paragraphs = tuple(filter(None, texts))
        if not paragraphs:
            # All of them were removed.
            asked = [question for question in asked if question.review != slug]
            continue
        reviews.append(build_review(slug, slug, [SectionText("text", "Text", paragraphs)]))
    return reviews, asked


def _groups(question_set: QuestionSet, places: Sequence[int], rng: random.Random) -> Iterator[list[int]]:
    """Yield the paragraphs of reviews in random order: short documents together, long ones in parts."""
    documents: dict[str, list[int]] = {}
    for place in places:
        documents.setdefault(question_set.groups[place], []).append(place)
    parts = [
        document[first : first + REVIEW_PARAGRAPHS]
        for document in documents.values()
        for first in range(0, len(document), REVIEW_PARAGRAPHS)
    ]
    rng.shuffle(parts)
    group: list[int] = []
    for part in parts:
        if group and len(group) + len(part) > REVIEW_PARAGRAPHS:
            yield group
            group = []
        group = group + part
    if group:
        yield group


def _window(text: str, read: tuple[str, ...], question: ReviewQuestion, document: str) -> Window | None:
    """Return a window with its labels, or None if it may answer although nobody says so."""
    sentences = tuple(map(compose, read))
    gold = [place for place, sentence in enumerate(sentences) if _is_part(sentence, question.answers)]
    spans = [span for place in gold if (span := _answer(sentences[place], place, question.example.answers))]
    if spans:
        # The library may split a sentence that answers: what counts is the part with the answer.
        gold = [span.sentence for span in spans]
    elif not gold and any(_answer(sentence, 0, question.example.answers) for sentence in sentences):
        return None
    return Window(text, sentences, tuple(gold), spans[0] if spans else None, document)


def _is_part(sentence: str, answers: Sequence[str]) -> bool:
    return any(
        sentence == answer
        or (len(sentence) >= _SHORTEST_PART and sentence in answer)
        or (len(answer) >= _SHORTEST_PART and answer in sentence)
        for answer in answers
    )


def _answer(sentence: str, place: int, answers: Sequence[str]) -> Answer | None:
    folded = sentence.lower()
    for answer in answers:
        start = folded.find(answer.lower()) if len(answer) >= _SHORTEST_ANSWER else -1
        # Lower case may have another length.
        if start >= 0 and len(folded) == len(sentence):
            return Answer(place, start, start + len(answer))
    return None


def _chosen(windows: Sequence[Window], each: int | None, rng: random.Random) -> list[Window]:
    """Return some of the windows of a question, first those that answer."""
    if each is None or len(windows) <= each:
        return list(windows)
    answering = [window for window in windows if window.gold][:each]
    others = [window for window in windows if not window.gold]
    return answering + rng.sample(others, min(len(others), each - len(answering)))
