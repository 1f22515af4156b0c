"""The options of a build."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypedDict

Progress = Callable[[int, int], None]
"""Called with the number of characters encoded so far, and of all to encode. Encoding time follows characters, not
texts."""

Notify = Callable[[str], None]
"""Called with one line for the person at the terminal."""


class BuildOptions(TypedDict, total=False):
    """The options of `Library.build`."""

    model: str | None  # the encoder, by path or name; None keeps the index's, or takes the default for a new one
    allow_download: bool  # whether a model that isn't on this machine may be downloaded
    rebuild: bool  # whether everything is encoded again, whatever the old index has
    exact: bool | None  # whether all vectors are scanned, however many there are; None keeps what the index has
    bf16: bool | None  # whether the reviews are encoded in bfloat16; None keeps what the index has
    strict: bool  # whether a file that can't be read changes nothing, instead of being left out
    split_by_heading: bool | None  # whether round-ups are several reviews; None keeps what the index has
    wait: float  # seconds to wait for another writer
    notify: Notify  # called with one line about what was left out or done in another way than asked
    progress: Progress | None  # called with how much is encoded
