"""How Alembic runs here: one transaction, as the owner's role, one runner at a time.

Every run first takes the policies away and, once at the head, applies them anew: a revision
speaks of tables only, and what schema/policies says is always what holds.
"""

import asyncio
from contextlib import ExitStack
from functools import partial

import asyncpg
from alembic import context
from alembic.script import ScriptDirectory
from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from api.settings import Settings
from api.store.embedded import running
from api.store.roles import MAKE_ROLES, OWNER
from schema import policies
from schema.tables import metadata

GUARD_RAILS = "SET lock_timeout = '5s'; SET statement_timeout = '60s'"


def run(connection: Connection) -> None:
    """Run the asked-for revisions over one connection, in one transaction."""
    connection.exec_driver_sql("SELECT pg_advisory_xact_lock(hashtext('hearth migrate'))")
    _script(connection, GUARD_RAILS)
    _script(connection, MAKE_ROLES)
    connection.exec_driver_sql(f"SET ROLE {OWNER}")
    _script(connection, policies.reset())
    context.configure(
        connection=connection,
        target_metadata=metadata,
        compare_server_default=True,
        include_name=_is_ours,
    )
    context.run_migrations()
    revision = context.get_context().get_current_revision()
    if revision and revision == ScriptDirectory.from_config(context.config).get_current_head():
        for _, statements in policies.statements():
            _script(connection, statements)
        _script(connection, policies.note())


def _script(connection: Connection, statements: str) -> None:
    # Several statements in one text need the simple protocol, which only the driver itself offers.
    connection.connection.run_async(lambda driver: driver.execute(statements))


def _is_ours(name: str | None, kind: str, parents: object) -> bool:
    return kind != "table" or name in metadata.tables


async def run_on(url: str) -> None:
    """Connect to `url` and run."""
    # By the driver itself: SQLAlchemy would refuse libpq's parameters, as in `?sslmode=require`.
    engine = create_async_engine(
        "postgresql+asyncpg://", async_creator=partial(asyncpg.connect, url), poolclass=NullPool
    )
    async with engine.begin() as connection:
        await connection.run_sync(run)
    await engine.dispose()


def main() -> None:
    """Use the URL given by `hearth migrate`, or the environment's, or the embedded server."""
    with ExitStack() as stack:
        settings = Settings()
        url = (
            context.config.attributes.get("url") or settings.migration_url or settings.database_url
        )
        if url is None:
            url = stack.enter_context(running(settings.home)).url()
        asyncio.run(run_on(url))


main()
