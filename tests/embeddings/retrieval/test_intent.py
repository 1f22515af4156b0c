from __future__ import annotations

import pytest

from embeddings.retrieval.intent import Intent, find_intent

INTENTS = {
    Intent.VERDICT: (
        "Is it any good?",
        "is it worth watching",
        "is it a good read?",
        "did the critic like the film?",
        "would you recommend it",
        "THOUGHTS??",
        "pros and cons?",
    ),
    Intent.GIST: ("What's it about?", "what is the plot", "Summarize the film please", "plot?", "tl;dr"),
    Intent.THEMES: ("What are its themes?", "what's the message of the film"),
    None: (
        "Is the music any good?",
        "what is the Greek chorus like",
        "What is a deferral about?",
        "who likes Tommy",
        "What's the message about scientific progress?",
        "film",
        "what?",
        "ok",
        "映画",
    ),
}


@pytest.mark.parametrize(
    ("question", "intent"), [(question, intent) for intent, questions in INTENTS.items() for question in questions]
)
def test_a_question_about_the_work_as_a_whole_is_told_from_others(question: str, intent: Intent | None) -> None:
    assert find_intent(question) is intent
