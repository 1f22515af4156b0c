from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from embeddings.index.arrays import open_arrays, open_record, save_arrays, save_record
from embeddings.index.titles import Found, TitleTable


def test_arrays_open_as_they_were_saved(tmp_path: Path) -> None:
    rows = np.array([(1, 2.5), (3, 4.5)], [("count", np.int32), ("weight", np.float64)])
    save_arrays(tmp_path / "arrays", {"rows": rows, "none": np.zeros((0, 2), np.uint64)})
    opened = open_arrays(tmp_path / "arrays")
    assert (opened["rows"].dtype, opened["rows"].tolist()) == (rows.dtype, rows.tolist())
    assert opened["none"].shape == (0, 2)


def test_a_record_of_arrays_and_numbers_opens_as_it_was_saved(tmp_path: Path) -> None:
    table = TitleTable.build([("Never Let Me Go", "The Donors"), ("Her",)])
    save_record(tmp_path / "titles", table)
    opened = open_record(tmp_path / "titles", TitleTable)
    assert (list(opened.keys.strings), opened.longest) == (list(table.keys.strings), 4)
    assert opened.find(["her", "the donors", "him"]) == [[Found(1, 0)], [Found(0, 1)], []]
    assert opened.find_near(["donrs", "donkey"]) == [["donors", "the donors"], []]


@pytest.mark.parametrize("content", [b"", b"\xff" * 64, b"\x02" + b"\x00" * 7 + b"{]"])
def test_a_file_without_arrays_cannot_be_opened(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "arrays").write_bytes(content)
    with pytest.raises((ValueError, OSError)):
        open_arrays(tmp_path / "arrays")
