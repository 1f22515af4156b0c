"""Read a question file, a SQuAD file or a BEIR folder, as far as that needs no index."""

from __future__ import annotations

from pathlib import Path

from embeddings.errors import QuestionFileError
from embeddings.evaluation.datasets.questions import Question, read_questions, select_split
from embeddings.evaluation.datasets.squad import read_squad
from embeddings.evaluation.datasets.task import Task


def has_corpus(path: Path) -> bool:
    """Return True if the questions come with the documents that answer them, as in SQuAD files and BEIR folders."""
    return path.is_dir() or path.suffix == ".json"


def read_corpus(path: Path, split: str | None) -> Task:
    """Read a SQuAD file or a BEIR folder. Raise `QuestionFileError` if it can't be read."""
    if not path.is_dir():
        return read_squad(path)
    # Imported here because it imports numpy, which no other format needs.
    from embeddings.evaluation.datasets.beir import read_beir

    return read_beir(path, split or "test")


def read_split(path: Path, split: str | None) -> tuple[Question, ...]:
    """Read the questions of a split of a question file. Raise `QuestionFileError` if they can't be read."""
    questions = read_questions(path)
    return select_split(questions, split, path) if split is not None else questions


def check_task(path: Path, split: str | None, *, with_titles: bool = False) -> None:
    """Raise `QuestionFileError` if a task can't be read, or has no titles, before an index is opened for it."""
    if has_corpus(path):
        if with_titles:
            reason = "Only the questions of a question file are about reviews with titles. Leave out --with-titles."
            raise QuestionFileError(path, None, reason)
        read_corpus(path, split)
    else:
        read_split(path, split)
