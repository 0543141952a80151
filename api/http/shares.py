"""Shares: who has had more of a worker's time lately than may come before others.

Time says what points can't: what a question costs depends on the rows that there are. It is the
time that turns are under way, shared by as many as are.
"""

import time
from collections import OrderedDict
from collections.abc import Callable

SHARE = 0.25
"""Of a worker's time. Who asks for more, for longer than a moment, is greedy."""
MOMENT_SECONDS = 0.25
"""So much of its time one may have beyond their share: some eighty questions at once."""
MOST_SECONDS = 2 * MOMENT_SECONDS
"""No more is held against anybody: who rests for a second is as all others."""
MOST_ASKERS = 10_000


class Shares:
    """The time that each asker has had, as a leaky bucket of seconds."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.clock = clock
        self._turns = 0
        # The seconds that each turn that is under way all along has had, and up to when.
        self._had = 0.0
        self._at = clock()
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def begin(self) -> float:
        """Count a turn as under way; what this gives is handed back at its end."""
        self._pass()
        self._turns += 1
        return self._had

    def end(self, asker: str, begun: float) -> None:
        """Count a turn no more, and what it had as its asker's."""
        self._pass()
        self._turns -= 1
        seconds = min(self._level(asker) + self._had - begun, MOST_SECONDS)
        self._buckets[asker] = (seconds, self._at)
        self._buckets.move_to_end(asker)
        if len(self._buckets) > MOST_ASKERS:
            self._buckets.popitem(last=False)

    def is_greedy(self, asker: str) -> bool:
        """Whether an asker has had more than their share lately."""
        return asker in self._buckets and self._level(asker) > MOMENT_SECONDS

    def _level(self, asker: str) -> float:
        seconds, at = self._buckets.get(asker, (0.0, 0.0))
        return max(0.0, seconds - (self.clock() - at) * SHARE)

    def _pass(self) -> None:
        now = self.clock()
        self._had += (now - self._at) / max(1, self._turns)
        self._at = now
