"""Mix the windows that a reranker is trained on: of which sets, cut how, asked in which styles."""

from __future__ import annotations

import hashlib
import random
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from embeddings.encoders.base import Encoder
from embeddings.errors import LibraryError
from embeddings.training.config import (
    LIBRARY_SHARE,
    MAX_PAIR_SHARE,
    OPINION_SETS,
    OPINION_SHARE,
    QUESTION_WINDOWS,
    STYLE_SHARES,
    TRAINING_WINDOWS,
    VALIDATION_PERCENT,
    VALIDATION_QUESTIONS,
)
from embeddings.training.examples import Example, QuestionSet
from embeddings.training.library_windows import library_windows
from embeddings.training.perturbations import Phrases, with_pairs
from embeddings.training.styles import Setting, StyledQuestion, styled
from embeddings.training.titled_library import made_titles
from embeddings.training.windows import Window, WindowMix, make_windows

MIXTURE: Mapping[str, WindowMix] = {
    "SQuAD 2.0": WindowMix(positive=0.7, removed=0.15, similar=0.15, impossible=0.7),
    "XQuAD English": WindowMix(positive=0.5, removed=0.15, similar=0.15, renamed=0.1),
    "SQuADShifts reddit": WindowMix(positive=0.7, removed=0.15, similar=0.2, renamed=0.05),
    "SQuADShifts new_wiki": WindowMix(positive=0.3, removed=0.08, similar=0.08, renamed=0.08),
    "FairytaleQA": WindowMix(positive=0.45, removed=0.15, similar=0.15, renamed=0.05),
    "SelQA": WindowMix(positive=0.7, removed=0.3, similar=0.2),
    "QAMR": WindowMix(positive=0.05, removed=0.0, similar=0.02),
    "CLAPNQ": WindowMix(positive=2.0, removed=0.5, similar=0.5, impossible=2.0),
    "Disfl-QA": WindowMix(positive=0.4, removed=0.1, similar=0.1, impossible=0.4),
}
"""The windows of each set, as multiples of its questions. `mix_windows` scales them, all alike but for opinions."""

NO_REVIEWS: frozenset[str] = frozenset({"QAMR", "SelQA"})
"""Sets that the library isn't asked about. QAMR's paragraphs are single sentences, and SelQA has no answers that would
show which other sentences answer."""

DISFLUENT: frozenset[str] = frozenset({"Disfl-QA"})
"""Sets whose questions have a style already."""

_TITLES = 1000
_VALIDATION_SEED = 0
# Some windows can't be made, so more are asked for, and the surplus is left out.
_SURPLUS = 1.15
_OWN_SHARES = {"plain": 1.0}

Report = Callable[[str], None]
"""Receives a line about what is made now."""


@dataclass(frozen=True, slots=True)
class Mix:
    """How many windows a reranker is trained on, and of which kinds.

    Raises:
        LibraryError: a share is out of its range, or there are no windows.
    """

    windows: int = TRAINING_WINDOWS
    library: float = LIBRARY_SHARE  # the share that is cut as the library cuts them
    opinions: float = OPINION_SHARE  # the share of `OPINION_SETS`, in both kinds
    pairs: float = MAX_PAIR_SHARE  # the share of windows that also have a perturbed question
    seed: int = 1  # of the windows

    def __post_init__(self) -> None:
        if self.windows < 1:
            raise LibraryError(f"A reranker can't be trained on {self.windows} windows. Give --windows at least 1.")
        for name, most in (("library", 1.0), ("opinions", 1.0), ("pairs", MAX_PAIR_SHARE)):
            if not 0 <= getattr(self, name) <= most:
                raise LibraryError(f"--{name} must be from 0 to {most:g}, not {getattr(self, name):g}.")


@dataclass(frozen=True, slots=True)
class Windows:
    """The windows of a training, and those of documents that are set aside."""

    training: tuple[tuple[str, Window], ...]  # each with the name of its set
    validation: tuple[Window, ...]  # those of `validation_windows`
    asked: tuple[tuple[Window, ...], ...]  # of each styled question asked of a review, all that the library reads

    def counts(self) -> Counter[str]:
        """Return the number of training windows of each set."""
        return Counter(name for name, _ in self.training)


def is_validation(group: str) -> bool:
    """Return True if a document is in the validation split, which is the same for every seed."""
    return int.from_bytes(hashlib.sha256(group.encode()).digest()[:4]) % 100 < VALIDATION_PERCENT


def split(question_set: QuestionSet, *, validating: bool) -> QuestionSet:
    """Return a set with the questions of the validation split, or with the others."""
    return replace(
        question_set,
        examples=tuple(
            example
            for example in question_set.examples
            if is_validation(question_set.groups[example.paragraph]) is validating
        ),
    )


def mix_windows(
    sets: Sequence[QuestionSet], mix: Mix, encoder: Encoder, folder: Path, report: Report = lambda _: None
) -> Windows:
    """Return the windows of sets.

    Args:
        sets: what `datasets.read_set` returned for `TRAINED_ON`, without what overlaps.
        mix: how many windows, and of which kinds.
        encoder: ranks the sentences that the library reads.
        folder: for the indexes, which a mix of another seed or size can use again.
        report: called with a line for each set.
    """
    training = [split(question_set, validating=False) for question_set in sets]
    library = round(mix.windows * mix.library)
    windows: list[tuple[str, Window]] = []
    for question_set, count in _counts(training, mix.windows - library, mix.opinions):
        report(f"{question_set.name}: {count} windows of its paragraphs")
        windows.extend((question_set.name, window) for window in _paragraph_windows(question_set, count, mix.seed))
    asked = [question_set for question_set in training if question_set.name not in NO_REVIEWS]
    for question_set, count in _counts(asked, library, mix.opinions):
        report(f"{question_set.name}: {count} windows as the library cuts them")
        found = library_windows(
            question_set,
            _asker(question_set),
            encoder,
            folder / slug(question_set.name),
            questions=round(_SURPLUS * count / QUESTION_WINDOWS),
            each=QUESTION_WINDOWS,
            seed=mix.seed,
        )
        flat = [window for of_one in found for window in of_one]
        windows.extend((question_set.name, window) for window in _sampled(flat, count, mix.seed))
    phrases = {question_set.name: Phrases(question_set, held_back=False) for question_set in training}
    paired = with_pairs(windows, phrases, int(mix.pairs * len(windows)), mix.seed)
    validation = [split(question_set, validating=True) for question_set in sets]
    return Windows(
        tuple(paired),
        tuple(window for _, window in validation_windows(sets)),
        tuple(
            tuple(windows)
            for question_set in validation
            if question_set.name not in NO_REVIEWS
            for windows in library_windows(
                question_set,
                _asker(question_set),
                encoder,
                folder / f"{slug(question_set.name)}-validation",
                questions=VALIDATION_QUESTIONS // len(validation),
                each=None,
                seed=_VALIDATION_SEED,
            )
        ),
    )


def validation_windows(sets: Sequence[QuestionSet]) -> list[tuple[str, Window]]:
    """Return the windows of the validation split, with questions as they were written, each with the name of its set.

    They are the same for every mix, so that rerankers can be compared by them.
    """
    return [
        (question_set.name, window)
        for question_set in sets
        for window in make_windows(split(question_set, validating=True), MIXTURE[question_set.name], _VALIDATION_SEED)
    ]


def _counts(sets: Sequence[QuestionSet], windows: int, opinions: float) -> list[tuple[QuestionSet, int]]:
    """Return how many windows each set gets: its share by `MIXTURE`, except that opinions have theirs."""
    natural = {question_set.name: MIXTURE[question_set.name].count(question_set) for question_set in sets}
    totals = {
        is_opinion: sum(count for name, count in natural.items() if (name in OPINION_SETS) is is_opinion)
        for is_opinion in (True, False)
    }
    # Where there are sets of one kind alone, they get everything.
    shares = {True: opinions if totals[False] else 1.0, False: 1 - opinions if totals[True] else 1.0}
    counts = []
    for question_set in sets:
        is_opinion = question_set.name in OPINION_SETS
        share = shares[is_opinion] * natural[question_set.name] / max(1.0, totals[is_opinion])
        if count := round(windows * share):
            counts.append((question_set, count))
    return counts


def _paragraph_windows(question_set: QuestionSet, count: int, seed: int) -> list[Window]:
    mix = MIXTURE[question_set.name]
    made = make_windows(question_set, mix.times(_SURPLUS * count / mix.count(question_set)), seed)
    rng = random.Random(f"{seed} {question_set.name} styles")
    ask = _styler(question_set)
    sampled = _sampled(made, count, seed)
    return [replace(window, question=ask(window.question, window.document, rng).joined) for window in sampled]


def _asker(question_set: QuestionSet) -> Callable[[Example, random.Random], StyledQuestion]:
    ask = _styler(question_set)
    return lambda example, rng: ask(example.question, question_set.groups[example.paragraph], rng)


def _styler(question_set: QuestionSet) -> Callable[[str, str, random.Random], StyledQuestion]:
    """Return a function that asks a question about a document in a random style."""
    questions: dict[str, list[str]] = defaultdict(list)
    for example in question_set.examples:
        questions[question_set.groups[example.paragraph]].append(example.question)
    titles = made_titles(_TITLES)
    shares = _OWN_SHARES if question_set.name in DISFLUENT else STYLE_SHARES

    def ask(question: str, document: str, rng: random.Random) -> StyledQuestion:
        others = tuple(other for other in questions[document] if other != question)
        return styled(question, Setting(rng.choice(titles), others), shares, rng)

    return ask


def _sampled(windows: Sequence[Window], count: int, seed: int) -> Iterable[Window]:
    return random.Random(seed).sample(windows, min(count, len(windows)))


def slug(name: str) -> str:
    """Return a name as that of a file."""
    return re.sub(r"[^\w.]+", "-", name.lower())
