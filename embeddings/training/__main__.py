"""`python -m embeddings.training SHARED OUT` trains the reranker.

Training can take hours on two cores. It resumes from its checkpoint. SHARED has the folders `data/` and `reader-data/`.
OUT receives `checkpoint.pt`, `fp32.onnx`, `reranker.onnx` and `model-card.md`.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

import torch
import typer
from rich.console import Console
from rich.progress import Progress
from tokenizers import Tokenizer
from transformers import AutoModel

from embeddings.answering.calibration import RerankerCalibration, Thresholds
from embeddings.documents.files import REVIEWS, review_files
from embeddings.documents.parser import read_review
from embeddings.encoders.export import prepare_encoder
from embeddings.encoders.weights import find_model
from embeddings.errors import LibraryError, OutputError
from embeddings.evaluation.datasets.questions import read_questions
from embeddings.reranking.reranker import OnnxReranker, prepare_tokenizer
from embeddings.training.datasets import HELD_OUT, TRAINED_ON, mix_windows, read_set
from embeddings.training.decontaminate import ngrams_and_questions, without_overlap
from embeddings.training.export import export
from embeddings.training.held_out import Removal, held_out_task
from embeddings.training.model import RerankerModel
from embeddings.training.model_card import model_card
from embeddings.training.trainer import Recipe, featurise, fit, has_bf16
from embeddings.training.validate import evaluate_reranker, validate_windows

SHARED_ARGUMENT = Annotated[Path, typer.Argument(metavar="SHARED", help="The folder with data/ and reader-data/.")]
OUT_ARGUMENT = Annotated[
    Path, typer.Argument(metavar="OUT", help="The folder for the checkpoint, the reranker and the model card.")
]

# If int8 loses more AUROC than this on the validation windows, the first and the last layer stay in fp32.
_CHECKPOINT = "checkpoint.pt"
_RERANKER = "reranker.onnx"
_ALLOWED_LOSS = 0.01
_SENSITIVE = ("layer.0", "layer.5")
# All rerankers answer the same held-out questions, whatever their seed, so that they can be compared.
_HELD_OUT_SEED = 1
_console = Console(stderr=True)


def train(
    shared: SHARED_ARGUMENT,
    out: OUT_ARGUMENT,
    seed: Annotated[int, typer.Option(help="The seed of the weights, the windows and their order.")] = 1,
    questions: Annotated[int, typer.Option(help="The number of questions of each held-out set.")] = 900,
    threads: Annotated[int, typer.Option(help="The number of threads for training.")] = 2,
    bf16: Annotated[
        bool | None,
        typer.Option("--bf16/--fp32", help="The type of matrix products. Default: bf16 if the processor has it."),
    ] = None,
    data: Annotated[
        Path, typer.Option(help="The folder with reviews and questions that must not be in the training data.")
    ] = Path("data"),
) -> None:
    """Train a reranker, export it, evaluate it and write its model card."""
    try:
        _train(shared, out, Recipe(seed=seed, bf16=has_bf16() if bf16 is None else bf16), questions, threads, data)
    except LibraryError as error:
        _console.print(str(error), highlight=False, soft_wrap=True)
        raise typer.Exit(1) from error


def _train(shared: Path, out: Path, recipe: Recipe, questions: int, threads: int, data: Path) -> None:
    found = {path.name for path in out.iterdir()} if out.is_dir() else set()
    if found and not found & {_CHECKPOINT, _RERANKER}:
        raise OutputError(f"{out}: This folder has other files than those of a training. Name an empty or new folder.")
    out.mkdir(parents=True, exist_ok=True)
    held_out = [read_set(name, shared) for name in HELD_OUT]
    reviews = [read_review(file).text for file in review_files(data / REVIEWS)]
    own = [question.text for file in sorted((data / "questions").glob("*.jsonl")) for question in read_questions(file)]
    ngrams, asked = ngrams_and_questions(held_out, reviews, own)
    sets, overlaps = [], []
    for name in TRAINED_ON:
        question_set, overlap = without_overlap(read_set(name, shared), ngrams, asked)
        sets.append(question_set)
        overlaps.append(overlap)
    training, validation = mix_windows(sets, recipe.seed)
    windows = [window for _, window in training]

    source = find_model(None)
    tokenizer = prepare_tokenizer(Tokenizer.from_file(str(next(source.folder.rglob("tokenizer.json")))))
    torch.set_num_threads(threads)
    torch.manual_seed(recipe.seed)
    model = RerankerModel(AutoModel.from_pretrained(str(source.folder)))
    with Progress(console=_console) as bars:
        bar = bars.add_task("training", total=None)
        fit(
            model,
            [featurise(window, tokenizer) for window in windows],
            recipe,
            checkpoint=out / _CHECKPOINT,
            progress=lambda step, steps, loss: bars.update(
                bar, description=f"training, loss {loss:.3f}", completed=step, total=steps
            ),
        )

    export(model, tokenizer, out / "fp32.onnx", int8=False)
    export(model, tokenizer, out / _RERANKER)
    figures = {"fp32": validate_windows(OnnxReranker.open(out / "fp32.onnx"), validation)}
    reranker = OnnxReranker.open(out / _RERANKER)
    figures["int8"] = validate_windows(reranker, validation)
    if figures["int8"].auroc < figures["fp32"].auroc - _ALLOWED_LOSS:
        export(model, tokenizer, out / _RERANKER, wide=_SENSITIVE)
        reranker = OnnxReranker.open(out / _RERANKER)
        figures["int8, first and last layer in fp32"] = validate_windows(reranker, validation)
    final = list(figures.values())[-1]
    # The model card has no states, so any thresholds will do.
    calibration = RerankerCalibration(Thresholds(0.0, 0.0), final.middle, final.spread)
    with TemporaryDirectory() as folder:
        encoder = prepare_encoder(None, Path(folder) / "encoder", notify=_console.print)
        results = [
            evaluate_reranker(
                held_out_task(question_set, questions, _HELD_OUT_SEED, removal), encoder, reranker, calibration
            )
            for question_set in held_out
            for removal in Removal
        ]
    card = model_card(
        digest=reranker.identity.weights,
        size=(out / _RERANKER).stat().st_size,
        recipe=recipe,
        windows=Counter(name for name, _ in training),
        overlaps=overlaps,
        figures=figures,
        evaluations=results,
    )
    (out / "model-card.md").write_text(card, encoding="utf-8")
    _console.print(f"The middle is {final.middle:.2f} and the spread {final.spread:.2f}. See {out / 'model-card.md'}.")


if __name__ == "__main__":
    typer.run(train)
