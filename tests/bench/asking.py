"""Asking: requests sent as bytes made before, by a schedule or as fast as they are answered.

One process on uvloop sends and hears some ten thousand a second from one core, so that what it
measures is the server. What is asked by a schedule is timed from when it was due: if no connection
is free then, to wait for one counts.
"""

import asyncio
import random
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson

ANSWER_SECONDS = 10.0
BROKEN = 0
"""The status of what no answer came to."""
END = b"\r\n\r\n"
LENGTH = b"content-length: "


def request(query: str, variables: dict[str, object], token: str, address: str) -> bytes:
    """A GraphQL request by POST, of a token's holder or of the public at an address."""
    body = orjson.dumps({"query": query, "variables": variables})
    who = f"authorization: Bearer {token}" if token else f"x-forwarded-for: {address}"
    return (
        f"POST /graphql HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n{who}\r\n"
        f"content-length: {len(body)}\r\n\r\n"
    ).encode() + body


@dataclass
class Seen:
    """What was seen: for each status, the seconds that each answer took."""

    waits: dict[int, list[float]] = field(default_factory=dict)
    seconds: float = 0.0

    def note(self, status: int, seconds: float) -> None:
        """Note an answer."""
        self.waits.setdefault(status, []).append(seconds)

    def add(self, other: "Seen") -> None:
        """Add what was seen another time."""
        for status, waits in other.waits.items():
            self.waits.setdefault(status, []).extend(waits)
        self.seconds += other.seconds

    def percentile(self, part: float, *statuses: int) -> float:
        """Milliseconds; nan where there was none."""
        found = sorted(wait for status in statuses for wait in self.waits.get(status, ()))
        return found[int(len(found) * part)] * 1000 if found else float("nan")

    @property
    def rate(self) -> float:
        """What was asked for and given, a second."""
        return len(self.waits.get(200, ())) / self.seconds

    @property
    def asked(self) -> float:
        """What was asked for and answered in whatever way, a second."""
        return sum(map(len, self.waits.values())) / self.seconds

    def counts(self) -> dict[int, int]:
        """How many of each status."""
        return {status: len(waits) for status, waits in sorted(self.waits.items())}


class _Connection(asyncio.Protocol):
    """One connection, one request at a time."""

    def __init__(self, asking: "Asking") -> None:
        self.asking = asking
        self.transport: Any = None
        self.heard = b""
        self.begun: float | None = None

    def connection_made(self, transport: Any) -> None:
        self.transport = transport

    def ask(self, what: bytes, begun: float) -> None:
        self.begun = begun
        self.transport.write(what)

    def data_received(self, data: bytes) -> None:
        heard = self.heard = self.heard + data if self.heard else data
        end = heard.find(END)
        if end < 0:
            return
        begin = heard.index(LENGTH) + len(LENGTH)
        if len(heard) < end + len(END) + int(heard[begin : heard.index(b"\r", begin)]):
            return
        self.heard = b""
        self._answered(int(heard[9:12]))
        self.asking.is_free(self)

    def _answered(self, status: int) -> None:
        if self.begun is not None:
            self.asking.seen.note(status, time.perf_counter() - self.begun)
            self.begun = None

    def connection_lost(self, error: Exception | None) -> None:
        self._answered(BROKEN)
        self.asking.is_lost(self)


class Asking:
    """Asks what is given in turn, by at most so many connections.

    With a `rate`, so many a second at moments of `chance`, whether others are answered or not;
    without, each connection asks again as soon as it is answered.
    """

    def __init__(
        self,
        port: int,
        requests: Sequence[bytes],
        connections: int,
        *,
        rate: float = 0.0,
        chance: random.Random | None = None,
    ) -> None:
        self.port = port
        self.requests = requests
        self.connections = connections
        self.rate = rate
        self.chance = chance or random.Random(1)
        self.seen = Seen()
        self._at = 0
        self._due: deque[float] = deque()
        # In turn, or the last ones would lie idle until the server closes them.
        self._free: deque[_Connection] = deque()
        self._all: set[_Connection] = set()
        self._is_over = False
        self._opening: set[asyncio.Task[None]] = set()

    async def run(self, seconds: float) -> Seen:
        """Ask for so long, and hear what was asked in that time."""
        await asyncio.gather(*(self._open() for _ in range(self.connections)))
        begun = time.perf_counter()
        self._due.extend([] if self.rate else [begun] * self.connections)
        self._ask()
        due = begun
        while (now := time.perf_counter()) < begun + seconds:
            if self.rate:
                while due <= now:
                    self._due.append(due)
                    due += self.chance.expovariate(self.rate)
                self._ask()
            await asyncio.sleep(0.001 if self.rate else 0.05)
        self._is_over = True
        self.seen.seconds = time.perf_counter() - begun
        await self._answers(ANSWER_SECONDS)
        for each in [*self._all]:
            each.transport.abort()
        await asyncio.sleep(0)
        return self.seen

    async def _answers(self, seconds: float) -> None:
        deadline = time.perf_counter() + seconds
        for each in [*self._all]:
            while each.begun is not None and time.perf_counter() < deadline:  # noqa: ASYNC110
                await asyncio.sleep(0.01)

    async def _open(self) -> None:
        loop = asyncio.get_running_loop()
        _, made = await loop.create_connection(lambda: _Connection(self), "127.0.0.1", self.port)
        self._all.add(made)
        self._free.append(made)
        self._ask()

    def _ask(self) -> None:
        while self._due and self._free:
            what = self.requests[self._at % len(self.requests)]
            self._at += 1
            # The clock is read a thousand times a second: what is sent at once is due then.
            due = self._due.popleft()
            now = time.perf_counter()
            self._free.popleft().ask(what, now if now - due < 0.002 else due)

    def is_free(self, connection: _Connection) -> None:
        """A connection was answered."""
        self._free.append(connection)
        if self._is_over:
            return
        if not self.rate:
            self._due.append(time.perf_counter())
        self._ask()

    def is_lost(self, connection: _Connection) -> None:
        """A connection was closed: another takes its place."""
        self._all.discard(connection)
        if connection in self._free:
            self._free.remove(connection)
        if not self._is_over:
            task = asyncio.get_running_loop().create_task(self._open())
            self._opening.add(task)
            task.add_done_callback(self._opening.discard)
