"""The benchmark's database: an embedded PostgreSQL of its own, migrated, loaded and filled.

For 50,000 offers there are 60,000 checks, 100,000 audit events, 100,000 requests with their
consents and 60,000 matches: rows that a writer adds and a page must not slow down for.
"""

import asyncio
import contextlib
from collections.abc import Iterator
from pathlib import Path

import asyncpg

from api.store.embedded import Embedded, running
from api.store.migrating import migrate
from api.store.reference import load
from schema.reference.files import read_reference
from tests.bench.facts import clean

SQL = Path(__file__).with_name("data.sql")
FUNCTIONS = Path(__file__).with_name("postgraphile.sql")

# The same for every server measured. Committing stays as safe as PostgreSQL makes it (fsync and
# synchronous_commit are on); autovacuum is off since it would fall on whoever is measured then.
SETTINGS = {
    "autovacuum": "off",
    "checkpoint_timeout": "30min",
    "max_connections": "100",
    "max_wal_size": "8GB",
    "shared_buffers": "1GB",
}

# Made once the rows are there, an index takes a tenth of the time.
INDEXES = """
SELECT indexname, indexdef FROM pg_indexes
WHERE tablename = 'offer' AND indexname LIKE 'offer\\_%' AND indexname <> 'offer_pkey'
"""


@contextlib.contextmanager
def filled(folder: Path, offers: int) -> Iterator[Embedded]:
    """A running server in `folder` with so many offers; a folder filled before is used again."""
    with running(folder) as embedded:
        asyncio.run(_set(embedded))
    with running(folder) as embedded:
        asyncio.run(_fill(embedded, offers))
        yield embedded


def pid_of(folder: Path) -> int:
    """The process id of the running server in `folder`."""
    return int((folder / "postgresql" / "postmaster.pid").read_text().splitlines()[0])


async def version_of(embedded: Embedded) -> str:
    """The server's version, in words."""
    connection = await asyncpg.connect(embedded.url())
    try:
        return f"PostgreSQL {await connection.fetchval('SHOW server_version')}"
    finally:
        await connection.close()


async def _set(embedded: Embedded) -> None:
    connection = await asyncpg.connect(embedded.url())
    try:
        for name, value in SETTINGS.items():
            await connection.execute(f"ALTER SYSTEM SET {name} = '{value}'")
    finally:
        await connection.close()


async def _fill(embedded: Embedded, offers: int) -> None:
    connection = await asyncpg.connect(embedded.url(), command_timeout=None)
    try:
        # They depend on views that migrating drops and makes again.
        await connection.execute("DROP SCHEMA IF EXISTS bench CASCADE")
        await connection.execute("DROP FUNCTION IF EXISTS open_offer_routes CASCADE")
        await asyncio.to_thread(migrate, embedded.url())
        await load(embedded.url(), read_reference(), lambda table, count: None)
        await clean(embedded.url())  # a run that was broken off left its drafts
        stored = await connection.fetchval("SELECT count(*) FROM offer")
        if stored not in (0, offers):
            raise ValueError(f"The folder holds {stored} offers, not {offers}; give another one.")
        if not stored:
            await _insert(connection, offers)
        await connection.execute(FUNCTIONS.read_text())
    finally:
        await connection.close()


async def _insert(connection: asyncpg.Connection, offers: int) -> None:
    async with connection.transaction():
        # Every key comes from the table it points to; checking each again takes most of the time.
        await connection.execute(
            "SET LOCAL session_replication_role = replica; SET LOCAL synchronous_commit = off;"
            "SET LOCAL maintenance_work_mem = '512MB'; SET LOCAL work_mem = '256MB';"
            f"SET LOCAL bench.offers = '{offers}'"
        )
        indexes = await connection.fetch(INDEXES)
        for index in indexes:
            await connection.execute(f"DROP INDEX {index['indexname']}")
        await connection.execute(SQL.read_text())
        for index in indexes:
            await connection.execute(index["indexdef"])
    await connection.execute("VACUUM ANALYZE")
    await connection.execute("CHECKPOINT")
