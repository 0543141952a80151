"""Where a fact is from."""

from datetime import date
from typing import Any

import strawberry
from sqlalchemy import ColumnElement, Integer, case, cast, func, or_
from sqlalchemy.types import Date

from schema.types import rows
from schema.types.reads import Scope, expression


def is_stale(scope: Scope, source: Any) -> ColumnElement[bool]:
    """Whether a source is past its review, or its page has changed since it was read."""
    today = cast(func.timezone("Europe/London", scope.known), Date)
    due_on = source.c.reviewed_on + cast(source.c.review_days, Integer)
    return or_(
        due_on < today,
        func.coalesce(source.c.page_changed_on > source.c.reviewed_on, False),
    )


def source_of(scope: Scope) -> Any:
    """The source that the row names by `source_id`."""
    return scope.join(rows.source, lambda source: source.c.id == scope.row.c.source_id)


def _published_on(scope: Scope) -> ColumnElement[Any]:
    # A source that gives only a year or a month has no day to show.
    text = scope.row.c.published_on
    return case((func.length(text) == len("2022-03-04"), cast(text, Date)))


@strawberry.type(description="Where a fact is from.")
class Source:
    """A page or document; stale when it is to be read again."""

    title: str
    url: str | None
    published_on: date | None = expression(
        _published_on, description="Null where less than a day is known."
    )
    reviewed_on: date | None = strawberry.field(description="When we last read it.")
    is_stale: bool = expression(
        lambda scope: is_stale(scope, scope.row),
        description="Past its review, or changed since we read it; at knownAt, where given.",
    )
