"""The bot stops on the signals of every system."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Iterator

import pytest

from bot.app.runner import stop_on_signals


@pytest.fixture(autouse=True)
def _restored_handlers() -> Iterator[None]:
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("loop_has_handlers", [True, False])
def test_a_signal_stops_the_bot_whether_or_not_the_loop_handles_signals(
    number: signal.Signals, loop_has_handlers: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise NotImplementedError

    async def wait() -> bool:
        if not loop_has_handlers:
            monkeypatch.setattr(asyncio.get_running_loop(), "add_signal_handler", refuse, raising=False)
        stop = asyncio.Event()
        stop_on_signals(stop)
        asyncio.get_running_loop().call_later(0.01, signal.raise_signal, number)
        return await asyncio.wait_for(stop.wait(), 10)

    assert asyncio.run(wait())
    if not loop_has_handlers:
        # Once more, while nothing runs any more.
        signal.raise_signal(number)
