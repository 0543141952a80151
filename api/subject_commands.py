"""The command line's part on people's data: told to them, erased, and let go in time.

A household is named by its request's reference, a host by the id of the offer.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID

import asyncpg
import typer

from api.access.sealing import sealing
from api.offers import host
from api.operating import note
from api.requests import retention as keeping
from api.requests.subject import KEPT, erase, exported, find
from api.settings import Settings
from api.store.roles import OWNER
from api.terminal import console, database, fail, progress
from schema.refusals import Unavailable
from schema.tables.columns import uuid7

subject = typer.Typer(
    help="One household's or host's data: told to it, or erased.", no_args_is_help=True
)
retention = typer.Typer(help="What is kept for how long.", no_args_is_help=True)

Reference = Annotated[
    str, typer.Argument(help="A request's reference, as HR-7K3M9QXA; or an offer's id.")
]
_LOOK = """
    INSERT INTO contact_look (id, request_id, subject, name, why)
    VALUES ($1, $2, 'operator', 'operator', $3)
"""


def add_subject_commands(app: typer.Typer) -> None:
    """Add them to the command line."""
    app.add_typer(subject, name="subject")
    app.add_typer(retention, name="retention")


@subject.command("export")
def export(
    reference: Reference,
    to: Annotated[Path | None, typer.Option(help="A new file; else it is printed.")] = None,
) -> None:
    """Print all that is kept about a household or host, as JSON; the look is noted."""
    if to and to.exists():
        fail(f"{to} is there already; name a new file.")

    async def work(connection: asyncpg.Connection, settings: Settings) -> Mapping[str, Any]:
        if host.is_offer(reference):
            return await _host_told(connection, settings, reference)
        request_id = await find(connection, reference)
        with progress("Looking in every table") as advance:
            found = await exported(connection, request_id, sealing(settings), advance)
        async with connection.transaction():
            why = "told to the household"
            await connection.execute(_LOOK, uuid7(), request_id, why)
            await _note(connection, "exportSubject", request_id, why)
        return found

    written = {
        "reference": reference.strip() if host.is_offer(reference) else reference.strip().upper(),
        "exportedAt": datetime.now(UTC).isoformat(),
        "tables": _run(work),
    }
    text = json.dumps(written, ensure_ascii=False, indent=2, default=str)
    if to:
        to.touch(0o600)
        to.write_text(text, "utf-8")
        console.print(f"Written to {to}.", highlight=False)
    else:
        typer.echo(text)


@subject.command("erase")
def erase_subject(
    reference: Reference,
    yes: Annotated[bool, typer.Option("--yes", help="Erase without asking again.")] = False,
) -> None:
    """Erase a household or host for good, and what they wrote; not the statistics."""
    if not yes:
        typer.confirm(f"Erase {reference} for good?", abort=True)

    async def work(connection: asyncpg.Connection, settings: Settings) -> dict[str, int]:
        if host.is_offer(reference):
            return await _host_erased(connection, reference)
        request_id = await find(connection, reference)
        with progress("Looking in every table") as advance:
            async with connection.transaction():
                gone = await erase(connection, request_id, advance)
                await _note(connection, "eraseSubject", request_id, "erased")
        return gone

    gone: dict[str, int] = _run(work)
    told = ", ".join(f"{table} {count}" for table, count in sorted(gone.items()))
    console.print(f"Erased: {told}. What stays names nobody:", highlight=False)
    for table, why in (host.KEPT if host.is_offer(reference) else KEPT).items():
        console.print(f"  {table}: {why}", highlight=False)


@retention.command("run")
def run(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Count, and change nothing.")] = False,
) -> None:
    """Let go what was kept long enough; to be run every day."""

    async def work(connection: asyncpg.Connection, settings: Settings) -> dict[str, int]:
        days = keeping.periods(settings.retention)
        if dry_run:
            return await keeping.due(connection, days)
        with progress("Letting go") as advance:
            gone = await keeping.run(connection, days, advance)
        if any(gone.values()):
            told = ", ".join(f"{name} {count}" for name, count in gone.items() if count)
            async with connection.transaction():
                await note(connection, "runRetention", "Retention", uuid7(), told)
        return gone

    for name, count in _run(work).items():
        kind = keeping.KINDS[name]
        to_go = "to go" if dry_run else "gone"
        console.print(f"{name}: {count} {to_go} (counted from when {kind.since})", highlight=False)


async def _host_told(
    connection: asyncpg.Connection, settings: Settings, offer: str
) -> Mapping[str, Any]:
    offer_id = await host.find(connection, offer)
    found = await host.exported(connection, offer_id, sealing(settings))
    gss = found["offer"][0]["council_gss"]
    async with connection.transaction():
        await note(connection, "exportHost", "Offer", offer_id, "told to the host", gss)
    return found


async def _host_erased(connection: asyncpg.Connection, offer: str) -> dict[str, int]:
    offer_id = await host.find(connection, offer)
    async with connection.transaction():
        gone = await host.erase(connection, offer_id)
        gss = await connection.fetchval("SELECT council_gss FROM offer WHERE id = $1", offer_id)
        await note(connection, "eraseHost", "Offer", offer_id, "erased its host", gss)
    return gone


async def _note(
    connection: asyncpg.Connection, command: str, request_id: UUID, summary: str
) -> None:
    await note(connection, command, "Request", request_id, summary, request_id=request_id)


def _run(work: Callable[[asyncpg.Connection, Settings], Awaitable[Any]]) -> Any:
    with database() as (settings, _, migration_url):

        async def connected() -> Any:
            connection = await asyncpg.connect(migration_url)
            try:
                await connection.execute(f"SET ROLE {OWNER}")
                await connection.set_type_codec(
                    "jsonb",
                    schema="pg_catalog",
                    encoder=json.dumps,
                    decoder=json.loads,
                )
                return await work(connection, settings)
            finally:
                await connection.close()

        try:
            return asyncio.run(connected())
        except Unavailable as error:
            fail(str(error))
