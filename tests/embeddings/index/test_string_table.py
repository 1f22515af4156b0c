"""Strings by hash, and the arrays that they are kept in."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from embeddings.index.arrays import open_arrays, save_arrays, with_prefix, without_prefix
from embeddings.index.string_table import StringTable

KEYS = st.lists(st.text(max_size=6), max_size=12)


@settings(deadline=None)
@given(keys=KEYS, others=KEYS)
def test_a_key_is_found_in_its_place_and_no_other_is(keys: list[str], others: list[str]) -> None:
    table = StringTable.build(keys)
    assert sorted(table) == sorted(set(keys))
    assert len(table) == len(set(keys))
    for key, place in zip([*keys, *others], table.places([*keys, *others]), strict=True):
        assert (key in keys) == (place is not None)
        assert place is None or (table.key(place), list(table)[place]) == (key, key)


def test_two_keys_of_one_hash_are_told_apart() -> None:
    table = StringTable.build(["one", "other"])
    hashes = np.array([table.hashes[table.place("other") or 0]] * 2, np.uint64)
    alike = StringTable(hashes, table.ends, table.text)
    assert alike.key(alike.place("other") or 0) == "other"


def test_arrays_are_opened_as_they_were_saved(tmp_path: Path) -> None:
    table = StringTable.build(["a", "bc", "é"])
    rows = np.array([(1, 2.5), (3, 4.5)], [("count", np.int32), ("weight", np.float64)])
    save_arrays(
        tmp_path / "arrays",
        with_prefix("keys", table.arrays()) | {"rows": rows, "none": np.zeros((0, 2), np.uint64), "one": np.array(7)},
    )
    opened = open_arrays(tmp_path / "arrays")
    assert list(StringTable.of(without_prefix("keys", opened))) == list(table)
    assert (opened["rows"].dtype, opened["rows"].tolist()) == (rows.dtype, rows.tolist())
    assert (opened["none"].shape, int(opened["one"])) == ((0, 2), 7)


@pytest.mark.parametrize("content", [b"", b"\xff" * 64, b"\x02" + b"\x00" * 7 + b"{]"])
def test_what_holds_no_arrays_can_not_be_opened(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "arrays").write_bytes(content)
    with pytest.raises((ValueError, OSError)):
        open_arrays(tmp_path / "arrays")
