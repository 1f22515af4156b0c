"""A set that no training saw, as reviews to ask: for each question, does a review of a few paragraphs answer it?

The paragraphs of a set are dealt into reviews. Of each review's paragraphs half are taken away again, and their
questions are asked all the same: what was taken away is what the review doesn't say.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterable

from embeddings.evaluation.pooling import PooledSection, pooled
from embeddings.evaluation.tasks import JudgedQuestion, Judgement, Span, Task, paragraph_id, paragraph_of
from embeddings.records import Paragraph, Review
from embeddings.training.examples import Example, QuestionSet

PARAGRAPHS = 20
"""How many paragraphs a review is dealt; half of them stay."""

_SECTION = "introduction"
_OPINION = re.compile(
    r"\b(?:recommend\w*|like[ds]?|love[ds]?|enjoy\w*|feel\w*|felt|thinks?|thought|opinion|favou?rite|best|worst|good|bad"
    r"|great|quality|worth|happy|satisf\w+|disappoint\w*|problem|impress\w*|prefer\w*|advi[cs]e|complain\w*|review\w*)\b"
)
_FIRST = re.compile(r"\b(who|whom|whose|what|which|when|where|why|how)\b")


def left_out_task(given: QuestionSet, questions: int, seed: int, groups: Iterable[str] | None = None) -> Task:
    """About so many questions on the set's paragraphs, half of them on paragraphs that are not there.

    Args:
        given: the set.
        questions: how many at most.
        seed: decides which.
        groups: keep to the paragraphs of these documents.
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
    for start in range(0, len(places) - PARAGRAPHS + 1, PARAGRAPHS):
        dealt = places[start : start + PARAGRAPHS]
        gone = frozenset(chance.sample(dealt, PARAGRAPHS // 2))
        kept = [place for place in dealt if place not in gone]
        slug = f"review-{len(reviews) + 1}"
        texts = tuple(given.paragraphs[place].text for place in kept)
        review = pooled(slug, f"Review {len(reviews) + 1}", [PooledSection(_SECTION, "Introduction", texts)])
        reviews.append(review)
        stands = dict(zip(kept, review.sections[0].paragraphs, strict=True))
        for place in dealt:
            for example in chance.sample(asked[place], min(each, len(asked[place]))):
                judged.append(_judged(given, example, slug, stands.get(place), len(judged) + 1))
        if len(judged) >= questions:
            break
    return Task(given.name, tuple(reviews), tuple(judged[:questions]), paragraph_of)


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
