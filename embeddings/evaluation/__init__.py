"""Offline retrieval testing: measure, compare and calibrate answers on question files.

Start with these three functions:

    with open_task(Path("questions.jsonl"), library) as (task, searched):
        evaluation = evaluate(searched, task)
    summarise(evaluation.run.results).estimates[Measure.NDCG]

`save_run`, `load_runs` and `compare_all` tell whether two runs differ by more than chance, `choose_thresholds`
calibrates the abstention, `run_sweep` evaluates variants, and `candidate_sentences` helps to label new questions.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from embeddings.config import PERMUTATIONS, UNANSWERABLE_KINDS
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
    from embeddings.evaluation.significance import Estimate
    from embeddings.evaluation.summary import NO_KIND, Summary, aurc, by_kind, by_review, risk_coverage, summarise
    from embeddings.evaluation.sweep import SweepRun, UnknownRankingError, named_ranking, read_sweep, run_sweep

_PUBLIC = {
    "config": "PERMUTATIONS UNANSWERABLE_KINDS",
    "evaluation.annotate": "CandidateSentence UnlabelledQuestion add_question candidate_sentences labelled_questions "
    "not_yet_labelled read_unlabelled",
    "evaluation.calibrate": "Calibration Goal calibration_record choose_thresholds store_thresholds",
    "evaluation.clustering": "cluster",
    "evaluation.compare": "IncomparableRunsError MeasureComparison QuestionChange RunComparison check_comparable "
    "compare_all compare_runs comparison_record fingerprint_mismatch load_runs on_shared_questions",
    "evaluation.datasets.beir": "write_beir",
    "evaluation.datasets.task": "Task",
    "evaluation.datasets.trec": "write_qrels write_run",
    "evaluation.evaluator": "Evaluation evaluate library_settings open_task",
    "evaluation.metrics": "Measure",
    "evaluation.report.json_record": "evaluation_record seconds_record",
    "evaluation.report.report": "write_report",
    "evaluation.runs": "Run fingerprint save_run",
    "evaluation.significance": "Estimate",
    "evaluation.summary": "NO_KIND Summary aurc by_kind by_review risk_coverage summarise",
    "evaluation.sweep": "SweepRun UnknownRankingError named_ranking read_sweep run_sweep",
}
_MODULE_OF = {name: f"embeddings.{module}" for module, names in _PUBLIC.items() for name in names.split()}

__all__ = list(_MODULE_OF)


def __getattr__(name: str) -> object:
    """Import a public name on first use, so that importing the package stays instant."""
    if name not in _MODULE_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_MODULE_OF[name]), name)
