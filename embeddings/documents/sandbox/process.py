"""Convert or read files in a process of their own, with little memory, little time, and nothing to write to."""

from __future__ import annotations

import json
import subprocess
from dataclasses import asdict
from pathlib import Path
from threading import Timer
from typing import Any, Self

from embeddings.config import SANDBOX_FILE_BYTES, SANDBOX_TIMEOUT_SECONDS
from embeddings.documents.converter import (
    Candidates,
    ConvertedEntry,
    ConvertedFeed,
    ConvertedFile,
    LeftOutFile,
    display_name,
    read_candidates,
)
from embeddings.documents.notes import Mended, Note
from embeddings.documents.parser import FORMATS, ParsedFile, has_extra, parse_file
from embeddings.documents.sandbox.child_process import child_command, child_environment, child_folder
from embeddings.documents.sandbox.limits import watch_memory
from embeddings.errors import ConversionError, LeftOut, ReviewFileError
from embeddings.records import SHARED, ReviewFields, review_from_json


def convert_in_sandbox(data: bytes, name: str, *, slug: str | None = None, collection: str = SHARED) -> ConvertedFile:
    """Do what `convert` does in another process: a file that takes too much memory or time ends only that process.

    Raises:
        ConversionError: the file can't become a review; the message says why.
    """
    return _convert({"name": display_name(name), "slug": slug, "collection": collection}, data)


def edit_in_sandbox(
    data: bytes, name: str, wanted: ReviewFields, *, slug: str | None = None, collection: str = SHARED
) -> ConvertedFile:
    """Do what `edit_review` does in another process.

    Raises:
        ConversionError: the fields can't be set; the message says why.
    """
    return _convert({"name": name, "slug": slug, "collection": collection, "fields": asdict(wanted)}, data)


def read_candidates_in_sandbox(data: bytes, name: str, *, collection: str = SHARED) -> Candidates:
    """Do what `read_candidates` does in another process, for a file of that name.

    A file that takes too much memory or time is left out as a whole.
    """
    shown = display_name(name)
    try:
        return _candidates(_answer({"name": shown, "several": True, "collection": collection}, data))
    except _NO_ANSWER:
        return _too_costly(shown)


def convert_feed_in_sandbox(data: bytes, address: str, content_type: str = "") -> ConvertedFeed:
    """Do what `convert_feed` does in another process.

    Raises:
        ConversionError: it is not a feed, or takes too much memory or time.
    """
    try:
        answer = _answer({"feed": address[:_MAX_TEXT], "type": content_type[:_MAX_TEXT]}, data)
        if "error" in answer:
            raise ConversionError(answer["error"])
        return ConvertedFeed(
            title=answer["title"],
            name=answer["name"],
            entries=tuple(ConvertedEntry(**entry) for entry in answer["entries"]),
            excerpts=answer["excerpts"],
            left_out=tuple(answer["left_out"]),
        )
    except _NO_ANSWER:
        raise ConversionError("Reading the feed takes too much memory or time.") from None


class FileReader:
    """Does what `parse_file` and `read_candidates` do, in another process for files that can take much memory or time.

    One process reads many files. A file that is too much for it ends it, and the next file gets another.
    """

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        # Within a `with` block the process stays for the next file.
        self._keeps = False

    def __enter__(self) -> Self:
        self._keeps = True
        return self

    def __exit__(self, *_: object) -> None:
        self._keeps = False
        self._close()

    def read(
        self, data: bytes, path: Path, place: Path, *, collection: str, split_by_heading: bool = False
    ) -> ParsedFile:
        """Return the reviews in a file's bytes; the arguments and errors are those of `parse_file`."""
        if _is_light(data, place):
            return parse_file(data, path, place, collection=collection, split_by_heading=split_by_heading)
        answer = self._ask({"place": str(place), "collection": collection, "split": split_by_heading}, data)
        if answer is None:
            raise ReviewFileError(path, None, f"{_TOO_COSTLY}, or split it.", LeftOut.TOO_LARGE)
        if "reason" in answer:
            raise ReviewFileError(path, answer["line"], answer["reason"], LeftOut(answer["kind"]))
        return ParsedFile(tuple(map(review_from_json, answer["reviews"])), _notes(answer["notes"]))

    def read_candidates(
        self, data: bytes, place: Path, *, collection: str = SHARED, split_by_heading: bool = False
    ) -> Candidates:
        """Return the reviews that a file would become; the arguments are those of `read_candidates`."""
        if _is_light(data, place):
            return read_candidates(data, place, collection=collection, split_by_heading=split_by_heading)
        header = {"name": str(place), "several": True, "collection": collection, "split": split_by_heading}
        answer = self._ask(header, data)
        return _too_costly(place.as_posix()) if answer is None else _candidates(answer)

    def _ask(self, header: dict[str, Any], data: bytes) -> dict[str, Any] | None:
        """Return the answer to a file, or None if the process ended without one."""
        process = self._process = self._process or subprocess.Popen(  # noqa: S603  # our own module
            [*child_command("embeddings.documents.sandbox.worker"), "--many"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=child_environment(),
            cwd=child_folder(),
        )
        timer = Timer(SANDBOX_TIMEOUT_SECONDS, process.kill)
        timer.start()
        answer: dict[str, Any] | None = None
        try:
            with watch_memory(process):
                if process.stdin is not None and process.stdout is not None:
                    process.stdin.write(json.dumps(header | {"size": len(data)}).encode() + b"\n" + data)
                    process.stdin.flush()
                    answer = json.loads(process.stdout.readline())
        except (OSError, ValueError):
            answer = None
        finally:
            timer.cancel()
        if answer is None or answer["is_last"] or not self._keeps:
            self._close()
        return answer

    def _close(self) -> None:
        if self._process is not None:
            self._process.kill()
            # Its pipes close with it.
            self._process.communicate()
            self._process = None


_NO_ANSWER = (subprocess.TimeoutExpired, ValueError, KeyError, TypeError)
"""What a process raises, or its answer, that was ended or has failed."""

_MAX_TEXT = 2_000
"""Characters of an address or of a header that the worker gets, so that its own header stays short."""

_TOO_COSTLY = "Reading the file takes too much memory or time. Save its text as .txt"


def _is_light(data: bytes, place: Path) -> bool:
    """Return True for a file that takes little whatever is in it, or that is refused before it is read."""
    kind = FORMATS.get(place.suffix.lower())
    return kind is not None and (not has_extra() if kind.is_extra else len(data) <= SANDBOX_FILE_BYTES)


def _convert(header: dict[str, Any], data: bytes) -> ConvertedFile:
    try:
        answer = _answer(header, data)
        if "error" in answer:
            raise ConversionError(answer["error"])
        return _converted(answer)
    except _NO_ANSWER:
        raise ConversionError(f"{header['name']}: {_TOO_COSTLY} and add that.") from None


def _answer(header: dict[str, Any], data: bytes) -> Any:  # noqa: ANN401  # it may have printed anything
    """Return the answer of a process of its own to one file.

    Raises:
        one of `_NO_ANSWER`: it ended without an answer.
    """
    code, output = _run(json.dumps(header).encode() + b"\n" + data)
    if code:
        raise ValueError(code)
    # The answer counts, not the exit code: a process that ended well has said what it read.
    return json.loads(output)


def _candidates(answer: dict[str, Any]) -> Candidates:
    left_out = tuple(LeftOutFile(**each | {"kind": LeftOut(each["kind"])}) for each in answer["left_out"])
    return Candidates(tuple(map(_converted, answer["reviews"])), left_out)


def _too_costly(name: str) -> Candidates:
    return Candidates((), (LeftOutFile(name, LeftOut.TOO_LARGE, f"{_TOO_COSTLY}, or split it."),))


def _converted(answer: dict[str, Any]) -> ConvertedFile:
    review, notes = review_from_json(answer["review"]), _notes(answer["notes"])
    return ConvertedFile(review, answer["content"], answer["converted"], answer["file"], notes)


def _notes(notes: list[dict[str, Any]]) -> tuple[Note, ...]:
    return tuple(Note(_kind(note["kind"]), note["reason"], note["line"]) for note in notes)


def _kind(text: str) -> Mended | LeftOut:
    return LeftOut(text) if text in set(LeftOut) else Mended(text)


def _run(content: bytes) -> tuple[int, bytes]:
    """Run the worker on a header and a file. Return its exit code and its answer."""
    with subprocess.Popen(  # noqa: S603  # our own module, our own arguments
        child_command("embeddings.documents.sandbox.worker"),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=child_environment(),
        cwd=child_folder(),
    ) as process:
        try:
            with watch_memory(process):
                output, _ = process.communicate(content, timeout=SANDBOX_TIMEOUT_SECONDS)
        except BaseException:
            process.kill()
            raise
    return process.returncode, output
