"""Questions as people ask them."""

from __future__ import annotations

import random

import pytest

from embeddings.training.config import STYLE_SHARES
from embeddings.training.styles import STYLES, Setting, lower_case, misspelt, styled

QUESTION = "Who drives Ruth to the coast?"
SEEDS = range(60)
SETTING = Setting("The Tin Moon", ("What does Ruth want?", "How long is the ferry ride, in hours?"))


def test_every_style_has_a_share_and_they_add_up_to_one() -> None:
    assert set(STYLE_SHARES) == set(STYLES)
    assert sum(STYLE_SHARES.values()) == pytest.approx(1)


def test_a_style_is_reproducible_and_has_its_share() -> None:
    shares = {"plain": 0.75, "lower-case": 0.25}

    def texts() -> list[str]:
        rng = random.Random(1)
        return [styled(QUESTION, SETTING, shares, rng).text for _ in range(400)]

    assert texts() == texts()
    assert 270 < texts().count(QUESTION) < 330
    assert set(texts()) == {QUESTION, "who drives ruth to the coast"}


@pytest.mark.parametrize("style", [name for name in STYLES if name != "follow-up"])
def test_a_style_alone_has_no_question_before_it(style: str) -> None:
    for seed in SEEDS:
        asked = STYLES[style](QUESTION, SETTING, random.Random(seed))
        assert asked.before == ""
        assert asked.joined == asked.text


def test_the_title_comes_before_or_after() -> None:
    for seed in SEEDS:
        rng = random.Random(seed)
        before, after = (STYLES[name](QUESTION, SETTING, rng).text for name in ("title-before", "title-after"))
        assert before in (
            "In The Tin Moon, who drives Ruth to the coast?",
            "The Tin Moon: Who drives Ruth to the coast?",
        )
        assert after in (
            "Who drives Ruth to the coast in The Tin Moon?",
            "who drives ruth to the coast in the tin moon",
            "Who drives Ruth to the coast in the film?",
            "Who drives Ruth to the coast in the book?",
        )


def test_typos_change_letters_of_long_words_alone() -> None:
    for seed in SEEDS:
        rng = random.Random(seed)
        typed = misspelt("Who was Übermäßig, 1234 ﬁne in the seventh year of it?", rng)
        assert len(typed.split()) == 11
        assert typed.startswith("Who was ")
        assert typed.endswith(" of it?")
        assert misspelt("who is she", rng) == "who is she"
        assert misspelt("Kathy", rng) in (
            *("Ktahy", "Kahty", "Katyh"),
            *("Kthy", "Kahy", "Katy"),
            *("Kaathy", "Katthy", "Kathhy"),
        )


def test_a_follow_up_comes_after_a_question_about_the_same_document() -> None:
    for seed in SEEDS:
        asked = STYLES["follow-up"](QUESTION, SETTING, random.Random(seed))
        # The other question about Ruth, whom a pronoun may stand for.
        assert asked.before == SETTING.others[0]
        assert asked.text.startswith("Who drives ")
        assert asked.text.endswith(" to the coast?")
        assert asked.joined == f"{asked.before} {asked.text}"


def test_a_disfluent_question_begins_with_another_and_ends_with_its_own() -> None:
    for seed in SEEDS:
        asked = STYLES["disfluent"](QUESTION, SETTING, random.Random(seed)).text
        assert asked.startswith(("What", "How"))
        assert asked.endswith(" who drives Ruth to the coast?")


def test_lower_case_leaves_apostrophes_and_hyphens() -> None:
    assert lower_case("What's Ruth's half-brother (Tom) called?") == "what's ruth's half-brother tom called"


def test_a_question_that_is_alone_has_no_question_before_it() -> None:
    for seed in SEEDS:
        asked = styled(QUESTION, Setting("Gale", ()), {"follow-up": 1.0}, random.Random(seed))
        assert asked.before == ""
        assert lower_case(asked.text) == lower_case(QUESTION)
