"""Listening: one connection a worker on which PostgreSQL says what changed anywhere."""

import asyncio
import contextlib
import logging
from collections.abc import Callable, Iterator
from typing import Any

import asyncpg
import orjson

from api.store.database import AWAY, Database
from schema.refusals import Refused

CHANNEL = "hearth_changes"
RECONNECT_SECONDS = 0.5
ALIVE_SECONDS = 1.0
MOST_WAITING = 1000

logger = logging.getLogger(__name__)

Message = dict[str, Any]
MISSED = "missed"
"""The topic of a message that stands for any that may have been lost."""


class Listener:
    """Hands every message to every subscriber of this worker.

    Notifications are lost while the connection is down, so after it is back each subscriber is
    told that it may have missed some, and looks for itself.
    """

    def __init__(self, database: Database, role: str, channel: str = CHANNEL) -> None:
        self.database = database
        self.role = role
        self.channel = channel
        self._queues: set[asyncio.Queue[Message]] = set()
        self._hearers: list[Callable[[], None]] = []
        self.is_listening = asyncio.Event()

    def hear(self, hearer: Callable[[], None]) -> None:
        """Call `hearer` at each message, before anything else can run."""
        self._hearers.append(hearer)

    @contextlib.contextmanager
    def subscribed(self) -> Iterator[asyncio.Queue[Message]]:
        """A queue of the messages that come in from now on."""
        queue: asyncio.Queue[Message] = asyncio.Queue(MOST_WAITING)
        self._queues.add(queue)
        try:
            yield queue
        finally:
            self._queues.discard(queue)

    async def run(self) -> None:
        """Listen until cancelled, connecting again whenever the connection is lost."""
        while True:
            try:
                await self._listen()
            except (Refused, TimeoutError, asyncpg.PostgresError, *AWAY) as error:
                logger.warning("Listening is interrupted and will go on: %s", error)
                await asyncio.sleep(RECONNECT_SECONDS)

    async def _listen(self) -> None:
        connection = await self.database.connect(self.role)
        lost = asyncio.Event()
        connection.add_termination_listener(lambda _: lost.set())
        try:
            await connection.add_listener(self.channel, self._received)
            self.is_listening.set()
            self._deliver({"topic": MISSED})
            while not lost.is_set():
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(ALIVE_SECONDS):
                        await lost.wait()
                    raise ConnectionResetError("the connection was closed")
                await connection.execute("SELECT 1", timeout=ALIVE_SECONDS)
        finally:
            self.is_listening.clear()
            connection.terminate()

    def _received(self, connection: Any, pid: int, channel: str, payload: str) -> None:
        for message in orjson.loads(payload):
            self._deliver(message)

    def _deliver(self, message: Message) -> None:
        for hearer in self._hearers:
            hearer()
        for queue in self._queues:
            try:
                queue.put_nowait(message)
            except asyncio.QueueFull:
                # Whoever is so far behind looks for itself, which costs one query.
                while not queue.empty():
                    queue.get_nowait()
                queue.put_nowait({"topic": MISSED})
