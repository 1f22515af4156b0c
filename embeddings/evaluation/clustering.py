"""Texts that ask alike, by their vectors: the fullest group first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

ALIKE = 0.55
"""The least cosine of a question and its group's leader, for the default encoder.

Of 43 questions that a club might ask in vain about 12 subjects (`tests/embeddings/test_grouping.py`), groups hold 20 of
59 pairs on one subject and 6 of 844 on two; 22 and 13 at .50, 12 and 4 at .60. Of 600 unanswerable questions drawn from
SQuAD 2.0, 9 of 377 groups mix articles; 11 of 322 at .50, 3 of 449 at .60. Rather two groups on one subject, which
anybody sees, than a question that is lost in a group about another.
"""

_ROWS = 512
"""Rows compared with all others at a time, so that memory doesn't grow with the square of their number."""


def cluster(
    vectors: NDArray[np.float32], counts: Sequence[int], *, alike: float = ALIKE
) -> tuple[tuple[int, ...], ...]:
    """Part texts into groups around a leader each.

    The text with the most texts alike, itself included, leads the first group, which takes all of these; and so on with
    those that are left (the clustering of Daura et al. 1999, "Peptide folding: when simulation meets experiment").

    Args:
        vectors: shape (n, dimension), each row of length one.
        counts: how many times each text was given.
        alike: the least cosine of a member and its leader.

    Returns:
        The rows of each group: the leader, then the others, the closest to it first. Together they are all rows,
        each once. The groups are in the order of their counts' sums, the largest first.
    """
    near, cosines = _neighbours(vectors, alike)
    left = np.ones(len(vectors), dtype=bool)
    weights = np.asarray(counts, dtype=np.int64)
    scores = np.array([weights[rows].sum() for rows in near], dtype=np.int64)
    groups = []
    while left.any():
        leader = int(np.where(left, scores, -1).argmax())
        open_to_it = left[near[leader]]
        members, closeness = near[leader][open_to_it], cosines[leader][open_to_it]
        groups.append((leader, *(int(row) for row in members[np.argsort(-closeness, kind="stable")] if row != leader)))
        left[members] = False
        for row in members:
            scores[near[row]] -= weights[row]
    return tuple(groups)


def _neighbours(
    vectors: NDArray[np.float32], alike: float
) -> tuple[list[NDArray[np.int64]], list[NDArray[np.float32]]]:
    """For each row the rows that are alike, itself among them, and their cosines."""
    near, cosines = [], []
    for first in range(0, len(vectors), _ROWS):
        block = vectors[first : first + _ROWS] @ vectors.T
        for offset, row in enumerate(block):
            # Rounding may put a row a little off itself.
            row[first + offset] = 1.0
            rows = np.flatnonzero(row >= alike)
            near.append(rows)
            cosines.append(row[rows])
    return near, cosines
