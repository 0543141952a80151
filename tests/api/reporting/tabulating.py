"""Small made-up tables: people by council within region and kind, and by route."""

import random
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace

from api.reporting.release import ALL, TOTAL, Category, Dimension, Measure, Table, Unit

PEOPLE = Measure("people", "People", Unit.PEOPLE)
Leaves = Mapping[tuple[str, str], int]


def areas(councils: Sequence[tuple[str, str]]) -> Dimension:
    """Of (council, region)."""
    regions = sorted({region for _, region in councils})
    within = [Category(council, council, region) for council, region in councils]
    whole = (TOTAL, *(Category(region, region) for region in regions), *within)
    return Dimension("area", "Area", whole)


def columns(name: str, codes: Sequence[str]) -> Dimension:
    return Dimension(name, name, (TOTAL, *(Category(code, code) for code in codes)))


def table(name: str, rows: Dimension, leaves: Leaves, measure: Measure = PEOPLE) -> Table:
    """With all totals; `leaves` are by council, or region, and column."""
    parents = {each.code: each.parent for each in rows.categories}
    cells: Counter[tuple[str, str]] = Counter()
    for (row, column), value in leaves.items():
        place: str | None = row
        while place is not None:
            cells[place, column] += value
            cells[place, ALL] += value
            place = parents[place]
    codes = sorted({column for _, column in leaves})
    return Table(name, rows, columns(name, codes), measure, dict(cells))


def sparse(seed: int) -> list[Table]:
    """Two linked tables, seeded: a few councils in a few regions, most counts small or zero."""
    chance = random.Random(seed)
    councils = [
        (f"C{region}{i}", f"R{region}")
        for region in range(chance.randint(1, 3))
        for i in range(chance.randint(1, 3))
    ]
    rows = areas(councils)
    kinds = [f"k{i}" for i in range(chance.randint(1, 4))]
    routes = [f"r{i}" for i in range(chance.randint(1, 3))]
    mean = chance.choice([2, 6, 20])
    by_kind: Counter[tuple[str, str]] = Counter()
    by_route: Counter[tuple[str, str]] = Counter()
    for council, _ in councils:
        for kind in kinds:
            if chance.random() < 0.8:
                people = chance.choice([0, 1, 1, 5]) * chance.expovariate(1 / mean)
                by_kind[council, kind] += int(people)
        for route in routes:
            by_route[council, route] += 0
        for _ in range(sum(by_kind[council, kind] for kind in kinds)):
            by_route[council, chance.choice(routes)] += 1
    # What nobody has in any council is no column; a table without people is no table.
    by_kind[councils[0][0], kinds[0]] += 1
    by_route[councils[0][0], routes[0]] += 1
    return [table("by_kind", rows, by_kind), table("by_route", rows, by_route)]


def four_weeks(seed: int) -> list[list[Table]]:
    """A table of each of four weeks, seeded, of which the councils' figures are withheld."""
    chance = random.Random(seed)
    councils = [
        (f"C{region}{i}", f"R{region}") for region in range(2) for i in range(chance.randint(1, 3))
    ]
    kinds = [f"k{i}" for i in range(chance.randint(1, 2))]
    rows = areas(councils)
    rows = replace(rows, withheld=frozenset(council for council, _ in councils))
    often = [0] + [30, 60, 90] * 4
    return [
        [
            table(
                "by_kind",
                rows,
                {
                    (council, kind): chance.choice(often) + chance.randint(1, 9)
                    for council, _ in councils
                    for kind in kinds
                },
            )
        ]
        for _ in range(4)
    ]


def month_of(weeks: Sequence[Sequence[Table]]) -> list[Table]:
    """The sums of their first tables, by council."""
    tables = [first for first, *_ in weeks]
    cells = {cell: sum(int(each.cells[cell] or 0) for each in tables) for cell in tables[0].cells}
    rows = replace(tables[0].rows, withheld=frozenset())
    return [replace(tables[0], rows=rows, cells=cells)]


def supply(seed: int) -> list[Table]:
    """Places offered and free, which are public, held and taken, seeded; offered is the sum."""
    chance = random.Random(seed)
    councils = [
        (f"C{region}{i}", f"R{region}")
        for region in range(chance.randint(1, 3))
        for i in range(chance.randint(1, 3))
    ]
    places: dict[str, dict[tuple[str, str], int]] = {"free": {}, "held": {}, "taken": {}}
    for council, _ in councils:
        for kind in range(chance.randint(1, 3)):
            for leaves in places.values():
                mean = chance.choice([0, 1, 1, 6])
                leaves[council, f"k{kind}"] = int(mean * chance.expovariate(1 / 5))
    offered = {cell: sum(each[cell] for each in places.values()) for cell in places["free"]}
    return [
        table(
            "by_kind",
            areas(councils),
            leaves,
            Measure(name, name, Unit.PLACES, is_public=name in {"offered", "free"}),
        )
        for name, leaves in ({"offered": offered} | places).items()
    ]


def corrected(tables: Sequence[Table], seed: int) -> list[Table]:
    """The same, but for a few people more and one council's people who were somewhere else."""
    chance = random.Random(seed)
    by_kind, by_route = tables
    more = chance.choice([1, 2, 7, 30])
    leaves = []
    for each in (by_kind, by_route):
        codes = {row.parent for row in each.rows.categories}
        inner = {
            cell: value
            for cell, value in each.cells.items()
            if cell[0] not in codes and cell[1] != ALL
        }
        leaves.append({cell: int(value or 0) for cell, value in inner.items()})
    council = chance.choice(sorted({row for row, _ in leaves[0]}))
    for cells in leaves:
        cells[chance.choice([cell for cell in cells if cell[0] == council])] += more
    return [
        table(old.name, old.rows, cells, old.measure)
        for old, cells in zip(tables, leaves, strict=True)
    ]
