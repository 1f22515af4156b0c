"""The process that examines one file: the file on stdin, behind a line of JSON; the answer, as JSON, on stdout."""

from __future__ import annotations

import json
import resource
import sys
from dataclasses import asdict
from typing import Any

from embeddings.documents.converter import LARGEST, convert
from embeddings.errors import LibraryError

MEMORY = 512 * 1024 * 1024
"""Bytes of address space. A large web page takes a quarter of it."""
PROCESSOR = 20
"""Seconds of processor time."""
_LONGEST_HEADER = 16_384


def restrict() -> None:
    """Set this process's limits, for good."""
    for limit, most in (
        (resource.RLIMIT_AS, MEMORY),
        (resource.RLIMIT_CPU, PROCESSOR),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
    ):
        try:
            resource.setrlimit(limit, (most, most))
        except (ValueError, OSError):
            # Some systems refuse some of them; the parent's patience is what remains.
            continue


def main() -> None:
    """Answer, within limits that are set before anything is read."""
    restrict()
    header = json.loads(sys.stdin.buffer.readline(_LONGEST_HEADER))
    answer = _answer(sys.stdin.buffer.read(max(LARGEST.values()) + 1), header)
    sys.stdout.buffer.write(json.dumps(answer, ensure_ascii=False).encode("utf-8", "replace"))


def _answer(data: bytes, header: dict[str, Any]) -> dict[str, Any]:
    try:
        return asdict(convert(data, header["name"], slug=header["slug"], collection=header["collection"]))
    except LibraryError as error:
        return {"error": str(error)}
    except MemoryError:
        return {"error": f"{header['name']} takes more memory to read than a review does"}
    except Exception as error:  # noqa: BLE001  # a parser may fail in any way on a file that was made to break it
        return {"error": f"{header['name']} can't be read ({type(error).__name__}); bring it in another format"}


if __name__ == "__main__":
    main()
