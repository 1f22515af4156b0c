"""Files that users upload with a slash command, and the server that hands them out (Discord's CDN)."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path
from urllib.parse import quote

from aiohttp import hdrs, web

from tests.discord.loopback.faults import Faults
from tests.discord.loopback.gateway import abort
from tests.discord.loopback.state.objects import Json, Upload
from tests.discord.loopback.state.world import World

TEMPLATE = "/ephemeral-attachments/{application_id}/{attachment_id}/{filename}"
_LEFT_OUT = re.compile(r"[^A-Za-z0-9._-]")
_CHUNK = 65_536  # bytes


def attachment(world: World, file: Upload) -> Json:
    """Return the attachment object of an interaction's `resolved`.

    Discord leaves all but plain characters out of a file's name, and then gives the whole stem as the title.
    """
    plain = _LEFT_OUT.sub("", file.name.replace(" ", "_"))
    url = f"{world.cdn}/ephemeral-attachments/{world.application_id}/{file.id}/{quote(plain)}?ex=0&is=0&hm=0&"
    data: Json = {
        "id": str(file.id),
        "filename": plain,
        "size": file.announced,
        "url": url,
        "proxy_url": url,
        "content_type": "text/plain; charset=utf-8",
        "ephemeral": True,
    }
    return data if plain == file.name else data | {"title": Path(file.name).stem}


class Cdn:
    """Hands uploads out. It refuses requests that carry the bot's token."""

    def __init__(self, world: World, faults: Faults) -> None:
        self._world = world
        self._faults = faults

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Answer a download. It announces no length, so that the client has to count."""
        if hdrs.AUTHORIZATION in request.headers:
            raise web.HTTPBadRequest(text="The bot must not send its token here.")
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
                for start in range(0, len(file.content), _CHUNK):
                    await response.write(file.content[start : start + _CHUNK])
        except ConnectionError:
            # The client has read enough.
            return response
        await response.write_eof()
        return response
