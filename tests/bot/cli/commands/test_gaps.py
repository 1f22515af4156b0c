"""`gaps`."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from bot.storage.database import DATABASE, Database
from bot.storage.feedback import count_feedback
from bot.storage.questions import store_question
from bot.storage.records import ServerSettings, StoredQuestion
from bot.storage.server_settings import save_server_settings
from embeddings.evaluation.annotate import read_unlabelled
from embeddings.records import State
from tests.bot.cli.conftest import Run

ASKED = (
    (1, "is it on netflix??", State.UNANSWERED, 20),
    (1, "Can I watch it on Netflix?", State.NEAREST, 21),
    (2, "is it on Netflix??", State.UNANSWERED, 22),
    (2, "What is a deferral?", State.ANSWERED, 22),
    (2, "Is there a sequel?", State.UNANSWERED, 22),
)


@pytest.fixture
def kept(data: Path) -> Path:
    """A data folder with stored questions of two servers."""
    with Database(data / DATABASE) as store:
        for server in (1, 2):
            save_server_settings(store, server, ServerSettings(store_questions=True))
        for number, (server, text, state, day) in enumerate(ASKED):
            store_question(store, StoredQuestion(number, server, 5, date(2026, 11, day), text, state, 0.3))
        count_feedback(store, 9, 2, helpful=True)
    return data


def test_similar_questions_are_grouped_and_the_most_frequent_come_first(run: Run, kept: Path) -> None:
    shown = run("gaps", "--data", kept)
    assert (shown.code, shown.err) == (0, "")
    assert shown.out == (
        "4 questions had no answer or only a near one, in 2 groups.\n"
        "\n   3 × is it on netflix??  (1 nearest, 2 unanswered)\n"
        "       Can I watch it on Netflix?\n"
        "\n   1 × Is there a sequel?  (1 unanswered)\n"
        "\nFeedback on answers: 1 helpful, 0 not helpful.\n"
    )


def test_questions_can_be_limited_to_a_server_and_to_dates(run: Run, kept: Path) -> None:
    def groups(*options: str) -> list[tuple[str, int]]:
        shown = run("gaps", "--json", *options, "--data", kept).json
        return [(group["question"], group["count"]) for group in shown["groups"]]

    assert groups("--server", "1", "--since", "2026-11-21") == [("Can I watch it on Netflix?", 1)]
    assert groups("--server", "2", "--answered") == [
        ("is it on Netflix??", 1),
        ("What is a deferral?", 1),
        ("Is there a sequel?", 1),
    ]
    assert groups("--server", "3") == []


def test_the_export_can_be_labelled(run: Run, kept: Path, tmp_path: Path) -> None:
    file = tmp_path / "asked.jsonl"
    shown = run("gaps", "--export", file, "--data", kept)
    assert shown.err == (
        f"Wrote 3 questions to {file}. Label them with `review-bot label FILE --from {file} --data {kept}`.\n"
    )
    assert [each.text for each in read_unlabelled(file)] == [
        "is it on netflix??",
        "Can I watch it on Netflix?",
        "Is there a sequel?",
    ]
    refused = run("evaluate", file, "--data", kept)
    assert f"`review-bot label FILE --from {file.name} --data {kept}`" in refused.complaint


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--server", "3"), "No questions were asked in server 3. Stored questions in total: 5.\n"),
        (("--since", "2026-12-01"), "No questions were asked since 2026-12-01. Stored questions in total: 5.\n"),
        (
            ("--since", "2026-11-22", "--server", "1"),
            "No questions were asked in server 1 since 2026-11-22. Stored questions in total: 5.\n",
        ),
    ],
)
def test_limits_without_questions_are_named(run: Run, kept: Path, options: tuple[str, ...], said: str) -> None:
    shown = run("gaps", *options, "--data", kept)
    assert (shown.code, shown.out, shown.err) == (0, said, "")


def test_without_stored_questions_it_says_how_to_store_them(run: Run, data: Path) -> None:
    assert "There is no database yet." in run("gaps", "--data", data).complaint
    assert not (data / DATABASE).exists()
    Database(data / DATABASE).close()
    assert run("gaps", "--data", data).out == (
        "No questions are stored. Server managers use /settings to store them.\n"
    )
