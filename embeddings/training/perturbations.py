"""Make questions that a window doesn't answer from one that it does: with a condition added, or another name.

The conditions are phrases that the documents have themselves, such as "in the second half". A fifth of them is held
back, and so are the phrases of `lexicon.CONDITIONS`: rerankers are judged by these, and no training question has them.
"""

from __future__ import annotations

import hashlib
import random
import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace

from embeddings.documents.analyzer import words
from embeddings.lexicon import CONDITIONS
from embeddings.training.config import HELD_BACK_PERCENT, PAIR_QUALIFIERS
from embeddings.training.examples import QuestionSet
from embeddings.training.windows import NAME, Window, other_names

_PHRASE = re.compile(
    r"\b(?:after|as|at|before|during|for|from|in|on|under|without) "
    r"(?:the|an?|his|her|its|their|this|that|my|your|our) (?:[a-z][a-z’'-]+ ){0,2}[a-z][a-z’'-]+(?=[,.;:!?])"
)
_MARKS = "?.!… "
_TRIES = 20


class Phrases:
    """The conditions and the names of the documents of a set."""

    def __init__(self, question_set: QuestionSet, *, held_back: bool) -> None:
        """Find the conditions of a set: with `held_back` those for judging, else those for training."""
        conditions: dict[str, dict[str, None]] = defaultdict(dict)
        names: dict[str, dict[str, None]] = defaultdict(dict)
        for paragraph, document in zip(question_set.paragraphs, question_set.groups, strict=True):
            found = _PHRASE.findall(paragraph.text)
            conditions[document] |= {phrase: None for phrase in found if is_held_back(phrase) is held_back}
            names[document] |= dict.fromkeys(NAME.findall(paragraph.text))
        self._conditions = {document: tuple(found) for document, found in conditions.items()}
        self._names = {document: tuple(found) for document, found in names.items()}
        self._every = tuple(dict.fromkeys(phrase for found in self._conditions.values() for phrase in found))

    def with_condition(self, window: Window, rng: random.Random) -> str | None:
        """Return the question of a window with a condition that the window doesn't have; None if there is none.

        It is of the same document if that has one, so that it could be meant.
        """
        return with_one_of(self._conditions.get(window.document, ()), window, rng) or with_one_of(
            rng.sample(self._every, min(_TRIES, len(self._every))), window, rng
        )

    def renamed(self, window: Window, rng: random.Random) -> str | None:
        """Return the question of a window with another name of its document; None if there is none."""
        names = NAME.findall(window.question)
        if not names:
            return None
        name = rng.choice(names)
        text = " ".join(window.sentences)
        # The answer is in the window, so a name that isn't there can't be in the answer.
        others = [
            other
            for other in other_names(name, window.question, self._names.get(window.document, ()))
            if other not in text and len(other.split()) == len(name.split())
        ]
        return window.question.replace(name, rng.choice(others)) if others else None

    def perturbed(self, window: Window, rng: random.Random) -> str | None:
        """Return the question of a window with a condition or another name."""
        if rng.random() < PAIR_QUALIFIERS:
            return self.with_condition(window, rng)
        return self.renamed(window, rng)


def with_one_of(conditions: Sequence[str], window: Window, rng: random.Random) -> str | None:
    """Return the question of a window with one of the conditions whose last word the window doesn't have."""
    text = f" {' '.join(words(' '.join((window.question, *window.sentences))))} "
    # The last word is what the phrase is about.
    fitting = [phrase for phrase in conditions if f" {words(phrase)[-1]} " not in text]
    if not fitting:
        return None
    bare = window.question.rstrip(_MARKS)
    end = window.question[len(bare) :].strip()
    return f"{bare} {rng.choice(fitting)}{end}" if bare else None


def is_held_back(phrase: str) -> bool:
    """Return True if a phrase is for judging, which depends on nothing but its words."""
    said = " ".join(words(phrase))
    if said in {" ".join(words(condition)) for condition in CONDITIONS}:
        return True
    return int.from_bytes(hashlib.sha256(said.encode()).digest()[:4]) % 100 < HELD_BACK_PERCENT


def with_pairs(
    windows: Sequence[tuple[str, Window]], phrases: Mapping[str, Phrases], count: int, seed: int
) -> list[tuple[str, Window]]:
    """Return the windows, up to `count` of those that answer with a perturbed question.

    Args:
        windows: each with the name of its set.
        phrases: those of each set; no window of another set gets a question.
        count: how many windows get one.
        seed: decides which, and the questions.
    """
    rng = random.Random(f"{seed} pairs")
    paired = list(windows)
    places = [place for place, (name, window) in enumerate(paired) if window.gold and name in phrases]
    rng.shuffle(places)
    left = count
    for place in places:
        if not left:
            break
        name, window = paired[place]
        question = phrases[name].perturbed(window, rng)
        if question is not None:
            paired[place] = name, replace(window, perturbed=question)
            left -= 1
    return paired
