"""Which cells of a release are hidden, so that no small count can be worked out.

A count from 1 to below the threshold is hidden. Then, for each of these in turn, whatever must be
hidden too so that it could as well be 0 or the threshold itself, at the least cost (see leeway):
for one who has all that is shown, who knows of each hidden count whether it is small, and who may
be a council that knows its own rows. Cells of all tables and measures are hidden together.
"""

import math
from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence

import numpy as np

from api.reporting.leeway import HIDDEN_PRICE, Ground
from api.reporting.release import THRESHOLDS, Suppressed, Table
from api.reporting.sums import Identity, Number, Place, Seen, Sums, bind, place
from schema.words import Edition

Overlapping = Mapping[Edition, Sequence[Seen]]
"""What each edition showed of releases on other days that are bound to these."""
Progress = Callable[[int, int], None]
"""Told how many of how many counts are done."""

EACH_SIZE = 2
"""So many numbers of every size (by the power of two) in each line may be hidden besides."""
TOTAL_PRICE = 8.0
"""What hiding a number of a region or the nation costs against a council's of the same size."""


def suppress(
    tables: Sequence[Table],
    *,
    identities: Sequence[Identity] = (),
    earlier: Mapping[Edition, Sequence[Sequence[Suppressed]]] | None = None,
    overlapping: Overlapping | None = None,
    days: range = range(0),
    tiers: Mapping[str, Collection[str]] | None = None,
    thresholds: Mapping[Edition, int] = THRESHOLDS,
    progress: Progress | None = None,
    each_size: int | None = EACH_SIZE,
) -> dict[Edition, tuple[Suppressed, ...]]:
    """The tables of one release as each edition shows them, in the order given.

    `earlier` is what each edition showed of the releases that this one corrects, the oldest first;
    `days` are this period's, and `overlapping` is what each edition showed of releases on days that
    are bound to these, where measures count what happened in a period; `tiers` which councils an
    upper tier sees besides itself.

    Whatever one edition hides, those with a higher threshold hide as well: who has both has no more
    than who has the first. Hidden are cells of counts that aren't public, and cells of a public
    total that would tell one of these by an identity. Other tables come back as they are.
    """
    hidden: set[Place] = set()
    editions = {}
    for edition in sorted(thresholds, key=lambda each: thresholds[each]):
        sums = bind(
            tables,
            thresholds[edition],
            identities,
            (earlier or {}).get(edition, ()),
            (overlapping or {}).get(edition, ()),
            days,
        )
        # Only a council has both its own rows and an edition, and that is the public one.
        insiders = insiders_of(sums, tiers or {}) if edition is Edition.PUBLIC else ()
        positions = hide(sums, insiders, hidden, progress, each_size)
        hidden = {sums.numbers[i].place for i in positions}
        editions[edition] = tuple(_suppressed(table, hidden) for table in tables)
    return editions


def hide(
    sums: Sums,
    insiders: Sequence[frozenset[str]] = (),
    also: Collection[Place] = (),
    progress: Progress | None = None,
    each_size: int | None = EACH_SIZE,
) -> frozenset[int]:
    """Positions of all that is hidden from an audience, for the small counts' sake.

    `insiders` are councils whose figures one viewer knows; `also` is hidden whatever else is;
    `each_size` of the numbers of a size are considered in each line, None for all.
    """
    numbers = sums.numbers
    hidden = {
        i
        for i, each in enumerate(numbers)
        if not each.is_shown and (each.needed or each.is_withheld or each.place in also)
    }
    prices = np.array([_price(each) for each in numbers])
    prices[sorted(hidden)] = HIDDEN_PRICE
    members = _candidates(sums, hidden, each_size)
    ground = Ground(sums, members, prices, insiders)
    small = sorted(
        (i for i in hidden if numbers[i].needed), key=lambda i: (numbers[i].council is None, i)
    )
    for done, number in enumerate(small, 1):
        for movement in ground.movements(number):
            more = {*movement.moved} - hidden
            hidden |= more
            ground.hide(more)
        if progress is not None:
            progress(done, len(small))
    return frozenset(hidden)


def insiders_of(sums: Sums, tiers: Mapping[str, Collection[str]]) -> list[frozenset[str]]:
    """Each council alone, and each upper tier with its lower tiers."""
    councils = {each.council for each in sums.numbers if each.council is not None}
    viewers = [frozenset({council, *tiers.get(council, ())}) for council in councils | tiers.keys()]
    return sorted(viewers, key=sorted)


def _candidates(sums: Sums, hidden: Collection[int], each_size: int | None) -> list[int]:
    """What may be hidden: the least few of each size of each sum, or everything, which is slow."""
    candidates = set(hidden)
    for each in sums.sums:
        sizes: defaultdict[int, list[int]] = defaultdict(list)
        for i in (each.total, *each.parts):
            number = sums.numbers[i]
            if not number.is_shown and i not in hidden:
                sizes[number.value.bit_length()].append(i)
        for same in sizes.values():
            candidates.update(sorted(same, key=lambda i: sums.numbers[i].value)[:each_size])
        if not sums.numbers[each.total].is_shown:
            candidates.add(each.total)
    return sorted(candidates)


def _price(number: Number) -> float:
    """Small numbers are hidden rather than large, a council's rather than a total."""
    price = 1 + math.log2(1 + number.value)
    return price if number.council is not None else price * TOTAL_PRICE


def _suppressed(table: Table, hidden: Collection[Place]) -> Suppressed:
    cells = () if table.measure.bases else table.cells
    shown = (cell for cell in cells if cell[0] not in table.rows.withheld)
    return Suppressed(table, frozenset(cell for cell in shown if place(table, *cell) in hidden))
