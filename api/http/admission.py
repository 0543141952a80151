"""Admission: whose turn it is in one worker, and who is told at once to come again.

Whoever waits for a connection waits here, where it costs nothing, and has a turn by asker: one of
each in every round, however many more somebody has sent. Who would wait for too long is refused
before anything of the request is read: when four times as much is asked as can be done, to refuse
must cost next to nothing.
"""

import asyncio
import time
from collections import deque
from collections.abc import Callable
from dataclasses import replace
from types import TracebackType

from api.http.errors import HttpError

MOST = 200
# So that whoever sends all they can leaves as much room to all others.
EACH = MOST // 2
TURN_SECONDS = 2.0
"""So long one waits for a turn while none ends."""
LIKELY_SHARE = 0.5
"""Who is likely to wait for more than this share of that is not let in: it may take longer yet."""
LONGEST_SECONDS = 10.0
"""So long while turns end: fifty may want one last place, each behind the lock of another."""
ABOUT_SECONDS = 1.0
"""For so long after their last request, somebody else is taken to be about."""
LONG_SECONDS = 0.1
"""A turn that takes longer waits for something else, and holds its asker's others up no more."""
SMOOTHING = 0.05
RETRY = ((b"retry-after", b"1"),)
# They are answered with as they are, and raised as copies: one that is raised again and again
# would grow by each way that it took.
FULL = HttpError(
    503,
    "The service has all that it can do; nothing was done. Try again in a second.",
    RETRY,
    code="UNAVAILABLE",
)
SPENT = HttpError(
    429,
    "You have asked for all you may in a short while. Try again in a second.",
    RETRY,
    code="TOO_MANY",
)
TOO_MANY = HttpError(
    429,
    "As much of yours is under way as may be; nothing was done. Await some, then try again.",
    RETRY,
    code="TOO_MANY",
)


class Admission:
    """What one worker has under way: at most `most` requests, `each` of one asker's.

    Askers are told apart by a name; the lanes share these limits. `is_spent` says whose budget is.
    """

    def __init__(
        self,
        is_spent: Callable[[str], bool] = lambda asker: False,
        *,
        most: int = MOST,
        each: int = EACH,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.is_spent = is_spent
        self.most = most
        self.each = each
        self.clock = clock
        self.under_way: dict[str, int] = {}
        self.total = 0
        self._latest = ""
        # When the latest asker came last, and when anybody else did.
        self._latest_at = self._other_at = float("-inf")

    def meet(self, asker: str) -> None:
        """Note that an asker is about."""
        if asker != self._latest:
            self._latest, self._other_at = asker, self._latest_at
        self._latest_at = self.clock()

    def is_alone(self, asker: str) -> bool:
        """Whether nobody else is about."""
        at = self._other_at if asker == self._latest else self._latest_at
        return self.clock() - at > ABOUT_SECONDS

    def begin(self, asker: str) -> None:
        """Count a request of an asker's."""
        self.under_way[asker] = self.under_way.get(asker, 0) + 1
        self.total += 1

    def end(self, asker: str) -> None:
        """Count it no more."""
        self.total -= 1
        _take_one(self.under_way, asker)


class Lane:
    """Turns at one kind of work: `at_once` of them, for which one may wait up to `seconds`.

    An asker has three quarters of them at most, so that whoever comes finds some free; while others
    are about, an eighth, but for those that take long: however much somebody asks for, the next
    asker meets little of it.
    """

    def __init__(
        self, admission: Admission, at_once: int, *, seconds: float = TURN_SECONDS
    ) -> None:
        self.admission = admission
        self.at_once = at_once
        self.most = max(1, at_once * 3 // 4)
        self.beside = max(1, at_once // 8)
        self.seconds = seconds
        self.taken = 0
        self.turns: dict[str, int] = {}
        self._short: dict[str, int] = {}
        self._waiting: dict[str, deque[asyncio.Future[None]]] = {}
        # The seconds between the ends of two turns while somebody waits, smoothed.
        self._pace = 0.0
        self._ended_at = 0.0

    def refusal(self, asker: str) -> HttpError | None:
        """Why a request of an asker's is not let in now, 429 or 503; None where it is."""
        admission = self.admission
        admission.meet(asker)
        if admission.is_spent(asker):
            return SPENT
        if admission.under_way.get(asker, 0) >= admission.each:
            return TOO_MANY
        if admission.total >= admission.most:
            return FULL
        own = len(self._waiting.get(asker, ()))
        if self._waiting and (own or not self._may_begin(asker)):
            rounds = self.seconds * LIKELY_SHARE / max(len(self._waiting) * self._pace, 1e-9)
            if rounds < own + 1:
                return FULL if rounds < 1 else TOO_MANY
        return None

    def turn(self, asker: str) -> "Turn":
        """A turn of an asker's, for an `async with`; raises HttpError, 429 or 503, without one."""
        refused = self.refusal(asker)
        if refused:
            raise replace(refused)
        return Turn(self, asker)

    async def take(self, asker: str) -> None:
        """Begin a turn, now or when it comes; raises HttpError 503 where it doesn't."""
        self.admission.begin(asker)
        if asker not in self._waiting and self._may_begin(asker):
            self._begin(asker)
            return
        try:
            await self._begun(asker)
        except BaseException:
            self.admission.end(asker)
            raise

    def lengthen(self, asker: str) -> None:
        """Take a turn for a long one."""
        _take_one(self._short, asker)
        self._pass_on()

    def give_back(self, asker: str, *, is_long: bool) -> None:
        """End a turn: it is the next one's."""
        self.admission.end(asker)
        if self._waiting:
            now = self.admission.clock()
            self._pace += (now - self._ended_at - self._pace) * SMOOTHING
            self._ended_at = now
        self._end(asker, is_long=is_long)

    def _may_begin(self, asker: str) -> bool:
        if self.taken >= self.at_once or self.turns.get(asker, 0) >= self.most:
            return False
        return self._short.get(asker, 0) < self.beside or self.admission.is_alone(asker)

    def _begin(self, asker: str) -> None:
        self.taken += 1
        self.turns[asker] = self.turns.get(asker, 0) + 1
        self._short[asker] = self._short.get(asker, 0) + 1

    def _end(self, asker: str, *, is_long: bool) -> None:
        self.taken -= 1
        _take_one(self.turns, asker)
        if not is_long:
            _take_one(self._short, asker)
        self._pass_on()

    def _pass_on(self) -> None:
        for asker in [*self._waiting]:
            if self.taken >= self.at_once:
                break
            # More than one, where nobody else is about any more.
            while asker in self._waiting and self._may_begin(asker):
                self._begin_next(asker)

    def _begin_next(self, asker: str) -> None:
        waiting = self._waiting.pop(asker)
        turn = waiting.popleft()
        if waiting:
            self._waiting[asker] = waiting  # behind all others
        if not turn.done():  # whoever awaited it may have gone away just now
            self._begin(asker)
            turn.set_result(None)

    async def _begun(self, asker: str) -> None:
        if not self._waiting:
            self._ended_at = self.admission.clock()
        turn = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(asker, deque()).append(turn)
        try:
            await self._reached(turn)
        except BaseException:
            if turn.done():
                self._end(asker, is_long=False)
            else:
                self._give_up(asker, turn)
            raise

    async def _reached(self, turn: asyncio.Future[None]) -> None:
        """Await a turn for as long as others end; raises HttpError 503 once they don't."""
        clock = self.admission.clock
        begun = clock()
        while not turn.done():
            looked = clock()
            await asyncio.wait({turn}, timeout=self.seconds)
            if not turn.done() and (self._ended_at <= looked or clock() - begun > LONGEST_SECONDS):
                raise replace(FULL)

    def _give_up(self, asker: str, turn: asyncio.Future[None]) -> None:
        waiting = self._waiting.get(asker, deque())
        if turn in waiting:
            waiting.remove(turn)
            if not waiting:
                del self._waiting[asker]


def _take_one(counts: dict[str, int], name: str) -> None:
    if counts[name] == 1:
        del counts[name]
    else:
        counts[name] -= 1


class Turn:
    """A turn in a lane, for the length of a block."""

    __slots__ = ("_asker", "_is_long", "_lane", "_timer")

    def __init__(self, lane: Lane, asker: str) -> None:
        self._lane = lane
        self._asker = asker
        self._is_long = False

    async def __aenter__(self) -> None:
        await self._lane.take(self._asker)
        self._timer = asyncio.get_running_loop().call_later(LONG_SECONDS, self._lengthen)

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._timer.cancel()
        self._lane.give_back(self._asker, is_long=self._is_long)

    def _lengthen(self) -> None:
        self._is_long = True
        self._lane.lengthen(self._asker)
