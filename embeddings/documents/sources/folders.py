"""The folders that reviews are read from: the data folder's own, and linked ones that stay where they are.

`folders.json` in the data folder remembers the linked ones:

    {"folders": ["/home/ann/blog/content"]}
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from embeddings.documents.files import COLLECTIONS, REVIEWS, FolderFile, collection_folders, list_folder, review_files
from embeddings.documents.outputs import write_output, written_by_us
from embeddings.errors import FoldersError, ReviewFileError
from embeddings.records import SHARED

FOLDERS_FILE = "folders.json"


@dataclass(frozen=True, slots=True)
class ReviewFolder:
    """A folder of reviews.

    Attributes:
        collection: the collection of its reviews.
        path: the folder.
        rank: 0 if it is the collection's own folder in the data folder, else its number among the linked ones, from 1.
    """

    collection: str
    path: Path
    rank: int = 0

    def key(self, file: Path) -> str:
        """Return the index's name of a file: its path within the folder, or the whole path if the folder is linked."""
        return (file if self.rank else file.relative_to(self.path)).as_posix()

    def has(self, key: str | None) -> bool:
        """Return True if the index's name of a file is that of a file of this folder."""
        if key is None:
            return False
        # Of strings, because there may be a hundred thousand.
        return key.startswith(f"{self.path.as_posix().rstrip('/')}/") if self.rank else not is_linked(key)

    def files(self, *, is_indexed: bool) -> tuple[FolderFile, ...]:
        """Return the folder's files, as `list_folder` does.

        Args:
            is_indexed: whether the index has reviews of it. If a linked one is empty then, a disk is not mounted.

        Raises:
            ReviewFileError: the folder can't be listed, or is linked and missing or empty.
        """
        if not self.rank:
            return list_folder(self.path)
        try:
            found = list_folder(self.path) if self.path.exists() else None
        except OSError as error:
            raise ReviewFileError(self.path, None, f"The folder can't be listed ({error.strerror}).") from error
        if found is None or (not found and is_indexed):
            state = "missing" if found is None else "empty"
            kept = " Until then its reviews stay as they were indexed." if is_indexed else ""
            advice = f"Put it back, or run `review-bot index --forget {self.path}`.{kept}"
            raise ReviewFileError(self.path, None, f"The folder is {state}. {advice}")
        return found


def is_linked(key: str) -> bool:
    """Return True if the index's name of a file is that of a linked folder's file."""
    return os.path.isabs(key)  # noqa: PTH117  # many times faster


def review_folders(data: Path) -> Iterator[ReviewFolder]:
    """Yield every folder of reviews, those of one collection one after the other, the collection's own first.

    Raises:
        FoldersError: what remembers the linked folders can't be read.
    """
    for collection, path in collection_folders(data):
        yield ReviewFolder(collection, path)
        if collection == SHARED:
            for rank, linked in enumerate(linked_folders(data), 1):
                yield ReviewFolder(SHARED, linked, rank)


def linked_folders(data: Path) -> tuple[Path, ...]:
    """Return the linked folders, in the order in which they were linked.

    Raises:
        FoldersError: what remembers them can't be read.
    """
    file = data / FOLDERS_FILE
    try:
        names = json.loads(file.read_text(encoding="utf-8"))["folders"]
        if not isinstance(names, list) or not all(isinstance(name, str) and Path(name).is_absolute() for name in names):
            raise ValueError("it lists no folders")
    except (FileNotFoundError, NotADirectoryError):
        return ()
    except OSError as error:
        raise FoldersError(f"{file}: The file can't be read ({error.strerror}).") from error
    except (ValueError, KeyError, TypeError) as error:
        advice = "Correct it, or remove it and link the folders again with `review-bot index --from FOLDER`."
        raise FoldersError(f"{file}: The file is no list of folders ({error}). {advice}") from error
    return tuple(map(Path, names))


def link_folder(data: Path, folder: Path) -> bool:
    """Remember a folder to read its reviews where they are. Return False if it is remembered already.

    Raises:
        FoldersError: it is no folder that reviews can be read from, it overlaps with another, or the disk refuses.
        ReviewFileError: it can't be listed.
    """
    path = _absolute(folder)
    if not path.is_dir():
        reason = (
            "This is a file. Name its folder, or use `review-bot add`." if path.exists() else "There is no such folder."
        )
        raise FoldersError(f"{path}: {reason}")
    linked = linked_folders(data)
    if path in linked:
        return False
    for other in (data / REVIEWS, data / COLLECTIONS, *linked):
        if _overlap(path, other):
            raise FoldersError(f"{path}: The folder overlaps with {other}, so that reviews would be read twice.")
    if not review_files(path):
        raise FoldersError(f"{path}: There are no files that can be reviews. Name another folder.")
    _save(data, (*linked, path))
    return True


def unlink_folder(data: Path, folder: Path) -> None:
    """Forget a linked folder, which need not exist any more. Its files stay as they are.

    Raises:
        FoldersError: it is not linked, or the disk refuses.
    """
    linked = linked_folders(data)
    path = _absolute(folder)
    if path not in linked:
        known = f"These are: {', '.join(map(str, linked))}." if linked else "No folder is."
        raise FoldersError(f"{path}: This folder is not read where it is. {known}")
    _save(data, tuple(each for each in linked if each != path))


def _absolute(folder: Path) -> Path:
    # A symbolic link keeps its name, and what it links to may change.
    return Path(os.path.abspath(folder.expanduser()))  # noqa: PTH100


def _overlap(one: Path, other: Path) -> bool:
    first, second = Path(os.path.realpath(one)), Path(os.path.realpath(other))
    return first.is_relative_to(second) or second.is_relative_to(first)


def _save(data: Path, linked: tuple[Path, ...]) -> None:
    content = json.dumps({"folders": list(map(str, linked))}, ensure_ascii=False, indent=1)
    file = data / FOLDERS_FILE
    try:
        data.mkdir(parents=True, exist_ok=True)
        write_output(file, f"{content}\n", written_by_us)
    except OSError as error:
        raise FoldersError(f"{file}: The file can't be written ({error.strerror}).") from error
