"""Facts that reviews seldom tell: asked for by a word that the reviews at hand never use.

An embedding finds the sentence that is about the film for "what was its budget?"; whether money is mentioned at all is
a matter of words. Each group names one fact: a question that uses a word of the group asks for it, and only reviews
that use one too can tell it. Measured on private questions, such a list refused 12 of 36 that the review doesn't
answer and 1 of 56 that it does (the lab's figure, with a list of its own).
"""

from __future__ import annotations

import re
from collections.abc import Callable

from embeddings.lexical import fold, terms

_GROUPS: tuple[tuple[str, str], ...] = (
    # what asks for the fact (a pattern over the folded question), and the words that tell it
    (
        r"run(ning)? ?time|how long (is|was) (it|this|the (film|movie|picture))\b|how many minutes",
        "minute hour runtime",
    ),
    (
        r"budget|box office|gross(ed)?\b|how much (money )?did (it|the (film|movie)) (make|cost|earn|take)",
        "budget gross million",
    ),
    (r"certificate|\brated\b|\bpg\b|\bbbfc\b|\bmpaa\b|age rating", "certificate rated bbfc mpaa"),
    (r"rotten tomatoes|\bimdb\b|metacritic|letterboxd", "tomatoes imdb metacritic letterboxd"),
    (
        r"netflix|streaming|\bstream\b|\bhulu\b|\bdisney\b|amazon prime|\bdvd\b|blu.?ray|to rent\b",
        "netflix stream hulu disney dvd ray rent",
    ),
    (r"\boscars?\b|\bbaftas?\b|golden globes?|academy awards?|\bawards?\b", "oscar bafta globe award academy"),
    (
        r"cinematograph|director of photography|\bdop\b|who shot",
        "cinematographer cinematography photography camerawork",
    ),
    (r"screenplay|screenwriter|\bscript|scriptwriter", "screenplay screenwriter script scriptwriter"),
    (r"\bedit(ed|or)\b", "edit editor"),
    (r"\bproduce(d|r|rs)\b|\bstudio\b|distribut(ed|or)", "produced studio distributed distributor"),
    (r"\bcostumes?\b", "costume"),
    (
        r"\b(filmed|shot) (in|at|on)\b|where (was|were|did) .*\b(filmed|film|shot|shoot)\b|locations?\b",
        "location shoot shot",
    ),
    (r"sequels?|prequels?|remakes?|spin.?offs?", "sequel prequel remake spin"),
    (r"how (old|tall) (is|was|are|were)|taller|net worth|\bmarried\b", "age height tall worth married"),
    (r"release date|premiere[ds]?\b", "release premiere"),
)
_PATTERNS = tuple((re.compile(asks), frozenset(terms(tells))) for asks, tells in _GROUPS)
# Words of these questions that any review of a film has: they tell nothing of the fact.
_COMMON = frozenset(terms("director film long make money movie much old picture time"))


def asks_missing_fact(question: str, tells: Callable[[str], bool]) -> bool:
    """Whether a question asks for a fact that the reviews have no word of.

    Args:
        question: as it was asked.
        tells: whether a stemmed term occurs in the reviews at hand.
    """
    folded = fold(question)
    for pattern, stems in _PATTERNS:
        found = pattern.search(folded)
        if found and not any(map(tells, stems.union(terms(found.group())) - _COMMON)):
            return True
    return False
