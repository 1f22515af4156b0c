"""Cluster similar questions by their vectors."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from embeddings.config import CLUSTER_MIN_COSINE

_ROWS = 512
"""The number of rows to compare with all others at a time, so that memory doesn't grow quadratically."""


def cluster(
    vectors: NDArray[np.float32], counts: Sequence[int], *, min_cosine: float = CLUSTER_MIN_COSINE
) -> tuple[tuple[int, ...], ...]:
    """Cluster texts around centres.

    The text with the most neighbours (its own count included) is the centre of the first cluster, which takes all of
    them; the remaining texts follow in the same way (Daura et al., 1999, "Peptide folding: when simulation meets
    experiment").

    Args:
        vectors: shape (n, dimension), unit vectors.
        counts: how often each text occurs.
        min_cosine: the least cosine of a member with its centre.

    Returns:
        The rows of each cluster: the centre, then the other members, closest first. Every row is in one cluster. The
        clusters are sorted by the sum of their counts, largest first.
    """
    near, cosines = _neighbours(vectors, min_cosine)
    left = np.ones(len(vectors), dtype=bool)
    weights = np.asarray(counts, dtype=np.int64)
    scores = np.array([weights[rows].sum() for rows in near], dtype=np.int64)
    clusters = []
    while left.any():
        centre = int(np.where(left, scores, -1).argmax())
        free = left[near[centre]]
        members, closeness = near[centre][free], cosines[centre][free]
        clusters.append(
            (centre, *(int(row) for row in members[np.argsort(-closeness, kind="stable")] if row != centre))
        )
        left[members] = False
        for row in members:
            scores[near[row]] -= weights[row]
    return tuple(clusters)


def _neighbours(
    vectors: NDArray[np.float32], min_cosine: float
) -> tuple[list[NDArray[np.int64]], list[NDArray[np.float32]]]:
    """Return, for each row, the rows with at least that cosine (itself included), and their cosines."""
    near, cosines = [], []
    for first in range(0, len(vectors), _ROWS):
        block = vectors[first : first + _ROWS] @ vectors.T
        for offset, row in enumerate(block):
            # Rounding may make a row's cosine with itself less than 1.
            row[first + offset] = 1.0
            rows = np.flatnonzero(row >= min_cosine)
            near.append(rows)
            cosines.append(row[rows])
    return near, cosines
