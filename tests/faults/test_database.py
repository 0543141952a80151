"""A database that is there and fails: every request ends in time, and nothing is half-written."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import httpx
import pytest
import pytest_asyncio

from tests.conftest import CREATE, PUBLISH, Copy, Hearth
from tests.faults.conftest import serving
from tests.faults.test_away import COUNCILS, OFFERS, OFFICER
from tests.waiting import PATIENCE, until

ROOM = {"input": {"kind": "hosting", "title": "Room", "placesTotal": 1}}
WRITTEN = """
SELECT (SELECT count(*) FROM offer), (SELECT count(*) FROM audit_event),
    (SELECT count(*) FROM outbox), (SELECT count(*) FROM idempotency_key)
"""
# Waiting for the lock, by the query that waits.
STUCK = """
SELECT pid FROM pg_stat_activity
WHERE datname = current_database() AND wait_event_type = 'Lock'
"""
SLEEPING = """
SELECT count(*) FROM pg_stat_activity
WHERE datname = current_database() AND wait_event = 'PgSleep'
"""
# Waits until each has ended: one that has yet to hear of it would be lent once more.
END_ALL = """
SELECT count(pg_terminate_backend(pid, 60000)) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid()
"""
FAILING = """
CREATE SEQUENCE tries;
CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
    IF nextval('tries') <= {times} THEN
        RAISE EXCEPTION 'made up' USING ERRCODE = '{code}';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER fail BEFORE INSERT ON outbox FOR EACH ROW EXECUTE FUNCTION fail();
"""


@pytest_asyncio.fixture
async def owner(hearth: Hearth) -> AsyncIterator[asyncpg.Connection]:
    """The owner's connection to the service's database, which has listened and met the officer."""
    await hearth.service.listener.is_listening.wait()
    await hearth.token(OFFICER)
    await hearth.data(OFFERS, who=OFFICER)
    connection = await hearth.owner()
    yield connection
    await connection.close()


def narrow(
    copy: Copy, home: Path, query_seconds: float
) -> contextlib.AbstractAsyncContextManager[Hearth]:
    """The service with one connection for each audience."""
    given = {"pool_size": 1, "query_seconds": query_seconds}
    return serving(copy.url, copy.owner_url, home, **given)


async def _stuck(owner: asyncpg.Connection) -> int:
    """The backend that waits for a lock, once one does."""
    async with asyncio.timeout(PATIENCE):
        while not (pid := await owner.fetchval(STUCK)):
            await owner.execute("SELECT pg_stat_clear_snapshot()")  # it is inside a transaction
    return int(pid)


def _is_unavailable(response: httpx.Response) -> bool:
    error = response.json()["errors"][0]
    return (
        response.status_code == 503
        and error["extensions"]["code"] == "UNAVAILABLE"
        and response.headers["retry-after"] == "1"
    )


@pytest.mark.parametrize("code", ["40P01", "40001"])
@pytest.mark.parametrize("times", [2, 99])
async def test_a_lost_race_is_tried_three_times(
    hearth: Hearth, owner: asyncpg.Connection, code: str, times: int
) -> None:
    await owner.execute(FAILING.format(times=times, code=code))
    before = await owner.fetchrow(WRITTEN)
    response = await hearth.post(CREATE, ROOM, OFFICER)
    assert await owner.fetchval("SELECT last_value FROM tries") == 3
    after = [after - was for after, was in zip(await owner.fetchrow(WRITTEN), before, strict=True)]
    if times == 2:
        assert response.json()["data"]["createOffer"]["problems"] == []
        assert after == [1, 1, 1, 0]
    else:
        assert _is_unavailable(response)
        assert after == [0, 0, 0, 0]


async def test_a_query_whose_backend_ends_is_asked_again(
    hearth: Hearth, owner: asyncpg.Connection
) -> None:
    for who, query in (("public", COUNCILS), (OFFICER, OFFERS)):
        async with owner.transaction():
            await owner.execute("LOCK TABLE council, offer IN ACCESS EXCLUSIVE MODE")
            asking = asyncio.create_task(hearth.data(query, who=who))
            await owner.execute("SELECT pg_terminate_backend($1)", await _stuck(owner))
        await asking


async def test_a_query_whose_backends_always_end_is_asked_twice(
    hearth: Hearth, owner: asyncpg.Connection
) -> None:
    async with owner.transaction():
        await owner.execute("LOCK TABLE council IN ACCESS EXCLUSIVE MODE")
        asking = asyncio.create_task(hearth.post(COUNCILS))
        first = await _stuck(owner)
        await owner.execute("SELECT pg_terminate_backend($1, 60000)", first)
        second = await _stuck(owner)
        assert second != first
        await owner.execute("SELECT pg_terminate_backend($1, 60000)", second)
        assert _is_unavailable(await asking)
    await hearth.data(COUNCILS)


async def test_a_command_whose_backend_ends_leaves_nothing(
    hearth: Hearth, owner: asyncpg.Connection
) -> None:
    before = await owner.fetchrow(WRITTEN)
    given = {"input": {**ROOM["input"], "idempotencyKey": "once"}}
    async with owner.transaction():
        await owner.execute("LOCK TABLE outbox IN ACCESS EXCLUSIVE MODE")
        asking = asyncio.create_task(hearth.post(CREATE, given, OFFICER))
        await _stuck(owner)
        await owner.execute(END_ALL)
        assert _is_unavailable(await asking)
    assert await owner.fetchrow(WRITTEN) == before
    # Every connection was ended; each pool is whole again without anybody's help.
    await asyncio.gather(*(hearth.data(COUNCILS) for _ in range(20)))
    created = await hearth.data(CREATE, given, OFFICER)
    again = await hearth.data(CREATE, given, OFFICER)
    assert created["createOffer"]["offer"]["id"] == again["createOffer"]["offer"]["id"]


# What a backend says that is told to end; a moment later its connection is closed.
LAST_WORD = b"SFATAL\0VFATAL\0C57P01\0Mterminating connection\0\0"


async def test_between_a_backends_last_word_and_its_end_nobody_meets_it(hearth: Hearth) -> None:
    hearth.service.answers.most = 0
    await hearth.create()
    database = hearth.service.database
    pools = database._pools.values()
    await hearth.data(COUNCILS)
    for _ in range(2):
        for role in [*database._pools]:
            async with database.borrow(role), database.borrow(role):
                pass
        for pool in pools:
            for connection in pool._free:
                message = b"E" + (len(LAST_WORD) + 4).to_bytes(4, "big") + LAST_WORD
                connection._protocol.data_received(message)
        await hearth.data(COUNCILS)
        assert _is_unavailable(await hearth.post(CREATE, ROOM, OFFICER))
        await hearth.create()
        await until(lambda: all(pool._room + len(pool._free) == 8 for pool in pools), "none left")


async def test_a_lock_that_is_held_is_given_up(hearth: Hearth, owner: asyncpg.Connection) -> None:
    draft = await hearth.create()
    given = {"id": draft["id"], "version": draft["version"]}
    async with owner.transaction():
        await owner.execute("SELECT FROM offer FOR UPDATE")
        # Tried once, after 2.5 s: tried again, it would come to the end of its time first.
        assert _is_unavailable(await hearth.post(PUBLISH, given, OFFICER))
    assert (await hearth.data(PUBLISH, given, OFFICER))["publishOffer"]["problems"] == []


async def test_a_command_that_takes_too_long_is_cancelled(copy: Copy, home: Path) -> None:
    async with narrow(copy, home, 1) as hearth:
        await hearth.token(OFFICER)
        owner = await hearth.owner()
        await owner.execute("""
            CREATE FUNCTION wait() RETURNS trigger LANGUAGE plpgsql AS
                $$ BEGIN PERFORM pg_sleep(300); RETURN NEW; END $$;
            CREATE TRIGGER wait BEFORE INSERT ON outbox FOR EACH ROW EXECUTE FUNCTION wait();
        """)
        before = await owner.fetchrow(WRITTEN)
        response = await hearth.post(CREATE, ROOM, OFFICER)
        assert response.status_code == 503
        assert response.json()["errors"][0]["extensions"]["code"] == "TIMEOUT"

        async def is_cancelled() -> bool:
            return not await owner.fetchval(SLEEPING)

        await until(is_cancelled, "it sleeps on")
        assert await owner.fetchrow(WRITTEN) == before
        await owner.execute("DROP TRIGGER wait ON outbox")
        await hearth.create()  # by the one connection that there is
        await owner.close()


async def test_a_disk_that_is_full_keeps_nobody_from_reading(
    hearth: Hearth, owner: asyncpg.Connection
) -> None:
    await owner.execute(FAILING.format(times=3, code="53100"))
    before = await owner.fetchrow(WRITTEN)
    for _ in range(3):
        assert _is_unavailable(await hearth.post(CREATE, ROOM, OFFICER))
        await hearth.data(COUNCILS)
        await hearth.data(OFFERS, who=OFFICER)
    assert await owner.fetchrow(WRITTEN) == before
    await hearth.create()


async def test_who_finds_every_connection_taken_is_told_soon(copy: Copy, home: Path) -> None:
    async with narrow(copy, home, PATIENCE) as hearth:
        await hearth.token(OFFICER)
        await hearth.data(OFFERS, who=OFFICER)

        async def ask() -> None:
            assert _is_unavailable(await hearth.post(OFFERS, who=OFFICER))

        owner = await hearth.owner()
        async with owner.transaction():
            await owner.execute("LOCK TABLE offer IN ACCESS EXCLUSIVE MODE")
            # One after the other, or until their query's end, it would take longer.
            async with asyncio.timeout(PATIENCE / 2):
                await asyncio.gather(*(ask() for _ in range(99)))
        await hearth.data(OFFERS, who=OFFICER)
        await owner.close()


@pytest.mark.usefixtures("patient")
async def test_a_server_that_takes_no_more_connections(
    hearth: Hearth, owner: asyncpg.Connection
) -> None:
    await hearth.data(COUNCILS)
    name = hearth.copy.name
    await owner.execute(f"ALTER DATABASE {name} CONNECTION LIMIT 1")
    charity = "charity:Harbour Welcome"
    async with asyncio.timeout(PATIENCE / 2):
        assert _is_unavailable(await hearth.post("{ viewer { name } }", who=charity))
    # Who has a connection goes on with it.
    await hearth.data(COUNCILS)
    await hearth.create()
    await owner.execute(f"ALTER DATABASE {name} CONNECTION LIMIT -1")
    await hearth.data("{ viewer { name } }", who=charity)
