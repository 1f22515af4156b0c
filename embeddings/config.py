"""TBD."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RankingSettings:
    """The weights of the fusion, and how many candidates it sees.

    Attributes:
        passage_lexical: BM25's share of a passage's score; the dense part has the rest.
        best_sentence: the best sentence's share of a passage's dense part; the whole passage has the rest.
        sentence_lexical: BM25's share of a sentence's score; the dense part has the rest.
        pair: the share that a sentence with the one before it has of the sentence's dense part.
        sentence_passage: how much of its passage's score a sentence is given on top.
        exact: up to how many sentences in scope all are candidates.
        candidates: how many of each source are, where there are more.
        reader_share: the reranker's share of the order of quoting, where one takes part; this ranking has the rest.

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
