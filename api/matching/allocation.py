"""Many families and hosts at once: the best assignment that is found, and how good it can be.

Greedy orders, the linear relaxation and moves give an assignment and a bound; pairs that no better
assignment can have are left out. Then HiGHS: over all that is left where that is small enough, else
after Lagrangian relaxation over some hosts at a time, with everybody else left where they are.
"""

import random
import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from api.matching import exact, greedy
from api.matching.deadline import Deadline
from api.matching.greedy import NOWHERE, Assignment, Search
from api.matching.incumbent import Incumbent, Progress
from api.matching.instance import Flags, Floats, Instance, Objective, Whole
from api.matching.relaxation import relaxed
from api.matching.tightening import tightened

SMALL = 60_000
"""Up to so many pairs HiGHS is asked for all of it at once."""
MANY = 1_000_000
PROMISING = 60
"""Of more pairs than MANY, moves look at so many for each family."""
KERNEL = 15_000
KERNEL_FAMILIES = 3_000
BLOCK_PAIRS = 6_000
BLOCK_SECONDS = 5.0
TINY, GAP = 1e-6, 0.9
MORE = 1e-4
SMALLEST, LARGEST = 1e-2, 1e7
"""Values whose largest lies outside are brought inside; a solver's tolerances are absolute."""


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
        return max(0.0, (self.bound - self.value) / self.bound) if self.bound > 0 else 0.0


@dataclass(frozen=True)
class Allocation:
    """Each family's pair, or NOWHERE, with its certificate and what one more place would add.

    `left` are the places that each host still has.
    """

    chosen: Whole
    left: Whole
    certificate: Certificate
    shadow_prices: Floats


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
    points, tell = instance.values(objective), progress or _silent
    scale = _scale(points[instance.fits])
    tight = tightened(instance)
    values = np.where(instance.fits, points / scale, -1.0)
    least = None if keeping is None else int(instance.sizes[keeping.chosen != NOWHERE].sum())

    def scaled(stage: str, value: float, bound: float) -> None:
        tell(stage, value * scale, bound * scale)

    best = Incumbent(tight, values, least, scaled)
    first = greedy.one_by_one(instance, values)
    if keeping is not None:
        best.chosen("before", keeping.chosen)
    best.chosen("greedy", first.chosen)
    best.take("greedy", greedy.densest(tight, values))
    linear = exact.prices(tight, values, until, least)
    _improve(best, linear, until, random.Random(seed))  # noqa: S311 - a failure repeats
    found = greedy.completed(instance, best.assignment.chosen, values)
    value = found.value(points)
    bound = value if best.is_proven else max(value, best.bound * scale)
    shadow_prices = scale * _shadow_prices(instance, points / scale, least, until)
    certificate = Certificate(value, bound, first.value(points), time.monotonic() - begun)
    return Allocation(found.chosen, found.left, certificate, shadow_prices)


def _scale(values: Floats) -> float:
    largest = float(np.abs(values).max(initial=0.0))
    return 1.0 if largest == 0 or SMALLEST <= largest <= LARGEST else largest


def _shadow_prices(
    instance: Instance, values: Floats, least: int | None, until: Deadline
) -> Floats:
    """What one more place with each host would add, by the linear relaxation of the whole problem.

    That has the pairs that do not fit, too: the place that a family lacks is worth most.
    """
    every = np.ones(len(values), dtype=np.bool_)
    return exact.prices(instance, values, until.at_least(5), least, every, MORE).places


def _improve(best: Incumbent, linear: exact.Prices, until: Deadline, chance: random.Random) -> None:
    """Makes the assignment better and the bound smaller until they meet or time is up."""
    best.lower("linear relaxation", linear.bound)
    if best.is_proven or until.has_come():
        return
    gains = linear.gains(best.instance, best.values)
    _explore(best, gains, linear, until)
    if len(best.instance.families) <= KERNEL_FAMILIES:
        lost = linear.families[best.instance.pair_family] - gains
        kernel = best.narrowed(_smallest(np.where(best.instance.fits, lost, np.inf), KERNEL))
        if len(kernel.values) < len(best.values):
            _prove(kernel, until.share(0.2))
            best.chosen("kernel", kernel.whole)
    if best.is_proven:
        return
    part = best.narrowed(best.may_improve(gains, linear.families, linear.bound))
    if len(part.values) <= SMALL:
        best.lower("HiGHS", _prove(part, until))
    else:
        best.lower("relaxation", _relax(part, linear, until.share(0.4)))
        while not (part.is_proven or until.has_come()):
            _polish(part, chance, until)
    best.chosen("narrowed", part.whole)


def _smallest(amounts: Floats, count: int) -> Flags:
    if len(amounts) <= count:
        return np.isfinite(amounts)
    found = np.zeros(len(amounts), dtype=np.bool_)
    found[np.argpartition(amounts, count)[:count]] = True
    return found & np.isfinite(amounts)


def _explore(best: Incumbent, gains: Floats, linear: exact.Prices, until: Deadline) -> None:
    """Assignments near the linear relaxation's, and moves from each."""
    kept = best.instance.fits
    if len(kept) > MANY:
        kept = kept & exact.best_of_each(best.instance, gains, PROMISING)
    part = best.narrowed(kept)
    search = Search(part.instance, _weighed(part))
    part.take("moves", search.improved(part.assignment, until.share(0.1)))
    order = np.lexsort((-gains[part.kept], -np.round(linear.taken[part.kept], 6)))
    rounded = greedy.in_order(part.instance, order[gains[part.kept][order] >= -TINY])
    part.take("rounded", rounded)
    part.take("moves", search.improved(rounded, until.share(0.1)))
    best.chosen("moves", part.whole)


def _weighed(best: Incumbent) -> Floats:
    """Values; where nobody may be lost, one person weighs more than all points together."""
    if best.least is None:
        return best.values
    fits = best.instance.fits
    largest = np.zeros(len(best.instance.families))
    np.maximum.at(largest, best.instance.pair_family[fits], np.abs(best.values[fits]))
    most = 1.0 + 2.0 * float(largest.sum())
    sizes = best.instance.sizes[best.instance.pair_family]
    return np.where(fits, best.values + most * sizes, -1.0)


def _prove(part: Incumbent, until: Deadline) -> float:
    """HiGHS over all pairs; gives a bound on every assignment of them."""
    bound = part.bound
    for found in exact.proven(
        part.instance, part.values, part.assignment, until, part.least, GAP * part.least_gain
    ):
        if found.chosen is not None:
            part.chosen("HiGHS", found.chosen)
        # The assignment that is known is among them: a bound below it is an error of the solver's.
        if part.value - part.least_gain <= found.bound < bound:
            bound = found.bound
            part.lower("HiGHS", bound)
    return max(bound, part.value)


def _relax(best: Incumbent, linear: exact.Prices, until: Deadline) -> float:
    """Lagrangian relaxation, with an assignment from it now and then; gives its bound."""
    instance = best.instance
    search = Search(instance, _weighed(best))
    # A price for each person stands in for the number that must be placed.
    sizes = instance.sizes[instance.pair_family]
    priced = np.where(instance.fits, best.values + linear.people * sizes, -1.0)
    owed = linear.people * (best.least or 0)

    def incumbent(reduced: Floats, taken: Flags) -> float:
        # What fills hosts best goes first, then whatever else is worth its price.
        order = np.lexsort((-reduced, ~taken))
        found = greedy.in_order(instance, order[priced[order] >= 0])
        best.take("relaxation", found)
        best.take("moves", search.improved(found, until.within(5)))
        return best.value + owed

    bound = relaxed(instance, priced, linear.families, incumbent, until).bound - owed
    best.lower("relaxation", bound)
    return max(bound, best.value)


def _polish(best: Incumbent, chance: random.Random, until: Deadline) -> None:
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
    part = instance.only(pairs)
    inside = np.where(is_free, chosen, NOWHERE)
    start = np.where(inside == NOWHERE, NOWHERE, np.searchsorted(pairs, inside))
    begin = Assignment(start, instance.places)
    ends = until.within(BLOCK_SECONDS)
    least = None if best.least is None else int(instance.sizes[inside != NOWHERE].sum())
    for found in exact.proven(part, best.values[pairs], begin, ends, least, GAP * best.least_gain):
        if found.chosen is not None:
            ours = np.where(found.chosen == NOWHERE, NOWHERE, pairs[found.chosen])
            best.chosen("blocks", np.where(is_free, ours, chosen))
