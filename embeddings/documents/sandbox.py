"""Convert a file in a process of its own, with little memory, little time, and nothing to write to."""

from __future__ import annotations

import json
import subprocess

from embeddings.child_process import child_command, child_environment, child_folder
from embeddings.config import SANDBOX_TIMEOUT_SECONDS
from embeddings.documents.converter import ConvertedFile, display_name
from embeddings.documents.limits import watch_memory
from embeddings.errors import ConversionError
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


def _run(content: bytes) -> tuple[int, bytes]:
    """Run the worker on a header and a file. Return its exit code and its answer."""
    with subprocess.Popen(  # noqa: S603  # our own module, our own arguments
        child_command("embeddings.documents.sandbox_worker"),
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
