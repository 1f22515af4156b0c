"""`feed`: add, list, remove and read feeds, from a real server on loopback that only tests may permit."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.cli.commands import feed
from bot.cli.doctor import storage
from bot.cli.doctor.check import Context, Status, run_check
from bot.services.feeds.fetcher import Fetcher
from bot.services.feeds.reader import NEEDS_EXTRA, FeedReader
from bot.storage.feeds import FEEDS
from tests.bot.cli.conftest import Run, Session
from tests.bot.fixtures.feed_server import HOST, FeedServer, answer, feed_server, is_server
from tests.embeddings.fixtures.feeds import item, rss

FIRST = rss(
    item("The Ferryman", "<p>The ferryman sings to his kettle every morning.</p>", key="1"),
    item("Soon", "<p>He… <a href='/x'>Read more</a></p>", key="2"),
)

RESULT = "1 entry with the full text, 1 added, 1 not quoted, because the feed has only a part of the text."


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[FeedServer]:
    monkeypatch.setattr(feed, "_reader", lambda data: FeedReader(data, Fetcher(is_server)))
    with feed_server() as running:
        yield running


def test_a_feed_is_added_listed_read_again_and_removed(run: Run, server: FeedServer, tmp_path: Path) -> None:
    url, folder = server.url("/feed"), tmp_path / "reviews" / "feeds" / "anns-films"
    server.answers["/feed"] = answer(FIRST)
    added = run("feed", "add", url, "--data", tmp_path)
    assert (added.code, added.err) == (0, "")
    assert added.out.splitlines() == [
        f"Ann’s Films: {RESULT}",
        f"The reviews are in {folder}. The next question updates the index. To update it now, run "
        f"`review-bot index --data {tmp_path}`.",
        "A running bot reads this feed every 60 minutes. To read it at any time, run "
        f"`review-bot feed update --data {tmp_path}`.",
    ]
    listed = run("feed", "list", "--data", tmp_path)
    title, reviews, last = listed.out.splitlines()
    assert (title, reviews) == (f"Ann’s Films: {url}", f"  1 review in {folder}")
    assert last.endswith(
        ": 1 entry with the full text, 1 added, 1 not quoted, because the feed has only a part of the text."
    )
    (record,) = run("feed", "list", "--json", "--data", tmp_path).json["feeds"]
    assert record.pop("read") > 1_700_000_000
    assert record == {
        "address": url,
        "title": "Ann’s Films",
        "failures": 0,
        "result": RESULT,
        "folder": str(folder),
        "reviews": 1,
    }
    server.answers["/feed"] = answer(rss(item("Whales", key="3")))
    updated = run("feed", "update", "--data", tmp_path)
    assert updated.out.splitlines() == [
        "Ann’s Films: 1 entry with the full text, 1 added.",
        f"The next question updates the index. To update it now, run `review-bot index --data {tmp_path}`.",
    ]
    removed = run("--data", tmp_path, "feed", "remove", "anns-films")
    assert removed.out == (
        f"{url}: This feed is not read any more. Its reviews stay. To remove them too, remove {folder}.\n"
    )
    assert {path.name for path in folder.iterdir()} == {"the-ferryman.md", "whales.md"}
    nothing = f"There are no feeds. To add one, run `review-bot feed add URL --data {tmp_path}`.\n"
    assert run("feed", "list", "--data", tmp_path).out == nothing
    assert run("feed", "update", "--data", tmp_path).out == nothing
    assert run("feed", "list", "--json", "--data", tmp_path).json == {"feeds": []}
    gone = run("feed", "remove", url, "--data", tmp_path)
    assert gone.complaint == (
        f"{url}: There is no such feed. See `review-bot feed list --data {tmp_path}` for the feeds."
    )


@pytest.mark.slow
def test_a_feed_that_fails_is_one_line_and_stops_no_other(run: Run, server: FeedServer, tmp_path: Path) -> None:
    server.answers |= {"/a": answer(FIRST), "/b": answer(rss(item("B"), title="B"))}
    for path in ("/a", "/b"):
        run("feed", "add", server.url(path), "--data", tmp_path)
    del server.answers["/a"]
    updated = run("feed", "update", "--data", tmp_path)
    assert (updated.code, updated.out) == (1, "B: 1 entry with the full text.\n")
    assert updated.err == f"Ann’s Films: {HOST}: The server answers with status 404.\n"
    shown = run("feed", "list", "--data", tmp_path).out
    assert f" (failed 1 time): {HOST}: The server answers with status 404." in shown
    assert run("feed", "update", "b", "--data", tmp_path).code == 0
    found = run_check("feeds", storage.feeds, Context(tmp_path, {}))
    assert (found.status, found.finding) == (
        Status.OK,
        "2, read by the running bot every 60 minutes; 1 can't be read now, such as anns-films: "
        f"{HOST}: The server answers with status 404.",
    )
    found = run_check("feeds", storage.feeds, Context(tmp_path, {"REVIEW_BOT_FEED_MINUTES": "0"}))
    assert found.finding.startswith("2, not read by the running bot; ")


def test_an_answer_quotes_a_review_of_a_feed(run: Run, server: FeedServer, data: Path) -> None:
    server.answers["/feed"] = answer(FIRST)
    assert run("feed", "add", server.url("/feed"), "--data", data).code == 0
    asked = run("ask", "Whom does the ferryman sing to?", "--review", "the-ferryman", "--json", "--data", data)
    (quote, *_) = asked.json["quotes"]
    assert (quote["title"], quote["text"]) == ("The Ferryman", "The ferryman sings to his kettle every morning.")


@pytest.mark.parametrize("host", [HOST, "localhost", "[::1]", "169.254.169.254", "10.0.0.1"])
def test_no_setting_lets_a_user_read_a_feed_of_a_private_address(
    run: Run, tmp_path: Path, host: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with feed_server() as server:
        server.answers["/feed"] = answer(FIRST)
        for name in ("REVIEW_BOT_FEED_MINUTES", "HTTP_PROXY"):
            monkeypatch.setenv(name, "1")
        refused = run("feed", "add", server.url("/feed", host), "--data", tmp_path)
        assert refused.complaint == (
            f"{host.strip('[]')}: This is not a public address on the web, so no feed is read from it."
        )
        assert server.requests == []
    assert list(tmp_path.iterdir()) == []


def test_without_the_extra_the_command_names_it(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / FEEDS).write_text('{"feeds": [{"address": "https://example.org/", "name": "x"}]}', encoding="utf-8")
    monkeypatch.setitem(sys.modules, "feedparser", None)
    assert run("feed", "add", "https://films.invalid/", "--data", tmp_path).complaint == NEEDS_EXTRA
    found = run_check("feeds", storage.feeds, Context(tmp_path, {}))
    assert (found.status, found.finding) == (Status.FAILED, NEEDS_EXTRA)


def test_doctor_says_that_nothing_is_read_without_a_feed(tmp_path: Path) -> None:
    found = run_check("feeds", storage.feeds, Context(tmp_path, {}))
    assert (found.status, found.finding) == (
        Status.OK,
        "none, so nothing is read from the internet; `review-bot feed add` adds one",
    )


def test_the_help_of_the_group_lists_its_commands_and_imports_no_client(run: Run) -> None:
    shown = run("feed", "--help")
    assert shown.code == 0
    assert all(f"  {name} " in shown.out for name in ("add", "list", "remove", "update"))
    with Session() as session:
        _, packages = session.imported("feed", "add", "--help")
    assert {"aiohttp", "feedparser"}.isdisjoint(packages)
