"""`python -m tests.discord.pictures.dashboard [--out DIR] [--minutes M]`: the dashboard with what a real run gives it.

The real program is asked in every way for some minutes, with faults (`tests.discord.soak`), and its metrics are read
every second. Each panel of `bot/deploy/grafana-dashboard.json` is then drawn from its own queries, in its own place and
units: a page, and a picture of it where there is a Chromium. It is no Grafana, but shows what the queries answer.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import math
import re
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from tempfile import TemporaryDirectory, gettempdir
from typing import Any

import aiohttp

from tests.discord.harness.club import furnish
from tests.discord.harness.programs import port
from tests.discord.pictures.browser import browsing, find
from tests.discord.pictures.promql import Scrape, evaluate
from tests.discord.soak import soak
from tests.project import ROOT

DASHBOARD = ROOT / "bot" / "deploy" / "grafana-dashboard.json"
INTERVAL = "$__rate_interval"
"""Grafana's variable, in the place of which it puts a duration."""
EVERY = 1.0
"""Seconds between two scrapes."""
WINDOW = 20
"""Seconds that a rate looks back in the picture."""

_COLUMN, _ROW, _GAP = 50, 36, 6
_COLOURS = (
    "#73bf69",
    "#f2cc0c",
    "#5794f2",
    "#ff9830",
    "#b877d9",
    "#f2495c",
    "#8ab8ff",
    "#c0d8ff",
    "#ffa6b0",
    "#96d98d",
)
_STYLE = f"""
body {{ margin: 0; background: #111217; color: #ccccdc; font: 12px/1.4 sans-serif; }}
section {{ position: relative; width: {24 * _COLUMN}px; }}
article {{ position: absolute; box-sizing: border-box; padding: 6px 8px; background: #181b1f; overflow: hidden;
           border: 1px solid #2c3235; border-radius: 3px; }}
h2 {{ margin: 0 0 4px; font-size: 12px; font-weight: 600; white-space: nowrap; }}
strong {{ font-size: 24px; font-weight: 500; white-space: nowrap; }}
.green {{ color: {_COLOURS[0]}; }}
.red {{ color: {_COLOURS[5]}; }}
svg {{ display: block; }}
text {{ fill: #8e8e99; font-size: 10px; }}
ul {{ margin: 2px 0 0; padding: 0; list-style: none; }}
li {{ display: inline-block; margin-right: 10px; white-space: nowrap; font-size: 11px; }}
i {{ display: inline-block; width: 10px; height: 3px; margin-right: 4px; vertical-align: middle; }}
"""


@dataclass(frozen=True, slots=True)
class Line:
    """What one series of a query gave: its name in the legend, and its values by time, without those that are none."""

    name: str
    values: tuple[tuple[float, float], ...]


def lines(panel: Mapping[str, Any], scrapes: Sequence[Scrape]) -> tuple[Line, ...]:
    """What a panel's queries give, scrape for scrape; series without any value are left out."""
    found = []
    for target in panel["targets"]:
        query = target["expr"].replace(INTERVAL, f"{WINDOW}s")
        values: dict[str, list[tuple[float, float]]] = {}
        for count in range(1, len(scrapes) + 1):
            for labels, value in evaluate(query, scrapes[:count]).items():
                if not math.isnan(value):
                    name = _legend(target.get("legendFormat", ""), labels)
                    values.setdefault(name, []).append((scrapes[count - 1].at, value))
        found += [Line(name, tuple(points)) for name, points in sorted(values.items())]
    return tuple(found)


def page(panels: Sequence[Mapping[str, Any]], scrapes: Sequence[Scrape]) -> str:
    """The dashboard as a page, with a single section."""
    bottom = max(panel["gridPos"]["y"] + panel["gridPos"]["h"] for panel in panels)
    drawn = "\n".join(_panel(panel, scrapes) for panel in panels)
    return f"""<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>Review Bot's dashboard</title>
<style>{_STYLE}</style>
<section id="dashboard" style="height: {bottom * _ROW}px">
{drawn}
</section>
</html>
"""


def in_unit(value: float, unit: str) -> str:
    """A number as a panel of that unit shows it."""
    match unit:
        case "s":
            return f"{value:.1f} s" if value >= 1 else f"{1000 * value:.3g} ms"
        case "percentunit":
            return f"{value:.1%}"
        case "bytes":
            return f"{value / 2**20:,.0f} MiB"
        case _:
            return f"{value:,.3g}" if abs(value) < 1000 else f"{value:,.0f}"


def _legend(form: str, labels: frozenset[tuple[str, str]]) -> str:
    known = dict(labels)
    return re.sub(r"\{\{(\w+)\}\}", lambda found: known.get(found[1], ""), form)


def _panel(panel: Mapping[str, Any], scrapes: Sequence[Scrape]) -> str:
    place = panel["gridPos"]
    width, height = place["w"] * _COLUMN - _GAP, place["h"] * _ROW - _GAP
    found = lines(panel, scrapes)
    drawn = _stat(panel, found) if panel["type"] == "stat" else "".join(_graph(panel, found, width - 18, height - 104))
    style = f"left: {place['x'] * _COLUMN}px; top: {place['y'] * _ROW}px; width: {width}px; height: {height}px"
    return f'<article style="{style}"><h2>{escape(panel["title"])}</h2>{drawn}</article>'


def _stat(panel: Mapping[str, Any], found: Sequence[Line]) -> str:
    if not found:
        return "<strong>No data</strong>"
    (line,) = found
    defaults = panel["fieldConfig"]["defaults"]
    value = line.values[-1][1]
    mapped = next((each["options"].get(f"{value:g}") for each in defaults.get("mappings", ())), None)
    if mapped is not None:
        return f'<strong class="{mapped["color"]}">{escape(mapped["text"])}</strong>'
    named = panel["options"]["textMode"] == "name"
    return f"<strong>{escape(line.name if named else in_unit(value, defaults['unit']))}</strong>"


def _graph(panel: Mapping[str, Any], found: Sequence[Line], width: int, height: int) -> Iterator[str]:
    unit = panel["fieldConfig"]["defaults"]["unit"]
    points = [point for line in found for point in line.values]
    if not points:
        yield "<p>No data</p>"
        return
    begun, ended = min(at for at, _ in points), max(at for at, _ in points)
    most = max(value for _, value in points) or 1.0
    yield f'<svg viewBox="0 -14 {width} {height + 28}" width="{width}" height="{height + 28}">'
    yield f'<path d="M0 {height}H{width}M0 1H{width}" stroke="#2c3235"/>'
    for line, colour in zip(found, _COLOURS * len(found), strict=False):
        path = " ".join(
            f"{width * (at - begun) / ((ended - begun) or 1):.1f},{height - (height - 2) * value / most:.1f}"
            for at, value in line.values
        )
        yield f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="1.5"/>'
    yield f'<text x="0" y="-3">{escape(in_unit(most, unit))}</text>'
    yield f'<text x="{width}" y="{height + 12}" text-anchor="end">{ended - begun:.0f} s</text></svg><ul>'
    for line, colour in zip(found, _COLOURS * len(found), strict=False):
        last = escape(f"{line.name}: {in_unit(line.values[-1][1], unit)}")
        yield f'<li><i style="background: {colour}"></i>{last}</li>'
    yield "</ul>"


async def scraped(url: str, scrapes: list[Scrape]) -> None:
    """Read the metrics again and again, until cancelled; while there are none yet, or no more, that is waited for."""
    async with aiohttp.ClientSession() as http:
        while True:
            try:
                async with http.get(url) as response:
                    scrapes.append(Scrape.of(time.time(), await response.text()))
            except aiohttp.ClientError:
                pass
            await asyncio.sleep(EVERY)


async def watched(minutes: float, data: Path, folder: Path) -> tuple[Scrape, ...]:
    """What a run exposes that is asked twice a second."""
    scrapes: list[Scrape] = []
    with port() as number:
        scraping = asyncio.create_task(scraped(f"http://127.0.0.1:{number}/metrics", scrapes))
        await soak(minutes, 2.0, 1, data, folder, health_port=number)
        scraping.cancel()
    return tuple(scrapes)


async def photograph(chromium: str, page: Path) -> None:
    """A picture of the page beside it."""
    async with browsing(chromium) as browser:
        (section,) = await browser.show(page)
        size = (section[key] for key in ("x", "y", "width", "height"))
        page.with_suffix(".png").write_bytes(await browser.photograph(*size))


def main() -> int:
    """Write the page, and the picture where there is a Chromium to take it."""
    parser = argparse.ArgumentParser(prog="python -m tests.discord.pictures.dashboard", description=main.__doc__)
    parser.add_argument("--out", type=Path, default=Path(gettempdir()) / "review-bot-pictures", metavar="DIR")
    parser.add_argument("--minutes", type=float, default=2.0, metavar="M")
    chosen = parser.parse_args()
    with TemporaryDirectory() as folder:
        data = Path(folder) / "data"
        furnish(data)
        scrapes = asyncio.run(watched(chosen.minutes, data, Path(folder)))
    out: Path = chosen.out / "dashboard.html"
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(page(json.loads(DASHBOARD.read_text(encoding="utf-8"))["panels"], scrapes), encoding="utf-8")
    chromium = find()
    if chromium is not None:
        asyncio.run(photograph(chromium, out))
    sys.stdout.write(
        f"{out}, of {len(scrapes)} scrapes{'' if chromium else '; no picture, for there is no Chromium'}\n"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
