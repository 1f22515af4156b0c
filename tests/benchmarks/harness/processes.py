"""Run everything that is measured in a process of its own, which reports what it took.

This module imports nothing heavy, because a process starts with the peak memory of the one that started it.
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
from typing import IO, Any

from tests.project import ROOT

_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "RAYON_NUM_THREADS", "NUMEXPR_NUM_THREADS")
# Libraries that would report their use, or look for a newer version.
_QUIET = {"ANONYMIZED_TELEMETRY": "False", "HF_HUB_OFFLINE": "1", "TOKENIZERS_PARALLELISM": "false"}


@dataclass(frozen=True, slots=True)
class Cost:
    """What a process took: processor seconds of all its threads, wall-clock seconds, peak memory in KiB."""

    cpu: float
    wall: float
    peak: int


@dataclass(slots=True)
class Spent:
    """What a block of code took: processor seconds of all threads, wall-clock seconds."""

    cpu: float = 0.0
    wall: float = 0.0


class ProcessError(RuntimeError):
    """A measured process failed. The message ends with its output."""


def cost(command: Sequence[str]) -> Cost:
    """Run a command; return what it took.

    Raises:
        ProcessError: The command failed.
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
    function: Callable[..., Any] | str, *, threads: int | None = None, **arguments: str | int | bool | None
) -> Any:  # noqa: ANN401 - JSON is of any type
    """Call a function in a process of its own; return what it returns.

    Args:
        function: a module's function, or its name as `module:name`. It takes and returns what JSON can hold.
        threads: how many threads BLAS, OpenMP and tokenizers may use, and on how many cores; None for all.
        arguments: the function's arguments.

    Raises:
        ProcessError: The function failed.
    """
    name = function if isinstance(function, str) else f"{function.__module__}:{function.__name__}"
    environment = os.environ | _QUIET
    cores = sorted(os.sched_getaffinity(0))
    if threads is not None:
        environment |= dict.fromkeys(_THREADS, str(threads))
        cores = cores[-threads:]
    command = [sys.executable, "-m", "tests.benchmarks.harness.processes", name]
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
    return json.loads(answer)


@contextmanager
def spent() -> Iterator[Spent]:
    """Measure a block of code. The result is complete at its end."""
    took = Spent()
    cpu, wall = time.process_time(), time.perf_counter()
    yield took
    took.cpu, took.wall = time.process_time() - cpu, time.perf_counter() - wall


def cpu_milliseconds(work: Callable[[], object]) -> float:
    """Return the processor time of a call in milliseconds."""
    began = time.process_time()
    work()
    return 1000 * (time.process_time() - began)


def peak_memory() -> int:
    """Return this process's peak memory in KiB."""
    return _status("VmHWM")


def memory() -> int:
    """Return this process's memory that is not backed by a file, in KiB."""
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
    """Call the function. Its result goes to standard output, and whatever else is printed to standard error."""
    import importlib

    module, name = sys.argv[1].split(":")
    os.sched_setaffinity(0, {int(core) for core in sys.argv[3].split(",")})
    with os.fdopen(os.dup(1), "w") as answer:
        os.dup2(2, 1)
        json.dump(getattr(importlib.import_module(module), name)(**json.loads(sys.argv[2])), answer)


if __name__ == "__main__":
    _main()
