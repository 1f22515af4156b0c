"""TBD."""

from __future__ import annotations

from collections.abc import Sequence

Collections = Sequence[str]
"""The collections that the asker may see; nothing outside them is ranked, counted, completed or named."""
