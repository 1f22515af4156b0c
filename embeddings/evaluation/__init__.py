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
    from embeddings.config import CALIBRATION_LOST as CALIBRATION_LOST
    from embeddings.config import CALIBRATION_REFUSED as CALIBRATION_REFUSED
    from embeddings.config import PERMUTATIONS as PERMUTATIONS
    from embeddings.config import UNANSWERABLE_KINDS as UNANSWERABLE_KINDS
    from embeddings.config import named_ranking as named_ranking
    from embeddings.evaluation.annotate import CandidateSentence as CandidateSentence
    from embeddings.evaluation.annotate import UnlabelledQuestion as UnlabelledQuestion
    from embeddings.evaluation.annotate import add_question as add_question
    from embeddings.evaluation.annotate import candidate_sentences as candidate_sentences
    from embeddings.evaluation.annotate import labelled_questions as labelled_questions
    from embeddings.evaluation.annotate import not_yet_labelled as not_yet_labelled
    from embeddings.evaluation.annotate import read_unlabelled as read_unlabelled
    from embeddings.evaluation.calibrate import Calibration as Calibration
    from embeddings.evaluation.calibrate import Effect as Effect
    from embeddings.evaluation.calibrate import Goal as Goal
    from embeddings.evaluation.calibrate import Refit as Refit
    from embeddings.evaluation.calibrate import calibration_record as calibration_record
    from embeddings.evaluation.calibrate import choose_thresholds as choose_thresholds
    from embeddings.evaluation.calibrate import effect_of as effect_of
    from embeddings.evaluation.calibrate import refit as refit
    from embeddings.evaluation.calibrate import store_calibration as store_calibration
    from embeddings.evaluation.clustering import cluster as cluster
    from embeddings.evaluation.compare import IncomparableRunsError as IncomparableRunsError
    from embeddings.evaluation.compare import MeasureComparison as MeasureComparison
    from embeddings.evaluation.compare import QuestionChange as QuestionChange
    from embeddings.evaluation.compare import RunComparison as RunComparison
    from embeddings.evaluation.compare import check_comparable as check_comparable
    from embeddings.evaluation.compare import compare_all as compare_all
    from embeddings.evaluation.compare import compare_runs as compare_runs
    from embeddings.evaluation.compare import comparison_record as comparison_record
    from embeddings.evaluation.compare import fingerprint_mismatch as fingerprint_mismatch
    from embeddings.evaluation.compare import load_runs as load_runs
    from embeddings.evaluation.compare import on_shared_questions as on_shared_questions
    from embeddings.evaluation.datasets.beir import write_beir as write_beir
    from embeddings.evaluation.datasets.files import read_bytes as read_bytes
    from embeddings.evaluation.datasets.reader import check_task as check_task
    from embeddings.evaluation.datasets.task import Task as Task
    from embeddings.evaluation.datasets.trec import is_run_of as is_run_of
    from embeddings.evaluation.datasets.trec import write_qrels as write_qrels
    from embeddings.evaluation.datasets.trec import write_run as write_run
    from embeddings.evaluation.evaluator import Evaluation as Evaluation
    from embeddings.evaluation.evaluator import evaluate as evaluate
    from embeddings.evaluation.evaluator import evaluation_record as evaluation_record
    from embeddings.evaluation.evaluator import library_settings as library_settings
    from embeddings.evaluation.evaluator import open_task as open_task
    from embeddings.evaluation.evaluator import seconds_record as seconds_record
    from embeddings.evaluation.forms import FormComparison as FormComparison
    from embeddings.evaluation.forms import as_asked as as_asked
    from embeddings.evaluation.forms import compare_forms as compare_forms
    from embeddings.evaluation.forms import compare_with_baseline as compare_with_baseline
    from embeddings.evaluation.metrics import Measure as Measure
    from embeddings.evaluation.reliability import Reliability as Reliability
    from embeddings.evaluation.report.page import is_report as is_report
    from embeddings.evaluation.report.page import write_report as write_report
    from embeddings.evaluation.runs import Run as Run
    from embeddings.evaluation.runs import fingerprint as fingerprint
    from embeddings.evaluation.runs import is_run as is_run
    from embeddings.evaluation.runs import save_run as save_run
    from embeddings.evaluation.significance import Difference as Difference
    from embeddings.evaluation.significance import Estimate as Estimate
    from embeddings.evaluation.summary import NO_KIND as NO_KIND
    from embeddings.evaluation.summary import Summary as Summary
    from embeddings.evaluation.summary import aurc as aurc
    from embeddings.evaluation.summary import by_kind as by_kind
    from embeddings.evaluation.summary import by_review as by_review
    from embeddings.evaluation.summary import risk_coverage as risk_coverage
    from embeddings.evaluation.summary import summarise as summarise
    from embeddings.evaluation.sweep import SweepRun as SweepRun
    from embeddings.evaluation.sweep import read_sweep as read_sweep
    from embeddings.evaluation.sweep import run_sweep as run_sweep

_MODULES = {
    "embeddings.config": "CALIBRATION_LOST CALIBRATION_REFUSED PERMUTATIONS UNANSWERABLE_KINDS named_ranking",
    "embeddings.evaluation.annotate": (
        "CandidateSentence UnlabelledQuestion add_question candidate_sentences labelled_questions not_yet_labelled "
        "read_unlabelled"
    ),
    "embeddings.evaluation.calibrate": (
        "Calibration Effect Goal Refit calibration_record choose_thresholds effect_of refit store_calibration"
    ),
    "embeddings.evaluation.clustering": "cluster",
    "embeddings.evaluation.compare": (
        "IncomparableRunsError MeasureComparison QuestionChange RunComparison check_comparable compare_all "
        "compare_runs comparison_record fingerprint_mismatch load_runs on_shared_questions"
    ),
    "embeddings.evaluation.datasets.beir": "write_beir",
    "embeddings.evaluation.datasets.files": "read_bytes",
    "embeddings.evaluation.datasets.reader": "check_task",
    "embeddings.evaluation.datasets.task": "Task",
    "embeddings.evaluation.datasets.trec": "is_run_of write_qrels write_run",
    "embeddings.evaluation.evaluator": (
        "Evaluation evaluate evaluation_record library_settings open_task seconds_record"
    ),
    "embeddings.evaluation.forms": "FormComparison as_asked compare_forms compare_with_baseline",
    "embeddings.evaluation.metrics": "Measure",
    "embeddings.evaluation.reliability": "Reliability",
    "embeddings.evaluation.report.page": "is_report write_report",
    "embeddings.evaluation.runs": "Run fingerprint is_run save_run",
    "embeddings.evaluation.significance": "Difference Estimate",
    "embeddings.evaluation.summary": "NO_KIND Summary aurc by_kind by_review risk_coverage summarise",
    "embeddings.evaluation.sweep": "SweepRun read_sweep run_sweep",
}
_MODULE_OF = {name: module for module, names in _MODULES.items() for name in names.split()}

__all__ = list(_MODULE_OF)


def __getattr__(name: str) -> object:
    """Import a public name on first use, so that importing the package stays instant."""
    if name not in _MODULE_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_MODULE_OF[name]), name)
