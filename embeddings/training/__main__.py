"""`python -m embeddings.training SHARED OUT` trains the reranker.

It takes hours of one core, and one process uses one, so that two seeds can be trained side by side. It resumes from its
checkpoint. SHARED has the folders `data/`, `reader-data/` and `shelf/`. OUT receives `windows.jsonl.gz`, `indexes/`,
`checkpoint.pt`, `fp32.onnx`, `reranker.onnx` and `model-card.md`.
"""

from __future__ import annotations

from pathlib import Path
from time import process_time
from typing import Annotated

import torch
import typer
from rich.console import Console
from tokenizers import Tokenizer

from embeddings.answering.calibration import RerankerCalibration, Thresholds
from embeddings.encoders.export import prepare_encoder
from embeddings.errors import LibraryError, OutputError
from embeddings.reranking.reranker import OnnxReranker
from embeddings.training.checkpoints import CHECKPOINT, new_model, open_checkpoints
from embeddings.training.config import LIBRARY_SHARE, MAX_PAIR_SHARE, OPINION_SHARE, TRAINING_WINDOWS
from embeddings.training.datasets import HELD_OUT, read_set
from embeddings.training.export import export
from embeddings.training.held_out import Removal, held_out_task
from embeddings.training.mixture import Mix, Windows
from embeddings.training.model import RerankerModel
from embeddings.training.model_card import model_card
from embeddings.training.preparation import ENCODER, INDEXES, WINDOWS, prepare_windows, stored_windows, training_sets
from embeddings.training.trainer import Progress, Recipe, featurise, fit, has_bf16
from embeddings.training.validate import (
    TaskEvaluation,
    WindowMetrics,
    evaluate_reranker,
    validate_questions,
    validate_windows,
)

SHARED_ARGUMENT = Annotated[Path, typer.Argument(metavar="SHARED", help="The folder with data/ and reader-data/.")]
OUT_ARGUMENT = Annotated[
    Path, typer.Argument(metavar="OUT", help="The folder for the checkpoint, the reranker and the model card.")
]

# If int8 loses more AUROC than this on the validation windows, the first and the last layer stay in fp32.
_ALLOWED_LOSS = 0.01
_SENSITIVE = ("layer.0", "layer.5")
_RERANKER = "reranker.onnx"
# All rerankers answer the same held-out questions, whatever their seed, so that they can be compared.
_HELD_OUT_SEED = 1
_console = Console(stderr=True)


def train(
    shared: SHARED_ARGUMENT,
    out: OUT_ARGUMENT,
    windows: Annotated[int, typer.Option(help="The number of training windows.")] = TRAINING_WINDOWS,
    library: Annotated[float, typer.Option(help="The share cut as the library cuts them.")] = LIBRARY_SHARE,
    opinions: Annotated[float, typer.Option(help="The share of the sets of opinions.")] = OPINION_SHARE,
    pairs: Annotated[
        float, typer.Option(help=f"The share that also has a perturbed question, at most {MAX_PAIR_SHARE:g}.")
    ] = MAX_PAIR_SHARE,
    windows_seed: Annotated[int, typer.Option(help="The seed of the windows.")] = 1,
    windows_from: Annotated[
        Path | None, typer.Option(help="The folder of a training with the windows to use, if it isn't OUT.")
    ] = None,
    mean_of: Annotated[
        list[Path] | None,
        typer.Option(
            help="The folder of a training. Of several, the mean of the weights is taken; nothing is trained."
        ),
    ] = None,
    prepare_only: Annotated[bool, typer.Option("--prepare-only", help="Make the windows, and stop.")] = False,
    seed: Annotated[int, typer.Option(help="The seed of their order.")] = 1,
    questions: Annotated[
        int, typer.Option(help="The number of questions of each held-out set in the model card; 0 writes no card.")
    ] = 0,
    threads: Annotated[int, typer.Option(help="The number of threads.")] = 1,
    bf16: Annotated[
        bool | None,
        typer.Option("--bf16/--fp32", help="The type of matrix products. Default: bf16 if the processor has it."),
    ] = None,
    data: Annotated[
        Path, typer.Option(help="The folder with reviews and questions that must not be in the training data.")
    ] = Path("data"),
) -> None:
    """Train a reranker, export it, and evaluate it on the validation windows."""
    try:
        mix = Mix(windows, library, opinions, pairs, windows_seed)
        _make_folder(out)
        if windows_from is not None:
            prepared = stored_windows(windows_from, mix)
        else:
            prepared = prepare_windows(shared, out, mix, data, _console.print)
        if prepare_only:
            return
        torch.set_num_threads(threads)
        recipe = Recipe(seed=seed, bf16=has_bf16() if bf16 is None else bf16)
        if mean_of:
            model, tokenizer = open_checkpoints([folder / CHECKPOINT for folder in mean_of])
        else:
            model, tokenizer = _train(prepared, recipe, out)
        reranker, figures = _export(model, tokenizer, out, prepared)
        for name, metrics in figures.items():
            line = f"{name}: AUROC {metrics.auroc:.3f}, right sentence first {metrics.first:.3f}"
            _console.print(line, highlight=False)
        if questions:
            card = model_card(
                digest=reranker.identity.weights,
                size=(out / _RERANKER).stat().st_size,
                recipe=recipe,
                mean_of=[folder.name for folder in mean_of or ()],
                mix=mix,
                windows=prepared.counts(),
                overlaps=training_sets(shared, data)[1],
                figures=figures,
                evaluations=_evaluate(reranker, list(figures.values())[-1], shared, out, questions),
            )
            (out / "model-card.md").write_text(card, encoding="utf-8")
            _console.print(f"See {out / 'model-card.md'}.")
    except LibraryError as error:
        _console.print(str(error), highlight=False, soft_wrap=True)
        raise typer.Exit(1) from error


def _make_folder(out: Path) -> None:
    found = {path.name for path in out.iterdir()} if out.is_dir() else set()
    if found and not found & {CHECKPOINT, _RERANKER, WINDOWS, INDEXES, ENCODER}:
        raise OutputError(f"{out}: This folder has other files than those of a training. Name an empty or new folder.")
    out.mkdir(parents=True, exist_ok=True)


def _train(prepared: Windows, recipe: Recipe, out: Path) -> tuple[RerankerModel, Tokenizer]:
    """Train a reranker, or continue, and return it with its tokenizer."""
    model, tokenizer = new_model(recipe.heads)
    fit(
        model,
        [featurise(window, tokenizer) for _, window in prepared.training],
        recipe,
        checkpoint=out / CHECKPOINT,
        progress=_reporter(recipe),
    )
    return model, tokenizer


def _evaluate(
    reranker: OnnxReranker, metrics: WindowMetrics, shared: Path, out: Path, questions: int
) -> list[TaskEvaluation]:
    """Evaluate a reranker on the held-out sets, with so many questions of each task."""
    # The model card has no states, so any thresholds will do.
    calibration = RerankerCalibration(Thresholds(0.0, 0.0), metrics.middle, metrics.spread)
    encoder = prepare_encoder(None, out / ENCODER, notify=_console.print)
    return [
        evaluate_reranker(
            held_out_task(read_set(name, shared), questions, _HELD_OUT_SEED, removal), encoder, reranker, calibration
        )
        for name in HELD_OUT
        for removal in Removal
    ]


def _reporter(recipe: Recipe) -> Progress:
    """Return what prints how far a training is."""
    before: tuple[int, float] | None = None

    def report(step: int, steps: int, loss: float) -> None:
        nonlocal before
        now = process_time()
        line = f"step {step} of {steps}: loss {loss:.3f}"
        # The first steps may have been done before.
        if before is not None:
            each = (now - before[1]) / (step - before[0])
            left = (steps - step) * each / 60
            line += f", {recipe.batch / each:.1f} windows a second, {left:.0f} minutes of processor time left"
        before = step, now
        _console.print(line, highlight=False, soft_wrap=True)

    return report


def _export(
    model: RerankerModel, tokenizer: Tokenizer, out: Path, prepared: Windows
) -> tuple[OnnxReranker, dict[str, WindowMetrics]]:
    """Write the files of a reranker; return the small one, and the metrics of both, the last on whole questions."""
    export(model, tokenizer, out / "fp32.onnx", int8=False)
    export(model, tokenizer, out / _RERANKER)
    figures = {"fp32": validate_windows(OnnxReranker.open(out / "fp32.onnx"), prepared.validation)}
    reranker = OnnxReranker.open(out / _RERANKER)
    figures["int8"] = validate_windows(reranker, prepared.validation)
    if figures["int8"].auroc < figures["fp32"].auroc - _ALLOWED_LOSS:
        export(model, tokenizer, out / _RERANKER, wide=_SENSITIVE)
        reranker = OnnxReranker.open(out / _RERANKER)
        figures["int8, first and last layer in fp32"] = validate_windows(reranker, prepared.validation)
    if prepared.asked:
        figures["the same, questions asked of reviews"] = validate_questions(reranker, prepared.asked)
    return reranker, figures


if __name__ == "__main__":
    typer.run(train)
