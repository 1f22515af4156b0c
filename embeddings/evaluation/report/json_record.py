"""Turn an evaluation into the JSON object that `review-bot evaluate --json` prints."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

import numpy as np

from embeddings.evaluation.evaluator import Evaluation
from embeddings.evaluation.metrics import Outcome
from embeddings.evaluation.runs import Result, result_record, run_record
from embeddings.evaluation.summary import (
    aurc,
    by_kind,
    by_review,
    downsampled,
    risk_coverage,
    summarise,
    summary_record,
)
from embeddings.records import hit_record, quote_record


def evaluation_record(evaluation: Evaluation) -> dict[str, object]:
    """Return the measures with their intervals, overall, by kind and by review, and every question's result."""
    results = evaluation.run.results
    curve = risk_coverage(results)
    own = len(evaluation.task.own_documents)
    return {
        **({"ignored_identical_ids": own} if own else {}),
        **summary_record(summarise(results)),
        "risk_coverage": {"AURC": aurc(curve), "points": [asdict(point) for point in downsampled(curve)]},
        "seconds": seconds_record(results),
        "by_kind": {name: summary_record(summary) for name, summary in by_kind(results).items()},
        "by_review": {name: summary_record(summary) for name, summary in by_review(results).items()},
        **run_record(evaluation.run),
        "per_question": [
            {**result_record(result), **_outcome_record(outcome)}
            for result, outcome in zip(results, evaluation.outcomes, strict=True)
        ],
    }


def seconds_record(results: Sequence[Result]) -> dict[str, float]:
    """Return the wall-clock time per question: the median, the 95th percentile and the sum."""
    seconds = np.array([result.seconds for result in results])
    median, slow = np.quantile(seconds, (0.5, 0.95))
    return {"p50": round(float(median), 6), "p95": round(float(slow), 6), "total": round(float(seconds.sum()), 6)}


def _outcome_record(outcome: Outcome) -> dict[str, object]:
    return {
        "context": list(outcome.question.context),
        "relevant": [asdict(span) for span in outcome.question.spans],
        "quotes": [quote_record(quote) for quote in outcome.answer.quotes],
        "passages": [hit_record(hit) for hit in outcome.hits],
    }
