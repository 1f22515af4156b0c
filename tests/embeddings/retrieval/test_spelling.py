from __future__ import annotations

import os
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from embeddings.retrieval.spelling import correct
from tests.embeddings.fixtures.reviews import vocabulary_of

TEXT = (
    "Kathy (Carey Mulligan) is a carer. The donors of Hailsham, Keira Knightley says, complete. "
    "Mark Romanek’s euphemisms hide the surgeries, and Miss Emily explains."
)
VOCABULARY = vocabulary_of(TEXT)


def _known(word: str) -> bool:
    return word in {"what", "does", "film", "form", "nightly", "gallery", "doctor", "scar"}


@pytest.mark.parametrize(
    ("asked", "meant"),
    [
        ("what is halisham?", "what is hailsham?"),
        ("Who is Romanec’s Kathy?", "Who is romanek Kathy?"),
        ("the sugeries", "the surgeries"),
        ("keira nightly", "keira knightley"),
        ("Carey Muligan's role", "Carey mulligan role"),
    ],
)
def test_a_misspelt_word_of_the_reviews_is_corrected(asked: str, meant: str) -> None:
    assert correct(asked, [VOCABULARY], _known) == meant


@pytest.mark.parametrize(
    "asked",
    [
        "what does the form do",  # known to the encoder
        "the nightly film",  # likewise, where no name stands before it
        "a carers gallery",  # another form of a word of the reviews
        "dnor",  # four letters: one wrong makes another word
        "a xylophone",  # nothing is close
        "мулиган 静かな映画 🎬",
    ],
)
def test_other_words_are_not_corrected(asked: str) -> None:
    assert correct(asked, [VOCABULARY], _known) == asked


def test_a_short_second_name_keeps_its_capital() -> None:
    assert correct("Is Kathy Lee a carer?", [vocabulary_of("Kathy Lee is a carer.")], _known) == "Is Kathy Lee a carer?"


def test_a_function_word_and_a_title_stay_as_they_are() -> None:
    vocabulary = vocabulary_of("And They Came. And Their Hailsham.")
    assert correct("and the end", [vocabulary], _known) == "and the end"
    assert correct("halisham in Halisham", [vocabulary], _known, titles=[(12, 20)]) == "hailsham in Halisham"


def test_two_swapped_letters_of_four_are_corrected() -> None:
    assert correct("eimly", [vocabulary_of("Emily")], _known) == "emily"
    assert correct("rtuh", [vocabulary_of("Ruth")], _known) == "ruth"


@given(st.lists(st.sampled_from(TEXT.split()), max_size=12).map(" ".join))
def test_words_of_the_reviews_are_never_corrected(question: str) -> None:
    assert correct(question, [VOCABULARY], lambda _: False) == question


@given(st.text(max_size=60))
def test_without_reviews_nothing_is_corrected(question: str) -> None:
    assert correct(question, [], lambda _: False) == question


@given(st.text(st.characters(exclude_categories=("L", "M")), max_size=60))
def test_text_without_words_is_never_corrected(question: str) -> None:
    assert correct(question, [VOCABULARY], lambda _: False) == question


@pytest.mark.slow
def test_every_process_chooses_the_same_of_two_equally_close_words() -> None:
    # Python orders a set of strings by a seed that every process draws anew.
    script = (
        "from embeddings.retrieval.spelling import correct\n"
        "from tests.embeddings.fixtures.reviews import vocabulary_of\n"
        "words = [vocabulary_of('cartoon carton carters cantons')]\n"
        "print(correct('cartons crton caton', words, lambda word: False))"
    )
    printed = {
        subprocess.run(
            [sys.executable, "-c", script],
            env=os.environ | {"PYTHONHASHSEED": str(seed)},
            capture_output=True,
            check=True,
            text=True,
        ).stdout
        for seed in range(1, 6)
    }
    assert len(printed) == 1


def test_a_word_in_two_collections_counts_once() -> None:
    one, other = vocabulary_of("carton cartoon"), vocabulary_of("cantons")
    assert correct("cartomz", [one, other], _known) == correct("cartomz", [other, one, other], _known)


def test_a_question_in_another_language_takes_only_words_of_its_reviews() -> None:
    vocabulary = vocabulary_of("The music of Wärter and Leuchtturm.")

    def corrected(question: str) -> str:
        return correct(question, [vocabulary], lambda _: False, ["de"], {"de:wart", "de:leuchtturm"}.__contains__)

    assert corrected("Wie ist die Musik?") == "Wie ist die Musik?"
    assert corrected("Was macht der Leuchturm?") == "Was macht der leuchtturm?"
    assert corrected("what is the muisc?") == "what is the music?"
    # Another form in German, though no form in English.
    assert corrected("Was tun die Wärtern?") == "Was tun die Wärtern?"
