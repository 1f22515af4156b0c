"""The entries of a feed as review files, in a folder of the feed's own: `reviews/feeds/<name>/`.

They are ordinary reviews. A person may edit one, and then it stays as it is, or remove one, and then it stays away. An
entry that its feed no longer has stays.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from bot.storage.feeds import StoredEntry
from embeddings import (
    REVIEWS,
    ConvertedEntry,
    ReviewStorageError,
    flush_folder,
    write_output,
    written_by_us,
)

FOLDER = "feeds"


@dataclass(frozen=True, slots=True)
class Changes:
    """What became of a feed's entries.

    Attributes:
        entries: the reviews of all its entries, by the entries' keys.
        added: how many reviews are new.
        changed: how many have another text.
        edited: how many have another text, but were edited by hand, and so stay as they are.
    """

    entries: Mapping[str, StoredEntry]
    added: int = 0
    changed: int = 0
    edited: int = 0


def feed_folder(data: Path, name: str) -> Path:
    """Return the folder of a feed's reviews, which need not exist yet."""
    return data / REVIEWS / FOLDER / name


def store_entries(folder: Path, known: Mapping[str, StoredEntry], entries: tuple[ConvertedEntry, ...]) -> Changes:
    """Write what is new or changed in a feed to its folder. No other file is ever replaced.

    Args:
        folder: the feed's folder, which is made if it is needed.
        known: the reviews of its entries so far, by key.
        entries: its entries, in any order.

    Raises:
        ReviewStorageError: a file can't be read or written. Those before it are written.
    """
    stored = dict(known)
    added = changed = edited = 0
    try:
        present = {_digest(file): file.name for file in _files(folder)}
        for entry in entries:
            digest = hashlib.sha256(entry.content.encode()).hexdigest()
            before = stored.get(entry.key)
            if before is None and digest in present:
                # Of an earlier time, or of an entry that has got another key.
                stored[entry.key] = StoredEntry(present[digest], digest)
            elif before is None:
                folder.mkdir(parents=True, exist_ok=True)
                file = next(file for file in _candidates(folder, entry.slug) if not os.path.lexists(file))
                write_output(file, entry.content)
                stored[entry.key] = StoredEntry(file.name, digest)
                present[digest] = file.name
                added += 1
            elif digest != before.digest and (file := folder / before.file).exists():
                if _digest(file) not in (before.digest, digest):
                    edited += 1
                    continue
                write_output(file, entry.content, written_by_us)
                stored[entry.key] = StoredEntry(file.name, digest)
                changed += 1
        if added or changed:
            flush_folder(folder)
    except OSError as error:
        place = error.filename or folder
        raise ReviewStorageError(f"{place}: The reviews of the feed can't be stored ({error.strerror}).") from error
    return Changes(stored, added, changed, edited)


def _files(folder: Path) -> Iterator[Path]:
    return (file for file in sorted(folder.glob("*.md")) if file.is_file())


def _candidates(folder: Path, slug: str) -> Iterator[Path]:
    yield folder / f"{slug}.md"
    for number in range(2, 1_000_000):
        yield folder / f"{slug}-{number}.md"


def _digest(file: Path) -> str:
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()
