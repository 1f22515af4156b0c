"""Take from this project's code what Windows lacks. Every process runs it first, also those that tests start.

- `fcntl`, `resource` and the like can't be imported. `os` has no fork, no users and no named pipes.
- Modes mean nothing: every file is open to all, whatever was asked for.
- The program can't open a folder, and can't replace, rename or remove what its process has open.
- Event loops handle no signals.
- Pipes are in Windows-1252, unless Python is told to use another encoding.

Other packages keep what they need: on Windows they have code of their own. Drive letters, reserved names, `\\r\\n` and
what other processes have open are not simulated.
"""

from __future__ import annotations

import builtins
import importlib
import io
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from types import FrameType, ModuleType
from typing import Any

PRODUCT = frozenset({"bot", "embeddings"})
OURS = PRODUCT | {"tests", "__main__", "_pytest"}
HIDDEN = frozenset({"fcntl", "resource", "pwd", "grp", "termios", "tty", "pty"})
ABSENT = ("fork", "forkpty", "geteuid", "getegid", "mkfifo", "fchown", "chown")
MOVES = ("replace", "rename", "unlink", "remove", "rmdir")

_import = builtins.__import__
_import_module = importlib.import_module
_open = os.open


def _importing(name: str, *scopes: Any, **options: Any) -> Any:  # noqa: ANN401 - Python's own signature
    scope = scopes[0] if scopes else options.get("globals")
    _refuse_hidden(name, scope or {})
    module = _import(name, *scopes, **options)
    if (events := sys.modules.get("asyncio.unix_events")) is not None and hasattr(events, "_UnixSelectorEventLoop"):
        _patch(events._UnixSelectorEventLoop, "add_signal_handler", NotImplementedError)
    return module


def _importing_by_name(name: str, package: str | None = None) -> ModuleType:
    _refuse_hidden(name, sys._getframe(1).f_globals)
    return _import_module(name, package)


def _refuse_hidden(name: str, scope: dict[str, Any]) -> None:
    if name in HIDDEN and str(scope.get("__name__", "")).partition(".")[0] in OURS:
        raise ModuleNotFoundError(f"No module named {name!r}", name=name)


def _opening(path: Any, flags: int, mode: int = 0o666, **options: Any) -> int:  # noqa: ANN401 - as in `os`
    if _called_by_the_program() and os.path.isdir(path):  # noqa: PTH112 - any kind of path
        raise PermissionError(13, "Permission denied", path)
    return _open(path, flags, mode | 0o666, **options)


def _moving(real: Callable[..., None]) -> Callable[..., None]:
    def moved(*paths: Any, **options: Any) -> None:  # noqa: ANN401 - as in `os`
        if _called_by_the_program():
            names = [os.path.realpath(path) for path in paths]
            for opened in _opened():
                for name in names:
                    if opened == name or opened.startswith(name + os.sep):
                        raise PermissionError(13, f"The process has {opened} open", str(paths[0]))
        real(*paths, **options)

    return moved


def _opened() -> Iterator[str]:
    """Yield the files that this process has open or mapped."""
    for descriptor in os.listdir("/proc/self/fd"):  # noqa: PTH208 - `pathlib` would be imported in every process
        try:
            yield os.readlink(f"/proc/self/fd/{descriptor}")  # noqa: PTH115
        except OSError:
            continue
    with io.open("/proc/self/maps", encoding="utf-8") as maps:  # noqa: UP020
        yield from {line.split(maxsplit=5)[-1].rstrip("\n") for line in maps if "/" in line}


def _called_by_the_program() -> bool:
    frame: FrameType | None = sys._getframe(2)
    while frame is not None:
        if str(frame.f_globals.get("__name__", "")).partition(".")[0] in PRODUCT:
            return True
        frame = frame.f_back
    return False


def _patch(owner: Any, name: str, error: type[Exception]) -> None:  # noqa: ANN401 - any class
    real = getattr(owner, name)
    if getattr(real, "simulated", False):
        return

    def refusing(*arguments: Any) -> Any:  # noqa: ANN401 - as the real one
        if _called_by_the_program():
            raise error
        return real(*arguments)

    refusing.simulated = True  # type: ignore[attr-defined]
    setattr(owner, name, refusing)


def _simulate() -> None:
    for name in ABSENT:
        if hasattr(os, name):
            delattr(os, name)
    os.umask(0)
    os.chmod = lambda *_, **__: None
    os.open = _opening
    # It opens folders.
    shutil._use_fd_functions = False  # type: ignore[attr-defined]
    # As on Windows, a file without a name is removed when it is closed.
    tempfile.TemporaryFile = tempfile.NamedTemporaryFile  # type: ignore[assignment]
    for name in MOVES:
        setattr(os, name, _moving(getattr(os, name)))
    builtins.__import__ = _importing
    importlib.import_module = _importing_by_name
    told = sys.flags.utf8_mode or (not sys.flags.ignore_environment and "PYTHONIOENCODING" in os.environ)
    for stream in (sys.stdin, sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper) and not told and not stream.isatty():
            stream.reconfigure(encoding="cp1252")


_simulate()
