from __future__ import annotations

import os
from pathlib import Path

import pytest

from bot.config import Settings, SettingsError, Token, find_token

TOKEN = "MTEyMjMzNDQ1NTY2Nzc4ODk5.GaBcDe." + "aB3_-" * 6


def refusal(environ: dict[str, str]) -> str:
    with pytest.raises(SettingsError) as caught:
        Settings.from_environment(environ)
    told = str(caught.value)
    assert "\n" not in told
    assert not any(value in told for name, value in environ.items() if name.endswith("TOKEN") and len(value) > 10)
    return told


def test_a_token_is_all_that_is_needed() -> None:
    assert Settings.from_environment({"DISCORD_TOKEN": TOKEN}) == Settings(
        token=TOKEN, data=Path("data"), member_wait=3.0, server_rate=60, queue=1000, log_level="INFO"
    )


def test_everything_can_be_set() -> None:
    environ = {
        "DISCORD_BOT_TOKEN": f" {TOKEN}\n",
        "REVIEW_BOT_DATA": "/srv/reviews",
        "REVIEW_BOT_MEMBER_WAIT": "0.5",
        "REVIEW_BOT_SERVER_RATE": "0",
        "REVIEW_BOT_QUEUE": "1",
        "REVIEW_BOT_LOG_LEVEL": "debug",
        "REVIEW_BOT_LOG_FORMAT": "JSON",
        "REVIEW_BOT_HEALTH_HOST": "::1",
        "REVIEW_BOT_HEALTH_PORT": "9000",
        "REVIEW_BOT_KEEP_DAYS": "1",
        "REVIEW_BOT_GRACE_DAYS": "0",
    }
    assert Settings.from_environment(environ) == Settings(
        TOKEN, Path("/srv/reviews"), 0.5, 0, 1, "DEBUG", "shipped", 1, 0, "json", "::1", 9000
    )


def test_the_store_is_in_the_data_directory() -> None:
    assert Settings(TOKEN, data=Path("/srv")).store == Path("/srv/bot.sqlite3")


def test_the_token_is_in_no_representation() -> None:
    settings = Settings(TOKEN)
    assert TOKEN not in f"{settings} {settings!r}"


def test_a_token_can_come_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text(f"\ufeff{TOKEN}\r\n", encoding="utf-8")
    assert Settings.from_environment({"DISCORD_TOKEN_FILE": str(file)}).token == TOKEN


def test_without_any_in_the_environment_the_token_is_the_data_directorys(tmp_path: Path) -> None:
    (tmp_path / "token").write_text(f"{TOKEN}\n")
    assert Settings.from_environment({"REVIEW_BOT_DATA": str(tmp_path)}).token == TOKEN
    assert Settings.from_environment({}, tmp_path) == Settings(TOKEN, tmp_path)
    assert find_token({}, tmp_path) == Token(TOKEN, "token", tmp_path / "token")
    other = TOKEN + "x"
    assert find_token({"DISCORD_TOKEN": other}, tmp_path) == Token(other, "DISCORD_TOKEN")


def test_a_data_directory_that_is_none_holds_no_token(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(SettingsError, match="no token"):
        find_token({}, tmp_path / "file")


def test_the_same_token_twice_is_one_token(tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text(TOKEN)
    environ = {"DISCORD_TOKEN": TOKEN, "DISCORD_BOT_TOKEN": TOKEN, "DISCORD_TOKEN_FILE": str(file)}
    assert Settings.from_environment(environ).token == TOKEN


@pytest.mark.parametrize("environ", [{}, {"DISCORD_TOKEN": ""}, {"DISCORD_TOKEN": "  "}])
def test_without_a_token_it_says_where_to_get_one(environ: dict[str, str]) -> None:
    assert refusal(environ).startswith("no token: set DISCORD_TOKEN, or DISCORD_TOKEN_FILE")


def test_two_tokens_are_one_too_many() -> None:
    environ = {"DISCORD_TOKEN": TOKEN, "DISCORD_BOT_TOKEN": TOKEN + "x"}
    assert refusal(environ) == "DISCORD_TOKEN and DISCORD_BOT_TOKEN hold different tokens; leave all but one out"


def test_the_word_bot_is_not_part_of_a_token() -> None:
    told = refusal({"DISCORD_TOKEN": f"Bot {TOKEN}"})
    assert told == 'DISCORD_TOKEN: leave out the word "Bot" before the token'


@pytest.mark.parametrize("token", ["a client secret of 32 characters", "abc", TOKEN + " x", TOKEN.replace(".", "")])
def test_what_is_no_token_is_not_sent_to_discord(token: str) -> None:
    assert refusal({"DISCORD_TOKEN": token}).startswith("DISCORD_TOKEN: this is not a bot's token")


def test_a_token_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    file = tmp_path / "nowhere"
    assert refusal({"DISCORD_TOKEN_FILE": str(file)}) == f"DISCORD_TOKEN_FILE: {file} is not a file"
    assert refusal({"DISCORD_TOKEN_FILE": str(tmp_path)}) == f"DISCORD_TOKEN_FILE: {tmp_path} is not a file"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can step aside to see its own file closed to it")
def test_a_token_file_that_may_not_be_read_is_told(tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text(TOKEN)
    file.chmod(0o600)
    try:
        os.seteuid(65534)
        told = refusal({"DISCORD_TOKEN_FILE": str(file)})
    finally:
        os.seteuid(0)
    assert told == f"DISCORD_TOKEN_FILE: {file} can't be read: Permission denied"


def test_a_token_file_that_others_can_change_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text(TOKEN)
    file.chmod(0o666)
    told = refusal({"DISCORD_TOKEN_FILE": str(file)})
    assert told == f"DISCORD_TOKEN_FILE: {file} can be changed by other users; run: chmod go-w {file}"


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "should hold the token and nothing else"),
        (b"\n", "should hold the token and nothing else"),
        (b"x" * 5000, "should hold the token and nothing else"),
        (b"\xff\xfe\x00", "is not text"),
        (b"DISCORD_TOKEN=abc", "this is not a bot's token"),
    ],
)
def test_a_token_file_with_something_else_in_it_is_told(tmp_path: Path, content: bytes, told: str) -> None:
    file = tmp_path / "token"
    file.write_bytes(content)
    assert told in refusal({"DISCORD_TOKEN_FILE": str(file)})


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("REVIEW_BOT_MEMBER_WAIT", "soon", "REVIEW_BOT_MEMBER_WAIT=soon: give a number of seconds, 0 or more"),
        ("REVIEW_BOT_MEMBER_WAIT", "-1", "REVIEW_BOT_MEMBER_WAIT=-1: give a number of seconds, 0 or more"),
        ("REVIEW_BOT_MEMBER_WAIT", "inf", "REVIEW_BOT_MEMBER_WAIT=inf: give a number of seconds, 0 or more"),
        ("REVIEW_BOT_MEMBER_WAIT", "nan", "REVIEW_BOT_MEMBER_WAIT=nan: give a number of seconds, 0 or more"),
        ("REVIEW_BOT_SERVER_RATE", "1.5", "REVIEW_BOT_SERVER_RATE=1.5: give a whole number, 0 or more"),
        ("REVIEW_BOT_QUEUE", "0", "REVIEW_BOT_QUEUE=0: give a whole number, 1 or more"),
        (
            "REVIEW_BOT_LOG_LEVEL",
            "loud",
            "REVIEW_BOT_LOG_LEVEL=loud: give one of DEBUG, INFO, WARNING, ERROR",
        ),
        ("REVIEW_BOT_LOG_FORMAT", "xml", "REVIEW_BOT_LOG_FORMAT=xml: give one of text, json"),
        ("REVIEW_BOT_HEALTH_PORT", "65536", "REVIEW_BOT_HEALTH_PORT=65536: give a whole number, 0 to 65535"),
        ("REVIEW_BOT_KEEP_DAYS", "36501", "REVIEW_BOT_KEEP_DAYS=36501: give a whole number, 1 to 36500"),
        ("REVIEW_BOT_GRACE_DAYS", "999999", "REVIEW_BOT_GRACE_DAYS=999999: give a whole number, 0 to 36500"),
        ("REVIEW_BOT_HEALTH_PORT", "http", "REVIEW_BOT_HEALTH_PORT=http: give a whole number, 0 to 65535"),
    ],
)
def test_a_setting_that_cannot_be_used_is_told_in_one_line(name: str, value: str, told: str) -> None:
    assert refusal({"DISCORD_TOKEN": TOKEN, name: value}) == told
