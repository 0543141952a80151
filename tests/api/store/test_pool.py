"""The pool: connections are lent in turn, never more than there may be, and never unclean."""

import asyncio
from collections.abc import AsyncIterator

import asyncpg
import pytest
import pytest_asyncio

from api.store.pool import MOST_WAITING, Pool
from tests.conftest import Copy
from tests.waiting import PATIENCE, until

SECONDS = PATIENCE


@pytest_asyncio.fixture
async def pool(copy: Copy) -> AsyncIterator[Pool]:
    opened = Pool(lambda: asyncpg.connect(copy.url), 2)
    yield opened
    await opened.close(1)


async def _are_open(copy: Copy, count: int) -> None:
    """A backend ends a moment after its connection: so many are left."""
    owner = await asyncpg.connect(copy.owner_url)
    query = "SELECT count(*) FROM pg_stat_activity WHERE datname = $1 AND usename = 'hearth_login'"

    async def are_open() -> bool:
        return bool(await owner.fetchval(query, copy.name) == count)

    await until(are_open, f"there are not {count}")
    await owner.close()


async def test_what_comes_back_is_lent_again(pool: Pool, copy: Copy) -> None:
    for _ in range(3):
        connection = await pool.acquire(SECONDS)
        assert await connection.fetchval("SELECT 1") == 1
        pool.release(connection, is_clean=True)
    await _are_open(copy, 1)


async def test_who_finds_none_waits_in_turn(pool: Pool) -> None:
    lent = [await pool.acquire(SECONDS) for _ in range(2)]
    waiting = [asyncio.create_task(pool.acquire(SECONDS)) for _ in range(2)]
    await asyncio.sleep(0)
    pool.release(lent[0], is_clean=True)
    assert await waiting[0] is lent[0]
    assert not waiting[1].done()
    pool.release(lent[1], is_clean=True)
    assert await waiting[1] is lent[1]
    for connection in lent:
        pool.release(connection, is_clean=True)


async def test_nobody_waits_for_ever(pool: Pool) -> None:
    lent = [await pool.acquire(SECONDS) for _ in range(2)]
    with pytest.raises(TimeoutError):
        await pool.acquire(0.02)
    for connection in lent:
        pool.release(connection, is_clean=True)
    assert await pool.acquire(SECONDS) is lent[1]
    pool.release(lent[1], is_clean=True)


async def test_who_would_wait_too_long_is_told_at_once(pool: Pool) -> None:
    lent = [await pool.acquire(SECONDS) for _ in range(2)]
    waiting = [asyncio.create_task(pool.acquire(0.5)) for _ in range(2 * MOST_WAITING)]
    await asyncio.sleep(0)
    async with asyncio.timeout(0.2):
        with pytest.raises(TimeoutError):
            await pool.acquire(SECONDS)
    assert all(isinstance(each, TimeoutError) for each in await _ended(waiting))
    # Who gave up is in nobody's way.
    turn = asyncio.create_task(pool.acquire(SECONDS))
    await asyncio.sleep(0)
    for connection in lent:
        pool.release(connection, is_clean=True)
    pool.release(await turn, is_clean=True)


async def _ended(tasks: list[asyncio.Task[asyncpg.Connection]]) -> list[object]:
    return list(await asyncio.gather(*tasks, return_exceptions=True))


async def test_after_a_renewal_all_are_new(pool: Pool, copy: Copy) -> None:
    old = [await pool.acquire(SECONDS) for _ in range(2)]
    for connection in old:
        pool.release(connection, is_clean=True)
    pool.renew()
    new = [await pool.acquire(SECONDS) for _ in range(2)]
    assert not {*old} & {*new}
    await _are_open(copy, 2)
    for connection in new:
        pool.release(connection, is_clean=True)


async def test_who_gives_up_as_a_turn_comes_passes_it_on(pool: Pool) -> None:
    lent = [await pool.acquire(SECONDS) for _ in range(2)]
    first, second = (asyncio.create_task(pool.acquire(SECONDS)) for _ in range(2))
    await asyncio.sleep(0)
    pool.release(lent[0], is_clean=True)
    first.cancel()
    assert await second is lent[0]
    for connection in lent:
        pool.release(connection, is_clean=True)


async def test_a_cancelled_ones_connection_is_closed_and_replaced(pool: Pool, copy: Copy) -> None:
    connection = await pool.acquire(SECONDS)
    task = asyncio.create_task(connection.execute("SELECT pg_sleep(300)"))
    await asyncio.sleep(0.05)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    pool.release(connection, is_clean=False)
    both = [await pool.acquire(SECONDS) for _ in range(2)]
    assert connection not in both
    await _are_open(copy, 2)
    for each in both:
        pool.release(each, is_clean=True)


async def test_an_open_transaction_is_not_lent_on(pool: Pool) -> None:
    connection = await pool.acquire(SECONDS)
    await connection.execute("BEGIN")
    pool.release(connection, is_clean=True)
    other = await pool.acquire(SECONDS)
    assert other is not connection
    pool.release(other, is_clean=True)


async def test_one_that_the_server_closed_is_not_lent(pool: Pool, copy: Copy) -> None:
    connection = await pool.acquire(SECONDS)
    pool.release(connection, is_clean=True)
    owner = await asyncpg.connect(copy.owner_url)
    await owner.execute("SELECT pg_terminate_backend($1)", connection.get_server_pid())
    await owner.close()
    async with asyncio.timeout(SECONDS):
        while not connection.is_closed():  # noqa: ASYNC110 - the driver tells nobody
            await asyncio.sleep(0.01)
    other = await pool.acquire(SECONDS)
    assert await other.fetchval("SELECT 1") == 1
    pool.release(other, is_clean=True)


async def test_a_database_that_is_away_takes_no_room() -> None:
    async def fail() -> asyncpg.Connection:
        raise ConnectionRefusedError

    pool = Pool(fail, 1)
    for _ in range(3):
        with pytest.raises(ConnectionRefusedError):
            await pool.acquire(SECONDS)
