"""Options that several commands share: the data folder, deprecated names, and invalid values."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.bot.cli.conftest import QUESTION, Run

RENAMED = "{} is now {}. The earlier name works for one more version.\n"


@pytest.fixture
def without_reranker(run: Run, indexed: Path) -> str:
    """What `ask --json` prints without the reranker."""
    shown = run("ask", QUESTION, "--no-reranker", "--json", "--data", indexed)
    assert shown.out != run("ask", QUESTION, "--json", "--data", indexed).out
    return shown.out


@pytest.mark.parametrize(
    ("options", "environment", "notices"),
    [
        (("--reranker", "none"), {}, ""),
        ((), {"REVIEW_BOT_RERANKER": "none"}, ""),
        (("--no-reader",), {}, RENAMED.format("--no-reader", "--no-reranker")),
        (("--reader", "none"), {}, RENAMED.format("--reader", "--reranker")),
        (("--reader=none",), {}, RENAMED.format("--reader", "--reranker")),
        ((), {"REVIEW_BOT_READER": "none"}, RENAMED.format("REVIEW_BOT_READER", "REVIEW_BOT_RERANKER")),
        ((), {"REVIEW_BOT_READER": "x", "REVIEW_BOT_RERANKER": "none"}, ""),
        (
            ("--reranker", "none"),
            {"REVIEW_BOT_READER": "x"},
            RENAMED.format("REVIEW_BOT_READER", "REVIEW_BOT_RERANKER"),
        ),
    ],
)
def test_the_reranker_can_be_chosen_by_its_current_and_its_deprecated_names(
    run: Run,
    indexed: Path,
    without_reranker: str,
    monkeypatch: pytest.MonkeyPatch,
    options: tuple[str, ...],
    environment: dict[str, str],
    notices: str,
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    shown = run("ask", QUESTION, *options, "--json", "--data", indexed)
    assert (shown.code, shown.out, shown.err) == (0, without_reranker, notices)


def test_deprecated_names_are_not_in_the_help(run: Run) -> None:
    assert "--reader" not in run("ask", "--help").out


def test_a_question_may_contain_a_deprecated_name(run: Run, indexed: Path) -> None:
    shown = run("ask", "--json", "--data", indexed, "--", "--reader", "what?")
    assert (shown.json["question"], shown.err) == ("--reader what?", "")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("gaps", "--since", "yesterday"), "'--since': 'yesterday' is not a date. Use YYYY-MM-DD."),
        (
            ("gaps", "--server", "abc"),
            "'--server': 'abc' is not a server ID. Use a number such as 123456789012345678.",
        ),
        (("sync", "--guild", "0"), "'--guild': '0' is not a server ID. Use a number such as 123456789012345678."),
        (("search", QUESTION, "-k", "abc"), "'-k': 'abc' is not a whole number of 1 or more."),
    ],
)
def test_an_invalid_value_is_an_error_that_shows_a_valid_one(run: Run, arguments: tuple[str, ...], said: str) -> None:
    ended = run(*arguments)
    assert (ended.code, ended.out) == (2, "")
    assert said in " ".join(ended.err.replace("│", " ").split())


def test_the_data_folder_may_be_named_before_or_after_the_command(
    run: Run, indexed: Path, two_reviews: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def titles(*arguments: str | Path) -> list[str]:
        return [review["title"] for review in run(*arguments).json["reviews"]]

    one, two = ["Never Let Me Go"], ["Never Let Me Go", "The Lighthouse Keeper"]
    assert titles("reviews", "--json", "--data", indexed) == one
    assert titles("--data", indexed, "reviews", "--json") == one
    assert titles("--data", indexed, "reviews", "--json", "--data", two_reviews) == two
    monkeypatch.setenv("REVIEW_BOT_DATA", str(two_reviews))
    assert titles("reviews", "--json") == two
    assert titles("--data", indexed, "reviews", "--json") == one
    assert titles("reviews", "--json", "--data", indexed) == one


def test_the_default_data_folder_is_data(run: Run, indexed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(indexed.parent)
    assert run("reviews", "--json").json == run("reviews", "--json", "--data", indexed).json
