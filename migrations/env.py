"""How Alembic runs here: as the owner's role, one runner at a time.

Revisions run in one transaction, which first takes the policies away and last applies them anew: a
revision speaks of tables only, and what schema/policies says is always what holds. Only revisions
that are online run apart, each step committed by itself, with the policies as they are.
"""

import asyncio
import time
from contextlib import ExitStack
from functools import partial

import asyncpg
from alembic import context
from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from api.settings import Settings
from api.store.embedded import running
from api.store.migrating import check_known, stretches
from api.store.roles import MAKE_ROLES, OWNER
from schema import policies
from schema.tables import metadata

GUARD_RAILS = "SET lock_timeout = '5s'; SET statement_timeout = '60s'"
ONLINE_RAILS = "SET lock_timeout = '5s'; SET statement_timeout = '6h'"
TRY_LOCK = "SELECT pg_try_advisory_lock(hashtext('hearth migrate'))"
POLL_SECONDS = 0.1
# Each command begins with its member: once that table is had, those under way have ended and new
# ones wait before they hold anything, so that nobody waits for somebody who waits for them.
LOCK_ALL = """
DO $$
DECLARE
    name text;
BEGIN
    FOR name IN
        SELECT relname FROM pg_class
        WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'
        ORDER BY relname <> 'member', relname
    LOOP
        EXECUTE format('LOCK TABLE %I IN ACCESS EXCLUSIVE MODE', name);
    END LOOP;
END $$;
"""


def run(connection: Connection) -> None:
    """Run the asked-for revisions over one connection."""
    is_online = context.config.attributes.get("is_online", False)
    # To wait in the lock itself would hold a snapshot, which an index built online waits for.
    while not connection.exec_driver_sql(TRY_LOCK).scalar():
        # An index built online waits for the end of every transaction that was reading, too.
        connection.rollback()
        time.sleep(POLL_SECONDS)
    _script(connection, ONLINE_RAILS if is_online else GUARD_RAILS)
    _script(connection, MAKE_ROLES)
    connection.exec_driver_sql(f"SET ROLE {OWNER}")
    connection.commit()
    context.configure(
        connection=connection,
        target_metadata=metadata,
        compare_server_default=True,
        include_name=_is_ours,
        transaction_per_migration=is_online,
    )
    revision = context.get_context().get_current_revision()
    check_known(revision)
    if is_online:
        with context.begin_transaction():
            context.run_migrations()
    elif not _is_done(connection, revision):
        _run_at_once(connection)


def _run_at_once(connection: Connection) -> None:
    _script(connection, LOCK_ALL)
    _script(connection, policies.reset())
    context.run_migrations()
    revision = context.get_context().get_current_revision()
    if revision and not _is_to_come(revision):
        for _, statements in policies.statements():
            _script(connection, statements)
        _script(connection, policies.note())
    connection.commit()


def _is_to_come(revision: str) -> bool:
    """Whether a revision that is not online comes after this one; policies are for the last."""
    after = False
    for is_online, revisions in reversed(stretches(context.config)):
        if revision in revisions:
            return after or (not is_online and revision != revisions[-1])
        after = after or not is_online
    return after


def _is_done(connection: Connection, revision: str | None) -> bool:
    """Whether there is nothing to do here, so that not even a lock is taken."""
    target = context.config.attributes.get("target")
    names = [name for _, revisions in stretches(context.config) for name in revisions]
    if target is None or revision is None or names.index(revision) < names.index(target):
        return False
    if _is_to_come(target):
        return True
    noted = connection.exec_driver_sql(policies.NOTED).one()
    return bool(noted.applied == policies.digest() and noted.as_applied == noted.as_found)


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
    try:
        async with engine.connect() as connection:
            await connection.run_sync(run)
    finally:
        await engine.dispose()


def write() -> None:
    """Write the SQL instead of running it: of the tables only, in one transaction."""
    context.configure(dialect_name="postgresql", target_metadata=metadata, literal_binds=True)
    with context.begin_transaction():
        context.execute(GUARD_RAILS)
        context.run_migrations()


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


if context.is_offline_mode():
    write()
else:
    main()
