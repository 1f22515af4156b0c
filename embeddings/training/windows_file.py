"""Store the windows of a training, so that a training that was stopped starts again at once."""

from __future__ import annotations

import gzip
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from embeddings.errors import LibraryError
from embeddings.training.examples import Answer
from embeddings.training.mixture import Mix, Windows
from embeddings.training.windows import Window


class WindowsFileError(LibraryError):
    """The file of windows can't be read: remove it, and the windows are made again."""


def save_windows(windows: Windows, mix: Mix, file: Path) -> None:
    """Write windows in one step, one a line, after a line with their mix."""
    beside = file.with_name(f".{file.name}.new")
    with gzip.open(beside, "wt", encoding="utf-8", compresslevel=3) as stream:
        for record in _records(windows, mix):
            stream.write(json.dumps(record, ensure_ascii=False) + "\n")
    os.replace(beside, file)  # noqa: PTH105 - it replaces an existing file on every system


def load_windows(file: Path, mix: Mix | None = None) -> Windows | None:
    """Return the windows of a file; None if there is no file, or it is of another mix than this one.

    Raises:
        WindowsFileError: it can't be read.
    """
    if not file.exists():
        return None
    training: list[tuple[str, Window]] = []
    validation: list[Window] = []
    asked: dict[int, list[Window]] = {}
    try:
        with gzip.open(file, "rt", encoding="utf-8") as stream:
            stored = json.loads(next(stream))
            if mix is not None and stored != asdict(mix):
                return None
            for record in map(json.loads, stream):
                window = _window(record["window"])
                if "set" in record:
                    training.append((record["set"], window))
                elif "question" in record:
                    asked.setdefault(record["question"], []).append(window)
                else:
                    validation.append(window)
    except (OSError, EOFError, StopIteration, ValueError, KeyError, TypeError) as error:
        raise WindowsFileError(f"{file}: The windows can't be read ({error!r}). Remove the file.") from error
    return Windows(tuple(training), tuple(validation), tuple(map(tuple, asked.values())))


def _records(windows: Windows, mix: Mix) -> Iterator[dict[str, object]]:
    yield asdict(mix)
    for name, window in windows.training:
        yield {"set": name, "window": asdict(window)}
    for window in windows.validation:
        yield {"window": asdict(window)}
    for number, of_one in enumerate(windows.asked):
        for window in of_one:
            yield {"question": number, "window": asdict(window)}


def _window(record: Mapping[str, Any]) -> Window:
    answer = record["answer"]
    return Window(
        question=record["question"],
        sentences=tuple(record["sentences"]),
        gold=tuple(record["gold"]),
        answer=None if answer is None else Answer(**answer),
        document=record["document"],
        perturbed=record["perturbed"],
    )
