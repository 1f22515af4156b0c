"""The numbers of the training data: how many windows there are of each kind, and in which styles questions are asked.

How a reranker learns from them is in `trainer.Recipe`, and the windows of each set are in `mixture.MIXTURE`.
"""

from __future__ import annotations

from collections.abc import Mapping

TRAINING_WINDOWS: int = 65_000
"""How many windows a reranker is trained on. With 30,160 the curve still rose (the README's table)."""

LIBRARY_SHARE: float = 0.5
"""The share of them that are cut as the library cuts them: as many as seed 3 of the README's table had."""

OPINION_SETS: tuple[str, ...] = ("SQuADShifts reddit",)
"""The training sets in which people write about what they like."""

OPINION_SHARE: float = 0.33
"""The share of the windows that are of `OPINION_SETS`: what the shipped reranker was trained on."""

STYLE_SHARES: Mapping[str, float] = {
    "plain": 0.40,
    "title-before": 0.07,
    "title-after": 0.07,
    "lower-case": 0.10,
    "typos": 0.08,
    "chatty": 0.07,
    "reviewer": 0.07,
    "disfluent": 0.03,
    "follow-up": 0.11,
}
"""The share of each style of `styles.STYLES` among the questions of windows, whether or not they answer. They add up to
1. A guess."""

LOWERED_SHARE: float = 0.3
"""The share of the questions of the other styles, except plain ones, that are in lower case without punctuation, as
people type. A guess."""

TYPO_WORDS: int = 7
"""A question with typos has one for so many words, at least one. A guess."""

PRONOUN_SHARE: float = 0.6
"""The share of follow-ups in which a pronoun stands for a name that the question before has. A guess."""

REVIEW_PARAGRAPHS: int = 20
"""The most paragraphs of a review that windows are cut from as the library cuts them: as for seed 3."""

GONE_SHARE: float = 0.12
"""The share of its paragraphs that are removed, so that the review doesn't answer their questions. A guess."""

CUT_SHARE: float = 0.13
"""The share of its paragraphs that lose the sentences that answer. A guess; seed 3 had a third removed."""

PARAGRAPH_QUESTIONS: int = 6
"""The most questions about a paragraph of such a review, so that fewer paragraphs need vectors. A guess."""

QUESTION_WINDOWS: int = 2
"""The most windows of one question about such a review. The library reads four to six, but of all that it reads only a
tenth answers. A guess."""

MAX_PAIR_SHARE: float = 0.05
"""The largest share of windows that also have a perturbed question. As a third of them, and as negatives, such
questions cost the first quote (the README)."""

PAIR_QUALIFIERS: float = 0.8
"""The share of the perturbed questions with a phrase added; the others have another name. A guess."""

HELD_BACK_PERCENT: int = 20
"""The percentage of the phrases that no training question gets, to judge rerankers by. A guess."""

VALIDATION_PERCENT: int = 4
"""The percentage of the documents of the training sets that are set aside for validation."""

VALIDATION_QUESTIONS: int = 400
"""How many questions about them are asked of reviews, with all windows that the library reads. A guess."""

JUDGED_PAIRS: int = 300
"""The most windows with a perturbed question of each kind that a reranker is judged by. A guess."""
