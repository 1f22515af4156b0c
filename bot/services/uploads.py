"""Files that members upload: downloaded and converted one at a time, and stored in memory until they are confirmed."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

import aiohttp
import stamina
from cachetools import TTLCache

from bot.config import (
    MAX_UPLOAD_CHARACTERS,
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
from bot.services.engine import BusyError, Plan
from embeddings import (
    Addition,
    Candidates,
    ConversionError,
    ConvertedFile,
    LeftOutFile,
    ReviewFields,
    edit_in_sandbox,
    file_too_large,
    max_file_bytes,
    read_candidates_in_sandbox,
    within_server_limits,
)

CDN: tuple[str, ...] = ("https://cdn.discordapp.com/", "https://media.discordapp.net/")
"""Where Discord stores uploads. Nothing is downloaded from anywhere else."""

_NETWORK_ERRORS = (aiohttp.ClientError, TimeoutError, OSError)
_KEY_BYTES = 9


@dataclass(frozen=True, slots=True)
class Attached:
    """A file as Discord announces it: where it is stored, its bytes, and its name."""

    url: str
    size: int
    name: str


@dataclass(frozen=True, slots=True)
class Upload:
    """What a member uploaded and has not confirmed yet.

    Attributes:
        member: the id of the member.
        server: the id of the server that it is for.
        candidates: the reviews that it would become.
        plan: what adding those does that are not excluded.
        left_out: what becomes no review.
        excluded: the numbers, from 0, of the candidates that the member leaves out.
        slug: the name that the member chose for a single review, or None.
    """

    member: int
    server: int
    candidates: tuple[ConvertedFile, ...]
    plan: Plan
    left_out: tuple[LeftOutFile, ...] = ()
    excluded: frozenset[int] = frozenset()
    slug: str | None = None

    @property
    def included(self) -> tuple[ConvertedFile, ...]:
        """The candidates that are not excluded, in the order of the plan."""
        return tuple(each for number, each in enumerate(self.candidates) if number not in self.excluded)

    def addition(self, number: int) -> Addition | None:
        """Return what happens to a candidate, or None if it is excluded."""
        if number in self.excluded:
            return None
        return self.plan.additions[number - sum(each < number for each in self.excluded)]


class Uploads:
    """The uploads that wait for their confirmation. For the event loop.

    Args:
        clock: a monotonic clock, in seconds.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._uploads: TTLCache[str, Upload] = TTLCache(MAX_UPLOAD_CHARACTERS, UPLOAD_LIFETIME, clock, _size)
        self._turn = asyncio.Semaphore(1)
        self._waiting = 0

    async def examine(self, files: Sequence[Attached], collection: str) -> Candidates:
        """Download files, and return the reviews that they would become. What can't become one is left out.

        Raises:
            BusyError: too many uploads are waiting.
        """
        found = Candidates()
        async with self._its_turn():
            for file in files:
                try:
                    if file.size > max_file_bytes(file.name):
                        raise file_too_large(file.name)
                    data = await download(file.url, file.size)
                    own = await asyncio.to_thread(read_candidates_in_sandbox, data, file.name, collection=collection)
                except ConversionError as error:
                    own = Candidates((), (LeftOutFile(file.name, error.kind, str(error)),))
                found = Candidates((*found.reviews, *own.reviews), (*found.left_out, *own.left_out))
        return within_server_limits(found, ", ".join(file.name for file in files))

    async def edit(
        self, data: bytes, name: str, fields: ReviewFields, *, slug: str | None, collection: str
    ) -> ConvertedFile:
        """Return the review of a Markdown file with other fields. Its text stays.

        Args:
            data: the file.
            name: its name.
            fields: what to set of the review.
            slug: the review's slug, or None to make it of the title.
            collection: the review's collection.

        Raises:
            BusyError: too many uploads are waiting.
            ConversionError: the fields can't be set.
        """
        async with self._its_turn():
            return await asyncio.to_thread(edit_in_sandbox, data, name, fields, slug=slug, collection=collection)

    def put(self, upload: Upload, key: str | None = None) -> str:
        """Store an upload, under the `key` that it had before if any. Return the key that its buttons carry."""
        key = key or secrets.token_urlsafe(_KEY_BYTES)
        self._uploads[key] = upload
        return key

    def get(self, key: str, member: int, server: int | None) -> Upload | None:
        """Return an upload. None if it has expired or is somebody else's."""
        upload = self._uploads.get(key)
        return upload if upload is not None and (upload.member, upload.server) == (member, server) else None

    def take(self, key: str, member: int, server: int | None) -> Upload | None:
        """Remove and return an upload, as `get` does."""
        return self._uploads.pop(key) if self.get(key, member, server) is not None else None

    def change(self, key: str, old: Upload, new: Upload) -> bool:
        """Put an upload in the place of another. Return False if that is gone, or has changed meanwhile."""
        if self._uploads.get(key) is not old:
            return False
        self._uploads[key] = new
        return True

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


def _size(upload: Upload) -> int:
    """Return an upload's share of what all uploads may take, so that there are never more than `MAX_UPLOADS`."""
    characters = sum(len(each.content) + len(each.review.text) for each in upload.candidates)
    return min(max(characters, MAX_UPLOAD_CHARACTERS // MAX_UPLOADS), MAX_UPLOAD_CHARACTERS)


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
