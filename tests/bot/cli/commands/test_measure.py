"""`review-bot evaluate`, `compare`, `calibrate`, `sweep` and `label`."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from contextlib import closing
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest

from bot.cli.output.tables import figure
from embeddings.answering.calibration import load_calibration
from embeddings.evaluation.datasets.questions import read_questions
from embeddings.evaluation.metrics import Measure
from embeddings.evaluation.runs import Run as EvaluationRun
from embeddings.evaluation.runs import load_run, save_run
from embeddings.index.manifest import Manifest
from embeddings.library import Library
from embeddings.records import AskResult
from embeddings.reranking.reranker import OnnxReranker
from tests.bot.cli.conftest import Run, Session
from tests.bot.cli.terminal import terminal
from tests.project import QUESTIONS

PLAIN = "--no-reranker"
"""For tests that are about other things than the reranker, which takes most of a question's time."""


def question_file(folder: Path, text: str) -> Path:
    """Write a question file with one unanswerable question."""
    file = folder / "one.jsonl"
    file.write_text(json.dumps({"id": "q1", "question": text, "relevant": []}) + "\n", encoding="utf-8")
    return file


@pytest.fixture(scope="session")
def few(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with some questions: ten held-out ones that can be answered, ten that can't, and one other of each."""
    groups: dict[tuple[str, bool], list[str]] = {}
    for line in QUESTIONS.read_text(encoding="utf-8").splitlines():
        question = json.loads(line)
        groups.setdefault((question["split"], bool(question["relevant"])), []).append(line)
    file = tmp_path_factory.mktemp("few") / "few.jsonl"
    file.write_text(
        "\n".join(line for (split, _), group in groups.items() for line in group[-10 if split == "held-out" else -1 :]),
        encoding="utf-8",
    )
    return file


@pytest.fixture
def no_questions(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fail if a question is asked."""

    def fail(*_: object, **__: object) -> None:
        raise AssertionError("a question was asked")

    monkeypatch.setattr(Library, "run", fail)


@pytest.fixture(scope="module")
def runs(indexed: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the runs of the default ranking, of BM25 only, and of one split."""
    folder = tmp_path_factory.mktemp("runs")
    with Session() as session:
        for name, options in (("default", ()), ("bm25", ("--ranking", "bm25"))):
            saved = folder / f"{name}.json"
            assert session.run("evaluate", QUESTIONS, "--data", indexed, PLAIN, *options, "--save", saved).code == 0
    whole = load_run(folder / "default.json")
    assert whole.fingerprint is not None
    ids = {question.id for question in read_questions(QUESTIONS) if question.split == "dev"}
    results = tuple(result for result in whole.results if result.id in ids)
    save_run(EvaluationRun("dev", replace(whole.fingerprint, questions="0" * 64), results), folder / "dev.json")
    return folder


def test_importing_the_commands_imports_no_engine() -> None:
    script = (
        "import sys; from bot.cli.commands.measure import calibrate, compare, evaluate, label, sweep; "
        "print(sorted({'torch', 'faiss', 'onnxruntime', 'numpy', 'scipy', 'ir_measures'} & set(sys.modules)))"
    )

    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)

    assert done.stdout == "[]\n"


def test_evaluate_prints_the_interval_first_for_few_questions(run: Run, indexed: Path, few: Path) -> None:
    done = run("evaluate", few, "--data", indexed, PLAIN)

    assert done.code == 0, done.err
    lines = done.out.splitlines()
    assert lines[0].endswith("22 questions, 11 of them answerable")
    assert lines[1].split() == ["measure", "95%", "interval", "value", "questions"]
    assert lines[2].split()[:2] == ["passages", "nDCG@10"]
    assert {line.split()[0] for line in lines if line} >= {"quotes", "abstention", "answerable", "off-topic"}


def test_evaluate_prints_only_json_for_one_split(run: Run, indexed: Path, few: Path) -> None:
    done = run("evaluate", few, "--data", indexed, "--split", "held-out", PLAIN, "--json")

    held_out = [question.id for question in read_questions(few) if question.split == "held-out"]
    assert [entry["id"] for entry in done.json["per_question"]] == held_out


def test_evaluate_writes_every_output_and_creates_its_folders(run: Run, indexed: Path, tmp_path: Path) -> None:
    question = question_file(tmp_path, "How do I cook rice?")
    out = tmp_path / "out"
    outputs = {"save": "a/mine.json", "report": "b/mine.html", "trec": "trec", "beir": "beir"}

    done = run(
        "evaluate",
        question,
        "--data",
        indexed,
        *(part for name in outputs for part in (f"--{name}", out / outputs[name])),
    )

    assert done.code == 0, done.err
    assert done.out.startswith("mine: 1 question, 0 of them answerable\n")
    assert sorted(str(path.relative_to(out)) for path in out.rglob("*") if path.is_file()) == [
        "a/mine.json",
        "b/mine.html",
        "beir/corpus.jsonl",
        "beir/qrels/test.tsv",
        "beir/queries.jsonl",
        "trec/mine.run",
        "trec/one.qrels",
    ]


@pytest.mark.usefixtures("no_questions")
def test_an_unwritable_output_is_an_error_before_the_first_question(run: Run, indexed: Path, tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    below = run("evaluate", QUESTIONS, "--data", indexed, "--save", tmp_path / "file" / "a" / "a.json")
    folder = run("evaluate", QUESTIONS, "--data", indexed, "--report", tmp_path)

    assert below.complaint == f"{tmp_path}/file/a: It can't be written (Not a directory). Name another place."
    assert folder.complaint == f"{tmp_path}: This is a folder. Name a file in it."


OUTPUTS = {
    "--save": ("mine.json",),
    "--report": ("mine.html",),
    "--trec": ("one.run", "one.qrels"),
    "--beir": ("corpus.jsonl", "queries.jsonl", "qrels/test.tsv"),
}


@pytest.mark.parametrize(("option", "name"), [(option, name) for option, names in OUTPUTS.items() for name in names])
@pytest.mark.slow
def test_an_output_replaces_an_earlier_one_and_no_other_file_unless_forced(
    run: Run, indexed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, option: str, name: str
) -> None:
    out = tmp_path / "out"
    place = out if option in ("--trec", "--beir") else out / name
    command = ("evaluate", question_file(tmp_path, "How do I cook rice?"), "--data", indexed, option, place)
    (out / name).parent.mkdir(parents=True)
    (out / name).write_text("my notes\n", encoding="utf-8")

    with monkeypatch.context() as patch:
        patch.setattr(Library, "run", None)
        refused = run(*command)

    assert refused.complaint.startswith(f"{out / name}: There is a file of this name already")
    assert [path.name for path in out.rglob("*") if path.is_file()] == [Path(name).name]
    assert (out / name).read_text(encoding="utf-8") == "my notes\n"
    assert run(*command, "--force").code == 0
    assert "my notes" not in (out / name).read_text(encoding="utf-8")
    assert run(*command).code == 0


def test_a_query_that_is_a_document_is_left_out_of_its_own_ranking_and_this_is_said(
    run: Run, indexed: Path, tmp_path: Path
) -> None:
    texts = {"d1": "The clock ticks in the hall.", "d2": "The clock ticks in the old hall.", "d3": "Whales sing."}
    folder = tmp_path / "beir"
    (folder / "qrels").mkdir(parents=True)
    lines = "".join(json.dumps({"_id": name, "text": text}) + "\n" for name, text in texts.items())
    (folder / "corpus.jsonl").write_text(lines, encoding="utf-8")
    (folder / "queries.jsonl").write_text("".join(lines.splitlines(keepends=True)[:2]), encoding="utf-8")
    (folder / "qrels" / "test.tsv").write_text("d1\td2\t1\nd2\td1\t1\n", encoding="utf-8")

    def ndcg(*options: str) -> tuple[float, int | None]:
        measured = run("evaluate", folder, "--data", indexed, "--json", *options).json
        return round(measured["passages"]["nDCG@10"], 3), measured.get("ignored_identical_ids")

    assert ndcg() == (1.0, 2)
    assert ndcg("--keep-identical") == (0.631, None)
    assert "Also documents of the corpus: 2 questions. Each is left out of its own ranking, as BEIR does." in (
        run("evaluate", folder, "--data", indexed).out
    )


def test_one_file_for_two_outputs_is_a_usage_error(run: Run, indexed: Path, tmp_path: Path) -> None:
    file = tmp_path / "out.json"
    assert run("evaluate", QUESTIONS, "--data", indexed, "--save", file, "--report", file).code == 2


@pytest.mark.slow
def test_an_index_is_not_built_in_a_folder_with_other_files(run: Run, data: Path, tmp_path: Path) -> None:
    squad = tmp_path / "squad.json"
    squad.write_text(
        json.dumps({"data": [{"title": "A", "paragraphs": [{"context": "It sings.", "qas": [
            {"id": "q", "question": "What?", "is_impossible": True, "answers": []}
        ]}]}]}),
        encoding="utf-8",
    )  # fmt: skip
    own = data / "collections" / "77" / "own.md"
    own.parent.mkdir(parents=True)
    own.write_text("---\ntitle: Own\n---\nText.\n", encoding="utf-8")
    before = {path: path.read_bytes() for path in data.rglob("*.md")}

    for folder in (data, data / ".index", data / "collections"):
        refused = run("evaluate", squad, "--data", data, "--index", folder)
        assert f"{folder}: This folder has other files than an index." in refused.err, folder

    assert {path: path.read_bytes() for path in before} == before
    for _ in range(2):
        assert run("evaluate", squad, "--data", data, "--index", tmp_path / "squad-index").code == 0


@pytest.mark.slow
def test_evaluate_with_titles_shows_each_form_beside_the_questions_as_asked(
    run: Run, indexed: Path, tmp_path: Path
) -> None:
    lines = QUESTIONS.read_text(encoding="utf-8").splitlines()
    file, saved, page = (tmp_path / name for name in ("few.jsonl", "few.json", "few.html"))
    file.write_text("\n".join(line for line in lines if '"lexical"' in line or '"other-film"' in line), "utf-8")
    options = (file, "--data", indexed, PLAIN, "--with-titles")

    done = run("evaluate", *options, "--save", saved, "--report", page)

    assert done.code == 0, done.err
    assert done.out.startswith("few: 16 questions, 8 of them answerable\n")
    forms = ["in-end", "in-front", "colon", "lower-case", "in-the-work"]
    assert [line.split()[0] for line in done.out.splitlines() if "→" in line] == forms
    assert f"<th scope=row>{forms[0]}</th><td>8</td>" in page.read_text(encoding="utf-8")

    record = run("evaluate", *options, "--baseline", saved, "--json").json
    assert record["questions"] == 16
    assert list(record["with_titles"]) == forms
    assert {each["in_form"]["questions"] for each in record["with_titles"].values()} == {8}
    asked = [each["id"] for each in record["per_question"] if "form" not in each]
    assert len(asked) == 16
    assert [each["id"] for each in record["per_question"]][1:6] == [f"{asked[0]}.{form}" for form in forms]
    compared = run("compare", saved, saved, "--json").json
    assert {each["questions"] for each in compared["runs"]} == {16}


@pytest.mark.slow
def test_a_form_that_got_worse_fails_the_baseline(run: Run, indexed: Path, tmp_path: Path) -> None:
    file, saved = tmp_path / "lexical.jsonl", tmp_path / "lexical.json"
    lines = QUESTIONS.read_text(encoding="utf-8").splitlines()
    file.write_text("\n".join(line for line in lines if '"lexical"' in line), encoding="utf-8")
    options = (file, "--data", indexed, PLAIN, "--with-titles")
    assert run("evaluate", *options, "--save", saved).code == 0
    stored = load_run(saved)
    kept = {Measure.KEPT: 2.0}
    better = [
        replace(each, values={**each.values, **kept}) if each.form == "colon" else each for each in stored.results
    ]
    save_run(replace(stored, results=tuple(better)), saved)

    done = run("evaluate", *options, "--baseline", saved)

    assert done.code == 1
    assert done.err.startswith("abstention kept of the form colon is significantly worse than in lexical: -")


def test_with_titles_is_refused_for_a_corpus_without_titles(run: Run, indexed: Path, tmp_path: Path) -> None:
    squad = tmp_path / "squad.json"
    squad.write_text('{"data": []}', encoding="utf-8")
    assert run("evaluate", squad, "--data", indexed, "--with-titles").complaint == (
        f"{squad}: Only the questions of a question file are about reviews with titles. Leave out --with-titles."
    )


def test_a_run_that_is_not_worse_passes_the_baseline(run: Run, indexed: Path, few: Path, tmp_path: Path) -> None:
    command = ("evaluate", few, "--data", indexed, PLAIN)
    saved = run(*command, "--save", tmp_path / "before.json")

    done = run(*command, "--baseline", tmp_path / "before.json")

    assert (saved.code, done.code) == (0, 0), done.err
    assert "No measure is significantly worse than in before." in done.out


@pytest.mark.slow
def test_a_worse_run_fails_the_baseline_and_lists_questions(run: Run, indexed: Path, runs: Path) -> None:
    baseline = runs / "default.json"

    done = run("evaluate", QUESTIONS, "--data", indexed, PLAIN, "--ranking", "bm25", "--baseline", baseline, "--json")

    assert done.code == 1
    assert done.json["questions"] == 118
    first, question, *_ = done.err.splitlines()
    assert first.startswith("passages nDCG@10 is significantly worse than in default: -.")
    assert question.startswith("  q")


@pytest.mark.usefixtures("no_questions")
def test_a_baseline_of_other_questions_is_an_error_that_says_how_to_renew_it(
    run: Run, indexed: Path, runs: Path
) -> None:
    done = run("evaluate", QUESTIONS, "--data", indexed, "--split", "held-out", "--baseline", runs / "dev.json")

    assert done.complaint == (
        "The run dev has different questions, so it can't show whether answers got worse. Check the new figures, "
        f"then renew it with `review-bot evaluate {QUESTIONS} --split held-out --save {runs / 'dev.json'} "
        f"--data {indexed}`."
    )


def test_compare_shows_that_the_default_is_better_than_bm25(run: Run, runs: Path) -> None:
    done = run("compare", runs / "bm25.json", runs / "default.json", "--questions", "1")

    assert done.code == 0, done.err
    row = next(line for line in done.out.splitlines() if line.startswith("passages nDCG@10") and "[" in line)
    assert row.split()[2].startswith("+.")
    assert "passages nDCG@10, most lost:" in done.out
    assert "passages nDCG@10, most won:" in done.out


def test_compare_prints_json(run: Run, runs: Path) -> None:
    (pair,) = run("compare", runs / "bm25.json", runs / "default.json", "--json").json["pairs"]

    assert (pair["before"], pair["after"]) == ("bm25", "default")
    assert pair["passages"]["nDCG@10"]["difference"] > 0


def test_compare_takes_different_questions_only_with_anyway(run: Run, runs: Path) -> None:
    refused = run("compare", runs / "dev.json", runs / "default.json")
    compared = run("compare", runs / "dev.json", runs / "default.json", "--anyway")

    assert "are over different questions" in refused.complaint
    assert compared.code == 0, compared.err
    assert compared.err == "Compared on the 78 questions that all runs share.\n"
    row = next(line.split() for line in compared.out.splitlines() if line.startswith("passages nDCG@10"))
    assert row[2] == row[3]


@pytest.mark.slow
def test_calibrate_stores_thresholds_for_the_encoder_with_and_without_reranker(
    run: Run, data: Path, few: Path, tmp_path: Path
) -> None:
    encoder = Manifest.open(data / ".index").encoder
    held_out = (few, "--data", data, "--split", "held-out")
    shown = run("calibrate", *held_out, "--dry-run")
    assert shown.err == "Nothing was stored.\n"
    assert not (data / "calibration.json").exists()

    done = run("calibrate", *held_out, "--refuse", "0.6", "--json", "--yes")

    reranker = OnnxReranker.open().identity.weights
    stored = load_calibration(data, encoder).rerankers[reranker]
    assert done.json["thresholds"] == asdict(stored.thresholds)
    packaged = load_calibration(tmp_path, encoder).rerankers[reranker]
    assert (stored.middle, stored.spread) == (packaged.middle, packaged.spread)
    assert stored.scaling is not None
    assert done.json["scaling"] == asdict(stored.scaling) != asdict(packaged.scaling or stored.scaling)
    assert done.json["reliability"]["after"]["ECE"] < 0.3

    alone = run("calibrate", *held_out, "--no-reranker", "--json", "--yes")

    both = load_calibration(data, encoder)
    assert both.thresholds is not None
    assert alone.json["thresholds"] == asdict(both.thresholds)
    assert both.rerankers[reranker] == stored


@pytest.mark.slow
def test_calibrate_shows_what_changes_stores_nothing_unasked_and_can_be_undone(run: Run, data: Path, few: Path) -> None:
    command = ("calibrate", few, "--data", data, "--split", "held-out")

    unasked = run(*command)

    assert (unasked.code, unasked.err) == (1, "Nothing was stored. Run the command again with --yes.\n")
    assert not (data / "calibration.json").exists()
    shipped, nearest = _thresholds(data)
    first, heading, *rows = unasked.out.splitlines()
    assert re.fullmatch(rf"answered from {shipped} → \.\d{{3}}, nearest from {nearest} → \.\d{{3}}", first)
    assert heading.split() == ["on", "these", "questions", "now", "new"]
    shown = {name.strip(): (now, new) for name, now, new in (row.rsplit(maxsplit=2) for row in rows[:8])}
    assert list(shown) == [
        "answerable, answered (kept)",
        "unanswerable, not answered (refused)",
        "answerable, answered",
        "answerable, nearest",
        "answerable, unanswered",
        "unanswerable, answered",
        "unanswerable, nearest",
        "unanswerable, unanswered",
    ]
    assert shown["answerable, answered"] == shown["answerable, answered (kept)"]
    kept, refused = (shown[name] for name in list(shown)[:2])
    for name, (now, new) in (("kept", kept), ("refused", refused)):
        assert (f"Fewer questions are {name} than now." in rows) == (float(new) < float(now))

    stored = run(*command, "--yes")

    assert stored.out == unasked.out
    assert stored.err == (
        f"Stored in {data / 'calibration.json'}. To undo it, run `review-bot calibrate --reset --data {data}`.\n"
    )
    answered, second = _thresholds(data)
    assert first == f"answered from {shipped} → {answered}, nearest from {nearest} → {second}"

    undone, again = run("calibrate", "--reset", "--data", data), run("calibrate", "--reset", "--data", data)

    assert undone.out == (
        f"{data / 'calibration.json'}: Removed. The thresholds that come with review-bot apply again.\n"
        f"answered from {answered} → {shipped}, nearest from {second} → {nearest}\n"
    )
    assert again.out == f"{data}: There are no thresholds of your own here. Nothing was changed.\n"
    assert _thresholds(data) == (shipped, nearest)


def _thresholds(data: Path) -> tuple[str, str]:
    with closing(Library.open(data)) as library:
        return figure(library.models.thresholds.answered), figure(library.models.thresholds.nearest)


@pytest.mark.slow
def test_calibrate_asks_at_a_terminal(data: Path, few: Path) -> None:
    for answer, code in (("n", 1), ("y", 0)):
        command = ("calibrate", few, "--data", data, "--split", "held-out", PLAIN)
        with terminal(*command, environment={"TERM": "dumb"}) as (screen, running):
            screen.wait_for("Store the new thresholds? [y/N]")
            screen.type(f"{answer}\r")
            while screen.read(60):
                pass
            assert running.wait(30) == code
        assert (data / "calibration.json").exists() == (answer == "y")


@pytest.mark.parametrize("content", [json.dumps({"0" * 64: {"answered": 0.9, "nearest": 0.8}}), "{broken"])
@pytest.mark.slow
def test_calibrate_replaces_a_calibration_that_evaluate_refuses(run: Run, data: Path, few: Path, content: str) -> None:
    stored = data / "calibration.json"
    held_out = (few, "--data", data, "--split", "held-out", PLAIN)
    assert run("calibrate", *held_out, "--yes").code == 0
    chosen = stored.read_text(encoding="utf-8")
    stored.write_text(content, encoding="utf-8")

    assert "calibrate" in run("evaluate", few, "--data", data).complaint
    assert run("calibrate", *held_out, "--yes").code == 0

    assert stored.read_text(encoding="utf-8") == chosen
    assert run("evaluate", *held_out).code == 0
    stored.write_text(content, encoding="utf-8")
    assert "Removed." in run("calibrate", "--reset", "--data", data).out
    assert not stored.exists()


@pytest.mark.slow
def test_an_unreachable_goal_is_an_error_and_stores_nothing(
    run: Run, data: Path, few: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("embeddings.answering.pipeline.Models.confidence", lambda *_: 1.0)

    done = run("calibrate", few, "--data", data, "--split", "held-out", "--json")

    assert done.code == 1
    assert done.json["unreachable"] == ["refused", "silent"]
    assert done.err.startswith("The goal can't be reached, so nothing was stored. Too many unanswerable")
    assert not (data / "calibration.json").exists()


@pytest.mark.parametrize("command", ["evaluate", "calibrate", "sweep"])
@pytest.mark.slow
def test_a_question_that_fails_is_named_and_the_others_are_asked(
    run: Run, indexed: Path, few: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    failing, asked = read_questions(few)[0], Library.run

    def fail_once(library: Library, question: str, **options: Any) -> AskResult:  # noqa: ANN401 - passed through
        if question == failing.text:
            raise RuntimeError("no room\nat all")
        return asked(library, question, **options)

    monkeypatch.setattr(Library, "run", fail_once)
    sweep, runs = tmp_path / "sweep.toml", tmp_path / "runs"
    sweep.write_text(f'questions = [{json.dumps(str(few))}]\n[variants.default]\nreranker = "none"\n', encoding="utf-8")
    arguments = {"evaluate": (few, PLAIN), "calibrate": (few, PLAIN, "--dry-run"), "sweep": (sweep, "--runs", runs)}

    done = run(command, *arguments[command], "--data", indexed)

    assert done.code == 0
    assert done.err.startswith(f"{failing.id}: The question can't be answered (no room). It counts as unanswered.\n")
    # A sweep would reuse a stored run without a word about it.
    assert not list(runs.glob("*.json"))


def test_sweep_shows_the_variants_in_one_table_and_reuses_runs(
    run: Run, indexed: Path, few: Path, tmp_path: Path
) -> None:
    file = tmp_path / "sweep.toml"
    file.write_text(
        f'questions = [{json.dumps(str(few))}]\n[variants.default]\nreranker = "none"\n'
        '[variants.dense]\nreranker = "none"\nranking = {passage_lexical = 0, sentence_lexical = 0}\n',
        encoding="utf-8",
    )
    command = ("sweep", file, "--data", indexed, "--runs", tmp_path / "runs", "--split", "held-out")

    first, again = run(*command), run(*command)

    assert first.code == 0, first.err
    assert "default on few.jsonl: done" in first.err
    assert "dense on few.jsonl: reused" in again.err
    assert again.out == first.out
    assert [line.split()[0] for line in first.out.splitlines()[1:4]] == ["variant", "default", "dense"]


def test_label_adds_the_answers_that_are_typed(run: Run, indexed: Path, tmp_path: Path) -> None:
    asked, file = tmp_path / "asked.txt", tmp_path / "questions.jsonl"
    asked.write_text(
        "🙂\nWhy was Hailsham shut down?\nHow do I cook rice?\nIs it sad?\nWho wrote it?\n", encoding="utf-8"
    )

    typed = ("99", "", ",", "2, 1", "n", "s", "q")
    done = run("label", file, "--from", asked, "--data", indexed, "--split", "dev", typed=typed)

    assert done.code == 0, done.err
    assert done.out.splitlines()[-1] == f"2 added to {file}."
    assert "There are no words in the question" in done.err
    assert done.err.count("Choose a sentence from 1 to") == 2
    questions = read_questions(file)
    assert [(question.text, len(question.relevant), question.split) for question in questions] == [
        ("Why was Hailsham shut down?", 2, "dev"),
        ("How do I cook rice?", 0, "dev"),
    ]
    assert run("evaluate", file, "--data", indexed).code == 0


def test_label_asks_for_questions_if_there_is_no_file_of_them(run: Run, indexed: Path, tmp_path: Path) -> None:
    file = question_file(tmp_path, "Is it sad?")

    done = run("label", file, "--data", indexed, "--kind", "who", typed=("Who plays Kathy?", "1", ""))

    assert done.code == 0, done.err
    assert [(question.id, question.kind) for question in read_questions(file)] == [("q1", None), ("q002", "who")]
    assert done.out.splitlines()[-1] == f"1 added to {file}."


def test_label_says_that_there_is_nothing_to_label(run: Run, indexed: Path, tmp_path: Path) -> None:
    asked, file = tmp_path / "asked.txt", tmp_path / "questions.jsonl"
    command = ("label", file, "--from", asked, "--data", indexed)
    asked.write_text("\n", encoding="utf-8")

    empty = run(*command)
    asked.write_text("Is it sad?\n", encoding="utf-8")
    stopped, labelled, again = run(*command, typed=("q",)), run(*command, typed=("n",)), run(*command)

    assert (empty.code, empty.out) == (0, f"0 added to {file}.\n")
    assert empty.err == f"{asked}: There are no questions in this file.\n"
    assert stopped.out.splitlines()[-1] == f"0 added to {file}."
    assert labelled.out.splitlines()[-1] == f"1 added to {file}."
    assert again.err == f"{asked}: All questions are already labelled in {file}.\n"


@pytest.mark.parametrize(
    "wrong",
    [
        ("evaluate", QUESTIONS, "--ranking", "foo"),
        ("calibrate", QUESTIONS, "--refuse", "2"),
        ("calibrate", QUESTIONS, "--reset"),
        ("calibrate",),
        ("calibrate", QUESTIONS, "--refuse", ".5", "--keep", ".9"),
        ("compare", QUESTIONS),
    ],
)
def test_a_wrong_option_is_a_usage_error(run: Run, wrong: tuple[str | Path, ...], indexed: Path) -> None:
    options = () if wrong[0] == "compare" else ("--data", indexed)
    assert run(*wrong, *options).code == 2
