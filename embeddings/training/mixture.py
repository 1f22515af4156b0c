"""Which sets the reader learns from, how much of each, and which documents are kept back."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace

from embeddings.training.examples import QuestionSet
from embeddings.training.windows import Share, Window, make_windows

MIXTURE: Mapping[str, Share] = {
    "SQuAD 2.0": Share(answering=0.7, removed=0.15, close=0.15, impossible=0.7),
    "XQuAD English": Share(answering=0.5, removed=0.15, close=0.15, renamed=0.1),
    "SQuADShifts reddit": Share(answering=0.7, removed=0.15, close=0.2, renamed=0.05),
    "SQuADShifts new_wiki": Share(answering=0.3, removed=0.08, close=0.08, renamed=0.08),
    "FairytaleQA": Share(answering=0.45, removed=0.15, close=0.15, renamed=0.05),
    "SelQA": Share(answering=0.7, removed=0.3, close=0.2),
    "QAMR": Share(answering=0.05, removed=0.0, close=0.02),
}
"""The windows that each set gives, as multiples of its questions: most from people's own words about what they like."""

_KEPT_BACK = 4  # of each hundred documents


def kept_back(group: str) -> bool:
    """Whether a document is kept from training, to see how well it goes; the same whatever the seed."""
    return int.from_bytes(hashlib.sha256(group.encode()).digest()[:4]) % 100 < _KEPT_BACK


def mixed(
    sets: Sequence[QuestionSet], seed: int, *, mixture: Mapping[str, Share] = MIXTURE
) -> tuple[list[tuple[str, Window]], list[Window]]:
    """The windows to learn from, each with its set's name, and those of the documents that are kept back."""
    learned: list[tuple[str, Window]] = []
    back: list[Window] = []
    for given in sets:
        for keep in (False, True):
            examples = tuple(
                example for example in given.examples if kept_back(given.groups[example.paragraph]) is keep
            )
            windows = make_windows(replace(given, examples=examples), mixture[given.name], seed)
            if keep:
                back.extend(windows)
            else:
                learned.extend((given.name, window) for window in windows)
    return learned, back
