from __future__ import annotations

import pytest

from bot.ui.small_talk import is_small_talk


@pytest.mark.parametrize(
    "text",
    [
        "thanks!",
        "Thanks a lot, bot 🙂",
        "thank you so much for your help!!",
        "hello",
        "Hellooo there",
        "Hi, who are you?",
        "help",
        "Help me please",
        "What’s up?",
        "WHAT CAN YOU DO?",
        "ok",
        "ok, thanks. Bye!",
        "good morning everyone",
        "?",
        "👍",
        "",
    ],
)
def test_small_talk_is_recognised(text: str) -> None:
    assert is_small_talk(text)


@pytest.mark.parametrize(
    "text",
    [
        "Who are you meant to pity?",
        "Help me understand the ending",
        "Hello, does Kathy love Tommy?",
        "thanks, and who plays Ruth?",
        "Is it great?",
        "How does it work?",
        "What are you supposed to feel?",
        "What can you do about a deferral?",
        "tell me more",
        "why?",
        "and then?",
        "Ruth",
        "Is the ending good?",
        "What is this about?",
        "there",
        "all of it",
        "¿Quién es Ruth?",
        "監督は誰？",
    ],
)
def test_a_question_is_no_small_talk(text: str) -> None:
    assert not is_small_talk(text)


@pytest.mark.timeout(60)  # with backtracking it never ends
def test_a_long_row_of_small_talk_does_not_hang() -> None:
    assert not is_small_talk("hello thanks so much " * 200 + "Ruth")
