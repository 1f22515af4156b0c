"""Pages of scenes, and pictures of pages."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.bot.fixtures.checks import bodies
from tests.discord.pictures.browser import browsing
from tests.discord.pictures.page import Screen, page
from tests.discord.pictures.scenes import Scene

FORMS = ("v2", "embed")
DEVICES = ("phone", "desktop")
THEMES = ("dark", "light")


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture of a message.

    Attributes:
        path: the file.
        beyond: by how many pixels something in it is too wide.
        width: its width, in pixels of the page.
        height: its height, in pixels of the page.
        controls: how many buttons and menus it shows.
    """

    path: Path
    beyond: float
    width: int
    height: int
    controls: int


def record(pictures: Iterable[Picture], *, page: str = "v2-phone-dark") -> dict[str, object]:
    """Return the size of each picture of a page, and its controls, for JSON."""
    return {
        "pictures": [
            {"name": each.path.stem, "width": each.width, "height": each.height, "controls": each.controls}
            for each in pictures
            if each.path.parent.name == page
        ]
    }


def pages(scenes: Sequence[Scene], out: Path) -> tuple[Path, ...]:
    """Write a page with all scenes for each form, device and theme; return their paths in `out`."""
    out.mkdir(parents=True, exist_ok=True)
    made = [(scene, bodies(scene.message)) for scene in scenes]
    written = []
    for number, form in enumerate(FORMS):
        screens = [Screen(scene.name, scene.asked, both[number], scene.message.private) for scene, both in made]
        for device in DEVICES:
            for theme in THEMES:
                path = out / f"{form}-{device}-{theme}.html"
                path.write_text(page(screens, theme=theme, device=device), encoding="utf-8")
                written.append(path)
    return tuple(written)


async def photograph_all(chromium: str, pages: Iterable[Path]) -> tuple[Picture, ...]:
    """Take a picture of every message of every page, in a folder beside it, and one of the whole page.

    Raises:
        BrowserError: Chromium fails.
    """
    taken = []
    async with browsing(chromium) as browser:
        for each in pages:
            folder = each.with_suffix("")
            folder.mkdir(exist_ok=True)
            sections = await browser.show(each)
            for section in sections:
                path = folder / f"{section['name']}.png"
                box = (section[key] for key in ("x", "y", "width", "height"))
                path.write_bytes(await browser.photograph(*box))
                sizes = (round(section[key]) for key in ("beyond", "width", "height", "controls"))
                taken.append(Picture(path, *sizes))
            width = max(section["x"] + section["width"] for section in sections) + 16
            height = max(section["y"] + section["height"] for section in sections) + 16
            each.with_suffix(".png").write_bytes(await browser.photograph(0, 0, width, height))
    return tuple(taken)
