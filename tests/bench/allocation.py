"""How good and how fast assignments are: `make bench-allocation`.

The instances are seeded and shaped like published refugee-resettlement data: families of 1 to 10
with a mean of 2.5, places of very different size, points for each person. Printed for each: the
value, how much is still open (the gap), the time, and the gain over taking families in turn.
"""

import resource
import time

import numpy as np
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from api.matching.allocation import solve
from api.matching.instance import Instance, Objective

SEED = 1
# Families, hosts, candidates of each family (0: 70 in 100 hosts suit), places a person, seconds.
CASES = (
    (500, 20, 0, 1.1, 5.0),
    (500, 20, 0, 0.5, 5.0),
    (1_000, 5_000, 30, 1.2, 20.0),
    (10_000, 50_000, 30, 1.2, 110.0),
    (10_000, 50_000, 30, 0.5, 110.0),
)


def instance(families: int, hosts: int, candidates: int, places_each: float) -> Instance:
    """A seeded instance."""
    chance = np.random.default_rng(SEED)
    sizes = np.clip(chance.geometric(0.4, families), 1, 10).astype(np.int64)
    share = chance.lognormal(0, 1, hosts)
    people = int(sizes.sum() * places_each)
    places = chance.multinomial(people, share / share.sum()).astype(np.int64)
    if candidates:
        family = np.repeat(np.arange(families), candidates)
        pairs = np.unique(family * hosts + chance.integers(0, hosts, len(family)))
    else:
        pairs = np.flatnonzero(chance.random(families * hosts) < 0.7)
    points = np.round(chance.random(len(pairs)) * 100) * sizes[pairs // hosts]
    return Instance(
        tuple(map(str, range(families))),
        sizes,
        tuple(map(str, range(hosts))),
        places,
        (pairs // hosts).astype(np.int64),
        (pairs % hosts).astype(np.int64),
        points,
    )


def main() -> None:
    """Solve each case for people and for points, and print the table."""
    console = Console()
    names = (
        "families x hosts",
        "places a person",
        "objective",
        "value",
        "gap %",
        "seconds",
        "gain %",
    )
    table = Table(*names, title=f"seed {SEED}")
    with Progress(console=console) as progress:
        task = progress.add_task("solving", total=len(CASES) * len(Objective))
        for families, hosts, candidates, places_each, seconds in CASES:
            problem = instance(families, hosts, candidates, places_each)
            for objective in Objective:
                begun = time.monotonic()
                found = solve(problem, objective, seconds=seconds, seed=SEED).certificate
                table.add_row(
                    f"{families:,} x {hosts:,}",
                    str(places_each),
                    objective.value,
                    f"{found.value:,.0f}",
                    f"{found.gap * 100:.3f}",
                    f"{time.monotonic() - begun:.1f}",
                    f"{(found.value / found.greedy - 1) * 100:.1f}",
                )
                progress.advance(task)
    console.print(table)
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    console.print(f"At most {most:,.0f} MB in this process.")


if __name__ == "__main__":
    main()
