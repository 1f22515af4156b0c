"""A check and its outcome. Whatever goes wrong in a check is one line for a person, never a traceback."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from bot.cli.output.wording import counted
from embeddings import LibraryError

if TYPE_CHECKING:
    from concurrent.futures import Executor, Future

    from embeddings import Library

T = TypeVar("T")


class CheckError(LibraryError):
    """A check that fails. The message says what is wrong and what to do."""


class NotSetUp(Exception):  # noqa: N818  # not an error
    """What a check is about is optional, and not set up."""


class Status(Enum):
    """The outcome of a check, as it is printed."""

    OK = "ok"
    FAILED = "FAIL"
    SKIPPED = "skip"
    ABSENT = "none"


@dataclass(slots=True)
class Context:
    """What to check: a data folder in an environment, with or without asking Discord."""

    data: Path
    environ: Mapping[str, str]
    online: bool = False
    _library: Library | None = field(default=None, init=False, repr=False)
    _begun: dict[Callable[[Path], Any], Future[Any]] = field(default_factory=dict, init=False, repr=False)

    def library(self) -> Library:
        """Return the data folder's index, which the first check that needs it opens for all.

        Raises:
            LibraryError: it can't be opened.
        """
        # Imported here, so that a broken package fails only the checks that use it.
        from embeddings import Library

        if self._library is None:
            self._library = Library.open(self.data)
        return self._library

    def begin(self, work: Callable[[Path], object], executor: Executor) -> None:
        """Begin work on the data folder on another thread, for a later check to take its result."""
        self._begun[work] = executor.submit(work, self.data)

    def result(self, work: Callable[[Path], T]) -> T:
        """Return what work on the data folder returns, or raise what it raises. It runs now unless it has begun."""
        if work not in self._begun:
            return work(self.data)
        found: T = self._begun[work].result()
        return found

    def close(self) -> None:
        """Close the index, if a check has opened it."""
        if self._library is not None:
            self._library.close()


@dataclass(frozen=True, slots=True)
class Check:
    """The outcome of a check.

    Attributes:
        name: the name of the check.
        status: its outcome.
        finding: what was found, or what is wrong and what to do.
    """

    name: str
    status: Status
    finding: str

    @property
    def ok(self) -> bool:
        """Whether the check has passed, or what it is about is optional and not set up."""
        return self.status in (Status.OK, Status.ABSENT)

    @property
    def advice(self) -> str:
        """What is wrong and what to do, or "" if the check has passed."""
        return "" if self.ok else self.finding


CheckFunction = Callable[[Context], str]
"""Check one thing and return what was found. Raise `LibraryError` if it fails."""


def run_check(name: str, function: CheckFunction, context: Context) -> Check:
    """Run a check and return its outcome."""
    try:
        return Check(name, Status.OK, function(context))
    except NotSetUp as absent:
        return Check(name, Status.ABSENT, str(absent))
    except LibraryError as error:
        first, *others = str(error).splitlines()
        finding = f"{first} And {counted(len(others), 'more error')}." if others else first
    except ImportError as error:
        finding = f"The package {error.name or error} is missing or broken. Run `pip install .` in the clone."
    except OSError as error:
        reason = error.strerror or error
        finding = f"{error.filename or context.data}: {reason}. Correct the file or its permissions."
    except Exception as error:  # noqa: BLE001  # any failure of a check is an outcome
        finding = f"The check itself failed with {error!r}. Please report it."
    return Check(name, Status.FAILED, finding)
