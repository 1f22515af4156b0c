"""The sentences of a review that judge its work, for a question that asks whether it is any good.

That question resembles none of them. They name the work, judge it with words such as "best" or "dull", are close to a
model answer and to what the whole review says, and often stand where the review begins or ends.
"""

from __future__ import annotations

import numpy as np

from embeddings.config import QUOTE_CANDIDATES, VERDICT_SCALE, VERDICT_WEIGHTS
from embeddings.documents.analyzer import words
from embeddings.lexicon import EVALUATIVE_WORDS, STOP_WORDS, VERDICT_HEADINGS, VERDICT_SUBJECTS
from embeddings.retrieval.fusion import RankedSentence
from embeddings.retrieval.retriever import Floats, Scope

_SUBJECT_WORDS = 8
"""Among so many words at its start a sentence that is about the work calls it by a noun."""
_EDGE_SENTENCES = 8
_WORDS = range(6, 46)
"""A shorter sentence says little about a work, and a longer one most often more about something else."""


def find_verdicts(scope: Scope, question: str, answers: Floats) -> tuple[RankedSentence, ...]:
    """Return the sentences that judge the work best, best first, of a scope that is one review.

    `answers` (m, d) are the vectors of the model answers. As in the ranking, the best score is 2.
    """
    first, end = scope.sentences
    if first == end:
        return ()
    scores = _likeness(scope.index.sentence_vectors.rows(first, end), answers)
    scores += [_evidence(scope, row, set(words(question)) - STOP_WORDS) for row in range(first, end)]
    best = np.argsort(-scores, kind="stable")[:QUOTE_CANDIDATES]
    return tuple(
        RankedSentence(scope.index, first + place, 2.0 - VERDICT_SCALE * float(scores[best[0]] - scores[place]))
        for place in best.tolist()
    )


def _likeness(vectors: Floats, answers: Floats) -> Floats:
    """Return how close each vector (n, d) is to a model answer and to the centre of all."""
    centre = vectors.mean(axis=0)
    central: Floats = vectors @ centre / max(float(np.linalg.norm(centre)), 1e-9)
    closest: Floats = (vectors @ answers.T).max(axis=1)
    return closest + VERDICT_WEIGHTS.centre * central


def _evidence(scope: Scope, row: int, asked: set[str]) -> float:
    """Return what a sentence's words and place say for its being the verdict."""
    index, (first, end) = scope.index, scope.sentences
    text = words(index.sentence(row))
    passage = index.passage(int(index.sentence_table[row]["passage"]))
    review = index.review(passage.review)
    titles = [set(words(title)) - STOP_WORDS for title in (review.title, review.work or "", *review.aliases)]
    is_named = any(title and title <= set(text) for title in titles)
    is_about = is_named or text[:1] == ["it"] or not VERDICT_SUBJECTS.isdisjoint(text[:_SUBJECT_WORDS])
    evidence = 0.0
    if not EVALUATIVE_WORDS.isdisjoint(text):
        evidence += VERDICT_WEIGHTS.judges_work if is_about else VERDICT_WEIGHTS.judges
    if is_named:
        evidence += VERDICT_WEIGHTS.names
    if not asked.isdisjoint(text):
        evidence += VERDICT_WEIGHTS.asked
    if not VERDICT_HEADINGS.isdisjoint(words(review.section(passage.section).heading)):
        evidence += VERDICT_WEIGHTS.heading
    evidence += VERDICT_WEIGHTS.edge * max(0.0, 1 - min(row - first, end - 1 - row) / _EDGE_SENTENCES)
    return evidence if len(text) in _WORDS else evidence - VERDICT_WEIGHTS.length
