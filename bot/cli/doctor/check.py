"""One check and its outcome: whatever goes wrong in it is a line for a person, never a traceback."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from embeddings import LibraryError


class CheckError(LibraryError):
    """Something is not as it has to be: the message says what, and what to do."""


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What is to be checked: a data directory, in an environment, with or without asking Discord."""

    data: Path
    environ: Mapping[str, str]
    online: bool = False


@dataclass(frozen=True, slots=True)
class Check:
    """An outcome. `said` is what was found where it is well, what is wrong and what to do where not."""

    name: str
    ok: bool
    said: str

    @property
    def advice(self) -> str:
        """What is wrong and what to do, or nothing."""
        return "" if self.ok else self.said


Look = Callable[[Circumstances], str]
"""Looks at one thing and returns what it found; raises `LibraryError` where it is not as it has to be."""


def check(name: str, look: Look, circumstances: Circumstances) -> Check:
    """Look at one thing."""
    try:
        return Check(name, True, look(circumstances))
    except LibraryError as error:
        first, *others = str(error).splitlines()
        said = f"{first} (and {len(others)} more)" if others else first
    except ImportError as error:
        said = f"{error.name or error} is missing or broken; install review-bot anew (`pip install .`)"
    except OSError as error:
        said = f"{error.filename or circumstances.data}: {error.strerror or error}; mend the file or its permissions"
    except Exception as error:  # noqa: BLE001  # a check says what it met with, whatever that is
        said = f"can't be checked ({error!r}); report it"
    return Check(name, False, said)
