"""Which addresses a feed may have: those that anybody on the internet can read, and nothing of this network."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from typing import TypeAlias

from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

from bot.config import MAX_FEED_ADDRESS
from embeddings import LibraryError

IpAddress: TypeAlias = IPv4Address | IPv6Address
IsAllowed: TypeAlias = Callable[[IpAddress], bool]
"""Returns True if a feed may be read from an address."""

_WEB_PORTS = frozenset({80, 443})
_FIRST_FREE_PORT = 1024
"""Lower ports are those of mail, logins and other services of a system."""

_GLOBAL_UNICAST = IPv6Network("2000::/3")
_NAT64 = IPv6Network("64:ff9b::/96")


class FeedError(LibraryError):
    """A feed can't be read. The message says why.

    Attributes:
        wait: seconds for which its server wants to be left alone.
    """

    def __init__(self, reason: str, wait: int = 0) -> None:
        super().__init__(reason)
        self.wait = wait


def is_public(address: IpAddress) -> bool:
    """Return True if anybody on the internet reaches an address.

    An IPv6 address that stands for an IPv4 address is public if that one is.
    """
    if isinstance(address, IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour or (address.teredo and address.teredo[1])
        if address in _NAT64:
            inner = IPv4Address(int(address) & 0xFFFF_FFFF)
        if inner:
            return is_public(inner)
        if address not in _GLOBAL_UNICAST:
            return False
    return address.is_global and not (address.is_multicast or address.is_reserved)


def check_address(text: str) -> URL:
    """Return the address of a feed as it is stored.

    Raises:
        FeedError: it is no address on the web, or holds a password.
    """
    text = text.strip()
    try:
        url = URL(text)
        host, port = url.host, url.port
    except ValueError:
        raise FeedError(f"{text[:MAX_FEED_ADDRESS]}: This is not an address on the web.") from None
    if url.scheme not in ("http", "https") or not host or not port:
        raise FeedError(f"{text[:MAX_FEED_ADDRESS]}: Give the whole address, which begins with https:// or http://.")
    if url.user is not None or url.password is not None:
        raise FeedError(f"{host}: A feed's address must not hold a name or a password.")
    if port not in _WEB_PORTS and port < _FIRST_FREE_PORT:
        raise FeedError(
            f"{host}: The port {port} is not one for the web. Feeds are read from 80, 443, and from 1024 on."
        )
    if len(text) > MAX_FEED_ADDRESS:
        raise FeedError(f"{host}: The address is longer than {MAX_FEED_ADDRESS:,} characters.")
    return url.with_fragment(None)


async def resolve(host: str, port: int) -> tuple[IpAddress, ...]:
    """Return all addresses of a host.

    Raises:
        OSError: it has none, or they can't be looked up.
    """
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    # Without the scope that a link-local address may have.
    return tuple(dict.fromkeys(ip_address(str(place[0]).partition("%")[0]) for *_, place in found))


class CheckedAddresses(AbstractResolver):
    """Gives the HTTP client the addresses that were checked, and no others: it looks nothing up a second time."""

    def __init__(self, addresses: tuple[IpAddress, ...]) -> None:
        self._addresses = addresses

    async def resolve(
        self,
        host: str,
        port: int = 0,
        family: socket.AddressFamily = socket.AF_INET,  # noqa: ARG002  # the superclass has it
    ) -> list[ResolveResult]:
        """Return the checked addresses, whatever the family asked for."""
        return [
            ResolveResult(
                hostname=host,
                host=str(address),
                port=port,
                family=socket.AF_INET if address.version == 4 else socket.AF_INET6,
                proto=0,
                flags=socket.AI_NUMERICHOST,
            )
            for address in self._addresses
        ]

    async def close(self) -> None:
        """Do nothing: there is nothing to close."""
