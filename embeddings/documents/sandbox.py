"""Examining a file in a process of its own, which has little memory, little time, and nothing to write to."""

from __future__ import annotations

import json
import os
import subprocess
import sys

from embeddings.documents.converter import ConvertedFile, display_name
from embeddings.documents.review_json import review_from_json
from embeddings.errors import ConversionError
from embeddings.records import SHARED

PATIENCE = 120.0
"""Seconds after which the process is ended, whatever it is waiting for. Its own limit is of processor time."""


def convert_in_sandbox(data: bytes, name: str, *, slug: str | None = None, collection: str = SHARED) -> ConvertedFile:
    """`examine`, out of harm's way: a file that takes too much memory or time ends that process alone.

    Args are those of `examine`.

    Raises:
        ConversionError: the file can't become a review; the message says why.
    """
    header = json.dumps({"name": display_name(name), "slug": slug, "collection": collection})
    try:
        process = subprocess.run(
            [sys.executable, "-m", "embeddings.documents.sandbox_worker"],
            input=header.encode() + b"\n" + data,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={name: value for name, value in os.environ.items() if not name.startswith("DISCORD_")},
            timeout=PATIENCE,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise _excessive(name) from None
    if process.returncode:
        raise _excessive(name)
    answer = json.loads(process.stdout)
    if "error" in answer:
        raise ConversionError(answer["error"])
    return ConvertedFile(review_from_json(answer["review"]), answer["content"], answer["converted"])


def _excessive(name: str) -> ConversionError:
    return ConversionError(f"{display_name(name)} takes more memory or time to read than a review does")
