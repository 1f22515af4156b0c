"""Discord's ids, as numbers and as names of folders."""

from __future__ import annotations

import re

LARGEST_ID = 2**63 - 1
"""What the database can note. Discord's ids are 64 bits wide, and will not need the last of them before 2084."""

_WRITTEN = re.compile(r"[1-9][0-9]{0,18}")


def id_from(text: str) -> int | None:
    """The id that a text is, exactly as the id would be written; None where it is none."""
    if not _WRITTEN.fullmatch(text):
        return None
    number = int(text)
    return number if number <= LARGEST_ID else None
