"""The policy for what the bot repeats by itself: failures that pass, with pauses that double.

discord.py waits out rate limits and repeats most failed requests a few times. This comes on top. Two loops are not made
of it: an acknowledgement has a deadline and limits each try (`bot.transport.acknowledgements`), and a lost connection
needs a new client for each try and no limit (`bot.app.runner`).
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable

import aiohttp
import discord
import stamina

TRANSIENT_ERRORS = (aiohttp.ClientError, OSError, TimeoutError, discord.DiscordServerError)
"""Failures that pass: a broken connection, a server's error."""


def retry(
    *,
    pause: float,
    max_pause: float,
    timeout: float | None = None,
    tries: int | None = None,
    on: Callable[[Exception], bool] | tuple[type[Exception], ...] = TRANSIENT_ERRORS,
) -> AsyncIterator[stamina.Attempt]:
    """Yield attempts, each a context manager, until one succeeds, fails for good, or the limit is reached.

    Args:
        pause: seconds after the first attempt. Each further pause is twice as long.
        max_pause: seconds of the longest pause.
        timeout: seconds after which a failed attempt is the last, or None.
        tries: the most attempts, or None.
        on: which failures pass.
    """
    return stamina.retry_context(
        on, attempts=tries, timeout=timeout, wait_initial=pause, wait_max=max_pause, wait_jitter=0.0
    )


def reason_in(error: Exception) -> str:
    """Return why Discord can't be reached, in a word or two."""
    if isinstance(error, discord.HTTPException | aiohttp.ClientResponseError):
        return f"status {error.status}"
    return type(error).__name__
