"""The audit of a release before it is stored: whether what is shown tells a small count.

For every small count that an edition hides, linear programs bound what it may be, given all that is
shown: the other cells, the tables that share totals, the identities of measures, the releases that
this one corrects, and for PUBLIC what any council knows of itself. Two claims are checked.

- By the numbers alone the count may be anything in a range as wide as the threshold, from 0 or 1.
- Nor is it worked out by one who knows besides which hidden counts are small and which are not,
  unless that alone would tell it.

Where all of a line are in one part of it, somebody may be elsewhere, unless it is known already.
"""

import math
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from api.reporting.leeway import HIDDEN_PRICE, NOTHING, Ground, Movement
from api.reporting.release import THRESHOLDS, Suppressed, Table
from api.reporting.sums import CLASS, Identity, Number, Place, Sums, bind, place, words
from api.reporting.suppression import EACH_SIZE, Overlapping, Progress, insiders_of, suppress
from schema.words import Edition


@dataclass(frozen=True)
class Leak:
    """A count that can be narrowed down too far, and by whom: anybody, or one of these councils."""

    edition: Edition
    where: str
    least: int
    most: int
    councils: tuple[str, ...]

    def __str__(self) -> str:
        who = f"council {' with '.join(self.councils)}" if self.councils else "anybody"
        found = f"{self.least}" if self.least == self.most else f"{self.least} to {self.most}"
        return f"{self.edition}: {self.where}, can be worked out by {who} as {found}."


class DisclosureError(ValueError):
    """A release would tell small counts. It is not to be stored; hide more, as the leaks say where.

    `leaks` are all that were found; the message names the first of them.
    """

    def __init__(self, leaks: Sequence[Leak]) -> None:
        self.leaks = tuple(leaks)
        shown = [str(leak) for leak in leaks[:NAMED]]
        more = [f"And {len(leaks) - NAMED} more."] if len(leaks) > NAMED else []
        super().__init__(" ".join(["This release must not be stored.", *shown, *more]))


NAMED = 5
"""So many leaks are named in the message."""


def protect(
    tables: Sequence[Table],
    *,
    identities: Sequence[Identity] = (),
    earlier: Mapping[Edition, Sequence[Sequence[Suppressed]]] | None = None,
    overlapping: Overlapping | None = None,
    days: range = range(0),
    tiers: Mapping[str, Collection[str]] | None = None,
    thresholds: Mapping[Edition, int] = THRESHOLDS,
    progress: Progress | None = None,
) -> dict[Edition, tuple[Suppressed, ...]]:
    """The tables as each edition may show them: suppressed, audited, and more hidden until safe.

    The arguments are `suppress`'s. Raises DisclosureError where earlier releases leave no way.
    """
    failure: DisclosureError | None = None
    for each_size in (EACH_SIZE, None):
        editions = suppress(
            tables,
            identities=identities,
            earlier=earlier,
            overlapping=overlapping,
            days=days,
            tiers=tiers,
            thresholds=thresholds,
            progress=progress,
            each_size=each_size,
        )
        try:
            audit(
                editions,
                identities=identities,
                earlier=earlier,
                overlapping=overlapping,
                days=days,
                tiers=tiers,
                thresholds=thresholds,
                progress=progress,
            )
        except DisclosureError as found:
            failure = found
        else:
            return editions
    assert failure is not None
    raise failure


def audit(
    editions: Mapping[Edition, Sequence[Suppressed]],
    *,
    identities: Sequence[Identity] = (),
    earlier: Mapping[Edition, Sequence[Sequence[Suppressed]]] | None = None,
    overlapping: Overlapping | None = None,
    days: range = range(0),
    tiers: Mapping[str, Collection[str]] | None = None,
    thresholds: Mapping[Edition, int] = THRESHOLDS,
    progress: Progress | None = None,
) -> None:
    """Raise DisclosureError where a small count can be worked out from an edition.

    Who has two editions has no more than who has the one that shows more: whatever that one hides
    must be hidden in the other. For 24,000 cells it takes minutes (`make bench-suppression`).
    """
    leaks: list[Leak] = []
    before: Sequence[Suppressed] = ()
    for edition in sorted(editions, key=lambda each: thresholds[each]):
        shown = editions[edition]
        for fuller, barer in zip(before, shown, strict=bool(before)):
            for cell in sorted(fuller.hidden - barer.hidden):
                where = words(place(barer.table, *cell))
                value = barer.table.cells[cell]
                assert isinstance(value, int)
                leaks.append(Leak(edition, where, value, value, ()))
        before = shown
        sums = bind(
            [each.table for each in shown],
            thresholds[edition],
            identities,
            (earlier or {}).get(edition, ()),
            (overlapping or {}).get(edition, ()),
            days,
        )
        hidden = {place(each.table, *cell) for each in shown for cell in each.hidden}
        insiders = insiders_of(sums, tiers or {}) if edition is Edition.PUBLIC else ()
        leaks += leaks_of(sums, hidden, edition, insiders, progress)
    if leaks:
        raise DisclosureError(leaks)


def leaks_of(
    sums: Sums,
    hidden: Collection[Place],
    edition: Edition,
    insiders: Sequence[frozenset[str]] = (),
    progress: Progress | None = None,
) -> Iterator[Leak]:
    """Each small count that can be worked out where only these places are hidden."""
    numbers = sums.numbers
    members = [
        i
        for i, each in enumerate(numbers)
        if not each.is_shown and (each.is_withheld or each.place in hidden)
    ]
    everything = [i for i, each in enumerate(numbers) if not each.is_shown]
    prices = np.full(len(numbers), HIDDEN_PRICE)
    ground = Ground(sums, members, prices, insiders)
    beyond = Ground(sums, everything, prices)
    small = [i for i, each in enumerate(numbers) if each.needed is not None]
    movable = set(members)
    for done, i in enumerate(small, 1):
        number = numbers[i]
        if i not in movable:
            yield Leak(edition, words(number.place), number.value, number.value, ())
            continue
        for movement in ground.movements(i):
            if movement.is_enough or (movement.knows and movement.reached):
                continue
            if found := _narrow(number, movement, ground, beyond):
                yield Leak(edition, words(number.place), *found, tuple(sorted(movement.still)))
                break
        if progress is not None:
            progress(done, len(small))


def _narrow(
    number: Number, movement: Movement, ground: Ground, beyond: Ground
) -> tuple[int, int] | None:
    """The range that a count was narrowed down to, if it is too narrow."""
    needed, known = number.needed, number.known
    assert needed is not None

    def bounds(ground: Ground, least: int, most: int) -> tuple[int, int]:
        down, up = (
            ground.furthest(movement.number, target - number.value, movement.still).reached
            for target in (least, most)
        )
        return number.value + math.ceil(down - NOTHING), number.value + math.floor(up + NOTHING)

    if movement.knows:
        likely = max(needed.least, known.least), min(needed.most, known.most)
        found = bounds(ground, *likely)
        return found if found[0] == found[1] and found != bounds(beyond, *likely) else None
    least, most = bounds(ground.alone, needed.least, needed.most + 1)
    if least <= needed.least + 1 and most - least >= needed.most - needed.least:
        return None
    return None if needed == CLASS and bounds(beyond, 0, 1) == (0, 0) else (least, most)
