from __future__ import annotations

import pytest

from embeddings.library import Library
from embeddings.records import State
from embeddings.retrieval.query import rewrite
from embeddings.retrieval.question import is_follow_up


@pytest.mark.parametrize("marks", ["???", "?" * 500, "!" * 80])
def test_repeated_marks_change_no_answer(library: Library, marks: str) -> None:
    repeated, asked = (library.ask(f"What is a deferral{end}") for end in (marks, marks[0]))
    assert (repeated.quotes, repeated.confidence) == (asked.quotes, asked.confidence)


@pytest.mark.parametrize("context", [(), ("So much happened in it, and so slowly. " * 25,)])
def test_a_text_longer_than_the_encoder_reads_keeps_its_end(library: Library, context: tuple[str, ...]) -> None:
    encoder, end = library.models.encoder, "Who is Ruth?"
    long = end if context else f"{'静かな映画だ。' * 100} {end}"
    texts = rewrite(long, context * 2, encoder, (), lambda _: ()).texts
    assert all(text.endswith(end) for text in texts)
    assert max(encoder.count_tokens(texts)) <= encoder.identity.max_tokens


def test_a_question_about_the_work_as_a_whole_is_answered(library: Library) -> None:
    assert library.ask("is it any good?").state is State.ANSWERED
    assert library.ask("ok but what's it about").state is State.ANSWERED


@pytest.mark.parametrize(
    ("question", "points_back"),
    [
        ("and who plays her?", True),
        ("why?", True),
        ("what about it", True),
        ("what does it stand for?", True),
        ("so does he die in the end of it all", True),
        ("But how did they meet in the first place?", True),
        ("what's the weather in Leeds", False),
        ("Who won the world cup in 2018?", False),
        ("Who directed the film Blade Runner?", False),
        ("how do i reverse a list in python", False),
    ],
)
def test_a_question_that_points_back_is_a_follow_up(question: str, points_back: bool) -> None:
    assert is_follow_up(question) is points_back


@pytest.mark.parametrize(
    ("before", "without_title"),
    [
        ("Who is Kathy in Never Let Me Go?", "Who is Kathy?"),
        ("What did the critic think of Never Let Me Go?", ""),
        ("What is Never Let Me Go about?", ""),
    ],
)
def test_a_follow_up_is_searched_without_the_title_and_without_a_question_about_the_whole(
    library: Library, before: str, without_title: str
) -> None:
    def titles_in(text: str) -> list[tuple[int, int]]:
        start = text.find("Never Let Me Go")
        return [(start, start + len("Never Let Me Go"))] if start >= 0 else []

    rewritten = rewrite("why does she wait?", [before], library.models.encoder, (), titles_in)
    assert rewritten.untitled is not None
    assert (rewritten.before, rewritten.untitled.before) == (before, without_title)
    assert rewritten.untitled.texts[0] == f"{without_title} why does she wait?".lstrip()
