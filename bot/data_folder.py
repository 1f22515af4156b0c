"""The data folder that is used if none is named, and the example review that comes with the program."""

from __future__ import annotations

from pathlib import Path

_HERE = Path("data")
_PACKAGED = Path(__file__).with_name("example")
_IN_CLONE = Path(__file__).parents[1] / "data" / "reviews"
_EXAMPLE = "never-let-me-go.md"


def default_data_folder() -> Path:
    """Return the folder `data` here, as in a clone, or else the user's own folder for this program.

    The user's own is in `~/.local/share` on Linux, `~/Library/Application Support` on macOS and `%LOCALAPPDATA%` on
    Windows.
    """
    if _HERE.is_dir():
        return _HERE
    # Imported here because most calls do not need it.
    from platformdirs import user_data_path

    return user_data_path("review-bot", appauthor=False)


def example_review() -> Path:
    """Return the file of the example review: from the installed package, or from the clone that is run in place."""
    packaged = _PACKAGED / _EXAMPLE
    return packaged if packaged.is_file() else _IN_CLONE / _EXAMPLE
