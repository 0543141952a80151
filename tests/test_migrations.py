"""Revisions: up, down and up again; by several at once; by a login that is no superuser."""

import asyncio
import os
import subprocess
import sys
from pathlib import Path

import asyncpg
from alembic import command
from alembic.script import ScriptDirectory

from api.store.embedded import Embedded, running
from api.store.migrating import configuration, migrate
from api.store.reference import load
from schema.reference.files import read_reference


async def _run(url: str, *statements: str) -> None:
    connection = await asyncpg.connect(url)
    for statement in statements:
        await connection.execute(statement)
    await connection.close()


def _scratch(embedded: Embedded, name: str) -> str:
    asyncio.run(_run(embedded.url(database="postgres"), f"CREATE DATABASE {name}"))
    return embedded.url(database=name)


def test_there_is_one_head() -> None:
    assert len(ScriptDirectory.from_config(configuration("")).get_heads()) == 1


def test_up_down_and_up_leave_nothing_to_add(embedded: Embedded) -> None:
    config = configuration(_scratch(embedded, "updown"))
    command.upgrade(config, "head")
    command.downgrade(config, "base")
    command.upgrade(config, "head")
    command.check(config)


def test_five_may_migrate_at_once(embedded: Embedded) -> None:
    url = _scratch(embedded, "five")
    command_line = [sys.executable, "-m", "api", "migrate"]
    environment = {**os.environ, "HEARTH_DATABASE_URL": url}
    started = [subprocess.Popen(command_line, env=environment) for _ in range(5)]
    assert [each.wait(60) for each in started] == [0] * 5


def test_no_superuser_is_needed(tmp_path: Path) -> None:
    with running(tmp_path) as server:
        asyncio.run(
            _run(
                server.url(database="postgres"),
                "CREATE ROLE app LOGIN CREATEROLE NOSUPERUSER",
                "CREATE DATABASE app OWNER app",
            )
        )
        url = server.url("app", "app")
        migrate(url)
        asyncio.run(load(url, read_reference(), lambda table, count: None))
        asyncio.run(_reads_as_the_public(url))


async def _reads_as_the_public(url: str) -> None:
    connection = await asyncpg.connect(url, server_settings={"role": "hearth_public"})
    assert await connection.fetchval("SELECT count(*) FROM council") == 430
    assert await connection.fetch("SELECT * FROM open_offer") == []
    try:
        await connection.fetch("SELECT * FROM offer")
    except asyncpg.InsufficientPrivilegeError:
        pass
    else:
        raise AssertionError("the public role reads offers")
    await connection.close()


def test_loading_again_changes_nothing(embedded: Embedded) -> None:
    url = _scratch(embedded, "twice")
    migrate(url)
    counted = []
    for _ in range(2):
        asyncio.run(load(url, read_reference(), lambda table, count: None))
        counted.append(asyncio.run(_counts(url)))
    assert counted[0] == counted[1]
    assert counted[0]["location"] == 2826 + 382
    assert counted[0]["council"] == 430


async def _counts(url: str) -> dict[str, int]:
    connection = await asyncpg.connect(url)
    tables = ("council", "location", "route", "route_window", "support_kind", "twinning")
    found = {
        table: int(await connection.fetchval(f"SELECT count(*) FROM {table}")) for table in tables
    }
    await connection.close()
    return found
