"""How good and how fast assignments are: `make bench-allocation`.

The instances are seeded and shaped like published refugee-resettlement data: families of 1 to 10
with a mean of 2.5, places of very different size, points for each person. Printed for each: the
value, how much is still open (the gap), the time, and the gain over taking families in turn. Then,
for arrivals in weekly batches with another year of the same sort as forecast, how much of what
hindsight could have reached (its bound) is reached online, and by taking families in turn.
"""

import resource
import time
from dataclasses import replace

import numpy as np
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from api.matching.allocation import solve
from api.matching.arrivals import Arrivals
from api.matching.instance import Instance, Objective
from api.matching.online import one_by_one, placed

SEED = 1
# Families, hosts, candidates of each family (0: 70 in 100 hosts suit), places a person, seconds.
CASES = (
    (500, 20, 0, 1.1, 5.0),
    (500, 20, 0, 0.5, 5.0),
    (1_000, 5_000, 30, 1.2, 20.0),
    (10_000, 50_000, 30, 1.2, 110.0),
    (10_000, 50_000, 30, 0.5, 110.0),
)


WEEKS = 52
YEARS = (1, 2, 3)
PLACES_EACH = (1.1, 1.0, 0.5)
ORDERS = ("random", "large first", "small first")


def instance(
    families: int, hosts: int, candidates: int, places_each: float, seed: int = SEED
) -> Instance:
    """A seeded instance."""
    chance = np.random.default_rng(seed)
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


def arrivals(year: int, order: str, places_each: float) -> Arrivals:
    """500 families in weekly batches before 20 hosts, and the year before them as forecast."""
    now = instance(500, 20, 0, places_each, year)
    before = replace(instance(500, 20, 0, places_each, year + 1000), places=now.places)
    mixed = np.random.default_rng(year + 2000).random(len(now.sizes))
    by_size = {"random": mixed, "large first": -now.sizes, "small first": now.sizes}[order]
    ranks = np.empty(len(mixed), dtype=np.int64)
    ranks[np.lexsort((mixed, by_size))] = np.arange(len(mixed))
    return Arrivals(now, ranks * WEEKS // len(ranks), before)


def online(console: Console, progress: Progress) -> None:
    """Place each year's arrivals week by week, and print the table."""
    table = Table("places a person", "order", "online %", "in turn %", title="of hindsight's bound")
    task = progress.add_task("online", total=len(PLACES_EACH) * len(ORDERS) * len(YEARS))
    for places_each in PLACES_EACH:
        for order in ORDERS:
            shares = []
            for year in YEARS:
                problem = arrivals(year, order, places_each)
                points = problem.instance.points
                bound = solve(problem.instance, Objective.SCORE, seconds=10).certificate.bound
                found = placed(problem, Objective.SCORE, seed=SEED)
                in_turn = one_by_one(problem, Objective.SCORE)
                shares.append((found.value(points) / bound, in_turn.value(points) / bound))
                progress.advance(task)
            said = (
                " ".join(f"{100 * share:.1f}" for share in each)
                for each in zip(*shares, strict=True)
            )
            table.add_row(str(places_each), order, *said)
    console.print(table)


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
        online(console, progress)
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    console.print(f"At most {most:,.0f} MB in this process.")


if __name__ == "__main__":
    main()
