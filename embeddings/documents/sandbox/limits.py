"""Limit what the process of a conversion takes: by the system where it can, else by a watchdog.

Linux limits everything. macOS ignores the limit of memory, and Windows has none that a process can set for itself, so
there the parent watches its child's memory. Nothing keeps the child on Windows from writing files.
"""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from embeddings.config import SANDBOX_CHECK_SECONDS, SANDBOX_CPU_SECONDS, SANDBOX_MEMORY_BYTES

try:
    import resource
except ImportError:  # Windows
    _HAS_LIMITS = False
else:
    _HAS_LIMITS = True

LIMITS_MEMORY = _HAS_LIMITS and sys.platform == "linux"
"""Whether the system refuses a process more memory than its limit."""


def limit_this_process() -> None:
    """Set this process's limits of memory, processor time, and bytes to write, as far as the system has them."""
    if not _HAS_LIMITS:
        return
    for limit, most in (
        (resource.RLIMIT_AS, SANDBOX_MEMORY_BYTES),
        (resource.RLIMIT_CPU, SANDBOX_CPU_SECONDS),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
    ):
        try:
            resource.setrlimit(limit, (most, most))
        except (ValueError, OSError):
            # Some systems refuse some of them. The parent's timeout and its watchdog remain.
            continue


@contextmanager
def watch_memory(process: subprocess.Popen[bytes]) -> Iterator[None]:
    """Kill a process that takes more memory than it may, where the system doesn't refuse it the memory."""
    if LIMITS_MEMORY:
        yield
        return
    ended = threading.Event()
    watchdog = threading.Thread(target=_kill_if_large, args=(process, ended), name="memory watchdog", daemon=True)
    watchdog.start()
    try:
        yield
    finally:
        ended.set()
        watchdog.join()


def _kill_if_large(process: subprocess.Popen[bytes], ended: threading.Event) -> None:
    # Imported here because Linux, which needs no watchdog, is installed without it.
    import psutil

    try:
        parent = psutil.Process(process.pid)
        while not ended.wait(SANDBOX_CHECK_SECONDS):
            # The Python of a virtual environment on Windows starts the real one as its child.
            family = (parent, *parent.children(recursive=True))
            if sum(each.memory_info().rss for each in family) > SANDBOX_MEMORY_BYTES:
                for each in family:
                    each.kill()
                return
    except psutil.Error:
        # The process has ended in the meantime.
        return
