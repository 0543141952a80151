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

    @property
    def left(self) -> float:
        """Seconds until then, 0 when it has come."""
        return max(0.0, self.moment - time.monotonic())

    def has_come(self) -> bool:
        """Whether time is up; raises Cancelled when the work was called off."""
        if self.is_cancelled():
            raise Cancelled
        return time.monotonic() >= self.moment

    def within(self, seconds: float) -> "Deadline":
        """The same, or in so many seconds if that is sooner."""
        return replace(self, moment=min(self.moment, time.monotonic() + seconds))
