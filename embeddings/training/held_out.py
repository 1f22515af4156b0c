"""A set that no training saw, as reviews to ask: for each question, does a review of a few paragraphs answer it?

The paragraphs of a set are dealt into reviews. What answers the questions about half of them is taken away again, and
they are asked all the same. Whole paragraphs are what a review is silent about; the sentences that answer alone, out of
paragraphs that stay, are what it leaves out of what it does speak about: the harder case by far.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterable
from enum import Enum

from embeddings.evaluation.datasets.review_builder import SectionText, build_review
from embeddings.evaluation.datasets.task import JudgedQuestion, Judgement, Span, Task, paragraph_id, paragraph_of_hit
from embeddings.records import Paragraph, Review
from embeddings.training.examples import Example, QuestionSet

PARAGRAPHS = 10
"""How many paragraphs a review has."""

_SECTION = "introduction"
_OPINION = re.compile(
    r"\b(?:recommend\w*|like[ds]?|love[ds]?|enjoy\w*|feel\w*|felt|thinks?|thought|opinion|favou?rite|best|worst|good|bad"
    r"|great|quality|worth|happy|satisf\w+|disappoint\w*|problem|impress\w*|prefer\w*|advi[cs]e|complain\w*|review\w*)\b"
)
_FIRST = re.compile(r"\b(who|whom|whose|what|which|when|where|why|how)\b")


class Taken(Enum):
    """What is taken away from the half of the paragraphs whose questions are not to be answered."""

    PARAGRAPHS = "paragraphs taken away"
    ANSWERS = "answers taken away"


def held_out_task(
    given: QuestionSet,
    questions: int,
    seed: int,
    groups: Iterable[str] | None = None,
    taken: Taken = Taken.PARAGRAPHS,
) -> Task:
    """About so many questions on the set's paragraphs, half of them without an answer.

    Args:
        given: the set.
        questions: how many at most.
        seed: decides which.
        groups: keep to the paragraphs of these documents.
        taken: what is taken away.
    """
    chance = random.Random(f"{seed} {given.name}")
    wanted = frozenset(given.groups if groups is None else groups)
    asked: dict[int, list[Example]] = {}
    for example in given.examples:
        if example.gold and given.groups[example.paragraph] in wanted:
            asked.setdefault(example.paragraph, []).append(example)
    places = sorted(asked)
    chance.shuffle(places)
    each = max(1, min(2, round(sum(map(len, asked.values())) / max(1, len(asked)))))
    reviews: list[Review] = []
    judged: list[JudgedQuestion] = []
    each_deal = 2 * PARAGRAPHS if taken is Taken.PARAGRAPHS else PARAGRAPHS
    for start in range(0, len(places) - each_deal + 1, each_deal):
        dealt = places[start : start + each_deal]
        gone = frozenset(chance.sample(dealt, each_deal // 2))
        chosen = {place: chance.sample(asked[place], min(each, len(asked[place]))) for place in dealt}
        texts = {
            place: _left(given, place, chosen[place], taken) if place in gone else given.paragraphs[place].text
            for place in dealt
        }
        number = len(reviews) + 1
        told = {place: text for place, text in texts.items() if text}
        section = SectionText(_SECTION, "Introduction", tuple(told.values()))
        review = build_review(f"review-{number}", f"Review {number}", [section])
        reviews.append(review)
        stands = dict(zip(told, review.sections[0].paragraphs, strict=True))
        for place, examples in chosen.items():
            for example in examples:
                if place not in gone:
                    judged.append(_judged(given, example, review.slug, stands[place], len(judged) + 1))
                elif not _tells(texts[place], example):
                    judged.append(_judged(given, example, review.slug, None, len(judged) + 1))
        if len(judged) >= questions:
            break
    return Task(f"{given.name}, {taken.value}", tuple(reviews), tuple(judged[:questions]), paragraph_of_hit)


def _left(given: QuestionSet, paragraph: int, examples: Iterable[Example], taken: Taken) -> str:
    """What stays of a paragraph whose questions are not to be answered; nothing where all of it goes."""
    if taken is Taken.PARAGRAPHS:
        return ""
    gold = {place for example in examples for place in example.gold}
    sentences = given.paragraphs[paragraph].sentences
    return " ".join(sentence for place, sentence in enumerate(sentences) if place not in gold)


def _tells(text: str, example: Example) -> bool:
    """Whether the words that answer stand elsewhere in the paragraph as well."""
    return any(answer.lower() in text.lower() for answer in example.answers)


def kind_of(question: str) -> str:
    """What a question asks for: an opinion, by the words of one; else its question word, or yes or no."""
    folded = question.lower()
    if _OPINION.search(folded):
        return "opinion"
    found = _FIRST.search(folded)
    return {"whom": "who", "whose": "who"}.get(found[1], found[1]) if found else "yes or no"


def _judged(given: QuestionSet, example: Example, slug: str, stands: Paragraph | None, number: int) -> JudgedQuestion:
    spans: tuple[Span, ...] = ()
    judgements: tuple[Judgement, ...] = ()
    if stands is not None:
        starts = [stands.start]
        sentences = given.paragraphs[example.paragraph].sentences
        for sentence in sentences:
            starts.append(starts[-1] + len(sentence) + 1)
        spans = tuple(Span(slug, starts[place], starts[place] + len(sentences[place])) for place in example.gold)
        judgements = (Judgement(paragraph_id(slug, _SECTION, stands.number)),)
    return JudgedQuestion(
        id=f"{slug}-{number}",
        text=example.question,
        spans=spans,
        judgements=judgements,
        review=slug,
        kind=kind_of(example.question),
    )
