"""Question files: what is read, what is refused, and how a label finds its place."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from embeddings.errors import QuestionFileError
from embeddings.evaluation.datasets.questions import (
    Label,
    Question,
    locate,
    question_line,
    read_questions,
    select_split,
)
from embeddings.evaluation.datasets.review_builder import SectionText, build_review
from embeddings.evaluation.datasets.task import JudgedQuestion, Judgement, Span
from embeddings.records import Review
from tests.embeddings.evaluation.conftest import WriteLines

GOOD = {"id": "q1", "question": "Where was it shot?", "relevant": []}


def test_every_key_of_the_format_is_read(write_lines: WriteLines) -> None:
    file = write_lines(
        {
            "id": "q1",
            "question": "Where was it shot?",
            "relevant": [{"review": "clocks", "quote": "a disused clock factory"}],
            "context": ["Who directed it?"],
            "review": "clocks",
            "kind": "lexical",
            "split": "dev",
            "note": "a key of somebody's own",
        },
        "",
        {"id": "q2", "question": "Who wrote the score?", "relevant": []},
    )

    assert read_questions(file) == (
        Question(
            id="q1",
            text="Where was it shot?",
            relevant=(Label("clocks", "a disused clock factory"),),
            context=("Who directed it?",),
            review="clocks",
            kind="lexical",
            split="dev",
            line=1,
        ),
        Question(id="q2", text="Who wrote the score?", relevant=(), line=3),
    )


def test_a_byte_order_mark_and_windows_line_ends_change_nothing(tmp_path: Path) -> None:
    file = tmp_path / "questions.jsonl"
    file.write_bytes(b"\xef\xbb\xbf" + json.dumps(GOOD).encode() + b"\r\n")

    assert read_questions(file) == (Question("q1", "Where was it shot?", (), line=1),)


def test_a_quote_is_found_in_its_review_and_judges_its_paragraph(
    write_lines: WriteLines, reviews: tuple[Review, ...]
) -> None:
    file = write_lines(
        {
            **GOOD,
            "relevant": [{"review": "clocks", "quote": "Nobody in the film owns a watch."}],
            "kind": "lexical",
        }
    )

    located = locate(read_questions(file), reviews, file)

    start = reviews[0].text.index("Nobody")
    assert located == (
        JudgedQuestion(
            id="q1",
            text="Where was it shot?",
            spans=(Span("clocks", start, start + len("Nobody in the film owns a watch.")),),
            judgements=(Judgement("clocks/setting/2"),),
            kind="lexical",
        ),
    )


def test_a_quote_that_stands_twice_is_relevant_in_both_places(write_lines: WriteLines) -> None:
    review = build_review("echo", "Echo", [SectionText("a", "A", ("Time passes.", "It rains.", "Time passes."))])
    file = write_lines({**GOOD, "relevant": [{"review": "echo", "quote": "Time passes."}]})

    (located,) = locate(read_questions(file), [review], file)

    assert located.spans == (Span("echo", 0, 12), Span("echo", 23, 35))
    assert located.judgements == (Judgement("echo/a/1"), Judgement("echo/a/3"))


def test_a_quote_over_two_paragraphs_judges_both(write_lines: WriteLines, reviews: tuple[Review, ...]) -> None:
    file = write_lines({**GOOD, "relevant": [{"review": "tides", "quote": "on purpose.\nThe sea"}]})

    (located,) = locate(read_questions(file), reviews, file)

    assert located.judgements == (Judgement("tides/sea/1"), Judgement("tides/sea/2"))


def test_a_question_without_labels_is_unanswerable(write_lines: WriteLines, reviews: tuple[Review, ...]) -> None:
    file = write_lines(GOOD)

    (located,) = locate(read_questions(file), reviews, file)

    assert not located.answerable


TOO_LONG = (
    "not JSON that can be read: Exceeds the limit (4300 digits) for integer string conversion: value has 5000 digits; "
    "use sys.set_int_max_str_digits() to increase the limit"
)
BROKEN: dict[str, tuple[tuple[object, ...], int | None, str]] = {
    "not JSON": ((GOOD, '{"id": "q2", "question": '), 2, "not JSON at column 26: Expecting value"),
    "brackets too deep": ((GOOD, "[" * 100_000), 2, "brackets within brackets, too deep to be read"),
    "a number too long": ((GOOD, '{"id": ' + "1" * 5_000 + "}"), 2, TOO_LONG),
    "half a character in a question": (
        (GOOD, r'{"id": "q2", "question": "\ud83d what?", "relevant": []}'),
        2,
        r"\ud83d is half of a character (a surrogate without the other): write the whole one",
    ),
    "half a character in a turn": (
        (r'{"id": "q1", "question": "Why?", "relevant": [], "context": ["\uDE42"]}',),
        1,
        r"\ude42 is half of a character (a surrogate without the other): write the whole one",
    ),
    "not an object": (('["q1"]',), 1, "a JSON object is needed, not a list"),
    "no id": (({"question": "Where?", "relevant": []},), 1, '"id" is missing'),
    "an id that is a number": (({**GOOD, "id": 1},), 1, '"id" is a number: it is a string'),
    "an id used twice": ((GOOD, GOOD), 2, "the id 'q1' is taken by line 1: give it another"),
    "an empty question": (({**GOOD, "question": " "},), 1, '"question" is empty'),
    "no labels": (
        ({"id": "q1", "question": "Where?"},),
        1,
        '"relevant" is missing: write [] where the reviews don\'t answer the question, '
        "or label it with `review-bot label FILE --from questions.jsonl`",
    ),
    "labels that are no list": (({**GOOD, "relevant": None},), 1, '"relevant" is null: it is a list'),
    "a label that is a bare quote": (
        ({**GOOD, "relevant": ["a quote"]},),
        1,
        '"relevant" holds a string: each is {"review": slug, "quote": text}',
    ),
    "a label without its review": (({**GOOD, "relevant": [{"quote": "a"}]},), 1, '"review" is missing'),
    "a context that is a string": (({**GOOD, "context": "Who?"},), 1, '"context" is a string: it is a list'),
    "a turn that is no string": (
        ({**GOOD, "context": [{"user": "Who?"}]},),
        1,
        '"context" holds an object: it is a list of the earlier questions',
    ),
    "a label in a collection that the asker doesn't see": (
        ({**GOOD, "collections": ["7"], "relevant": [{"review": "tides", "quote": "a"}]},),
        1,
        "there is no review 'tides'; the asker sees none",
    ),
    "a collection that is no name": (
        ({**GOOD, "collections": [7]},),
        1,
        '"collections" holds a number: it is a list of collections\' names',
    ),
    "a label outside the narrowed review": (
        ({**GOOD, "review": "clocks", "relevant": [{"review": "tides", "quote": "a"}]},),
        1,
        "\"review\" narrows the search to 'clocks', but a relevant quote is in 'tides'",
    ),
    "an unknown review to search": (
        (GOOD, {**GOOD, "id": "q2", "review": "clokcs"}),
        2,
        "there is no review 'clokcs'; there are: clocks, tides",
    ),
    "a label in an unknown review": (
        ({**GOOD, "relevant": [{"review": "waves", "quote": "a"}]},),
        1,
        "there is no review 'waves'; there are: clocks, tides",
    ),
    "a quote that was edited away": (
        (
            GOOD,
            {
                **GOOD,
                "id": "q2",
                "relevant": [{"review": "tides", "quote": "The tide tables are always wrong"}],
            },
        ),
        2,
        "the quote 'The tide tables are always wrong' is not in the review 'tides'; "
        "the nearest text there is: 'The tide tables are wrong'",
    ),
    "no question at all": (("",), None, "no questions: write one JSON object a line"),
}


@pytest.mark.parametrize(("lines", "line", "reason"), BROKEN.values(), ids=BROKEN.keys())
def test_a_broken_file_is_refused_with_its_line_and_the_reason(
    write_lines: WriteLines,
    reviews: tuple[Review, ...],
    lines: tuple[object, ...],
    line: int | None,
    reason: str,
) -> None:
    file = write_lines(*lines)

    with pytest.raises(QuestionFileError) as refused:
        locate(read_questions(file), reviews, file)

    assert (refused.value.file, refused.value.line, refused.value.reason) == (file, line, reason)


def test_a_character_written_as_two_escapes_is_read_whole(write_lines: WriteLines) -> None:
    file = write_lines(r'{"id": "q1", "question": "\ud83d\ude42 why?", "relevant": []}')

    assert read_questions(file) == (Question("q1", "🙂 why?", (), line=1),)


def test_bytes_that_are_not_utf_8_are_refused_with_their_line(tmp_path: Path) -> None:
    file = tmp_path / "questions.jsonl"
    file.write_bytes(json.dumps(GOOD).encode() + b'\n{"id": "caf\xe9"}\n')

    with pytest.raises(QuestionFileError, match=r":2: not UTF-8 at byte 12"):
        read_questions(file)


def test_a_missing_file_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(QuestionFileError, match=r"absent\.jsonl: can't be read: No such file"):
        read_questions(tmp_path / "absent.jsonl")


def test_a_quote_like_nothing_in_its_review_says_so(write_lines: WriteLines, reviews: tuple[Review, ...]) -> None:
    file = write_lines({**GOOD, "relevant": [{"review": "tides", "quote": "§§§"}]})

    with pytest.raises(QuestionFileError, match="the nearest text there is: none that is like it"):
        locate(read_questions(file), reviews, file)


def test_a_split_is_chosen_by_its_name(write_lines: WriteLines) -> None:
    file = write_lines({**GOOD, "split": "dev"}, {**GOOD, "id": "q2", "split": "held-out"}, {**GOOD, "id": "q3"})

    assert [question.id for question in select_split(read_questions(file), "held-out", file)] == ["q2"]


@pytest.mark.parametrize(
    ("line", "there"),
    [({**GOOD, "split": "dev"}, "the splits are: dev"), (GOOD, 'no line has the key "split"')],
)
def test_an_unknown_split_is_refused_with_those_that_there_are(
    write_lines: WriteLines, line: object, there: str
) -> None:
    file = write_lines(line)

    with pytest.raises(QuestionFileError, match=there):
        select_split(read_questions(file), "test", file)


texts = st.text(st.characters(codec="utf-8"), min_size=1).filter(str.strip)
questions = st.builds(
    Question,
    id=texts,
    text=texts,
    relevant=st.lists(st.builds(Label, st.just("clocks"), texts), max_size=3).map(tuple),
    context=st.lists(texts, max_size=3).map(tuple),
    review=st.sampled_from([None, "clocks"]),
    kind=st.none() | texts,
    split=st.none() | texts,
    line=st.just(1),
)


@given(question=questions)
def test_a_written_line_is_read_back_as_the_same_question(
    tmp_path_factory: pytest.TempPathFactory, question: Question
) -> None:
    file = tmp_path_factory.mktemp("questions") / "questions.jsonl"
    file.write_text(question_line(question) + "\n", encoding="utf-8")

    assert read_questions(file) == (question,)
