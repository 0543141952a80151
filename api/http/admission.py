"""Admission: how much one worker has under way, and how much of that is one asker's.

Beyond a few hundred requests under way, each more only makes all of them wait longer: who comes
then is told at once to come again. What one asker sends at once goes a few at a time, so that
neither the connections to the database nor the processor are ever theirs alone.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Hashable

from api.http.errors import HttpError

MOST = 200
# So that whoever sends all they can leaves as much room to all others.
EACH = MOST // 2
TURN_SECONDS = 2.0
RETRY = ((b"retry-after", b"1"),)


class _Asker:
    __slots__ = ("turns", "under_way")

    def __init__(self, at_once: int) -> None:
        self.turns = asyncio.Semaphore(at_once)
        self.under_way = 0


class Admission:
    """At most `most` requests under way, `each` of one asker's; `at_once` of these are worked on.

    The others await their turn, for `seconds` at most.
    """

    def __init__(
        self, at_once: int, *, most: int = MOST, each: int = EACH, seconds: float = TURN_SECONDS
    ) -> None:
        self.at_once = at_once
        self.most = most
        self.each = each
        self.seconds = seconds
        self._askers: dict[Hashable, _Asker] = {}
        self._total = 0

    @contextlib.asynccontextmanager
    async def turn(self, asker: Hashable) -> AsyncIterator[None]:
        """Room for one request of an asker's; raises HttpError, 429 or 503, where there is none."""
        mine = self._askers.get(asker)
        if mine and mine.under_way >= self.each:
            message = f"{self.each} of your requests are under way. Await some, then try again."
            raise HttpError(429, message, RETRY, code="TOO_MANY")
        if self._total >= self.most:
            raise _full()
        if mine is None:
            mine = self._askers[asker] = _Asker(self.at_once)
        mine.under_way += 1
        self._total += 1
        try:
            await self._taken(mine.turns)
            try:
                yield
            finally:
                mine.turns.release()
        finally:
            self._total -= 1
            mine.under_way -= 1
            if not mine.under_way:
                del self._askers[asker]

    async def _taken(self, turns: asyncio.Semaphore) -> None:
        if not turns.locked():
            await turns.acquire()
            return
        try:
            async with asyncio.timeout(self.seconds):
                await turns.acquire()
        except TimeoutError as error:
            raise _full() from error


def _full() -> HttpError:
    message = "The service has all that it can do; nothing was done. Try again in a second."
    return HttpError(503, message, RETRY, code="UNAVAILABLE")
