from __future__ import annotations

import pytest

from embeddings.answering.cast import asks_cast, names_performer


@pytest.mark.parametrize(
    "question",
    [
        "Who plays Ruth?",
        "and who plays her?",
        "who's playing tommy",
        "who does keira knightley play",
        "Which actress is behind Kathy, and who portrayed Tommy?",
        "Name of the actor behind Tommy, please",
        "the actor of Tommy",
        "And the actress?",
        "in the role of",
        "By whom is Ruth? I mean, played by whom",
    ],
)
def test_a_question_for_a_performer_or_a_role_is_recognised(question: str) -> None:
    assert asks_cast(question)


@pytest.mark.parametrize(
    "question",
    ["Who is Ruth?", "what role does memory play", "How do they play the love story?", "Does Ruth act well?"],
)
def test_other_questions_ask_for_no_performer(question: str) -> None:
    assert not asks_cast(question)


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
