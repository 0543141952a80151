"""The audit's chain: made within a second, never forked, and every tampering is found."""

import asyncio
import re
from collections.abc import Awaitable, Callable
from pathlib import Path
from uuid import uuid4

import asyncpg
import pytest
from typer.testing import CliRunner

from api.cli import app
from api.store.database import Database
from api.store.roles import RELAY
from api.writing import chain
from api.writing.chain import TEXT, Anchor, verify
from schema.types import rows
from tests.conftest import Copy, Hearth
from tests.waiting import until

FILL = """
INSERT INTO audit_event (
    id, actor_subject, actor_name, audience, command, subject_type, subject_id, changes, summary
)
SELECT gen_random_uuid(), 'somebody', 'Zoë', 'ADMIN', 'do', 'Thing', gen_random_uuid(),
    '{"a": [null, 1.50]}', 'did ' || number
FROM generate_series(1, $1::int) number
"""
# By hands that may take the triggers away, as an owner of the database may.
EDIT = "UPDATE audit_event SET summary = 'nothing' WHERE id = (%s)"
REMOVE = "DELETE FROM audit_event WHERE id = (%s)"
LINK = "SELECT event_id FROM audit_link WHERE position = {}"


async def _chained(copy: Copy, count: int) -> asyncpg.Connection:
    """The owner of a database whose audit has `count` events, all chained."""
    owner = await asyncpg.connect(copy.owner_url)
    await owner.execute(FILL, count)
    async with owner.transaction():
        while await chain.extend(owner):
            pass
    return owner


async def _tamper(owner: asyncpg.Connection, statement: str) -> None:
    async with owner.transaction():
        await owner.execute("SET LOCAL session_replication_role = replica")
        await owner.execute(statement)


async def _swap(owner: asyncpg.Connection) -> None:
    second, third = [await owner.fetchval(LINK.format(place)) for place in (2, 3)]
    await _tamper(owner, "UPDATE audit_link SET event_id = gen_random_uuid() WHERE position = 2")
    await _tamper(owner, f"UPDATE audit_link SET event_id = '{second}' WHERE position = 3")
    await _tamper(owner, f"UPDATE audit_link SET event_id = '{third}' WHERE position = 2")


Tampering = Callable[[asyncpg.Connection], Awaitable[None]]
FOUND: dict[str, tuple[Tampering, str]] = {
    "edit": (lambda owner: _tamper(owner, EDIT % LINK.format(2)), "(link 2) is not as it was"),
    "removal": (lambda owner: _tamper(owner, REMOVE % LINK.format(3)), "(link 3) was removed"),
    "swap": (_swap, "Links 2 and 3 of the chain were swapped"),
    "link": (
        lambda owner: _tamper(owner, "DELETE FROM audit_link WHERE position = 2"),
        "Links 2 to 2 of the chain are missing",
    ),
    "tail of the chain": (
        lambda owner: _tamper(owner, "DELETE FROM audit_link WHERE position = 5"),
        "is in no link",
    ),
    "slipped in": (
        lambda owner: _tamper(owner, FILL.replace("$1", "1")),
        "is in no link",
    ),
}


@pytest.mark.parametrize("name", FOUND)
async def test_tampering_is_found(copy: Copy, name: str) -> None:
    owner = await _chained(copy, 5)
    assert (await verify(owner)).findings == []
    tamper, told = FOUND[name]
    await tamper(owner)
    assert told in "\n".join((await verify(owner)).findings)
    await owner.close()


async def test_an_end_that_was_cut_off_is_found_by_an_anchor(copy: Copy) -> None:
    owner = await _chained(copy, 5)
    anchor = (await verify(owner)).anchor
    assert anchor == Anchor.parsed(str(anchor))
    assert (await verify(owner, Anchor(0, bytes(32)))).findings == []
    await _tamper(owner, REMOVE % LINK.format(5))
    await _tamper(owner, "DELETE FROM audit_link WHERE position = 5")
    assert (await verify(owner)).findings == [], "without an anchor nothing tells"
    assert "cut off" in (await verify(owner, anchor)).findings[0]
    await owner.execute(FILL, 1)
    await chain.extend(owner)
    assert "made anew" in (await verify(owner, anchor)).findings[0]
    await owner.close()


async def test_two_relays_at_once_make_one_chain(copy: Copy) -> None:
    owner = await asyncpg.connect(copy.owner_url)
    await owner.execute(FILL, 1200)
    databases = [Database(copy.url, pool_size=4, query_seconds=5) for _ in range(2)]

    await asyncio.gather(*(_extend_all(each) for each in databases for _ in range(2)))
    verdict = await verify(owner)
    assert (verdict.findings, verdict.pending, verdict.anchor.position) == ([], 0, 1200)
    for each in (*databases, owner):
        await each.close()


async def _extend_all(database: Database) -> None:
    async def nothing_waits() -> bool:
        async with database.borrow(RELAY) as connection, connection.transaction():
            await chain.extend(connection)
            return not await connection.fetchval("SELECT count(*) FROM audit_pending")

    await until(nothing_waits, "events wait, and nobody chains them")


async def test_the_running_service_chains_by_itself(hearth: Hearth) -> None:
    await hearth.open()
    owner = await hearth.owner()

    async def is_chained() -> bool:
        return bool(await owner.fetchval("SELECT count(*) FROM audit_link") == 2)

    await until(is_chained, "nobody chains")
    assert (await verify(owner)).findings == []
    await owner.close()


async def test_a_link_that_is_not_the_next_is_refused(copy: Copy) -> None:
    owner = await _chained(copy, 2)
    await owner.execute(FILL, 1)
    waits = await owner.fetchval("SELECT event_id FROM audit_pending")
    chained = await owner.fetchval(LINK.format(1))
    relay = await asyncpg.connect(copy.url, server_settings={"role": RELAY})
    add = "INSERT INTO audit_link (position, event_id, hash) VALUES ($1, $2, $3)"
    for position, event_id, length in (
        (99, waits, 32),
        (2, waits, 32),
        (0, waits, 32),
        (3, uuid4(), 32),
        (3, chained, 32),
        (3, waits, 31),
    ):
        with pytest.raises(asyncpg.PostgresError, match="does not continue the chain"):
            await relay.execute(add, position, event_id, bytes(length))
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await relay.execute("DELETE FROM audit_pending")
    assert (await verify(owner)).pending == 1
    async with relay.transaction():
        assert await chain.extend(relay) == 1
    verdict = await verify(owner)
    assert (verdict.findings, verdict.pending, verdict.anchor.position) == ([], 0, 3)
    await relay.close()
    await owner.close()


@pytest.mark.parametrize("table", ["audit_event", "audit_link"])
async def test_nobody_changes_what_was_written(copy: Copy, table: str) -> None:
    owner = await _chained(copy, 1)
    roles = (
        "SELECT rolname FROM pg_roles WHERE rolname LIKE 'hearth%' AND rolname <> 'hearth_owner'"
    )
    for role in await owner.fetch(roles):
        for right in ("UPDATE", "DELETE", "TRUNCATE"):
            has = "SELECT has_table_privilege($1, $2, $3)"
            assert not await owner.fetchval(has, role["rolname"], table, right)
    column = {"audit_event": "id", "audit_link": "hash"}[table]
    for statement in (
        f"UPDATE {table} SET {column} = {column}",
        f"DELETE FROM {table}",
        f"TRUNCATE {table}",
    ):
        with pytest.raises(asyncpg.PostgresError, match="never changed"):
            await owner.execute(statement)
    await owner.close()


def test_the_chain_covers_every_column() -> None:
    named = set(re.findall(r"event\.(\w+)", TEXT))
    assert {column.name for column in rows.audit_event.c} == named


def test_the_command_keeps_an_anchor(
    copy: Copy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HEARTH_DATABASE_URL", copy.owner_url)
    file = tmp_path / "anchor"

    def run(*arguments: str) -> tuple[int, str]:
        result = CliRunner().invoke(app, ["audit", "verify", *arguments])
        return result.exit_code, result.output

    async def fill() -> None:
        await (await _chained(copy, 3)).close()

    async def edit() -> None:
        owner = await asyncpg.connect(copy.owner_url)
        await _tamper(owner, EDIT % LINK.format(2))
        await owner.close()

    asyncio.run(fill())
    code, told = run("--anchor", str(file))
    assert code == 0
    assert "was not there" in told
    assert file.read_text().startswith("3 ")
    code, told = run("--anchor", str(file))
    assert code == 0
    assert "was not there" not in told
    asyncio.run(edit())
    code, told = run("--anchor", str(file))
    assert code == 1
    assert "(link 2) is not as it was" in told
    file.write_text("what")
    assert "is not an anchor" in run("--anchor", str(file))[1]
