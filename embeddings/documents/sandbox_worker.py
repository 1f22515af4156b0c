"""The process that converts one file: a line of JSON and the file on stdin, the result as JSON on stdout."""

from __future__ import annotations

import json
import sys
from typing import Any

from embeddings.documents.converter import convert
from embeddings.documents.limits import limit_this_process
from embeddings.documents.parser import FORMATS
from embeddings.errors import LibraryError
from embeddings.records import to_plain

_MAX_HEADER_BYTES = 16_384


def main() -> None:
    """Convert the file on stdin, within limits that are set before anything is read."""
    limit_this_process()
    header = json.loads(sys.stdin.buffer.readline(_MAX_HEADER_BYTES))
    data = sys.stdin.buffer.read(max(kind.max_bytes for kind in FORMATS.values()) + 1)
    sys.stdout.buffer.write(
        json.dumps(_answer(data, header), ensure_ascii=False, default=to_plain).encode("utf-8", "replace")
    )


def _answer(data: bytes, header: dict[str, Any]) -> dict[str, Any]:
    try:
        converted = convert(data, header["name"], slug=header["slug"], collection=header["collection"])
        return {"review": converted.review, "content": converted.content, "converted": converted.converted}
    except LibraryError as error:
        return {"error": str(error)}
    except MemoryError:
        return {
            "error": f"{header['name']}: Reading the file takes too much memory. Save its text as .txt and add that."
        }
    except Exception as error:  # noqa: BLE001  # a parser may fail in any way on a file that was made to break it
        return {"error": f"{header['name']}: The file can't be read ({type(error).__name__}). Use another format."}


if __name__ == "__main__":
    main()
