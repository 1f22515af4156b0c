"""Without a named data folder, `data` here is used if there is one, and else the user's own."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from bot.data_folder import default_data_folder, example_review
from bot.settings import Settings, describe_settings
from tests.bot.cli.conftest import TOKEN, process
from tests.project import OWNERS

linux_only = pytest.mark.skipif(sys.platform != "linux", reason="the folder has another place on each system")


@pytest.fixture
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder `here` to run in, beside the user's own data."""
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "own"))
    return tmp_path


def test_a_folder_named_data_is_used_where_the_program_runs(elsewhere: Path) -> None:
    (elsewhere / "here" / "data").mkdir()
    assert default_data_folder() == Path("data")


@linux_only
def test_elsewhere_the_users_own_folder_is_used(elsewhere: Path) -> None:
    own = elsewhere / "own" / "review-bot"
    assert default_data_folder() == own
    assert Settings(token=TOKEN).data == own
    row = next(row for row in describe_settings({}) if row.name == "REVIEW_BOT_DATA")
    assert (row.value, row.source) == (str(own), "default")


@linux_only
@pytest.mark.slow
def test_from_any_folder_init_makes_the_users_own_and_adding_and_asking_use_it(elsewhere: Path) -> None:
    environment = {"XDG_DATA_HOME": str(elsewhere / "own")}
    made = process("init", "--example", "--yes", "--no-sync", cwd=elsewhere / "here", environment=environment)
    assert (made.code, made.err) == (0, "")
    assert made.out.splitlines()[-1].startswith("Without Discord: review-bot ask QUESTION.")
    (elsewhere / "whales.md").write_text("---\ntitle: Whales\n---\nThe cook sings to his kettle.\n", encoding="utf-8")
    process("add", elsewhere / "whales.md", "--yes", cwd=elsewhere / "here", environment=environment)
    asked = process("ask", "What does the cook sing to?", "--json", cwd=elsewhere / "here", environment=environment)
    assert asked.json["quotes"][0]["text"] == "The cook sings to his kettle."
    assert list((elsewhere / "here").iterdir()) == []


def test_in_a_clone_the_example_is_the_review_of_the_clone() -> None:
    assert example_review() == OWNERS
