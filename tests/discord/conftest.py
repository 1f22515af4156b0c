"""Fixtures of the tests against the loopback Discord, and the hook that runs `async def` tests."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Iterator
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import pytest

from tests.conftest import SharedFolder
from tests.discord.harness.bots import call
from tests.discord.harness.club import Club, add_lighthouse, run_club
from tests.discord.harness.launch import point_at
from tests.discord.harness.logs import LogWatch, watch
from tests.discord.loopback.server import ThreadedServer
from tests.project import copy_data


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    """Run a coroutine test on an event loop of its own; enter the fixtures that are async context managers."""
    if not inspect.iscoroutinefunction(pyfuncitem.obj):
        return None
    names = pyfuncitem._fixtureinfo.argnames
    asyncio.run(call(pyfuncitem.obj, {name: pyfuncitem.funcargs[name] for name in names}))
    return True


@pytest.fixture
def loopback_url(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Start a loopback Discord on a thread of its own, point discord.py at it, and return its URL."""
    with ThreadedServer() as running:
        point_at(running.server.url, monkeypatch.setattr)
        yield running.server.url


@pytest.fixture
def club(loopback_url: str, reviews: Path, store: Path) -> AbstractAsyncContextManager[Club]:
    """Run the bot in a server with a channel and a member, and check it at the end. A test receives the `Club`."""
    return run_club(loopback_url, reviews, store)


@pytest.fixture
def log() -> Iterator[LogWatch]:
    """Watch everything that is logged at INFO or above."""
    with watch() as handler:
        yield handler


@pytest.fixture(scope="session")
def reviews(shared_folder: SharedFolder, owners_data: Path) -> Path:
    """Return a data directory with the owner's review and a short one, indexed. A test must not change it."""

    def build(data: Path) -> None:
        copy_data(owners_data, data)
        add_lighthouse(data)

    return shared_folder("club", build)


@pytest.fixture
def data(reviews: Path, tmp_path: Path) -> Path:
    """Return a copy of `reviews` that a test can change."""
    return copy_data(reviews, tmp_path / "data")


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """Return the path of a bot's database that does not exist yet."""
    return tmp_path / "bot.sqlite3"
