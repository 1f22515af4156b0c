"""Files that members bring: fetched and examined one at a time, and kept in memory until they are confirmed."""

from __future__ import annotations

import asyncio
import secrets
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

import aiohttp

from bot.config import MAX_UPLOADS, MAX_WAITING_UPLOADS, UPLOAD_CHUNK, UPLOAD_LIFETIME, UPLOAD_RETRY_PAUSE, UPLOAD_TRIES
from bot.services.engine import BusyError
from embeddings import ConversionError, ConvertedFile, convert_in_sandbox, file_too_large, max_file_bytes

CDN: tuple[str, ...] = ("https://cdn.discordapp.com/", "https://media.discordapp.net/")
"""Where Discord keeps uploads; nothing is fetched from anywhere else."""


_WITHIN = aiohttp.ClientTimeout(total=60, sock_connect=10, sock_read=20)


async def download(url: str, size: int) -> bytes:
    """A file of exactly `size` bytes; reading ends where there are more.

    Raises:
        ConversionError: it can't be fetched, or has another size.
    """
    if not url.startswith(CDN):
        raise ConversionError("this file is not one that was uploaded to Discord")
    for tries_left in reversed(range(UPLOAD_TRIES)):
        try:
            return await _fetched(url, size)
        except (aiohttp.ClientError, TimeoutError, OSError):
            if not tries_left:
                break
            await asyncio.sleep(UPLOAD_RETRY_PAUSE)
    raise ConversionError("Discord does not hand this file out; upload it again")


async def _fetched(url: str, size: int) -> bytes:
    # A session without the bot's token, and without decompressing: what was announced is what is counted.
    async with (
        aiohttp.ClientSession(timeout=_WITHIN, auto_decompress=False) as session,
        session.get(url, allow_redirects=False, headers={"Accept-Encoding": "identity"}) as response,
    ):
        if response.status != 200:
            response.raise_for_status()
            raise aiohttp.ClientError(f"status {response.status}")
        parts = []
        read = 0
        async for part in response.content.iter_chunked(UPLOAD_CHUNK):
            read += len(part)
            if read > size:
                break
            parts.append(part)
    if read != size:
        raise ConversionError(f"what Discord hands out is not the {size:,} bytes that it announced; upload it again")
    return b"".join(parts)


_KEY_BYTES = 9


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that could be added.

    Attributes:
        member: the id of who brought it.
        server: the id of the server that it is for.
        candidate: what it would become.
        replaces: the digest of the review file that it would replace, or None.
    """

    member: int
    server: int
    candidate: ConvertedFile
    replaces: str | None


class Uploads:
    """What has been uploaded and not yet been confirmed. For the event loop.

    Args:
        clock: seconds, rising.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._kept: OrderedDict[str, tuple[float, Upload]] = OrderedDict()
        self._turn = asyncio.Semaphore(1)
        self._waiting = 0

    async def examine(self, url: str, size: int, name: str, *, slug: str | None, collection: str) -> ConvertedFile:
        """Fetch a file and find out what review it would become.

        Args:
            url: where Discord keeps it.
            size: how many bytes Discord says that it has.
            name: its name.
            slug: what to call the review, or None for its own name.
            collection: where it would belong.

        Raises:
            BusyError: too many are waiting.
            ConversionError: it can't become a review.
        """
        if size > max_file_bytes(name):
            raise file_too_large(name)
        if self._waiting >= MAX_WAITING_UPLOADS:
            raise BusyError("too many uploads are waiting; try again in a moment")
        self._waiting += 1
        try:
            async with self._turn:
                data = await download(url, size)
                return await asyncio.to_thread(convert_in_sandbox, data, name, slug=slug, collection=collection)
        finally:
            self._waiting -= 1

    def put(self, upload: Upload) -> str:
        """Keep an upload; the key by which its buttons know it."""
        key = secrets.token_urlsafe(_KEY_BYTES)
        self._kept[key] = (self._clock() + UPLOAD_LIFETIME, upload)
        while len(self._kept) > MAX_UPLOADS:
            self._kept.popitem(last=False)
        return key

    def forget(self, member: int) -> None:
        """Let go of what a member has uploaded."""
        for key in [key for key, (_, upload) in self._kept.items() if upload.member == member]:
            del self._kept[key]

    def take(self, key: str, member: int, server: int | None) -> Upload | None:
        """The upload of that key, which is not kept any longer; None where it is gone, or somebody else's."""
        until, upload = self._kept.get(key, (0.0, None))
        if upload is None or (upload.member, upload.server) != (member, server):
            return None
        del self._kept[key]
        return upload if self._clock() < until else None
