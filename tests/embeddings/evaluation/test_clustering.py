"""Clusters of similar questions."""

from __future__ import annotations

from itertools import combinations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from embeddings.encoders.onnx import OnnxEncoder
from embeddings.evaluation.clustering import cluster

SUBJECTS = {
    "streaming": (
        "is it on netflix??",
        "Where can I stream it?",
        "Can I watch Never Let Me Go on Netflix?",
        "which streaming service has the film",
        "is it on amazon prime",
    ),
    "box office": (
        "How was the box office in Japan?",
        "how much money did it make",
        "Did the film make money?",
        "What did it gross worldwide?",
        "was it a box office flop",
    ),
    "awards": (
        "did it win any oscars",
        "Was it nominated for any awards?",
        "Did Never Let Me Go win a BAFTA?",
        "any academy award nominations?",
    ),
    "music": (
        "who wrote the music",
        "Who composed the score?",
        "What is the song called that Kathy dances to?",
        "is there a soundtrack album",
    ),
    "length": ("how long is it", "What's the running time?", "how many minutes is the movie"),
    "age": ("is it ok for kids", "What age rating does it have?", "Can I watch it with my 12 year old?"),
    "places": ("where was it filmed", "Which house was used for Hailsham?", "what are the filming locations"),
    "book": (
        "is the book better",
        "How does the film differ from the novel?",
        "Should I read the book first?",
        "what did they change from the book",
    ),
    "director": (
        "what else did the director make",
        "Which other films did Mark Romanek direct?",
        "other movies by the same director",
    ),
    "sequel": ("is there a sequel", "Will there be a part two?", "are they making a second one"),
    "budget": ("what was the budget", "How much did it cost to make?", "how expensive was the film"),
    "scores": ("what's the rotten tomatoes score", "What is its IMDb rating?", "how did critics rate it on metacritic"),
}
QUESTIONS = [(subject, question) for subject, questions in SUBJECTS.items() for question in questions]

Vectors = NDArray[np.float32]


def unit(rows: object) -> Vectors:
    """Return the rows as unit vectors."""
    made = np.asarray(rows, dtype=np.float32).reshape(-1, 3)
    lengths: Vectors = np.linalg.norm(made, axis=1, keepdims=True)
    return made / lengths


# No row is all zeros.
ROWS = st.lists(st.tuples(st.sampled_from([-2.5, -1.0, 0.5, 2.0]), st.integers(-3, 3), st.integers(-3, 3)), max_size=12)


def test_clusters_hold_more_pairs_on_one_subject_than_on_two(encoder: OnnxEncoder) -> None:
    vectors = encoder.encode([question for _, question in QUESTIONS])
    together = [pair for rows in cluster(vectors, [1] * len(vectors)) for pair in combinations(rows, 2)]
    same = sum(QUESTIONS[one][0] == QUESTIONS[other][0] for one, other in together)
    assert same >= 18
    assert len(together) - same <= 8


def test_a_frequent_question_is_the_centre() -> None:
    vectors = unit([(1, 0, 0), (0.8, 0.6, 0), (0, 1, 0)])
    assert cluster(vectors, [1, 1, 9], min_cosine=0.59) == ((1, 0, 2),)
    assert cluster(vectors, [1, 1, 9], min_cosine=0.7) == ((2,), (0, 1))


def test_no_texts_make_no_clusters() -> None:
    assert cluster(unit([]), []) == ()


@given(ROWS, st.data(), st.floats(0.1, 0.95))
def test_clusters_are_a_partition_around_centres_largest_first(
    rows: list[tuple[float, int, int]], data: st.DataObject, min_cosine: float
) -> None:
    vectors = unit(rows)
    counts = data.draw(st.lists(st.integers(1, 5), min_size=len(vectors), max_size=len(vectors)))
    clusters = cluster(vectors, counts, min_cosine=min_cosine)
    assert sorted(row for found in clusters for row in found) == list(range(len(vectors)))
    for centre, *others in clusters:
        closeness = [float(vectors[centre] @ vectors[row]) for row in others]
        assert all(each >= min_cosine - 1e-6 for each in closeness)
        assert np.allclose(closeness, sorted(closeness, reverse=True))
    sizes = [sum(counts[row] for row in found) for found in clusters]
    assert sizes == sorted(sizes, reverse=True)
