"""Question files: reading, errors, and locating quotes."""

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
    locate_quotes,
    question_line,
    read_questions,
    select_split,
)
from embeddings.evaluation.datasets.task import JudgedQuestion, Judgement, SectionText, Span, build_review
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


def test_a_byte_order_mark_and_windows_line_endings_are_ignored(tmp_path: Path) -> None:
    file = tmp_path / "questions.jsonl"
    file.write_bytes(b"\xef\xbb\xbf" + json.dumps(GOOD).encode() + b"\r\n")
    assert read_questions(file) == (Question("q1", "Where was it shot?", (), line=1),)


def test_a_quote_is_located_and_its_paragraph_is_relevant(write_lines: WriteLines, reviews: tuple[Review, ...]) -> None:
    file = write_lines(
        {**GOOD, "relevant": [{"review": "clocks", "quote": "Nobody in the film owns a watch."}], "kind": "lexical"}
    )

    located = locate_quotes(read_questions(file), reviews, file)

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


def test_every_occurrence_of_a_quote_is_relevant(write_lines: WriteLines) -> None:
    review = build_review("echo", "Echo", [SectionText("a", "A", ("Time passes.", "It rains.", "Time passes."))])
    file = write_lines({**GOOD, "relevant": [{"review": "echo", "quote": "Time passes."}]})
    (located,) = locate_quotes(read_questions(file), [review], file)
    assert located.spans == (Span("echo", 0, 12), Span("echo", 23, 35))
    assert located.judgements == (Judgement("echo/a/1"), Judgement("echo/a/3"))


def test_both_paragraphs_of_a_quote_are_relevant(write_lines: WriteLines, reviews: tuple[Review, ...]) -> None:
    file = write_lines({**GOOD, "relevant": [{"review": "tides", "quote": "on purpose.\nThe sea"}]})
    (located,) = locate_quotes(read_questions(file), reviews, file)
    assert located.judgements == (Judgement("tides/sea/1"), Judgement("tides/sea/2"))


def test_a_question_without_labels_is_unanswerable(write_lines: WriteLines, reviews: tuple[Review, ...]) -> None:
    file = write_lines(GOOD)
    (located,) = locate_quotes(read_questions(file), reviews, file)
    assert not located.answerable


TOO_LONG = (
    "The JSON can't be read (Exceeds the limit (4300 digits) for integer string conversion: value has 5000 digits; "
    "use sys.set_int_max_str_digits() to increase the limit). Correct it."
)
BROKEN: dict[str, tuple[tuple[object, ...], int | None, str]] = {
    "not JSON": (
        (GOOD, '{"id": "q2", "question": '),
        2,
        "The text is not JSON at column 26 (Expecting value). Correct it.",
    ),
    "brackets too deep": ((GOOD, "[" * 100_000), 2, "The brackets are nested too deeply. Remove some of them."),
    "a number too long": ((GOOD, '{"id": ' + "1" * 5_000 + "}"), 2, TOO_LONG),
    "half a character in a question": (
        (GOOD, r'{"id": "q2", "question": "\ud83d what?", "relevant": []}'),
        2,
        r"\ud83d is only half of a surrogate pair. Write the whole character.",
    ),
    "an id used twice": ((GOOD, GOOD), 2, "Line 1 already has the id 'q1'. Use another id."),
    "an unknown review to search": (
        (GOOD, {**GOOD, "id": "q2", "review": "clokcs"}),
        2,
        "There is no review 'clokcs'. The reviews are: clocks, tides.",
    ),
    "a quote that was edited away": (
        (GOOD, {**GOOD, "id": "q2", "relevant": [{"review": "tides", "quote": "The tide tables are always wrong"}]}),
        2,
        "The quote 'The tide tables are always wrong' is not in the review 'tides'. "
        "The nearest text is 'The tide tables are wrong'.",
    ),
    "an empty file": (("",), None, "The file has no questions. Write one JSON object per line."),
}
TIDES = {"relevant": [{"review": "tides", "quote": "a"}]}
BROKEN_FIRST_LINES: tuple[tuple[object, str], ...] = (
    (
        r'{"id": "q1", "question": "Why?", "relevant": [], "context": ["\uDE42"]}',
        r"\ude42 is only half of a surrogate pair. Write the whole character.",
    ),
    ('["q1"]', "The line is a list. Write a JSON object."),
    ({"question": "Where?", "relevant": []}, '"id" is missing. Add it.'),
    (GOOD | {"id": 1}, '"id" is a number. Write a string.'),
    (GOOD | {"question": " "}, '"question" is empty. Write a text.'),
    (
        {"id": "q1", "question": "Where?"},
        '"relevant" is missing. Write [] if the reviews don\'t answer the question, '
        "or label it with `review-bot label FILE --from questions.jsonl`.",
    ),
    (GOOD | {"relevant": None}, '"relevant" is null. Write a list.'),
    (
        GOOD | {"relevant": ["a quote"]},
        '"relevant" holds a string. Write objects like {"review": "slug", "quote": "Its words."}.',
    ),
    (GOOD | {"relevant": [{"quote": "a"}]}, '"review" is missing. Add it.'),
    (GOOD | {"context": "Who?"}, '"context" is a string. Write a list.'),
    (
        GOOD | {"context": [{"user": "Who?"}]},
        '"context" holds an object. Write a list of strings, the earlier questions.',
    ),
    (GOOD | TIDES | {"collections": ["7"]}, "There is no review 'tides'. The collections have no reviews."),
    (GOOD | {"collections": [7]}, '"collections" holds a number. Write a list of strings, the names of collections.'),
    (
        GOOD | TIDES | {"review": "clocks"},
        "\"review\" is 'clocks', but a relevant quote is in 'tides'. Use the same review for both.",
    ),
    (
        GOOD | {"relevant": [{"review": "waves", "quote": "a"}]},
        "There is no review 'waves'. The reviews are: clocks, tides.",
    ),
    (
        GOOD | {"relevant": [{"review": "tides", "quote": "§§§"}]},
        "The quote '§§§' is not in the review 'tides'. The nearest text is not similar at all.",
    ),
)


@pytest.mark.parametrize(
    ("lines", "line", "reason"),
    [
        *(pytest.param(*case, id=name) for name, case in BROKEN.items()),
        *(pytest.param((line,), 1, reason, id=reason) for line, reason in BROKEN_FIRST_LINES),
    ],
)
def test_a_broken_file_is_an_error_with_line_and_reason(
    write_lines: WriteLines, reviews: tuple[Review, ...], lines: tuple[object, ...], line: int | None, reason: str
) -> None:
    file = write_lines(*lines)
    with pytest.raises(QuestionFileError) as error:
        locate_quotes(read_questions(file), reviews, file)
    assert (error.value.file, error.value.line, error.value.reason) == (file, line, reason)


def test_a_surrogate_pair_is_one_character(write_lines: WriteLines) -> None:
    file = write_lines(r'{"id": "q1", "question": "\ud83d\ude42 why?", "relevant": []}')
    assert read_questions(file) == (Question("q1", "🙂 why?", (), line=1),)


def test_bytes_that_are_not_utf_8_are_an_error_with_the_line(tmp_path: Path) -> None:
    file = tmp_path / "questions.jsonl"
    file.write_bytes(json.dumps(GOOD).encode() + b'\n{"id": "caf\xe9"}\n')
    with pytest.raises(QuestionFileError, match=r", line 2: Byte 12 of the line is not UTF-8"):
        read_questions(file)


def test_a_missing_file_is_an_error_with_its_name(tmp_path: Path) -> None:
    with pytest.raises(QuestionFileError, match=r"absent\.jsonl: The file can't be read \(No such file"):
        read_questions(tmp_path / "absent.jsonl")


def test_a_split_is_selected_by_name(write_lines: WriteLines) -> None:
    file = write_lines({**GOOD, "split": "dev"}, {**GOOD, "id": "q2", "split": "held-out"}, {**GOOD, "id": "q3"})
    assert [question.id for question in select_split(read_questions(file), "held-out", file)] == ["q2"]


@pytest.mark.parametrize(
    ("line", "listed"), [({**GOOD, "split": "dev"}, "The splits are: dev"), (GOOD, 'No line has the key "split"')]
)
def test_an_unknown_split_is_an_error_that_lists_the_splits(write_lines: WriteLines, line: object, listed: str) -> None:
    file = write_lines(line)
    with pytest.raises(QuestionFileError, match=listed):
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
