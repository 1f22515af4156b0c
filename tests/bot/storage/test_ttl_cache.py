from __future__ import annotations

from bot.storage.ttl_cache import TtlCache


class Clock:
    """Seconds, as the test sets them."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_an_entry_ends_some_time_after_it_was_last_looked_up() -> None:
    clock = Clock()
    recent: TtlCache[str, int] = TtlCache(clock, lifetime=10, most=9)
    recent.put("a", 1)
    recent.put("b", 2)
    clock.now = 9
    assert recent.get("a") == 1
    assert "b" in recent
    clock.now = 10
    assert (recent.get("a"), recent.get("b"), "b" in recent, len(recent)) == (1, None, False, 1)


def test_the_entry_untouched_for_longest_makes_room() -> None:
    recent: TtlCache[str, int] = TtlCache(Clock(), lifetime=10, most=2)
    for key, value in (("a", 1), ("b", 2), ("a", 3), ("c", 4)):
        recent.put(key, value)
    assert [recent.get(key) for key in "abc"] == [3, None, 4]


def test_an_entry_is_taken_out_once() -> None:
    recent: TtlCache[str, int] = TtlCache(Clock(), lifetime=10, most=2)
    recent.put("a", 1)
    assert (recent.pop("a"), recent.pop("a"), len(recent)) == (1, None, 0)
