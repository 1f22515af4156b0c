"""What can go wrong, named for what the caller should do.

Each message is one line that says what, where and what to do next; it is printed as it stands.
"""

from __future__ import annotations

from pathlib import Path

REBUILD = "Run `review-bot index --rebuild`."
"""What to do about an index that can't be used, for the end of a message."""


class LibraryError(Exception):
    """The base of every error that a user can act on."""


class ReviewFileError(LibraryError):
    """A review file that can't be read: mend the file, or leave it out.

    Attributes:
        file: the review's file.
        line: the line in it, from 1, or None where the file as a whole is at fault.
        reason: what is wrong and what to do, without the place.
    """

    def __init__(self, file: Path, line: int | None, reason: str) -> None:
        super().__init__(f"{file}, line {line}: {reason}" if line is not None else f"{file}: {reason}")
        self.file = file
        self.line = line
        self.reason = reason


class ReviewFilesError(LibraryError):
    """Several review files that can't be read; nothing was changed."""

    def __init__(self, errors: tuple[ReviewFileError, ...]) -> None:
        super().__init__("\n".join(str(error) for error in errors))
        self.errors = errors


class ConversionError(LibraryError):
    """A file that can't be taken in as a review: mend it, or bring it in another format."""


class ReviewStorageError(LibraryError):
    """A review can't be put where reviews are kept, or taken away from there; nothing was changed."""


class QuestionFileError(LibraryError):
    """A question file, or a line of it, can't be used: correct that line."""

    def __init__(self, file: Path, line: int | None, reason: str) -> None:
        super().__init__(f"{file}, line {line}: {reason}" if line is not None else f"{file}: {reason}")
        self.file = file
        self.line = line
        self.reason = reason


class NoReviewsError(LibraryError):
    """There is nothing to answer from: add a review."""


class QuestionError(LibraryError):
    """The question itself can't be answered by anything: ask another."""


class UnknownReviewError(LibraryError):
    """No review of that name among those that the asker may see."""


class UnknownSectionError(LibraryError):
    """No section of that name in the review."""


class ModelError(LibraryError):
    """The encoder's model can't be found, loaded or trusted."""


class ModelMissingError(ModelError):
    """The encoder's model is not on this machine: install it, or bring an index along that holds its export."""


class IndexMissingError(LibraryError):
    """There is no index yet: build one."""


class IndexDamagedError(LibraryError):
    """The index on disk is incomplete or altered: build it again."""


class IndexVersionError(LibraryError):
    """The index was written in another format: build it again."""


class IndexBusyError(LibraryError):
    """Another process is writing the index: wait for it."""


class IndexWriteError(LibraryError):
    """The index can't be written (permissions, disk space); the old one is untouched."""


class CalibrationError(LibraryError):
    """Thresholds that can't be used with this encoder: calibrate."""


class RerankerError(LibraryError):
    """The reranker can't be opened: answers go on without it, or install the package again."""
