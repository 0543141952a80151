"""Until when work may go on, and whether somebody has called it off."""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace


class Cancelled(Exception):  # noqa: N818 - nothing went wrong
    """Somebody called the work off; there is no result."""


def _never() -> bool:
    return False


@dataclass(frozen=True)
class Deadline:
    """A moment of the monotonic clock. Long work asks it in every round whether to go on."""

    moment: float
    is_cancelled: Callable[[], bool] = _never

    @classmethod
    def after(cls, seconds: float) -> "Deadline":
        """So many seconds from now."""
        return cls(time.monotonic() + seconds)

    @property
    def left(self) -> float:
        """Seconds until then, 0 when it has come."""
        return max(0.0, self.moment - time.monotonic())

    def has_come(self) -> bool:
        """Whether time is up; raises Cancelled when the work was called off."""
        if self.is_cancelled():
            raise Cancelled
        return time.monotonic() >= self.moment

    def share(self, part: float) -> "Deadline":
        """When this part of the time that is left is over."""
        return self.within(self.left * part)

    def at_least(self, seconds: float) -> "Deadline":
        """The same, or in so many seconds if that is later: for what is owed in any case."""
        return replace(self, moment=max(self.moment, time.monotonic() + seconds))

    def within(self, seconds: float) -> "Deadline":
        """The same, or in so many seconds if that is sooner."""
        return replace(self, moment=min(self.moment, time.monotonic() + seconds))
