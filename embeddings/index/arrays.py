"""Several numpy arrays in one file, which is mapped when it is opened, not read.

A file holds the length of its header (8 bytes, little-endian), the header, which is a JSON object of each array's type,
shape and offset, and the arrays as they are in memory.
"""

from __future__ import annotations

import json
import mmap
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, get_type_hints

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

T = TypeVar("T")

Arrays = dict[str, NDArray[Any]]
"""Arrays by name."""

_LENGTH_BYTES = 8
# Processors read aligned numbers fastest.
_ALIGNMENT = 64


def save_arrays(file: Path, arrays: Mapping[str, NDArray[Any]]) -> None:
    """Write arrays to a file. An OSError has the system's error number, which `np.save` leaves out."""
    header: dict[str, tuple[object, tuple[int, ...], int]] = {}
    end = 0
    for name, array in arrays.items():
        header[name] = npy.dtype_to_descr(array.dtype), array.shape, end
        end += _aligned(array.nbytes)
    encoded = json.dumps(header).encode()
    encoded += b" " * (_aligned(_LENGTH_BYTES + len(encoded)) - _LENGTH_BYTES - len(encoded))
    with file.open("wb") as stream:
        stream.write(len(encoded).to_bytes(_LENGTH_BYTES, "little") + encoded)
        for array in arrays.values():
            # Without a copy, because a large array's would double the memory of a build.
            stream.write(np.ascontiguousarray(array).reshape(-1).view(np.uint8).data)
            stream.write(bytes(_aligned(array.nbytes) - array.nbytes))


def open_arrays(file: Path) -> Arrays:
    """Map what `save_arrays` wrote, without reading it. Raises ValueError if the file holds something else."""
    with file.open("rb") as stream:
        content = mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ)
    first = _LENGTH_BYTES + int.from_bytes(content[:_LENGTH_BYTES], "little")
    header = json.loads(content[_LENGTH_BYTES:first])
    return {name: _array(content, first, *entry) for name, entry in header.items()}


def save_record(file: Path, record: DataclassInstance) -> None:
    """Write a dataclass of arrays, whole numbers and other such dataclasses, which `open_record` opens."""
    save_arrays(file, _arrays_of(record))


def open_record(file: Path, kind: type[T]) -> T:
    """Map what `save_record` wrote of that kind. Raises LookupError or ValueError if the file holds something else."""
    return _record(kind, open_arrays(file), "")


def _arrays_of(record: DataclassInstance) -> Arrays:
    """Return the arrays by field; those of an inner dataclass have its field and a full stop before their names."""
    arrays: Arrays = {}
    for field in fields(record):
        value = getattr(record, field.name)
        if is_dataclass(value) and not isinstance(value, type):
            arrays |= {f"{field.name}.{name}": array for name, array in _arrays_of(value).items()}
        else:
            arrays[field.name] = np.asarray(value)
    return arrays


def _record(kind: type[T], arrays: Arrays, prefix: str) -> T:
    values: dict[str, object] = {}
    for name, inner in get_type_hints(kind).items():
        if isinstance(inner, type) and is_dataclass(inner):
            values[name] = _record(inner, arrays, f"{prefix}{name}.")
        else:
            array = arrays[prefix + name]
            values[name] = int(array) if inner is int else array
    return kind(**values)


def _array(
    content: mmap.mmap, first: int, descr: str | list[tuple[str, str]], shape: list[int], offset: int
) -> NDArray[Any]:
    # numpy needs tuples for the columns of a table, and JSON has none.
    dtype = np.dtype(descr if isinstance(descr, str) else [(name, kind) for name, kind in descr])
    count = int(np.prod(shape, dtype=np.int64))
    if not count:
        return np.zeros(shape, dtype)
    return np.frombuffer(content, dtype, count, first + offset).reshape(shape)


def _aligned(size: int) -> int:
    return -(-size // _ALIGNMENT) * _ALIGNMENT
