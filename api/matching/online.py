"""Arrivals placed batch by batch, without knowing who comes next but for a forecast.

Each batch is laid beside samples of who is still expected. The linear relaxation of each says what
a place will be worth (its dual price); on average that is what a family must add for each person to
be given the place now. So nobody takes the last step-free home for want of a look ahead.
Source: N. Ahani, P. Gölz, A. D. Procaccia, A. Teytelboym and A. C. Trapp, Dynamic placement in
refugee resettlement, Operations Research 72 (2024).
"""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from api.matching import exact, greedy
from api.matching.allocation import solve
from api.matching.arrivals import Arrivals
from api.matching.deadline import Deadline
from api.matching.greedy import NOWHERE, Assignment
from api.matching.instance import Floats, Instance, Objective, Whole

SCENARIOS = 6
SECONDS = 10.0
"""For each batch, at most."""
UNLIKELY = 4.0
"""So many standard deviations from a random order of arrival, and it is taken for no such."""

Progress = Callable[[int, int], None]
"""Told how many batches are placed, and of how many."""


def one_by_one(arrivals: Arrivals, objective: Objective) -> Assignment:
    """Each family in turn to the host that is best for it, batch by batch."""
    values = _values(arrivals.instance, objective)
    batch = arrivals.batches[arrivals.instance.pair_family]
    order = np.lexsort((-values, arrivals.instance.pair_family, batch))
    return greedy.in_order(arrivals.instance, order[values[order] >= 0])


def placed(
    arrivals: Arrivals, objective: Objective, seed: int = 1, progress: Progress | None = None
) -> Assignment:
    """Everybody placed, or not, as their batch comes; whoever is placed is never moved."""
    instance, chance = arrivals.instance, np.random.default_rng(seed)
    found = greedy.empty(instance)
    numbers = np.unique(arrivals.batches)
    is_mixed = True
    for done, number in enumerate(numbers.tolist()):
        is_here = arrivals.batches == number
        known = _families(instance, np.flatnonzero(arrivals.batches <= number))
        share = 1 - (done + 1) / len(numbers)
        past, came = _by_size(arrivals.forecast.sizes, known.sizes)
        is_mixed = is_mixed and _is_mixed(past, came)
        left = _still_to_come(past, came, share, is_mixed=is_mixed)
        pool = _beside(arrivals.forecast, known)
        samples = [_sample(pool, left, chance) for _ in range(SCENARIOS if share else 0)]
        pairs = np.flatnonzero(is_here[instance.pair_family])
        batch = replace(instance.only(pairs), places=found.left)
        taken, _ = next_batch(batch, samples, objective)
        chosen = np.flatnonzero(taken != NOWHERE)
        found.chosen[chosen] = pairs[taken[chosen]]
        np.subtract.at(found.left, batch.pair_host[taken[chosen]], instance.sizes[chosen])
        if progress is not None:
            progress(done + 1, len(numbers))
    return found


def next_batch(
    batch: Instance, samples: list[Instance], objective: Objective
) -> tuple[Whole, Floats]:
    """The pair of each family of the batch, or NOWHERE, and what places are worth.

    `samples` are families that may come later; without any, places are worth nothing.
    """
    values, places = _values(batch, objective), np.zeros(len(batch.hosts))
    prices = [_prices(_beside(batch, sample), objective) for sample in samples]
    if prices:
        places = np.mean([each.places for each in prices], axis=0)
        values = np.mean([each.gains(batch, values) for each in prices], axis=0)
    kept = np.flatnonzero(batch.fits & (values >= 0))
    part = replace(batch.only(kept), points=values[kept])
    taken = solve(part, Objective.SCORE, seconds=SECONDS).chosen
    return np.where(taken == NOWHERE, NOWHERE, kept[taken]) if len(kept) else taken, places


def samples(past: Instance, share: float, chance: np.random.Generator) -> list[Instance]:
    """Samples of families who may come, in number this share of those who came before."""
    left, _ = _by_size(past.sizes, np.zeros(0, dtype=np.int64))
    return [_sample(past, left * share, chance) for _ in range(SCENARIOS)]


def _values(instance: Instance, objective: Objective) -> Floats:
    return np.where(instance.fits, instance.values(objective), -1.0)


def _prices(instance: Instance, objective: Objective) -> exact.Prices:
    return exact.prices(instance, _values(instance, objective), Deadline.after(SECONDS))


def _beside(batch: Instance, later: Instance) -> Instance:
    """Both sets of families before the places of the first."""
    return Instance(
        batch.families + later.families,
        np.concatenate([batch.sizes, later.sizes]),
        batch.hosts,
        batch.places,
        np.concatenate([batch.pair_family, len(batch.families) + later.pair_family]),
        np.concatenate([batch.pair_host, later.pair_host]),
        np.concatenate([batch.points, later.points]),
    )


def _by_size(forecast: Whole, arrived: Whole) -> tuple[Floats, Floats]:
    """How many families of each size were forecast, and have come."""
    most = int(max(forecast.max(initial=0), arrived.max(initial=0))) + 1
    past, came = (np.bincount(sizes, minlength=most) for sizes in (forecast, arrived))
    return past.astype(np.float64), came.astype(np.float64)


def _is_mixed(past: Floats, came: Floats) -> bool:
    """Whether those who came are mixed like the forecast, as far as chance goes."""
    here, there = max(1.0, came.sum()), max(1.0, past.sum())
    expected = past * here / there
    unlike = float(((came - expected) ** 2 / (expected * (1 + here / there) + 1)).sum())
    sizes = int((expected > 0).sum())
    return bool(unlike <= sizes + UNLIKELY * (2 * sizes) ** 0.5)


def _still_to_come(past: Floats, came: Floats, share: float, *, is_mixed: bool) -> Floats:
    """How many families of each size are expected when this share of the whole time is left.

    As long as those who came were mixed like the forecast, so is who will come. Once they were not
    (large families came first, say), who has come is taken from who was expected.
    """
    left = past + came
    if not is_mixed and (past > came).any():
        left = np.maximum(0.0, past - came)
        # Whoever is more than expected came instead of others, whose turn is most likely over.
        over = float(np.maximum(0.0, came - past).sum())
        for size in np.argsort(-came / np.maximum(1.0, past), kind="stable").tolist():
            instead = min(over, float(left[size]))
            left[size] -= instead
            over -= instead
    total = share * (share * past.sum() + came.sum())
    found: Floats = left * total / max(1.0, float(left.sum()))
    return found


def _sample(pool: Instance, left: Floats, chance: np.random.Generator) -> Instance:
    """Families like those that are still to come, drawn from families that are known."""
    picked: list[int] = []
    for size in np.flatnonzero(left).tolist():
        alike = chance.permutation(np.flatnonzero(pool.sizes == size))
        picked += np.resize(alike, int(left[size] + chance.random())).tolist()
    return _families(pool, np.array(picked, dtype=np.int64))


def _families(instance: Instance, picked: Whole) -> Instance:
    """Some of the families, perhaps more than once, with their pairs."""
    order = np.argsort(instance.pair_family, kind="stable")
    begins = np.searchsorted(instance.pair_family[order], np.arange(len(instance.families) + 1))
    counts = (begins[1:] - begins[:-1])[picked]
    within = np.arange(int(counts.sum())) - np.repeat(np.cumsum(counts) - counts, counts)
    pairs = order[np.repeat(begins[picked], counts) + within]
    return Instance(
        tuple(instance.families[family] for family in picked.tolist()),
        instance.sizes[picked],
        instance.hosts,
        instance.places,
        np.repeat(np.arange(len(picked)), counts),
        instance.pair_host[pairs],
        instance.points[pairs],
    )
