"""The command line's part on the keys that seal personal data."""

import asyncio
from collections.abc import Awaitable, Callable

import asyncpg
import typer
from cryptography.fernet import Fernet

from api.access.rotation import counted, rotate
from api.access.sealing import Sealing, sealing
from api.store.roles import OWNER
from api.terminal import console, database, fail, progress
from schema.refusals import Unavailable

data_keys = typer.Typer(
    help="The keys that seal names, contacts and addresses (HEARTH_DATA_KEYS).",
    no_args_is_help=True,
)


@data_keys.command("new")
def new() -> None:
    """Print a new key. Put it last in HEARTH_DATA_KEYS, restart, put it first, restart, rotate."""
    typer.echo(Fernet.generate_key().decode())


@data_keys.command("status")
def status() -> None:
    """Print how many rows each key has sealed; a key that sealed none may be dropped."""

    async def told(connection: asyncpg.Connection, keys: Sealing) -> None:
        for (table, name), count in (await counted(connection)).items():
            known = "first" if name == keys.name else "known" if name in keys.names else "unknown"
            console.print(f"{table}: {count} by {name or '(no name)'} ({known})", highlight=False)

    _run(told)


@data_keys.command("rotate")
def rotate_keys() -> None:
    """Seal anew with the first key what others sealed, while the service runs."""

    async def rotated(connection: asyncpg.Connection, keys: Sealing) -> None:
        with progress("Sealing anew") as advance:
            done = await rotate(connection, keys, advance)
        console.print(f"{done} rows sealed anew; all are sealed with {keys.name}.", highlight=False)

    _run(rotated)


def _run(work: Callable[[asyncpg.Connection, Sealing], Awaitable[None]]) -> None:
    with database() as (settings, _, migration_url):
        keys = sealing(settings)
        if not keys.names:
            fail("There is no key; set HEARTH_DATA_KEYS (`hearth data-keys new` makes one).")

        async def connected() -> None:
            connection = await asyncpg.connect(migration_url)
            try:
                await connection.execute(f"SET ROLE {OWNER}")
                await work(connection, keys)
            finally:
                await connection.close()

        try:
            asyncio.run(connected())
        except Unavailable as error:
            fail(f"{error} `hearth data-keys status` says which; add it to HEARTH_DATA_KEYS.")
