"""A bounded memory in which each entry ends some time after it was last used. Not for use from several threads."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")


class TtlCache(Generic[Key, Value]):
    """What was put in lately, by key.

    Args:
        clock: a monotonic clock, in seconds.
        lifetime: seconds after which an entry that nobody has looked up is gone.
        most: entries at the same time; the one untouched for longest makes room.
    """

    def __init__(self, clock: Callable[[], float], *, lifetime: float, most: int) -> None:
        self._clock = clock
        self._lifetime = lifetime
        self._most = most
        self._entries: OrderedDict[Key, tuple[float, Value]] = OrderedDict()

    def __len__(self) -> int:
        self._expire()
        return len(self._entries)

    def items(self) -> Iterator[tuple[Key, Value]]:
        """What there is, the one untouched for longest first; it may be altered meanwhile."""
        self._expire()
        return iter([(key, value) for key, (_, value) in self._entries.items()])

    def __contains__(self, key: object) -> bool:
        """Whether there is such an entry, which doesn't count as used by this."""
        self._expire()
        return key in self._entries

    def get(self, key: Key) -> Value | None:
        """The entry, which counts as used by this; None where there is none."""
        self._expire()
        entry = self._entries.get(key)
        if entry is None:
            return None
        self.put(key, entry[1])
        return entry[1]

    def put(self, key: Key, value: Value) -> None:
        """Add or replace an entry."""
        self._expire()
        self._entries[key] = (self._clock(), value)
        self._entries.move_to_end(key)
        while len(self._entries) > self._most:
            self._entries.popitem(last=False)

    def pop(self, key: Key) -> Value | None:
        """Take an entry out; None where there is none."""
        self._expire()
        entry = self._entries.pop(key, None)
        return None if entry is None else entry[1]

    def _expire(self) -> None:
        latest = self._clock() - self._lifetime
        while self._entries:
            key = next(iter(self._entries))
            if self._entries[key][0] > latest:
                return
            del self._entries[key]
