"""Shell completion."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.bot.cli.conftest import Run

Offered = Callable[..., list[str]]


@pytest.fixture
def offered(run: Run, monkeypatch: pytest.MonkeyPatch) -> Offered:
    """Return what bash offers for the last word after `review-bot --data FOLDER`."""

    def offered(data: Path, *words: str) -> list[str]:
        monkeypatch.setenv("_REVIEW_BOT_COMPLETE", "complete_bash")
        monkeypatch.setenv("COMP_WORDS", "\n".join(("review-bot", "--data", str(data), *words)))
        monkeypatch.setenv("COMP_CWORD", str(2 + len(words)))
        ended = run()
        assert (ended.code, ended.err) == (0, "")
        return ended.out.split()

    return offered


def test_reviews_are_offered_by_their_slugs(offered: Offered, two_reviews: Path) -> None:
    assert offered(two_reviews, "sections", "") == ["never-let-me-go", "the-lighthouse-keeper"]
    assert offered(two_reviews, "section", "the") == ["the-lighthouse-keeper"]
    assert offered(two_reviews, "ask", "why?", "--review", "n") == ["never-let-me-go"]


def test_sections_of_the_review_named_before_are_offered(offered: Offered, two_reviews: Path) -> None:
    assert offered(two_reviews, "section", "lighthouse", "the-") == ["the-lamp", "the-sea"]


def test_sections_of_the_only_review_are_offered_without_its_name(offered: Offered, indexed: Path) -> None:
    assert offered(indexed, "section", "a-") == [
        "a-world-almost-like-our-own",
        "a-life-measured-in-donations",
        "a-gentle-elegy-for-lost-innocence",
    ]
    assert offered(indexed, "section", "never") == ["never-let-me-go"]


def test_without_an_index_nothing_is_offered_and_nothing_is_built(offered: Offered, fresh: Path) -> None:
    assert offered(fresh, "sections", "") == []
    assert not (fresh / ".index" / "manifest.json").exists()


def test_nothing_is_offered_for_an_unknown_review(offered: Offered, indexed: Path) -> None:
    assert offered(indexed, "section", "xyzzy", "a") == []
