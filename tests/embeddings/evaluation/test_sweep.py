"""Sweeps: reading the file, evaluating variants with the real library, and reusing runs."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from dataclasses import asdict
from pathlib import Path

import pytest

from embeddings.answering.calibration import UNCALIBRATED, Thresholds
from embeddings.config import NAMED_RANKINGS, RankingSettings
from embeddings.errors import OutputError, QuestionFileError
from embeddings.evaluation.sweep import (
    Sweep,
    SweepFileError,
    SweepRun,
    Variant,
    VariantError,
    read_sweep,
    run_sweep,
)
from embeddings.library import Library
from tests.embeddings.evaluation.conftest import WriteLines
from tests.embeddings.fixtures.tiny_models import DIMENSION, save_bert

QUOTE = "Hailsham, she explains, was shut down because society no longer needed to believe clones had souls."


def no_notes(line: str) -> None:
    raise AssertionError(line)


Runs = Generator[SweepRun, None, None]
Swept = Callable[..., Runs]
"""Evaluates variants on the question file, or on other files."""


@pytest.fixture
def swept(library: Library, questions: Path, tmp_path: Path) -> Swept:
    def sweep(*variants: Variant, files: Sequence[Path] = (), folder: Path = tmp_path / "runs") -> Runs:
        return run_sweep(Sweep(tuple(files) or (questions,), variants), library, folder, notify=no_notes)

    return sweep


@pytest.fixture
def questions(write_lines: WriteLines) -> Path:
    return write_lines(
        {
            "id": "q1",
            "question": "Why was Hailsham shut down?",
            "relevant": [{"review": "never-let-me-go", "quote": QUOTE}],
        },
        {"id": "q2", "question": "How do I cook rice?", "relevant": []},
    )


def test_a_sweep_file_has_questions_and_variants(tmp_path: Path) -> None:
    file = tmp_path / "sweep.toml"
    file.write_text(
        """
        questions = ["a.jsonl"]
        [variants.default]
        [variants.other]
        model = "models/other"
        passage_tokens = 128
        ranking = { passage_lexical = 0.5, candidates = 50, reader_share = 0.3 }
        thresholds = { answered = 0.5, nearest = 0.25 }
        [variants.lexical]
        ranking = "bm25"
        reranker = "none"
        """,
        encoding="utf-8",
    )

    assert read_sweep(file) == Sweep(
        questions=(Path("a.jsonl"),),
        variants=(
            Variant("default", RankingSettings()),
            Variant(
                "other",
                RankingSettings(passage_lexical=0.5, candidates=50, reranker_share=0.3),
                model="models/other",
                passage_tokens=128,
                thresholds=Thresholds(answered=0.5, nearest=0.25),
            ),
            Variant("lexical", NAMED_RANKINGS["bm25"], reranker="none"),
        ),
    )


HEAD = 'questions = ["a.jsonl"]\n'


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("questions = [", "not TOML"),
        ("[variants.a]", '"questions" must be a list of question files'),
        (HEAD, r"The file has no variants\. Write a table \[variants\.NAME\] for each"),
        (HEAD + "variants = { a = 1 }", r"\[variants\.a\] must be a table"),
        (
            HEAD + '[variants."a/b"]',
            "'a/b' needs a name that can be a file name: printable, not empty, without a slash",
        ),
        (
            HEAD + "[variants.a]\nweights = 1",
            r"\[variants\.a\] has the key 'weights'\. The keys are: model, passage_tokens",
        ),
        (HEAD + "[variants.a]\nmodel = 1", "model must be a name or a path"),
        (HEAD + "[variants.a]\npassage_tokens = 1.5", "passage_tokens must be a whole number, 16 or more"),
        (HEAD + "[variants.a]\nranking = 1", "ranking must be a table"),
        (HEAD + "[variants.a]\nranking = { bm25 = 1 }", r"ranking has the key 'bm25'\. The keys are: passage_lexical"),
        (HEAD + '[variants.a]\nranking = { pair = "half" }', r"ranking\.pair must be a number"),
        (HEAD + "[variants.a]\nranking = { candidates = 1.5 }", r"ranking\.candidates must be a whole number"),
        (HEAD + "[variants.a]\nthresholds = { answered = 0.5 }", "thresholds also needs nearest"),
        (HEAD + '[variants.""]', "The variant '' needs a name that can be a file name"),
        (HEAD + '[variants."a\\u0000b"]', "needs a name that can be a file name: printable"),
        (
            HEAD + "[variants.a]\nranking = { passage_lexical = -1 }",
            r"\[variants\.a\] ranking: passage_lexical must be a share from 0 to 1, not -1\.",
        ),
        (
            HEAD + "[variants.a]\nranking = { passage_lexical = nan }",
            r"passage_lexical must be a share from 0 to 1, not nan\.",
        ),
        (HEAD + "[variants.a]\nranking = { sentence_passage = inf }", "sentence_passage must be 0 or more, not inf"),
        (
            HEAD + "[variants.a]\nranking = { candidates = 0 }",
            "exact must be 0 or more and candidates 1 or more, not 4096 and 0",
        ),
        (
            HEAD + '[variants.a]\nranking = "best"',
            r"ranking: There is no ranking 'best'\. Use one of these: default, dense, bm25",
        ),
        (HEAD + "[variants.a]\nreader = true", "reranker must be shipped, none, a name or a path"),
        (
            HEAD + "[variants.a]\nthresholds = { answered = 0.2, nearest = 0.4 }",
            r"\[variants\.a\] thresholds must satisfy 0 <= nearest <= answered <= 1\.$",
        ),
    ],
)
def test_a_broken_sweep_file_is_an_error_with_its_reason(tmp_path: Path, content: str, reason: str) -> None:
    file = tmp_path / "sweep.toml"
    file.write_text(content, encoding="utf-8")
    with pytest.raises(SweepFileError, match=reason):
        read_sweep(file)


def test_a_missing_sweep_file_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(SweepFileError, match="can't be read"):
        read_sweep(tmp_path / "absent.toml")


def test_a_run_is_reused_until_its_variant_changes(swept: Swept, tmp_path: Path) -> None:
    def run(dense: float) -> list[tuple[str, bool]]:
        made = swept(Variant("default", RankingSettings()), Variant("dense", RankingSettings(0, dense, 0)))
        return [(one.variant, one.reused) for one in made]

    assert run(0.5) == [("default", False), ("dense", False)]
    assert run(0.5) == [("default", True), ("dense", True)]
    assert run(0.4) == [("default", True), ("dense", False)]
    (stored,) = (tmp_path / "runs").glob("default.questions.*.json")
    stored.write_text("{", encoding="utf-8")
    assert run(0.4) == [("default", False), ("dense", True)]


def test_an_interrupted_sweep_continues_where_it_stopped(swept: Swept) -> None:
    variants = [Variant(name, RankingSettings()) for name in ("one", "two")]
    first = swept(*variants)
    next(first)
    first.close()
    assert [one.reused for one in swept(*variants)] == [True, False]


def test_files_and_variants_with_similar_names_have_separate_runs(
    swept: Swept, questions: Path, tmp_path: Path
) -> None:
    files = [tmp_path / name for name in ("qa/q.jsonl", "qb/q.jsonl", "b.c.jsonl", "c.jsonl")]
    for file in files:
        file.parent.mkdir(exist_ok=True)
        file.write_text(questions.read_text(encoding="utf-8"), encoding="utf-8")
    variants = Variant("a", RankingSettings()), Variant("a.b", RankingSettings(0, 0.5, 0))
    made = [list(swept(*variants, files=files)) for _ in range(2)]
    assert [[one.reused for one in runs] for runs in made] == [[False] * 8, [True] * 8]
    assert len(list((tmp_path / "runs").glob("*.json"))) == 8


@pytest.mark.parametrize(
    ("variant", "reason"),
    [
        (
            Variant("absent", RankingSettings(), model="models/absent"),
            r"The variant 'absent' can't be evaluated\. models/absent: There is no such folder and no ",
        ),
        (
            Variant("unread", RankingSettings(), reranker="readers/absent"),
            r"The variant 'unread' can't be evaluated\. ",
        ),
    ],
)
def test_a_missing_model_or_reranker_is_an_error_before_the_first_question(
    swept: Swept, tmp_path: Path, variant: Variant, reason: str
) -> None:
    with pytest.raises(VariantError, match=f"^{reason}"):
        next(swept(Variant("default", RankingSettings()), variant))
    assert not (tmp_path / "runs").exists()


def test_a_missing_question_file_is_an_error_before_the_first_question(
    swept: Swept, questions: Path, tmp_path: Path
) -> None:
    with pytest.raises(QuestionFileError, match=r"absent\.jsonl: The file can't be read"):
        next(swept(Variant("default", RankingSettings()), files=[questions, tmp_path / "absent.jsonl"]))


def test_a_variant_may_change_the_reranker_and_its_share(library: Library, swept: Swept) -> None:
    shipped, none, everything = (
        one.run
        for one in swept(
            Variant("shipped", RankingSettings()),
            Variant("none", RankingSettings(), reranker="none"),
            Variant("all", RankingSettings(reranker_share=1.0)),
        )
    )
    settings = [run.fingerprint.settings for run in (shipped, none, everything) if run.fingerprint is not None]
    assert library.models.reranker is not None
    reranker = asdict(library.models.reranker.identity)
    assert [found["reader"] for found in settings] == [reranker, None, reranker]
    default = asdict(RankingSettings())
    assert settings[2]["ranking"] == {"reader_share": 1.0} | {
        key: default[key] for key in default.keys() - {"reranker_share"}
    }
    assert shipped.results[0].confidence != none.results[0].confidence
    assert shipped.results[0].confidence == everything.results[0].confidence


@pytest.mark.slow
def test_a_variant_may_change_passage_size_and_thresholds(swept: Swept) -> None:
    thresholds = Thresholds(answered=1.0, nearest=1.0)
    (short,) = swept(Variant("short", RankingSettings(), passage_tokens=32, thresholds=thresholds))
    assert short.run.fingerprint is not None
    assert short.run.fingerprint.model["max_tokens"] == 32
    assert [result.state for result in short.run.results] == ["unanswered", "unanswered"]


def test_a_variant_may_use_another_encoder(swept: Swept, tmp_path: Path) -> None:
    (tiny,) = swept(Variant("tiny", RankingSettings(), model=str(save_bert(tmp_path / "tiny"))))
    assert tiny.run.fingerprint is not None
    assert tiny.run.fingerprint.model["dimension"] == DIMENSION
    assert tiny.run.fingerprint.settings["thresholds"] == asdict(UNCALIBRATED)


def test_a_folder_of_the_users_own_is_not_replaced_by_an_exported_model(swept: Swept, tmp_path: Path) -> None:
    model = save_bert(tmp_path / "models" / "mine")
    before = {path: path.read_bytes() for path in model.rglob("*") if path.is_file()}
    with pytest.raises(OutputError, match=r"models/mine: This folder was not written by a sweep"):
        next(swept(Variant("mine", RankingSettings(), model=str(model)), folder=tmp_path))
    assert {path: path.read_bytes() for path in model.rglob("*") if path.is_file()} == before
