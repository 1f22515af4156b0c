"""Check the reviews, their index, the reranker and the thresholds.

Each check imports what it needs, so that a broken package fails only the checks that use it.
"""

from __future__ import annotations

from pathlib import Path

from bot.cli.doctor.check import CheckError, Context
from embeddings import REVIEWS, SHARED, IndexDamagedError, IndexMissingError, IndexVersionError, review_files


def reviews(context: Context) -> str:
    """Check that every review can be read."""
    from embeddings import read_sources

    found = read_sources(context.data)
    if found.errors:
        others = f" (and {len(found.errors) - 1} more)" if len(found.errors) > 1 else ""
        raise CheckError(f"{found.errors[0]}{others} Correct the file or move it away.")
    lost = _lost_reviews(context.data, found=SHARED in found.collections)
    if lost is not None:
        raise CheckError(lost)
    if not found.count:
        raise CheckError(f"{context.data / REVIEWS}: There are no reviews. Put a .md or .txt file there.")
    return f"{found.count}, all readable"


def index(context: Context) -> str:
    """Check that the index is intact and agrees with the reviews."""
    from embeddings import Library, describe_changes

    library = Library.open(context.data)
    try:
        library.verify()
        changed = describe_changes(library.outdated(), library.removed())
    finally:
        library.close()
    if changed:
        found = bool(review_files(context.data / REVIEWS))
        raise CheckError(
            f"Out of date ({changed}). {_lost_reviews(context.data, found=found) or 'Run `review-bot index`.'}"
        )
    return f"intact and up to date, encoded by {library.manifest.encoder.model}"


def _lost_reviews(data: Path, *, found: bool) -> str | None:
    from embeddings import INDEX_DIRECTORY, Manifest, explain_lost_reviews

    try:
        manifest = Manifest.open(data / INDEX_DIRECTORY)
    except (IndexMissingError, IndexVersionError, IndexDamagedError):
        # Another check reports problems of the index.
        return None
    return explain_lost_reviews(data, manifest, found=found)


def reranker(context: Context) -> str:
    """Check that the reranker loads."""
    from embeddings import Library

    library = Library.open(context.data)
    try:
        if library.models.reranker_problem is not None:
            raise CheckError(library.models.reranker_problem)
        return "loaded" if library.models.reranker is not None else "none; answers use the encoder alone"
    finally:
        library.close()


def thresholds(context: Context) -> str:
    """Check that the confidence thresholds are for the encoder and the reranker in use."""
    from embeddings import Library

    library = Library.open(context.data)
    try:
        found = library.models.thresholds
        if not library.models.calibrated:
            raise CheckError(f"{library.manifest.encoder.model} is not calibrated. Run `review-bot calibrate`.")
        return f"answered from {found.answered:.2f}, nearest from {found.nearest:.2f}"
    finally:
        library.close()
