"""How much suppression hides and how long its audit takes: `make bench-suppression`.

The tables are seeded: people of every council in the reference files by kind and by route, as
unevenly spread over all three as published figures are, with every zero a figure like any other.
Beside it stands the plainest way, which hides the next smallest number wherever a row or a column
has one hidden number only: how much that hides, and how many small counts it still tells.
"""

import time
from collections import Counter

import numpy as np
from rich.console import Console
from rich.progress import Progress, TaskID
from rich.table import Table as Printed

from api.reporting.disclosure import DisclosureError, audit
from api.reporting.release import (
    ALL,
    THRESHOLDS,
    TOTAL,
    Category,
    Dimension,
    Measure,
    Suppressed,
    Table,
    Unit,
)
from api.reporting.sums import bind, place
from api.reporting.suppression import suppress
from schema.reference.files import read_reference
from schema.words import Edition

SEED = 1
KINDS, ROUTES, PEOPLE = 47, 16, 100_000


def tables() -> list[Table]:
    """People by council and kind, and the same people by council and route."""
    chance = np.random.default_rng(SEED)
    councils = [each for each in read_reference().councils if each.ends_on is None]
    regions = sorted({each.region for each in councils})
    rows = Dimension(
        "area",
        "Area",
        (
            TOTAL,
            *(Category(region, region) for region in regions),
            *(Category(each.gss_code, each.name, each.region) for each in councils),
        ),
    )
    size = chance.lognormal(0, 1, len(councils))
    people = chance.multinomial(PEOPLE, size / size.sum())
    measure = Measure("people", "People", Unit.PEOPLE)
    found = []
    for name, count in (("by_kind", KINDS), ("by_route", ROUTES)):
        codes = [f"{name}_{i}" for i in range(count)]
        columns = Dimension(name, name, (TOTAL, *(Category(code, code) for code in codes)))
        share = chance.lognormal(0, 2, count)
        cells: Counter[tuple[str, str]] = Counter()
        for council, total in zip(councils, people, strict=True):
            local = share * chance.lognormal(0, 0.7, count) * (chance.random(count) < 0.6)
            local = local if local.sum() else share
            parts = chance.multinomial(total, local / local.sum())
            for code, value in zip(codes, parts.tolist(), strict=True):
                for area in (council.gss_code, council.region, ALL):
                    cells[area, code] += value
                    cells[area, ALL] += value
        found.append(Table(name, rows, columns, measure, dict(cells)))
    return found


def plainly(tables: list[Table], threshold: int) -> tuple[Suppressed, ...]:
    """Small counts, and the next smallest of each line that would have one hidden number only."""
    sums = bind(tables, threshold)
    at = {i: number.value for i, number in enumerate(sums.numbers) if not number.is_withheld}
    hidden = {i for i, value in at.items() if 0 < value < threshold}
    is_done = False
    while not is_done:
        is_done = True
        for each in sums.sums:
            line = [i for i in (each.total, *each.parts) if i in at]
            shown = [i for i in line if i not in hidden and at[i]]
            if len(line) - len(shown) - sum(not at[i] for i in line) == 1 and shown:
                hidden.add(min(shown, key=lambda i: at[i]))
                is_done = False
    places = {sums.numbers[i].place for i in hidden}
    return tuple(
        Suppressed(table, frozenset(cell for cell in table.cells if place(table, *cell) in places))
        for table in tables
    )


def row(
    name: str, edition: Edition, suppressed: tuple[Suppressed, ...], seconds: float
) -> tuple[str, ...]:
    """What is hidden, of all cells and of all people in councils' cells, and what that tells."""
    begun = time.process_time()
    try:
        audit({edition: suppressed})
        leaks = 0
    except DisclosureError as found:
        leaks = len(found.leaks)
    audited = time.process_time() - begun
    cells = hidden = small = 0
    people = hidden_people = 0
    for each in suppressed:
        for cell, value in each.table.cells.items():
            assert isinstance(value, int)
            cells += 1
            hidden += cell in each.hidden
            small += 0 < value < THRESHOLDS[edition]
            if cell[0].startswith(("E", "N", "S", "W")) and cell[0][1:].isdigit():
                people += value
                hidden_people += value if cell in each.hidden else 0
    return (
        name,
        edition.value,
        f"{cells:,}",
        f"{small:,}",
        f"{hidden - small:,}",
        f"{hidden / cells:.1%}",
        f"{hidden_people / people:.1%}",
        f"{leaks:,}",
        f"{seconds:.0f}",
        f"{audited:.0f}",
    )


def main() -> None:
    """Suppress and audit both ways, and print the table; times are of the processor."""
    console = Console()
    names = ("way", "edition", "cells", "small", "hidden besides", "of cells", "of people")
    printed = Printed(*names, "counts told", "hiding s", "audit s")
    printed.title = f"seed {SEED}, {PEOPLE:,} people"
    made = tables()
    with Progress(console=console) as progress:
        for edition, threshold in THRESHOLDS.items():
            task = progress.add_task(f"hiding, {edition.value}")

            def tell(done: int, of: int, task: TaskID = task) -> None:
                progress.update(task, completed=done, total=of)

            begun = time.process_time()
            hidden = suppress(made, thresholds={edition: threshold}, progress=tell)[edition]
            found = row("here", edition, hidden, time.process_time() - begun)
            console.print(*found)
            printed.add_row(*found)
            printed.add_row(*row("plain", edition, plainly(made, threshold), 0.0))
    console.print(printed)


if __name__ == "__main__":
    main()
