"""Prepare the windows of a training: read the sets, remove what overlaps, mix, and keep the result in a file."""

from __future__ import annotations

from pathlib import Path
from time import process_time

from embeddings.documents.files import REVIEWS, review_files
from embeddings.documents.parser import read_review
from embeddings.encoders.export import prepare_encoder
from embeddings.evaluation.datasets.questions import read_questions
from embeddings.training.datasets import HELD_OUT, TRAINED_ON, read_set
from embeddings.training.decontaminate import Overlap, ngrams_and_questions, without_overlap
from embeddings.training.examples import QuestionSet
from embeddings.training.mixture import Mix, Report, Windows, mix_windows
from embeddings.training.windows_file import WindowsFileError, load_windows, save_windows

WINDOWS = "windows.jsonl.gz"
"""The file of the windows in the folder of a training."""

INDEXES = "indexes"
"""The folder of the indexes that windows are cut from."""

ENCODER = "encoder"
"""The folder of the encoder that ranks their sentences."""

SHELF = Path("shelf") / "dickens"
"""The reviews, in the shared folder, that `SHELF_QUESTIONS` are about."""

SHELF_QUESTIONS = tuple(Path(__file__).with_name(name) for name in ("dickens.jsonl", "dickens-shelf.jsonl"))
"""The files of questions about the shelf."""


def training_sets(shared: Path, data: Path) -> tuple[list[QuestionSet], list[Overlap]]:
    """Return the training sets without what overlaps with the evaluation data, and how much that was.

    Args:
        shared: the folder with `data/`, `reader-data/` and, if it is there, `shelf/`.
        data: the data folder with the reviews and questions of the project.

    Raises:
        TrainingDataError: a set can't be read.
    """
    held_out = [read_set(name, shared) for name in HELD_OUT]
    folders = [folder for folder in (data / REVIEWS, shared / SHELF) if folder.is_dir()]
    reviews = [read_review(file).text for folder in folders for file in review_files(folder)]
    files = *sorted((data / "questions").glob("*.jsonl")), *SHELF_QUESTIONS
    own = [question.text for file in files for question in read_questions(file)]
    ngrams, asked = ngrams_and_questions(held_out, reviews, own)
    kept = [without_overlap(read_set(name, shared), ngrams, asked) for name in TRAINED_ON]
    return [question_set for question_set, _ in kept], [overlap for _, overlap in kept]


def prepare_windows(shared: Path, out: Path, mix: Mix, data: Path, report: Report) -> Windows:
    """Return the windows of a training, from its folder if they are there, else made and stored there.

    `report` is called with lines about what is made. The other arguments and the errors are those of `training_sets`
    and `windows_file.load_windows`.
    """
    stored = load_windows(out / WINDOWS, mix)
    if stored is not None:
        return stored
    started = process_time()
    sets, _ = training_sets(shared, data)
    encoder = prepare_encoder(None, out / ENCODER, notify=report)
    windows = mix_windows(sets, mix, encoder, out / INDEXES, report)
    save_windows(windows, mix, out / WINDOWS)
    pairs = sum(window.perturbed is not None for _, window in windows.training)
    answering = sum(bool(window.gold) for _, window in windows.training)
    report(
        f"{len(windows.training)} windows in {process_time() - started:.0f} s of processor time: {answering} answer, "
        f"{pairs} have a perturbed question"
    )
    return windows


def stored_windows(folder: Path, mix: Mix) -> Windows:
    """Return the windows in the folder of another training.

    Raises:
        WindowsFileError: the folder has none of this mix, or they can't be read.
    """
    stored = load_windows(folder / WINDOWS, mix)
    if stored is None:
        raise WindowsFileError(
            f"{folder / WINDOWS}: There are no windows of this mixture. "
            "Make them with --prepare-only and the same options."
        )
    return stored
