"""One command, one transaction: tried again where that is safe, and nothing half done."""

import asyncio

import asyncpg
import pytest

from api.access.members import Members
from api.access.viewer import Viewer
from api.store.database import Database
from api.writing import audit, outbox
from api.writing.unit_of_work import ATTEMPTS, Change, run
from schema.refusals import Unavailable
from schema.tables.columns import uuid7
from schema.words import Audience
from tests.conftest import OXFORD, Hearth
from tests.waiting import PATIENCE


async def _record(change: Change) -> None:
    event = audit.Event("test", change.actor.council_gss, "Offer", uuid7(), {}, "Tested.")
    await change.record(event, outbox.Message("test", {"number": 1}))


async def _viewer(hearth: Hearth) -> tuple[Members, Viewer]:
    await hearth.token(f"council:{OXFORD}")
    owner = await hearth.owner()
    subject = await owner.fetchval("SELECT subject FROM member WHERE audience = 'COUNCIL'")
    await owner.close()
    return Members(hearth.service.database), Viewer(Audience.COUNCIL, subject)


async def _written(hearth: Hearth) -> tuple[int, int]:
    owner = await hearth.owner()
    audited = await owner.fetchval("SELECT count(*) FROM audit_event")
    told = await owner.fetchval("SELECT count(*) FROM outbox")
    await owner.close()
    return audited, told


@pytest.mark.parametrize("error", [asyncpg.DeadlockDetectedError, asyncpg.SerializationError])
async def test_a_lost_race_is_run_again(hearth: Hearth, error: type[asyncpg.PostgresError]) -> None:
    members, viewer = await _viewer(hearth)
    attempts = 0

    async def command(change: Change) -> str:
        nonlocal attempts
        attempts += 1
        await _record(change)
        if attempts < ATTEMPTS:
            raise error("lost")
        return "done"

    assert await run(members, viewer, command) == ("done", True)
    assert attempts == ATTEMPTS
    assert await _written(hearth) == (1, 1)


async def test_a_race_that_is_always_lost_ends(hearth: Hearth) -> None:
    members, viewer = await _viewer(hearth)

    async def command(change: Change) -> None:
        await _record(change)
        raise asyncpg.SerializationError("lost")

    with pytest.raises(Unavailable):
        await run(members, viewer, command)
    assert await _written(hearth) == (0, 0)


async def test_a_lost_connection_leaves_nothing_and_the_next_goes_on(hearth: Hearth) -> None:
    members, viewer = await _viewer(hearth)
    owner = await hearth.owner()

    async def dies(change: Change) -> None:
        await _record(change)
        await owner.execute("SELECT pg_terminate_backend($1)", change.connection.get_server_pid())
        await change.connection.execute("SELECT 1")

    with pytest.raises(Unavailable):
        await run(members, viewer, dies)
    await owner.close()
    assert await _written(hearth) == (0, 0)
    await run(members, viewer, _record)
    assert await _written(hearth) == (1, 1)


async def test_a_cancelled_command_leaves_nothing(hearth: Hearth) -> None:
    members, viewer = await _viewer(hearth)
    recorded = asyncio.Event()

    async def waits(change: Change) -> None:
        await _record(change)
        recorded.set()
        await asyncio.sleep(60)

    task = asyncio.create_task(run(members, viewer, waits))
    await recorded.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await _written(hearth) == (0, 0)


async def test_a_lock_that_another_holds_is_not_waited_for_long(hearth: Hearth) -> None:
    members, viewer = await _viewer(hearth)
    owner = await hearth.owner()
    async with owner.transaction():
        await owner.execute("LOCK TABLE audit_event IN ACCESS EXCLUSIVE MODE")
        # Waited for as long as a statement may take, it would be TimedOut.
        with pytest.raises(Unavailable):
            await run(members, viewer, _record)
    await owner.close()
    assert await _written(hearth) == (0, 0)


async def test_commands_queue_for_the_one_connection(
    hearth: Hearth, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.store.database.ACQUIRE_SECONDS", PATIENCE)
    _, viewer = await _viewer(hearth)
    database = Database(hearth.copy.url, pool_size=1, query_seconds=5)
    await asyncio.gather(*(run(Members(database), viewer, _record) for _ in range(20)))
    assert await _written(hearth) == (20, 20)
    await database.close()
