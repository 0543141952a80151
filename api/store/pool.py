"""A small stack of connections that all act as one role.

The driver's own pool asks, proxies and resets at every turn, which costs a short read a third
of its time. Requests here set nothing that outlives their transaction, so a connection that
comes back idle is clean. One whose request was cancelled is closed aside.
"""

import asyncio
import contextlib
from collections import deque
from collections.abc import Awaitable, Callable

import asyncpg

CLOSE_SECONDS = 5.0
MOST_WAITING = 100
"""How many may wait for each connection; more would give up before their turn."""

Connect = Callable[[], Awaitable[asyncpg.Connection]]


class Pool:
    """At most `size` connections; whoever finds none free is given the next, in turn."""

    def __init__(self, connect: Connect, size: int) -> None:
        self._connect = connect
        self._free: list[asyncpg.Connection] = []
        self._lent: set[asyncpg.Connection] = set()
        self._retiring: set[asyncio.Task[None]] = set()
        self._room = size
        self._most_waiting = size * MOST_WAITING
        self._waiting: deque[asyncio.Future[asyncpg.Connection | None]] = deque()
        self._is_closed = False

    async def acquire(self, seconds: float) -> asyncpg.Connection:
        """A connection; raises what connecting raises, and TimeoutError after `seconds`.

        TimeoutError comes at once where too many wait already.
        """
        # The one used last: its caches are warm, and what isn't needed stays idle.
        while self._free:
            connection = self._free.pop()
            if not connection.is_closed():
                self._lent.add(connection)
                return connection
            self._room += 1
        if self._room:
            self._room -= 1
            return await self._open()
        if len(self._waiting) >= self._most_waiting:
            raise TimeoutError
        turn = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        try:
            async with asyncio.timeout(seconds):
                found: asyncpg.Connection | None = await turn
        except BaseException:
            if turn in self._waiting:
                self._waiting.remove(turn)
            elif not turn.cancelled():
                self._pass_on(turn.result())
            raise
        return found or await self._open()

    async def _open(self) -> asyncpg.Connection:
        try:
            connection = await self._connect()
        except BaseException:
            self._pass_on(None)
            raise
        self._lent.add(connection)
        return connection

    def release(self, connection: asyncpg.Connection, *, is_clean: bool) -> None:
        """Take a connection back; `is_clean` says that its block was not cancelled."""
        if self._is_closed or connection.is_closed():
            self._drop(connection)
        elif is_clean and not connection.is_in_transaction():
            self._pass_on(connection)
        else:
            self._retire_aside(connection)

    def renew(self) -> None:
        """Close what is free: whoever comes next is given a new connection."""
        free, self._free = self._free, []
        self._lent.update(free)
        for connection in free:
            self._retire_aside(connection)

    def _retire_aside(self, connection: asyncpg.Connection) -> None:
        task = asyncio.create_task(self._retire(connection))
        self._retiring.add(task)
        task.add_done_callback(self._retiring.discard)

    async def _retire(self, connection: asyncpg.Connection) -> None:
        # A request that was cancelled leaves its query running and perhaps half a transaction
        # behind, of which the driver's books are not to be trusted. Closing cancels the query.
        with contextlib.suppress(OSError, TimeoutError, asyncpg.PostgresError):
            await connection.close(timeout=CLOSE_SECONDS)
        self._drop(connection)

    def _drop(self, connection: asyncpg.Connection) -> None:
        self._lent.discard(connection)
        connection.terminate()
        self._pass_on(None)

    def _pass_on(self, connection: asyncpg.Connection | None) -> None:
        # None stands for the room to open one.
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_result(connection)
                return
        if connection is None:
            self._room += 1
        else:
            self._lent.discard(connection)
            self._free.append(connection)

    async def close(self, seconds: float) -> None:
        """Close every connection, those in use after `seconds` at most."""
        self._is_closed = True
        loop = asyncio.get_running_loop()
        deadline = loop.time() + seconds
        while self._lent and loop.time() < deadline:  # noqa: ASYNC110 - once, at the end
            await asyncio.sleep(0.01)
        for connection in self._lent:
            connection.terminate()
        for connection in self._free:
            with contextlib.suppress(OSError, TimeoutError, asyncpg.PostgresError):
                await connection.close(timeout=1)
        self._free.clear()
