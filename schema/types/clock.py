"""The two clocks: when something held (`asOf` or `at`), and what was known when (`knownAt`)."""

from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, cast, func
from sqlalchemy.types import Date

from schema.refusals import BadRequest
from schema.types.reads import Scope

LONDON = ZoneInfo("Europe/London")


def end_of_day(day: date) -> datetime:
    """The last moment of a day in London, as `asOf` means it.

    Windows are half-open, so the first moment of the next day would already see its facts.
    """
    if day == date.max:
        raise BadRequest("asOf is out of range; give a day before 9999-12-31.")
    start = datetime.combine(day + timedelta(days=1), time.min, tzinfo=LONDON)
    return start - timedelta(microseconds=1)


def aware(moment: datetime) -> datetime:
    """A moment with its offset; one without is refused, since it could mean two."""
    if moment.tzinfo is None:
        raise BadRequest("A moment needs an offset, for example 2024-02-19T15:00:00+00:00.")
    return moment


def day_of(scope: Scope) -> ColumnElement[Any]:
    """The London day of a scope's moment."""
    return cast(func.timezone("Europe/London", scope.moment), Date)
