"""Run a task: ask a library every question, as a member of the server would."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from embeddings.config import EVALUATION_PASSAGES
from embeddings.errors import IndexDamagedError, IndexUnreadableError, OutputError, QuestionError
from embeddings.evaluation.datasets.questions import locate_quotes
from embeddings.evaluation.datasets.reader import has_corpus, read_corpus, read_split
from embeddings.evaluation.datasets.task import JudgedQuestion, Task, paragraph_of_hit
from embeddings.evaluation.datasets.title_forms import with_title_forms
from embeddings.evaluation.datasets.trec import ScoredDocument
from embeddings.evaluation.forms import as_asked, compare_forms, forms_record
from embeddings.evaluation.metrics import Outcome
from embeddings.evaluation.reliability import reliability, reliability_record
from embeddings.evaluation.runs import Result, Run, fingerprint, result_record, results, run_record
from embeddings.evaluation.summary import (
    aurc,
    by_kind,
    by_review,
    downsampled,
    risk_coverage,
    summarise,
    summary_record,
)
from embeddings.index.build.builder import LOCK_FILE
from embeddings.index.build.options import Progress
from embeddings.index.manifest import COLLECTIONS, JOURNALS, MANIFEST_FILE
from embeddings.library import Library
from embeddings.records import SHARED, Answer, AskResult, Hit, State, hit_record, quote_record

DOCUMENTS = 10
"""The number of documents in a ranking, where the corpus has that many: the largest cutoff of the measures."""


@dataclass(frozen=True, slots=True)
class Evaluation:
    """A task with a library's outcomes in full, the run to save, and why questions failed, by their ids.

    A question that failed counts as unanswered.
    """

    task: Task
    outcomes: tuple[Outcome, ...]
    run: Run
    failures: Mapping[str, str] = field(default_factory=dict)

    @property
    def as_asked(self) -> tuple[Result, ...]:
        """The results of the questions as they were asked, without their variants."""
        return as_asked(self.run).results


@contextmanager
def open_task(
    path: Path,
    library: Library,
    *,
    split: str | None = None,
    directory: Path | None = None,
    keep_identical: bool = False,
    with_titles: bool = False,
    progress: Progress | None = None,
) -> Iterator[tuple[Task, Library]]:
    """Yield the task in a file or folder, and the library to ask.

    The questions of a question file go to the library itself. A SQuAD file (`.json`) and a BEIR folder have their own
    corpus, which is indexed with the library's encoder and searched with its thresholds and weights.

    Args:
        path: a question file, a SQuAD v2 file or a BEIR folder.
        library: an opened index.
        split: only the questions of this split; for a BEIR folder, the qrels of this name instead of `test`.
        keep_identical: whether a document that is the question itself may be in its ranking.
        with_titles: whether each question of a question file is also asked in every `TitleForm`.
        directory: where to store the index of a corpus for the next run; None deletes it afterwards.
        progress: called while a corpus is encoded.

    Raises:
        QuestionFileError: the task can't be read.
        OutputError: `directory` has other files than such an index.
    """
    task = read_task(path, library, split)
    if keep_identical:
        task = replace(task, own_documents=frozenset())
    if not has_corpus(path):
        yield with_title_forms(task) if with_titles else task, library
        return
    if directory is not None:
        _check_index_folder(directory)
    with TemporaryDirectory() as temporary:
        index = directory or Path(temporary)
        indexed = Library.of(task.reviews, index, library.models, ranking=library.ranking, progress=progress)
        with closing(indexed):
            yield task, indexed


def read_task(path: Path, library: Library, split: str | None = None) -> Task:
    """Read the task in a file or folder, as `open_task` takes it, without indexing its corpus."""
    if not has_corpus(path):
        chosen = read_split(path, split)
        collections = dict.fromkeys((SHARED, *(name for question in chosen for name in question.collections)))
        reviews = library.reviews(collections=tuple(collections))
        return Task(path.stem, reviews, locate_quotes(chosen, reviews, path), paragraph_of_hit)
    return read_corpus(path, split)


def evaluate(
    library: Library, task: Task, *, name: str | None = None, progress: Callable[[int], None] | None = None
) -> Evaluation:
    """Ask every question of a task, whose reviews the library holds, and measure the answers.

    `name` is the run's, by default the task's. `progress` is called with the number of questions done.
    """
    # The first question would open the encoder and the reranker, and would seem slow.
    library.models.encoder.encode([""])
    if library.models.reranker is not None:
        library.models.reranker.score("", [("",)])
    outcomes = []
    failures: dict[str, str] = {}
    for done, question in enumerate(task.questions, start=1):
        outcomes.append(_ask(library, task, question, failures))
        if progress is not None:
            progress(done)
    run = Run(
        name or task.name,
        fingerprint(task, library.models.encoder.identity, library_settings(library)),
        results(outcomes),
    )
    return Evaluation(task, tuple(outcomes), run, failures)


def library_settings(library: Library) -> dict[str, object]:
    """Return all settings of a library that decide its answers, besides the reviews and the encoder."""
    ranking = asdict(library.ranking)
    # Stored runs have this name.
    ranking["reader_share"] = ranking.pop("reranker_share")
    return {
        "ranking": ranking,
        "thresholds": asdict(library.models.thresholds),
        "splitter": library.manifest.splitter,
        "vectors": library.manifest.vectors,
        "reader": asdict(library.models.reranker.identity) if library.models.reranker is not None else None,
    }


def _check_index_folder(directory: Path) -> None:
    """Refuse a folder that is not the index of a corpus. Building an index removes what it doesn't know."""
    found = {path.name for path in directory.iterdir()} if directory.is_dir() else set()
    if not found <= {MANIFEST_FILE, LOCK_FILE, COLLECTIONS, JOURNALS} or (found and LOCK_FILE not in found):
        raise OutputError(f"{directory}: This folder has other files than an index. Name an empty or a new folder.")


def _ask(library: Library, task: Task, question: JudgedQuestion, failures: dict[str, str]) -> Outcome:
    # A document may have several passages, of which the best counts.
    passages = EVALUATION_PASSAGES
    while True:
        start = time.perf_counter()
        try:
            result = library.run(
                question.text,
                k=passages,
                review=question.review,
                context=question.context,
                collections=question.collections,
            )
        except QuestionError:
            # A question without words gets an error message instead of quotes.
            result = _unanswered(question)
        except (IndexDamagedError, IndexUnreadableError):
            raise
        except Exception as error:  # noqa: BLE001 - the other questions are measured, and this one is named
            failures[question.id] = next(iter(str(error).splitlines()), type(error).__name__)
            result = _unanswered(question)
        seconds = time.perf_counter() - start
        ranking = _rank_documents(result.hits, task.document_of)
        if question.id in task.own_documents:
            ranking = tuple(scored for scored in ranking if scored.document != question.id)
        if len(ranking) >= DOCUMENTS or len(result.hits) < passages:
            hits = result.hits[:DOCUMENTS]
            return Outcome(question, result.answer, result.quotes, hits, ranking, seconds, result.review_share)
        passages *= 4


def _unanswered(question: JudgedQuestion) -> AskResult:
    return AskResult(Answer(question.text, State.UNANSWERED, 0.0, ()), ())


def _rank_documents(hits: Iterable[Hit], document_of: Callable[[Hit], str]) -> tuple[ScoredDocument, ...]:
    """Rank documents, each by its best passage."""
    best: dict[str, float] = {}
    for hit in hits:
        best.setdefault(document_of(hit), hit.score)
    return tuple(ScoredDocument(document, score) for document, score in best.items())


def evaluation_record(evaluation: Evaluation) -> dict[str, object]:
    """Return the measures with their intervals, overall, by kind and by review, and every question's result."""
    results = evaluation.as_asked
    curve = risk_coverage(results)
    own = len(evaluation.task.own_documents)
    forms = compare_forms(evaluation.run)
    return {
        **({"ignored_identical_ids": own} if own else {}),
        **summary_record(summarise(results)),
        "risk_coverage": {"AURC": aurc(curve), "points": [asdict(point) for point in downsampled(curve)]},
        "reliability": reliability_record(reliability(results)),
        "seconds": seconds_record(results),
        "by_kind": {name: summary_record(summary) for name, summary in by_kind(results).items()},
        "by_review": {name: summary_record(summary) for name, summary in by_review(results).items()},
        **({"with_titles": forms_record(forms)} if forms else {}),
        **run_record(evaluation.run),
        "per_question": [
            {**result_record(result), **_outcome_record(outcome)}
            for result, outcome in zip(evaluation.run.results, evaluation.outcomes, strict=True)
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
