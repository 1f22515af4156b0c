"""Write an ONNX graph and its weights without the package `onnx`, which takes 31 MB.

The few messages that a graph needs are written here in the wire format of Protocol Buffers. The numbers of the fields
are those of `onnx.proto`, which never change.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

FLOAT, INT32, INT64 = 1, 6, 7
"""Element types, of `TensorProto.DataType`."""

MICROSOFT = "com.microsoft"
"""The domain of onnxruntime's own operators."""

_TYPES = {"float32": FLOAT, "int64": INT64}
_EXTERNAL = 1
_ATTRIBUTE_FLOAT, _ATTRIBUTE_INT, _ATTRIBUTE_INTS = 1, 2, 7
# Wire types of Protocol Buffers.
_VARINT, _BYTES, _FIXED32 = 0, 2, 5
# onnxruntime maps weights into memory by page.
_PAGE_BYTES = 4096

Value = int | float | str | bytes | Sequence[int]
"""The value of a field or attribute."""


class Graph:
    """An ONNX graph that is written node by node, its weights in a file beside it.

    Args:
        opset: the release of the standard operators.
        ir: the release of the file format.
    """

    def __init__(self, *, opset: int, ir: int) -> None:
        self._head = _field(1, ir) + _field(8, _field(1, "") + _field(2, opset))
        self._head += _field(8, _field(1, MICROSOFT) + _field(2, 1))
        self._content = _field(2, "encoder")
        self._weights: list[NDArray[np.float32]] = []
        self._weight_bytes = 0
        self._names = 0

    def input(self, name: str, elements: int, shape: Sequence[str | int]) -> str:
        """Add an input, and return its name. A size in `shape` that is not fixed has a name."""
        self._content += _field(11, _value(name, elements, shape))
        return name

    def output(self, name: str, elements: int, shape: Sequence[str | int]) -> None:
        """Declare the output of a node as one of the graph."""
        self._content += _field(12, _value(name, elements, shape))

    def node(
        self, operator: str, *inputs: str, domain: str = "", output: str | None = None, **attributes: Value
    ) -> str:
        """Add a node, and return the name of its output."""
        name = output or self._name(operator)
        node = b"".join(_field(1, each) for each in inputs) + _field(2, name) + _field(4, operator)
        node += b"".join(_field(5, _attribute(key, value)) for key, value in attributes.items()) + _field(7, domain)
        self._content += _field(1, node)
        return name

    def constant(self, value: NDArray[np.int64]) -> str:
        """Add a small constant to the graph itself, and return its name."""
        name = self._name("constant")
        self._content += _field(5, _tensor(name, value) + _field(9, value.tobytes()))
        return name

    def weight(self, value: NDArray[np.float32], file: str) -> str:
        """Add weights that `save` writes into `file`, beside the graph, and return their name."""
        name = self._name("weight")
        value = np.ascontiguousarray(value)
        place = {"location": file, "offset": self._weight_bytes, "length": value.nbytes}
        entries = b"".join(_field(13, _field(1, key) + _field(2, f"{entry}")) for key, entry in place.items())
        self._content += _field(5, _tensor(name, value) + entries + _field(14, _EXTERNAL))
        self._weights.append(value)
        self._weight_bytes += value.nbytes + -value.nbytes % _PAGE_BYTES
        return name

    def save(self, graph: Path, weights: Path) -> None:
        """Write both files.

        Raises:
            OSError: one of them can't be written.
        """
        with weights.open("wb") as stream:
            for each in self._weights:
                stream.write(each.data)
                stream.write(b"\0" * (-each.nbytes % _PAGE_BYTES))
        graph.write_bytes(self._head + _field(7, self._content))

    def _name(self, kind: str) -> str:
        self._names += 1
        return f"{kind}_{self._names}"


def _tensor(name: str, value: NDArray[np.generic]) -> bytes:
    return b"".join(_field(1, size) for size in value.shape) + _field(2, _TYPES[value.dtype.name]) + _field(8, name)


def _value(name: str, elements: int, shape: Sequence[str | int]) -> bytes:
    sizes = b"".join(_field(1, _field(1 if isinstance(size, int) else 2, size)) for size in shape)
    return _field(1, name) + _field(2, _field(1, _field(1, elements) + _field(2, sizes)))


def _attribute(name: str, value: Value) -> bytes:
    if isinstance(value, float):
        return _field(1, name) + _field(2, value) + _field(20, _ATTRIBUTE_FLOAT)
    if isinstance(value, int):
        return _field(1, name) + _field(3, value) + _field(20, _ATTRIBUTE_INT)
    return _field(1, name) + b"".join(_field(8, int(each)) for each in value) + _field(20, _ATTRIBUTE_INTS)


def _field(number: int, value: Value) -> bytes:
    """Return a field of a message on the wire."""
    if isinstance(value, float):
        return _varint(number << 3 | _FIXED32) + struct.pack("<f", value)
    if isinstance(value, int):
        return _varint(number << 3 | _VARINT) + _varint(value)
    content = value.encode() if isinstance(value, str) else bytes(value)
    return _varint(number << 3 | _BYTES) + _varint(len(content)) + content


def _varint(value: int) -> bytes:
    # A negative number has the 64 bits of its two's complement.
    value &= 2**64 - 1
    content = bytearray()
    while value > 127:
        content.append(value & 127 | 128)
        value >>= 7
    return bytes((*content, value))
