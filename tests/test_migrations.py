"""Revisions: up, down and up again; by several at once; by a login that is no superuser."""

import asyncio
import os
import subprocess
import sys
from pathlib import Path

import asyncpg
import httpx
import pytest
from alembic import command
from alembic.script import ScriptDirectory

from api.access.tokens import development_issuer
from api.app import Service
from api.http.guard import Guard
from api.settings import Settings
from api.store.embedded import Embedded, running
from api.store.migrating import configuration
from api.store.reference import load
from schema.reference.files import read_reference
from tests.conftest import OXFORD, Copy, Hearth, lifespan


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


def _five_migrate(url: str) -> None:
    command_line = [sys.executable, "-m", "api", "migrate"]
    environment = {**os.environ, "HEARTH_DATABASE_URL": url}
    started = [subprocess.Popen(command_line, env=environment) for _ in range(5)]
    assert [each.wait(60) for each in started] == [0] * 5


def test_five_may_migrate_at_once(embedded: Embedded) -> None:
    _five_migrate(_scratch(embedded, "five"))


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
        _five_migrate(url)  # on a cluster that has none of the roles yet
        asyncio.run(load(url, read_reference(), lambda table, count: None))
        asyncio.run(_serves(url, tmp_path))


async def _serves(url: str, home: Path) -> None:
    settings = Settings(home=home, development=True)
    service = Service(settings, url)
    app = Guard(service)
    async with (
        lifespan(service),
        httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://h") as client,
    ):
        copy = Copy(url, url, "app")
        hearth = Hearth(app, service, copy, development_issuer(settings), client)
        await service.listener.is_listening.wait()
        assert (await client.get("/health/ready")).status_code == 200
        councils = await hearth.data("{ councils { totalCount } }")
        assert councils == {"councils": {"totalCount": 382}}
        await hearth.create()
        opened = await hearth.open()
        query = "{ offers { nodes { id } } }"
        assert (await hearth.data(query))["offers"]["nodes"] == [{"id": opened["id"]}]
        assert len((await hearth.data(query, who=f"council:{OXFORD}"))["offers"]["nodes"]) == 2
    public = await asyncpg.connect(url, server_settings={"role": "hearth_public"})
    assert await public.fetchval("SELECT count(*) FROM council") == 430
    assert await public.fetchval("SELECT count(*) FROM open_offer") == 1
    for table in ("offer", "staff_offer", "audit_event", "member", "outbox"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await public.fetch(f"SELECT * FROM {table}")
    await public.close()
