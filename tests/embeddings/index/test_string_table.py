from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from embeddings.index.string_table import StringTable

STRINGS = st.lists(st.text(max_size=6), max_size=12)


@settings(deadline=None)
@given(strings=STRINGS, others=STRINGS)
def test_a_string_is_found_at_its_position_and_no_other_string_is(strings: list[str], others: list[str]) -> None:
    table = StringTable.build(strings)
    assert sorted(table) == sorted(set(strings))
    assert len(table) == len(set(strings))
    for string, position in zip([*strings, *others], table.find([*strings, *others]), strict=True):
        assert (string in strings) == (position is not None)
        assert position is None or (table[position], list(table)[position]) == (string, string)


def test_a_string_is_found_behind_another_of_its_hash() -> None:
    table = StringTable.build(["one", "other"])
    alike = StringTable(np.array([table.hashes[1]] * 2, np.uint64), table.ends, table.text)
    assert alike.find([table[1]]) == [1]
