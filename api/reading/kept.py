"""Keeping what was worked out lately, up to a number."""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")


class Kept(Generic[Key, Value]):
    """The values asked for lately, at most `most`; the one asked for longest ago goes first."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._values: OrderedDict[Key, Value] = OrderedDict()

    def get(self, key: Key, make: Callable[[], Value]) -> Value:
        """The value for a key, made now where it isn't kept; what `make` raises passes through."""
        found = self._values.get(key)
        if found is not None:
            self._values.move_to_end(key)
            return found
        made = self._values[key] = make()
        if len(self._values) > self._most:
            self._values.popitem(last=False)
        return made

    def drop(self, key: Key) -> None:
        """Forget the value for a key, if there is one."""
        self._values.pop(key, None)
