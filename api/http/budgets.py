"""Budgets: how much each asker may ask for in a while, as a leaky bucket of points."""

import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import IPv6Address
from math import ceil

from api.access.viewer import Viewer
from api.reading.limits import MOST_COST
from schema.refusals import TooMany

BURST_SECONDS = 10.0
# However long they should wait for this question: another may cost less.
REFUSED_SECONDS = 1.0
MOST_BUCKETS = 10_000


def asker_of(subject: str | None, address: str) -> str:
    """The name of who asks: a subject's, or of nobody known, their address's."""
    # No subject has the shape of an address: both are told apart by their first letter.
    return f"a{_network(address)}" if subject is None else f"s{subject}"


def _network(address: str) -> str:
    # Whoever has one address of IPv6 has at least 2**64: together they are one asker.
    if ":" not in address:
        return address
    try:
        found = IPv6Address(address)
    except ValueError:
        return address
    return str(found.ipv4_mapped or IPv6Address(int(found) >> 64 << 64))


@dataclass(frozen=True)
class Remaining:
    """What is left of a budget, in points, and the points that come back each second."""

    points: int
    per_second: int


class Budgets:
    """The buckets of one worker. A rate of 0 points a second is no limit.

    A bucket holds what its rate leaks in BURST_SECONDS, and at least one request of the highest
    cost. The oldest buckets are forgotten beyond MOST_BUCKETS, so that strangers who come by many
    addresses can't fill the memory.
    """

    def __init__(
        self, rate: float, public_rate: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.rate = rate
        self.public_rate = public_rate
        self.clock = clock
        # The points in the bucket, and when.
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()
        # When somebody who was refused may ask again: until then, nothing of theirs is read.
        self._refused: OrderedDict[str, float] = OrderedDict()

    def is_spent(self, asker: str) -> bool:
        """Whether an asker was refused just now, and comes again before they may."""
        if asker not in self._refused:
            return False
        if self.clock() < self._refused[asker]:
            return True
        del self._refused[asker]
        return False

    def charge(self, viewer: Viewer, address: str, points: int) -> Remaining | None:
        """Take points from the asker's budget: what is left of it, None where there is none.

        Raises TooMany where they are more than is left, and takes none.
        """
        rate = self.public_rate if viewer.subject is None else self.rate
        if not rate:
            return None
        key = asker_of(viewer.subject, address)
        size = max(rate * BURST_SECONDS, MOST_COST)
        now = self.clock()
        level, at = self._buckets.get(key, (0.0, now))
        level = max(0.0, level - (now - at) * rate)
        if level + points > size:
            seconds = max(1, ceil((level + points - size) / rate))
            self._refused[key] = now + REFUSED_SECONDS
            if len(self._refused) > MOST_BUCKETS:
                self._refused.popitem(last=False)
            raise TooMany(
                f"You have asked for {size:.0f} points in a short while, which is all you may. "
                f"Try again in {seconds} s.",
                seconds,
            )
        level += points
        self._buckets[key] = (level, now)
        self._buckets.move_to_end(key)
        if len(self._buckets) > MOST_BUCKETS:
            self._buckets.popitem(last=False)
        return Remaining(int(size - level), int(rate))
