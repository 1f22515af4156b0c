"""Every number of the engine that somebody might tune, in the order in which texts and questions pass the stages.

To add one, write `NAME: type = value` under its stage's heading. The docstring says what the number does, its unit,
and where it was measured; write "a guess" where nobody measured it. Modules import the constant by name. A number that
only one value fits (a file's name, a format's version, a limit of another library) stays where it is used.

The evaluation's README has the measurements on question files, the training's README those of the reranker, and
`python -m tests.benchmarks` measures speed.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

# Documents: review files to passages and sentences.

PASSAGE_TOKENS: int | None = None
"""The most tokens of a passage, special tokens included. None means as many as the encoder reads, which is also the
most that takes effect. Paragraphs scored by their best sentence and as a whole beat windows of one to three sentences
(nDCG@10 .82 against .73 to .80 on private questions)."""

# Encoders: texts to vectors.

# Index: what is on disk.

# Retrieval: a question to ranked passages and sentences.

MAX_QUESTION_CHARACTERS: int = 1000
"""The most characters of a question, and of the earlier question that a follow-up is read with. A guess."""

SHORT_QUESTION_WORDS: int = 3
"""A question of at most this many words counts as a follow-up. Chosen on the development questions."""

SPELLING_MIN_LETTERS: int = 4
"""Words with fewer letters are never corrected, because too many others are close to them. Stored indexes hold only
words of this length, so a change takes effect when an index is rebuilt."""

SPELLING_SIMILARITY: float = 0.72
"""The least similarity of a word and its correction: 1 minus the share of letters to change. Corrections raise the
AUROC of the development questions from .778 to .812."""

SPELLING_FIRST_LETTER_SIMILARITY: float = 0.85
"""The least similarity where the first letter differs, which people seldom get wrong. A guess."""

SPELLING_CANDIDATES: int = 3
"""How many of the closest words may be the correction. A guess."""


@dataclass(frozen=True, slots=True)
class RankingSettings:
    """The weights of the fusion, and how many candidates it scores.

    The weights were measured on half of SQuAD 2.0's development set and on private questions, and 17 variants of them
    on the development questions: none is better by more than .02 of nDCG@10. A sweep file varies them by these names.

    Attributes:
        passage_lexical: BM25's share of a passage's score; the dense part has the rest.
        best_sentence: the best sentence's share of a passage's dense part; the whole passage has the rest.
        sentence_lexical: BM25's share of a sentence's score; the dense part has the rest.
        pair: the share that a sentence with the one before it has of the sentence's dense part.
        sentence_passage: how much of its passage's score is added to a sentence's score.
        exact: in scopes of at most this many sentences, all of them are candidates.
        candidates: how many candidates each source gives in larger scopes.
        reader_share: the reranker's share of the order of quotes; the fusion has the rest. From .3 on the essay's
            figures stay and those of user reviews rise; at .5 the essay loses one question of 45.

    Raises:
        ValueError: a weight or a number is out of its range.
    """

    passage_lexical: float = 0.3
    best_sentence: float = 0.5
    sentence_lexical: float = 0.2
    pair: float = 0.5
    sentence_passage: float = 0.25
    exact: int = 4096
    candidates: int = 200
    reader_share: float = 0.4

    def __post_init__(self) -> None:
        for name in ("passage_lexical", "best_sentence", "sentence_lexical", "pair", "reader_share"):
            if not 0 <= getattr(self, name) <= 1:
                raise ValueError(f"{name} is a share, from 0 to 1, not {getattr(self, name)}")
        if not 0 <= self.sentence_passage < math.inf:
            raise ValueError(f"sentence_passage is 0 or more, not {self.sentence_passage}")
        if self.exact < 0 or self.candidates < 1:
            raise ValueError(f"exact is 0 or more and candidates 1 or more, not {self.exact} and {self.candidates}")


# Reranking: the best sentences scored again.

RERANKER_MAX_TOKENS: int = 112
"""The most tokens of a window with its question, special tokens included; the rest is cut off. The shipped reranker
was trained with this limit."""

RERANKER_WINDOW_SENTENCES: int = 5
"""The most sentences of a window. The shipped reranker was trained with as many."""

RERANKER_WINDOW_CHARACTERS: int = 160
"""A window takes in neighbours of its sentence up to this many characters. Measured in the training's README: six
windows of 160 characters order better than two of 420 for the same time."""

RERANKER_CHARACTERS: int = 640
"""Windows are added until they have this many characters in all, about 220 tokens and 31 ms on one core. The last
window may go beyond."""

# Answering: a ranking to an answer.

TOP_SENTENCES: int = 30
"""How many of the best sentences the reranker and the cast rule may reorder. A guess."""

CAST_BONUS: float = 1.0
"""What a sentence that names the performer gains in score where a question asks for one: more than any other sentence
can be ahead. The rule puts .04 more of the development questions first."""

QUOTE_CANDIDATES: int = 5
"""How many of the best sentences may become quotes. Five are as often right as more, and shorter, on the development
questions."""

MAX_QUOTES: int = 3
"""The most quotes of an answer."""

MAX_QUOTE_SENTENCES: int = 3
"""The most sentences of a quote, which neighbours share."""

RERANKER_CONFIDENCE_SHARE: float = 0.6
"""The share of the confidence that the reranker can add or take away. As a factor it can't lift a question that no
sentence is close to; as a sum it did (training's README)."""

DOUBT_FACTOR: float = 0.5
"""What remains of the confidence where an abstention rule applies. .5 gives a higher AUROC than .7 on the development
questions (.873 against .866)."""

OFF_TOPIC_COSINE: float = 0.18
"""A follow-up whose closest sentence has a lower cosine than this with the follow-up alone is off-topic. Chosen on the
development questions."""

OFF_TOPIC_STANDALONE_COSINE: float = 0.3
"""The same limit for a question that has no word that points back. Chosen on the development questions."""

TITLE_CASE_WORDS: int = 3
"""A question of at least this many words, all capitalised, is written in title case: its capitals mark no names. A
guess."""

UNCALIBRATED_ANSWERED: float = 0.37
"""The confidence of `answered` for an encoder or a reranker without calibration: the default encoder's."""

UNCALIBRATED_NEAREST: float = 0.32
"""The confidence of `nearest` for an encoder or a reranker without calibration: the default encoder's."""

UNCALIBRATED_RERANKER_MIDDLE: float = 0.0
"""The score that a reranker without calibration gives a sentence that as likely as not answers: even odds of a
logit."""

UNCALIBRATED_RERANKER_SPREAD: float = 4.0
"""How far from the middle the scores of a reranker without calibration are nearly certain. A guess for logits."""

# Evaluation: what measures the engine.
