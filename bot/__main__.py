"""`python -m bot` is `review-bot`: what starts the command, and heeds Ctrl-C before there is anything else to do so."""

from __future__ import annotations

import os
import signal
from typing import NoReturn

INTERRUPTED = 130


def main() -> NoReturn:
    """Load the command and run it; interrupted while it is being loaded, end as quietly as afterwards."""
    # Not by catching KeyboardInterrupt: raised in the middle of an import, it may come out as another error. There is
    # nothing to clean up yet. Where the signal is ignored, as in the background of some shells, it stays so.
    heeded = signal.getsignal(signal.SIGINT) is signal.default_int_handler
    if heeded:
        signal.signal(signal.SIGINT, lambda *_: os._exit(INTERRUPTED))
    from bot.cli import app as cli

    if heeded:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    cli.main()


if __name__ == "__main__":
    main()
