"""Where the running bot logs to: stderr, every line without tokens."""

from __future__ import annotations

import logging
from collections.abc import Iterable

from bot.redacting import Redacting

_FORM = "%(asctime)s %(levelname)s %(name)s: %(message)s"


def log_to_stderr(level: str, secrets: Iterable[str]) -> None:
    """Log from `level` on; `secrets` are never written out."""
    handler = logging.StreamHandler()
    handler.setFormatter(Redacting(_FORM, secrets))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
