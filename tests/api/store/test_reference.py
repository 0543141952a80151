"""Loading reference data: what is stored, and that loading again adds nothing."""

import asyncpg

from api.store.reference import load
from schema.reference.files import read_reference
from tests.conftest import Copy

COUNTS = {"council": 430, "location": 3208, "route": 16, "route_window": 24, "support_kind": 47}
STORED = {
    "route_window": "SELECT array_agg(w ORDER BY id)::text FROM route_window w",
    "twinning": "SELECT array_agg(t ORDER BY id)::text FROM twinning t",
}
SPOIL = "UPDATE council SET name = 'Ocksford' WHERE gss_code = 'E07000178'"
NAME = "SELECT name FROM council WHERE gss_code = 'E07000178'"


async def _counts(owner: asyncpg.Connection) -> dict[str, int]:
    return {table: await owner.fetchval(f"SELECT count(*) FROM {table}") for table in COUNTS}


async def test_loading_again_changes_nothing(copy: Copy) -> None:
    owner = await asyncpg.connect(copy.owner_url)
    assert await _counts(owner) == COUNTS
    before = {table: await owner.fetchval(query) for table, query in STORED.items()}
    told: dict[str, int] = {}
    await load(copy.owner_url, read_reference(), told.__setitem__)
    assert {table: told[table] for table in COUNTS} == COUNTS
    assert await _counts(owner) == COUNTS
    assert {table: await owner.fetchval(query) for table, query in STORED.items()} == before
    await owner.close()


async def test_loading_brings_what_was_changed_up_to_date(copy: Copy) -> None:
    owner = await asyncpg.connect(copy.owner_url)
    await owner.execute(SPOIL)
    await load(copy.owner_url, read_reference(), lambda table, count: None)
    assert await owner.fetchval(NAME) == "Oxford"
    await owner.close()


async def test_a_load_that_fails_leaves_nothing_behind(copy: Copy) -> None:
    owner = await asyncpg.connect(copy.owner_url)
    await owner.execute(SPOIL)
    await owner.execute("ALTER TABLE route_window ADD CONSTRAINT none CHECK (false) NOT VALID")
    await owner.execute("DELETE FROM route_window")
    try:
        await load(copy.owner_url, read_reference(), lambda table, count: None)
    except asyncpg.CheckViolationError:
        pass
    else:
        raise AssertionError("the load went on")
    assert await owner.fetchval(NAME) == "Ocksford"
    await owner.close()
