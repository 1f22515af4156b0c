"""Zip archives of review files, such as a Notion export. Nothing is unpacked to the disk."""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Collection, Iterator
from pathlib import Path, PurePosixPath

from embeddings.config import MAX_ARCHIVE_BYTES, MAX_PAGE_FILE_BYTES, MAX_REVIEWS_OF_FILE
from embeddings.errors import LeftOut, ReviewFileError

_ENCRYPTED = 0x1
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)


def read_zip(data: bytes, path: Path, suffixes: Collection[str]) -> Iterator[tuple[PurePosixPath, bytes]]:
    """Yield the name and the bytes of each file of an archive that has one of the endings.

    Raises:
        ReviewFileError: the archive is damaged, encrypted, or unpacks to too much.
    """
    left = MAX_ARCHIVE_BYTES
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries = [
                entry for entry in archive.infolist() if PurePosixPath(entry.filename).suffix.lower() in suffixes
            ]
            if len(entries) > MAX_REVIEWS_OF_FILE:
                reason = f"The archive has {len(entries):,} files. The limit is {MAX_REVIEWS_OF_FILE:,}."
                raise ReviewFileError(path, None, reason, LeftOut.TOO_LARGE)
            # What the directory says, before anything is read; below, what is there.
            if sum(entry.file_size for entry in entries) > MAX_ARCHIVE_BYTES:
                raise _too_large(path)
            for entry in entries:
                if entry.flag_bits & _ENCRYPTED or entry.compress_type not in _METHODS:
                    raise ReviewFileError(
                        path, None, "The archive is encrypted, or packed in a rare way. Pack it again."
                    )
                with archive.open(entry) as packed:
                    content = packed.read(min(left, MAX_PAGE_FILE_BYTES) + 1)
                left -= len(content)
                if left < 0 or len(content) > MAX_PAGE_FILE_BYTES:
                    raise _too_large(path)
                yield PurePosixPath(entry.filename.replace("\\", "/")), content
    except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, ValueError, NotImplementedError) as error:
        raise ReviewFileError(path, None, "This is not a readable zip archive. It is damaged.") from error


def _too_large(path: Path) -> ReviewFileError:
    limits = f"{MAX_ARCHIVE_BYTES // 1024**2} MB, or a file of it to more than {MAX_PAGE_FILE_BYTES // 1024**2} MB"
    return ReviewFileError(path, None, f"The archive unpacks to more than {limits}.", LeftOut.TOO_LARGE)
