"""`python -m tests.discord.pictures [--out DIR]`: pages and pictures of the bot's messages.

For each way of looking (form, device, theme) a page with all messages, a picture of the whole page, and one of each
message. Debian's packages `fonts-noto-color-emoji` and `fonts-noto-core` have to be there beside `chromium`: without
them each emoji is an empty box. `bot/pictures/answer.png` is its `v2-phone-dark/answered.png`, and
`upload.png` its `v2-phone-dark/upload.png`.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from pathlib import Path
from tempfile import TemporaryDirectory, gettempdir

from tests.discord.pictures.browser import INSTALL, find
from tests.discord.pictures.scenes import library, scenes
from tests.discord.pictures.taking import pages, photograph_all


def main() -> int:
    """Write the pages, and the pictures where there is a Chromium to take them."""
    parser = argparse.ArgumentParser(prog="python -m tests.discord.pictures", description=main.__doc__)
    parser.add_argument("--out", type=Path, default=Path(gettempdir()) / "review-bot-pictures", metavar="DIR")
    out: Path = parser.parse_args().out
    with TemporaryDirectory() as data:
        opened = library(Path(data))
        written = pages(scenes(opened), out)
        opened.close()
    chromium = find()
    if chromium is None:
        sys.stdout.write(f"{len(written)} pages in {out}; no pictures, for there is no Chromium (`{INSTALL}`)\n")
        return 0
    taken = asyncio.run(photograph_all(chromium, written))
    sys.stdout.write(f"{len(written)} pages and {len(taken)} pictures in {out}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
