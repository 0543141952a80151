"""The relay: every message once, in order, in notifications that PostgreSQL takes."""

import asyncio
from typing import Any

import asyncpg
import orjson

from api.store.database import Database
from api.store.listening import CHANNEL
from api.writing.outbox import LARGEST_NOTIFY, Relay
from tests.conftest import Copy
from tests.waiting import PATIENCE

MANY = 1200
FILL = """
INSERT INTO outbox (topic, payload)
SELECT 'test', jsonb_build_object('number', number, 'word', repeat('ü', 20))
FROM generate_series(1, $1::int) number
"""
END = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE datname = current_database() AND usename = 'hearth_login'
"""


class Heard:
    """What a listener of its own hears."""

    def __init__(self) -> None:
        self.sizes: list[int] = []
        self.numbers: list[int] = []
        self._more = asyncio.Event()

    def __call__(self, connection: Any, pid: int, channel: str, payload: str) -> None:
        self.sizes.append(len(payload.encode()))
        self.numbers += [message["number"] for message in orjson.loads(payload)]
        self._more.set()

    async def count(self, wanted: int) -> None:
        async with asyncio.timeout(PATIENCE):
            while len(self.numbers) < wanted:
                await self._more.wait()
                self._more.clear()


async def _drain(relay: Relay) -> None:
    while await relay.send():
        pass


async def test_two_relays_send_each_message_once_and_in_order(copy: Copy) -> None:
    owner, listener = await asyncpg.connect(copy.owner_url), await asyncpg.connect(copy.owner_url)
    heard = Heard()
    await listener.add_listener(CHANNEL, heard)
    await owner.execute(FILL, MANY)
    databases = [Database(copy.url, pool_size=2, query_seconds=5) for _ in range(2)]
    relays = [Relay(database) for database in databases]
    await asyncio.gather(*(_drain(relay) for relay in relays for _ in range(2)))
    await _drain(relays[0])
    await heard.count(MANY)
    assert heard.numbers == list(range(1, MANY + 1))
    assert max(heard.sizes) <= LARGEST_NOTIFY
    assert len(heard.sizes) < MANY / 10
    assert await owner.fetchval("SELECT count(*) FROM outbox WHERE sent_at IS NULL") == 0
    for each in (*databases, owner, listener):
        await each.close()


async def test_a_relay_that_loses_its_connection_goes_on(copy: Copy) -> None:
    owner, listener = await asyncpg.connect(copy.owner_url), await asyncpg.connect(copy.owner_url)
    heard = Heard()
    await listener.add_listener(CHANNEL, heard)
    database = Database(copy.url, pool_size=2, query_seconds=5)
    relay = Relay(database)
    await relay.send()  # has a connection now, which is lost before the next message
    await owner.execute(END)
    await owner.execute(FILL, 3)
    running = asyncio.create_task(relay.run())
    await heard.count(3)
    assert heard.numbers == [1, 2, 3]
    running.cancel()
    await asyncio.wait([running])
    for each in (database, owner, listener):
        await each.close()
