"""`python -m tests.discord.pictures [--out DIR] [--json FILE]`: draw the bot's messages.

It writes a page with all messages for each form, device and theme, a picture of the page, and one of each message.
`--json` writes the size of each message on a phone, in pixels, and how many controls it has. Pictures
need Debian's packages `chromium`, `fonts-noto-color-emoji` and `fonts-noto-core`; without the fonts each emoji is an
empty box. `bot/docs/pictures/answer.png` is its `v2-phone-dark/answered.png`, and `upload.png` its
`v2-phone-dark/upload.png`.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from pathlib import Path
from tempfile import TemporaryDirectory, gettempdir

from embeddings.library import Library
from tests.discord.harness.club import furnish
from tests.discord.pictures.browser import INSTALL, find
from tests.discord.pictures.photographs import pages, photograph_all, record
from tests.discord.pictures.scenes import scenes


def main() -> int:
    """Write the pages, and the pictures if there is a Chromium."""
    parser = argparse.ArgumentParser(prog="python -m tests.discord.pictures", description=main.__doc__)
    parser.add_argument("--out", type=Path, default=Path(gettempdir()) / "review-bot-pictures", metavar="DIR")
    parser.add_argument("--json", type=Path, metavar="FILE")
    arguments = parser.parse_args()
    out: Path = arguments.out
    with TemporaryDirectory() as folder:
        data = Path(folder) / "data"
        furnish(data)
        library = Library.open(data)
        written = pages(scenes(library), out)
        library.close()
    chromium = find()
    if chromium is None:
        sys.stdout.write(f"{len(written)} pages in {out}. There is no Chromium to take pictures: `{INSTALL}`\n")
        return 0 if arguments.json is None else 1
    taken = asyncio.run(photograph_all(chromium, written))
    if arguments.json is not None:
        arguments.json.write_text(json.dumps(record(taken), indent=1) + "\n", encoding="utf-8")
    sys.stdout.write(f"{len(written)} pages and {len(taken)} pictures in {out}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
