"""Arrays in files: several in one, written so that a full disk is told from any other fault, mapped when opened.

A file holds the length of its header (8 bytes, little-endian), the header, a JSON object of each array's type, shape
and place, and the arrays as they lie in memory.
"""

from __future__ import annotations

import json
import mmap
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

Arrays = dict[str, NDArray[Any]]
"""Arrays by name."""

_LENGTH_BYTES = 8
# Where a processor reads vectors of numbers soonest.
_ALIGNED = 64


def save_arrays(file: Path, arrays: Mapping[str, NDArray[Any]]) -> None:
    """Write arrays to a file.

    Raises:
        OSError: it can't be written, with the system's own number for why, which `np.save` leaves out.
    """
    places: dict[str, tuple[object, tuple[int, ...], int]] = {}
    end = 0
    for name, array in arrays.items():
        places[name] = npy.dtype_to_descr(array.dtype), array.shape, end
        end += _padded(array.nbytes)
    header = json.dumps(places).encode()
    header += b" " * (_padded(_LENGTH_BYTES + len(header)) - _LENGTH_BYTES - len(header))
    with file.open("wb") as stream:
        stream.write(len(header).to_bytes(_LENGTH_BYTES, "little") + header)
        for array in arrays.values():
            # As it lies in memory: a copy of a large array would double what a build needs.
            stream.write(np.ascontiguousarray(array).reshape(-1).view(np.uint8).data)
            stream.write(bytes(_padded(array.nbytes) - array.nbytes))


def open_arrays(file: Path) -> Arrays:
    """Map what `save_arrays` wrote, without reading it.

    Raises:
        OSError: the file is missing.
        ValueError: it holds something else.
    """
    with file.open("rb") as stream:
        content = mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ)
    first = _LENGTH_BYTES + int.from_bytes(content[:_LENGTH_BYTES], "little")
    places = json.loads(content[_LENGTH_BYTES:first])
    return {name: _array(content, first, *place) for name, place in places.items()}


def with_prefix(prefix: str, arrays: Arrays) -> Arrays:
    """The same arrays, by names that say whose they are."""
    return {f"{prefix}.{name}": array for name, array in arrays.items()}


def without_prefix(prefix: str, arrays: Arrays) -> Arrays:
    """Those that `with_prefix` named so, by their own names."""
    return {name.removeprefix(f"{prefix}."): array for name, array in arrays.items() if name.startswith(f"{prefix}.")}


def _array(
    content: mmap.mmap, first: int, descr: str | list[tuple[str, str]], shape: list[int], place: int
) -> NDArray[Any]:
    # JSON has no tuples, which numpy wants for the columns of a table.
    dtype = np.dtype(descr if isinstance(descr, str) else [(name, kind) for name, kind in descr])
    count = int(np.prod(shape, dtype=np.int64))
    if not count:
        return np.zeros(shape, dtype)
    return np.frombuffer(content, dtype, count, first + place).reshape(shape)


def _padded(size: int) -> int:
    return -(-size // _ALIGNED) * _ALIGNED
