"""Files that members upload: downloaded and converted one at a time, and stored in memory until they are confirmed."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

import aiohttp
import stamina
from cachetools import TTLCache

from bot.config import (
    MAX_UPLOADS,
    MAX_WAITING_UPLOADS,
    UPLOAD_CHUNK,
    UPLOAD_CONNECT_TIMEOUT,
    UPLOAD_LIFETIME,
    UPLOAD_READ_TIMEOUT,
    UPLOAD_RETRY_PAUSE,
    UPLOAD_TIMEOUT,
    UPLOAD_TRIES,
)
from bot.services.engine import BusyError
from embeddings import (
    ConversionError,
    ConvertedFile,
    ReviewFields,
    convert_in_sandbox,
    edit_in_sandbox,
    file_too_large,
    max_file_bytes,
)

CDN: tuple[str, ...] = ("https://cdn.discordapp.com/", "https://media.discordapp.net/")
"""Where Discord stores uploads. Nothing is downloaded from anywhere else."""

_NETWORK_ERRORS = (aiohttp.ClientError, TimeoutError, OSError)
_KEY_BYTES = 9


@dataclass(frozen=True, slots=True)
class Upload:
    """A converted file that waits for its confirmation.

    Attributes:
        member: the id of the member who uploaded it.
        server: the id of the server that it is for.
        candidate: the review that it would become.
        replaces: the digest of the review file that it would replace, or None.
    """

    member: int
    server: int
    candidate: ConvertedFile
    replaces: str | None


class Uploads:
    """The uploads that wait for their confirmation. For the event loop.

    Args:
        clock: a monotonic clock, in seconds.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._uploads: TTLCache[str, Upload] = TTLCache(MAX_UPLOADS, UPLOAD_LIFETIME, clock)
        self._turn = asyncio.Semaphore(1)
        self._waiting = 0

    async def examine(self, url: str, size: int, name: str, *, slug: str | None, collection: str) -> ConvertedFile:
        """Download a file and convert it to a review.

        Args:
            url: where Discord stores it.
            size: its size in bytes, as Discord announces it.
            name: its name.
            slug: the review's slug, or None to take it from the name.
            collection: the review's collection.

        Raises:
            BusyError: too many uploads are waiting.
            ConversionError: the file can't become a review.
        """
        if size > max_file_bytes(name):
            raise file_too_large(name)
        async with self._its_turn():
            data = await download(url, size)
            return await asyncio.to_thread(convert_in_sandbox, data, name, slug=slug, collection=collection)

    async def edit(self, data: bytes, name: str, fields: ReviewFields, *, slug: str, collection: str) -> ConvertedFile:
        """Return the review of a Markdown file with other fields. Its text stays.

        Args:
            data: the file.
            name: its name.
            fields: what to set of the review.
            slug: the review's slug.
            collection: the review's collection.

        Raises:
            BusyError: too many uploads are waiting.
            ConversionError: the fields can't be set.
        """
        async with self._its_turn():
            return await asyncio.to_thread(edit_in_sandbox, data, name, fields, slug=slug, collection=collection)

    def put(self, upload: Upload) -> str:
        """Store an upload. Return the key that its buttons carry."""
        key = secrets.token_urlsafe(_KEY_BYTES)
        self._uploads[key] = upload
        return key

    def take(self, key: str, member: int, server: int | None) -> Upload | None:
        """Remove and return an upload. None if it has expired or is somebody else's."""
        upload = self._uploads.get(key)
        if upload is None or (upload.member, upload.server) != (member, server):
            return None
        return self._uploads.pop(key)

    def forget(self, member: int) -> None:
        """Remove a member's uploads."""
        for key, upload in self._uploads.items():
            if upload.member == member:
                del self._uploads[key]

    @asynccontextmanager
    async def _its_turn(self) -> AsyncIterator[None]:
        """Wait until no other file is converted."""
        if self._waiting >= MAX_WAITING_UPLOADS:
            raise BusyError("Too many uploads are waiting. Try again in a moment.")
        self._waiting += 1
        try:
            async with self._turn:
                yield
        finally:
            self._waiting -= 1


async def download(url: str, size: int) -> bytes:
    """Download a file of exactly `size` bytes.

    Raises:
        ConversionError: it can't be downloaded, or has another size.
    """
    if not url.startswith(CDN):
        raise ConversionError("This file was not uploaded to Discord.")
    try:
        return await _download(url, size)
    except _NETWORK_ERRORS:
        raise ConversionError("Discord does not deliver this file. Upload it again.") from None


@stamina.retry(
    on=_NETWORK_ERRORS,
    attempts=UPLOAD_TRIES,
    timeout=None,
    wait_initial=UPLOAD_RETRY_PAUSE,
    wait_max=UPLOAD_RETRY_PAUSE,
    wait_jitter=0,
)
async def _download(url: str, size: int) -> bytes:
    timeout = aiohttp.ClientTimeout(
        total=UPLOAD_TIMEOUT, sock_connect=UPLOAD_CONNECT_TIMEOUT, sock_read=UPLOAD_READ_TIMEOUT
    )
    # A session without the bot's token, and without decompression, so that the bytes received are the bytes announced.
    async with (
        aiohttp.ClientSession(timeout=timeout, auto_decompress=False) as session,
        session.get(url, allow_redirects=False, headers={"Accept-Encoding": "identity"}) as response,
    ):
        if response.status != 200:
            response.raise_for_status()
            raise aiohttp.ClientError(f"status {response.status}")
        content = bytearray()
        async for chunk in response.content.iter_chunked(UPLOAD_CHUNK):
            content += chunk
            if len(content) > size:
                break
    if len(content) != size:
        raise ConversionError(f"Discord did not deliver the {size:,} bytes that it announced. Upload the file again.")
    return bytes(content)
