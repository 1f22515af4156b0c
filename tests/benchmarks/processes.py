"""Each thing that is measured runs in a process of its own, which says what it took.

This module imports nothing heavy: a process's peak memory counts from that of the one that started it.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TypeVar

from tests.project import ROOT

Result = TypeVar("Result")

_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "RAYON_NUM_THREADS", "NUMEXPR_NUM_THREADS")
# Peers that would tell their makers of their use, or look for a newer version of themselves.
_QUIET = {"ANONYMIZED_TELEMETRY": "False", "HF_HUB_OFFLINE": "1", "TOKENIZERS_PARALLELISM": "false"}


@dataclass(frozen=True, slots=True)
class Cost:
    """What a process took: processor seconds of all its threads, seconds by the clock, peak memory in KiB."""

    cpu: float
    wall: float
    peak: int


@dataclass(slots=True)
class Spent:
    """What a stretch of a process took: processor seconds of all its threads, seconds by the clock."""

    cpu: float = 0.0
    wall: float = 0.0


class ProcessError(RuntimeError):
    """A process that was to be measured failed; the message ends with what it said."""


def cost(command: Sequence[str]) -> Cost:
    """Run a command, and say what it took.

    Raises:
        ProcessError: it failed.
    """
    with tempfile.TemporaryFile("w+") as said:
        began = time.perf_counter()
        process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=said)
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        wall = time.perf_counter() - began
        if process.returncode:
            raise ProcessError(f"{' '.join(command[:4])} … ended with {process.returncode}\n{_end(said)}")
    return Cost(used.ru_utime + used.ru_stime, wall, used.ru_maxrss)


def apart(
    function: Callable[..., Result], *, threads: int | None = None, **arguments: str | int | bool | None
) -> Result:
    """What a module's function gives for JSON-able arguments, called in a process of its own.

    Args:
        function: gives something that JSON can hold.
        threads: how many threads BLAS, OpenMP and tokenizers may use, and on how many cores; None for all there are.
        arguments: of the function.

    Raises:
        ProcessError: it failed.
    """
    environment = os.environ | _QUIET
    cores = sorted(os.sched_getaffinity(0))
    if threads is not None:
        environment |= dict.fromkeys(_THREADS, str(threads))
        cores = cores[-threads:]
    command = [sys.executable, "-m", "tests.benchmarks.processes", f"{function.__module__}:{function.__name__}"]
    with tempfile.TemporaryFile("w+") as said:
        process = subprocess.Popen(
            [*command, json.dumps(arguments), ",".join(map(str, cores))],
            cwd=ROOT,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=said,
            text=True,
        )
        answer, _ = process.communicate()
        if process.returncode:
            raise ProcessError(f"{command[-1]} ended with {process.returncode}\n{_end(said)}")
    result: Result = json.loads(answer)
    return result


@contextmanager
def spent() -> Iterator[Spent]:
    """What the stretch within takes; it is known at its end."""
    took = Spent()
    cpu, wall = time.process_time(), time.perf_counter()
    yield took
    took.cpu, took.wall = time.process_time() - cpu, time.perf_counter() - wall


def peak_memory() -> int:
    """The most memory that this process has held so far, in KiB."""
    return _status("VmHWM")


def memory() -> int:
    """The memory that this process holds and shares with no file, in KiB."""
    return _status("RssAnon")


def _status(name: str) -> int:
    for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
        if line.startswith(f"{name}:"):
            return int(line.split()[1])
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def _end(said: IO[str]) -> str:
    said.seek(0)
    return "\n".join(said.read().splitlines()[-20:])


def _main() -> None:
    """Be such a process: what the function gives goes to standard output, whatever else is printed to the other."""
    import importlib

    module, name = sys.argv[1].split(":")
    os.sched_setaffinity(0, {int(core) for core in sys.argv[3].split(",")})
    with os.fdopen(os.dup(1), "w") as answer:
        os.dup2(2, 1)
        json.dump(getattr(importlib.import_module(module), name)(**json.loads(sys.argv[2])), answer)


if __name__ == "__main__":
    _main()
