"""`hearth doctor`: what is wrong with a set-up, and how to mend it."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

import asyncpg
import typer
from pydantic import ValidationError

from api.access.sealing import sealing
from api.examining import database, surroundings
from api.examining.findings import Finding
from api.settings import Settings
from api.store.embedded import running
from api.store.roles import LOGIN
from api.terminal import explained

CONNECT_SECONDS = 5.0


def doctor() -> None:
    """Say what is wrong with this set-up, and how to mend it; exit code 1 if anything is."""
    try:
        settings = Settings()
    except ValidationError as error:
        for each in error.errors():
            name = "_".join(str(part) for part in each["loc"]).upper()
            said = f"HEARTH_{name}: {each['msg']}" if name else str(each["msg"])
            typer.echo(Finding("settings", said, "Set it as README.md's table says.").lines())
        raise typer.Exit(1) from error
    wrong = asyncio.run(_tell(settings)) if settings.database_url else _embedded(settings)
    if wrong:
        typer.echo(f"\n{wrong} to mend; run `hearth doctor` again then.")
        raise typer.Exit(1)


def _embedded(settings: Settings) -> int:
    try:
        with running(settings.home) as embedded:
            return asyncio.run(_tell(settings, embedded.url(LOGIN), embedded.url()))
    except (OSError, RuntimeError) as error:
        mend = "See that HEARTH_HOME is a folder that this user owns, and the log that is named."
        typer.echo(Finding("embedded database", f"{error}", mend).lines())
        return 1


async def _tell(settings: Settings, url: str | None = None, owner_url: str | None = None) -> int:
    wrong = 0
    async for finding in _findings(settings, url, owner_url):
        typer.echo(finding.lines())
        wrong += finding.is_wrong
    return wrong


async def _findings(
    settings: Settings, url: str | None, owner_url: str | None
) -> AsyncIterator[Finding]:
    for look in surroundings.ALONE:
        yield look(settings)
    yield await surroundings.issuer(settings)
    serving = url or settings.database_url
    assert serving
    async with _connected(serving) as found:
        if isinstance(found, Finding):
            yield found
            return
        is_there = True
        for check in database.AS_THE_LOGIN:
            try:
                finding = await check(found)
            except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError) as error:
                mend = "See the server's log, and what is set for the database and login (\\drds)."
                yield Finding("database", explained(error), mend)
                return
            # What follows would only say the same again.
            is_there = is_there and not (check is database.revision and finding.is_wrong)
            yield finding
            if not is_there:
                return
    migrating = owner_url or settings.migration_url or serving
    async with _connected(migrating, "HEARTH_MIGRATION_URL") as found:
        if isinstance(found, Finding):
            yield found
            return
        try:
            yield await database.sealed(found, sealing(settings))
        except asyncpg.InsufficientPrivilegeError:
            said = "the login that migrates may not act as the owner, so nothing can be opened"
            mend = "Set HEARTH_MIGRATION_URL to the login that ran `hearth migrate`."
            yield Finding("data keys", said, mend)


@contextlib.asynccontextmanager
async def _connected(
    url: str, variable: str = "HEARTH_DATABASE_URL"
) -> AsyncIterator[asyncpg.Connection | Finding]:
    try:
        connection = await asyncpg.connect(url, timeout=CONNECT_SECONDS)
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, ValueError) as error:
        mend = f"Set {variable} to a server that runs, with a login and database that it has."
        yield Finding("database", explained(error), mend)
        return
    try:
        yield connection
    finally:
        await connection.close()
