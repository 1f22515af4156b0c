"""Check the reviews, their index, the reranker and the thresholds.

Each check imports what it needs, so that a broken package fails only the checks that use it.
"""

from __future__ import annotations

from pathlib import Path

from bot.cli.doctor.check import CheckError, Context
from bot.cli.output.wording import counted
from embeddings import LibraryError


def reviews(context: Context) -> str:
    """Check that every review can be read."""
    from embeddings import check_reviews

    count, errors = check_reviews(context.data)
    return f"{count}, and {counted(len(errors), 'file')} left out. {errors[0]}" if errors else f"{count}, all readable"


def folders(context: Context) -> str:
    """Check that every folder that is read where it is can be read."""
    from embeddings import linked_folders, review_files

    linked = linked_folders(context.data)
    if not linked:
        return "only the data folder's own"
    for folder in linked:
        if not review_files(folder):
            advice = f"Put it back, or run `review-bot index --forget {folder}`."
            raise CheckError(f"{folder}: The folder is {'empty' if folder.is_dir() else 'missing'}. {advice}")
    return f"{counted(len(linked), 'folder')} read: {', '.join(map(str, linked))}"


def digest_index(data: Path) -> None:
    """Read every byte of the index and compare it with what was written. The errors are those of `Library.open`."""
    from embeddings import verify_index

    verify_index(data)


def index(context: Context) -> str:
    """Check that the index is intact and agrees with the reviews."""
    library = context.library()
    context.result(digest_index)
    # Its first use opens the encoder, which shows whether it works.
    library.models.encoder.count_tokens([""])
    changed = library.describe_changes()
    if not changed:
        return f"intact and up to date, encoded by {library.manifest.encoder.model}"
    advice = "Run `review-bot index`."
    try:
        reviews(context)
    except LibraryError as error:
        # Updating would fail, or empty the index.
        advice = str(error).splitlines()[0]
    raise CheckError(f"Out of date ({changed}). {advice}")


def reranker(context: Context) -> str:
    """Check that the reranker loads."""
    models = context.library().models
    if models.reranker_problem is not None:
        raise CheckError(models.reranker_problem)
    return "loaded" if models.reranker is not None else "none; answers use the encoder alone"


def thresholds(context: Context) -> str:
    """Check that the confidence thresholds are for the encoder and the reranker in use."""
    library = context.library()
    found = library.models.thresholds
    if not library.models.calibrated:
        raise CheckError(f"{library.manifest.encoder.model} is not calibrated. Run `review-bot calibrate`.")
    return f"answered from {found.answered:.2f}, nearest from {found.nearest:.2f}"
