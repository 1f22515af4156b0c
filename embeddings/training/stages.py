"""How the shipped reader is made: two that are trained apart, on other windows, and one that learns from both."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import torch
from tokenizers import Tokenizer
from transformers import AutoModel

from embeddings.encoding import Encoder
from embeddings.reader import RuntimeReader, prepare_tokenizer
from embeddings.training.batches import featurise
from embeddings.training.closest import closest_windows
from embeddings.training.distilling import score_loss, with_scores
from embeddings.training.examples import QuestionSet
from embeddings.training.exporting import export
from embeddings.training.fitting import Recipe, fit
from embeddings.training.mixture import mixed
from embeddings.training.model import ReaderModel
from embeddings.training.windows import Window
from embeddings.weights import find_model

STAGES = ("first", "second", "last")

DISTILLED_CLOSEST = 16_000
DISTILLED_MIXED = 8_000
"""On how many windows of each sort the last reader learns from the two before."""

DISTILLING_RATE = 6e-5
DISTILLING_HEAD_RATE = 3e-4
"""The highest learning rates of that: it goes on from a reader that is good already."""

Named = Sequence[tuple[str, Window]]
"""Windows, each with the name of its set."""

Progress = Callable[[str, int, int, float], None]
"""Called with the stage, its steps that are done, its steps in all, and the mean loss of late."""


@dataclass(frozen=True, slots=True)
class Lessons:
    """What is learned from.

    Attributes:
        first: the first reader's windows: the mixture.
        second: the second's: the mixture anew, and windows as the library cuts them.
        both: windows for which the last learns the mean of both's scores.
        back: of documents that none of them sees.
    """

    first: Named
    second: Named
    both: Named
    back: Sequence[Window]


def lessons(sets: Sequence[QuestionSet], encoder: Encoder, seed: int) -> Lessons:
    """The windows of all stages; the same for a seed."""
    first, back = mixed(sets, seed)
    closest = closest_windows(sets, encoder, seed + 1)
    second = [*mixed(sets, seed + 1)[0], *closest]
    random.Random(seed + 1).shuffle(second)
    chance = random.Random(seed + 2)
    anew = mixed(sets, seed + 2)[0]
    both = [
        *chance.sample(closest, min(DISTILLED_CLOSEST, len(closest))),
        *chance.sample(anew, min(DISTILLED_MIXED, len(anew))),
    ]
    return Lessons(first, second, both, back)


def train(given: Lessons, recipe: Recipe, out: Path, progress: Progress) -> tuple[ReaderModel, Tokenizer]:
    """Train the three, each from its checkpoint in `out` where it was stopped; return the last.

    Args:
        given: what they learn from.
        recipe: of the first; the second has the next seed, the last lower rates.
        out: where checkpoints, and the first two as ONNX files, go.
        progress: told how far it is.
    """
    source = find_model(None)
    tokenizer = prepare_tokenizer(Tokenizer.from_file(str(next(source.folder.rglob("tokenizer.json")))))

    def fitted(stage: str, windows: Named, its: Recipe) -> ReaderModel:
        torch.manual_seed(its.seed)
        model = ReaderModel(AutoModel.from_pretrained(str(source.folder)))
        features = [featurise(window, tokenizer) for _, window in windows]
        fit(model, features, its, checkpoint=out / f"{stage}.pt", progress=partial(progress, stage))
        export(model, tokenizer, out / f"{stage}.onnx")
        return model

    first = fitted("first", given.first, recipe)
    fitted("second", given.second, replace(recipe, seed=recipe.seed + 1))
    teachers = [RuntimeReader.open(out / f"{stage}.onnx") for stage in ("first", "second")]
    windows = [window for _, window in given.both]
    fit(
        first,
        with_scores([featurise(window, tokenizer) for window in windows], windows, teachers),
        replace(recipe, rate=DISTILLING_RATE, head_rate=DISTILLING_HEAD_RATE),
        loss=score_loss,
        checkpoint=out / "last.pt",
        progress=partial(progress, "last"),
    )
    return first, tokenizer
