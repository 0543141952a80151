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
from rich.progress import Progress
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
from schema.reference.files import read_councils
from schema.words import Edition

SEED = 1
KINDS, ROUTES, PEOPLE = 47, 16, 100_000


def tables() -> list[Table]:
    """People by council and kind, and the same people by council and route."""
    chance = np.random.default_rng(SEED)
    councils = [each for each in read_councils() if each.ends_on is None]
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
