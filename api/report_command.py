"""The command line's part on reports: release, make again, list."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import Progress

from api.reporting.disclosure import DisclosureError
from api.reporting.releasing import Made, Releasing
from api.solver import solver_version
from api.terminal import console, database, fail
from schema.types.clock import LONDON
from schema.words import Edition, ReportName

reports = typer.Typer(help="Release reports, and make them again.", no_args_is_help=True)
Name = Annotated[ReportName, typer.Argument(help="The report.")]
NAMED = Annotated[str, typer.Argument(help="A month (2026-11) or a week (2026-W47) that is over.")]


@reports.command()
def release(
    name: Annotated[ReportName | None, typer.Argument(help="The report.")] = None,
    period: Annotated[str | None, typer.Argument(help="A month or a week that is over.")] = None,
    correct: Annotated[
        bool, typer.Option("--correct", help="Release a correction beside what there is.")
    ] = False,
    due: Annotated[
        bool, typer.Option("--due", help="All of the last full month and week not released yet.")
    ] = False,
) -> None:
    """Compute a report once and for all, as of now; with --due, what a schedule is to run."""
    if due == (name is not None and period is not None) or (due and (name or period or correct)):
        fail("Give a report and a period, as in FUNDING_DUE 2026-11, or --due alone.")

    async def work(releasing: Releasing) -> None:
        if name and period:
            _tell(await releasing.release(name, period, corrects=correct))
            return
        wanted = await releasing.due(datetime.now(LONDON).date())
        refused = []
        for each, ended in wanted:
            try:
                _tell(await releasing.release(each, ended.name))
            except DisclosureError as error:
                refused.append(f"{each} {ended.name}: {error}")
        if not wanted:
            console.print("Nothing is due: all is released.")
        if refused:
            fail("\n".join(refused))

    _run(work)


@reports.command()
def rebuild(
    name: Annotated[ReportName | None, typer.Argument(help="The report; all without it.")] = None,
    period: Annotated[str | None, typer.Argument(help="The period; all without it.")] = None,
) -> None:
    """Make releases again from the history, and compare: exit code 1 where one is not the same.

    Where another solver hid the small numbers, only the figures need be.
    """

    async def work(releasing: Releasing) -> None:
        found = [
            each
            for each in await releasing.kept()
            if name in (None, each["name"]) and period in (None, each["period"])
        ]
        if not found:
            fail("There is no such release; `hearth report list` says what there is.")
        differing = 0
        for each in found:
            same = await releasing.rebuild(each)
            is_other = each["made_with"] != solver_version()
            differing += not (same[Edition.FULL] if is_other else all(same.values()))
            console.print(f"{_title(each)}: {compared(each, same)}", highlight=False)
        if differing:
            fail(f"{differing} of {len(found)} releases come out otherwise than they were kept.")

    _run(work)


@reports.command("list")
def list_() -> None:
    """Every release, its moment, and the checksum of its public edition."""

    async def work(releasing: Releasing) -> None:
        for each in await releasing.kept():
            console.print(
                f"{_title(each)}  {each['data_as_of']:%Y-%m-%d %H:%M:%S}  {each['row_count']} rows"
                f"  {each['checksum']}  release_{each['id']}",
                highlight=False,
                soft_wrap=True,
            )

    _run(work)


def compared(kept: Mapping[str, Any], same: Mapping[Edition, bool]) -> str:
    """What is said of a release that was made again, by which editions came out the same."""
    others = ", ".join(edition for edition, is_same in same.items() if not is_same)
    if not others:
        return "the same"
    solver = solver_version()
    if same[Edition.FULL] and kept["made_with"] != solver:
        was = kept["made_with"] or "an unknown solver"
        return (
            f"the same figures; {others} may hide other cells besides, since {was} chose them, and "
            f"this is {solver}"
        )
    return f"DIFFERS: {others}"


def _title(kept: Any) -> str:
    correction = f" (correction {kept['number'] - 1})" if kept["number"] > 1 else ""
    return f"{kept['name']} {kept['period']}{correction}"


def _tell(made: Made) -> None:
    public = made.editions[Edition.PUBLIC]
    hidden = sum(cell.is_suppressed for row in public.rows for cell in row.cells)
    console.print(
        f"{public.name} {public.period}: {len(public.rows)} rows, {hidden} figures hidden from the "
        f"public, {public.checksum}",
        highlight=False,
        soft_wrap=True,
    )
    for said in public.differs:
        console.print(f"  {said}", highlight=False)


def _run(work: Callable[[Releasing], Awaitable[None]]) -> None:
    with (
        database() as (_, _, migration_url),
        Progress(console=Console(stderr=True), transient=True) as progress,
    ):
        task = progress.add_task("Reading", total=None)

        def told(what: str, done: int, total: int) -> None:
            progress.update(task, description=what, completed=done, total=total)

        async def run() -> None:
            async with Releasing.open(migration_url, told) as releasing:
                await work(releasing)

        asyncio.run(run())
