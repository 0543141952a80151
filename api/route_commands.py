"""The command line's part on routes: their pages, their sources, their translations."""

import asyncio
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from api.guidance.page import page
from api.guidance.sources import read_report, report, review
from api.terminal import console, database, fail
from schema.reference.files import ReferenceFileError, read_reference
from schema.types.clock import end_of_day
from schema.words import Language

routes = typer.Typer(help="Routes as pages of plain text.", no_args_is_help=True)
sources = typer.Typer(help="Sources that are to be read again.", no_args_is_help=True)

Day = Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], metavar="DAY")]


def add_route_commands(app: typer.Typer) -> None:
    """Add them to the command line."""
    app.add_typer(routes, name="routes")
    app.add_typer(sources, name="sources")
    app.command()(translations)


@routes.command()
def show(code: str, as_of: Day = None) -> None:
    """Print a route's facts in force on a day, each with its source, from the reference files."""
    try:
        reference = read_reference()
    except ReferenceFileError as error:
        fail(str(error))
    found = {route.code: route for route in reference.routes}
    if code not in found:
        fail(f"There is no route {code}; there are {', '.join(sorted(found))}.")
    moment = end_of_day(as_of.date()) if as_of else datetime.now(UTC)
    typer.echo(page(found[code], reference, moment), nl=False)


@routes.command("list")
def list_() -> None:
    """Print every route's code and name."""
    for route in read_reference().routes:
        typer.echo(f"{route.code}: {route.name}")


@sources.command()
def check(
    file: Annotated[
        Path | None, typer.Argument(help="JSON: page address to last-updated day.")
    ] = None,
    today: Day = None,
) -> None:
    """Take in when pages changed, and print the sources that are to be read again."""
    with database() as (_, _, migration_url):
        days = read_report(file) if file else {}
        day = today.date() if today else datetime.now(UTC).date()
        stale, unknown = asyncio.run(report(migration_url, days, day))
    table = Table("source", "read on", "changed on", "routes")
    for row in stale:
        changed = str(row["page_changed_on"] or "")
        table.add_row(row["title"], str(row["reviewed_on"]), changed, ", ".join(row["routes"]))
    if stale:
        console.print(table)
    for url in unknown:
        console.print(f"No source has the address {url}.", highlight=False)
    console.print(f"Sources to be read again: {len(stale)}.", highlight=False)


@sources.command("review")
def review_(url: str, on: Day = None) -> None:
    """Note that a page was read and its facts are right; what is not, publishRouteFact mends."""
    day: date = on.date() if on else datetime.now(UTC).date()
    with database() as (_, _, migration_url):
        found = asyncio.run(review(migration_url, url, day))
    if not found:
        fail(f"No source has the address {url}; `hearth sources check` lists the stale ones.")
    console.print(f"Read on {day}.")


def translations() -> None:
    """List the words that a language lacks; English stands in for them."""
    words = read_reference().translations
    for language in (Language.UK, Language.RU, Language.CY):
        missing = sorted(words[Language.EN].keys() - words[language].keys())
        console.print(f"{language.value}: {len(missing)} missing", highlight=False)
        for key in missing:
            console.print(f"  {key}: {words[Language.EN][key]}", highlight=False, markup=False)
