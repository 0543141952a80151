"""Answers kept: public reads that are given again while nothing that they say can have changed.

An answer is kept under all of the request that it depends on, and only for as long as it must be
the same: until any message of the outbox (whatever it is about: a public page is asked for far
more often than anything changes), until this worker commits a change itself, and until the next
moment at which the clock alone changes something. While changes are not followed, none is given.
"""

import logging
import time
from asyncio import Event
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable

import asyncpg

from api.http.responses import Response
from schema.refusals import Refused

# What keeping one more answer takes besides its texts, about.
OVERHEAD = 1000
# One answer may take this part of all the room, so that a few can't drive out all others.
LARGEST_PART = 16

logger = logging.getLogger(__name__)


class Answers:
    """The public answers that one worker keeps, up to `most` bytes; the least recently given go.

    `seconds_to_turn` asks the database how long it is to the next change by the clock, and
    `is_following` is set while the outbox's messages come in. Every drop starts a generation: an
    answer that was read in an earlier one is never kept, since what it was read from may be old.
    """

    def __init__(
        self,
        most: int,
        is_following: Event,
        seconds_to_turn: Callable[[], Awaitable[float]],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.most = most
        self.size = 0
        self._is_following = is_following
        self._seconds_to_turn = seconds_to_turn
        self._clock = clock
        self._kept: OrderedDict[Hashable, tuple[Response, int]] = OrderedDict()
        self._generation = 0
        self._until = float("-inf")
        self._is_asking = False

    @classmethod
    def never_dropped(cls, most: int) -> "Answers":
        """What keeps answers that are the same for ever, up to `most` bytes."""

        async def seconds_to_turn() -> float:
            return float("inf")

        is_following = Event()
        is_following.set()
        return cls(most, is_following, seconds_to_turn)

    def find(self, key: Hashable) -> Response | None:
        """The answer to give again."""
        found = self._kept.get(key)
        if found is None or self._clock() >= self._until or not self._is_following.is_set():
            return None
        self._kept.move_to_end(key)
        return found[0]

    def drop(self) -> None:
        """Forget every answer, and keep none that is being read."""
        self._kept.clear()
        self.size = 0
        self._generation += 1
        self._until = float("-inf")

    @property
    def drops(self) -> int:
        """How often answers were dropped: what was read before the last time may be old."""
        return self._generation

    async def generation(self) -> int | None:
        """The generation that an answer read from now on belongs to; None if it may not be kept.

        After a drop this asks for the next turn of the clock. It must be known before the answer
        is read: a turn between the two would be taken for one that is past.
        """
        if not self.most or not self._is_following.is_set():
            return None
        if self._clock() < self._until:
            return self._generation
        if self._is_asking:
            return None
        self.drop()
        generation, asked_at = self._generation, self._clock()
        self._is_asking = True
        try:
            seconds = await self._seconds_to_turn()
        except (Refused, asyncpg.PostgresError) as error:
            logger.warning("No answers are kept for now: %s", error)
            return None
        finally:
            self._is_asking = False
        if generation != self._generation:
            return None
        self._until = asked_at + seconds
        return generation

    def keep(self, generation: int, key: Hashable, length: int, response: Response) -> None:
        """Keep an answer read in `generation`; `length` is the key's, in bytes."""
        size = length + len(response.body) + OVERHEAD
        is_old = generation != self._generation or self._clock() >= self._until
        if is_old or not self._is_following.is_set() or size > self.most / LARGEST_PART:
            return
        before = self._kept.pop(key, None)
        self.size += size - (before[1] if before else 0)
        self._kept[key] = (response, size)
        while self.size > self.most:
            _, (_, freed) = self._kept.popitem(last=False)
            self.size -= freed
