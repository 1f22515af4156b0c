"""SQuAD, BEIR and TREC: reading, writing, and errors."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import ir_measures
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from embeddings.errors import QuestionFileError
from embeddings.evaluation.datasets.beir import read_beir, write_beir
from embeddings.evaluation.datasets.questions import locate_quotes, read_questions
from embeddings.evaluation.datasets.squad import read_squad
from embeddings.evaluation.datasets.task import JudgedQuestion, Judgement, Span, Task, paragraph_of_hit
from embeddings.evaluation.datasets.trec import (
    ScoredDocument,
    read_qrels,
    read_run,
    strictly_decreasing,
    write_qrels,
    write_run,
)
from embeddings.records import Hit, Paragraph, Review, Section
from tests.embeddings.evaluation.conftest import WriteLines
from tests.project import ROOT

SQUAD_HALF = ROOT.parent / "shared" / "data" / "squad2-dev-half.json"

SQUAD = {
    "version": "v2.0",
    "data": [
        {
            "title": "Clocks",
            "paragraphs": [
                {
                    "context": "A clock\nticks. It is old.",
                    "qas": [
                        {
                            "id": "1",
                            "question": " What ticks?",
                            "is_impossible": False,
                            "answers": [
                                {"text": "A clock", "answer_start": 0},
                                {"text": "A clock", "answer_start": 0},
                                {"text": "clock", "answer_start": 2},
                            ],
                        }
                    ],
                },
                {
                    "context": "A watch does not.",
                    "qas": [{"id": "2", "question": "Who winds it?", "is_impossible": True, "answers": []}],
                },
            ],
        },
        {"title": "Clocks", "paragraphs": [{"context": "Another clock.", "qas": []}]},
    ],
}


def test_squad_is_read_as_one_review_with_answers_at_their_offsets(tmp_path: Path) -> None:
    file = tmp_path / "squad.json"
    file.write_text(json.dumps(SQUAD), encoding="utf-8")

    assert read_squad(file) == Task(
        name="squad",
        reviews=(
            Review(
                slug="squad",
                title="squad",
                text="A clock ticks. It is old.\nA watch does not.\nAnother clock.",
                sections=(
                    Section("1-Clocks", "Clocks", (Paragraph(1, 0, 25), Paragraph(2, 26, 43))),
                    Section("2-Clocks", "Clocks", (Paragraph(1, 44, 58),)),
                ),
            ),
        ),
        questions=(
            JudgedQuestion(
                id="1",
                text="What ticks?",
                spans=(Span("squad", 0, 7), Span("squad", 2, 7)),
                judgements=(Judgement("squad/1-Clocks/1"),),
            ),
            JudgedQuestion(id="2", text="Who winds it?", spans=(), judgements=()),
        ),
        document_of=paragraph_of_hit,
    )


def test_half_of_squad_has_its_paragraphs_and_questions() -> None:
    if not SQUAD_HALF.is_file():
        pytest.skip(f"{SQUAD_HALF.name} is not beside the project")
    task = read_squad(SQUAD_HALF)
    (review,) = task.reviews
    assert len(task.questions) == 6078
    assert sum(question.answerable for question in task.questions) == 2910
    assert sum(len(section.paragraphs) for section in review.sections) == 646


ASKED = {"id": "1", "question": "q?"}
ANSWER = {"text": "world", "answer_start": 6}
MISPLACED = "An answer to the question '1' is not in its paragraph at {}. Set \"answer_start\" to the offset of {!r}."

NOT_SQUAD = "The file is not in the format of SQuAD v2 ({}). Use another file."
NO_INDICES = "TypeError(\"string indices must be integers, not 'str'\")"


def squad_of(*questions: object, context: str = "hello world") -> str:
    return json.dumps({"data": [{"title": "a", "paragraphs": [{"context": context, "qas": questions}]}]})


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("{", "The text is not JSON at column 2 (Expecting property name enclosed in double quotes). Correct it."),
        ("[]", NOT_SQUAD.format("TypeError('list indices must be integers or slices, not str')")),
        ('{"data": []}', "The file has no questions. Use another file."),
        (
            squad_of({**ASKED, "answers": [ANSWER]}, {**ASKED, "is_impossible": True}),
            "Two questions have the id '1'. Use another id for one of them.",
        ),
        (squad_of({**ASKED, "answers": [{**ANSWER, "answer_start": 5}]}), MISPLACED.format(5, "world")),
        (squad_of({**ASKED, "answers": [{**ANSWER, "answer_start": -5}]}), MISPLACED.format(-5, "world")),
        (squad_of({**ASKED, "answers": [{**ANSWER, "answer_start": "abc"}]}), MISPLACED.format("'abc'", "world")),
        (squad_of({**ASKED, "answers": [{**ANSWER, "text": ""}]}), MISPLACED.format(6, "")),
        (squad_of({**ASKED, "answers": "none"}), NOT_SQUAD.format(NO_INDICES)),
        (squad_of({**ASKED, "question": " ", "answers": [ANSWER]}), "The question '1' is empty. Remove it."),
        (squad_of(context=" \n "), "Paragraph 1 of the article 'a' is blank. Remove it."),
        (squad_of("x"), NOT_SQUAD.format(NO_INDICES)),
        ('{"data": [{"title": 5, "paragraphs": []}]}', NOT_SQUAD.format("TypeError('\"title\" is not a string')")),
        pytest.param("[" * 100_000, "The brackets are nested too deeply. Remove some of them.", id="too deep"),
    ],
)
def test_broken_squad_is_an_error_with_its_reason(tmp_path: Path, content: str, reason: str) -> None:
    file = tmp_path / "squad.json"
    file.write_text(content, encoding="utf-8")
    with pytest.raises(QuestionFileError) as error:
        read_squad(file)
    assert (error.value.file, error.value.reason) == (file, reason)


def write_folder(folder: Path, corpus: str, queries: str, qrels: str) -> Path:
    (folder / "qrels").mkdir()
    (folder / "corpus.jsonl").write_text(corpus, encoding="utf-8")
    (folder / "queries.jsonl").write_text(queries, encoding="utf-8")
    (folder / "qrels" / "test.tsv").write_text(qrels, encoding="utf-8")
    return folder


CORPUS = (
    '{"_id": "d 1", "title": "Clocks", "text": "They tick.\\nThey stop."}\n'
    '{"_id": "d2", "title": "Nothing but a title", "text": ""}\n'
)
QUERIES = '{"_id": "q1", "text": "What do clocks do?"}\n{"_id": "q2", "text": "In another split?"}\n'
QRELS = "query-id\tcorpus-id\tscore\nq1\td 1\t2\nq1\td2\t0\n"


def test_a_beir_corpus_is_read_as_one_review_with_a_section_for_each_document(tmp_path: Path) -> None:
    task = read_beir(write_folder(tmp_path, CORPUS, QUERIES, QRELS))
    (review,) = task.reviews
    assert review.text == "They tick. They stop.\nNothing but a title"
    assert [(section.slug, section.heading) for section in review.sections] == [
        ("d 1", "Clocks"),
        ("d2", "Nothing but a title"),
    ]
    assert task.questions == (JudgedQuestion("q1", "What do clocks do?", (), (Judgement("d 1", 2),)),)
    assert task.document_of(Hit("shared", review.slug, "d 1", 1, 0, 9, 1.0, ())) == "d 1"


@pytest.mark.parametrize(
    ("corpus", "queries", "qrels", "reason"),
    [
        (
            '{"_id": 1, "text": "a"}\n',
            QUERIES,
            QRELS,
            r'corpus\.jsonl, line 1: A document needs the strings "_id" and "text"',
        ),
        ('{"_id": "a", "text": " "}\n', QUERIES, QRELS, r"corpus\.jsonl, line 1: A document needs an id, and a text"),
        (CORPUS + CORPUS, QUERIES, QRELS, r"corpus\.jsonl, line 3: Line 1 already has the id 'd 1'"),
        ("", QUERIES, QRELS, r"corpus\.jsonl: The corpus has no documents"),
        (CORPUS, '{"_id": "q1"}\n', QRELS, r'queries\.jsonl, line 1: A query needs the strings "_id" and "text"'),
        (CORPUS, QUERIES + QUERIES, QRELS, r"queries\.jsonl, line 3: Line 1 already has the id 'q1'"),
        (CORPUS, '{"_id": "q1", "text": "a", "metadata": 1}\n', QRELS, '"metadata" must be an object'),
        (CORPUS, QUERIES, "q1\td2\t0\n", "The split 'test' judges no question"),
        (CORPUS, '{"_id": "q9", "text": "a"}\n', QRELS, r"test\.tsv, line 2: There is no query 'q1' in queries\.jsonl"),
        (CORPUS, QUERIES, "q1\td9\t1\n", r"test\.tsv, line 1: There is no document 'd9'"),
        (CORPUS, QUERIES, QRELS + "q1\td2\n", r"test\.tsv, line 4: A judgement is"),
        *(
            (CORPUS, QUERIES, f"q1\td2\t{grade}\n", rf"test\.tsv, line 1: The grade {grade!r} is not a whole number")
            for grade in ("good", "--1", "-", "", "²", "1.0", "9" * 10)
        ),
        (
            CORPUS,
            QUERIES,
            QRELS + "q1\td 1\t1\n",
            r"line 4: The grade of 'd 1' for 'q1' is 1 here and 2 in line 2\. Remove",
        ),
    ],
)
def test_a_broken_beir_folder_is_an_error_with_file_and_line(
    tmp_path: Path, corpus: str, queries: str, qrels: str, reason: str
) -> None:
    with pytest.raises(QuestionFileError, match=reason):
        read_beir(write_folder(tmp_path, corpus, queries, qrels))


def test_a_beir_folder_without_split_or_corpus_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(QuestionFileError, match=r"dev\.tsv: The file can't be read"):
        read_beir(write_folder(tmp_path, CORPUS, QUERIES, QRELS), split="dev")
    (tmp_path / "empty").mkdir()
    with pytest.raises(QuestionFileError) as error:
        read_beir(tmp_path / "empty")
    assert str(error.value) == (
        f"{tmp_path / 'empty'}: This is not a BEIR folder, because it has no corpus.jsonl. "
        "Name a file or another folder."
    )


def test_a_task_written_as_beir_is_read_with_the_same_judgements(
    tmp_path: Path, write_lines: WriteLines, reviews: tuple[Review, ...]
) -> None:
    file = write_lines(
        {
            "id": "q1",
            "question": "Where?",
            "relevant": [{"review": "clocks", "quote": "a disused clock factory"}],
            "context": ["Who directed it?"],
            "kind": "lexical",
        },
        {"id": "q2", "question": "Who wrote the score?", "relevant": []},
    )
    task = Task("club", reviews, locate_quotes(read_questions(file), reviews, file), paragraph_of_hit)

    write_beir(task, tmp_path / "beir")
    read = read_beir(tmp_path / "beir")

    assert read.reviews[0].text == "\n".join(review.text for review in reviews)
    assert read.questions == (
        JudgedQuestion("q1", "Where?", (), (Judgement("clocks/setting/1"),), ("Who directed it?",), kind="lexical"),
        JudgedQuestion("q2", "Who wrote the score?", (), ()),
    )


names = st.text(st.characters(codec="utf-8"), min_size=1, max_size=8)
rankings = st.dictionaries(
    names,
    st.lists(st.tuples(names, st.floats(-1e6, 1e6)), min_size=1, max_size=6, unique_by=lambda pair: pair[0]).map(
        lambda pairs: tuple(ScoredDocument(*pair) for pair in sorted(pairs, key=lambda pair: -pair[1]))
    ),
    min_size=1,
    max_size=4,
)


@given(rankings=rankings)
def test_a_written_run_is_read_in_the_same_order(
    tmp_path_factory: pytest.TempPathFactory, rankings: dict[str, tuple[ScoredDocument, ...]]
) -> None:
    file = tmp_path_factory.mktemp("trec") / "a.run"
    write_run(rankings, "a tag", file)
    assert read_run(file) == {question: strictly_decreasing(ranking) for question, ranking in rankings.items()}


@given(ranking=rankings.map(lambda found: next(iter(found.values()))))
def test_scores_decrease_strictly_as_c_floats_and_hardly_change(ranking: tuple[ScoredDocument, ...]) -> None:
    decreasing = strictly_decreasing(ranking)
    scores = np.array([scored.score for scored in decreasing], dtype=np.float32)
    assert [scored.document for scored in decreasing] == [scored.document for scored in ranking]
    assert (np.diff(scores) < 0).all()
    assert scores == pytest.approx([scored.score for scored in ranking], rel=1e-5, abs=1e-5)


def test_ir_measures_reads_written_qrels(tmp_path: Path) -> None:
    judgements = {"q1": (Judgement("a b/1", 2), Judgement("c", 1)), "q 2": (Judgement("50%"),), "q3": ()}
    file = tmp_path / "a.qrels"
    write_qrels(judgements, file)
    assert read_qrels(file) == {"q1": judgements["q1"], "q 2": judgements["q 2"]}
    read = ir_measures.read_trec_qrels(str(file))  # type: ignore[no-untyped-call]  # it has no annotations
    assert [tuple(qrel)[:3] for qrel in read] == [("q1", "a%20b/1", 2), ("q1", "c", 1), ("q%202", "50%25", 1)]


def test_equal_scores_are_in_the_order_of_trec_eval(tmp_path: Path) -> None:
    file = tmp_path / "a.run"
    file.write_text("q1 Q0 a 1 0.5 tag\nq1 Q0 b 2 0.5 tag\n\nq1 Q0 c 3 0.7 tag\n", encoding="utf-8")
    assert [scored.document for scored in read_run(file)["q1"]] == ["c", "b", "a"]


@pytest.mark.parametrize(
    ("read", "content", "reason"),
    [
        (read_run, "q1 Q0 a 1 0.5 tag\nq1 Q0 a 1\n", r"trec, line 2: The line needs 6 fields"),
        (read_run, "q1 Q0 a 1 high tag\n", r"trec, line 1: The score 'high' is not a number"),
        (read_run, "q1 Q0 a 1 nan tag\n", r"trec, line 1: The score 'nan' is not a number"),
        (read_run, "q1 Q0 a 1 1e39 tag\n", r"trec, line 1: The score '1e39' is not a number, or is too large"),
        (read_run, "q1 Q0 a 1 1e999 tag\n", r"trec, line 1: The score '1e999' is not a number"),
        (read_run, "q1 Q0 a 1 .5 x\nq1 Q0 a 2 .4 x\n", r"trec, line 2: The document 'a' is ranked twice for 'q1'"),
        (read_qrels, "q1 0 a\n", r"trec, line 1: The line needs 4 fields"),
        *(
            (read_qrels, f"q1 0 a 1\nq1 0 b {grade}\n", rf"trec, line 2: The grade '{grade}' is not a whole number")
            for grade in ("good", "--1", "-", "1.0", "9" * 10)
        ),
        (read_qrels, "q1 0 a 1\nq1 0 a 0\n", r"trec, line 2: The grade of 'a' for 'q1' is 0 here and 1 in line 1"),
    ],
)
def test_a_broken_trec_file_is_an_error_with_its_line(
    tmp_path: Path, read: Callable[[Path], object], content: str, reason: str
) -> None:
    file = tmp_path / "trec"
    file.write_text(content, encoding="utf-8")
    with pytest.raises(QuestionFileError, match=reason):
        read(file)


def test_a_judgement_that_is_repeated_counts_once(tmp_path: Path) -> None:
    file = tmp_path / "trec"
    file.write_text("q1 0 a 2\nq1 0 b -1\nq1 0 a 2\nq1 0 b -1\n", encoding="utf-8")
    assert read_qrels(file) == {"q1": (Judgement("a", 2),)}
    folder = write_folder(tmp_path, CORPUS, QUERIES, QRELS + QRELS.partition("\n")[2])
    assert read_beir(folder).questions[0].judgements == (Judgement("d 1", 2),)


@pytest.mark.parametrize(
    ("texts", "titles", "own"),
    [
        (("They tick.", "They stop."), ("", ""), {"d1", "d2"}),
        (("They  TICK.", "Do they stop?"), ("", ""), {"d1", "d2"}),
        (("Clocks they tick.", "Do they?"), ("Clocks", ""), {"d1", "d2"}),
        (("Do they tick?", "Do they stop?"), ("", ""), set()),
    ],
    ids=["the same texts", "one of them", "with its title", "a coincidence"],
)
def test_a_set_whose_queries_are_documents_names_them(
    tmp_path: Path, texts: tuple[str, str], titles: tuple[str, str], own: set[str]
) -> None:
    bodies = ("They tick.", "They stop.")
    documents = [{"_id": f"d{n}", "title": titles[n - 1], "text": bodies[n - 1]} for n in (1, 2)]
    queries = [{"_id": f"d{n}", "text": texts[n - 1]} for n in (1, 2)]
    corpus, asked = ("".join(f"{json.dumps(each)}\n" for each in records) for records in (documents, queries))
    task = read_beir(write_folder(tmp_path, corpus, asked, "d1\td2\t1\nd2\td1\t1\n"))
    assert task.own_documents == own


@pytest.mark.parametrize("read", [read_squad, read_run, read_qrels, read_beir])
def test_an_unreadable_file_is_an_error(tmp_path: Path, read: Callable[[Path], object]) -> None:
    folder = write_folder(tmp_path, CORPUS, QUERIES, QRELS)
    file, named = (folder / "corpus.jsonl", folder) if read is read_beir else (folder / "file", folder / "file")
    file.write_bytes(b"\xff\xfe")
    with pytest.raises(QuestionFileError, match="not UTF-8"):
        read(named)
    file.unlink()
    with pytest.raises(QuestionFileError, match=r"can't be read|has no corpus\.jsonl"):
        read(named)
