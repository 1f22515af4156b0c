"""The process that converts or reads files: a line of JSON and the file on stdin, the result as JSON on stdout."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from pathlib import Path
from time import process_time
from typing import Any

from embeddings.config import SANDBOX_CPU_SECONDS
from embeddings.documents.converter import (
    ConvertedFile,
    convert,
    convert_feed,
    read_candidates,
    within_server_limits,
)
from embeddings.documents.editor import edit_review
from embeddings.documents.parser import FORMATS, parse_file
from embeddings.documents.sandbox.limits import limit_this_process
from embeddings.errors import LeftOut, LibraryError, ReviewFileError
from embeddings.records import SHARED, review_fields, to_plain

_MAX_HEADER_BYTES = 65_536


def main() -> None:
    """Convert the file on stdin, within limits that are set before anything is read."""
    limit_this_process()
    header = json.loads(sys.stdin.buffer.readline(_MAX_HEADER_BYTES))
    data = sys.stdin.buffer.read(max(kind.max_bytes for kind in FORMATS.values()) + 1)
    sys.stdout.buffer.write(_to_json(_feed(data, header) if "feed" in header else _answer(data, header)))


def read_many() -> None:
    """Read files from stdin, one after the other, until it ends or this process has taken half of its time."""
    limit_this_process()
    is_last = False
    while not is_last and (line := sys.stdin.buffer.readline(_MAX_HEADER_BYTES)):
        header = json.loads(line)
        data = sys.stdin.buffer.read(header["size"])
        answer = _parsed(data, header) if "place" in header else _answer(data, header)
        is_last = process_time() > SANDBOX_CPU_SECONDS / 2
        sys.stdout.buffer.write(_to_json(answer | {"is_last": is_last}) + b"\n")
        sys.stdout.buffer.flush()


def _parsed(data: bytes, header: dict[str, Any]) -> dict[str, Any]:
    place = Path(header["place"])
    try:
        found = parse_file(data, place, place, collection=header["collection"], split_by_heading=header["split"])
    except ReviewFileError as error:
        return {"reason": error.reason, "line": error.line, "kind": error.kind}
    except MemoryError:
        reason = "Reading the file takes too much memory. Save its text as .txt, or split it."
        return {"reason": reason, "line": None, "kind": LeftOut.TOO_LARGE}
    except Exception as error:  # noqa: BLE001  # a parser may fail in any way on a file that was made to break it
        reason = f"The file can't be read ({type(error).__name__}). Use another format."
        return {"reason": reason, "line": None, "kind": LeftOut.UNREADABLE}
    return {"reviews": found.reviews, "notes": [asdict(note) for note in found.notes]}


def _answer(data: bytes, header: dict[str, Any]) -> dict[str, Any]:
    name, collection = header["name"], header["collection"]
    try:
        if header.get("several"):
            is_split = header.get("split", False)
            found = read_candidates(data, Path(name), collection=collection, split_by_heading=is_split)
            if collection != SHARED:
                # Here, so that the process that asks never holds more.
                found = within_server_limits(found, name)
            left_out = [asdict(each) for each in found.left_out]
            return {"reviews": list(map(_plain, found.reviews)), "left_out": left_out}
        if "fields" in header:
            wanted = review_fields(header["fields"])
            return _plain(edit_review(data, name, wanted, slug=header["slug"], collection=collection))
        return _plain(convert(data, name, slug=header["slug"], collection=collection))
    except LibraryError as error:
        return {"error": str(error)}
    except MemoryError:
        return {"error": f"{name}: Reading the file takes too much memory. Save its text as .txt and add that."}
    except Exception as error:  # noqa: BLE001  # a parser may fail in any way on a file that was made to break it
        return {"error": f"{name}: The file can't be read ({type(error).__name__}). Use another format."}


def _feed(data: bytes, header: dict[str, Any]) -> dict[str, Any]:
    try:
        return asdict(convert_feed(data, header["feed"], header["type"]))
    except LibraryError as error:
        return {"error": str(error)}
    except Exception as error:  # noqa: BLE001  # the same
        return {"error": f"The feed can't be read ({type(error).__name__})."}


def _plain(converted: ConvertedFile) -> dict[str, Any]:
    return {
        "review": converted.review,
        "content": converted.content,
        "converted": converted.converted,
        "file": converted.file,
        "notes": [asdict(note) for note in converted.notes],
    }


def _to_json(answer: dict[str, Any]) -> bytes:
    return json.dumps(answer, ensure_ascii=False, default=to_plain).encode("utf-8", "replace")


if __name__ == "__main__":
    read_many() if "--many" in sys.argv else main()
