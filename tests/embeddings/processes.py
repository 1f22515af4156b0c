"""A piece of a test in a process of its own, to be killed, starved or stripped of its rights."""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Callable


def forked(work: Callable[[], str]) -> str:
    """What `work` returns in a forked process, or `killed by signal N`; an exception there fails here.

    The process has all that this one has loaded, the encoder too, and so costs next to nothing.
    """
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        status = 1
        try:
            said = work()
            status = 0
        except BaseException:  # noqa: BLE001 - nothing may get out of the fork into the tests' own frames
            said = traceback.format_exc()
        os.write(writing, said.encode(errors="replace")[:60_000])
        sys.stderr.flush()
        os._exit(status)
    os.close(writing)
    with os.fdopen(reading, "rb") as stream:
        said = stream.read().decode()
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        return f"killed by signal {os.WTERMSIG(status)}"
    assert os.WEXITSTATUS(status) == 0, said
    return said
