"""Ask a question as people ask it: with a title, in lower case, with typos, in a chat, after another question.

A style never depends on whether something answers the question, so that a reranker can't learn that from it.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from embeddings.evaluation.datasets.title_forms import TitleForm, name_work
from embeddings.lexicon import (
    CHATTY_OPENERS,
    CORRECTIONS,
    FOLLOW_UP_PRONOUNS,
    REVIEWER_OPENERS,
    REVIEWER_VERBS,
    STOP_WORDS,
)
from embeddings.training.config import LOWERED_SHARE, PRONOUN_SHARE, TYPO_WORDS
from embeddings.training.windows import NAME

_PUNCTUATION = re.compile(r"[^\w\s'’-]")
_LONG_WORD = re.compile(r"\b[^\W\d_]{4,}\b")
_QUESTION_WORD = re.compile(r"(?:who|whom|whose|what|which|when|where|why|how)\b", re.IGNORECASE)
_LONGEST_START = 5


@dataclass(frozen=True, slots=True)
class Setting:
    """What a question is asked about."""

    title: str  # of the work
    others: tuple[str, ...]  # other questions about the same document


@dataclass(frozen=True, slots=True)
class StyledQuestion:
    """A question as somebody types it."""

    text: str
    before: str = ""  # the question before it in the conversation

    @property
    def joined(self) -> str:
        """Return both questions as the reranker reads them."""
        return f"{self.before} {self.text}".lstrip()


def styled(question: str, setting: Setting, shares: Mapping[str, float], rng: random.Random) -> StyledQuestion:
    """Return a question in a random style of `STYLES`, each with its share."""
    (style,) = rng.choices(list(shares), list(shares.values()))
    asked = STYLES[style](question, setting, rng)
    if style != "plain" and rng.random() < LOWERED_SHARE:
        return StyledQuestion(lower_case(asked.text), lower_case(asked.before))
    return asked


def lower_case(text: str) -> str:
    """Return a text in lower case without punctuation."""
    return " ".join(_PUNCTUATION.sub(" ", text.lower()).split())


def misspelt(text: str, rng: random.Random) -> str:
    """Return a text with a typo for each `TYPO_WORDS` words: letters swapped, left out or repeated."""
    for _ in range(max(1, len(text.split()) // TYPO_WORDS)):
        words = list(_LONG_WORD.finditer(text))
        if not words:
            break
        word = rng.choice(words)
        place = rng.randrange(word.start() + 1, word.end() - 1)
        one, other = text[place], text[place + 1]
        text = text[:place] + rng.choice((other + one, other, one + one + other)) + text[place + 2 :]
    return text


def _plain(question: str, _setting: Setting, _rng: random.Random) -> StyledQuestion:
    return StyledQuestion(question)


def _title_before(question: str, setting: Setting, rng: random.Random) -> StyledQuestion:
    return _with_title(question, setting, rng, (TitleForm.IN_FRONT, TitleForm.COLON))


def _title_after(question: str, setting: Setting, rng: random.Random) -> StyledQuestion:
    return _with_title(question, setting, rng, (TitleForm.IN_END, TitleForm.LOWER_CASE, TitleForm.NOUN))


def _with_title(question: str, setting: Setting, rng: random.Random, forms: tuple[TitleForm, ...]) -> StyledQuestion:
    noun = rng.choice(("film", "book"))
    return StyledQuestion(name_work(question, setting.title, noun, rng.choice(forms)))


def _lower_case(question: str, _setting: Setting, _rng: random.Random) -> StyledQuestion:
    return StyledQuestion(lower_case(question))


def _typos(question: str, _setting: Setting, rng: random.Random) -> StyledQuestion:
    return StyledQuestion(misspelt(question, rng))


def _chatty(question: str, _setting: Setting, rng: random.Random) -> StyledQuestion:
    return StyledQuestion(f"{rng.choice(CHATTY_OPENERS)} {_uncapitalised(question)}")


def _reviewer(question: str, _setting: Setting, rng: random.Random) -> StyledQuestion:
    openers = REVIEWER_OPENERS + REVIEWER_VERBS if _QUESTION_WORD.match(question) else REVIEWER_OPENERS
    return StyledQuestion(f"{rng.choice(openers)} {_uncapitalised(question)}")


def _disfluent(question: str, setting: Setting, rng: random.Random) -> StyledQuestion:
    words = rng.choice(setting.others or (question,)).split()
    start = " ".join(words[: rng.randint(1, min(_LONGEST_START, len(words)))]).rstrip("?.!,")
    return StyledQuestion(f"{start} {rng.choice(CORRECTIONS)} {_uncapitalised(question)}")


def _follow_up(question: str, setting: Setting, rng: random.Random) -> StyledQuestion:
    if not setting.others:
        return StyledQuestion(question)
    names = NAME.findall(question)
    # A question about the same name is what a follow-up is most often after.
    alike = [other for other in setting.others if any(name in other for name in names)]
    before = rng.choice(alike or setting.others)
    shared = [name for name in names if name in before]
    if shared and rng.random() < PRONOUN_SHARE:
        question = question.replace(rng.choice(shared), rng.choice(FOLLOW_UP_PRONOUNS), 1)
    return StyledQuestion(question, before)


def _uncapitalised(question: str) -> str:
    """Return a question that stands after other words: a name keeps its capital."""
    first, *rest = question.split(" ")
    return " ".join((first.lower() if first.lower() in STOP_WORDS - {"i"} else first, *rest))


STYLES: Mapping[str, Callable[[str, Setting, random.Random], StyledQuestion]] = {
    "plain": _plain,
    "title-before": _title_before,
    "title-after": _title_after,
    "lower-case": _lower_case,
    "typos": _typos,
    "chatty": _chatty,
    "reviewer": _reviewer,
    "disfluent": _disfluent,
    "follow-up": _follow_up,
}
"""The styles, by the names of `config.STYLE_SHARES`."""
