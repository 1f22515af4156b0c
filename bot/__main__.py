"""Start the `review-bot` command; `python -m bot` does the same."""

from __future__ import annotations

import os
import signal
from typing import NoReturn

INTERRUPTED = 130


def main() -> NoReturn:
    """Import the command and run it. Ctrl-C during the import exits as quietly as afterwards."""
    # A KeyboardInterrupt raised in the middle of an import can surface as another error, so a handler exits instead.
    # There is nothing to clean up yet. A signal that is ignored, as some shells do in the background, stays ignored.
    handled = signal.getsignal(signal.SIGINT) is signal.default_int_handler
    if handled:
        signal.signal(signal.SIGINT, lambda *_: os._exit(INTERRUPTED))
    from bot.cli import app

    if handled:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    app.main()


if __name__ == "__main__":
    main()
