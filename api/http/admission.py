"""Admission: whose turn it is in one worker, and who is told at once to come again.

Whoever waits for a connection waits here, where it costs nothing, and has a turn by asker: one of
each in every round, however many more somebody has sent. Who has had more than their share of the
time comes after all who have not. Who would wait for too long is refused before anything of the
request is read: when four times as much is asked as can be done, to refuse must cost next to
nothing.
"""

import asyncio
import time
from collections import OrderedDict, deque
from collections.abc import Callable
from dataclasses import replace
from types import TracebackType

from api.http.errors import HttpError
from api.http.shares import MOST_ASKERS, Shares

MOST = 200
# So that whoever sends all they can leaves as much room to all others.
EACH = MOST // 2
TURN_SECONDS = 2.0
"""So long one waits for a turn while none ends."""
LIKELY_SHARE = 0.5
"""Who is likely to wait for more than this share of that is not let in: it may take longer yet."""
LONGEST_SECONDS = 10.0
"""So long while turns end."""
HANDS = 50
"""A line of so many is let in if it is likely to end within the same share of the longest time:
they may want one last place, each behind the lock of another, and are to learn who has it."""
ABOUT_SECONDS = 30.0
"""For so long after their last request, somebody is taken to be about: they read what they got."""
LONG_SECONDS = 0.1
"""A turn that takes longer waits for something else, and holds nobody up."""
REFUSAL_SECONDS = 0.025
"""So far apart are an asker's refusals: who asks again at once leaves time for nothing else."""
LATEST_SECONDS = 2.0
"""None is put off for longer: that would hold connections which others need."""
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
        self.shares = Shares(clock)
        self.short = 0
        self.lanes: deque[Lane] = deque()
        self._latest = ""
        # When the latest asker who isn't greedy came last, and when any other did.
        self._latest_at = self._other_at = float("-inf")
        # When each asker is next told that they are refused.
        self._refusals: OrderedDict[str, float] = OrderedDict()

    def meet(self, asker: str) -> None:
        """Note that an asker is about."""
        if self.shares.is_greedy(asker):
            return
        if asker != self._latest:
            self._latest, self._other_at = asker, self._latest_at
        self._latest_at = self.clock()

    def may_begin(self, asker: str) -> bool:
        """Whether a turn of an asker's keeps nobody waiting who should come first.

        While others are about, the greedy have one turn between them, when nobody else has one:
        whoever comes meets one question of theirs at most, and no other until they are answered.
        """
        if not self.short or not self.shares.is_greedy(asker):
            return True
        at = self._other_at if asker == self._latest else self._latest_at
        return self.clock() - at > ABOUT_SECONDS

    def pass_on(self) -> None:
        """Let those begin who may, each time of another lane first."""
        self.lanes.rotate()
        for lane in self.lanes:
            lane.pass_on()

    def put_off(self, asker: str) -> float:
        """The seconds until an asker is to be told that they are refused."""
        now = self.clock()
        at = min(max(now, self._refusals.get(asker, now)), now + LATEST_SECONDS)
        self._refusals[asker] = at + REFUSAL_SECONDS
        self._refusals.move_to_end(asker)
        if len(self._refusals) > MOST_ASKERS:
            self._refusals.popitem(last=False)
        return at - now

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

    An asker has three quarters of them at most, so that whoever comes finds some free.
    """

    def __init__(
        self, admission: Admission, at_once: int, *, seconds: float = TURN_SECONDS
    ) -> None:
        self.admission = admission
        self.at_once = at_once
        self.most = max(1, at_once * 3 // 4)
        self.seconds = seconds
        self.taken = 0
        self.turns: dict[str, int] = {}
        self._waiting: dict[str, deque[asyncio.Future[float]]] = {}
        # The seconds between the ends of two turns while somebody waits, smoothed.
        self._pace = 0.0
        self._ended_at = 0.0
        admission.lanes.append(self)

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
            line = len(self._waiting) * (own + 1)
            seconds = LONGEST_SECONDS if line <= HANDS else self.seconds
            rounds = seconds * LIKELY_SHARE / max(len(self._waiting) * self._pace, 1e-9)
            if rounds < own + 1:
                return FULL if rounds < 1 else TOO_MANY
        return None

    async def refused(self, asker: str) -> HttpError | None:
        """The same, once it is time to tell them."""
        found = self.refusal(asker)
        if found and found is not FULL and (seconds := self.admission.put_off(asker)):
            await asyncio.sleep(seconds)
        return found

    def turn(self, asker: str) -> "Turn":
        """A turn of an asker's, for an `async with`; raises HttpError, 429 or 503, without one."""
        return Turn(self, asker)

    async def take(self, asker: str) -> float:
        """Begin a turn, now or when it comes; raises HttpError 503 where it doesn't."""
        self.admission.begin(asker)
        if asker not in self._waiting and self._may_begin(asker):
            return self._begin(asker)
        try:
            return await self._begun(asker)
        except BaseException:
            self.admission.end(asker)
            raise

    def lengthen(self, asker: str) -> bool:
        """Take a turn of an asker's for a long one; false where it is not."""
        # Whoever asked for most of the time may well have asked for this much of it.
        if self.admission.shares.is_greedy(asker):
            return False
        self.admission.short -= 1
        self.admission.pass_on()
        return True

    def give_back(self, asker: str, begun: float, *, is_long: bool) -> None:
        """End a turn: it is the next one's."""
        self.admission.end(asker)
        if self._waiting:
            now = self.admission.clock()
            self._pace += (now - self._ended_at - self._pace) * SMOOTHING
            self._ended_at = now
        self._end(asker, begun, is_long=is_long)

    def pass_on(self) -> None:
        """Let those begin who may, one of each asker's in turn."""
        while self._waiting and self.taken < self.at_once:
            asker = next(filter(self._may_begin, self._waiting), None)
            if asker is None:
                break
            self._begin_next(asker)

    def _may_begin(self, asker: str) -> bool:
        if self.taken >= self.at_once or self.turns.get(asker, 0) >= self.most:
            return False
        return self.admission.may_begin(asker)

    def _begin(self, asker: str) -> float:
        self.taken += 1
        self.turns[asker] = self.turns.get(asker, 0) + 1
        self.admission.short += 1
        return self.admission.shares.begin()

    def _end(self, asker: str, begun: float, *, is_long: bool) -> None:
        self.taken -= 1
        _take_one(self.turns, asker)
        if not is_long:
            self.admission.short -= 1
        self.admission.shares.end(asker, begun)
        self.admission.pass_on()

    def _begin_next(self, asker: str) -> None:
        waiting = self._waiting.pop(asker)
        turn = waiting.popleft()
        if waiting:
            self._waiting[asker] = waiting  # behind all others
        turn.set_result(self._begin(asker))

    async def _begun(self, asker: str) -> float:
        if not self._waiting:
            self._ended_at = self.admission.clock()
        turn: asyncio.Future[float] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(asker, deque()).append(turn)
        try:
            return await self._reached(turn)
        except BaseException:
            if turn.done():
                self._end(asker, turn.result(), is_long=False)
            else:
                self._give_up(asker, turn)
            raise

    async def _reached(self, turn: asyncio.Future[float]) -> float:
        """Await a turn for as long as others end; raises HttpError 503 once they don't."""
        clock = self.admission.clock
        begun = clock()
        while not turn.done():
            looked = clock()
            await asyncio.wait({turn}, timeout=self.seconds)
            if not turn.done() and (self._ended_at <= looked or clock() - begun > LONGEST_SECONDS):
                raise replace(FULL)
        return turn.result()

    def _give_up(self, asker: str, turn: asyncio.Future[float]) -> None:
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

    __slots__ = ("_asker", "_begun", "_is_long", "_lane", "_timer")

    def __init__(self, lane: Lane, asker: str) -> None:
        self._lane = lane
        self._asker = asker
        self._is_long = False

    async def __aenter__(self) -> None:
        if refused := await self._lane.refused(self._asker):
            raise replace(refused)
        self._begun = await self._lane.take(self._asker)
        self._timer = asyncio.get_running_loop().call_later(LONG_SECONDS, self._lengthen)

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._timer.cancel()
        self._lane.give_back(self._asker, self._begun, is_long=self._is_long)

    def _lengthen(self) -> None:
        self._is_long = self._lane.lengthen(self._asker)
