"""The cost of an index update after one review of a thousand changed, compared with indexing them all."""

from __future__ import annotations

import shutil
import statistics
import sys
import tempfile
from pathlib import Path

from tests.benchmarks.corpus.reviews import Corpus
from tests.benchmarks.harness.processes import Cost, apart, cost
from tests.benchmarks.harness.results import Results
from tests.benchmarks.harness.workspace import Workspace

REVIEWS = 1_000
PASSAGES = range(2, 4)
"""Passages of each review. They are short because all are really encoded."""

_TIMES = 3


def index_update(workspace: Workspace) -> Results:
    """Measure the processor time of `review-bot index` for all reviews, and after one changed."""
    found = Results()
    reviews = workspace.sized(REVIEWS, 20)
    data = Path(tempfile.mkdtemp(prefix="updating-", dir=workspace.directory))
    whole = apart(write_reviews, data=str(data), reviews=reviews)
    # The model is exported only once, and that is not compared.
    encoder = workspace.encoder()
    shutil.copytree(encoder, data / ".index" / "encoders" / encoder.name)
    built = _index(data)
    updated = []
    for number in range(workspace.sized(_TIMES, 1)):
        changed = sorted((data / "reviews").iterdir())[(number + 1) * reviews // (_TIMES + 2)]
        changed.write_text(
            changed.read_text(encoding="utf-8") + f"\nA later thought: it has aged well, {number} times over.\n",
            encoding="utf-8",
        )
        updated.append(_index(data))
    share = statistics.median(each.cpu for each in updated) / built.cpu
    found.check(f"indexing after one review of {reviews:,} changed, CPU / all", share, 0.02)
    found.figure(f"indexing {reviews:,} reviews, {whole:,} passages", built.cpu, "s of CPU")
    found.figure("the same", built.wall, "s")
    found.figure("after one changed", statistics.median(each.cpu for each in updated), "s of CPU")
    found.figure("after none changed", _index(data).cpu, "s of CPU")
    return found


def write_reviews(data: str, reviews: int) -> int:
    """Write short reviews as files; return how many passages they have."""
    folder = Path(data) / "reviews"
    folder.mkdir(parents=True)
    passages = 0
    # As many passages as the longest reviews would have: more than enough drafts.
    for number, draft in enumerate(Corpus(reviews * PASSAGES.stop, sizes=PASSAGES).drafts()):
        if number == reviews:
            break
        (folder / f"{draft.slug}.md").write_text(draft.markdown(), encoding="utf-8")
        passages += sum(len(paragraphs) for _, paragraphs in draft.sections)
    return passages


def _index(data: Path) -> Cost:
    return cost([sys.executable, "-m", "bot", "index", "--data", str(data)])
