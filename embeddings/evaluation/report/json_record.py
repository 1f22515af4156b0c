"""An evaluation as the JSON object that `review-bot evaluate --json` prints."""

from __future__ import annotations

from collections.abc import Sequence

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
from embeddings.records import Hit, Quote


def evaluation_record(evaluation: Evaluation) -> dict[str, object]:
    """The figures, with their intervals, by kind and by review, and every question with what it came to."""
    results = evaluation.run.results
    curve = risk_coverage(results)
    return {
        **summary_record(summarise(results)),
        "risk_coverage": {
            "AURC": aurc(curve),
            "points": [
                {"confidence": point.confidence, "coverage": point.coverage, "risk": point.risk}
                for point in downsampled(curve)
            ],
        },
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
    """What a question took, wall clock: the median, the 95th percentile and all together."""
    seconds = np.array([result.seconds for result in results])
    median, slow = np.quantile(seconds, (0.5, 0.95))
    return {"p50": round(float(median), 6), "p95": round(float(slow), 6), "total": round(float(seconds.sum()), 6)}


def _outcome_record(outcome: Outcome) -> dict[str, object]:
    return {
        "context": list(outcome.question.context),
        "relevant": [{"review": span.review, "start": span.start, "end": span.end} for span in outcome.question.spans],
        "quotes": [_quote_record(quote) for quote in outcome.answer.quotes],
        "passages": [_hit_record(hit) for hit in outcome.hits],
    }


def _quote_record(quote: Quote) -> dict[str, object]:
    return {
        "label": quote.label,
        "text": quote.text,
        "review": quote.review,
        "title": quote.title,
        "section": quote.section,
        "heading": quote.heading,
        "paragraph": quote.paragraph,
        "start": quote.start,
        "end": quote.end,
        "score": quote.score,
    }


def _hit_record(hit: Hit) -> dict[str, object]:
    return {
        "review": hit.review,
        "section": hit.section,
        "paragraph": hit.paragraph,
        "start": hit.start,
        "end": hit.end,
        "score": hit.score,
    }
