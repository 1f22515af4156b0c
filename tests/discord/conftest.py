"""Fixtures for tests against the double; `async def` tests run on a loop of their own."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Iterator
from pathlib import Path

import discord
import pytest
import yarl

from bot.services import uploads
from tests.discord.club import furnish
from tests.discord.logs import LogWatch, watch
from tests.discord.loopback.server import ThreadedServer


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    """Run a test that is a coroutine."""
    if not inspect.iscoroutinefunction(pyfuncitem.obj):
        return None
    names = pyfuncitem._fixtureinfo.argnames
    asyncio.run(pyfuncitem.obj(**{name: pyfuncitem.funcargs[name] for name in names}))
    return True


@pytest.fixture
def double_url() -> Iterator[str]:
    """The address of a fresh double on a thread of its own."""
    with ThreadedServer() as running:
        yield running.server.url


def lead(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    """Lead discord.py to the double at `url`, as only tests may."""
    monkeypatch.setattr(discord.http.Route, "BASE", f"{url}/api/v10")
    gateway = yarl.URL(url.replace("http://", "ws://") + "/gateway/")
    monkeypatch.setattr(discord.gateway.DiscordWebSocket, "DEFAULT_GATEWAY", gateway)
    monkeypatch.setattr(uploads, "CDN", (f"{url}/ephemeral-attachments/",))


@pytest.fixture
def at_the_double(double_url: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """discord.py led to a fresh double; the double's address."""
    lead(monkeypatch, double_url)
    return double_url


@pytest.fixture
def log() -> Iterator[LogWatch]:
    """Everything that is logged from INFO on."""
    with watch() as handler:
        yield handler


@pytest.fixture(scope="session")
def reviews(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data directory with the owner's review and a short one, indexed. Copy it before altering it."""
    data = tmp_path_factory.mktemp("club") / "data"
    furnish(data)
    return data


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """Where a bot's database is going to stand."""
    return tmp_path / "bot.sqlite3"
