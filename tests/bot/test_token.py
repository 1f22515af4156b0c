from __future__ import annotations

import os
from pathlib import Path

import pytest

from bot.token import SettingsError, Token, find_token
from embeddings.documents.filesystem import HAS_MODES
from tests.project import needs_modes

TOKEN = "MTEyMjMzNDQ1NTY2Nzc4ODk5.GaBcDe." + "aB3_-" * 6
NOWHERE = Path("nowhere")


def refusal(environ: dict[str, str], data: Path = NOWHERE) -> str:
    """Return the message about a token, which is one line and does not show the token."""
    with pytest.raises(SettingsError) as caught:
        find_token(environ, data)
    message = str(caught.value)
    assert "\n" not in message
    assert not any(value in message for name, value in environ.items() if name.endswith("TOKEN") and len(value) > 10)
    return message


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "secret"
    path.write_text(TOKEN)
    return path


def test_a_token_can_be_in_a_file(tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_text(f"\ufeff{TOKEN}\r\n", encoding="utf-8")
    assert find_token({"DISCORD_TOKEN_FILE": str(file)}, NOWHERE) == Token(TOKEN, "DISCORD_TOKEN_FILE", file)


def test_the_data_folders_token_counts_if_the_environment_has_none(tmp_path: Path) -> None:
    (tmp_path / "token").write_text(f"{TOKEN}\n")
    assert find_token({}, tmp_path) == Token(TOKEN, "token", tmp_path / "token")
    other = TOKEN + "x"
    assert find_token({"DISCORD_TOKEN": other}, tmp_path) == Token(other, "DISCORD_TOKEN")


def test_a_data_folder_that_is_a_file_holds_no_token(file: Path) -> None:
    assert refusal({}, file).startswith("There is no token.")


def test_the_same_token_twice_is_one_token(file: Path) -> None:
    environ = {"DISCORD_TOKEN": TOKEN, "DISCORD_BOT_TOKEN": TOKEN, "DISCORD_TOKEN_FILE": str(file)}
    assert find_token(environ, NOWHERE) == Token(TOKEN, "DISCORD_TOKEN_FILE", file)


@pytest.mark.parametrize("environ", [{}, {"DISCORD_TOKEN": ""}, {"DISCORD_TOKEN": "  "}])
def test_without_a_token_the_message_says_where_to_get_one(environ: dict[str, str]) -> None:
    assert refusal(environ).startswith("There is no token. Set DISCORD_TOKEN, or DISCORD_TOKEN_FILE")


def test_two_different_tokens_are_refused() -> None:
    environ = {"DISCORD_TOKEN": TOKEN, "DISCORD_BOT_TOKEN": TOKEN + "x"}
    assert refusal(environ) == "DISCORD_TOKEN and DISCORD_BOT_TOKEN hold different tokens. Remove all but one."


def test_the_word_bot_is_not_part_of_a_token() -> None:
    assert refusal({"DISCORD_TOKEN": f"Bot {TOKEN}"}) == 'DISCORD_TOKEN: Remove the word "Bot" before the token.'


@pytest.mark.parametrize("token", ["a client secret of 32 characters", "abc", TOKEN + " x", TOKEN.replace(".", "")])
def test_a_text_that_is_not_a_token_is_refused(token: str) -> None:
    assert refusal({"DISCORD_TOKEN": token}).startswith("DISCORD_TOKEN: This is not a bot's token")


def test_a_missing_token_file_is_named(tmp_path: Path) -> None:
    for path in (tmp_path / "nowhere", tmp_path):
        assert refusal({"DISCORD_TOKEN_FILE": str(path)}) == f"DISCORD_TOKEN_FILE: {path} is not a file."


@pytest.mark.skipif(not HAS_MODES or os.geteuid() != 0, reason="only root can drop its rights to its own file")
def test_an_unreadable_token_file_is_reported(file: Path) -> None:
    file.chmod(0o600)
    try:
        os.seteuid(65534)
        message = refusal({"DISCORD_TOKEN_FILE": str(file)})
    finally:
        os.seteuid(0)
    assert message == f"DISCORD_TOKEN_FILE: {file} can't be read: Permission denied."


@needs_modes
def test_a_token_file_that_others_can_change_is_refused(file: Path) -> None:
    file.chmod(0o666)
    message = refusal({"DISCORD_TOKEN_FILE": str(file)})
    assert message == f"DISCORD_TOKEN_FILE: {file} can be changed by other users. Run: chmod go-w {file}"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "must hold the token and nothing else."),
        (b"\n", "must hold the token and nothing else."),
        (b"x" * 5000, "must hold the token and nothing else."),
        (b"\xff\xfe\x00", "is not text."),
        (b"DISCORD_TOKEN=abc", "This is not a bot's token"),
    ],
)
def test_a_token_file_with_other_content_is_refused(file: Path, content: bytes, message: str) -> None:
    file.write_bytes(content)
    assert message in refusal({"DISCORD_TOKEN_FILE": str(file)})
