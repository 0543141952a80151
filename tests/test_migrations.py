"""Revisions: up, down and up again; by several at once; by a login that is no superuser."""

import asyncio
import io
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

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
from api.store.migrating import MOST_TRIES, configuration, migrate, stretches
from api.store.reference import load
from schema.reference.files import read_reference
from tests.conftest import OXFORD, TEMPLATE, Copy, Hearth, lifespan
from tests.oracle.seeding import seed
from tests.waiting import PATIENCE, until

ROOT = Path(__file__).parents[1]
# Up to this revision nothing was in use anywhere, so that nobody waited for its locks.
UNUSED = "0e9a4d7b61c2"


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
    url = _scratch(embedded, "updown")
    config = configuration(url)
    migrate(url)
    command.downgrade(config, "base")
    migrate(url)
    command.check(config)


async def _seeded(url: str) -> None:
    owner = await asyncpg.connect(url)
    await seed(owner)
    await owner.close()


def test_each_revision_goes_down_and_up_over_rows(embedded: Embedded) -> None:
    admin, name = embedded.url(database="postgres"), "each"
    asyncio.run(_run(admin, f"CREATE DATABASE {name} TEMPLATE {TEMPLATE}"))
    url = embedded.url(database=name)
    asyncio.run(_seeded(url))
    config = configuration(url)
    names = [each for _, revisions in stretches(config) for each in revisions]
    for below in [*reversed(names[:-1]), "base"]:
        command.downgrade(config, below)
        command.upgrade(config, "+1")
        command.downgrade(config, below)
    migrate(url)
    command.check(config)


def _written(revisions: str) -> str:
    config = configuration("")
    config.output_buffer = io.StringIO()
    command.upgrade(config, revisions, sql=True)
    return config.output_buffer.getvalue()


def test_the_sql_can_be_written_and_locks_nothing_for_long(tmp_path: Path) -> None:
    names = [each for _, revisions in stretches(configuration("")) for each in revisions]
    assert all(f"'{name}'" in _written("head") for name in names)
    text = _written(f"{UNUSED}:head")
    assert _squawks(tmp_path, text) == ""
    assert "require-concurrent-index-creation" in _squawks(
        tmp_path, "CREATE INDEX a ON offer (id);"
    )


def _squawks(folder: Path, text: str) -> str:
    """What squawk has to say of the SQL."""
    file = folder / "upgrade.sql"
    file.write_text(text, "utf-8")
    squawk = Path(sys.executable).with_name("squawk")
    checked = subprocess.run(
        [squawk, "--config", ROOT / ".squawk.toml", file], capture_output=True, text=True
    )
    return checked.stdout if checked.returncode else ""


ONLINE = """
import sqlalchemy as sa
from alembic import op

revision, down_revision, branch_labels, depends_on = "online", {head!r}, None, None
is_online = True


def upgrade() -> None:
    with op.get_context().autocommit_block():
        op.execute("DROP INDEX CONCURRENTLY IF EXISTS offer_title")
        op.create_index("offer_title", "offer", ["title"], postgresql_concurrently=True)


def downgrade() -> None:
    op.drop_index("offer_title")
"""
FILLS = """
import sqlalchemy as sa
from alembic import op

from migrations.online import briefly, fill

revision, down_revision, branch_labels, depends_on = "fills", {head!r}, None, None
is_online = True
REFERS = "FOREIGN KEY (shade) REFERENCES location (code) NOT VALID"


def upgrade() -> None:
    briefly("ALTER TABLE location ADD COLUMN IF NOT EXISTS shade text")
    fill("location", "shade = code", "shade IS NULL", key="code", batch=100)
    briefly(
        "ALTER TABLE location DROP CONSTRAINT IF EXISTS location_shade_fkey",
        f"ALTER TABLE location ADD CONSTRAINT location_shade_fkey {{REFERS}}",
    )
    op.execute("ALTER TABLE location VALIDATE CONSTRAINT location_shade_fkey")


def downgrade() -> None:
    op.drop_column("location", "shade")
"""
# `hearth migrate`, with the revisions of one more folder.
WITH_MORE = """
import os
import sys

from api.store import migrating

made = migrating.configuration


def configuration(url):
    config = made(url)
    here = config.get_main_option("script_location")
    config.set_main_option("path_separator", "os")
    config.set_main_option("version_locations", f"{here}/versions{os.pathsep}{sys.argv[2]}")
    return config


migrating.configuration = configuration
migrating.migrate(sys.argv[1])
"""


@dataclass(frozen=True)
class Online:
    """A database to bring to a revision that builds an index while others work."""

    url: str
    folder: Path

    def revise(self, text: str) -> None:
        """Another revision in the place of the one that builds an index."""
        head = ScriptDirectory.from_config(configuration("")).get_current_head()
        (self.folder / "online.py").write_text(text.format(head=head), "utf-8")

    def start(self) -> "subprocess.Popen[bytes]":
        """Begin to migrate, in a process of its own."""
        given = [sys.executable, "-c", WITH_MORE, self.url, str(self.folder)]
        return subprocess.Popen(given)


@pytest.fixture
def online(embedded: Embedded, tmp_path: Path) -> Iterator[Online]:
    admin = embedded.url(database="postgres")
    asyncio.run(_run(admin, f"CREATE DATABASE online TEMPLATE {TEMPLATE}"))
    found = Online(embedded.url(database="online"), tmp_path)
    found.revise(ONLINE)
    yield found
    asyncio.run(_run(admin, "DROP DATABASE online WITH (FORCE)"))


IS_VALID = "SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass('offer_title')"


async def _killed_while_it_builds(online: Online) -> None:
    reader, owner = await asyncpg.connect(online.url), await asyncpg.connect(online.url)
    # An index built online waits for whoever began to read before it.
    await reader.execute("BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM offer")
    process = online.start()

    async def is_building() -> bool:
        return await owner.fetchval(IS_VALID) is not None

    await until(is_building, "nothing is built")
    process.kill()
    process.wait()
    assert await owner.fetchval(IS_VALID) is False
    assert await owner.fetchval("SELECT count(*) FROM pg_policies") > 10, "the guard stays up"
    await reader.close()
    again = online.start()
    assert await asyncio.to_thread(again.wait, 300) == 0
    assert await owner.fetchval(IS_VALID) is True
    assert await owner.fetchval("SELECT version_num FROM alembic_version") == "online"
    await owner.close()


def test_a_migration_killed_in_the_middle_is_finished_by_the_next(online: Online) -> None:
    asyncio.run(_killed_while_it_builds(online))


FAILS = """
CREATE FUNCTION fails() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'no' ; END $$;
CREATE TRIGGER fails BEFORE UPDATE ON location FOR EACH ROW WHEN (OLD.code = '{code}')
    EXECUTE FUNCTION fails();
"""
WHERE_FILLED = "SELECT code, ctid FROM location WHERE shade IS NOT NULL ORDER BY code LIMIT 1000"


OTHERS = """
    SELECT query, state FROM pg_stat_activity
    WHERE datname = current_database() AND backend_type = 'client backend'
        AND pid <> pg_backend_pid()
"""


async def _waits_outside_transactions(online: Online) -> None:
    holder = await asyncpg.connect(online.url)
    await holder.execute("SELECT pg_advisory_lock(hashtext('hearth migrate'))")
    process = online.start()

    async def is_between_tries() -> bool:
        others = await holder.fetch(OTHERS)
        return [each["state"] for each in others if each["query"] == "ROLLBACK;"] == ["idle"]

    await until(is_between_tries, "it stays in a transaction while it waits")
    process.kill()
    process.wait()
    await holder.close()


def test_who_waits_for_another_migration_holds_up_none_of_its_indexes(online: Online) -> None:
    asyncio.run(_waits_outside_transactions(online))


async def _fails_and_goes_on(online: Online) -> None:
    owner = await asyncpg.connect(online.url)
    codes = [row[0] for row in await owner.fetch("SELECT code FROM location ORDER BY code")]
    await owner.execute(FAILS.format(code=codes[1050]))
    assert await asyncio.to_thread(online.start().wait, 300) != 0
    before = await owner.fetch(WHERE_FILLED)
    assert [row["code"] for row in before] == codes[:1000], "whole batches are kept"
    await owner.execute("DROP FUNCTION fails CASCADE")
    assert await asyncio.to_thread(online.start().wait, 300) == 0
    assert await owner.fetchval("SELECT count(*) FROM location WHERE shade = code") == len(codes)
    assert await owner.fetch(WHERE_FILLED) == before, "what was filled is not filled again"
    valid = "SELECT convalidated FROM pg_constraint WHERE conname = 'location_shade_fkey'"
    assert await owner.fetchval(valid)
    await owner.close()


def test_a_column_is_filled_in_batches_and_one_that_failed_goes_on(online: Online) -> None:
    online.revise(FILLS)
    asyncio.run(_fails_and_goes_on(online))


async def _waits_and_gives_up(url: str) -> None:
    holder = await asyncpg.connect(url)
    await holder.execute("DROP POLICY own_read ON offer")  # so that there is something to do
    await holder.execute("BEGIN; LOCK TABLE offer IN ACCESS SHARE MODE")
    with pytest.raises(asyncpg.LockNotAvailableError):
        await asyncio.wait_for(asyncio.to_thread(migrate, url), PATIENCE)
    await holder.close()


def test_a_lock_that_is_not_given_is_waited_for_five_seconds(online: Online) -> None:
    started = time.monotonic()
    asyncio.run(_waits_and_gives_up(online.url))
    assert time.monotonic() - started > 4


def test_it_gives_way_to_commands_that_wait_for_it_and_begins_again(
    embedded: Embedded, monkeypatch: pytest.MonkeyPatch
) -> None:
    upgrade, tries = command.upgrade, iter([True] * (MOST_TRIES - 1))

    def giving_way(*given: Any) -> None:
        if next(tries, False):
            raise asyncpg.DeadlockDetectedError
        upgrade(*given)

    monkeypatch.setattr(command, "upgrade", giving_way)
    migrate(embedded.url())
    tries = iter([True] * MOST_TRIES)
    with pytest.raises(asyncpg.DeadlockDetectedError):
        migrate(embedded.url())


def _five_migrate(url: str) -> None:
    command_line = [sys.executable, "-m", "api", "migrate"]
    environment = {**os.environ, "HEARTH_DATABASE_URL": url}
    started = [subprocess.Popen(command_line, env=environment) for _ in range(5)]
    assert [each.wait(300) for each in started] == [0] * 5


def test_five_may_migrate_at_once_and_need_no_superuser(tmp_path: Path) -> None:
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
        councils = await hearth.data('{ councils(asOf: "2026-11-23") { totalCount } }')
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
