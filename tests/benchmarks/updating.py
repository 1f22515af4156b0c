"""Changing one review of a thousand: what indexing costs then, against indexing them all."""

from __future__ import annotations

import shutil
import statistics
import sys
import tempfile
from pathlib import Path

from tests.benchmarks.corpus import Corpus
from tests.benchmarks.findings import Findings
from tests.benchmarks.processes import Cost, apart, cost
from tests.benchmarks.workshop import Workshop

REVIEWS = 1_000
PASSAGES = range(2, 4)
"""How many passages each has: short ones, for all of them are encoded in truth."""

_TIMES = 3


def updating(workshop: Workshop) -> Findings:
    """The processor time of `review-bot index` after one of the reviews was changed, against that of the first."""
    found = Findings()
    reviews = workshop.sized(REVIEWS, 20)
    data = Path(tempfile.mkdtemp(prefix="updating-", dir=workshop.directory))
    whole = apart(write_reviews, data=str(data), reviews=reviews)
    # Exporting the model is done once for ever, and not part of what is compared.
    encoder = workshop.encoder()
    shutil.copytree(encoder, data / ".index" / "encoders" / encoder.name)
    built = _index(data)
    updated = []
    for number in range(workshop.sized(_TIMES, 1)):
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
    """Write short reviews as files; how many passages they have."""
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
