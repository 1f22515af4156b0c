"""Fetching a feed from a real server on loopback, which tests alone may permit."""

from __future__ import annotations

import asyncio
import gzip
import tracemalloc
import zlib
from collections.abc import Iterator
from ipaddress import ip_address

import pytest

from bot.config import FEED_MAX_PAUSE, MAX_FEED_BYTES, MAX_FEED_REDIRECTS
from bot.services.feeds import fetcher
from bot.services.feeds.addresses import FeedError, IpAddress, resolve
from bot.services.feeds.fetcher import Fetched, Fetcher
from tests.bot.fixtures.feed_server import HOST, FeedServer, answer, feed_server, is_server

OTHER = "127.0.0.2"
"""Another address of this machine, which is not permitted."""
FEED = b"<rss version='2.0'><channel><title>Films</title></channel></rss>"


@pytest.fixture(scope="module")
def _running() -> Iterator[FeedServer]:
    with feed_server() as server:
        yield server


@pytest.fixture
def server(_running: FeedServer) -> FeedServer:
    _running.answers.clear()
    _running.requests.clear()
    return _running


def fetch(url: str, **validators: str) -> Fetched | None:
    return asyncio.run(Fetcher(is_server)(url, **validators))


def refusal(url: str) -> str:
    with pytest.raises(FeedError) as refused:
        fetch(url)
    assert "\n" not in str(refused.value)
    return str(refused.value)


def test_a_feed_comes_with_what_the_next_request_needs(server: FeedServer) -> None:
    server.answers["/feed"] = answer(
        FEED, Content_Type="text/xml", ETag='"1"', Last_Modified="Mon, 30 Nov 2026 10:00:00 GMT", Set_Cookie="a=b"
    )
    fetched = fetch(server.url("/feed"))
    assert fetched == Fetched(FEED, server.url("/feed"), "text/xml", '"1"', "Mon, 30 Nov 2026 10:00:00 GMT")
    server.answers["/feed"] = answer(status=304)
    assert fetch(server.url("/feed"), etag=fetched.etag, modified=fetched.modified) is None
    (_, first), (_, second) = server.requests
    assert {"if-none-match", "if-modified-since", "cookie", "authorization"}.isdisjoint(first)
    assert (second["if-none-match"], second["if-modified-since"]) == (fetched.etag, fetched.modified)
    assert "cookie" not in second


def test_only_what_was_asked_for_may_be_unchanged(server: FeedServer) -> None:
    server.answers["/feed"] = answer(status=304)
    assert refusal(server.url("/feed")) == f"{HOST}: The server answers with status 304."


def test_without_the_permission_of_a_test_no_address_of_this_machine_is_read(server: FeedServer) -> None:
    server.answers["/feed"] = answer(FEED)
    for host in (HOST, "localhost", "0.0.0.0", "[::1]", "[::ffff:127.0.0.1]", "127.1", "2130706433", "0x7f000001"):
        with pytest.raises(FeedError, match=r"This is not a public address on the web|can't be reached"):
            asyncio.run(Fetcher()(server.url("/feed", host)))
    assert server.requests == []


def test_a_redirect_is_followed_under_the_same_rules(server: FeedServer) -> None:
    server.answers |= {
        "/old": answer(status=301, Location="/new?a=1"),
        "/new?a=1": answer(status=307, Location=server.url("/feed")),
        "/feed": answer(FEED),
        "/loop": answer(status=302, Location="/loop"),
        "/nowhere": answer(status=302),
        "/other": answer(status=302, Location=server.url("/feed", OTHER)),
        "/cloud": answer(status=302, Location="http://169.254.169.254/latest/meta-data/"),
        "/file": answer(status=302, Location="file:///etc/passwd"),
        "/password": answer(status=302, Location=f"http://a:b@{HOST}:{server.port}/feed"),
        "/mail": answer(status=302, Location=f"http://{HOST}:25/"),
        "/broken": answer(status=302, Location="http://[::1/"),
    }
    fetched = fetch(server.url("/old"))
    assert fetched is not None
    assert (fetched.content, fetched.address) == (FEED, server.url("/feed"))
    server.requests.clear()
    assert refusal(server.url("/loop")) == f"{HOST}: The address leads on more than {MAX_FEED_REDIRECTS} times."
    assert len(server.requests) == MAX_FEED_REDIRECTS + 1
    assert "leads on more than" in refusal(server.url("/nowhere"))
    server.requests.clear()
    assert (
        refusal(server.url("/other"))
        == f"{OTHER}: This is not a public address on the web, so no feed is read from it."
    )
    assert "169.254.169.254: This is not a public address" in refusal(server.url("/cloud"))
    for path in ("/file", "/password", "/mail", "/broken"):
        assert refusal(server.url(path)) == f"{HOST}: The address leads on to one from which no feed is read."
    assert [path for path, _ in server.requests] == ["/other", "/cloud", "/file", "/password", "/mail", "/broken"]


def test_a_feed_has_moved_if_all_that_leads_to_it_does_so_for_good(server: FeedServer) -> None:
    server.answers |= {
        "/old": answer(status=301, Location="/newer"),
        "/newer": answer(status=308, Location="/newest"),
        "/newest": answer(FEED),
        "/moved": answer(status=301, Location="/today"),
        "/today": answer(status=302, Location="/newest"),
        "/now": answer(status=302, Location="/old"),
    }
    found = [fetch(server.url(path)) for path in ("/old", "/moved", "/now", "/newest")]
    moved = [each.moved for each in found if each is not None]
    assert moved == [server.url("/newest"), server.url("/today"), "", ""]
    # Whoever asks at a new address wants to know what is there.
    server.requests.clear()
    assert fetch(server.url("/old"), etag='"1"') is not None
    assert ["if-none-match" in headers for _, headers in server.requests] == [True, False, False]


def test_a_host_is_looked_up_once_and_connected_to_where_it_was_checked(server: FeedServer) -> None:
    server.answers["/feed"] = answer(FEED)
    looked_up = []

    async def rebound(host: str, port: int) -> tuple[IpAddress, ...]:
        looked_up.append((host, port))
        # A second answer would lead elsewhere.
        return (ip_address(HOST if len(looked_up) == 1 else OTHER),)

    url = server.url("/feed", "films.example.org")
    fetched = asyncio.run(Fetcher(is_server, rebound)(url))
    assert fetched is not None
    assert (fetched.content, looked_up) == (FEED, [("films.example.org", server.port)])
    assert server.requests[0][1]["host"] == f"films.example.org:{server.port}"
    with pytest.raises(FeedError, match="not a public address"):
        asyncio.run(Fetcher(is_server, rebound)(url))
    assert len(server.requests) == 1


def test_a_host_with_one_address_that_is_not_public_is_refused(server: FeedServer) -> None:
    server.answers["/feed"] = answer(FEED)

    async def both(_: str, __: int) -> tuple[IpAddress, ...]:
        return ip_address(HOST), ip_address("10.0.0.1")

    with pytest.raises(FeedError, match="not a public address"):
        asyncio.run(Fetcher(is_server, both)(server.url("/feed", "films.example.org")))
    assert server.requests == []


def test_a_host_that_does_not_exist_is_refused_in_a_line() -> None:
    for host in ("films.invalid", f"{'x' * 70}.example"):
        assert f"{host}: The server can't be reached or read (" in refusal(f"http://{host}/feed")
    assert asyncio.run(resolve("127.0.0.1", 80)) == (ip_address("127.0.0.1"),)


def test_no_proxy_of_the_environment_is_used(server: FeedServer, monkeypatch: pytest.MonkeyPatch) -> None:
    server.answers["/feed"] = answer(FEED)
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, f"http://{OTHER}:1")
    assert fetch(server.url("/feed")) is not None


@pytest.mark.parametrize(("retry", "wait"), [("120", 120), ("9" * 9, int(FEED_MAX_PAUSE)), ("soon", 0), ("-1", 0)])
def test_a_server_that_wants_to_be_left_alone_is_heard(server: FeedServer, retry: str, wait: int) -> None:
    server.answers["/feed"] = answer(status=503, Retry_After=retry)
    with pytest.raises(FeedError) as refused:
        fetch(server.url("/feed"))
    assert (str(refused.value), refused.value.wait) == (f"{HOST}: The server answers with status 503.", wait)


def test_a_packed_feed_is_unpacked(server: FeedServer) -> None:
    server.answers |= {
        "/gzip": answer(gzip.compress(FEED), Content_Encoding="GZIP"),
        "/deflate": answer(zlib.compress(FEED), Content_Encoding="deflate"),
        "/cut": answer(gzip.compress(FEED)[:-9], Content_Encoding="gzip"),
        "/two": answer(gzip.compress(FEED) * 2, Content_Encoding="gzip"),
        "/no": answer(FEED, Content_Encoding="gzip"),
        "/br": answer(FEED, Content_Encoding="br"),
    }
    for path in ("/gzip", "/deflate"):
        fetched = fetch(server.url(path))
        assert fetched is not None
        assert fetched.content == FEED
    assert refusal(server.url("/cut")) == f"{HOST}: The server's packed answer is not complete."
    assert refusal(server.url("/two")) == f"{HOST}: The server's packed answer is not complete."
    assert refusal(server.url("/no")) == f"{HOST}: The server's packed answer can't be unpacked."
    assert refusal(server.url("/br")) == f"{HOST}: The server packs its answer in a way that was not asked for."


@pytest.mark.slow
def test_a_feed_that_never_ends_or_unpacks_to_too_much_is_refused_with_little_memory(server: FeedServer) -> None:
    async def endless(writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 x\r\nConnection: close\r\n\r\n")
        while True:
            writer.write(b"<item>" * 10_000)
            await writer.drain()

    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    bomb = b"".join(packer.compress(bytes(1 << 20)) for _ in range(2_000)) + packer.flush()
    assert len(bomb) < MAX_FEED_BYTES
    server.answers |= {"/endless": endless, "/bomb": answer(bomb, Content_Encoding="gzip")}
    tracemalloc.start()
    try:
        for path in ("/endless", "/bomb"):
            assert refusal(server.url(path)) == f"{HOST}: The feed is larger than {MAX_FEED_BYTES // 1024**2} MB."
        assert tracemalloc.get_traced_memory()[1] < 5 * MAX_FEED_BYTES
    finally:
        tracemalloc.stop()


def test_a_server_that_dribbles_or_is_silent_takes_no_longer_than_the_limit(
    server: FeedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetcher, "FEED_TIMEOUT", 1.0)

    async def dribble(writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 x\r\n\r\n")
        while True:
            writer.write(b"<")
            await writer.drain()
            await asyncio.sleep(0.02)

    async def headers(writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 x\r\n")
        while True:
            writer.write(b"A: b\r\n")
            await writer.drain()
            await asyncio.sleep(0.02)

    async def nothing(_: asyncio.StreamWriter) -> None:
        await asyncio.sleep(60)

    async def again(writer: asyncio.StreamWriter) -> None:
        while True:
            writer.write(b"HTTP/1.1 103 x\r\n\r\n")
            await writer.drain()
            await asyncio.sleep(0.02)

    server.answers |= {"/dribble": dribble, "/headers": headers, "/nothing": nothing, "/again": again}
    for path in server.answers:
        assert refusal(server.url(path)) == f"{HOST}: The answer takes longer than 1 seconds."


@pytest.mark.parametrize(
    "sent",
    [
        b"",
        b"nonsense\r\n\r\n",
        b"HTTP/1.1 200 x\r\nContent-Length: 99\r\n\r\n<rss>",
        b"HTTP/1.1 200 x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"HTTP/1.1 200 x\r\nA: " + b"b" * 100_000 + b"\r\n\r\n",
    ],
    ids=["nothing", "nonsense", "cut off", "bad chunks", "a long header"],
)
def test_a_broken_answer_is_refused_in_a_line(server: FeedServer, sent: bytes) -> None:
    server.answers["/feed"] = sent
    assert refusal(server.url("/feed")).startswith(f"{HOST}: The server can't be reached or read (")


def test_a_validator_that_no_server_should_send_is_not_sent_back(server: FeedServer) -> None:
    server.answers["/feed"] = answer(FEED, ETag="x" * 501, Last_Modified="ü")
    fetched = fetch(server.url("/feed"))
    assert fetched is not None
    assert (fetched.etag, fetched.modified) == ("", "")
