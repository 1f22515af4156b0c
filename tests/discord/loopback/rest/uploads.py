"""Files that people upload with a slash command, and the server that hands them out (Discord's CDN)."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path
from urllib.parse import quote

from aiohttp import hdrs, web

from tests.discord.loopback.faults import Faults
from tests.discord.loopback.gateway import abort
from tests.discord.loopback.state.world import Json, Uploaded, World

TEMPLATE = "/ephemeral-attachments/{application_id}/{attachment_id}/{filename}"
_LEFT_OUT = re.compile(r"[^A-Za-z0-9._-]")
_AT_ONCE = 65_536


def announced(world: World, file: Uploaded) -> Json:
    """The attachment object, as an interaction's `resolved` has it.

    Discord leaves out of a file's name what is not plain, and then gives the name without its ending as the title.
    """
    plain = _LEFT_OUT.sub("", file.name.replace(" ", "_"))
    place = f"{world.cdn}/ephemeral-attachments/{world.application_id}/{file.id}/{quote(plain)}"
    data: Json = {
        "id": str(file.id),
        "filename": plain,
        "size": file.announced,
        "url": f"{place}?ex=0&is=0&hm=0&",
        "proxy_url": f"{place}?ex=0&is=0&hm=0&",
        "content_type": "text/plain; charset=utf-8",
        "ephemeral": True,
    }
    return data if plain == file.name else data | {"title": Path(file.name).stem}


class Cdn:
    """Hands uploads out; it asks nobody for a token."""

    def __init__(self, world: World, faults: Faults) -> None:
        self._world = world
        self._faults = faults

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """One download. Its length isn't told beforehand, so that whoever reads has to count."""
        if hdrs.AUTHORIZATION in request.headers:
            raise web.HTTPBadRequest(text="the bot's token has no business here")
        fault = self._faults.strike("GET", TEMPLATE)
        if fault is not None:
            await asyncio.sleep(fault.seconds)
            if fault.kind == "status":
                raise web.HTTPServiceUnavailable if fault.status >= 500 else web.HTTPNotFound
            if fault.kind != "delay":
                abort(request.transport)
        file = self._world.uploads.get(int(request.match_info["attachment_id"]))
        if file is None:
            raise web.HTTPNotFound
        response = web.StreamResponse()
        await response.prepare(request)
        try:
            for _ in range(file.times):
                for start in range(0, len(file.content), _AT_ONCE):
                    await response.write(file.content[start : start + _AT_ONCE])
        except ConnectionError:
            # Whoever reads has read enough.
            return response
        await response.write_eof()
        return response
