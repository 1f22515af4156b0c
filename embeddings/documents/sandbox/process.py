"""Convert or read files in a process of their own, with little memory, little time, and nothing to write to."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from threading import Timer
from typing import Any, Self

from embeddings.child_process import child_command, child_environment, child_folder
from embeddings.config import SANDBOX_FILE_BYTES, SANDBOX_TIMEOUT_SECONDS
from embeddings.documents.converter import ConvertedFile, display_name
from embeddings.documents.notes import Mended, Note
from embeddings.documents.parser import FORMATS, ParsedFile, has_extra, parse_file
from embeddings.documents.sandbox.limits import watch_memory
from embeddings.errors import ConversionError, LeftOut, ReviewFileError
from embeddings.records import SHARED, review_from_json


def convert_in_sandbox(data: bytes, name: str, *, slug: str | None = None, collection: str = SHARED) -> ConvertedFile:
    """Do what `convert` does in another process: a file that takes too much memory or time ends only that process.

    Raises:
        ConversionError: the file can't become a review; the message says why.
    """
    header = json.dumps({"name": display_name(name), "slug": slug, "collection": collection})
    try:
        code, output = _run(header.encode() + b"\n" + data)
    except subprocess.TimeoutExpired:
        raise _too_costly(name) from None
    if code:
        raise _too_costly(name)
    # The answer counts, not the exit code: a process that ended well has said what it read.
    try:
        answer = json.loads(output)
        if "error" in answer:
            raise ConversionError(answer["error"])
        return ConvertedFile(review_from_json(answer["review"]), answer["content"], answer["converted"])
    except (ValueError, KeyError, TypeError):
        raise _too_costly(name) from None


class FileReader:
    """Does what `parse_file` does, in another process for files that can take much memory or time.

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
        kind = FORMATS.get(place.suffix.lower())
        is_light = kind is not None and not kind.is_extra and len(data) <= SANDBOX_FILE_BYTES
        if is_light or (kind is not None and kind.is_extra and not has_extra()):
            return parse_file(data, path, place, collection=collection, split_by_heading=split_by_heading)
        header = {"place": str(place), "collection": collection, "split": split_by_heading, "size": len(data)}
        answer = self._ask(json.dumps(header).encode() + b"\n" + data)
        if answer is None or answer["is_last"] or not self._keeps:
            self._close()
        if answer is None:
            reason = "Reading the file takes too much memory or time. Save its text as .txt, or split it."
            raise ReviewFileError(path, None, reason, LeftOut.TOO_LARGE)
        if "reason" in answer:
            raise ReviewFileError(path, answer["line"], answer["reason"], LeftOut(answer["kind"]))
        notes = tuple(Note(_kind(note["kind"]), note["reason"], note["line"]) for note in answer["notes"])
        return ParsedFile(tuple(map(review_from_json, answer["reviews"])), notes)

    def _ask(self, content: bytes) -> dict[str, Any] | None:
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
        try:
            with watch_memory(process):
                if process.stdin is None or process.stdout is None:
                    return None
                process.stdin.write(content)
                process.stdin.flush()
                answer: dict[str, Any] = json.loads(process.stdout.readline())
                return answer
        except (OSError, ValueError):
            return None
        finally:
            timer.cancel()

    def _close(self) -> None:
        if self._process is not None:
            self._process.kill()
            # Its pipes close with it.
            self._process.communicate()
            self._process = None


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


def _too_costly(name: str) -> ConversionError:
    reason = "Reading the file takes too much memory or time. Save its text as .txt and add that."
    return ConversionError(f"{display_name(name)}: {reason}")
