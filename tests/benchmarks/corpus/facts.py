"""The facts that are planted in the benchmarks' reviews, each with a question in its own words and one in others.

The second question shares no telling word with the sentence that answers it, so that BM25 alone can't find it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Fact:
    """A sentence, and the questions that it answers.

    Attributes:
        heading: the heading of its section.
        sentence: the answer.
        lexical: a question that uses the sentence's words.
        paraphrase: a question that doesn't.
    """

    heading: str
    sentence: str
    lexical: str
    paraphrase: str


_LINES = Path(__file__).with_name("facts.jsonl").read_text(encoding="utf-8").splitlines()
FACTS = tuple(Fact(**json.loads(line)) for line in _LINES)
