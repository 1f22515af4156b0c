"""`python -m tests.bot.cli.picture FILE`: photograph `review-bot doctor` in a terminal.

It runs in a folder of its own, whose token isn't one. `bot/docs/pictures/doctor.png` is made by it. It needs Debian's
package `chromium`.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
from contextlib import chdir, suppress
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory

from rich.console import Console
from rich.terminal_theme import MONOKAI
from rich.text import Text

from embeddings.library import Library
from tests.discord.pictures.browser import INSTALL, browsing, find
from tests.project import furnish

COLUMNS = 102

_PAGE = """<meta charset="utf-8"><style>
body {{ margin: 0 }}
section {{ width: 980px; padding: 14px 18px; box-sizing: border-box; background: #1e1f24; color: #f2f2f2;
  font: 15px/1.45 "DejaVu Sans Mono", monospace; white-space: pre }}
</style><section id="doctor"><b>$ review-bot doctor</b>
{code}</section>"""


def main() -> int:
    """Write the picture."""
    parser = argparse.ArgumentParser(prog="python -m tests.bot.cli.picture", description=main.__doc__)
    parser.add_argument("file", type=Path, metavar="FILE")
    file: Path = parser.parse_args().file.absolute()
    chromium = find()
    if chromium is None:
        sys.stderr.write(f"There is no Chromium to take pictures: `{INSTALL}`\n")
        return 1
    with TemporaryDirectory() as folder, chdir(folder):
        page = Path(folder) / "doctor.html"
        page.write_text(_PAGE.format(code=_html(_shown())), encoding="utf-8")
        file.write_bytes(asyncio.run(_photograph(chromium, page)))
    return 0


def _shown() -> str:
    """Return what a terminal shows of `doctor`, in a new data folder in the current one."""
    data = Path("data")
    Library.build(furnish(data)).close()
    (data / "token").write_text("abc\n", encoding="utf-8")
    (data / "token").chmod(0o600)
    # Only here, because the first takes the data folder that there is now as the default.
    from bot.cli.app import main as run
    from tests.bot.cli.terminal import terminal_here

    os.environ["TERM"] = "xterm-256color"
    with terminal_here(COLUMNS) as screen, suppress(SystemExit):
        run(["doctor"])
    return screen.shown


def _html(shown: str) -> str:
    console = Console(record=True, width=COLUMNS, file=StringIO())
    console.print(Text.from_ansi(shown.rstrip()))
    return console.export_html(theme=MONOKAI, inline_styles=True, code_format="{code}").rstrip()


async def _photograph(chromium: str, page: Path) -> bytes:
    async with browsing(chromium) as browser:
        (section,) = await browser.show(page)
        return await browser.photograph(*(section[key] for key in ("x", "y", "width", "height")))


if __name__ == "__main__":
    sys.exit(main())
