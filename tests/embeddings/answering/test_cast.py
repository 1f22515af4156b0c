from __future__ import annotations

import pytest

from embeddings.answering.cast import asks_cast, names_performer


@pytest.mark.parametrize(
    ("question", "asks"),
    [
        ("Who plays Ruth?", True),
        ("and who plays her?", True),
        ("who's playing tommy", True),
        ("who does keira knightley play", True),
        ("Which actress is behind Kathy, and who portrayed Tommy?", True),
        ("Name of the actor behind Tommy, please", True),
        ("the actor of Tommy", True),
        ("And the actress?", True),
        ("in the role of", True),
        ("By whom is Ruth? I mean, played by whom", True),
        ("Who is Ruth?", False),
        ("what role does memory play", False),
        ("How do they play the love story?", False),
        ("Does Ruth act well?", False),
    ],
)
def test_only_a_question_for_a_performer_or_a_role_asks_for_the_cast(question: str, asks: bool) -> None:
    assert asks_cast(question) is asks


@pytest.mark.parametrize(
    "sentence",
    [
        "It follows Kathy (Carey Mulligan), Tommy (Andrew Garfield), and Ruth (Keira Knightley) to the end.",
        "Keira Knightley’s Ruth, on the other hand, embodies a more complex tragedy.",
        "Keira Knightley gives a brittle, restless performance as Ruth.",
        "Ruth, sharp and restless, is played by Keira Knightley.",
    ],
)
def test_a_sentence_with_a_role_and_its_performer_is_found_by_either(sentence: str) -> None:
    assert names_performer(sentence, "who plays ruth")
    assert names_performer(sentence, "who is keira knightley playing")
    assert not names_performer(sentence, "who plays the headmistress")


@pytest.mark.parametrize(
    "sentence",
    [
        "Kathy (Carey Mulligan) drives.",
        "Ruth lies to Tommy.",
        "Ruth stands between them.",
        "The novel (Faber and Faber) came first.",
    ],
)
def test_a_sentence_without_the_role_and_its_performer_is_not_found(sentence: str) -> None:
    assert not names_performer(sentence, "who plays ruth")
