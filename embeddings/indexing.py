"""Bringing a data directory's index up to date with its reviews: what `Library.build` does before it opens the index.

Asking imports none of this: readers of files, splitters, and, to export a model, PyTorch.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from embeddings import index as layout
from embeddings.building import Progress, build_index, writing
from embeddings.encoding import Encoder
from embeddings.errors import (
    IndexDamagedError,
    IndexMissingError,
    IndexVersionError,
    ModelMissingError,
    NoReviewsError,
    ReviewFilesError,
)
from embeddings.export import open_encoder, prepare_encoder
from embeddings.folders import REVIEWS
from embeddings.freshness import shared_reviews_lost
from embeddings.half_precision import HalfPrecisionEncoder
from embeddings.manifest import BF16, BY_SIZE, EXACT, Manifest
from embeddings.records import SHARED
from embeddings.sources import Sources, read_sources
from embeddings.weights import find_model

Notify = Callable[[str], None]
"""Called with one line for the person at the terminal."""


def bring_up_to_date(
    data: Path,
    *,
    model: str | None,
    allow_download: bool,
    rebuild: bool,
    exact: bool | None,
    half: bool | None,
    skip_broken: bool,
    wait: float,
    notify: Notify,
    progress: Progress | None,
) -> tuple[Manifest, Encoder]:
    """Index what was added or changed, and leave out what is gone; return what was indexed, and with what.

    The arguments and the errors are those of `Library.build`.
    """
    directory = data / layout.DIRECTORY
    sources = _sources(data, readable(directory), rebuild=rebuild, skip_broken=skip_broken, notify=notify)
    with writing(directory, wait=wait):
        previous = readable(directory)
        wanted = model or (previous.encoder.model if previous is not None else None)
        vectors = previous.vectors if previous is not None and exact is None else EXACT if exact else BY_SIZE
        if half is None:
            half = previous is not None and previous.precision == BF16
        if rebuild:
            previous = None
        try:
            weights = find_model(wanted, allow_download=allow_download).weights
        except ModelMissingError:
            # A small installation has no model, but what was made of it is with the index.
            if previous is None or wanted != previous.encoder.model:
                raise
            folder = previous.encoder_folder
            encoder = open_encoder(directory / folder, previous.encoder)
        else:
            folder = f"{layout.ENCODERS}/{weights[:16]}"
            encoder = prepare_encoder(wanted, directory / folder, notify=notify, allow_download=allow_download)
        manifest = build_index(
            directory,
            sources.collections,
            encoder,
            folder,
            previous=previous,
            vectors=vectors,
            half=HalfPrecisionEncoder(encoder, allow_download=allow_download) if half else None,
            progress=progress,
        )
    return manifest, encoder


def readable(directory: Path) -> Manifest | None:
    """What can be taken over from; None where there is nothing, or nothing that can be read: it is built anew."""
    try:
        return Manifest.open(directory)
    except (IndexMissingError, IndexVersionError, IndexDamagedError):
        return None


def _sources(data: Path, before: Manifest | None, *, rebuild: bool, skip_broken: bool, notify: Notify) -> Sources:
    """The reviews to index, unless something about them must be put right first."""
    sources = read_sources(data, None if rebuild else before)
    if sources.errors and not skip_broken:
        raise ReviewFilesError(sources.errors)
    for error in sources.errors:
        notify(f"left out: {error}")
    if not sources.count:
        raise NoReviewsError(f"{data / REVIEWS}: there are no reviews; put a .md or .txt file there")
    found = SHARED in sources.collections
    lost = shared_reviews_lost(data, before, found=found) if before is not None else None
    # An empty folder may be meant, and to rebuild is to say so; one that is missing never is.
    if lost is not None and not (rebuild and (data / REVIEWS).is_dir()):
        raise NoReviewsError(
            f"{lost} (where an empty folder is meant, run `review-bot index --rebuild`); the index stays as it was"
        )
    return sources
