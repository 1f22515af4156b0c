"""Sentences that several commands print."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.cli.output.wording import command_line, for_folder


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ("data", "run `review-bot index`, or `review-bot init --data there` first; `pip install .`"),
        (
            "elsewhere",
            "run `review-bot index --data elsewhere`, or `review-bot init --data there` first; `pip install .`",
        ),
        (
            "my club",
            "run `review-bot index --data 'my club'`, or `review-bot init --data there` first; `pip install .`",
        ),
    ],
)
def test_an_advised_command_names_the_data_folder(data: str, said: str) -> None:
    message = "run `review-bot index`, or `review-bot init --data there` first; `pip install .`"
    assert for_folder(message, Path(data)) == said


@pytest.mark.parametrize(("windows", "typed"), [(False, "ask --data 'my club'"), (True, 'ask --data "my club"')])
def test_a_path_with_a_space_is_quoted_as_the_systems_shell_reads_it(windows: bool, typed: str) -> None:
    assert command_line(["ask", "--data", "my club"], windows=windows) == typed
