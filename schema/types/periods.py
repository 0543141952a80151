"""Periods of reports, London time: a month (2026-11), or a week by ISO 8601 (2026-W47)."""

import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Self

from schema.refusals import BadRequest
from schema.types.clock import LONDON

_MONTH = re.compile(r"(\d{4})-(\d{2})", re.ASCII)
_WEEK = re.compile(r"(\d{4})-W(\d{2})", re.ASCII)
FIRST_YEAR = 2022


@dataclass(frozen=True)
class Period:
    """Days from `first` up to, not including, `after`."""

    name: str
    first: date
    after: date

    @classmethod
    def month(cls, day: date) -> Self:
        """The month of a day."""
        first = day.replace(day=1)
        return cls(f"{first:%Y-%m}", first, (first + timedelta(days=31)).replace(day=1))

    @classmethod
    def week(cls, day: date) -> Self:
        """The week of a day, Monday to Sunday."""
        year, number, weekday = day.isocalendar()
        first = day - timedelta(days=weekday - 1)
        return cls(f"{year}-W{number:02}", first, first + timedelta(days=7))

    @property
    def is_weekly(self) -> bool:
        """Whether it is a week; weekly reports go by region, not by council."""
        return "W" in self.name

    @property
    def begins(self) -> datetime:
        """Its first moment."""
        return datetime.combine(self.first, time.min, LONDON)

    @property
    def ends(self) -> datetime:
        """The first moment after it."""
        return datetime.combine(self.after, time.min, LONDON)

    @property
    def days(self) -> range:
        """Its days, by their ordinals."""
        return range(self.first.toordinal(), self.after.toordinal())

    def __str__(self) -> str:
        """In words, as notes have it."""
        last = self.after - timedelta(days=1)
        if self.is_weekly:
            return f"the week from {self.first:%-d %B} to {last:%-d %B %Y}"
        return f"{self.first:%B %Y}"


def read_period(name: str) -> Period:
    """The period of that name; raises BadRequest for what is none, or is before 2022."""
    period = None
    try:
        if found := _MONTH.fullmatch(name):
            period = Period.month(date(int(found[1]), int(found[2]), 1))
        elif found := _WEEK.fullmatch(name):
            period = Period.week(date.fromisocalendar(int(found[1]), int(found[2]), 1))
    except (ValueError, OverflowError):
        period = None
    if period is None or not FIRST_YEAR <= period.first.year < date.max.year:
        raise BadRequest(
            f"{name[:20]!r} is no period; give a month as 2026-11 or a week as 2026-W47, "
            f"from {FIRST_YEAR} on."
        )
    return period


def ended_period(name: str, today: date) -> Period:
    """The period of that name; raises BadRequest where it is not over yet."""
    period = read_period(name)
    if period.after > today:
        raise BadRequest(
            f"{period.name} is not over until {period.after - timedelta(days=1)}; "
            "reports are on periods that are."
        )
    return period


def next_period(period: Period) -> Period:
    """The month or week after one."""
    return (Period.week if period.is_weekly else Period.month)(period.after)


def last_full(today: date) -> tuple[Period, Period]:
    """The last week and the last month that are over."""
    return (
        Period.week(today - timedelta(days=7)),
        Period.month(today.replace(day=1) - timedelta(days=1)),
    )
