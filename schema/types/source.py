"""Where a fact is from."""

from datetime import date
from typing import Any

import strawberry
from sqlalchemy import ColumnElement, Text, case, cast, func
from sqlalchemy.types import Date

from schema.types.clock import day_of
from schema.types.reads import Scope, expression

REVIEW_DAYS = 365
"""A source is to be read again after a year."""


def _text(scope: Scope, name: str) -> ColumnElement[Any]:
    return scope.row.c["source"].op("->>", return_type=Text())(name)


def _day(scope: Scope, name: str) -> ColumnElement[Any]:
    # A source that gives only a year or a month has no day to show.
    text = _text(scope, name)
    return case((func.length(text) == len("2022-03-04"), cast(text, Date)))


@strawberry.type(description="Where a fact is from.")
class Source:
    """A page or document; stale when it is past its review."""

    title: str = expression(lambda scope: _text(scope, "title"), description="The page's title.")
    url: str | None = expression(lambda scope: _text(scope, "url"), description="Its address.")
    published_on: date | None = expression(
        lambda scope: _day(scope, "published_on"),
        description="Null where less than a day is known.",
    )
    reviewed_on: date | None = expression(
        lambda scope: _day(scope, "reviewed_on"), description="When we last read it."
    )
    is_stale: bool = expression(
        lambda scope: func.coalesce(_day(scope, "reviewed_on") + REVIEW_DAYS < day_of(scope), True),
        description=f"Whether it was last read more than {REVIEW_DAYS} days ago.",
    )
