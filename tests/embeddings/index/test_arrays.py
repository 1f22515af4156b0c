from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from embeddings.index.arrays import open_arrays, save_arrays, with_prefix, without_prefix


def test_arrays_open_as_they_were_saved(tmp_path: Path) -> None:
    rows = np.array([(1, 2.5), (3, 4.5)], [("count", np.int32), ("weight", np.float64)])
    keys = {"text": np.frombuffer(b"abc", np.uint8)}
    arrays = {"rows": rows, "none": np.zeros((0, 2), np.uint64), "one": np.array(7)}
    save_arrays(tmp_path / "arrays", with_prefix("keys", keys) | arrays)
    opened = open_arrays(tmp_path / "arrays")
    assert bytes(without_prefix("keys", opened)["text"]) == b"abc"
    assert (opened["rows"].dtype, opened["rows"].tolist()) == (rows.dtype, rows.tolist())
    assert (opened["none"].shape, int(opened["one"])) == ((0, 2), 7)


@pytest.mark.parametrize("content", [b"", b"\xff" * 64, b"\x02" + b"\x00" * 7 + b"{]"])
def test_a_file_without_arrays_cannot_be_opened(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "arrays").write_bytes(content)
    with pytest.raises((ValueError, OSError)):
        open_arrays(tmp_path / "arrays")
