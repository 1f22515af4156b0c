"""`python -m embeddings.training SHARED OUT` trains the reranker: hours on two cores, and it goes on where it stopped.

SHARED holds `data/` and `reader-data/`. OUT is given `checkpoint.pt`, `fp32.onnx`, `reranker.onnx` and `model-card.md`.
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
from embeddings.errors import LibraryError
from embeddings.evaluation.datasets.questions import read_questions
from embeddings.reranking.reranker import OnnxReranker, prepare_tokenizer
from embeddings.training.batches import featurise
from embeddings.training.datasets import LEFT_OUT, TRAINED_ON, mixed, read_set
from embeddings.training.decontaminate import find_overlap, judged, without_overlap
from embeddings.training.export import export
from embeddings.training.held_out import Taken, held_out_task
from embeddings.training.model import RerankerModel
from embeddings.training.model_card import model_card
from embeddings.training.trainer import Recipe, fit, has_bf16
from embeddings.training.validate import evaluate_reranker, validate_windows

SHARED_ARGUMENT = Annotated[Path, typer.Argument(metavar="SHARED", help="Holds data/ and reader-data/.")]
OUT_ARGUMENT = Annotated[Path, typer.Argument(metavar="OUT", help="Where checkpoint, reranker and model card go.")]

_ALLOWED_LOSS = 0.01
_SENSITIVE = ("layer.0", "layer.5")
# Every reranker is asked the same questions, whatever its seed, so that two can be compared.
_DRAW = 1
_console = Console(stderr=True)


def train(
    shared: SHARED_ARGUMENT,
    out: OUT_ARGUMENT,
    seed: Annotated[int, typer.Option(help="Of the weights, the windows and their order.")] = 1,
    questions: Annotated[int, typer.Option(help="How many questions of each set that is left out are asked.")] = 900,
    threads: Annotated[int, typer.Option(help="How many threads train.")] = 2,
    bf16: Annotated[
        bool | None,
        typer.Option("--bf16/--fp32", help="Products of matrices; by default bf16 where the processor has it."),
    ] = None,
    data: Annotated[Path, typer.Option(help="Reviews and questions that must not be trained on.")] = Path("data"),
) -> None:
    """Train a reranker, export it, judge it and write its model card."""
    try:
        _train(shared, out, Recipe(seed=seed, bf16=has_bf16() if bf16 is None else bf16), questions, threads, data)
    except LibraryError as error:
        _console.print(str(error), highlight=False, soft_wrap=True)
        raise typer.Exit(1) from error


def _train(shared: Path, out: Path, recipe: Recipe, questions: int, threads: int, data: Path) -> None:
    out.mkdir(parents=True, exist_ok=True)
    left_out = [read_set(name, shared) for name in LEFT_OUT]
    reviews = [read_review(file).text for file in review_files(data / REVIEWS)]
    own = [question.text for file in sorted((data / "questions").glob("*.jsonl")) for question in read_questions(file)]
    seen, asked = judged(left_out, reviews, own)
    sets, overlaps = [], []
    for name in TRAINED_ON:
        given = read_set(name, shared)
        overlaps.append(find_overlap(given, seen, asked))
        sets.append(without_overlap(given, overlaps[-1], asked))
    learned, back = mixed(sets, recipe.seed)
    windows = [window for _, window in learned]

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
            checkpoint=out / "checkpoint.pt",
            progress=lambda step, steps, loss: bars.update(
                bar, description=f"training, loss {loss:.3f}", completed=step, total=steps
            ),
        )

    export(model, tokenizer, out / "fp32.onnx", int8=False)
    export(model, tokenizer, out / "reranker.onnx")
    figures = {"fp32": validate_windows(OnnxReranker.open(out / "fp32.onnx"), back)}
    reranker = OnnxReranker.open(out / "reranker.onnx")
    figures["int8"] = validate_windows(reranker, back)
    if figures["int8"].auroc < figures["fp32"].auroc - _ALLOWED_LOSS:
        export(model, tokenizer, out / "reranker.onnx", wide=_SENSITIVE)
        reranker = OnnxReranker.open(out / "reranker.onnx")
        figures["int8, the first and last layer wider"] = validate_windows(reranker, back)
    final = list(figures.values())[-1]
    # The states play no part in what is judged here.
    calibration = RerankerCalibration(Thresholds(0.0, 0.0), final.middle, final.spread)
    with TemporaryDirectory() as folder:
        encoder = prepare_encoder(None, Path(folder) / "encoder", notify=_console.print)
        results = [
            evaluate_reranker(held_out_task(given, questions, _DRAW, taken=taken), encoder, reranker, calibration)
            for given in left_out
            for taken in Taken
        ]
    card = model_card(
        digest=reranker.identity.weights,
        size=(out / "reranker.onnx").stat().st_size,
        recipe=recipe,
        windows=Counter(name for name, _ in learned),
        overlaps=overlaps,
        figures=figures,
        judged=results,
    )
    (out / "model-card.md").write_text(card, encoding="utf-8")
    _console.print(f"middle {final.middle:.2f}, spread {final.spread:.2f}; see {out / 'model-card.md'}")


if __name__ == "__main__":
    typer.run(train)
