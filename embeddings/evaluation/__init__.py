"""Offline retrieval testing."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from embeddings.evaluation.annotate import (
        CandidateSentence,
        UnlabelledQuestion,
        add_question,
        candidate_sentences,
        labelled_questions,
        not_yet_labelled,
        read_unlabelled,
    )
    from embeddings.evaluation.calibrate import (
        UNANSWERABLE_KINDS,
        Calibration,
        Goal,
        calibration_record,
        choose_thresholds,
        store_thresholds,
    )
    from embeddings.evaluation.clustering import cluster
    from embeddings.evaluation.compare import (
        IncomparableRunsError,
        MeasureComparison,
        QuestionChange,
        RunComparison,
        check_comparable,
        compare_all,
        compare_runs,
        comparison_record,
        fingerprint_mismatch,
        load_runs,
        on_shared_questions,
    )
    from embeddings.evaluation.datasets.beir import write_beir
    from embeddings.evaluation.datasets.task import Task
    from embeddings.evaluation.datasets.trec import write_qrels, write_run
    from embeddings.evaluation.evaluator import Evaluation, evaluate, library_settings, open_task
    from embeddings.evaluation.metrics import Measure
    from embeddings.evaluation.report.json_record import evaluation_record, seconds_record
    from embeddings.evaluation.report.report import write_report
    from embeddings.evaluation.runs import Run, fingerprint, save_run
    from embeddings.evaluation.significance import PERMUTATIONS, Estimate
    from embeddings.evaluation.summary import (
        NO_KIND,
        SMALL_SAMPLE,
        Summary,
        aurc,
        by_kind,
        by_review,
        risk_coverage,
        summarise,
    )
    from embeddings.evaluation.sweep import SweepRun, UnknownRankingError, named_ranking, read_sweep, run_sweep

_MODULES = {
    "UnlabelledQuestion": "embeddings.evaluation.annotate",
    "CandidateSentence": "embeddings.evaluation.annotate",
    "candidate_sentences": "embeddings.evaluation.annotate",
    "add_question": "embeddings.evaluation.annotate",
    "labelled_questions": "embeddings.evaluation.annotate",
    "read_unlabelled": "embeddings.evaluation.annotate",
    "not_yet_labelled": "embeddings.evaluation.annotate",
    "Calibration": "embeddings.evaluation.calibrate",
    "Goal": "embeddings.evaluation.calibrate",
    "UNANSWERABLE_KINDS": "embeddings.evaluation.calibrate",
    "choose_thresholds": "embeddings.evaluation.calibrate",
    "calibration_record": "embeddings.evaluation.calibrate",
    "store_thresholds": "embeddings.evaluation.calibrate",
    "cluster": "embeddings.evaluation.clustering",
    "MeasureComparison": "embeddings.evaluation.compare",
    "IncomparableRunsError": "embeddings.evaluation.compare",
    "QuestionChange": "embeddings.evaluation.compare",
    "RunComparison": "embeddings.evaluation.compare",
    "check_comparable": "embeddings.evaluation.compare",
    "comparison_record": "embeddings.evaluation.compare",
    "compare_runs": "embeddings.evaluation.compare",
    "compare_all": "embeddings.evaluation.compare",
    "fingerprint_mismatch": "embeddings.evaluation.compare",
    "load_runs": "embeddings.evaluation.compare",
    "on_shared_questions": "embeddings.evaluation.compare",
    "write_beir": "embeddings.evaluation.datasets.beir",
    "Task": "embeddings.evaluation.datasets.task",
    "write_qrels": "embeddings.evaluation.datasets.trec",
    "write_run": "embeddings.evaluation.datasets.trec",
    "Evaluation": "embeddings.evaluation.evaluator",
    "evaluate": "embeddings.evaluation.evaluator",
    "open_task": "embeddings.evaluation.evaluator",
    "library_settings": "embeddings.evaluation.evaluator",
    "Measure": "embeddings.evaluation.metrics",
    "evaluation_record": "embeddings.evaluation.report.json_record",
    "seconds_record": "embeddings.evaluation.report.json_record",
    "write_report": "embeddings.evaluation.report.report",
    "Run": "embeddings.evaluation.runs",
    "fingerprint": "embeddings.evaluation.runs",
    "save_run": "embeddings.evaluation.runs",
    "Estimate": "embeddings.evaluation.significance",
    "PERMUTATIONS": "embeddings.evaluation.significance",
    "SMALL_SAMPLE": "embeddings.evaluation.summary",
    "NO_KIND": "embeddings.evaluation.summary",
    "Summary": "embeddings.evaluation.summary",
    "aurc": "embeddings.evaluation.summary",
    "by_kind": "embeddings.evaluation.summary",
    "by_review": "embeddings.evaluation.summary",
    "risk_coverage": "embeddings.evaluation.summary",
    "summarise": "embeddings.evaluation.summary",
    "SweepRun": "embeddings.evaluation.sweep",
    "UnknownRankingError": "embeddings.evaluation.sweep",
    "named_ranking": "embeddings.evaluation.sweep",
    "read_sweep": "embeddings.evaluation.sweep",
    "run_sweep": "embeddings.evaluation.sweep",
}

__all__ = [
    "NO_KIND",
    "PERMUTATIONS",
    "SMALL_SAMPLE",
    "UNANSWERABLE_KINDS",
    "Calibration",
    "CandidateSentence",
    "Estimate",
    "Evaluation",
    "Goal",
    "IncomparableRunsError",
    "Measure",
    "MeasureComparison",
    "QuestionChange",
    "Run",
    "RunComparison",
    "Summary",
    "SweepRun",
    "Task",
    "UnknownRankingError",
    "UnlabelledQuestion",
    "add_question",
    "aurc",
    "by_kind",
    "by_review",
    "calibration_record",
    "candidate_sentences",
    "check_comparable",
    "choose_thresholds",
    "cluster",
    "compare_all",
    "compare_runs",
    "comparison_record",
    "evaluate",
    "evaluation_record",
    "fingerprint",
    "fingerprint_mismatch",
    "labelled_questions",
    "library_settings",
    "load_runs",
    "named_ranking",
    "not_yet_labelled",
    "on_shared_questions",
    "open_task",
    "read_sweep",
    "read_unlabelled",
    "risk_coverage",
    "run_sweep",
    "save_run",
    "seconds_record",
    "store_thresholds",
    "summarise",
    "write_beir",
    "write_qrels",
    "write_report",
    "write_run",
]


def __getattr__(name: str) -> object:
    """Import a public name when it is first used: `--help` and `import embeddings` stay instant."""
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_MODULES[name]), name)
