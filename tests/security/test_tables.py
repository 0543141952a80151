"""The database alone: what each role may do with each table, and whose rows it reads.

`tables.txt` says it for every table, view and function; `make snapshots` writes it anew, to review.
"""

import os
from collections.abc import Iterable
from pathlib import Path

import asyncpg
import pytest

from api.store.database import SESSION
from api.store.roles import LOGIN, OWNER, ROLES, SERVING
from tests.conftest import OXFORD, OXFORDSHIRE
from tests.security.world import HARBOUR, SUBJECTS, World

pytestmark = pytest.mark.no_cover  # other tests run the same lines, and measuring takes a third

TABLE = Path(__file__).with_name("tables.txt")
HOW = f"Run `make snapshots`, and review {TABLE.name} line by line: may they?"
HEADING = """\
# What each database role may do with each table and view, by grants and row-level security alone,
# and how much it reads of what is ours (Oxford's, Harbour Welcome's) and of what is theirs:
# all, some or none of each, or rows that are nobody's. county: Oxfordshire's, above Oxford.
# Then who may call which function; a definer's function acts with the owner's rights.
"""
# A role as whom, and the member who enters with it.
ENTERED = {
    "public": None,
    "charity": SUBJECTS[HARBOUR],
    "council": f"council:{OXFORD}",
    "county": f"council:{OXFORDSHIRE}",
    "liaison": SUBJECTS["liaison"],
    "admin": SUBJECTS["admin"],
}
ROLE = {"county": "hearth_council"}
# A row of a table with one of these columns is about a household, or about who acts.
PERSONAL = {"actor_subject", "organisation_id", "request_id", "sealed"}
RELATIONS = """
    SELECT oid::regclass::text AS name, relkind = 'r' AS is_table,
        relrowsecurity AND relforcerowsecurity AS is_guarded, relowner::regrole::text AS owner,
        ARRAY(
            SELECT attname::text FROM pg_attribute
            WHERE attrelid = pg_class.oid AND attnum > 0 AND NOT attisdropped
        ) AS columns
    FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'v')
    ORDER BY relname
"""
PRIVILEGES = """
    SELECT string_agg(privilege, ' ' ORDER BY place) FROM unnest(
        ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'REFERENCES', 'TRIGGER']
    ) WITH ORDINALITY AS each (privilege, place)
    WHERE CASE WHEN privilege IN ('SELECT', 'INSERT', 'UPDATE', 'REFERENCES')
        THEN has_any_column_privilege($1, $2::regclass, privilege)
        ELSE has_table_privilege($1, $2::regclass, privilege)
    END
"""
FUNCTIONS = """
    SELECT oid::regprocedure::text || CASE WHEN prosecdef THEN ' definer' ELSE '' END AS name,
        ARRAY(
            SELECT rolname::text FROM pg_roles
            WHERE rolname = ANY($1) AND has_function_privilege(rolname, pg_proc.oid, 'EXECUTE')
            ORDER BY rolname
        ) AS roles
    FROM pg_proc WHERE pronamespace = 'public'::regnamespace ORDER BY 1
"""


READABLE = """
    SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum) FROM pg_attribute
    WHERE attrelid = $2::text::regclass AND attnum > 0 AND NOT attisdropped
        AND has_column_privilege($1::name, attrelid, attnum, 'SELECT')
"""


async def _relations(world: World) -> list[asyncpg.Record]:
    found: list[asyncpg.Record] = await world.owner.fetch(RELATIONS)
    return found


async def _privileges(world: World, who: str, relation: str) -> str:
    role = ROLE.get(who, f"hearth_{who}")
    return str(await world.owner.fetchval(PRIVILEGES, role, relation) or "")


async def _as(world: World, who: str) -> asyncpg.Connection:
    role = ROLE.get(who, f"hearth_{who}")
    return await asyncpg.connect(world.hearth.copy.url, server_settings={**SESSION, "role": role})


async def _counted(
    connection: asyncpg.Connection, relation: str, sides: Iterable[list[str]]
) -> tuple[int, ...]:
    """Rows that mention anything of each side's, and all."""
    counts = ", ".join(
        f"count(*) FILTER (WHERE row::text LIKE ANY(${number}))" for number in (1, 2)
    )
    row = await connection.fetchrow(f"SELECT {counts}, count(*) FROM {relation} AS row", *sides)
    return tuple(row)


async def _sides(world: World) -> list[list[str]]:
    """What a row that is a side's mentions: the council, the charity, or one of their ids."""
    sides = []
    for side, charity in (("ours", "Harbour Welcome"), ("theirs", "Another")):
        own = world.own[side]
        organisation = await world.owner.fetchval(
            "SELECT id::text FROM organisation WHERE name = $1", charity
        )
        ids = await world.owner.fetch(
            "SELECT id::text FROM offer WHERE council_gss = $1 UNION ALL "
            "SELECT id::text FROM request WHERE organisation_id::text = $2",
            own.gss,
            organisation,
        )
        sides.append([f"%{each}%" for each in (own.gss, organisation, *(row["id"] for row in ids))])
    return sides


def _share(seen: int, whole: int) -> str:
    return "none" if seen == 0 else "all" if seen == whole else "some"


async def _read(world: World, relation: str, who: str) -> str:
    """How much of either side's rows the role reads."""
    sides = await _sides(world)
    # Of a table that it may read in part, by the columns that it may read.
    columns = await world.owner.fetchval(READABLE, ROLE.get(who, f"hearth_{who}"), relation)
    relation = f"(SELECT {columns} FROM {relation})"
    connection = await _as(world, who)
    async with connection.transaction():
        if subject := ENTERED[who]:
            await connection.fetch("SELECT * FROM hearth_enter($1)", subject)
        seen = await _counted(connection, relation, sides)
    await connection.close()
    # An owner's view shows the public's part of a table to whoever asks, the owner too.
    whole = await _counted(world.owner, relation, sides)
    if whole[0] == whole[1] == 0:
        return f"{_share(seen[2], whole[2])} of nobody's"
    return f"{_share(seen[0], whole[0])} of ours, {_share(seen[1], whole[1])} of theirs"


async def test_every_privilege_is_in_the_table(world: World) -> None:
    lines = [HEADING]
    for relation in await _relations(world):
        lines.append(f"\n{relation['name']}\n")
        for who in (*ENTERED, "relay"):
            privileges = await _privileges(world, who, relation["name"])
            if privileges and who in ENTERED and "SELECT" in privileges:
                read = await _read(world, relation["name"], who)
                lines.append(f"    {who:8} {privileges}: {read}\n")
            elif privileges:
                lines.append(f"    {who:8} {privileges}\n")
    lines.append("\n")
    for function in await world.owner.fetch(FUNCTIONS, SERVING):
        roles = " ".join(role.removeprefix("hearth_") for role in function["roles"]) or "nobody"
        lines.append(f"{function['name']}: {roles}\n")
    found = "".join(lines)
    if os.environ.get("UPDATE_CASES"):
        TABLE.write_text(found, "utf-8")
    assert found == TABLE.read_text("utf-8"), HOW


async def test_no_table_is_without_its_guard(world: World) -> None:
    for relation in await _relations(world):
        name = relation["name"]
        assert relation["owner"] == OWNER, name
        is_open = "SELECT" in await _privileges(world, "public", name)
        if relation["is_table"]:
            assert relation["is_guarded"] or is_open, f"{name} is neither guarded nor for all"


@pytest.mark.parametrize("who", ["public", "liaison"])
async def test_who_has_no_case_may_do_nothing_where_a_person_is(world: World, who: str) -> None:
    relations = await _relations(world)
    personal = [each["name"] for each in relations if PERSONAL & set(each["columns"])]
    assert {"consent", "match", "member", "request", "request_contact"} <= set(personal)
    for name in personal:
        assert await _privileges(world, who, name) == "", name


async def test_the_login_is_no_owner_and_bound_by_every_policy(world: World) -> None:
    row = await world.owner.fetchrow(
        "SELECT rolsuper, rolbypassrls, rolinherit, rolcreaterole, "
        "pg_has_role(oid, $2, 'MEMBER') AS is_owner FROM pg_roles WHERE rolname = $1",
        LOGIN,
        OWNER,
    )
    assert dict(row) == dict.fromkeys(row.keys(), False)
    bypassing = await world.owner.fetchval(
        "SELECT count(*) FROM pg_roles WHERE rolname = ANY($1) AND (rolbypassrls OR rolsuper)",
        ROLES,
    )
    assert bypassing == 0


@pytest.mark.parametrize("who", ["charity", "council", "admin"])
async def test_nobody_reads_what_is_guarded_before_they_enter_or_after(
    world: World, who: str
) -> None:
    public = [
        each["name"]
        for each in await _relations(world)
        if "SELECT" in await _privileges(world, "public", each["name"])
    ]
    connection = await _as(world, who)

    async def seen() -> dict[str, int]:
        return {
            each["name"]: await connection.fetchval(f"SELECT count(*) FROM {each['name']}")
            for each in await _relations(world)
            if each["name"] not in public
            and "SELECT" in await _privileges(world, who, each["name"])
        }

    before = await seen()
    assert len(before) > 3
    assert set(before.values()) == {0}, before
    async with connection.transaction():
        await connection.fetch("SELECT * FROM hearth_enter($1)", ENTERED[who])
        assert sum((await seen()).values()) > 0
    assert set((await seen()).values()) == {0}
    with pytest.raises(asyncpg.PostgresError, match="not a member of this audience"):
        await connection.fetch("SELECT * FROM hearth_enter($1)", "council:nobody")
    await connection.close()
