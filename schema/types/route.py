"""Visa and resettlement routes."""

from datetime import date
from decimal import Decimal
from typing import Any

import strawberry
from sqlalchemy import ColumnElement, case, cast, func, select
from sqlalchemy.types import Date

from schema.types import rows
from schema.types.node import Node
from schema.types.reads import Scope, expression, identity
from schema.types.support_kind import name_in
from schema.words import RouteStatus


def _windows(scope: Scope, route: Any) -> tuple[Any, list[ColumnElement[bool]]]:
    window = rows.route_window.alias()
    known = [
        window.c.route_code == route.c.code,
        window.c.known.op("@>", is_comparison=True)(scope.known),
    ]
    return window, known


def status_of(scope: Scope, route: Any) -> ColumnElement[Any]:
    """A route's status in force at the scope's moment, as known at its other clock."""
    window, known = _windows(scope, route)
    in_force = (
        select(window.c.status)
        .where(*known, window.c.valid.op("@>", is_comparison=True)(scope.moment))
        .scalar_subquery()
    )
    return func.coalesce(in_force, RouteStatus.NOT_YET_OPEN.value)


def _edge(scope: Scope, *, opening: bool) -> ColumnElement[Any]:
    window, known = _windows(scope, scope.row)
    begins = func.lower(window.c.valid)
    london = cast(func.timezone("Europe/London", begins), Date)
    is_open = window.c.status == RouteStatus.OPEN.value
    if opening:
        return select(func.min(london)).where(*known, is_open).scalar_subquery()
    last_open = func.max(case((is_open, london)))
    last_shut = func.max(case((~is_open, london)))
    return select(case((last_shut >= last_open, last_shut))).where(*known).scalar_subquery()


@strawberry.type(description="A visa or resettlement route, as it stood at the asked-for moment.")
class Route(Node):
    """A route; the clock comes from the field that leads here, or from one above it."""

    id: strawberry.ID = identity("route", "code")
    code: str
    name: str = expression(name_in)
    official_name: str
    summary: str
    status: RouteStatus = expression(
        lambda scope: status_of(scope, scope.row),
        description="In force at asOf or at, as known at knownAt.",
    )
    opens_on: date | None = expression(
        lambda scope: _edge(scope, opening=True), description="The day it first opened."
    )
    closes_on: date | None = expression(
        lambda scope: _edge(scope, opening=False), description="The day it closed or was paused."
    )
    leave_months: int | None = strawberry.field(
        description="Months of a first grant; the longest where variants differ."
    )
    leave_is_indefinite: bool
    sponsor_required: bool
    fee_pounds: Decimal | None
