"""`config`."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot import config
from embeddings.config import MAX_QUOTES, RankingSettings, tunable_numbers
from tests.bot.cli.conftest import TOKEN, Run


def test_config_shows_each_setting_with_its_value_and_source(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DISCORD_TOKEN", TOKEN)
    monkeypatch.setenv("REVIEW_BOT_QUEUE", "5")
    shown = run("config", "--data", tmp_path)
    assert (shown.code, shown.err) == (0, "")
    lines = [" ".join(line.split()) for line in shown.out.splitlines()]
    for line in (
        "DISCORD_TOKEN (hidden) DISCORD_TOKEN",
        f"REVIEW_BOT_DATA {tmp_path} command line",
        "REVIEW_BOT_QUEUE 5 environment",
        "REVIEW_BOT_RERANKER shipped default",
        f"MAX_REMEMBERED {config.MAX_REMEMBERED}",
        f"MAX_QUOTES {MAX_QUOTES}",
    ):
        assert line in lines
    assert TOKEN not in shown.out


def test_config_in_json_has_the_numbers_of_bot_and_engine(run: Run, tmp_path: Path) -> None:
    shown = run("config", "--json", "--data", tmp_path).json
    assert list(shown) == ["settings", "folders", "bot", "engine"]
    assert {tuple(row) for row in shown["settings"]} == {("name", "value", "source", "meaning")}
    assert shown["bot"]["MAX_DAYS"] == config.MAX_DAYS
    assert shown["engine"].keys() == tunable_numbers().keys()
    assert shown["engine"]["passage_lexical"] == RankingSettings().passage_lexical


def test_config_refuses_an_invalid_setting_in_one_line(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REVIEW_BOT_QUEUE", "many")
    assert run("config", "--data", tmp_path).complaint.startswith("REVIEW_BOT_QUEUE=many: ")
