"""Sweep: evaluate named variants of encoder, passage size, weights and reranker on question files.

A sweep file is TOML. Each table is a variant with its name; a key that it doesn't set keeps the library's value:

    questions = ["data/questions/never-let-me-go.jsonl"]

    [variants.default]

    [variants.bm25]
    ranking = "bm25"

    [variants.more-lexical]
    ranking = { passage_lexical = 0.4, sentence_lexical = 0.3 }

    [variants.no-reranker]
    reranker = "none"

    [variants.more-of-the-reranker]
    ranking = { reranker_share = 0.5 }

    [variants.short-passages]
    passage_tokens = 128

    [variants.another-model]
    model = "models/my-encoder"
    thresholds = { answered = 0.5, nearest = 0.4 }

A ranking is `default`, `dense` or `bm25`, or a table of the weights that differ from the default. A reranker is
`shipped`, `none`, or the name or folder of a CrossEncoder; `reader` is an older name of the key. Paths are relative to
the working directory. The run of each variant on each question file is stored in a folder and reused as long as
nothing changes.
"""

from __future__ import annotations

import dataclasses
import hashlib
import tomllib
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from embeddings.answering.calibration import UNCALIBRATED, Calibration, Thresholds
from embeddings.config import SWEEP_MIN_TOKENS, RankingSettings, named_ranking
from embeddings.encoders.base import Encoder, EncoderIdentity
from embeddings.encoders.export import prepare_encoder
from embeddings.encoders.stored import DESCRIPTION
from embeddings.encoders.weights import find_model
from embeddings.errors import LibraryError, ModelError, OutputError, QuestionFileError, RerankerError
from embeddings.evaluation.evaluator import evaluate, library_settings, open_task, read_task
from embeddings.evaluation.runs import Run, fingerprint, load_run, save_run
from embeddings.library import Library
from embeddings.records import NO_RERANKER
from embeddings.reranking.rerank import open_reranker
from embeddings.reranking.reranker import Reranker

_MODELS = "models"
_VARIANT_KEYS = {"model", "passage_tokens", "ranking", "reader", "reranker", "thresholds"}


class VariantError(LibraryError):
    """The model or the reranker of a variant can't be used: correct the sweep file, or install the model."""

    def __init__(self, variant: str, reason: object) -> None:
        super().__init__(f"The variant {variant!r} can't be evaluated. {reason}")


class SweepFileError(LibraryError):
    """A sweep file can't be used: correct it."""

    def __init__(self, file: Path, reason: str) -> None:
        super().__init__(f"{file}: {reason}")


@dataclass(frozen=True, slots=True)
class Variant:
    """A configuration to evaluate; `name` is unique among the variants."""

    name: str
    ranking: RankingSettings
    model: str | None = None  # the name or path of another encoder; None keeps the library's
    passage_tokens: int | None = None  # the largest number of tokens in a passage; None takes the encoder's limit
    thresholds: Thresholds | None = None  # between the states; None takes the library's, or a guess for another encoder
    reranker: str | None = None  # as `Library.open` takes it; None keeps the library's


@dataclass(frozen=True, slots=True)
class Sweep:
    """The variants to evaluate and their question files."""

    questions: tuple[Path, ...]
    variants: tuple[Variant, ...]


class LimitedEncoder:
    """An encoder with a lower token limit, so that passages are shorter."""

    def __init__(self, encoder: Encoder, tokens: int) -> None:
        self._encoder = encoder
        self._tokens = tokens

    @property
    def identity(self) -> EncoderIdentity:
        """Return the encoder's identity with the lower limit."""
        return dataclasses.replace(self._encoder.identity, max_tokens=self._tokens)

    def encode(self, texts: Sequence[str], progress: Callable[[int], None] | None = None) -> NDArray[np.float32]:
        """Return the encoder's vectors."""
        return self._encoder.encode(texts, progress)

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Return the encoder's token counts."""
        return self._encoder.count_tokens(texts)


@dataclass(frozen=True, slots=True)
class SweepRun:
    """The run of a variant on a question file; `reused` if an earlier sweep made it. `failures` as in `Evaluation`."""

    variant: str
    questions: Path
    run: Run
    reused: bool
    failures: Mapping[str, str] = dataclasses.field(default_factory=dict)


def read_sweep(file: Path) -> Sweep:
    """Read a sweep file.

    Raises:
        SweepFileError: the file can't be read, or has an unknown key or value.
    """
    try:
        content = tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise SweepFileError(file, f"The file can't be read ({error.strerror}). Check its path.") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise SweepFileError(file, f"The file is not TOML ({error}). Correct it.") from error
    questions, variants = content.get("questions"), content.get("variants")
    if not (isinstance(questions, list) and questions and all(isinstance(path, str) for path in questions)):
        raise SweepFileError(file, '"questions" must be a list of question files.')
    if not (isinstance(variants, dict) and variants):
        raise SweepFileError(file, "The file has no variants. Write a table [variants.NAME] for each.")
    return Sweep(
        questions=tuple(Path(path) for path in questions),
        variants=tuple(_variant(file, name, table) for name, table in variants.items()),
    )


def run_sweep(
    sweep: Sweep,
    library: Library,
    folder: Path,
    *,
    split: str | None = None,
    notify: Callable[[str], None],
    progress: Callable[[str, int, int], None] | None = None,
) -> Generator[SweepRun, None, None]:
    """Evaluate every variant on every question file, and yield each run when it is done.

    Args:
        sweep: the variants and the question files.
        library: holds the reviews and the configuration that the variants change.
        folder: where to store the runs, and the indexes of other encoders and corpora.
        split: only the questions of this split.
        notify: receives a line about a model that the user should know.
        progress: receives the variant, the number of questions done, and the number of all.

    Raises:
        QuestionFileError: a question file can't be used; nothing was evaluated.
        VariantError: a variant's model or reranker can't be found, and nothing was evaluated; or it can't be loaded.
        OutputError: the folder has other files where a variant's model or run is stored.
    """
    # Report what is missing before the first of many questions.
    for path in sweep.questions:
        read_task(path, library, split)
    rerankers = _rerankers(sweep.variants, library)
    for variant in sweep.variants:
        _check_model(variant)
        _check_model_folder(folder / _MODELS / variant.name)
    folder.mkdir(parents=True, exist_ok=True)
    for variant in sweep.variants:
        with _configured_library(variant, library, rerankers[variant.reranker], folder, notify) as configured:
            for path in sweep.questions:
                yield _run_variant(variant, configured, path, folder, split, progress)


def _rerankers(variants: Sequence[Variant], library: Library) -> Mapping[str | None, Reranker | None]:
    """Open the rerankers of the variants, each once."""
    rerankers: dict[str | None, Reranker | None] = {None: library.models.reranker}
    for variant in variants:
        if variant.reranker is not None and variant.reranker not in rerankers:
            try:
                rerankers[variant.reranker] = open_reranker(variant.reranker)
            except RerankerError as error:
                raise VariantError(variant.name, error) from error
    return rerankers


def _check_model(variant: Variant) -> None:
    try:
        if variant.model is not None:
            find_model(variant.model, allow_download=None)
    except ModelError as error:
        raise VariantError(variant.name, error) from error


def _check_model_folder(directory: Path) -> None:
    """Refuse a folder of the user's own, such as the model itself: exporting a model replaces the folder."""
    if directory.is_dir() and any(directory.iterdir()) and not (directory / DESCRIPTION).exists():
        raise OutputError(f"{directory}: This folder was not written by a sweep. Name another folder with --runs.")


def _run_variant(
    variant: Variant,
    library: Library,
    path: Path,
    folder: Path,
    split: str | None,
    progress: Callable[[str, int, int], None] | None,
) -> SweepRun:
    file = folder / f"{variant.name}.{path.stem}.{_digest(variant.name, str(path))}.json"
    corpus = _index(folder, library.models.encoder, f"{path.stem}.{_digest(str(path))}")
    with open_task(path, library, split=split, directory=corpus) as (task, searched):
        current = fingerprint(task, searched.models.encoder.identity, library_settings(searched))
        stored = _stored_run(file)
        if stored is not None and stored.fingerprint == current:
            return SweepRun(variant.name, path, stored, reused=True)
        count = len(task.questions)

        def report(done: int) -> None:
            if progress is not None:
                progress(variant.name, done, count)

        evaluation = evaluate(searched, task, name=variant.name, progress=report)
    # A run in which questions failed is not stored, so the next sweep asks them again.
    if not evaluation.failures:
        save_run(evaluation.run, file, force=True)
    return SweepRun(variant.name, path, evaluation.run, reused=False, failures=evaluation.failures)


def _digest(*parts: str) -> str:
    """Return a suffix that makes file names unique for files of the same name in two folders."""
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:8]


@contextmanager
def _configured_library(
    variant: Variant, library: Library, reranker: Reranker | None, folder: Path, notify: Callable[[str], None]
) -> Iterator[Library]:
    """Open the library's reviews with a variant's configuration."""
    models = library.models.replaced(reranker=reranker or NO_RERANKER, thresholds=variant.thresholds)
    encoder = models.encoder
    if variant.model is not None:
        try:
            encoder = prepare_encoder(variant.model, folder / _MODELS / variant.name, notify=notify)
        except ModelError as error:
            raise VariantError(variant.name, error) from error
        models = models.replaced(calibration=Calibration(UNCALIBRATED))
    if variant.passage_tokens is not None:
        encoder = LimitedEncoder(encoder, min(variant.passage_tokens, encoder.identity.max_tokens))
    if encoder is library.models.encoder:
        configured = library.reopened(models=models, ranking=variant.ranking)
    else:
        directory = _index(folder, encoder, "reviews")
        configured = Library.of(library.reviews(), directory, models.replaced(encoder=encoder), ranking=variant.ranking)
    with closing(configured):
        yield configured


def _index(folder: Path, encoder: Encoder, corpus: str) -> Path:
    """Return the folder for the index of a corpus: one for each encoder and passage size."""
    return folder / "indexes" / f"{encoder.identity.weights[:16]}-{encoder.identity.max_tokens}" / corpus


def _stored_run(file: Path) -> Run | None:
    try:
        return load_run(file)
    except QuestionFileError:
        # The run is missing or incomplete, so it is made again.
        return None


def _variant(file: Path, name: str, table: object) -> Variant:
    def error(reason: object) -> SweepFileError:
        return SweepFileError(file, f"[variants.{name}] {reason}")

    if not isinstance(table, dict):
        raise error("must be a table.")
    if not name.strip() or "/" in name or name.startswith(".") or not name.isprintable():
        reason = "printable, not empty, without a slash, and without a dot at the start."
        raise SweepFileError(file, f"The variant {name!r} needs a name that can be a file name: {reason}")
    unknown = sorted(table.keys() - _VARIANT_KEYS)
    if unknown:
        raise error(f"has the key {unknown[0]!r}. The keys are: {', '.join(sorted(_VARIANT_KEYS))}.")
    model, tokens, thresholds = (table.get(key) for key in ("model", "passage_tokens", "thresholds"))
    if not (model is None or isinstance(model, str)):
        raise error("model must be a name or a path.")
    if not (tokens is None or (isinstance(tokens, int) and tokens >= SWEEP_MIN_TOKENS)):
        raise error(f"passage_tokens must be a whole number, {SWEEP_MIN_TOKENS} or more.")
    reranker = table.get("reranker", table.get("reader"))
    if not (reranker is None or (isinstance(reranker, str) and reranker)):
        raise error("reranker must be shipped, none, a name or a path.")
    try:
        return Variant(
            name=name,
            ranking=_ranking(table.get("ranking", {})),
            model=model,
            passage_tokens=tokens,
            thresholds=_thresholds(thresholds) if thresholds is not None else None,
            reranker=reranker,
        )
    except ValueError as wrong:
        raise error(wrong) from wrong


def _ranking(wanted: object) -> RankingSettings:
    if isinstance(wanted, dict) and "reader_share" in wanted:
        # The name in sweep files of earlier versions.
        wanted = {"reranker_share" if key == "reader_share" else key: value for key, value in wanted.items()}
    numbers = {} if isinstance(wanted, str) else _numbers("ranking", wanted, RankingSettings)
    try:
        return named_ranking(wanted) if isinstance(wanted, str) else RankingSettings(**numbers)
    except ValueError as error:
        raise ValueError(f"ranking: {error}") from error


def _thresholds(wanted: object) -> Thresholds:
    numbers = _numbers("thresholds", wanted, Thresholds)
    if not 0 <= numbers["nearest"] <= numbers["answered"] <= 1:
        raise ValueError("thresholds must satisfy 0 <= nearest <= answered <= 1.")
    return Thresholds(**numbers)


def _numbers(key: str, values: object, of: type) -> dict[str, Any]:
    """Return a table of numbers if they are the fields of a dataclass. The message of a ValueError names the key."""
    if not isinstance(values, dict):
        raise ValueError(f"{key} must be a table.")
    fields: Mapping[str, dataclasses.Field[object]] = {field.name: field for field in dataclasses.fields(of)}
    for field, value in values.items():
        if field not in fields:
            raise ValueError(f"{key} has the key {field!r}. The keys are: {', '.join(fields)}.")
        whole = fields[field].type == "int"
        if isinstance(value, bool) or not isinstance(value, int if whole else int | float):
            raise ValueError(f"{key}.{field} must be {'a whole number' if whole else 'a number'}.")
    missing = [name for name, field in fields.items() if field.default is dataclasses.MISSING and name not in values]
    if missing:
        raise ValueError(f"{key} also needs {', '.join(missing)}.")
    return values
