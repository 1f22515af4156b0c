"""`chat`: follow-ups, the commands, and how it ends."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from bot.cli.commands.chat import GREETING, HELP, ChatSession
from embeddings.library import Library
from embeddings.records import AskResult
from tests.bot.cli.conftest import QUESTION, Run
from tests.embeddings.fixtures.reviews import review

OFF_TOPIC = "How do I change the oil of a motorbike?"
WHO = "Who is Ruth?"
FOLLOW_UP = "and who plays her?"


def cited(line: str) -> tuple[str, str]:
    """Return the quotation and the citation in a line of plain output."""
    found = re.fullmatch(r"\d+\. “(.*)” — (.*)", line)
    assert found is not None
    return found[1], found[2]


def test_chat_answers_as_ask_does(run: Run, indexed: Path) -> None:
    chat = run("chat", "--data", indexed, typed=[QUESTION])
    assert (chat.code, chat.err) == (0, "")
    assert chat.out == run("ask", QUESTION, "--data", indexed).out + "\n"


def test_a_follow_up_has_the_earlier_question_as_context(run: Run, indexed: Path) -> None:
    first = run("ask", WHO, "--data", indexed).out
    second = run("ask", FOLLOW_UP, "--context", WHO, "--data", indexed).out
    assert run("chat", "--data", indexed, typed=[WHO, FOLLOW_UP]).out == f"{first}\n{second}\n"


def test_a_question_that_fails_ends_no_chat(run: Run, indexed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = Library.run

    def fail_once(library: Library, question: str, *arguments: Any, **options: Any) -> AskResult:  # noqa: ANN401
        if question == "Fail.":
            raise RuntimeError("no room")
        return asked(library, question, *arguments, **options)

    monkeypatch.setattr(Library, "run", fail_once)
    chat = run("chat", "--data", indexed, typed=["Fail.", QUESTION])
    assert (chat.code, chat.out) == (0, run("ask", QUESTION, "--data", indexed).out + "\n")
    assert chat.err == (
        "This question can't be answered (RuntimeError('no room')). Ask it in other words, and report the error.\n"
    )


def test_an_unanswered_question_is_not_context(run: Run, indexed: Path) -> None:
    refused = run("ask", OFF_TOPIC, "--data", indexed).out
    answered = run("ask", QUESTION, "--data", indexed).out
    assert run("chat", "--data", indexed, typed=[OFF_TOPIC, QUESTION]).out == f"{refused}\n{answered}\n"


def test_new_forgets_the_earlier_questions(run: Run, indexed: Path) -> None:
    first = run("ask", WHO, "--data", indexed).out
    alone = run("ask", FOLLOW_UP, "--data", indexed).out
    assert run("chat", "--data", indexed, typed=[WHO, "/new", FOLLOW_UP]).out == f"{first}\n{alone}\n"


def test_more_shows_every_other_relevant_passage_once(run: Run, indexed: Path) -> None:
    answer = run("ask", WHO, "--data", indexed).out.splitlines()
    shown = run("chat", "--data", indexed, typed=[WHO, *["/more"] * 7]).out.splitlines()
    further = [cited(line) for line in shown[len(answer) :] if line[:1].isdigit()]
    quoted = {place for _, place in map(cited, answer)}
    assert 3 < len(further) == len(set(further)) < 10  # of 18
    assert quoted.isdisjoint(place for _, place in further)
    assert shown[-1] == "There are no more passages."


def test_small_talk_is_not_searched_and_no_question(run: Run, indexed: Path) -> None:
    assert run("chat", "--data", indexed, typed=["thanks!", "hi", "🍿"]).out == f"{GREETING}\n" * 3


def test_more_needs_a_question_first(run: Run, indexed: Path) -> None:
    assert run("chat", "--data", indexed, typed=["/more", "/new", "/more"]).out == "Ask a question first.\n" * 2


def test_a_chat_can_be_limited_to_one_review_and_back(run: Run, two_reviews: Path) -> None:
    question = "What is said about the sea?"
    kept = run("ask", question, "--review", "never-let-me-go", "--data", two_reviews).out
    free = run("ask", question, "--data", two_reviews).out
    assert kept != free
    typed = ["/review nevr let me go", question, "/review", question]
    assert run("chat", "--data", two_reviews, typed=typed).out == (
        f"The chat is limited to Never Let Me Go.\n{kept}\nThe chat covers all reviews.\n{free}\n"
    )
    assert run("chat", "--review", "NLMG", "--data", two_reviews, typed=[question]).out == f"{kept}\n"


def test_a_number_chooses_among_the_reviews_that_a_question_fits(
    indexed: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    texts = (
        "The end of it is sad.",
        "It ends well.",
        "Nobody likes how it ends.",
        "A slow end.",
        "The end is a fight.",
    )
    films = [review(f"film-{number}", {"A": [text]}) for number, text in enumerate(texts)]
    shelf = Library.of(films, tmp_path, Library.open(indexed).models)
    second = shelf.ask("how does it end?").choices[1]
    chat = ChatSession(shelf, tmp_path)
    chat.handle("how does it end?")
    assert "Which review do you mean?" in capsys.readouterr().out
    chat.handle("2")
    assert capsys.readouterr().out.startswith(f"In {second.title}:\n1. “")
    chat.handle("and who wins?")
    assert second.title in capsys.readouterr().out


def test_an_error_is_one_line_and_the_chat_goes_on(run: Run, indexed: Path) -> None:
    chat = run("chat", "--data", indexed, typed=["", "/dance", "/review xyzzy", QUESTION])
    assert chat.code == 0
    first, second = chat.err.splitlines()
    assert first == "There is no command /dance. Type /help for the list."
    assert second.startswith("There is no review called “xyzzy”. Did you mean ")
    assert chat.out == run("ask", QUESTION, "--data", indexed).out + "\n"


@pytest.mark.parametrize("goodbye", ["/quit", "/exit", "/QUIT", "quit", "Exit.", "bye!", "q", ":q"])
def test_quit_ends_the_chat(run: Run, indexed: Path, goodbye: str) -> None:
    chat = run("chat", "--data", indexed, typed=["/help", "help", "?", "Help!", goodbye, QUESTION])
    assert (chat.code, chat.out, chat.err) == (0, f"{HELP}\n" * 4, "")


def test_a_question_may_begin_with_a_word_of_command(run: Run, indexed: Path) -> None:
    question = "Exit to what?"
    assert run("chat", "--data", indexed, typed=[question]).out == run("ask", question, "--data", indexed).out + "\n"


def test_the_end_of_input_ends_the_chat_quietly(run: Run, indexed: Path) -> None:
    chat = run("chat", "--data", indexed)
    assert (chat.code, chat.out, chat.err) == (0, "", "")
