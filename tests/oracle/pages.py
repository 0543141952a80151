"""A connection: every row of the list is fetched, then cut in Python."""

import base64
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import Uuid

from schema.refusals import BadRequest
from schema.types.reads import Key, Rows
from tests.oracle.scope import Row

MOST = 100


@dataclass(frozen=True)
class Edge:
    """A row with its cursor."""

    cursor: str
    node: Row


@dataclass(frozen=True)
class PageInfo:
    """Where the page stands in its list."""

    has_next_page: bool
    has_previous_page: bool
    start_cursor: str | None
    end_cursor: str | None


@dataclass(frozen=True)
class Page:
    """A page, and the list that it is cut from."""

    rows: Rows
    all: list[Row]
    nodes: list[Row]
    page_info: PageInfo
    edges: list[Edge]

    @property
    def total_count(self) -> int:
        """How many the list has, whatever the page shows."""
        return len(self.all)

    @property
    def facets(self) -> "Page":
        """The counts are over the whole list too."""
        return self


def page_of(rows: Rows, every: list[Row], first: int, after: str | None) -> Page:
    """The page of a list that starts after a cursor."""
    if not 1 <= first <= MOST:
        raise BadRequest("first")
    following = every
    if after is not None:
        try:
            following = _following(rows, every, after)
        except (ValueError, TypeError, AttributeError) as error:
            raise BadRequest("after") from error
    shown = following[:first]
    cursors = [_cursor(rows, row) for row in shown]
    info = PageInfo(
        has_next_page=len(following) > len(shown),
        has_previous_page=after is not None,
        start_cursor=cursors[0] if cursors else None,
        end_cursor=cursors[-1] if cursors else None,
    )
    edges = [Edge(cursor, row) for cursor, row in zip(cursors, shown, strict=True)]
    return Page(rows, every, shown, info, edges)


def _cursor(rows: Rows, row: Row) -> str:
    return base64.urlsafe_b64encode(
        orjson.dumps([rows.order_name, *row.keys], default=str)
    ).decode()


def _following(rows: Rows, every: list[Row], after: str) -> list[Row]:
    name, *values = orjson.loads(base64.urlsafe_b64decode(after))
    if name != rows.order_name:
        raise ValueError("another order's")
    there = tuple(_loaded(key, value) for key, value in zip(rows.keys, values, strict=True))
    if rows.descending:
        return [row for row in every if row.keys < there]
    return [row for row in every if row.keys > there]


def _loaded(key: Key, value: Any) -> Any:
    loaded = key.load(value)
    # Cursors hold an id as text; that compares otherwise than an id does.
    return UUID(loaded) if isinstance(key.type_, Uuid) and not isinstance(loaded, UUID) else loaded
