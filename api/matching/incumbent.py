"""The best assignment and bound that are known while a problem is being solved."""

import math
from collections.abc import Callable

import numpy as np

from api.matching import greedy
from api.matching.greedy import NOWHERE, Assignment
from api.matching.instance import Flags, Floats, Instance, Whole

TINY = 1e-6
DECIMALS = 3

Progress = Callable[[str, float, float], None]
"""Told the stage, the best value so far and the bound."""


def step_of(values: Floats) -> float:
    """The largest step of which every sum of these is a multiple; 0 where none is seen."""
    for decimals in range(DECIMALS + 1):
        scaled = values * 10**decimals
        whole = np.rint(scaled)
        if (np.abs(scaled - whole) < 1e-9).all() and np.abs(whole).sum() < 2**53:
            found = int(np.gcd.reduce(whole.astype(np.int64), initial=0))
            return found / float(10**decimals)
    return 0.0


class Incumbent:
    """The best assignment so far, and how much better any other may be.

    `values` are what pairs add; with `least`, only assignments of so many people count. `kept` are
    the numbers that its pairs have in the whole problem.
    """

    kept: Whole

    def __init__(
        self, instance: Instance, values: Floats, least: int | None, progress: Progress
    ) -> None:
        self.instance, self.values, self.progress = instance, values, progress
        self.least = least
        self.step = step_of(values[instance.fits])
        self.assignment = greedy.empty(instance)
        self.value = 0.0 if least is None else -math.inf
        self.bound = _first_bound(instance, values)
        self.kept = np.arange(len(values))

    @property
    def least_gain(self) -> float:
        """What an assignment must add to be better."""
        return self.step * (1 - TINY) if self.step else TINY * max(1.0, abs(self.value) / 1000)

    @property
    def is_proven(self) -> bool:
        """Whether nothing better is possible."""
        return self.bound - self.value < self.least_gain

    def take(self, stage: str, found: Assignment) -> None:
        """Keep an assignment, if it is better."""
        value = found.value(self.values)
        if self.least is not None and found.people(self.instance) < self.least:
            return
        if value > self.value + 1e-9:
            self.assignment, self.value = found, value
            self.progress(stage, value, max(self.bound, value))

    def lower(self, stage: str, bound: float) -> None:
        """Keep a bound, if it is lower; what lies between two steps is the lower one."""
        if not math.isfinite(bound):
            return
        if self.step:
            bound = math.floor(bound / self.step + TINY) * self.step
        bound = max(bound, self.value)
        if bound < self.bound - 1e-9:
            self.bound = bound
            self.progress(stage, self.value, bound)

    def chosen(self, stage: str, chosen: Whole) -> None:
        """Keep an assignment given by its pairs, if it is better.

        Where a solver's tolerance overbooked a host, families leave it until it is not.
        """
        instance, chosen = self.instance, chosen.copy()
        families = np.flatnonzero(chosen != NOWHERE)
        hosts = instance.pair_host[chosen[families]]
        used = np.bincount(hosts, instance.sizes[families], len(instance.hosts))
        left = instance.places - used.astype(np.int64)
        for host in np.flatnonzero(left < 0).tolist():
            guests = families[hosts == host]
            for family in guests[np.argsort(instance.sizes[guests])].tolist():
                if left[host] < 0:
                    left[host] += instance.sizes[family]
                    chosen[family] = NOWHERE
        self.take(stage, Assignment(chosen, left))

    @property
    def whole(self) -> Whole:
        """The assignment by the pairs of the whole problem."""
        chosen = self.assignment.chosen
        return np.where(chosen == NOWHERE, NOWHERE, self.kept[chosen]) if len(self.kept) else chosen

    def narrowed(self, among: Flags) -> "Incumbent":
        """The same with some of the pairs, besides those that are taken; not for narrowing anew."""
        chosen = self.assignment.chosen
        kept = among.copy()
        kept[chosen[chosen != NOWHERE]] = True
        pairs = np.flatnonzero(kept)
        part = Incumbent(self.instance.only(pairs), self.values[pairs], self.least, self.progress)
        start = np.where(chosen == NOWHERE, NOWHERE, np.searchsorted(pairs, chosen))
        part.assignment = Assignment(start, self.assignment.left)
        part.kept, part.value, part.step = pairs, self.value, self.step
        part.bound = min(part.bound, self.bound)
        return part

    def may_improve(self, gains: Floats, families: Floats, bound: float) -> Flags:
        """The pairs that an assignment better than this one may have.

        With prices that give this bound, a pair that gains less for its family than the family's
        price costs the difference.
        """
        lost = families[self.instance.pair_family] - gains
        found: Flags = self.instance.fits & (lost <= bound - self.value - self.least_gain + TINY)
        return found


def _first_bound(instance: Instance, values: Floats) -> float:
    """Every family where it adds most, or every place used as well as it can be."""
    best = np.zeros(len(instance.families))
    np.maximum.at(best, instance.pair_family, values)
    densest = np.zeros(len(instance.hosts))
    each = values / instance.sizes[instance.pair_family]
    np.maximum.at(densest, instance.pair_host, each)
    return float(min(best.sum(), densest @ instance.places))
