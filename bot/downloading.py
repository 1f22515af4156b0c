"""Files that members upload, fetched from Discord's own servers: no more than was announced."""

from __future__ import annotations

import asyncio

import aiohttp

from embeddings.errors import ImportedFileError

CDN: tuple[str, ...] = ("https://cdn.discordapp.com/", "https://media.discordapp.net/")
"""Where Discord keeps uploads; nothing is fetched from anywhere else."""

_TRIES = 3
_BETWEEN_TRIES = 0.5
_WITHIN = aiohttp.ClientTimeout(total=60, sock_connect=10, sock_read=20)
_AT_ONCE = 65_536


async def download(url: str, size: int) -> bytes:
    """A file of exactly `size` bytes; reading ends where there are more.

    Raises:
        ImportedFileError: it can't be fetched, or has another size.
    """
    if not url.startswith(CDN):
        raise ImportedFileError("this file is not one that was uploaded to Discord")
    for tries_left in reversed(range(_TRIES)):
        try:
            return await _fetched(url, size)
        except (aiohttp.ClientError, TimeoutError, OSError):
            if not tries_left:
                break
            await asyncio.sleep(_BETWEEN_TRIES)
    raise ImportedFileError("Discord does not hand this file out; upload it again")


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
        async for part in response.content.iter_chunked(_AT_ONCE):
            read += len(part)
            if read > size:
                break
            parts.append(part)
    if read != size:
        raise ImportedFileError(f"what Discord hands out is not the {size:,} bytes that it announced; upload it again")
    return b"".join(parts)
