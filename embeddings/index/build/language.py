"""The language of a review: English if it has English function words, else what its header or its letters tell."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

from embeddings.config import ENGLISH_SHARE, LANGUAGE_CHARACTERS, LANGUAGE_CONFIDENCE
from embeddings.documents.analyzer import ENGLISH, words
from embeddings.lexicon import STOP_WORDS
from embeddings.records import Review

if TYPE_CHECKING:
    from py3langid.langid import LanguageIdentifier

_CODE = re.compile(r"([a-z]{2})(?:[-_][a-z]+)*", re.IGNORECASE)


def language_of(review: Review) -> str:
    """Return the ISO 639-1 code of the language that a review is written in."""
    sample = review.text[:LANGUAGE_CHARACTERS]
    found = words(sample)
    if sum(word in STOP_WORDS for word in found) >= ENGLISH_SHARE * len(found):
        # The header may name the language of the film.
        return ENGLISH
    named = _CODE.fullmatch(str(review.facts.get("language", "")))
    if named is not None:
        return _one_code(named[1].lower())
    code, probability = _identifier().classify(sample)
    return _one_code(code) if probability >= LANGUAGE_CONFIDENCE else ENGLISH


def _one_code(code: str) -> str:
    """Return one code for the two ways of writing Norwegian, as stemmers have it."""
    return "no" if code in ("nb", "nn") else code


@cache
def _identifier() -> LanguageIdentifier:
    # Loading the model takes a second, and English reviews don't need it.
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    identifier = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    # Three letters stand for languages that few write reviews in, and that short texts are often taken for.
    identifier.set_languages([label for label in identifier.labels if len(label) == 2])
    return identifier
