"""Who plays whom."""

import pytest

from embeddings.answering.cast import asks_cast, names_performer


@pytest.mark.parametrize(
    "question",
    [
        "Who plays Ruth?",
        "and who plays her?",
        "who does keira knightley play",
        "Which actress is behind Kathy, and who portrayed Tommy?",
        "Name of the actor behind Tommy, please",
        "And the actress?",
        "By whom is Ruth? I mean, played by whom",
    ],
)
def test_a_question_for_a_performer_or_a_role_is_known_as_one(question: str) -> None:
    assert asks_cast(question)


@pytest.mark.parametrize("question", ["Who is Ruth?", "what role does memory play", "How do they play the love story?"])
def test_other_questions_are_not(question: str) -> None:
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
def test_a_sentence_that_pairs_the_role_with_its_performer_is_found_by_either(sentence: str) -> None:
    assert names_performer(sentence, "who plays ruth")
    assert names_performer(sentence, "who does keira knightley play")
    assert not names_performer(sentence, "who plays the headmistress")


@pytest.mark.parametrize("sentence", ["Ruth stands between them.", "The novel (Faber and Faber) came first."])
def test_a_sentence_without_such_a_pair_is_not(sentence: str) -> None:
    assert not names_performer(sentence, "who plays ruth")
