"""Many families and hosts at once: the best assignment that is found, and how good it can be.

A start by greedy orders and moves; a bound by the relaxation; then HiGHS, over all where that is
small enough, else over some hosts at a time with everybody else left where they are.
"""

import math
import random
import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from api.matching import exact, greedy
from api.matching.greedy import NOWHERE, Assignment, Search
from api.matching.instance import Floats, Instance, Objective, Whole
from api.matching.relaxation import relaxed

SMALL = 60_000
"""Up to so many pairs HiGHS is asked for all of it at once."""
BLOCK_PAIRS = 6_000
BLOCK_SECONDS = 5.0
TINY = 1e-6

Progress = Callable[[str, float, float], None]
"""Told the stage, the best value so far and the bound."""


@dataclass(frozen=True)
class Certificate:
    """How good an assignment is: no other has more than `bound`."""

    value: float
    bound: float
    greedy: float
    seconds: float

    @property
    def gap(self) -> float:
        """(bound - value) / bound; 0 is proven to be the best."""
        return max(0.0, (self.bound - self.value) / self.bound) if self.bound > TINY else 0.0


@dataclass(frozen=True)
class Allocation:
    """Each family's pair, or NOWHERE, with its certificate and what one more place would add.

    `left` are the places that each host still has.
    """

    chosen: Whole
    left: Whole
    certificate: Certificate
    shadow_prices: Floats


class _Best:
    """The best assignment and bound so far."""

    def __init__(self, instance: Instance, values: Floats, progress: Progress) -> None:
        self.instance, self.values, self.progress = instance, values, progress
        self.is_whole = bool((values == np.rint(values)).all())
        self.search = Search(instance, values)
        self.assignment = greedy.empty(instance)
        self.value = 0.0
        most = np.zeros(len(instance.families))
        np.maximum.at(most, instance.pair_family, values)
        self.bound = float(most.sum())

    @property
    def is_proven(self) -> bool:
        """Whether nothing better is possible."""
        return self.bound - self.value <= TINY * max(1.0, abs(self.value))

    def take(self, stage: str, found: Assignment) -> None:
        """Keep an assignment, if it is better."""
        value = found.value(self.values)
        if value > self.value + 1e-9:
            self.assignment, self.value = found, value
            self.progress(stage, self.value, self.bound)

    def lower(self, stage: str, bound: float) -> None:
        """Keep a bound, if it is lower; sums of whole numbers are whole."""
        if not math.isfinite(bound):
            return
        told = float(math.floor(bound + TINY)) if self.is_whole else bound
        if told < self.bound - 1e-9:
            self.bound = max(told, self.value)
            self.progress(stage, self.value, self.bound)

    def chosen(self, stage: str, chosen: Whole) -> None:
        """Keep an assignment given by its pairs."""
        families = np.flatnonzero(chosen != NOWHERE)
        used = np.bincount(
            self.instance.pair_host[chosen[families]],
            weights=self.instance.sizes[families],
            minlength=len(self.instance.hosts),
        )
        left = self.instance.places - used.astype(np.int64)
        assert (left >= 0).all(), "no host may be overbooked"
        self.take(stage, Assignment(chosen, left))


def _silent(stage: str, value: float, bound: float) -> None:
    """Tell nobody."""


def solve(
    instance: Instance,
    objective: Objective,
    *,
    seconds: float = 60.0,
    seed: int = 1,
    progress: Progress = _silent,
) -> Allocation:
    """The best assignment found within so many seconds, and its certificate.

    Families are placed whole, with at most one host each; hosts take several while places last.
    """
    begun = time.monotonic()
    until = begun + seconds
    values = np.where(instance.fits, instance.values(objective), -1.0)
    best = _Best(instance, values, progress)
    first = greedy.one_by_one(instance, values)
    best.take("greedy", first)
    best.take("greedy", greedy.densest(instance, values))
    best.take("moves", best.search.improved(best.assignment, begun + seconds * 0.2))
    linear = exact.prices(instance, values)
    best.lower("linear relaxation", linear.value)
    is_small = len(values) <= SMALL
    if not is_small:
        _relax(best, linear.families, begun + seconds * 0.6)
    if is_small and not best.is_proven:
        for found in exact.proven(instance, values, best.assignment, until):
            if found.chosen is not None:
                best.chosen("HiGHS", found.chosen)
            best.lower("HiGHS", found.bound)
    chance = random.Random(seed)  # noqa: S311 - a failure repeats
    while not is_small and not best.is_proven and time.monotonic() < until:
        _polish(best, chance, until)
    certificate = Certificate(best.value, best.bound, first.value(values), time.monotonic() - begun)
    final = best.assignment
    return Allocation(final.chosen, final.left, certificate, linear.places)


def _relax(best: _Best, prices: Floats, until: float) -> None:
    instance = best.instance

    def incumbent(reduced: Floats, taken: "NDArray[np.bool_]") -> float:
        # What fills hosts best goes first, then whatever else is worth its price.
        order = np.lexsort((-reduced, ~taken))
        found = greedy.in_order(instance, order[best.values[order] >= 0])
        best.take("relaxation", found)
        best.take("moves", best.search.improved(found, min(until, time.monotonic() + 5)))
        return best.value

    best.lower("relaxation", relaxed(instance, best.values, prices, incumbent, until).bound)


def _polish(best: _Best, chance: random.Random, until: float) -> None:
    """Solves some hosts exactly, with the families that are there or nowhere."""
    instance, chosen = best.instance, best.assignment.chosen
    of_host = np.bincount(instance.pair_host[instance.fits], minlength=len(instance.hosts))
    some = np.array(chance.sample(range(len(instance.hosts)), len(instance.hosts)))
    some = some[: max(2, int(np.searchsorted(np.cumsum(of_host[some]), BLOCK_PAIRS)))]
    is_inside = np.zeros(len(instance.hosts), dtype=np.bool_)
    is_inside[some] = True
    is_placed = chosen != NOWHERE
    is_free = ~is_placed
    is_free[is_placed] = is_inside[instance.pair_host[chosen[is_placed]]]
    pairs = np.flatnonzero(
        instance.fits & is_inside[instance.pair_host] & is_free[instance.pair_family]
    )
    part = Instance(
        instance.families,
        instance.sizes,
        instance.hosts,
        instance.places,
        instance.pair_family[pairs],
        instance.pair_host[pairs],
        instance.points[pairs],
    )
    inside = np.where(is_free, chosen, NOWHERE)
    start = np.where(inside == NOWHERE, NOWHERE, np.searchsorted(pairs, inside))
    begin = Assignment(start, instance.places)
    ends = min(until, time.monotonic() + BLOCK_SECONDS)
    for found in exact.proven(part, best.values[pairs], begin, ends):
        if found.chosen is not None:
            ours = np.where(found.chosen == NOWHERE, NOWHERE, pairs[found.chosen])
            best.chosen("blocks", np.where(is_free, ours, chosen))
