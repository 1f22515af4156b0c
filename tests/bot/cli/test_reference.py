"""The command reference in the documentation."""

from __future__ import annotations

from bot.cli.reference import FILE, RENEW, command_reference


def test_the_command_reference_is_up_to_date() -> None:
    current = FILE.read_text(encoding="utf-8") == command_reference()
    assert current, f"{FILE} is out of date. Run `{RENEW}` and commit the file."
