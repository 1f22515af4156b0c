"""Offline retrieval testing."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from embeddings.evaluation.annotate import Asked, Choice, choices, label, labelled, read_asked, unlabelled
    from embeddings.evaluation.calibrate import (
        SILENT,
        Calibration,
        Goal,
        calibration_record,
        choose_thresholds,
        store_thresholds,
    )
    from embeddings.evaluation.clustering import group
    from embeddings.evaluation.compare import (
        Contrast,
        IncomparableRunsError,
        Move,
        Pair,
        check_comparable,
        comparison_record,
        contrast,
        contrast_all,
        difference_in,
        load_runs,
        meeting,
    )
    from embeddings.evaluation.datasets.beir import write_beir
    from embeddings.evaluation.datasets.task import Task
    from embeddings.evaluation.datasets.trec import write_qrels, write_run
    from embeddings.evaluation.evaluator import Evaluation, evaluate, opened_task, settings_of
    from embeddings.evaluation.metrics import Measure
    from embeddings.evaluation.report.json_record import evaluation_record, seconds_record
    from embeddings.evaluation.report.report import write_report
    from embeddings.evaluation.runs import Run, fingerprint, save_run
    from embeddings.evaluation.significance import PERMUTATIONS, Estimate
    from embeddings.evaluation.summary import (
        FEW,
        NO_KIND,
        Summary,
        area_under_risk,
        by_kind,
        by_review,
        risk_coverage,
        summarise,
    )
    from embeddings.evaluation.sweep import Tried, UnknownRankingError, named_ranking, read_sweep, run_sweep

_MODULES = {
    "Asked": "embeddings.evaluation.annotate",
    "Choice": "embeddings.evaluation.annotate",
    "choices": "embeddings.evaluation.annotate",
    "label": "embeddings.evaluation.annotate",
    "labelled": "embeddings.evaluation.annotate",
    "read_asked": "embeddings.evaluation.annotate",
    "unlabelled": "embeddings.evaluation.annotate",
    "Calibration": "embeddings.evaluation.calibrate",
    "Goal": "embeddings.evaluation.calibrate",
    "SILENT": "embeddings.evaluation.calibrate",
    "choose_thresholds": "embeddings.evaluation.calibrate",
    "calibration_record": "embeddings.evaluation.calibrate",
    "store_thresholds": "embeddings.evaluation.calibrate",
    "group": "embeddings.evaluation.clustering",
    "Contrast": "embeddings.evaluation.compare",
    "IncomparableRunsError": "embeddings.evaluation.compare",
    "Move": "embeddings.evaluation.compare",
    "Pair": "embeddings.evaluation.compare",
    "check_comparable": "embeddings.evaluation.compare",
    "comparison_record": "embeddings.evaluation.compare",
    "contrast": "embeddings.evaluation.compare",
    "contrast_all": "embeddings.evaluation.compare",
    "difference_in": "embeddings.evaluation.compare",
    "load_runs": "embeddings.evaluation.compare",
    "meeting": "embeddings.evaluation.compare",
    "write_beir": "embeddings.evaluation.datasets.beir",
    "Task": "embeddings.evaluation.datasets.task",
    "write_qrels": "embeddings.evaluation.datasets.trec",
    "write_run": "embeddings.evaluation.datasets.trec",
    "Evaluation": "embeddings.evaluation.evaluator",
    "evaluate": "embeddings.evaluation.evaluator",
    "opened_task": "embeddings.evaluation.evaluator",
    "settings_of": "embeddings.evaluation.evaluator",
    "Measure": "embeddings.evaluation.metrics",
    "evaluation_record": "embeddings.evaluation.report.json_record",
    "seconds_record": "embeddings.evaluation.report.json_record",
    "write_report": "embeddings.evaluation.report.report",
    "Run": "embeddings.evaluation.runs",
    "fingerprint": "embeddings.evaluation.runs",
    "save_run": "embeddings.evaluation.runs",
    "Estimate": "embeddings.evaluation.significance",
    "PERMUTATIONS": "embeddings.evaluation.significance",
    "FEW": "embeddings.evaluation.summary",
    "NO_KIND": "embeddings.evaluation.summary",
    "Summary": "embeddings.evaluation.summary",
    "area_under_risk": "embeddings.evaluation.summary",
    "by_kind": "embeddings.evaluation.summary",
    "by_review": "embeddings.evaluation.summary",
    "risk_coverage": "embeddings.evaluation.summary",
    "summarise": "embeddings.evaluation.summary",
    "Tried": "embeddings.evaluation.sweep",
    "UnknownRankingError": "embeddings.evaluation.sweep",
    "named_ranking": "embeddings.evaluation.sweep",
    "read_sweep": "embeddings.evaluation.sweep",
    "run_sweep": "embeddings.evaluation.sweep",
}

__all__ = [
    "FEW",
    "NO_KIND",
    "PERMUTATIONS",
    "SILENT",
    "Asked",
    "Calibration",
    "Choice",
    "Contrast",
    "Estimate",
    "Evaluation",
    "Goal",
    "IncomparableRunsError",
    "Measure",
    "Move",
    "Pair",
    "Run",
    "Summary",
    "Task",
    "Tried",
    "UnknownRankingError",
    "area_under_risk",
    "by_kind",
    "by_review",
    "calibration_record",
    "check_comparable",
    "choices",
    "choose_thresholds",
    "comparison_record",
    "contrast",
    "contrast_all",
    "difference_in",
    "evaluate",
    "evaluation_record",
    "fingerprint",
    "group",
    "label",
    "labelled",
    "load_runs",
    "meeting",
    "named_ranking",
    "opened_task",
    "read_asked",
    "read_sweep",
    "risk_coverage",
    "run_sweep",
    "save_run",
    "seconds_record",
    "settings_of",
    "store_thresholds",
    "summarise",
    "unlabelled",
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
