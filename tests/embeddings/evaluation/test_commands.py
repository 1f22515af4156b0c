"""`evaluate`, `compare`, `calibrate`, `sweep` and `label` as a person at a terminal runs them."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner, Result

from bot.cli.commands.measure import calibrate, compare, evaluate, label, sweep
from embeddings.answering.calibration import load_calibration
from embeddings.errors import CalibrationError, LibraryError
from embeddings.evaluation.datasets.questions import read_questions
from embeddings.library import Library
from embeddings.reranking.reranker import OnnxReranker
from tests.embeddings.evaluation.conftest import QUESTIONS, WriteLines

app = typer.Typer()
for command in (evaluate.evaluate, compare.compare, calibrate.calibrate, sweep.sweep, label.label):
    app.command()(command)


def run(*arguments: object, typed: str | None = None) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments], input=typed)


def no_question(*_: object, **__: object) -> None:
    raise AssertionError("a question was asked")


def test_help_imports_no_engine() -> None:
    script = (
        "import sys; from bot.cli.commands.measure import evaluate; "
        "print(sorted({'torch', 'faiss', 'onnxruntime', 'numpy', 'ir_measures'} & set(sys.modules)))"
    )

    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)

    assert done.stdout == "[]\n"


def test_evaluate_prints_the_interval_first_where_questions_are_few(data: Path) -> None:
    done = run("evaluate", QUESTIONS, "--data", data)

    assert done.exit_code == 0, done.output
    lines = done.stdout.splitlines()
    assert lines[0].endswith("118 questions, 68 of them answerable")
    assert lines[1].split() == ["measure", "95%", "interval", "value", "questions"]
    assert lines[2].split()[:2] == ["passages", "nDCG@10"]
    assert {line.split()[0] for line in lines if line} >= {"quotes", "abstention", "answerable", "off-topic"}


def test_evaluate_prints_json_alone_for_one_split(data: Path) -> None:
    done = run("evaluate", QUESTIONS, "--data", data, "--split", "held-out", "--json")

    assert done.exit_code == 0, done.output
    held_out = [question.id for question in read_questions(QUESTIONS) if question.split == "held-out"]
    assert [entry["id"] for entry in json.loads(done.stdout)["per_question"]] == held_out


def test_everything_that_can_be_kept_of_a_run_is_written(data: Path, tmp_path: Path) -> None:
    done = run(
        "evaluate",
        QUESTIONS,
        "--data",
        data,
        "--split",
        "dev",
        "--save",
        tmp_path / "mine.json",
        "--report",
        tmp_path / "mine.html",
        "--trec",
        tmp_path / "trec",
        "--beir",
        tmp_path / "beir",
    )

    assert done.exit_code == 0, done.output
    assert sorted(str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file()) == [
        "beir/corpus.jsonl",
        "beir/qrels/test.tsv",
        "beir/queries.jsonl",
        "mine.html",
        "mine.json",
        "trec/mine.run",
        "trec/never-let-me-go.qrels",
    ]


def test_a_place_that_cannot_be_written_is_told_before_anything_is_asked(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setattr(Library, "examine", no_question)

    below = run("evaluate", QUESTIONS, "--data", data, "--save", tmp_path / "file" / "a" / "a.json")
    folder = run("evaluate", QUESTIONS, "--data", data, "--report", tmp_path)

    assert isinstance(below.exception, LibraryError)
    assert str(below.exception) == f"{tmp_path}/file/a: It can't be written (Not a directory). Name another place."
    assert isinstance(folder.exception, LibraryError)
    assert str(folder.exception) == f"{tmp_path}: This is a folder. Name a file in it."


def test_a_folder_that_is_not_there_is_made_for_what_is_kept(
    data: Path, tmp_path: Path, write_lines: WriteLines
) -> None:
    file = write_lines({"id": "q1", "question": "How do I cook rice?", "relevant": []})

    done = run("evaluate", file, "--data", data, "--save", tmp_path / "a" / "b.json", "--report", tmp_path / "c" / "d")

    assert done.exit_code == 0, done.output
    assert done.stdout.startswith("b: 1 question, 0 of them answerable\n")
    assert (tmp_path / "a" / "b.json").is_file()
    assert (tmp_path / "c" / "d").is_file()


@pytest.fixture(scope="module")
def runs(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the runs of the default ranking, of BM25 alone, and of one split."""
    folder = tmp_path_factory.mktemp("runs")
    for name in ("default", "bm25"):
        assert (
            run("evaluate", QUESTIONS, "--data", data, "--ranking", name, "--save", folder / f"{name}.json").exit_code
            == 0
        )
    assert run("evaluate", QUESTIONS, "--data", data, "--split", "dev", "--save", folder / "dev.json").exit_code == 0
    return folder


def test_the_gate_lets_by_what_is_no_worse(data: Path, runs: Path) -> None:
    done = run("evaluate", QUESTIONS, "--data", data, "--baseline", runs / "default.json")

    assert done.exit_code == 0, done.output
    assert "No measure is significantly worse than in default." in done.stdout


def test_the_gate_stops_what_is_worse_and_names_the_questions(data: Path, runs: Path) -> None:
    done = run(
        "evaluate", QUESTIONS, "--data", data, "--ranking", "bm25", "--baseline", runs / "default.json", "--json"
    )

    assert done.exit_code == 1
    assert json.loads(done.stdout)["questions"] == 118
    first, question, *_ = done.stderr.splitlines()
    assert first.startswith("passages nDCG@10 is significantly worse than in default: -.")
    assert question.startswith("  q")


def test_the_gate_refuses_a_baseline_of_other_questions_before_asking_and_says_how_to_renew_it(
    data: Path, runs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Library, "examine", no_question)

    done = run("evaluate", QUESTIONS, "--data", data, "--split", "held-out", "--baseline", runs / "dev.json")

    assert isinstance(done.exception, LibraryError)
    assert str(done.exception) == (
        "The run dev has different questions, so it can't show whether answers got worse. Check the new figures, "
        f"then renew it with `review-bot evaluate {QUESTIONS} --split held-out --save {runs / 'dev.json'}`."
    )


def test_compare_shows_the_default_ahead_of_bm25(runs: Path) -> None:
    done = run("compare", runs / "bm25.json", runs / "default.json", "--questions", 1)

    assert done.exit_code == 0, done.output
    row = next(line for line in done.stdout.splitlines() if line.startswith("passages nDCG@10") and "[" in line)
    assert row.split()[2].startswith("+.")
    assert "passages nDCG@10, most lost:" in done.stdout
    assert "passages nDCG@10, most won:" in done.stdout


def test_compare_prints_json_for_other_programs(runs: Path) -> None:
    done = run("compare", runs / "bm25.json", runs / "default.json", "--json")

    (pair,) = json.loads(done.stdout)["pairs"]
    assert (pair["before"], pair["after"]) == ("bm25", "default")
    assert pair["passages"]["nDCG@10"]["difference"] > 0


def test_compare_refuses_different_questions_unless_told(runs: Path) -> None:
    refused = run("compare", runs / "dev.json", runs / "default.json")
    told = run("compare", runs / "dev.json", runs / "default.json", "--anyway")

    assert isinstance(refused.exception, LibraryError)
    assert told.exit_code == 0, told.output
    assert told.stderr == "Compared on the 78 questions that all runs share.\n"
    row = next(line.split() for line in told.stdout.splitlines() if line.startswith("passages nDCG@10"))
    assert row[2] == row[3]


def test_one_run_alone_is_wrong_usage(runs: Path) -> None:
    assert run("compare", runs / "default.json").exit_code == 2


@pytest.fixture
def own_data(data: Path, tmp_path: Path) -> Path:
    """A data directory that a test may alter."""
    return Path(shutil.copytree(data, tmp_path / "own"))


def test_calibrate_stores_thresholds_with_the_encoder_and_reader_they_are_for(
    own_data: Path, library: Library, tmp_path: Path
) -> None:
    shown = run("calibrate", QUESTIONS, "--data", own_data, "--dry-run")
    assert "Nothing was stored." in shown.stdout
    assert not (own_data / "calibration.json").exists()

    done = run("calibrate", QUESTIONS, "--data", own_data, "--refuse", "0.6", "--json")

    assert done.exit_code == 0, done.output
    reranker = OnnxReranker.open().identity.weights
    stored = load_calibration(own_data, library.models.encoder.identity).rerankers[reranker]
    assert json.loads(done.stdout)["thresholds"] == asdict(stored.thresholds)
    packaged = load_calibration(tmp_path, library.models.encoder.identity)
    assert (stored.middle, stored.spread) == (packaged.rerankers[reranker].middle, packaged.rerankers[reranker].spread)

    alone = run("calibrate", QUESTIONS, "--data", own_data, "--no-reranker", "--json")

    both = load_calibration(own_data, library.models.encoder.identity)
    assert both.thresholds is not None
    assert json.loads(alone.stdout)["thresholds"] == asdict(both.thresholds)
    assert both.rerankers[reranker] == stored


def test_thresholds_of_another_encoder_are_refused_until_it_is_calibrated(own_data: Path) -> None:
    other = {"0" * 64: {"model": "another", "answered": 0.9, "nearest": 0.8}}
    (own_data / "calibration.json").write_text(json.dumps(other), encoding="utf-8")

    refused = run("evaluate", QUESTIONS, "--data", own_data)
    assert isinstance(refused.exception, CalibrationError)

    assert run("calibrate", QUESTIONS, "--data", own_data).exit_code == 0
    assert run("evaluate", QUESTIONS, "--data", own_data, "--split", "held-out").exit_code == 0


@pytest.mark.parametrize("content", [json.dumps({"0" * 64: {"answered": 0.9, "nearest": 0.8}}), "{broken"])
def test_calibrating_over_what_can_not_be_used_chooses_as_if_it_were_not_there(own_data: Path, content: str) -> None:
    stored = own_data / "calibration.json"
    assert run("calibrate", QUESTIONS, "--data", own_data, "--split", "dev").exit_code == 0
    chosen = stored.read_text(encoding="utf-8")
    stored.write_text(content, encoding="utf-8")

    assert run("calibrate", QUESTIONS, "--data", own_data, "--split", "dev").exit_code == 0

    assert stored.read_text(encoding="utf-8") == chosen


def test_a_goal_that_can_not_be_reached_is_told_and_stores_nothing(
    own_data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("embeddings.library.confidence", lambda *_, **__: 1.0)

    done = run("calibrate", QUESTIONS, "--data", own_data, "--split", "dev", "--json")

    assert json.loads(done.stdout)["unreachable"] == ["refused", "silent"]
    assert isinstance(done.exception, CalibrationError)
    assert str(done.exception).startswith("The goal can't be reached, so nothing was stored. Too many unanswerable")
    assert not (own_data / "calibration.json").exists()


def test_sweep_shows_each_variant_in_one_table(data: Path, tmp_path: Path) -> None:
    file = tmp_path / "sweep.toml"
    file.write_text(
        f"questions = [{json.dumps(str(QUESTIONS))}]\n[variants.default]\n"
        "[variants.dense]\nranking = {passage_lexical = 0, sentence_lexical = 0}\n",
        encoding="utf-8",
    )

    first = run("sweep", file, "--data", data, "--runs", tmp_path / "runs", "--split", "held-out")
    again = run("sweep", file, "--data", data, "--runs", tmp_path / "runs", "--split", "held-out")

    assert first.exit_code == 0, first.output
    assert "default on never-let-me-go.jsonl: done" in first.stderr
    assert "dense on never-let-me-go.jsonl: reused" in again.stderr
    assert again.stdout == first.stdout
    assert [line.split()[0] for line in first.stdout.splitlines()[1:4]] == ["variant", "default", "dense"]


def test_label_walks_through_questions_and_adds_what_was_said(data: Path, tmp_path: Path) -> None:
    asked = tmp_path / "asked.txt"
    asked.write_text(
        "🙂\nWhy was Hailsham shut down?\nHow do I cook rice?\nIs it sad?\nWho wrote it?\n", encoding="utf-8"
    )
    file = tmp_path / "questions.jsonl"

    typed = "99\n\n2, 1\nn\ns\nq\n"
    done = run("label", file, "--from", asked, "--data", data, "--split", "dev", typed=typed)

    assert done.exit_code == 0, done.output
    assert "There are no words in the question" in done.stderr
    assert "Choose a sentence from 1 to" in done.stderr
    questions = read_questions(file)
    assert [(question.text, len(question.relevant), question.split) for question in questions] == [
        ("Why was Hailsham shut down?", 2, "dev"),
        ("How do I cook rice?", 0, "dev"),
    ]
    checked = run("evaluate", file, "--data", data)
    assert checked.exit_code == 0, checked.output


def test_a_comma_alone_says_nothing_and_is_asked_about_again(data: Path, tmp_path: Path) -> None:
    asked = tmp_path / "asked.txt"
    asked.write_text("Why was Hailsham shut down?\n", encoding="utf-8")
    file = tmp_path / "questions.jsonl"

    done = run("label", file, "--from", asked, "--data", data, typed=",\nq\n")

    assert done.exit_code == 0, done.output
    assert "Choose a sentence from 1 to" in done.stderr
    assert done.stdout.splitlines()[-1] == f"0 added to {file}."
    assert not file.exists()


def test_label_asks_for_questions_where_none_are_given(data: Path, write_lines: WriteLines) -> None:
    file = write_lines({"id": "q1", "question": "Is it sad?", "relevant": []})

    done = run("label", file, "--data", data, "--kind", "who", typed="Who plays Kathy?\n1\n\n")

    assert done.exit_code == 0, done.output
    assert [(question.id, question.kind) for question in read_questions(file)] == [("q1", None), ("q002", "who")]
    assert done.stdout.splitlines()[-1] == f"1 added to {file}."


def test_label_says_where_there_is_nothing_to_label(data: Path, tmp_path: Path) -> None:
    asked, file = tmp_path / "asked.txt", tmp_path / "questions.jsonl"
    asked.write_text("\n", encoding="utf-8")

    done = run("label", file, "--from", asked, "--data", data)

    assert (done.exit_code, done.stdout) == (0, f"0 added to {file}.\n")
    assert done.stderr == f"{asked}: There are no questions in this file.\n"
    asked.write_text("Is it sad?\n", encoding="utf-8")
    assert run("label", file, "--from", asked, "--data", data, typed="n\n").exit_code == 0
    again = run("label", file, "--from", asked, "--data", data)
    assert again.stderr == f"{asked}: All questions are already labelled in {file}.\n"


@pytest.mark.parametrize(
    "wrong",
    [
        ("evaluate", QUESTIONS, "--ranking", "foo"),
        ("calibrate", QUESTIONS, "--refuse", "2"),
        ("calibrate", QUESTIONS, "--refuse", ".5", "--keep", ".9"),
    ],
)
def test_a_wrong_value_is_wrong_usage(wrong: tuple[object, ...], data: Path) -> None:
    assert run(*wrong, "--data", data).exit_code == 2
