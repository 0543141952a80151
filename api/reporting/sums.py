"""The numbers of a release's tables, and the sums that bind them: all that an attacker starts from.

Tables of one measure over the same rows share their column of totals, measures are bound by
identities (offered = free + held + taken), and a correction shares with what it corrects every
number that it leaves as it was. Here all that is one list of numbers and one of sums.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from api.reporting.release import ALL, Dimension, Measure, Suppressed, Table

NO_END = 1 << 53
"""In place of a greatest number where there is none; whole numbers up to it are exact as floats."""

Place = tuple[int, str, str, str, str]
"""Which release (0: this one, then those before), measure, table, row and column of a number.

The table of a column of totals is ALL, since tables share it.
"""
Seen = tuple[range, Sequence[Suppressed]]
"""Days, by their ordinals, and what an audience saw of a release on them."""
Placed = Mapping[tuple[str, str], int]
"""Positions of a table's numbers, by row and column."""


@dataclass(frozen=True)
class Identity:
    """Measures bound in every cell: `total` is the sum of `parts`, or at least that.

    Of offered = free + held + taken the first two may be public and the others not; then offered
    less free is a headcount. So a cell of a public total is hidden wherever it would tell a small
    count. A cell of a public part is not: what is free can be asked for at any moment.
    """

    total: str
    parts: tuple[str, ...]
    is_exact: bool = True


@dataclass(frozen=True, slots=True)
class Range:
    """Whole numbers from `least` to `most`."""

    least: int = 0
    most: int = NO_END


CLASS = Range(0, 1)
"""What is needed of a zero that tells of others: that it might be one."""


@dataclass(frozen=True, slots=True)
class Number:
    """One number that sums bind; `council` is the row's code where the row is one council's.

    `is_shown`: the audience has it already. `is_withheld`: no table of this release holds it.
    `known`: what somebody knows of it who knows why it is hidden. `needed`: what must stay
    possible in spite of all that is shown, if anything.
    """

    place: Place
    value: int
    council: str | None = None
    is_shown: bool = False
    is_withheld: bool = False
    known: Range = Range()
    needed: Range | None = None


@dataclass(frozen=True, slots=True)
class Sum:
    """Positions of numbers: `total` is the sum of `parts`."""

    total: int
    parts: tuple[int, ...]


@dataclass(frozen=True)
class Sums:
    """Everything that is bound together, for one audience."""

    numbers: tuple[Number, ...]
    sums: tuple[Sum, ...]

    def unknown(self) -> "Sums":
        """The same to somebody who knows of no number why it is hidden."""
        return Sums(tuple(replace(each, known=Range()) for each in self.numbers), self.sums)


def place(table: Table, row: str, column: str, release: int = 0, part: str = "") -> Place:
    """The place of a table's cell."""
    return (release, table.measure.name + part, ALL if column == ALL else table.name, row, column)


def words(where: Place) -> str:
    """A place as a message names it."""
    release, measure, table, row, column = where
    before = f" of release {release} of those before" if release else ""
    return f"{measure} in table {table}, row {row}, column {column}{before}"


def bind(
    tables: Sequence[Table],
    threshold: int,
    identities: Sequence[Identity] = (),
    earlier: Sequence[Sequence[Suppressed]] = (),
    overlapping: Sequence[Seen] = (),
    days: range = range(0),
) -> Sums:
    """The sums of tables for an audience whose threshold this is.

    `earlier`: what the same audience saw of other releases of the same moment, as those which this
    one corrects. `overlapping`: what it saw of other days than these, the oldest first, in tables
    of what happened: what did so in a month did in its weeks, or on the days between; and what it
    saw of these days in other reports. Raises ValueError, with the place, where a figure is not a
    whole number from 0 or is not the sum that it must be.
    """
    binding = _Binding(threshold, identities)
    whole = binding.add_release(0, [Suppressed(table, frozenset()) for table in tables])
    for release, suppressed in enumerate(earlier, 1):
        binding.add_release(release, suppressed)
    placed = {days: whole}
    for release, (when, suppressed) in enumerate(overlapping, len(earlier) + 1):
        said = "" if when == days else _said(when)
        found = binding.add_release(release, suppressed, said, is_earlier=False)
        if when != days:
            placed[when] = {**placed.get(when, {}), **found}
    for when, tables_of_whole in placed.items():
        inside = {each: placed[each] for each in placed if each != when and _is_in(each, when)}
        if inside:
            binding.part = "" if when == days else _said(when)
            is_covered = sum(map(len, inside)) == len(when)
            binding.add_parts(tables_of_whole, list(inside.values()), is_covered=is_covered)
    return Sums(tuple(binding.numbers), tuple(binding.sums))


class _Binding:
    """Numbers and sums as they are gathered."""

    def __init__(self, threshold: int, identities: Sequence[Identity]) -> None:
        self.threshold = threshold
        self.identities = identities
        self.numbers: list[Number] = []
        self.sums: dict[Sum, None] = {}
        self.at: defaultdict[tuple[str, ...], dict[int, int]] = defaultdict(dict)
        """Positions by place, whatever release, and by value: what is equal there is one number."""
        self.part = ""
        """What is said of measures of a part of the period."""

    def add_release(
        self,
        release: int,
        suppressed: Sequence[Suppressed],
        part: str = "",
        *,
        is_earlier: bool = True,
    ) -> dict[tuple[str, str], Placed]:
        self.part = part
        tables = [each for each in suppressed if self.is_bound(each.table.measure)]
        placed = {
            (each.table.name, each.table.measure.name): self.add_table(
                release, each, is_earlier=is_earlier
            )
            for each in tables
        }
        public = {each.table.measure.name for each in tables if each.table.measure.is_public}
        for identity in self.identities:
            for name, measure in placed:
                if measure == identity.total:
                    self.add_identity(identity, name, placed, public)
        return placed

    def is_bound(self, measure: Measure) -> bool:
        """Whether a measure counts what is hidden, or tells of such a count by an identity."""
        of_identities = {
            name for identity in self.identities for name in (identity.total, *identity.parts)
        }
        return not measure.bases and (not measure.is_public or measure.name in of_identities)

    def add_parts(
        self,
        whole: Mapping[tuple[str, str], Placed],
        parts: Sequence[Mapping[tuple[str, str], Placed]],
        *,
        is_covered: bool,
    ) -> None:
        """Bind what happened in a period to what did in its parts, and on the days between.

        `is_covered`: whether there are no days between.
        """
        for table, placed in whole.items():
            for cell, total in placed.items():
                there = [part[table][cell] for part in parts if cell in part.get(table, ())]
                rest = self.numbers[total].value - sum(self.numbers[i].value for i in there)
                # What became known late may be in the whole alone, or in a part alone.
                if there and is_covered and not rest:
                    self.add_sum(total, there)
                elif there and rest >= 0:
                    name = f"{table[1]} on the days between"
                    days = self.rest(name, total, there)
                    needed = self.small(rest)[1]
                    self.add_sum(total, [*there, self.add(replace(days, needed=needed))])

    def add_table(self, release: int, suppressed: Suppressed, *, is_earlier: bool) -> Placed:
        table, measure = suppressed.table, suppressed.table.measure
        councils = {each.code for each in table.rows.categories if each.parent not in {None, ALL}}
        tells = any(measure.name == identity.total for identity in self.identities)
        placed = {}
        for (row, column), figure in table.cells.items():
            where = place(table, row, column, release, self.part)
            if not isinstance(figure, int) or figure < 0:
                raise ValueError(f"{words(where)}, is {figure}, which is not a count.")
            is_hidden = (row, column) in suppressed.hidden
            is_withheld = row in table.rows.withheld and not measure.is_public
            known, needed = (Range(), None) if measure.is_public else self.small(figure)
            number = Number(
                where,
                figure,
                row if row in councils else None,
                is_shown=not (is_hidden or is_withheld)
                if release
                else measure.is_public and not tells,
                is_withheld=release > 0 or row in table.rows.withheld,
                # That a number is in no edition tells nothing of it.
                known=Range() if is_withheld else known,
                needed=needed,
            )
            placed[row, column] = self.add(number)
            if release and is_earlier and number.is_shown and not measure.is_public:
                self.differ(number)
        for total, parts in _lines(table):
            present = [placed[part] for part in parts if part in placed]
            if total in placed:
                self.add_sum(placed[total], present)
                bound = [placed[total], *present]
                is_told = not any(self.numbers[i].is_withheld for i in bound)
                if not release and not measure.is_public and is_told:
                    self.add_class(placed[total], present)
                    self.add_doubt(placed[total], present)
            elif present:
                raise ValueError(f"{words(place(table, *total))}, is missing; its parts are not.")
        return placed

    def add_identity(
        self,
        identity: Identity,
        table: str,
        placed: Mapping[tuple[str, str], Placed],
        public: set[str],
    ) -> None:
        """Bind a total to its parts; where it is public, those that aren't are one headcount."""
        parts = [name for name in identity.parts if (table, name) in placed]
        is_exact = identity.is_exact and len(parts) == len(identity.parts)
        for cell, total in placed[table, identity.total].items():
            there = {
                name: at for name in parts if (at := placed[table, name].get(cell)) is not None
            }
            if identity.total in public:
                shown = [there.pop(name) for name in parts if name in public and name in there]
                headcount = self.rest(f"{identity.total} less what is public", total, shown)
                known, needed = self.small(headcount.value)
                if self.numbers[total].is_withheld:
                    known = Range()
                rest = self.add(replace(headcount, known=known, needed=needed))
                self.add_sum(total, [*shown, rest])
                total = rest
            bound = list(there.values())
            if not is_exact:
                bound.append(
                    self.add(self.rest(f"{identity.total} beyond its parts", total, bound))
                )
            if bound or is_exact:
                self.add_sum(total, bound)

    def add_class(self, total: int, parts: Sequence[int]) -> None:
        """Where all of a line are in one part of it, whoever is in the line is known to be there.

        Then there must be room for one who is not; what other parts there are is zeros.
        """
        there = [part for part in parts if self.numbers[part].value]
        if len(there) == 1 and len(parts) > 1:
            _, measure, _, row, column = self.numbers[there[0]].place
            name = f"{measure} elsewhere than row {row}, column {column},"
            elsewhere = replace(self.rest(name, total, there), needed=CLASS)
            self.add_sum(total, [*there, self.add(elsewhere)])

    def add_doubt(self, total: int, parts: Sequence[int]) -> None:
        """Where a hidden total has as many small parts as it can have, each of them is one.

        Then a zero beside them is hidden as well, so that there are more than can all be small.
        """
        there = [part for part in parts if self.numbers[part].value]
        zeros = [part for part in parts if not self.numbers[part].value]
        if zeros and self.numbers[total].value == len(there) == self.threshold - 1:
            self.numbers[zeros[0]] = replace(self.numbers[zeros[0]], needed=CLASS)

    def add_sum(self, total: int, parts: Iterable[int]) -> None:
        each = Sum(total, tuple(parts))
        found = sum(self.numbers[part].value for part in each.parts)
        if found != self.numbers[total].value:
            number = self.numbers[total]
            raise ValueError(f"{words(number.place)}, is {number.value}; its parts sum to {found}.")
        self.sums[each] = None

    def add(self, number: Number) -> int:
        same = self.at[number.place[1:]]
        at = same.setdefault(number.value, len(self.numbers))
        if at == len(self.numbers):
            self.numbers.append(number)
            for other in same.values():
                if self.numbers[other].place[0] == number.place[0] and other != at:
                    values = f"{self.numbers[other].value} in one table, {number.value} in another"
                    raise ValueError(f"{words(number.place)}, is {values}.")
        else:
            found = self.numbers[at]
            known = Range(
                max(found.known.least, number.known.least), min(found.known.most, number.known.most)
            )
            is_shown = found.is_shown or number.is_shown
            self.numbers[at] = replace(found, is_shown=is_shown, known=known)
        return at

    def differ(self, earlier: Number) -> None:
        """Where a number was shown and hardly differs now, what lies between is a small count."""
        for at in self.at[earlier.place[1:]].values():
            number, near = self.numbers[at], self.threshold - 1
            more = number.value - earlier.value
            if number.place[0] == 0 and 0 < abs(more) <= near and number.needed is None:
                known = Range(max(0, earlier.value - near), earlier.value + near)
                ends = earlier.value, max(0, earlier.value + (near + 1) * (1 if more > 0 else -1))
                needed = Range(min(ends), max(ends))
                self.numbers[at] = replace(number, known=known, needed=needed)

    def rest(self, measure: str, total: int, parts: Iterable[int]) -> Number:
        """A number that is in no table: what a total has beyond some of its parts."""
        whole = self.numbers[total]
        value = whole.value - sum(self.numbers[part].value for part in parts)
        if value < 0:
            raise ValueError(
                f"{words(whole.place)}, is {whole.value}, which is less than its parts."
            )
        where = (whole.place[0], measure + self.part, *whole.place[2:])
        return Number(where, value, whole.council, is_withheld=True)

    def small(self, value: int) -> tuple[Range, Range | None]:
        """What is known of a count once it is hidden, and what is needed."""
        if value >= self.threshold:
            return Range(self.threshold), None
        if value == 0:
            return Range(), None
        return Range(1, self.threshold - 1), Range(0, self.threshold)


def _said(days: range) -> str:
    return f" in the {len(days)} days from {date.fromordinal(days.start)}"


def _is_in(part: range, whole: range) -> bool:
    return whole.start <= part.start and part.stop <= whole.stop


def _lines(table: Table) -> Iterator[tuple[tuple[str, str], list[tuple[str, str]]]]:
    """Each total's cell with those of its parts, along columns and along rows."""
    for total, parts in _families(table.rows):
        for column in table.columns.categories:
            yield (total, column.code), [(part, column.code) for part in parts]
    for total, parts in _families(table.columns):
        for row in table.rows.categories:
            yield (row.code, total), [(row.code, part) for part in parts]


def _families(dimension: Dimension) -> Iterable[tuple[str, list[str]]]:
    families = defaultdict(list)
    for each in dimension.categories:
        if each.parent is not None:
            families[each.parent].append(each.code)
    return families.items()
