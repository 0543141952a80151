"""`make bench`: Hearth beside its limits and PostGraphile, in turn within one run."""

import asyncio
import contextlib
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from tests.bench import facts, load, nodejs
from tests.bench.data import filled, pid_of, version_of
from tests.bench.ground import ground_on
from tests.bench.measuring import Bench, DifferentError
from tests.bench.processes import cores, pin
from tests.bench.servers import Hearth, PostGraphile, all_servers
from tests.bench.shapes import SHAPES
from tests.bench.table import heading, table
from tests.bench.turns import Turns

console = Console(stderr=True)


def _chosen(wanted: str, known: Sequence[str]) -> set[str]:
    found = {name.strip().lower() for name in wanted.split(",") if name.strip()}
    unknown = found - {name.lower() for name in known}
    if unknown:
        raise typer.BadParameter(f"{', '.join(sorted(unknown))}; there are {', '.join(known)}")
    return found or {name.lower() for name in known}


def _servers(wanted: str) -> list[Hearth]:
    servers = all_servers()
    names = _chosen(wanted, [server.name for server in servers])
    servers = [server for server in servers if server.name.lower() in names]
    if any(isinstance(server, PostGraphile) for server in servers):
        try:
            with console.status("Looking for PostGraphile, installing it where it isn't ..."):
                nodejs.installed()
        except load.MissingError as missing:
            console.print(f"PostGraphile is left out: {missing}", style="yellow")
            servers = [each for each in servers if not isinstance(each, PostGraphile)]
    return servers


def main(
    shapes: Annotated[str, typer.Option(help="Only these, comma-separated.")] = "",
    servers: Annotated[str, typer.Option(help="Only these, comma-separated.")] = "",
    seconds: Annotated[float, typer.Option(help="Length of one measurement.")] = 5,
    rounds: Annotated[int, typer.Option(help="Measurements of each; the median counts.")] = 3,
    offers: Annotated[int, typer.Option(help="Offers in the database.")] = 50_000,
    keep: Annotated[Path | None, typer.Option(help="Keep the data here, to use it again.")] = None,
    output: Annotated[Path | None, typer.Option(help="Write the table here as well.")] = None,
) -> None:
    """Measure reads and writes against their limits and PostGraphile."""
    names = _chosen(shapes, [shape.name for shape in SHAPES])
    chosen = [shape for shape in SHAPES if shape.name in names]
    with contextlib.ExitStack() as stack:
        try:
            load.wrk()
            measured = _servers(servers)
            folder = keep or Path(stack.enter_context(tempfile.TemporaryDirectory("-hearth")))
            with console.status(f"Preparing {offers:,} offers ..."):
                embedded = stack.enter_context(filled(folder, offers))
                found = asyncio.run(facts.read(embedded.url()))
            server_core, load_core = cores()
            pin(pid_of(folder), load_core)
            ground = asyncio.run(ground_on(embedded, folder, server_core, found.officers))
            bench = Bench(ground, pid_of(folder), load_core, seconds, min(2, seconds))
            versions = [asyncio.run(version_of(embedded))]
            if any(isinstance(each, PostGraphile) for each in measured):
                versions.append(nodejs.versions(nodejs.home()))
            columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
            progress = stack.enter_context(
                Progress(*columns, TimeElapsedColumn(), console=console, transient=True)
            )
            steps = progress.add_task("", total=_measurements(measured, names, rounds))
            results = Turns(
                bench,
                measured,
                found,
                rounds,
                lambda words: progress.update(steps, description=words, advance=1),
            ).all(chosen)
            progress.stop()
        except (load.MissingError, DifferentError, RuntimeError, ValueError) as error:
            console.print(f"[red]bench:[/red] {escape(str(error))}", highlight=False)
            raise typer.Exit(1) from error
        text = f"{heading(offers, rounds, seconds, versions)}\n{table(results)}"
        typer.echo(text)
        if output:
            output.write_text(text)


def _measurements(servers: Sequence[Hearth], names: set[str], rounds: int) -> int:
    return sum(
        rounds + (not shape.is_write)
        for shape in SHAPES
        if shape.name in names
        for server in servers
        if server.answers(shape)
    )


if __name__ == "__main__":
    typer.run(main)
