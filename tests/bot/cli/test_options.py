"""Options that several commands share: the data folder, deprecated names, and invalid values."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from typer.main import get_group

from bot.cli.app import app
from tests.bot.cli.conftest import COMMANDS, QUESTION, Run, Session
from tests.project import ROOT

ADVISED = re.compile(r"`review-bot ([a-z]+)([^`]*)`")
BACKTICKED = re.compile(r"`[^`]*`")
OPTION = re.compile(r"(?<![\w-])--[a-z][a-z-]*")
RENAMED = "{} is now {}. The earlier name works for one more version.\n"


@pytest.fixture(scope="module")
def without_reranker(indexed: Path) -> str:
    """What `ask --json` prints without the reranker."""
    with Session() as session:
        shown = session.run("ask", QUESTION, "--no-reranker", "--json", "--data", indexed)
        assert shown.out != session.run("ask", QUESTION, "--json", "--data", indexed).out
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
@pytest.mark.slow
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
        (("calibrate", "x", "--refuse", "2"), "'--refuse': '2' is not a share. Use a number from 0 to 1."),
        (("calibrate", "x", "--lose", "half"), "'--lose': 'half' is not a share. Use a number from 0 to 1."),
        (("search", QUESTION, "-k", "abc"), "'-k': 'abc' is not a whole number of 1 or more."),
    ],
)
def test_an_invalid_value_is_an_error_that_shows_a_valid_one(run: Run, arguments: tuple[str, ...], said: str) -> None:
    ended = run(*arguments)
    assert (ended.code, ended.out) == (2, "")
    assert said in " ".join(ended.err.replace("│", " ").split())


@pytest.mark.parametrize(
    ("arguments", "flag", "word"),
    [
        (("ask", "--no-reader", "true", QUESTION), "--no-reranker", "true"),
        (("ask", QUESTION, "--json", "no"), "--json", "no"),
        (("search", "--no-update", "1", QUESTION), "--no-update", "1"),
        (("section", "--json", "Off"), "--json", "Off"),
        (("compare", "--anyway", "yes", "one", "two"), "--anyway", "yes"),
        (("index", "--exact", "on"), "--exact", "on"),
    ],
)
def test_a_value_after_a_flag_is_a_usage_error(run: Run, arguments: tuple[str, ...], flag: str, word: str) -> None:
    ended = run(*arguments)
    assert (ended.code, ended.out) == (2, "")
    said = " ".join(ended.err.replace("│", " ").split())
    assert f"{flag} takes no value, so leave out '{word}'. If it begins what you ask, write -- before it." in said


def test_what_follows_two_dashes_is_no_value(run: Run, indexed: Path) -> None:
    shown = run("ask", "--json", "--data", indexed, "--", "no", "deferral?")
    assert shown.json["question"] == "no deferral?"


@cache
def options_of(command: str) -> set[str]:
    """Return the names of a command's options."""
    params = get_group(app).commands[command].params
    return {name for param in params for name in (*param.opts, *param.secondary_opts) if name.startswith("--")}


def texts_of(file: Path) -> Iterator[tuple[str, str]]:
    """Yield each text of a module, with X for what is filled in, after its function. Documentation is left out."""
    for part in ast.parse(file.read_text(encoding="utf-8")).body:
        hidden: set[int] = set()
        for node in ast.walk(part):
            is_help = isinstance(node, ast.Call) and ast.unparse(node.func) in ("typer.Option", "typer.Argument")
            if is_help or (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)):
                hidden.update(map(id, ast.walk(node)))
        for node in ast.walk(part):
            if id(node) in hidden:
                continue
            name = getattr(part, "name", "")
            if isinstance(node, ast.JoinedStr):
                hidden.update(map(id, ast.walk(node)))
                yield (
                    name,
                    "".join(
                        str(getattr(each, "value", "")) if isinstance(each, ast.Constant) else "X"
                        for each in node.values
                    ),
                )
            elif isinstance(node, ast.Constant) and isinstance(node.value, str) and " " in node.value:
                yield name, node.value


PRINTED_BY = {
    "token": ("doctor",),
    "print_evaluation": ("evaluate",),
    "unreachable_goal": ("calibrate",),
    "_check_model_folder": ("sweep",),
    "_restore": ("restore",),
    "check_output": ("evaluate", "gaps", "backup"),
    "check_task": ("evaluate",),
    "_check_found": ("add",),
    "_ask": ("add",),
}
"""The commands that print what a function says that no command owns. What any other says, all print."""


@pytest.mark.slow
def test_every_option_in_a_message_is_one_of_the_command_that_prints_it() -> None:
    wrong = []
    for file in sorted(path for part in ("bot", "embeddings") for path in (ROOT / part).rglob("*.py")):
        place = str(file.relative_to(ROOT))
        if place.startswith(("embeddings/training/", "bot/cli/reference.py")):
            continue
        texts = list(texts_of(file))
        own = [name for name in COMMANDS if place.startswith("bot/cli/commands/") and name in dict(texts)]
        for function, text in texts:
            # `compare` alone needs no data folder.
            anybody = [name for name in COMMANDS if name != "compare"]
            printed_by = [function] if function in own else PRINTED_BY.get(function) or own or anybody
            for command, rest in ADVISED.findall(text):
                wrong += [(place, text) for option in OPTION.findall(rest) if option not in options_of(command)]
            for option in OPTION.findall(BACKTICKED.sub("", text)):
                wrong += [(place, text) for name in printed_by if option not in options_of(name)]
    assert wrong == []


def test_a_reranker_that_is_missing_advises_no_option_that_the_command_lacks(run: Run, indexed: Path) -> None:
    shown = run("ask", QUESTION, "--reader", "foo", "--data", indexed)
    assert shown.err.splitlines()[-1] == (
        "Answering without the reranker. The reranker can't be loaded. "
        "foo: There is no such folder and no downloaded model. Name another."
    )


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


def test_the_default_data_folder_is_data(run: Run, data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(data.parent)
    assert run("reviews", "--json").json == run("reviews", "--json", "--data", data).json
