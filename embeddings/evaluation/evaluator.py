"""Asks a library every question of a task, as a member of the server would."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from embeddings.errors import QuestionError
from embeddings.evaluation.datasets.beir import read_beir
from embeddings.evaluation.datasets.questions import locate, read_questions, select_split
from embeddings.evaluation.datasets.squad import read_squad
from embeddings.evaluation.datasets.task import JudgedQuestion, Task, paragraph_of_hit
from embeddings.evaluation.datasets.trec import ScoredDocument
from embeddings.evaluation.metrics import Outcome
from embeddings.evaluation.runs import Run, fingerprint, results
from embeddings.index.build.embed import Progress
from embeddings.library import Library
from embeddings.records import SHARED, Answer, AskResult, Hit, State

DOCUMENTS = 10
"""How many documents a ranking has at least, where the corpus has so many: the deepest measure's cutoff."""

_PASSAGES = 30
"""How many passages are looked at first: a long document has several, and counts by its best."""


@dataclass(frozen=True, slots=True)
class Evaluation:
    """A task with what a library made of it: the outcomes in full, and the run that is kept of them."""

    task: Task
    outcomes: tuple[Outcome, ...]
    run: Run


@contextmanager
def open_task(
    path: Path,
    library: Library,
    *,
    split: str | None = None,
    directory: Path | None = None,
    progress: Progress | None = None,
) -> Iterator[tuple[Task, Library]]:
    """The task in a file or folder, and the library to ask.

    A question file is asked of the library itself. A SQuAD file (`.json`) and a BEIR folder bring their own corpus:
    it is indexed with the library's encoder, and asked with its thresholds and weights.

    Args:
        path: a question file, a SQuAD v2 file or a BEIR folder.
        library: an opened index.
        split: only the questions of this split; for a BEIR folder, the qrels of this name instead of `test`.
        directory: where to keep a corpus's index for the next time; None forgets it.
        progress: told how far the encoding of a corpus is.

    Raises:
        QuestionFileError: the task can't be read.
    """
    task = read_task(path, library, split)
    if not _brings_corpus(path):
        yield task, library
        return
    with TemporaryDirectory() as temporary:
        indexed = Library.of(
            task.reviews,
            directory or Path(temporary),
            library.models,
            ranking=library.ranking,
            progress=progress,
        )
        try:
            yield task, indexed
        finally:
            indexed.close()


def read_task(path: Path, library: Library, split: str | None = None) -> Task:
    """The task in a file or folder, as `open_task` takes it, without an index of its corpus.

    Raises:
        QuestionFileError: the task can't be read.
    """
    if not _brings_corpus(path):
        questions = read_questions(path)
        chosen = select_split(questions, split, path) if split is not None else questions
        seen = dict.fromkeys((SHARED, *(name for question in chosen for name in question.collections)))
        reviews = library.reviews(collections=tuple(seen))
        return Task(path.stem, reviews, locate(chosen, reviews, path), paragraph_of_hit)
    return read_beir(path, split or "test") if path.is_dir() else read_squad(path)


def evaluate(
    library: Library, task: Task, *, name: str | None = None, progress: Callable[[int], None] | None = None
) -> Evaluation:
    """Ask every question of a task.

    Args:
        library: holds the task's reviews.
        task: what to ask.
        name: the run's name; None takes the task's.
        progress: called after each question with how many are done.
    """
    # Encoder and reranker are opened by the first question otherwise, which would seem slow for it.
    library.models.encoder.encode([""])
    if library.models.reranker is not None:
        library.models.reranker.score("", [("",)])
    outcomes = []
    for done, question in enumerate(task.questions, start=1):
        outcomes.append(_asked(library, task, question))
        if progress is not None:
            progress(done)
    run = Run(
        name or task.name,
        fingerprint(task, library.models.encoder.identity, library_settings(library)),
        results(outcomes),
    )
    return Evaluation(task, tuple(outcomes), run)


def library_settings(library: Library) -> dict[str, object]:
    """Whatever of a library decides its answers, besides the reviews and the encoder."""
    return {
        "ranking": asdict(library.ranking),
        "thresholds": asdict(library.models.thresholds),
        "splitter": library.manifest.splitter,
        "vectors": library.manifest.vectors,
        "reader": asdict(library.models.reranker.identity) if library.models.reranker is not None else None,
    }


def _brings_corpus(path: Path) -> bool:
    return path.is_dir() or path.suffix == ".json"


def _asked(library: Library, task: Task, question: JudgedQuestion) -> Outcome:
    passages = _PASSAGES
    while True:
        began = time.perf_counter()
        try:
            examined = library.run(
                question.text,
                k=passages,
                review=question.review,
                context=question.context,
                collections=question.collections,
            )
        except QuestionError:
            # What nobody can answer is refused with a line that says so: nothing is quoted.
            examined = AskResult(Answer(question.text, State.UNANSWERED, 0.0, ()), ())
        seconds = time.perf_counter() - began
        ranking = _by_best_passage(examined.hits, task.document_of)
        if len(ranking) >= DOCUMENTS or len(examined.hits) < passages:
            return Outcome(question, examined.answer, examined.quotes, examined.hits[:DOCUMENTS], ranking, seconds)
        passages *= 4


def _by_best_passage(hits: Iterable[Hit], document_of: Callable[[Hit], str]) -> tuple[ScoredDocument, ...]:
    best: dict[str, float] = {}
    for hit in hits:
        best.setdefault(document_of(hit), hit.score)
    return tuple(ScoredDocument(document, score) for document, score in best.items())
