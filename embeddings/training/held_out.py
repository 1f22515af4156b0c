"""Make evaluation tasks of a held-out set: reviews of a few paragraphs, and questions that they answer or don't.

The paragraphs of a set are distributed over reviews. Half of them lose what answers their questions, which makes these
questions unanswerable. Without the whole paragraph, the review says nothing about the subject. Without only the
sentences that answer, it writes about the subject and omits the answer, which is much harder to notice.
"""

from __future__ import annotations

import hashlib
import random
import re
from collections.abc import Iterable
from dataclasses import replace
from enum import Enum

from embeddings.evaluation.datasets.task import (
    JudgedQuestion,
    Judgement,
    SectionText,
    Span,
    Task,
    build_review,
    paragraph_id,
    paragraph_of_hit,
)
from embeddings.records import Paragraph, Review
from embeddings.training.examples import Example, QuestionSet

PARAGRAPHS = 10
"""The number of paragraphs in a review."""

_SECTION = "introduction"
_OPINION = re.compile(
    r"\b(?:recommend\w*|like[ds]?|love[ds]?|enjoy\w*|feel\w*|felt|thinks?|thought|opinion|favou?rite|best|worst|good|bad"
    r"|great|quality|worth|happy|satisf\w+|disappoint\w*|problem|impress\w*|prefer\w*|advi[cs]e|complain\w*|review\w*)\b"
)
_FIRST = re.compile(r"\b(who|whom|whose|what|which|when|where|why|how)\b")


class Removal(Enum):
    """What makes half of the questions unanswerable."""

    PARAGRAPHS = "paragraphs removed"
    ANSWERS = "answers removed"


def half(question_set: QuestionSet, *, final: bool) -> QuestionSet:
    """Return a set with the questions about half of its documents: one to choose by, or the final one."""
    examples = (
        example
        for example in question_set.examples
        if hashlib.sha256(f"half {question_set.groups[example.paragraph]}".encode()).digest()[0] % 2 == final
    )
    return replace(question_set, examples=tuple(examples))


def held_out_task(
    question_set: QuestionSet, questions: int, seed: int, removal: Removal, *, paragraphs: int = PARAGRAPHS
) -> Task:
    """Return a task with up to that many questions about the set's paragraphs, half of them unanswerable.

    Reviews have so many paragraphs.
    """
    rng = random.Random(f"{seed} {question_set.name}")
    asked: dict[int, list[Example]] = {}
    for example in question_set.examples:
        if example.gold:
            asked.setdefault(example.paragraph, []).append(example)
    places = sorted(asked)
    rng.shuffle(places)
    each = max(1, min(2, round(sum(map(len, asked.values())) / max(1, len(asked)))))
    reviews: list[Review] = []
    judged: list[JudgedQuestion] = []
    drawn = 2 * paragraphs if removal is Removal.PARAGRAPHS else paragraphs
    for start in range(0, len(places) - drawn + 1, drawn):
        sample = places[start : start + drawn]
        unanswerable = frozenset(rng.sample(sample, drawn // 2))
        chosen = {place: rng.sample(asked[place], min(each, len(asked[place]))) for place in sample}
        texts = {
            place: _without_answers(question_set, place, chosen[place], removal)
            if place in unanswerable
            else question_set.paragraphs[place].text
            for place in sample
        }
        number = len(reviews) + 1
        kept = {place: text for place, text in texts.items() if text}
        section = SectionText(_SECTION, "Introduction", tuple(kept.values()))
        review = build_review(f"review-{number}", f"Review {number}", [section])
        reviews.append(review)
        paragraph_at = dict(zip(kept, review.sections[0].paragraphs, strict=True))
        for place, examples in chosen.items():
            for example in examples:
                if place not in unanswerable:
                    judged.append(_judged(question_set, example, review.slug, paragraph_at[place], len(judged) + 1))
                # Unless the text has an answer all the same.
                elif not any(answer.lower() in texts[place].lower() for answer in example.answers):
                    judged.append(_judged(question_set, example, review.slug, None, len(judged) + 1))
        if len(judged) >= questions:
            break
    return Task(f"{question_set.name}, {removal.value}", tuple(reviews), tuple(judged[:questions]), paragraph_of_hit)


def _without_answers(question_set: QuestionSet, paragraph: int, examples: Iterable[Example], removal: Removal) -> str:
    """Return what remains of a paragraph, which is nothing if all of it is removed."""
    if removal is Removal.PARAGRAPHS:
        return ""
    gold = {place for example in examples for place in example.gold}
    sentences = question_set.paragraphs[paragraph].sentences
    return " ".join(sentence for place, sentence in enumerate(sentences) if place not in gold)


def kind_of(question: str) -> str:
    """Return `opinion` for a question with a word of opinion, else its question word, or `yes or no`."""
    folded = question.lower()
    if _OPINION.search(folded):
        return "opinion"
    found = _FIRST.search(folded)
    return {"whom": "who", "whose": "who"}.get(found[1], found[1]) if found else "yes or no"


def _judged(
    question_set: QuestionSet, example: Example, slug: str, paragraph: Paragraph | None, number: int
) -> JudgedQuestion:
    spans: tuple[Span, ...] = ()
    judgements: tuple[Judgement, ...] = ()
    if paragraph is not None:
        starts = [paragraph.start]
        sentences = question_set.paragraphs[example.paragraph].sentences
        for sentence in sentences:
            starts.append(starts[-1] + len(sentence) + 1)
        spans = tuple(Span(slug, starts[place], starts[place] + len(sentences[place])) for place in example.gold)
        judgements = (Judgement(paragraph_id(slug, _SECTION, paragraph.number)),)
    return JudgedQuestion(
        id=f"{slug}-{number}",
        text=example.question,
        spans=spans,
        judgements=judgements,
        review=slug,
        kind=kind_of(example.question),
    )
