"""A bound on what any assignment can reach: each family priced, each host filled by itself.

The rule that a family has one host is relaxed with a price for each family (Lagrangian
relaxation); what is left is a knapsack for each host, solved exactly for all hosts at once. Any
prices give a bound; the subgradient method (Polyak's steps) makes it small.
Source: M. L. Fisher, The Lagrangian relaxation method for solving integer programming problems,
Management Science 27 (1981).
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from api.matching.deadline import Deadline
from api.matching.instance import Flags, Floats, Instance, Whole

PATIENCE = 12
SMALLEST_STEP = 0.005
NO_PAIR = -1
LARGEST_TABLE = 400_000_000


@dataclass(frozen=True)
class Shelf:
    """Hosts of about the same size: their pairs in a table, padded with NO_PAIR."""

    pairs: Whole
    sizes: Whole
    places: Whole


class Knapsacks:
    """The best filling of every host by itself, for any values of the pairs."""

    def __init__(self, instance: Instance) -> None:
        self._shelves = list(_shelves(instance))
        self._pairs = len(instance.points)

    def filled(self, values: Floats) -> tuple[float, Flags]:
        """What the best fillings add up to, and which pairs they take."""
        taken = np.zeros(self._pairs + 1, dtype=np.bool_)
        padded = np.append(values, -1.0)
        total = 0.0
        for shelf in self._shelves:
            total += _fill(shelf, padded[shelf.pairs], taken)
        return total, taken[:-1]


def _fill(shelf: Shelf, values: Floats, taken: Flags) -> float:
    count, width = shelf.pairs.shape
    most = int(shelf.places.max())
    room = np.arange(most + 1)
    best = np.zeros((count, most + 1))
    takes = np.zeros((width, count, most + 1), dtype=np.bool_)
    for column in range(width):
        rest = room - shelf.sizes[:, column, None]
        with_it = np.take_along_axis(best, np.maximum(rest, 0), axis=1) + values[:, column, None]
        takes[column] = (rest >= 0) & (with_it > best)
        best = np.where(takes[column], with_it, best)
    rows = np.arange(count)
    left = shelf.places.copy()
    total = float(best[rows, left].sum())
    for column in reversed(range(width)):
        chosen = takes[column, rows, left]
        taken[shelf.pairs[chosen, column]] = True
        left -= np.where(chosen, shelf.sizes[:, column], 0)
    return total


def _shelves(instance: Instance) -> Iterator[Shelf]:
    pairs = np.flatnonzero(instance.fits)
    pairs = pairs[np.argsort(instance.pair_host[pairs], kind="stable")]
    hosts, starts, counts = np.unique(
        instance.pair_host[pairs], return_index=True, return_counts=True
    )
    sizes = instance.sizes[instance.pair_family]
    all_people = np.add.reduceat(sizes[pairs], starts) if len(starts) else starts
    places = np.minimum(instance.places[hosts], all_people)
    # Tables of hosts that are alike have little padding.
    shelf_of = np.ceil(np.log2(counts)) * 64 + np.ceil(np.log2(places))
    for which in np.unique(shelf_of):
        rows = np.flatnonzero(shelf_of == which)
        width = int(counts[rows].max())
        table = np.full((len(rows), width), NO_PAIR, dtype=np.int64)
        column = np.arange(width)
        is_there = column < counts[rows, None]
        table[is_there] = pairs[(starts[rows, None] + column)[is_there]]
        padded = np.where(is_there, sizes[table], 1)
        yield Shelf(table, padded, places[rows])


def table_size(instance: Instance) -> int:
    """How many sums the fillings of all hosts look at."""
    count = np.bincount(instance.pair_host[instance.fits], minlength=len(instance.hosts))
    people = np.bincount(
        instance.pair_host[instance.fits],
        instance.sizes[instance.pair_family[instance.fits]],
        len(instance.hosts),
    )
    return int((count * (np.minimum(instance.places, people) + 1)).sum())


@dataclass
class Relaxation:
    """The best bound so far, and the prices of families that gave it."""

    bound: float
    prices: Floats


def relaxed(
    instance: Instance,
    values: Floats,
    prices: Floats,
    incumbent: Callable[[Floats, Flags], float],
    until: Deadline,
) -> Relaxation:
    """Lowers the bound until nothing is gained, or time is up.

    The bound is infinite where the fillings would take too much memory. `incumbent` is told the
    reduced values and the fillings now and then, and gives the best value of an assignment that is
    known.
    """
    best = Relaxation(float("inf"), prices)
    if table_size(instance) > LARGEST_TABLE:
        return best
    knapsacks = Knapsacks(instance)
    step, without_gain, rounds = 1.0, 0, 0
    known = incumbent(values, np.zeros(len(values), dtype=np.bool_))
    while step > SMALLEST_STEP and not until.has_come():
        reduced = values - prices[instance.pair_family]
        filled, taken = knapsacks.filled(reduced)
        bound = float(prices.sum()) + filled
        if bound < best.bound - 1e-9:
            best = Relaxation(bound, prices)
            without_gain = 0
        else:
            without_gain += 1
        if rounds % 10 == 0:
            known = incumbent(reduced, taken)
        if best.bound - known <= 1e-6 * max(1.0, abs(known)):
            break
        if without_gain >= PATIENCE:
            step, without_gain, prices = step / 2, 0, best.prices
        slack = 1.0 - np.bincount(
            instance.pair_family[taken], minlength=len(instance.families)
        ).astype(np.float64)
        steepness = float(slack @ slack)
        if steepness == 0:
            break
        prices = np.maximum(0.0, prices - step * max(bound - known, 1e-9) / steepness * slack)
        rounds += 1
    return best
