"""The command line's part on charities' API keys."""

import asyncio
from collections.abc import Awaitable, Callable
from ipaddress import ip_network
from typing import Annotated, TypeVar

import typer
from rich.table import Column, Table

from api.access.joining import Joining
from api.access.key_records import LONGEST_DAYS, KeyRecords, NewKey
from api.access.keys import pepper
from api.operating import note
from api.terminal import console, database, fail
from schema.tables.access import Network

keys = typer.Typer(help="API keys of charities.", no_args_is_help=True)

Days = Annotated[int, typer.Option(min=1, max=LONGEST_DAYS, help="How long it is good for.")]
PublicId = Annotated[str, typer.Argument(help="The 8 characters after hearth_live_.")]
Found = TypeVar("Found")


def _with_records(work: Callable[[KeyRecords], Awaitable[Found]]) -> Found:
    with database() as (settings, _, migration_url):
        found = pepper(settings)
        if found is None:
            fail(
                "There is no pepper to keep keys under. Set HEARTH_KEY_PEPPER, here and where "
                "Hearth serves, to what `openssl rand -base64 32` prints."
            )

        async def run() -> Found:
            async with Joining.entered(migration_url) as joining:
                return await work(KeyRecords(joining, found))

        return asyncio.run(run())


@keys.command()
def create(
    name: Annotated[str, typer.Argument(help="The charity's name; it is made if it is new.")],
    days: Days = LONGEST_DAYS,
    *,
    read_only: Annotated[
        bool, typer.Option("--read-only", help="It reads, but changes nothing and sees no contact.")
    ] = False,
    networks: Annotated[
        list[str] | None,
        typer.Option("--from", help="An address or network it is good from; give it for each."),
    ] = None,
) -> None:
    """Make a key and print it, once."""
    places = [_network(each) for each in networks or ()]

    async def work(records: KeyRecords) -> NewKey:
        new = await records.create(name, days=days, is_read_only=read_only, networks=places)
        await _note(records, "createKey", new)
        return new

    _show(_with_records(work))


@keys.command()
def rotate(public_id: PublicId, days: Days = LONGEST_DAYS) -> None:
    """Make a key in another's place and print it; the other ends in 7 days."""

    async def work(records: KeyRecords) -> NewKey:
        new = await records.rotate(public_id, days=days)
        await _note(records, "rotateKey", new)
        return new

    _show(_with_records(work))


@keys.command()
def revoke(public_id: PublicId) -> None:
    """End a key now: it is refused from the next request on."""

    async def work(records: KeyRecords) -> str:
        found = await records.revoke(public_id)
        charity: str = found["charity"]
        summary = f"revoked the key {public_id} of {charity}"
        connection, subject = records.joining.connection, found["organisation_id"]
        await note(connection, "revokeKey", "Organisation", subject, summary)
        return charity

    console.print(f"The key {public_id} of {_with_records(work)} is revoked.")


@keys.command("list")
def list_() -> None:
    """Print every key, without its secret."""
    table = Table(
        "key",
        "charity",
        "may",
        Column("from", overflow="fold"),
        "state",
        "expires",
        "last used in the hour of",
    )
    for row in _with_records(KeyRecords.all):
        used = row["last_used_at"]
        table.add_row(
            row["public_id"],
            row["charity"],
            "read" if row["is_read_only"] else "read, write",
            "\n".join(map(str, row["networks"])) or "anywhere",
            row["state"],
            f"{row['expires_at']:%Y-%m-%d}",
            f"{used:%Y-%m-%d %H:%M} UTC" if used else "never",
        )
    console.print(table)


def _network(given: str) -> Network:
    try:
        return ip_network(given)
    except ValueError as error:
        fail(
            f"--from {given} is no network: {error}. Give an address or a network, as "
            "192.0.2.7 or 192.0.2.0/24."
        )


async def _note(records: KeyRecords, command: str, new: NewKey) -> None:
    summary = f"made the key {new.public_id} for {new.charity}, until {new.expires_at:%Y-%m-%d}"
    await note(records.joining.connection, command, "Organisation", new.organisation_id, summary)


def _show(new: NewKey) -> None:
    typer.echo(new.text)
    typer.echo(
        f"A key of {new.charity}, good until {new.expires_at:%Y-%m-%d}. It is shown this once: "
        "keep it like a password, and send it as `Authorization: Bearer hearth_live_...`.",
        err=True,
    )
