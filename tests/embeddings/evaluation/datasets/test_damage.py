"""Whatever happens to a file of questions, judgements or runs, it is read or refused in one line that names it."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from embeddings.errors import LibraryError
from embeddings.evaluation.annotate import read_unlabelled
from embeddings.evaluation.compare import check_comparable, compare_all, load_runs, on_shared_questions
from embeddings.evaluation.datasets.beir import read_beir
from embeddings.evaluation.datasets.questions import locate_quotes, read_questions
from embeddings.evaluation.datasets.squad import read_squad
from embeddings.evaluation.datasets.trec import read_qrels, read_run
from embeddings.evaluation.metrics import Measure
from embeddings.evaluation.runs import save_run
from embeddings.evaluation.sweep import read_sweep
from embeddings.records import Review
from tests.embeddings.evaluation.conftest import result, run
from tests.embeddings.evaluation.datasets.test_formats import CORPUS, QRELS, QUERIES, SQUAD

QUESTIONS = """\
{"id": "q1", "question": "Where?", "relevant": [{"review": "clocks", "quote": "a disused clock factory"}], "kind": "x"}
{"id": "q2", "question": "Who?", "relevant": [], "context": ["Where?"], "collections": ["shared"], "split": "dev"}
"""
SWEEP = """\
questions = ["a.jsonl"]
[variants.a]
ranking = { passage_lexical = 0.4, candidates = 10 }
thresholds = { answered = 0.5, nearest = 0.4 }
passage_tokens = 128
"""
QRELS_FILE = "q1 0 a 1\nq1 0 b 0\nq2 0 c 2\n"
RUN_FILE = "q1 Q0 a 1 0.9 tag\nq1 Q0 b 2 0.5 tag\nq2 Q0 c 1 0.4 tag\n"


def _beir(file: Path) -> object:
    return read_beir(file.parent)


def _compared(file: Path) -> object:
    runs = load_runs([file, file.with_name("other.json")])
    with suppress(LibraryError):
        check_comparable(runs)
    return compare_all(on_shared_questions(runs))


def _trec_run(file: Path) -> object:
    return compare_all(load_runs([file, file.with_name("other.run")], file.with_name("a.qrels")))


def _judged(file: Path) -> object:
    return compare_all(load_runs([file.with_name("a.run"), file.with_name("other.run")], file))


SAVED = run("run", *(result(f"q{place}", answerable=place < 2, values={Measure.NDCG: place / 3}) for place in range(4)))

CASES: dict[str, Callable[[Path], object]] = {
    "questions.jsonl": read_questions,
    "unlabelled.jsonl": read_unlabelled,
    "unlabelled.txt": read_unlabelled,
    "squad.json": read_squad,
    "beir/corpus.jsonl": _beir,
    "beir/queries.jsonl": _beir,
    "beir/qrels/test.tsv": lambda file: read_beir(file.parent.parent),
    "a.qrels": _judged,
    "b.qrels": read_qrels,
    "a.run": _trec_run,
    "b.run": read_run,
    "run.json": _compared,
    "sweep.toml": read_sweep,
}
JSON = [name for name in CASES if name.endswith((".json", ".jsonl"))]

VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.floats()
    | st.sampled_from([0, -1, 1, 10**400, "", " ", "a", "\ud800", "\0", "q1", "\u2028"]),
    lambda inner: (
        st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(["id", "text", "a"]), inner, max_size=2)
    ),
    max_leaves=4,
)
PIECES = st.sampled_from(
    [b"", b"\n", b"\r", b"\t", b" ", b"-", b"--1", b"1", b"9" * 20, b"1e999", b"nan", b"\xff", b"\0", b"{", b"]", b'"',
     b"\xef\xbb\xbf", "\x85\u2028²".encode(), b"q1", b"[variants.b]\n", b"%", b"%zz"]
)  # fmt: skip


def _written(folder: Path) -> Path:
    files = {
        "questions.jsonl": QUESTIONS, "unlabelled.jsonl": QUESTIONS, "unlabelled.txt": "Where?\nWho?\n",
        "squad.json": json.dumps(SQUAD), "beir/corpus.jsonl": CORPUS, "beir/queries.jsonl": QUERIES,
        "beir/qrels/test.tsv": QRELS, "a.qrels": QRELS_FILE, "b.qrels": QRELS_FILE,
        "a.run": RUN_FILE, "b.run": RUN_FILE,
        "other.run": RUN_FILE, "sweep.toml": SWEEP,
    }  # fmt: skip
    (folder / "beir" / "qrels").mkdir(parents=True)
    for name, content in files.items():
        (folder / name).write_text(content, encoding="utf-8")
    for name in ("run.json", "other.json"):
        save_run(SAVED, folder / name)
    return folder


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with one valid file of each kind."""
    return _written(tmp_path_factory.mktemp("damage"))


def _read_or_refuse(folder: Path, name: str, content: bytes) -> None:
    """Read a file with other content. Fail on any error but one line that names the file."""
    file = folder / name
    before = file.read_bytes()
    file.write_bytes(content)
    try:
        CASES[name](file)
    except LibraryError as error:
        (line,) = str(error).splitlines()
        assert line.startswith((str(folder), "run, other", "The variant"))
    finally:
        file.write_bytes(before)


@pytest.mark.parametrize("name", CASES)
def test_the_files_are_valid_to_begin_with(folder: Path, name: str) -> None:
    CASES[name](folder / name)


@pytest.mark.parametrize("name", CASES)
@given(cuts=st.lists(st.tuples(st.floats(0, 1), st.integers(0, 12), PIECES), min_size=1, max_size=3))
@pytest.mark.slow
def test_damaged_bytes_are_read_or_refused_in_one_line(
    folder: Path, name: str, cuts: list[tuple[float, int, bytes]]
) -> None:
    content = (folder / name).read_bytes()
    for place, length, piece in cuts:
        start = int(place * len(content))
        content = content[:start] + piece + content[start + length :]
    _read_or_refuse(folder, name, content)


@pytest.mark.parametrize("name", JSON)
@given(data=st.data())
@pytest.mark.slow
def test_wrong_values_are_read_or_refused_in_one_line(folder: Path, name: str, data: st.DataObject) -> None:
    text = (folder / name).read_text(encoding="utf-8")
    records = [json.loads(line) for line in text.splitlines()] if name.endswith("l") else [json.loads(text)]
    record = data.draw(st.sampled_from(records))
    while True:
        key = data.draw(st.sampled_from(sorted(record) if isinstance(record, dict) else range(len(record))))
        if not (isinstance(record[key], dict | list) and record[key] and data.draw(st.booleans())):
            break
        record = record[key]
    record[key] = data.draw(VALUES)
    _read_or_refuse(folder, name, "\n".join(map(json.dumps, records)).encode())


@given(quote=st.text(), question=st.text(min_size=1))
def test_any_quote_is_found_or_refused_with_its_line(
    tmp_path_factory: pytest.TempPathFactory, reviews: tuple[Review, ...], quote: str, question: str
) -> None:
    file = tmp_path_factory.mktemp("quotes") / "questions.jsonl"
    record = {"id": "q1", "question": question, "relevant": [{"review": "clocks", "quote": quote}]}
    file.write_text(json.dumps(record) + "\n", encoding="utf-8")
    try:
        locate_quotes(read_questions(file), reviews, file)
    except LibraryError as error:
        (line,) = str(error).splitlines()
        assert line.startswith(f"{file}, line 1: ")
