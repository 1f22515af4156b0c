"""Check Python, the packages and the model's weights.

Each check imports what it needs, so that a broken package fails only the checks that use it.
"""

from __future__ import annotations

import platform
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

from bot.cli.doctor.check import CheckError, Context

if TYPE_CHECKING:
    from embeddings import Weights

_PROGRAM = "review-bot"

OPTIONAL = frozenset(
    {
        "huggingface-hub",
        "ir-measures",
        "onnx",
        "scipy",
        "sentence-transformers",
        "torch",
        "transformers",
    }
)
"""Packages that only other models, bfloat16 and measuring need. The small installation omits them."""


def python(_: Context) -> str:
    """Check that this Python is a tested one."""
    from packaging.specifiers import SpecifierSet

    wanted = metadata.metadata(_PROGRAM)["Requires-Python"]
    found = platform.python_version()
    if found not in SpecifierSet(wanted):
        raise CheckError(f"Python {found} is not supported. Install review-bot with Python {wanted}.")
    return found


def packages(_: Context) -> str:
    """Check that every package is installed in a tested release, and tell a full installation from a small one."""
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
            others.append(f"{requirement.name} {found} (needs {requirement.specifier})")
    wrong = [*others, *(f"{name} (missing)" for name in missing if name not in OPTIONAL)]
    if wrong:
        raise CheckError(f"Wrong packages: {', '.join(wrong)}. Run `pip install .` in the clone of review-bot.")
    if missing:
        return (
            f"a small installation, {count - len(missing)} of {count}; other models and measuring need "
            f"{', '.join(missing)}"
        )
    return f"a full installation, all {count}"


def digest_weights(data: Path) -> Weights:
    """Read the model's weights and compare them with the expected ones. The errors are those of `check_weights`."""
    from embeddings import check_weights

    return check_weights(data)


def weights(context: Context) -> str:
    """Check that the model's weights are the expected ones, byte for byte."""
    found = context.result(digest_weights)
    whose = "pinned" if found.default else "of your own model"
    return f"{whose}, SHA-256 {found.digest[:16]}…{', stored with the index' if found.from_index else ''}"
