"""What can go wrong, named for what the caller should do.

Each message is one line that says where, what, and what to do next. It is printed as it is.
"""

from __future__ import annotations

import errno
from enum import StrEnum
from pathlib import Path

REBUILD = "Run `review-bot index --rebuild`."
"""What to do about an index that can't be used, for the end of a message."""

GIVE_ACCESS = "Give access to it to the user that runs this program."
"""What to do about a file or a folder that this user may not use, for the end of a message."""

SHORTEN_PATH = "Use a folder with a shorter path, or turn on long paths in Windows (LongPathsEnabled)."
"""What to do about a path that Windows doesn't open, for the end of a message."""

CHECK_MACHINE = "Its files are intact, so correct what this machine lacks. `review-bot doctor` checks the packages."
"""What to do about undamaged files that can't be used, for the end of a message."""

_REMEDIES = {
    **dict.fromkeys((errno.EACCES, errno.EPERM), GIVE_ACCESS),
    **dict.fromkeys((errno.ENOSPC, errno.EDQUOT, errno.EFBIG), "Make room and try again."),
    **dict.fromkeys((errno.EMFILE, errno.ENFILE), "Allow more open files (`ulimit -n`) and try again."),
    **dict.fromkeys((errno.ENOMEM, errno.EAGAIN), "Free some memory and try again."),
    errno.EROFS: "Make it writable, or choose another folder.",
}


class LibraryError(Exception):
    """The base of every error that a user can act on."""


class FileError(LibraryError):
    """A file, or a line of it, can't be used.

    Attributes:
        file: the file.
        line: its line, from 1; None if the file as a whole is wrong.
        reason: what is wrong and what to do, without the place.
    """

    def __init__(self, file: Path, line: int | None, reason: str) -> None:
        super().__init__(f"{file}, line {line}: {reason}" if line is not None else f"{file}: {reason}")
        self.file = file
        self.line = line
        self.reason = reason


class LeftOut(StrEnum):
    """Why a file, or a part of it, is no review, in the words of the summary."""

    DRAFT = "drafts"
    TEMPLATE = "templates"
    NO_REVIEW = "pages without a review"
    EMPTY = "without text"
    TOO_LARGE = "too large"
    EXTRA = "needing the extra 'import'"
    OUTSIDE = "links out of the folder"
    FORMAT = "in other formats"
    UNREADABLE = "unreadable"

    @property
    def is_intended(self) -> bool:
        """True if nobody expects a review there, so that it is no fault."""
        return self in (LeftOut.DRAFT, LeftOut.TEMPLATE, LeftOut.NO_REVIEW, LeftOut.FORMAT)


class ReviewFileError(FileError):
    """A review file can't be read: correct the file, or leave it out.

    Attributes:
        kind: why it is left out.
    """

    def __init__(self, file: Path, line: int | None, reason: str, kind: LeftOut = LeftOut.UNREADABLE) -> None:
        super().__init__(file, line, reason)
        self.kind = kind


class ReviewFilesError(LibraryError):
    """Several review files can't be read, each in a line of the message; nothing was changed."""

    def __init__(self, errors: tuple[ReviewFileError, ...]) -> None:
        super().__init__("\n".join(str(error) for error in errors))
        self.errors = errors


class QuestionFileError(FileError):
    """A question file, or a line of it, can't be used: correct that line."""


class OutputError(LibraryError):
    """Writing a file would replace somebody's work: name another file, or replace it on purpose."""


class ConversionError(LibraryError):
    """A file can't be converted into a review: correct it, or use another format.

    Attributes:
        kind: why it is left out where it is one of several.
    """

    def __init__(self, message: str, kind: LeftOut = LeftOut.UNREADABLE) -> None:
        super().__init__(message)
        self.kind = kind


class ReviewStorageError(LibraryError):
    """A review can't be stored or removed; nothing was changed."""


class FoldersError(LibraryError):
    """A folder can't be linked or forgotten, or what remembers the linked ones can't be used; nothing was changed."""


class NoReviewsError(LibraryError):
    """There are no reviews: add one."""


class QuestionError(LibraryError):
    """The question is empty, too long, or has no words: ask another."""


class UnknownReviewError(LibraryError):
    """The asker sees no review of that name."""


class UnknownSectionError(LibraryError):
    """The review has no section of that name."""


class ModelError(LibraryError):
    """The encoder's model can't be found, loaded or trusted."""


class ModelMissingError(ModelError):
    """The encoder's model is not on this machine: install it, or copy an index that has its export."""


class IndexMissingError(LibraryError):
    """There is no index yet: build one."""


class IndexDamagedError(LibraryError):
    """The index on disk is incomplete or altered: rebuild it."""


class IndexUnreadableError(LibraryError):
    """This machine or this user can't read the index, which may be undamaged: correct that."""


class IndexVersionError(LibraryError):
    """The index has the format of another version: rebuild it."""


class IndexBusyError(LibraryError):
    """Another process is writing the index: wait for it."""


class IndexWriteError(LibraryError):
    """The index can't be written (permissions, disk space); the old one is unchanged."""


class CalibrationError(LibraryError):
    """The thresholds are not for this encoder: calibrate."""


class RerankerError(LibraryError):
    """The reranker can't be opened: the encoder answers alone until the package is installed again."""


def remedy(error: OSError) -> str:
    """Return what to do about a fault of the environment, for the end of a message."""
    return _REMEDIES.get(error.errno or 0, "Check the disk and try again.")


def unreadable(place: Path, error: OSError) -> IndexDamagedError | IndexUnreadableError:
    """Return the error for a file of an index that can't be read. Only a file that is missing is damage."""
    if isinstance(error, FileNotFoundError | NotADirectoryError | IsADirectoryError):
        return IndexDamagedError(f"{place}: The file is missing. {REBUILD}")
    return IndexUnreadableError(f"{place}: The file can't be read ({error.strerror or error}). {remedy(error)}")
