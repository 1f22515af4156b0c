"""Named variants of model, splitting, weights and reranker over question files: the way to a better configuration.

A sweep file is TOML. Each table is a variant under its name; what it doesn't say stays as the library has it:

    questions = ["data/questions/never-let-me-go.jsonl"]

    [variants.default]

    [variants.bm25]
    ranking = "bm25"

    [variants.more-lexical]
    ranking = { passage_lexical = 0.4, sentence_lexical = 0.3 }

    [variants.no-reranker]
    reranker = "none"

    [variants.more-of-the-reranker]
    ranking = { reader_share = 0.5 }

    [variants.short-passages]
    passage_tokens = 128

    [variants.another-model]
    model = "models/my-encoder"
    thresholds = { answered = 0.5, nearest = 0.4 }

A ranking is `default`, `dense` or `bm25`, or a table of the weights that differ from the default's; a reranker is
`shipped`, `none`, or a CrossEncoder's name or folder. Paths are relative to the working directory. Each variant's
run over each question file is kept in a folder; a run that stands there already, made of the same things, is not
made again.
"""

from __future__ import annotations

import dataclasses
import hashlib
import tomllib
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from embeddings.answering.calibration import UNCALIBRATED, Calibration, Thresholds
from embeddings.config import RankingSettings
from embeddings.encoders.base import Encoder, EncoderIdentity
from embeddings.encoders.export import prepare_encoder
from embeddings.encoders.weights import DEFAULT_MODEL, find_model
from embeddings.errors import LibraryError, ModelError, QuestionFileError, RerankerError
from embeddings.evaluation.evaluator import evaluate, library_settings, open_task, read_task
from embeddings.evaluation.runs import Run, fingerprint, load_run, save_run
from embeddings.library import Library
from embeddings.records import NO_RERANKER
from embeddings.reranking.rerank import open_reranker
from embeddings.reranking.reranker import Reranker

NAMED_RANKINGS = {
    "default": RankingSettings(),
    "dense": RankingSettings(passage_lexical=0, sentence_lexical=0),
    "bm25": RankingSettings(passage_lexical=1, sentence_lexical=1),
}
"""The one that answers; without BM25; BM25 alone. The states come from raw scores, whatever the weights."""


class UnknownRankingError(LibraryError):
    """No ranking of that name."""


def named_ranking(name: str) -> RankingSettings:
    """The ranking of that name.

    Raises:
        UnknownRankingError: there is none; the message names those that there are.
    """
    if name not in NAMED_RANKINGS:
        raise UnknownRankingError(f"there is no ranking {name!r}; there are: {', '.join(NAMED_RANKINGS)}")
    return NAMED_RANKINGS[name]


_VARIANT_KEYS = {"model", "passage_tokens", "ranking", "reader", "reranker", "thresholds"}
_FEWEST_TOKENS = 16


class VariantError(LibraryError):
    """A variant whose model or reranker can't be had: mend the sweep file, or install what it names."""

    def __init__(self, variant: str, reason: object) -> None:
        super().__init__(f"the variant {variant!r} can't be tried: {reason}")


class SweepFileError(LibraryError):
    """A sweep file that can't be used: mend it."""

    def __init__(self, file: Path, reason: str) -> None:
        super().__init__(f"{file}: {reason}")


@dataclass(frozen=True, slots=True)
class Variant:
    """A configuration to try.

    Attributes:
        name: its own among the variants.
        ranking: the weights of the fusion.
        model: another encoder, by name or path; None keeps the library's.
        passage_tokens: how many tokens a passage has at most; None takes what the encoder reads.
        thresholds: between the states; None takes the library's, or for another model its guess.
        reranker: what reads the closest sentences again, as `Library.open` takes it; None keeps the library's.
    """

    name: str
    ranking: RankingSettings
    model: str | None = None
    passage_tokens: int | None = None
    thresholds: Thresholds | None = None
    reranker: str | None = None


@dataclass(frozen=True, slots=True)
class Sweep:
    """The variants to try, and the question files to try them on."""

    questions: tuple[Path, ...]
    variants: tuple[Variant, ...]


class LimitedEncoder:
    """An encoder that says that it reads less than it does, so that passages are split for it."""

    def __init__(self, encoder: Encoder, tokens: int) -> None:
        self._encoder = encoder
        self._tokens = tokens

    @property
    def identity(self) -> EncoderIdentity:
        """The encoder's, with the fewer tokens."""
        return dataclasses.replace(self._encoder.identity, max_tokens=self._tokens)

    def encode(self, texts: Sequence[str], progress: Callable[[int], None] | None = None) -> NDArray[np.float32]:
        """The encoder's own vectors."""
        return self._encoder.encode(texts, progress)

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """The encoder's own counts."""
        return self._encoder.count_tokens(texts)


@dataclass(frozen=True, slots=True)
class SweepRun:
    """A variant's run over one question file; `kept` where it was made earlier."""

    variant: str
    questions: Path
    run: Run
    kept: bool


def read_sweep(file: Path) -> Sweep:
    """Read a sweep file.

    Raises:
        SweepFileError: it can't be read, or says something that isn't known.
    """
    try:
        content = tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise SweepFileError(file, f"can't be read: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise SweepFileError(file, f"not TOML: {error}") from error
    questions, variants = content.get("questions"), content.get("variants")
    if not (isinstance(questions, list) and questions and all(isinstance(path, str) for path in questions)):
        raise SweepFileError(file, '"questions" is a list of question files')
    if not (isinstance(variants, dict) and variants):
        raise SweepFileError(file, "no variants: write a table [variants.NAME] for each")
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
    """Try every variant on every question file, and yield each run as it is there.

    Args:
        sweep: what to try.
        library: holds the reviews, and the configuration that the variants depart from.
        folder: where the runs, and the indexes of other models and corpora, are kept.
        split: only the questions of this split.
        notify: told in a line what the user should know of a model.
        progress: told the variant, how many questions are done, and of how many.

    Raises:
        QuestionFileError: a question file can't be used; nothing was tried.
        VariantError: a variant's model or reranker can't be found, nothing was tried; or it can't be loaded or trusted.
    """
    # Whatever is missing is told before the first of many questions is asked.
    for path in sweep.questions:
        read_task(path, library, split)
    rerankers = _rerankers(sweep.variants, library)
    for variant in sweep.variants:
        _check_model(variant)
    folder.mkdir(parents=True, exist_ok=True)
    for variant in sweep.variants:
        with _configured(variant, library, rerankers[variant.reranker], folder, notify) as configured:
            for path in sweep.questions:
                yield _tried(variant, configured, path, folder, split, progress)


def _rerankers(variants: Sequence[Variant], library: Library) -> Mapping[str | None, Reranker | None]:
    """The rerankers that the variants name, each opened once."""
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
            find_model(variant.model)
    except ModelError as error:
        reason: object = error
        if variant.model != DEFAULT_MODEL and not Path(variant.model or "").is_dir():
            # The error's own advice is an option that sweep hasn't.
            reason = f"the model {variant.model!r} is no folder, and not among the models fetched before"
        raise VariantError(variant.name, reason) from error


def _tried(
    variant: Variant,
    library: Library,
    path: Path,
    folder: Path,
    split: str | None,
    progress: Callable[[str, int, int], None] | None,
) -> SweepRun:
    file = folder / f"{variant.name}.{path.stem}.{_digest(variant.name, str(path))}.json"
    corpus = _index(folder, library.models.encoder, f"{path.stem}.{_digest(str(path))}")
    with open_task(path, library, split=split, directory=corpus) as (task, asked):
        wanted = fingerprint(task, asked.models.encoder.identity, library_settings(asked))
        kept = _kept(file)
        if kept is not None and kept.fingerprint == wanted:
            return SweepRun(variant.name, path, kept, kept=True)
        count = len(task.questions)

        def tell(done: int) -> None:
            if progress is not None:
                progress(variant.name, done, count)

        run = evaluate(asked, task, name=variant.name, progress=tell).run
    save_run(run, file)
    return SweepRun(variant.name, path, run, kept=False)


def _digest(*parts: str) -> str:
    """What tells files of one name in two folders apart, and `a.b` of `c` from `a` of `b.c`."""
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:8]


@contextmanager
def _configured(
    variant: Variant, library: Library, reranker: Reranker | None, folder: Path, notify: Callable[[str], None]
) -> Iterator[Library]:
    """The library's reviews under a variant's configuration."""
    models = library.models.replaced(reranker=reranker or NO_RERANKER, thresholds=variant.thresholds)
    encoder = models.encoder
    if variant.model is not None:
        try:
            encoder = prepare_encoder(variant.model, folder / "models" / variant.name, notify=notify)
        except ModelError as error:
            raise VariantError(variant.name, error) from error
        models = models.replaced(calibration=Calibration(UNCALIBRATED))
    if variant.passage_tokens is not None:
        encoder = LimitedEncoder(encoder, min(variant.passage_tokens, encoder.identity.max_tokens))
    if encoder is library.models.encoder:
        configured = library.reopened(models=models, ranking=variant.ranking)
    else:
        directory = _index(folder, encoder, "reviews")
        configured = Library.of(
            library.reviews(),
            directory,
            models.replaced(encoder=encoder),
            ranking=variant.ranking,
        )
    try:
        yield configured
    finally:
        configured.close()


def _index(folder: Path, encoder: Encoder, corpus: str) -> Path:
    """Where the index of a corpus is kept: one for each encoder and length of passages."""
    return folder / "indexes" / f"{encoder.identity.weights[:16]}-{encoder.identity.max_tokens}" / corpus


def _kept(file: Path) -> Run | None:
    try:
        return load_run(file)
    except QuestionFileError:
        # Not there, or not whole: it is made again.
        return None


def _variant(file: Path, name: str, table: object) -> Variant:
    if not isinstance(table, dict):
        raise SweepFileError(file, f"[variants.{name}] is a table")
    if not name.strip() or "/" in name or name.startswith(".") or not name.isprintable():
        raise SweepFileError(
            file,
            f"the variant {name!r} names a file, so it can't be empty, hold a slash or what can't be printed, "
            "or begin with a dot",
        )
    unknown = sorted(table.keys() - _VARIANT_KEYS)
    if unknown:
        raise SweepFileError(
            file, f"[variants.{name}] has {unknown[0]!r}; what may vary is: {', '.join(sorted(_VARIANT_KEYS))}"
        )
    model, tokens, thresholds = (table.get(key) for key in ("model", "passage_tokens", "thresholds"))
    if not (model is None or isinstance(model, str)):
        raise SweepFileError(file, f"[variants.{name}] model is a name or a path")
    if not (tokens is None or (isinstance(tokens, int) and tokens >= _FEWEST_TOKENS)):
        raise SweepFileError(file, f"[variants.{name}] passage_tokens is a whole number, {_FEWEST_TOKENS} or more")
    reranker = table.get("reranker", table.get("reader"))
    if not (reranker is None or (isinstance(reranker, str) and reranker)):
        raise SweepFileError(file, f"[variants.{name}] reranker is shipped, none, or a name or a path")
    return Variant(
        name=name,
        ranking=_ranking(file, name, table.get("ranking", {})),
        model=model,
        passage_tokens=tokens,
        thresholds=_thresholds(file, name, thresholds) if thresholds is not None else None,
        reranker=reranker,
    )


def _ranking(file: Path, name: str, wanted: object) -> RankingSettings:
    try:
        if isinstance(wanted, str):
            return named_ranking(wanted)
        return RankingSettings(**_numbers(file, name, "ranking", wanted, RankingSettings))
    except (UnknownRankingError, ValueError) as error:
        raise SweepFileError(file, f"[variants.{name}] ranking: {error}") from error


def _thresholds(file: Path, name: str, wanted: object) -> Thresholds:
    numbers = _numbers(file, name, "thresholds", wanted, Thresholds)
    if not 0 <= numbers["nearest"] <= numbers["answered"] <= 1:
        raise SweepFileError(file, f"[variants.{name}] thresholds must obey 0 <= nearest <= answered <= 1")
    return Thresholds(**numbers)


def _numbers(file: Path, name: str, key: str, values: object, of: type) -> dict[str, Any]:
    if not isinstance(values, dict):
        raise SweepFileError(file, f"[variants.{name}] {key} is a table")
    fields: Mapping[str, dataclasses.Field[object]] = {field.name: field for field in dataclasses.fields(of)}
    for field, value in values.items():
        if field not in fields:
            raise SweepFileError(file, f"[variants.{name}] {key} has {field!r}; there are: {', '.join(fields)}")
        whole = fields[field].type == "int"
        if isinstance(value, bool) or not isinstance(value, int if whole else int | float):
            kind = "a whole number" if whole else "a number"
            raise SweepFileError(file, f"[variants.{name}] {key}.{field} is {kind}")
    missing = [
        field.name for field in fields.values() if field.default is dataclasses.MISSING and field.name not in values
    ]
    if missing:
        raise SweepFileError(file, f"[variants.{name}] {key} also needs: {', '.join(missing)}")
    return values
