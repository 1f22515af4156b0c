"""Questions about a work as a whole, which no sentence resembles: "is it any good?", "what's it about?".

Such a question has no topic of its own, so its vector is far from every sentence. A review answers both all the same:
it is what reviews are for. The question is therefore looked for by what an answer would say as well.
"""

from __future__ import annotations

from enum import Enum

from embeddings.lexical import STOP_WORDS, words


class Intent(Enum):
    """What is asked of the work as a whole, and what an answer would say."""

    VERDICT = "It is one of the best films, beautifully made and deeply moving."
    GIST = "The story follows the characters; it is a film about their lives."


# Said in any question about a work; they tell nothing of what is asked.
_FILLING = frozenset(
    """
    actually anyone bit book critic does essay ever film flick generally give hey honestly i'm kind know let like
    make me movie much novel one overall ok okay people picture please pls quick quickly really review
    reviewer say says short so tell thing think thinks us want well whats what's wonder work writer
    """.split()
)
_VERDICT = frozenset(
    """
    any bad best better decent enjoy enjoyable enjoyed fan fine good great hated hate liked like love loved
    opinion opinions rate recommend recommended recommends skip see thought thoughts time verdict watch watching
    worth worthwhile view
    """.split()
)
_GIST = frozenset("about concern gist outline plot premise story subject summarise summarize summary synopsis".split())


def intent(question: str) -> Intent | None:
    """What a question asks of the work as a whole, or None where it asks for anything of its own.

    Every word must belong: "is it any good?" asks for the verdict, "is the music any good?" for the music.
    """
    asked = [word.removesuffix("'s") for word in words(question)]
    telling = {word for word in asked if word not in STOP_WORDS and word not in _FILLING}
    if telling <= _GIST and _GIST.intersection(asked):
        return Intent.GIST
    # "Like" fills many a sentence, and is the verdict where nothing else is asked: "did she like it?"
    if telling <= _VERDICT and (telling or "like" in asked):
        return Intent.VERDICT
    return None
