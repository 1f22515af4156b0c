"""The command in a real terminal: marks, widths, colours, bars, and a conversation by keyboard."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from bot.cli.app import main
from bot.cli.doctor.check import Status
from bot.cli.output.rich import MARKS
from embeddings.library import Library
from tests.bot.cli.conftest import QUESTION, SHORT_QUESTION, Run
from tests.bot.cli.terminal import Terminal, terminal, terminal_here

ESCAPE = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\x1b\][^\x07]*\x07|\x1b[=>]")
BOLD = re.compile(r"\x1b\[1m(.*?)\x1b\[0m", re.DOTALL)
COLOUR = re.compile(r"\x1b\[(?:\d+;)*(?:3[0-7]|38;)[\d;]*m")

Shown = Callable[..., str]


@pytest.fixture
def shown_by(monkeypatch: pytest.MonkeyPatch) -> Shown:
    """Run the command in this process, and return everything that it shows in a terminal."""

    def shown(*arguments: str | Path, width: int = 80, environment: dict[str, str] | None = None) -> str:
        with monkeypatch.context() as patch:
            for name, value in ({"TERM": "xterm-256color"} | (environment or {})).items():
                patch.setenv(name, value)
            with terminal_here(width) as screen, pytest.raises(SystemExit, match="0"):
                main([*map(str, arguments)])
            return screen.shown

    return shown


def words_of(text: str) -> list[str]:
    """Return the words without escape sequences."""
    return ESCAPE.sub("", text).split()


def holds(words: list[str], part: list[str]) -> bool:
    """Return True if some words follow each other in others."""
    return any(words[place : place + len(part)] == part for place in range(len(words)))


def test_every_outcome_of_a_check_has_a_mark(shown_by: Shown, indexed: Path) -> None:
    shown = ESCAPE.sub("", shown_by("doctor", "--data", indexed, width=200))
    assert re.search(r"✓ +database +none yet", shown)
    assert re.search(r"· +token +Discord is not set up\.", shown)
    assert MARKS.keys() == set(Status)


@pytest.mark.parametrize("width", [80, 40])
def test_an_answer_shows_each_quote_marked_in_its_passage_with_its_citation(
    shown_by: Shown, indexed: Path, width: int
) -> None:
    library = Library.open(indexed)
    answer = library.ask(QUESTION)
    shown = shown_by("ask", QUESTION, "--data", indexed, width=width)
    words = words_of(shown)
    marked = words_of(" ".join(BOLD.findall(shown)))
    for quote in answer.quotes:
        review = library.review(quote.review)
        paragraph = review.section(quote.section).paragraphs[quote.paragraph - 1]
        assert holds(words, review.text[paragraph.start : paragraph.end].split())
        assert holds(marked, quote.text.split())
        assert holds(words, f"— {quote.title}, {quote.heading}, ¶{quote.paragraph}".split())
    assert len(marked) == sum(len(quote.text.split()) for quote in answer.quotes)
    assert max(len(ESCAPE.sub("", line)) for line in shown.split("\n")) <= width


def test_no_color_turns_off_colours_but_not_the_marks_of_quotes(shown_by: Shown, indexed: Path) -> None:
    assert COLOUR.search(shown_by("ask", QUESTION, "--data", indexed)) is not None
    shown = shown_by("ask", QUESTION, "--data", indexed, environment={"NO_COLOR": "1"})
    assert COLOUR.search(shown) is None
    assert BOLD.search(shown) is not None


def test_a_dumb_terminal_gets_what_a_pipe_gets(shown_by: Shown, run: Run, indexed: Path) -> None:
    shown = shown_by("ask", QUESTION, "--data", indexed, environment={"TERM": "dumb"})
    assert shown == run("ask", QUESTION, "--data", indexed).out


def test_a_narrow_terminal_shows_that_the_reviews_do_not_answer(shown_by: Shown, indexed: Path) -> None:
    words = words_of(shown_by("ask", "How do I change the oil of a motorbike?", "--data", indexed, width=40))
    hint = f"Try other words, or list the reviews: `review-bot reviews --data {indexed}`."
    # A path that is wider than the terminal is broken at any character.
    assert "".join(words) == f"The reviews don't say. {hint}".replace(" ", "")


@pytest.mark.parametrize(
    "command", [("search", QUESTION, "-k", "3"), ("reviews",), ("sections", "nlmg"), ("section", "nlmg", "5")]
)
def test_everything_fits_a_narrow_terminal(shown_by: Shown, two_reviews: Path, command: tuple[str, ...]) -> None:
    shown = shown_by(*command, "--data", two_reviews, width=30)
    assert max(len(ESCAPE.sub("", line)) for line in shown.split("\n")) <= 30


def test_markup_in_a_review_is_shown_as_text(shown_by: Shown, two_reviews: Path) -> None:
    shown = shown_by("section", "lighthouse", "introduction", "--data", two_reviews)
    assert holds(words_of(shown), "that pass [bold]without lights[/bold], and writes".split())


def test_a_build_shows_a_progress_bar_and_removes_it(shown_by: Shown, fresh: Path) -> None:
    shown = shown_by("ask", SHORT_QUESTION, "--data", fresh)
    assert "Preparing the model" in shown
    assert shown.startswith("Building the index of 1 review. This happens only once…\n")


def test_ctrl_d_ends_a_chat_quietly(indexed: Path) -> None:
    with terminal("chat", "--data", indexed) as (screen, running):
        screen.wait_for("Ask about the reviews. Type help for the commands, and quit or Ctrl-D to end.\n> ")
        screen.type("What is a deferral?\r")
        screen.wait_for("\n\n> ")
        screen.type("\x04")
        while screen.read(30):
            pass
        assert running.wait(30) == 0
    assert words_of(screen.shown.rpartition("> ")[2]) == []


def press_ctrl_c(screen: Terminal, has_effect: Callable[[], object]) -> None:
    """Press Ctrl-C until it has an effect. Python's prompt misses one that comes just before it waits for keys."""
    for _ in range(10):
        screen.type("\x03")
        end = time.monotonic() + 5
        while time.monotonic() < end:
            if has_effect():
                return
            screen.read(0.2)
    raise AssertionError(f"Ctrl-C has no effect: {screen.shown!r}")


def test_ctrl_c_ends_a_chat_quietly(indexed: Path) -> None:
    with terminal("chat", "--data", indexed) as (screen, running):
        screen.wait_for("\n> ")
        press_ctrl_c(screen, lambda: running.poll() is not None)
        assert running.wait(0) == 130
        while screen.read(5):
            pass
    assert set(words_of(screen.shown.partition("> ")[2])) <= {"^C"}


@pytest.mark.slow
def test_ctrl_c_clears_a_half_typed_line_and_the_chat_goes_on(indexed: Path) -> None:
    with terminal("chat", "--data", indexed) as (screen, running):
        screen.wait_for("\n> ")
        for cleared in ("How do I change", "Never mind"):
            screen.type(cleared)
            screen.wait_for(cleared)
            press_ctrl_c(screen, partial(screen.has, f"{cleared}\n> "))
        screen.type("What is a deferral?\r")
        screen.wait_for("\n\n> ")
        assert "deferral" in screen.shown.rpartition("?\n")[2]
        press_ctrl_c(screen, lambda: running.poll() is not None)
        assert running.wait(0) == 130


@pytest.mark.parametrize(
    ("command", "prompt", "said"),
    [
        (("add", "{folder}/The Ferryman.txt", "--data", "{folder}/data"), "Add it? [y/N] ", "Nothing was added."),
        (
            ("label", "{folder}/x.jsonl", "--data", "{data}"),
            "Question (Enter to finish): ",
            "0 added to {folder}/x.jsonl.",
        ),
        (
            ("init", "--data", "{folder}/none"),
            "Enter to skip): ",
            "Stopped. Run `review-bot init --data {folder}/none` again to continue.",
        ),
    ],
)
@pytest.mark.slow
def test_ctrl_c_at_a_prompt_ends_with_one_line(
    indexed: Path, tmp_path: Path, command: tuple[str, ...], prompt: str, said: str
) -> None:
    (tmp_path / "The Ferryman.txt").write_text("He rows people over.\n", encoding="utf-8")
    places = {"folder": tmp_path, "data": indexed}
    with terminal(*(part.format(**places) for part in command), width=500) as (screen, running):
        screen.wait_for(prompt)
        screen.type("\x03")
        code = running.wait(30)
        while screen.read(5):
            pass
    assert code == 130
    assert screen.shown.partition(prompt)[2].removeprefix("^C") == f"\n{said.format(**places)}\n"


WIDE = 44


def check_lines(shown: str, width: int = WIDE) -> None:
    """Fail if a line is wider than the terminal, and so broken within a word, unless it is a single word."""
    for line in ESCAPE.sub("", shown).replace("\r", "\n").split("\n"):
        assert len(line) <= width or len(line.split()) == 1, line


@pytest.mark.slow
def test_add_init_and_label_break_lines_between_words(
    indexed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Short paths, so that no command is wider than the terminal.
    monkeypatch.chdir(tmp_path)
    Path("d").symlink_to(indexed)
    Path("long.txt").write_text("He rows people over the river, and says nothing. " * 4, encoding="utf-8")
    Path("club").mkdir()
    with terminal("add", "long.txt", "--data", "new", width=WIDE) as (screen, _):
        screen.wait_for("Add it? [y/N]")
        check_lines(screen.shown)
    with terminal("init", "--data", "new", width=WIDE) as (screen, _):
        screen.wait_for("skip):")
        check_lines(screen.shown)
        screen.type("club\r")
        screen.wait_for("Name another")
        check_lines(screen.shown.partition("club\n")[2])
    with terminal("label", "questions.jsonl", "--data", "d", width=WIDE) as (screen, _):
        screen.wait_for("(Enter to finish):")
        screen.type(f"{QUESTION}\r")
        screen.wait_for("q to quit:")
        check_lines(screen.shown.partition(f"{QUESTION}\n")[2])
