"""A headless Chromium that photographs parts of a page, by the DevTools protocol.

The protocol: https://chromedevtools.github.io/devtools-protocol/.
"""

from __future__ import annotations

import asyncio
import json
import shutil
from base64 import b64decode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import aiohttp

_FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-component-update", "--hide-scrollbars", "--remote-debugging-port=0",
)  # fmt: skip
_PIXELS_PER_POINT = 1.5
_START = 30.0
"""Seconds that Chromium may take to start."""
_MEASURE = """
JSON.stringify([...document.querySelectorAll("section")].map(each => {
  const box = each.getBoundingClientRect();
  const parts = [...each.querySelectorAll("*")].map(part => part.getBoundingClientRect().right);
  return {name: each.id, x: box.x, y: Math.round(box.y), width: box.width, height: Math.round(box.height),
          beyond: Math.max(0, ...parts) - box.right, controls: each.querySelectorAll("button, .select").length};
}))
"""


class BrowserError(Exception):
    """Chromium failed."""


INSTALL = "apt-get install chromium fonts-noto-color-emoji fonts-noto-core"
"""Debian's packages for pictures. Without the fonts an emoji is an empty box."""


def find() -> str | None:
    """Return the path of Chromium, or None."""
    return shutil.which("chromium")


class Browser:
    """An open page."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket = socket
        self._calls = 0

    async def show(self, page: Path) -> list[dict[str, Any]]:
        """Open a page; return its sections.

        Each has its `name`, its `x`, `y`, `width` and `height`, by how much a part of it is `beyond` its right edge, in
        pixels of the page, and its `controls`, the number of buttons and menus.
        """
        await self._call("Page.enable")
        await self._call("Page.navigate", url=page.resolve().as_uri())
        await self._event("Page.loadEventFired")
        result = await self._call("Runtime.evaluate", expression=_MEASURE)
        sections: list[dict[str, Any]] = json.loads(result["result"]["value"])
        return sections

    async def photograph(self, x: float, y: float, width: float, height: float) -> bytes:
        """Return a part of the page as a PNG."""
        clip = {"x": x, "y": y, "width": width, "height": height, "scale": _PIXELS_PER_POINT}
        result = await self._call("Page.captureScreenshot", format="png", clip=clip, captureBeyondViewport=True)
        return b64decode(result["data"])

    async def _call(self, method: str, **parameters: Any) -> dict[str, Any]:
        self._calls += 1
        await self._socket.send_json({"id": self._calls, "method": method, "params": parameters})
        while True:
            said = await self._socket.receive_json()
            if said.get("id") == self._calls:
                if "error" in said:
                    raise BrowserError(f"{method}: {said['error']['message']}")
                result: dict[str, Any] = said["result"]
                return result

    async def _event(self, name: str) -> None:
        while (await self._socket.receive_json()).get("method") != name:
            pass


@asynccontextmanager
async def browsing(chromium: str) -> AsyncIterator[Browser]:
    """Start a Chromium with an empty profile, and end it afterwards.

    Raises:
        BrowserError: It doesn't start.
    """
    with TemporaryDirectory(prefix="chromium-", ignore_cleanup_errors=True) as profile:
        quiet = asyncio.subprocess.DEVNULL
        process = await asyncio.create_subprocess_exec(
            chromium, *_FLAGS, f"--user-data-dir={profile}", "about:blank", stdout=quiet, stderr=quiet
        )
        try:
            address = await _address(Path(profile) / "DevToolsActivePort", process)
            async with aiohttp.ClientSession() as session:
                async with session.get(f"{address}/json/list") as answer:
                    pages = [each for each in await answer.json() if each["type"] == "page"]
                async with session.ws_connect(pages[0]["webSocketDebuggerUrl"], max_msg_size=0) as socket:
                    yield Browser(socket)
        finally:
            if process.returncode is None:
                process.terminate()
            await process.wait()


async def _address(port_file: Path, process: asyncio.subprocess.Process) -> str:
    async def written() -> str:
        while not (port_file.exists() and port_file.read_text().count("\n")):
            if process.returncode is not None:
                raise BrowserError(f"Chromium ended with {process.returncode}")
            await asyncio.sleep(0.05)
        return f"http://127.0.0.1:{port_file.read_text().splitlines()[0]}"

    try:
        return await asyncio.wait_for(written(), _START)
    except TimeoutError:
        raise BrowserError("Chromium does not start") from None
