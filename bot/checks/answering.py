"""What is answered from: the reviews, their index, the thresholds.

What a check needs is imported within it: a package that is broken then costs only the checks that need it.
"""

from __future__ import annotations

from bot.checks.checking import CheckError, Circumstances
from embeddings.folders import REVIEWS

_NAMED = 3
"""How many changed reviews are named."""


def reviews(circumstances: Circumstances) -> str:
    """Whether every review can be read."""
    from embeddings.sources import read_sources

    found = read_sources(circumstances.data)
    if found.errors:
        others = f" (and {len(found.errors) - 1} more)" if len(found.errors) > 1 else ""
        raise CheckError(f"{found.errors[0]}{others}; mend the file or move it away")
    if not found.count:
        raise CheckError(f"{circumstances.data / REVIEWS}: there are no reviews; put a .md or .txt file there")
    return f"{found.count}, all can be read"


def index(circumstances: Circumstances) -> str:
    """Whether the index is whole, and agrees with the reviews."""
    from embeddings.encoding import ONNX, verify
    from embeddings.library import Library

    library = Library.open(circumstances.data)
    try:
        if library.manifest.encoder.runtime == ONNX:
            verify(library.directory / library.manifest.encoder_folder)
            library.encoder.count_tokens([""])
        changed = library.outdated()
    finally:
        library.close()
    if changed:
        named = ", ".join(changed[:_NAMED]) + (f" and {len(changed) - _NAMED} more" if len(changed) > _NAMED else "")
        raise CheckError(f"out of date ({named}); run `review-bot index`")
    return f"whole and up to date, encoded by {library.manifest.encoder.model}"


def reader(circumstances: Circumstances) -> str:
    """Whether what reads the closest sentences again can be had."""
    from embeddings.library import Library

    library = Library.open(circumstances.data)
    try:
        if library.reader_problem is not None:
            raise CheckError(library.reader_problem)
        return "at hand" if library.reader is not None else "none; answers come from the encoder alone"
    finally:
        library.close()


def thresholds(circumstances: Circumstances) -> str:
    """Whether what counts as an answer was chosen for the encoder and the reader that answer."""
    from embeddings.library import Library

    library = Library.open(circumstances.data)
    try:
        found = library.thresholds
        if not library.calibrated:
            raise CheckError(f"nobody has calibrated {library.manifest.encoder.model}; run `review-bot calibrate`")
        return f"answered from {found.answered:.2f}, nearest from {found.nearest:.2f}"
    finally:
        library.close()
