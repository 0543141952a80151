"""The outbox: what others are to be told of a change, written with it and relayed after it."""

import asyncio
import contextlib
import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import asyncpg
import orjson

from api.store.composed import Composed
from api.store.database import Database
from api.store.listening import CHANNEL
from api.store.roles import RELAY
from api.writing.chain import extend
from schema.refusals import Refused
from schema.types import rows

POLL_SECONDS = 0.2
BATCH = 500
LARGEST_NOTIFY = 7900
"""PostgreSQL refuses a notification of 8,000 bytes or more."""

logger = logging.getLogger(__name__)

# Inline: the id is not asked back, which would need the right to read.
_APPEND = Composed(rows.outbox.insert().inline().values(dict.fromkeys(("topic", "payload"))))

# One relay at a time, so that none overtakes another; the lock goes with the transaction.
_ONE_AT_A_TIME = "SELECT pg_try_advisory_xact_lock(hashtext('hearth relay'))"
_CLAIM = """
    UPDATE outbox SET sent_at = now()
    WHERE id IN (SELECT id FROM outbox WHERE sent_at IS NULL ORDER BY id LIMIT $1)
    RETURNING id, topic, payload
"""


@dataclass(frozen=True)
class Message:
    """One thing that happened; the payload holds ids, never personal data."""

    topic: str
    payload: dict[str, Any]


async def append(connection: asyncpg.Connection, message: Message) -> None:
    """Write a message in the command's own transaction."""
    await _APPEND.run(connection, topic=message.topic, payload=message.payload)


class Relay:
    """Sends what the outbox holds, at least once, to every listening worker; chains the audit.

    A transaction of its own does the notifying: PostgreSQL lets one notifying transaction commit
    at a time, and the writers shall not queue for that.
    """

    def __init__(self, database: Database, nudged: Callable[[], None] | None = None) -> None:
        self.database = database
        self._nudge = asyncio.Event()
        self._nudged = nudged

    def nudge(self) -> None:
        """Say that this worker has just committed a message; whoever wants to know is told."""
        self._nudge.set()
        if self._nudged:
            self._nudged()

    async def run(self) -> None:
        """Relay until cancelled; what this worker isn't nudged about, it finds by polling."""
        while True:
            with contextlib.suppress(TimeoutError):
                # Not wait_for: in Python 3.11 it can lose a cancellation that meets a nudge.
                async with asyncio.timeout(POLL_SECONDS):
                    await self._nudge.wait()
            self._nudge.clear()
            try:
                while await self.send() + await self.chain():
                    pass
            except (Refused, asyncpg.PostgresError) as error:
                logger.warning("The relay will try again: %s", error)
                await asyncio.sleep(POLL_SECONDS)

    async def send(self) -> int:
        """Send one batch; how many messages it held."""
        async with self.database.borrow(RELAY) as connection, connection.transaction():
            if not await connection.fetchval(_ONE_AT_A_TIME):
                return 0
            claimed = await connection.fetch(_CLAIM, BATCH)
            messages = [
                {"topic": row["topic"], **row["payload"]}
                for row in sorted(claimed, key=lambda row: row["id"])
            ]
            for text in _packed(messages):
                await connection.execute("SELECT pg_notify($1, $2)", CHANNEL, text)
        return len(messages)

    async def chain(self) -> int:
        """Chain a batch of audit events; how many."""
        async with self.database.borrow(RELAY) as connection, connection.transaction():
            return await extend(connection)


def _packed(messages: list[dict[str, Any]]) -> list[str]:
    packed: list[str] = []
    batch: list[dict[str, Any]] = []
    for message in messages:
        if batch and len(orjson.dumps([*batch, message])) > LARGEST_NOTIFY:
            packed.append(orjson.dumps(batch).decode())
            batch = []
        batch.append(message)
    if batch:
        packed.append(orjson.dumps(batch).decode())
    return packed
