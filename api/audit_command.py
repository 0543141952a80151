"""The command line's part on the audit: whether it is whole, as it was written."""

import asyncio
from pathlib import Path
from typing import Annotated

import asyncpg
import typer

from api.store.roles import OWNER
from api.terminal import console, database, fail, progress
from api.writing.chain import Anchor, Verdict, verify

audit = typer.Typer(
    help="What was done, by whom, and that nobody changed it.", no_args_is_help=True
)
SHOWN = 20


@audit.callback()
def _group() -> None:
    """One command alone would lose its name."""


@audit.command("verify")
def verify_audit(
    anchor: Annotated[
        Path | None,
        typer.Option(
            help="A file, kept away from the database, that holds how far the chain came: the "
            "chain must still lead there, and then the file is written anew."
        ),
    ] = None,
) -> None:
    """Read the whole audit again and say whether anything was changed, removed or moved."""
    kept = _kept(anchor) if anchor else None
    with database() as (_, _, migration_url):
        verdict = asyncio.run(_verified(migration_url, kept))
    for finding in verdict.findings[:SHOWN]:
        console.print(finding, highlight=False, soft_wrap=True)
    if len(verdict.findings) > SHOWN:
        console.print(f"... and {len(verdict.findings) - SHOWN} more.", highlight=False)
    if verdict.findings:
        fail(
            f"The audit is not as it was written ({len(verdict.findings)} findings). Keep a copy "
            "of the database and tell your data protection officer."
        )
    if anchor:
        anchor.write_text(f"{verdict.anchor}\n")
        if kept is None:
            console.print(
                f"{anchor} was not there: it can't tell of a chain that was made anew before now.",
                highlight=False,
                soft_wrap=True,
            )
    waiting = f"; {verdict.pending} wait for the relay" if verdict.pending else ""
    console.print(
        f"{verdict.anchor.position} events, each as it was written{waiting}. "
        f"The chain ends in {verdict.anchor.hash.hex()}.",
        highlight=False,
        soft_wrap=True,
    )


def _kept(file: Path) -> Anchor | None:
    try:
        return Anchor.parsed(file.read_text())
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        fail(f"{file} is not an anchor ({error}). Give the file that an earlier run wrote.")


async def _verified(url: str, anchor: Anchor | None) -> Verdict:
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(f"SET ROLE {OWNER}")
        with progress("Verifying") as advance:
            return await verify(connection, anchor, advance)
    finally:
        await connection.close()
