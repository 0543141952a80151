"""What is paid for one household over its stay: dated lines that add up, to the penny.

Pure: tariff rows and a household in, lines out. Each tariff says in `applies_to` which date picks
its row: that of the arrival, or of each month or year that is paid for. Tariffs that depend on
more than the household (bedspaces, programmes, nights in care) are left out, and named.
"""

import re
from calendar import monthrange
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from itertools import groupby
from typing import Any
from uuid import UUID

PENNY = Decimal("0.01")
PART = Decimal("0.0001")
YEAR_DAYS = 365
LATER_MONTHS = 12
"""From the thirteenth month of a stay another thank-you payment may be due."""
LATER = "-after-12-months"
MINOR = "eligible-minor"
OF_YEAR = re.compile(r"-year-(\d)$")
BANDS = {
    "education-3-4": range(3, 5),
    "education-5-18": range(5, 19),
    "education-early-years": range(2, 5),
    "education-primary": range(5, 11),
    "education-secondary": range(11, 19),
}
"""Ages on arrival that each education tariff is for."""


@dataclass(frozen=True)
class TariffRow:
    """A tariff in force on days from `begins` up to, not including, `ends`; None is open."""

    id: UUID
    kind: str
    amount: Decimal
    per: str
    period: str
    payee: str
    begins: date | None
    ends: date | None
    most_months: int | None = None

    def is_in_force(self, day: date) -> bool:
        """Whether it is the tariff of a day."""
        return (self.begins is None or self.begins <= day) and (
            self.ends is None or day < self.ends
        )


@dataclass(frozen=True)
class Household:
    """Who came and for how long; a household without adults is of unaccompanied children.

    `until` is the first day that is not paid for, None where the stay goes on.
    """

    adults: int
    child_ages: tuple[int, ...]
    arrived_on: date
    left_on: date | None
    sponsor_months: int | None
    until: date | None

    @property
    def size(self) -> int:
        """How many people it is."""
        return self.adults + len(self.child_ages)


@dataclass(frozen=True)
class Line:
    """An amount for a stretch of time; `quantity` counts people, months, or years in part."""

    kind: str
    payee: str
    amount: Decimal
    quantity: Decimal
    begins: date
    ends: date | None
    tariff: UUID
    note: str | None


@dataclass(frozen=True)
class Funding:
    """The lines, their sums in pounds, and the tariffs that depend on more than the household."""

    lines: tuple[Line, ...]
    left_out: tuple[UUID, ...]

    @property
    def total(self) -> Decimal:
        """All that is paid."""
        return sum((line.amount for line in self.lines), Decimal("0.00"))

    @property
    def total_to_council(self) -> Decimal:
        """What is paid to councils."""
        paid = (line.amount for line in self.lines if line.payee == "council")
        return sum(paid, Decimal("0.00"))


def months_after(day: date, months: int) -> date:
    """The same day so many months later, or the last of that month."""
    month = day.month - 1 + months
    year, month = day.year + month // 12, month % 12 + 1
    return date(year, month, min(day.day, monthrange(year, month)[1]))


def funding(rows: Iterable[TariffRow], household: Household, note: str | None = None) -> Funding:
    """What is paid for a household, by every tariff row of its route; `note` goes to councils'."""
    rows = list(rows)
    lines: list[Line] = []
    left_out: list[UUID] = []
    for row in rows:
        if not _is_for(row, household, rows):
            continue
        found = _lines(row, household, rows)
        if found is None:
            if row.is_in_force(household.arrived_on):
                left_out.append(row.id)
            continue
        said = note if row.payee == "council" else None
        lines += [Line(row.kind, row.payee, *each, tariff=row.id, note=said) for each in found]
    lines.sort(key=lambda line: (line.begins, line.kind))
    return Funding(tuple(lines), tuple(left_out))


# The amount, the quantity, the first day and the first day after, of a line.
Part = tuple[Decimal, Decimal, date, date | None]


def _lines(
    row: TariffRow, household: Household, rows: Sequence[TariffRow]
) -> Iterable[Part] | None:
    count = _count(row, household)
    if count is None or row.period in ("day", "night", "quarter", "week"):
        return None
    if row.period == "month":
        return _monthly(row, household, rows)
    of_year = OF_YEAR.search(row.kind)
    if of_year:
        return _year(row, household, count, int(of_year[1]))
    if row.period == "year":
        return _in_part(row, household, count)
    if row.period != "one-off":
        return ()  # the sum of years that are listed one by one
    return _once(row, household, count)


def _is_for(row: TariffRow, household: Household, rows: Sequence[TariffRow]) -> bool:
    # Children without their parents have a tariff of their own, in place of the common one.
    are_minors = household.adults == 0
    if MINOR in row.kind:
        return are_minors
    return not (are_minors and row.kind == "tariff" and any(MINOR in each.kind for each in rows))


def _count(row: TariffRow, household: Household) -> int | None:
    if row.per == "child":
        ages = BANDS.get(row.kind, range(18))
        return sum(age in ages for age in household.child_ages)
    if row.kind.startswith(("destitution", "asylum-", "uasc-", "section-95", "bridging-")):
        return None
    counts = {"adult": household.adults, "household": 1, "person": household.size}
    return counts.get(row.per)


def _is_there(household: Household, day: date) -> bool:
    return household.until is None or day < household.until


def _priced(row: TariffRow, quantity: Decimal, begins: date, ends: date | None) -> Part:
    amount = (row.amount * quantity).quantize(PENNY, ROUND_HALF_UP)
    return amount, quantity.quantize(PART).normalize() + 0, begins, ends


def _once(row: TariffRow, household: Household, count: int) -> Iterator[Part]:
    day = household.arrived_on
    if count and row.is_in_force(day) and _is_there(household, day):
        yield _priced(row, Decimal(count), day, None)


def _year(row: TariffRow, household: Household, count: int, number: int) -> Iterator[Part]:
    begins = months_after(household.arrived_on, 12 * (number - 1))
    ends = months_after(household.arrived_on, 12 * number)
    # A year's amount of a scheme is that of the arrival; a single later one is of its own day.
    day = begins if MINOR in row.kind else household.arrived_on
    if not (count and row.is_in_force(day) and _is_there(household, begins)):
        return
    if row.period == "one-off":
        yield _priced(row, Decimal(count), begins, ends)
        return
    last = min(ends, household.until) if household.until else ends
    share = Decimal((last - begins).days) / Decimal((ends - begins).days)
    yield _priced(row, count * share, begins, last)


def _in_part(row: TariffRow, household: Household, count: int) -> Iterator[Part]:
    begins = max(household.arrived_on, row.begins or household.arrived_on)
    if count and row.ends and _is_there(household, begins) and begins < row.ends:
        last = min(row.ends, household.until) if household.until else row.ends
        share = Decimal(min((last - begins).days, YEAR_DAYS)) / YEAR_DAYS
        yield _priced(row, count * share, begins, last)


def _monthly(row: TariffRow, household: Household, rows: Sequence[TariffRow]) -> Iterator[Part]:
    most = min(household.sponsor_months or 0, row.most_months or 1200)
    paid = []
    for number in range(most):
        begins = months_after(household.arrived_on, number)
        if not _is_there(household, begins):
            break
        if _of_month(rows, number, begins) is row:
            paid.append(number)
    for _, run in groupby(enumerate(paid), key=lambda pair: pair[1] - pair[0]):
        numbers = [number for _, number in run]
        first = months_after(household.arrived_on, numbers[0])
        last = months_after(household.arrived_on, numbers[-1] + 1)
        yield _priced(row, Decimal(len(numbers)), first, last)


def _of_month(rows: Sequence[TariffRow], number: int, day: date) -> Any:
    monthly = [row for row in rows if row.period == "month" and row.is_in_force(day)]
    later = [row for row in monthly if row.kind.endswith(LATER)]
    first = [row for row in monthly if not row.kind.endswith(LATER)]
    return next(iter([*(later if number >= LATER_MONTHS else []), *first]), None)
