"""Which addresses a feed may have."""

from __future__ import annotations

from ipaddress import ip_address

import pytest

from bot.config import MAX_FEED_ADDRESS
from bot.services.feeds.addresses import FeedError, check_address, is_public


@pytest.mark.parametrize(
    "text",
    ["8.8.8.8", "93.184.215.14", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::8.8.8.8", "2002:808:808::1"],
)
def test_an_address_of_the_internet_is_public(text: str) -> None:
    assert is_public(ip_address(text))


@pytest.mark.parametrize(
    "text",
    """
    127.0.0.1 127.255.255.254 0.0.0.0 0.1.2.3 10.0.0.1 172.16.0.1 172.31.255.255 192.168.1.1 169.254.169.254 100.64.0.1
    192.0.2.1 198.18.0.1 198.51.100.1 203.0.113.1 224.0.0.1 239.1.1.1 240.0.0.1 255.255.255.255
    :: ::1 fe80::1 fec0::1 fc00::1 fd00::1 ff02::1 ff0e::1 2001:db8::1 100::1 ::127.0.0.1 ::8.8.8.8
    ::ffff:127.0.0.1 ::ffff:10.0.0.1 64:ff9b::127.0.0.1 64:ff9b::a9fe:a9fe 64:ff9b:1::1 2002:7f00:1::1 2002:a00:1::1
    2001:0:4136:e378:8000:63bf:80ff:fffe 4000::1
    """.split(),
)
def test_every_other_address_is_not(text: str) -> None:
    assert not is_public(ip_address(text))


@pytest.mark.parametrize(
    ("text", "address"),
    [
        (" https://example.org/feed#top\n", "https://example.org/feed"),
        ("HTTP://Example.ORG:80/feed?a=1", "http://example.org/feed?a=1"),
        ("http://example.org:8080/", "http://example.org:8080/"),
        ("https://bücher.example/ä", "https://xn--bcher-kva.example/%C3%A4"),
    ],
)
def test_an_address_is_stored_in_one_form(text: str, address: str) -> None:
    assert str(check_address(text)) == address


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", ": Give the whole address, which begins with https:// or http://."),
        ("example.org", "example.org: Give the whole address, which begins with https:// or http://."),
        ("file:///etc/passwd", "file:///etc/passwd: Give the whole address, which begins with https:// or http://."),
        ("ftp://example.org/", "ftp://example.org/: Give the whole address, which begins with https:// or http://."),
        ("https://", "https://: Give the whole address, which begins with https:// or http://."),
        ("http://example.org:99999/", "http://example.org:99999/: This is not an address on the web."),
        ("http://[::1/", "http://[::1/: This is not an address on the web."),
        ("https://ann@example.org/", "example.org: A feed's address must not hold a name or a password."),
        ("https://:x@example.org/", "example.org: A feed's address must not hold a name or a password."),
        (
            "http://example.org:22/",
            "example.org: The port 22 is not one for the web. Feeds are read from 80, 443, and from 1024 on.",
        ),
        (
            f"https://example.org/{'x' * MAX_FEED_ADDRESS}",
            f"example.org: The address is longer than {MAX_FEED_ADDRESS:,} characters.",
        ),
    ],
)
def test_what_is_no_address_of_a_feed_is_refused_in_a_line(text: str, reason: str) -> None:
    with pytest.raises(FeedError) as refused:
        check_address(text)
    assert str(refused.value) == reason
