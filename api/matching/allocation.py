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

from api.matching import exact, greedy
from api.matching.deadline import Deadline
from api.matching.greedy import NOWHERE, Assignment, Search
from api.matching.instance import Flags, Floats, Instance, Objective, Whole
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

    def __init__(
        self, instance: Instance, values: Floats, least: int | None, progress: Progress
    ) -> None:
        self.instance, self.values, self.progress = instance, values, progress
        self.least = least
        self.is_whole = bool((values == np.rint(values)).all())
        # Moves that must not lose a person weigh one above all points together.
        self.weighed = values
        if least is not None:
            most = 1.0 + float(np.abs(values[instance.fits]).sum())
            sizes = instance.sizes[instance.pair_family]
            self.weighed = np.where(instance.fits, values + most * sizes, -1.0)
        self.search = Search(instance, self.weighed)
        self.assignment = greedy.empty(instance)
        self.value = 0.0 if least is None else -math.inf
        top = np.zeros(len(instance.families))
        np.maximum.at(top, instance.pair_family, values)
        self.bound = float(top.sum())

    @property
    def is_proven(self) -> bool:
        """Whether nothing better is possible."""
        return self.bound - self.value <= TINY * max(1.0, abs(self.value))

    def take(self, stage: str, found: Assignment) -> None:
        """Keep an assignment, if it is better."""
        value = found.value(self.values)
        if self.least is not None and found.people(self.instance) < self.least:
            return
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


def _never() -> bool:
    return False


def solve(
    instance: Instance,
    objective: Objective,
    *,
    seconds: float = 60.0,
    seed: int = 1,
    keeping: Allocation | None = None,
    progress: Progress | None = None,
    is_cancelled: Callable[[], bool] | None = None,
) -> Allocation:
    """The best assignment found within so many seconds, and its certificate.

    Families are placed whole, with at most one host each; hosts take several while places last.
    No fewer people are placed than `keeping` places. Raises Cancelled when `is_cancelled`.
    """
    begun = time.monotonic()
    until = Deadline(begun + seconds, is_cancelled or _never)
    worth = instance.values(objective)
    values = np.where(instance.fits, worth, -1.0)
    start = None if keeping is None else Assignment(keeping.chosen, keeping.left)
    least = None if start is None else start.people(instance)
    best = _Best(instance, values, least, progress or _silent)
    first = greedy.one_by_one(instance, values)
    if start is not None:
        best.take("before", start)
    best.take("greedy", first)
    best.take("greedy", greedy.densest(instance, values))
    best.take("moves", best.search.improved(best.assignment, until.within(seconds * 0.2)))
    linear = exact.prices(instance, values, least)
    best.lower("linear relaxation", linear.bound)
    is_small = len(values) <= SMALL
    if not is_small:
        _relax(best, linear, until.within(seconds * 0.4))
    if is_small and not best.is_proven:
        for found in exact.proven(instance, values, best.assignment, until, least):
            if found.chosen is not None:
                best.chosen("HiGHS", found.chosen)
            best.lower("HiGHS", found.bound)
    chance = random.Random(seed)  # noqa: S311 - a failure repeats
    while not (is_small or best.is_proven or until.has_come()):
        _polish(best, chance, until)
    certificate = Certificate(best.value, best.bound, first.value(values), time.monotonic() - begun)
    final = best.assignment
    return Allocation(
        final.chosen, final.left, certificate, _shadow_prices(instance, worth, least, linear)
    )


def _shadow_prices(
    instance: Instance, worth: Floats, least: int | None, linear: exact.Prices
) -> Floats:
    """What one more place with each host would add, by the linear relaxation of the whole problem.

    That has the pairs that do not fit, too: the place that a family lacks is worth most.
    """
    if instance.fits.all():
        return linear.places
    every = np.ones(len(instance.points), dtype=np.bool_)
    return exact.prices(instance, worth, least, every).places


def _relax(best: _Best, linear: exact.Prices, until: Deadline) -> None:
    instance = best.instance
    # A price for each person stands in for the number that must be placed.
    sizes = instance.sizes[instance.pair_family]
    priced = np.where(instance.fits, best.values + linear.people * sizes, -1.0)
    owed = linear.people * (best.least or 0)

    def incumbent(reduced: Floats, taken: Flags) -> float:
        # What fills hosts best goes first, then whatever else is worth its price.
        order = np.lexsort((-reduced, ~taken))
        found = greedy.in_order(instance, order[priced[order] >= 0])
        best.take("relaxation", found)
        best.take("moves", best.search.improved(found, until.within(5)))
        return best.value + owed

    bound = relaxed(instance, priced, linear.families, incumbent, until).bound
    best.lower("relaxation", bound - owed)


def _polish(best: _Best, chance: random.Random, until: Deadline) -> None:
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
    ends = until.within(BLOCK_SECONDS)
    least = None if best.least is None else int(instance.sizes[inside != NOWHERE].sum())
    for found in exact.proven(part, best.values[pairs], begin, ends, least):
        if found.chosen is not None:
            ours = np.where(found.chosen == NOWHERE, NOWHERE, pairs[found.chosen])
            best.chosen("blocks", np.where(is_free, ours, chosen))
