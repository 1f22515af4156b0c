"""What is answered from: the reviews, their index, the thresholds.

What a check needs is imported within it: a package that is broken then costs only the checks that need it.
"""

from __future__ import annotations

from pathlib import Path

from bot.cli.doctor.check import CheckError, Circumstances
from embeddings import REVIEWS, SHARED, IndexDamagedError, IndexMissingError, IndexVersionError, review_files


def reviews(circumstances: Circumstances) -> str:
    """Whether every review can be read."""
    from embeddings import read_sources

    found = read_sources(circumstances.data)
    if found.errors:
        others = f" (and {len(found.errors) - 1} more)" if len(found.errors) > 1 else ""
        raise CheckError(f"{found.errors[0]}{others}; mend the file or move it away")
    lost = _shared_reviews_lost(circumstances.data, found=SHARED in found.collections)
    if lost is not None:
        raise CheckError(lost)
    if not found.count:
        raise CheckError(f"{circumstances.data / REVIEWS}: there are no reviews; put a .md or .txt file there")
    return f"{found.count}, all can be read"


def index(circumstances: Circumstances) -> str:
    """Whether the index is whole, and agrees with the reviews."""
    from embeddings import Library, describe_changes

    library = Library.open(circumstances.data)
    try:
        library.verify()
        changed = describe_changes(library.outdated(), library.removed())
    finally:
        library.close()
    if changed:
        found = bool(review_files(circumstances.data / REVIEWS))
        lost = _shared_reviews_lost(circumstances.data, found=found)
        raise CheckError(f"out of date ({changed}); {'run `review-bot index`' if lost is None else lost}")
    return f"whole and up to date, encoded by {library.manifest.encoder.model}"


def _shared_reviews_lost(data: Path, *, found: bool) -> str | None:
    from embeddings import INDEX_DIRECTORY, Manifest, explain_lost_reviews

    try:
        manifest = Manifest.open(data / INDEX_DIRECTORY)
    except (IndexMissingError, IndexVersionError, IndexDamagedError):
        # What is wrong with the index is said by its own check.
        return None
    return explain_lost_reviews(data, manifest, found=found)


def reranker(circumstances: Circumstances) -> str:
    """Whether what reads the closest sentences again can be had."""
    from embeddings import Library

    library = Library.open(circumstances.data)
    try:
        if library.models.reranker_problem is not None:
            raise CheckError(library.models.reranker_problem)
        return "at hand" if library.models.reranker is not None else "none; answers come from the encoder alone"
    finally:
        library.close()


def thresholds(circumstances: Circumstances) -> str:
    """Whether what counts as an answer was chosen for the encoder and the reranker that answer."""
    from embeddings import Library

    library = Library.open(circumstances.data)
    try:
        found = library.models.thresholds
        if not library.models.calibrated:
            raise CheckError(f"nobody has calibrated {library.manifest.encoder.model}; run `review-bot calibrate`")
        return f"answered from {found.answered:.2f}, nearest from {found.nearest:.2f}"
    finally:
        library.close()
