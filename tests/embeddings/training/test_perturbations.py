"""Questions that a window doesn't answer, made of one that it does."""

from __future__ import annotations

import random

from embeddings.lexicon import CONDITIONS
from embeddings.training.examples import Example, Paragraph, QuestionSet
from embeddings.training.perturbations import Phrases, is_held_back, with_one_of, with_pairs
from embeddings.training.windows import Window

PARAGRAPHS = (
    "The keeper sleeps in the lamp room. Here Ruth waits for Tommy.",
    "It rained during the second winter. Then Laura left, in an old boat.",
    *(f"They met after the {word} war." for word in "cold short long old last great first late early lost".split()),
)
SET = QuestionSet(
    "made",
    tuple(Paragraph((text,)) for text in PARAGRAPHS),
    ("one",) * len(PARAGRAPHS),
    (Example("Who sleeps there?", 0, (0,)),),
)
WINDOW = Window("Who did Ruth wait for?", ("Here Ruth waits for Tommy.",), (0,), document="one")


def _conditions(phrases: Phrases) -> set[str]:
    found = (phrases.with_condition(WINDOW, random.Random(seed)) for seed in range(200))
    return {question.removeprefix("Who did Ruth wait for ").removesuffix("?") for question in found if question}


def test_conditions_are_phrases_of_the_documents_and_a_part_is_held_back() -> None:
    training, judging = (_conditions(Phrases(SET, held_back=held_back)) for held_back in (False, True))
    assert not training & judging
    assert {"in the lamp room", "during the second winter", "in an old boat"} <= training | judging
    assert {phrase for phrase in training | judging if is_held_back(phrase)} == judging
    assert training
    assert judging


def test_no_training_question_has_a_listed_condition() -> None:
    assert all(map(is_held_back, CONDITIONS))


def test_a_condition_that_the_window_has_is_not_added() -> None:
    window = Window("who sleeps there", ("He sleeps in the lamp room.",), (0,))
    assert with_one_of(["in the room"], window, random.Random(1)) is None
    assert with_one_of(["in the boat"], window, random.Random(1)) == "who sleeps there in the boat"


def test_another_name_of_the_document_is_not_in_the_window() -> None:
    found = {Phrases(SET, held_back=False).renamed(WINDOW, random.Random(seed)) for seed in range(50)}
    assert found == {"Who did Laura wait for?"}


def test_no_more_windows_are_paired_than_asked_for_and_only_those_that_answer() -> None:
    windows = [("made", WINDOW), ("made", Window("Who left?", ("It rained.",), ())), ("other", WINDOW)] * 10
    paired = with_pairs(windows, {"made": Phrases(SET, held_back=False)}, 4, seed=1)
    assert sum(window.perturbed is not None for _, window in paired) == 4
    assert all(name == "made" and window.gold for name, window in paired if window.perturbed is not None)
    assert [window.sentences for _, window in paired] == [window.sentences for _, window in windows]
    assert paired == with_pairs(windows, {"made": Phrases(SET, held_back=False)}, 4, seed=1)
