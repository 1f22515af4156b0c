from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from bot.settings import SettingRow, Settings, deprecated_variables, describe_settings
from bot.token import SettingsError
from tests.bot.test_token import TOKEN


def refusal(environ: dict[str, str]) -> str:
    with pytest.raises(SettingsError) as caught:
        Settings.from_environment(environ)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_a_token_is_all_that_is_needed() -> None:
    assert Settings.from_environment({"DISCORD_TOKEN": TOKEN}) == Settings(
        token=TOKEN,
        data=Path("data"),
        member_wait=3.0,
        server_rate=60,
        queue=1000,
        reranker="shipped",
        retention_days=30,
        grace_days=7,
        feed_minutes=60,
        log_level="INFO",
        log_format=None,
        health_host="127.0.0.1",
        health_port=9464,
    )


EVERYTHING = {
    "DISCORD_BOT_TOKEN": f" {TOKEN}\n",
    "REVIEW_BOT_DATA": "/srv/reviews",
    "REVIEW_BOT_MEMBER_WAIT": "0.5",
    "REVIEW_BOT_SERVER_RATE": "0",
    "REVIEW_BOT_QUEUE": " 1 ",
    "REVIEW_BOT_RERANKER": "none",
    "REVIEW_BOT_LOG_LEVEL": "debug",
    "REVIEW_BOT_LOG_FORMAT": "JSON",
    "REVIEW_BOT_HEALTH_HOST": "::1",
    "REVIEW_BOT_HEALTH_PORT": "9000",
    "REVIEW_BOT_KEEP_DAYS": "1",
    "REVIEW_BOT_GRACE_DAYS": "0",
    "REVIEW_BOT_FEED_MINUTES": "0",
}


def test_every_setting_can_be_changed() -> None:
    assert Settings.from_environment(EVERYTHING) == Settings(
        token=TOKEN,
        data=Path("/srv/reviews"),
        member_wait=0.5,
        server_rate=0,
        queue=1,
        reranker="none",
        retention_days=1,
        grace_days=0,
        feed_minutes=0,
        log_level="DEBUG",
        log_format="json",
        health_host="::1",
        health_port=9000,
    )


def test_an_empty_variable_counts_as_unset() -> None:
    environ = {"DISCORD_TOKEN": TOKEN}
    assert Settings.from_environment({**dict.fromkeys(EVERYTHING, " "), **environ}) == Settings.from_environment(
        environ
    )


def test_the_environment_of_the_process_is_not_read_unasked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REVIEW_BOT_QUEUE", "7")
    assert Settings(token=TOKEN).queue == 1000


def test_the_earlier_name_of_the_reranker_still_works_and_gives_one_line() -> None:
    environ = {"DISCORD_TOKEN": TOKEN, "REVIEW_BOT_READER": "none"}
    assert Settings.from_environment(environ).reranker == "none"
    assert Settings.from_environment({**environ, "REVIEW_BOT_RERANKER": "shipped"}).reranker == "shipped"
    (line,) = deprecated_variables(environ)
    assert line == "REVIEW_BOT_READER is now REVIEW_BOT_RERANKER. The earlier name works for one more version."
    assert deprecated_variables({"REVIEW_BOT_RERANKER": "none", "REVIEW_BOT_READER": " "}) == ()


def test_the_token_is_in_no_representation() -> None:
    settings = Settings(token=TOKEN)
    assert TOKEN not in f"{settings} {settings!r}"


def test_the_token_comes_from_the_data_folder_if_the_environment_has_none(tmp_path: Path) -> None:
    (tmp_path / "token").write_text(f"{TOKEN}\n")
    assert Settings.from_environment({"REVIEW_BOT_DATA": str(tmp_path)}).token == TOKEN
    assert Settings.from_environment({"REVIEW_BOT_DATA": "/nowhere"}, tmp_path) == Settings(token=TOKEN, data=tmp_path)


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("REVIEW_BOT_MEMBER_WAIT", "soon", "a number of seconds, 0 or more"),
        ("REVIEW_BOT_MEMBER_WAIT", "-1", "a number of seconds, 0 or more"),
        ("REVIEW_BOT_MEMBER_WAIT", "inf", "a number of seconds, 0 or more"),
        ("REVIEW_BOT_MEMBER_WAIT", "nan", "a number of seconds, 0 or more"),
        ("REVIEW_BOT_SERVER_RATE", "1.5", "a whole number, 0 or more"),
        ("REVIEW_BOT_QUEUE", "0", "a whole number, 1 or more"),
        ("REVIEW_BOT_LOG_LEVEL", "loud", "one of DEBUG, INFO, WARNING, ERROR"),
        ("REVIEW_BOT_LOG_FORMAT", "xml", "one of text, json"),
        ("REVIEW_BOT_HEALTH_PORT", "65536", "a whole number, 0 to 65535"),
        ("REVIEW_BOT_HEALTH_PORT", "http", "a whole number, 0 to 65535"),
        ("REVIEW_BOT_KEEP_DAYS", "36501", "a whole number, 1 to 36500"),
        ("REVIEW_BOT_GRACE_DAYS", "999999", "a whole number, 0 to 36500"),
    ],
)
def test_an_invalid_setting_is_reported_in_one_line(name: str, value: str, expected: str) -> None:
    assert refusal({"DISCORD_TOKEN": TOKEN, name: value}) == f"{name}={value}: Give {expected}."


def test_every_setting_is_described_with_its_source_and_without_the_token(tmp_path: Path) -> None:
    rows = {row.name: row for row in describe_settings(EVERYTHING)}
    assert rows.keys() - {"DISCORD_TOKEN"} == EVERYTHING.keys() - {"DISCORD_BOT_TOKEN"}
    assert {row.source for row in rows.values()} == {"environment", "DISCORD_BOT_TOKEN"}
    assert (rows["REVIEW_BOT_LOG_LEVEL"].value, rows["REVIEW_BOT_KEEP_DAYS"].value) == ("DEBUG", "1")
    assert all(row.meaning.endswith(".") for row in rows.values())
    assert TOKEN not in str(rows)

    (tmp_path / "token").write_text(f"{TOKEN}\n")
    rows = {row.name: row for row in describe_settings({"REVIEW_BOT_READER": "none"}, tmp_path)}
    assert rows["DISCORD_TOKEN"] == SettingRow("DISCORD_TOKEN", "(hidden)", f"{tmp_path / 'token'}", "The bot's token.")
    assert (rows["REVIEW_BOT_DATA"].value, rows["REVIEW_BOT_DATA"].source) == (str(tmp_path), "command line")
    assert (rows["REVIEW_BOT_RERANKER"].value, rows["REVIEW_BOT_RERANKER"].source) == ("none", "environment")
    assert (rows["REVIEW_BOT_LOG_FORMAT"].value, rows["REVIEW_BOT_LOG_FORMAT"].source) == ("", "default")


def test_without_a_token_the_settings_are_still_described() -> None:
    rows = describe_settings({}, Path("data"))
    assert (rows[0].value, rows[1].source) == ("missing or invalid", "default")


def test_the_numbers_and_the_token_load_without_pydantic() -> None:
    program = "import sys, bot.config, bot.token; print([name for name in sys.modules if name.startswith('pydantic')])"
    environ = {**os.environ, "PYTHONPATH": str(Path.cwd())}
    found = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, env=environ)
    assert found.stdout == "[]\n"
