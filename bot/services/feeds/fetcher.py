"""Fetch a feed over HTTP, within limits: only from public addresses, and never more than a feed's size and time."""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Protocol

import aiohttp
from yarl import URL

from bot import __version__
from bot.config import (
    FEED_CONNECT_TIMEOUT,
    FEED_MAX_PAUSE,
    FEED_READ_TIMEOUT,
    FEED_TIMEOUT,
    MAX_FEED_BYTES,
    MAX_FEED_REDIRECTS,
    UPLOAD_CHUNK,
)
from bot.services.feeds.addresses import (
    CheckedAddresses,
    FeedError,
    IpAddress,
    IsAllowed,
    check_address,
    is_public,
    resolve,
)

_HEADERS = {
    "User-Agent": f"review-bot/{__version__}",
    "Accept": "application/atom+xml, application/rss+xml, application/xml;q=0.9, text/xml;q=0.9, */*;q=0.1",
    "Accept-Encoding": "gzip",
}
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_PERMANENT = frozenset({301, 308})
_COMPRESSED = frozenset({"gzip", "x-gzip", "deflate"})
_ANY_HEADER = 32
"""zlib's sign to tell gzip and its own format apart."""
_MAX_VALIDATOR = 500
"""Characters of an `ETag` or a date that are sent back. Longer ones are not stored."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """A feed as it came.

    Attributes:
        content: its bytes.
        address: where it came from in the end.
        content_type: what its server says it is, or "".
        etag: its `ETag`, or "".
        modified: its `Last-Modified`, or "".
        moved: the address that it has from now on, or "". A moved feed is asked for whole, once.
    """

    content: bytes
    address: str
    content_type: str
    etag: str
    modified: str
    moved: str = ""


@dataclass(frozen=True, slots=True)
class _Redirect:
    """Where an address leads on to, and whether for good."""

    url: URL
    is_permanent: bool


class Fetch(Protocol):
    """Fetches a feed, unless it is as it was."""

    async def __call__(self, address: str, *, etag: str = "", modified: str = "") -> Fetched | None:
        """Return the feed, or None if it is as it was."""


class Fetcher:
    """Fetches feeds.

    Args:
        is_allowed: tells the addresses from which it reads. Only tests, whose servers are not public, name
            another than the default.
        look_up: returns the addresses of a host.
    """

    def __init__(
        self,
        is_allowed: IsAllowed = is_public,
        look_up: Callable[[str, int], Awaitable[tuple[IpAddress, ...]]] = resolve,
    ) -> None:
        self._is_allowed = is_allowed
        self._look_up = look_up

    async def __call__(self, address: str, *, etag: str = "", modified: str = "") -> Fetched | None:
        """Return the feed at an address, or None if it is as it was when it had that `ETag` or that date.

        Raises:
            FeedError: it can't be fetched, is not public, or is too large or too slow.
        """
        validators = {"If-None-Match": etag, "If-Modified-Since": modified}
        headers = _HEADERS | {name: value for name, value in validators.items() if value}
        url = check_address(address)
        moved, has_moved = "", True
        try:
            async with asyncio.timeout(FEED_TIMEOUT):
                for _ in range(MAX_FEED_REDIRECTS + 1):
                    found = await self._request(url, headers)
                    if not isinstance(found, _Redirect):
                        return replace(found, moved=moved) if found is not None else None
                    # Whoever can change an answer on its way must not get the feed for good.
                    has_moved = has_moved and found.is_permanent and (url.scheme, found.url.scheme) != ("https", "http")
                    url = found.url
                    if has_moved:
                        moved, headers = str(url), dict(_HEADERS)
        except TimeoutError:
            raise FeedError(f"{url.host}: The answer takes longer than {FEED_TIMEOUT:.0f} seconds.") from None
        except (aiohttp.ClientError, OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or type(error).__name__
            raise FeedError(f"{url.host}: The server can't be reached or read ({reason}).") from None
        raise FeedError(f"{url.host}: The address leads on more than {MAX_FEED_REDIRECTS} times.")

    async def _request(self, url: URL, headers: dict[str, str]) -> Fetched | _Redirect | None:
        """Return the feed at an address, None if it is as it was, or where else it is."""
        host, port = str(url.raw_host), int(url.port or 0)
        addresses = await self._look_up(host, port)
        # All of them, because any of them may be the one that is connected to.
        if not addresses or not all(self._is_allowed(address) for address in addresses):
            raise FeedError(f"{url.host}: This is not a public address on the web, so no feed is read from it.")
        # No cookies, no proxy and no password of the environment, and nothing unpacked that is not counted.
        async with (
            aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(
                    resolver=CheckedAddresses(addresses), use_dns_cache=False, force_close=True
                ),
                timeout=aiohttp.ClientTimeout(
                    total=None, sock_connect=FEED_CONNECT_TIMEOUT, sock_read=FEED_READ_TIMEOUT
                ),
                cookie_jar=aiohttp.DummyCookieJar(),
                auto_decompress=False,
                trust_env=False,
            ) as session,
            session.get(url, headers=headers, allow_redirects=False) as response,
        ):
            if response.status in _REDIRECTS:
                destination = _destination(url, response.headers.get("Location", ""))
                return _Redirect(destination, is_permanent=response.status in _PERMANENT)
            if response.status == 304 and ("If-None-Match" in headers or "If-Modified-Since" in headers):
                return None
            if response.status != 200:
                wait = _seconds(response.headers.get("Retry-After", ""))
                raise FeedError(f"{url.host}: The server answers with status {response.status}.", wait)
            return Fetched(
                content=await _content(response, str(url.host)),
                address=str(url),
                content_type=response.headers.get("Content-Type", ""),
                etag=_validator(response.headers.get("ETag", "")),
                modified=_validator(response.headers.get("Last-Modified", "")),
            )


def _destination(url: URL, location: str) -> URL:
    """Return where an address leads on to, under the same rules."""
    try:
        return check_address(str(url.join(URL(location))))
    except (FeedError, ValueError):
        raise FeedError(f"{url.host}: The address leads on to one from which no feed is read.") from None


async def _content(response: aiohttp.ClientResponse, host: str) -> bytes:
    """Return the whole answer, unpacked, if neither it nor what it unpacks to is too large."""
    encoding = response.headers.get("Content-Encoding", "identity").strip().lower()
    if encoding not in _COMPRESSED | {"identity", ""}:
        raise FeedError(f"{host}: The server packs its answer in a way that was not asked for.")
    unpacking = zlib.decompressobj(_ANY_HEADER + zlib.MAX_WBITS) if encoding in _COMPRESSED else None
    content = bytearray()
    received = 0
    try:
        async for chunk in response.content.iter_chunked(UPLOAD_CHUNK):
            received += len(chunk)
            content += unpacking.decompress(chunk, MAX_FEED_BYTES + 1 - len(content)) if unpacking else chunk
            if max(received, len(content)) > MAX_FEED_BYTES:
                raise FeedError(f"{host}: The feed is larger than {MAX_FEED_BYTES // 1024**2} MB.")
    except zlib.error:
        raise FeedError(f"{host}: The server's packed answer can't be unpacked.") from None
    if unpacking is not None and (not unpacking.eof or unpacking.unused_data):
        raise FeedError(f"{host}: The server's packed answer is not complete.")
    return bytes(content)


def _validator(value: str) -> str:
    return value if len(value) <= _MAX_VALIDATOR and value.isascii() and value.isprintable() else ""


def _seconds(text: str) -> int:
    """Return the seconds of a `Retry-After`, at most the longest pause. A date counts as nothing."""
    return min(int(text), int(FEED_MAX_PAUSE)) if text.isascii() and text.isdecimal() and len(text) < 10 else 0
