"""Loading reference data: what is stored, and that loading again adds nothing."""

from dataclasses import replace
from datetime import datetime

import asyncpg
import pytest

from api.store.reference import load
from schema.reference.facts import LONDON
from schema.reference.files import read_reference
from tests.conftest import Copy

COUNTS = {"council": 430, "location": 3208, "route": 16, "support_kind": 47}
SORTS = {"DUTY": 131, "LEAVE": 25, "RULE": 98, "TARIFF": 79, "WINDOW": 24}
STORED = {
    "route_dissent": "SELECT array_agg(d ORDER BY fact_id)::text FROM route_dissent d",
    "route_fact": "SELECT array_agg(f ORDER BY id)::text FROM route_fact f",
    "source": "SELECT array_agg(s ORDER BY id)::text FROM source s",
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
    assert told["route_fact"] == told["route_fact superseded"] == 0
    assert await _counts(owner) == COUNTS
    assert {table: await owner.fetchval(query) for table, query in STORED.items()} == before
    await owner.close()


async def test_every_fact_is_loaded(copy: Copy) -> None:
    owner = await asyncpg.connect(copy.owner_url)
    found = await owner.fetch("SELECT sort, count(*) FROM route_fact GROUP BY sort")
    assert {row["sort"]: row["count"] for row in found} == SORTS
    since = await owner.fetchval("SELECT DISTINCT lower(known) FROM route_fact")
    assert since == datetime(2026, 7, 2, tzinfo=LONDON)
    await owner.close()


async def test_what_a_file_says_anew_supersedes_what_it_said(copy: Copy) -> None:
    owner = await asyncpg.connect(copy.owner_url)
    reference = read_reference()
    routes = {route.code: route for route in reference.routes}
    family = routes["ukraine-family-scheme"]
    (tariff,) = family.tariffs
    corrected = tariff.model_copy(update={"amount": tariff.amount + 1})
    routes[family.code] = family.model_copy(update={"tariffs": (corrected,)})
    told: dict[str, int] = {}
    changed = replace(reference, routes=tuple(routes.values()))
    await load(copy.owner_url, changed, told.__setitem__)
    assert (told["route_fact"], told["route_fact superseded"]) == (1, 1)
    history = await owner.fetch(
        "SELECT body->>'amount' AS amount, upper_inf(known) AS is_known FROM route_fact "
        "WHERE route_code = $1 AND sort = 'TARIFF' ORDER BY known",
        family.code,
    )
    assert [tuple(row) for row in history] == [
        (str(tariff.amount), False),
        (str(corrected.amount), True),
    ]
    await owner.close()


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE route_fact SET note = 'another' WHERE sort = 'WINDOW'",
        "UPDATE route_fact SET known = tstzrange(lower(known), lower(known) + interval '1 day')",
        "UPDATE route_fact SET known = tstzrange(lower(known) + interval '1 day', now())",
        "UPDATE route_fact SET known = tstzrange(lower(known), now()), body = '{}'",
        "DELETE FROM route_fact WHERE sort = 'DUTY'",
        "TRUNCATE route_fact CASCADE",
        "DELETE FROM route_dissent",
        "UPDATE route_dissent SET note = 'another'",
    ],
)
async def test_history_is_never_changed(copy: Copy, change: str) -> None:
    owner = await asyncpg.connect(copy.owner_url)
    with pytest.raises(asyncpg.PostgresError) as raised:
        await owner.execute(change)
    assert raised.value.sqlstate == "HE409"
    assert "what is so now" in str(raised.value.hint)
    await owner.close()


async def test_what_was_known_is_closed_once(copy: Copy) -> None:
    owner = await asyncpg.connect(copy.owner_url)
    close = "UPDATE route_fact SET known = tstzrange(lower(known), now()) WHERE sort = 'DUTY'"
    await owner.execute(close)
    with pytest.raises(asyncpg.PostgresError):
        await owner.execute(close)
    await owner.close()


async def test_two_facts_of_one_key_never_hold_at_once(copy: Copy) -> None:
    owner = await asyncpg.connect(copy.owner_url)
    with pytest.raises(asyncpg.ExclusionViolationError):
        await owner.execute(
            "INSERT INTO route_fact SELECT (f).* FROM (SELECT jsonb_populate_record(route_fact, "
            "jsonb_build_object('id', gen_random_uuid())) AS f FROM route_fact LIMIT 1) AS again"
        )
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
    await owner.execute("ALTER TABLE route_event ADD CONSTRAINT none CHECK (false) NOT VALID")
    try:
        await load(copy.owner_url, read_reference(), lambda table, count: None)
    except asyncpg.CheckViolationError:
        pass
    else:
        raise AssertionError("the load went on")
    assert await owner.fetchval(NAME) == "Ocksford"
    await owner.close()
