"""Visa and resettlement routes."""

from datetime import date
from decimal import Decimal
from typing import Any

import strawberry
from sqlalchemy import ColumnElement, Integer, Text, case, cast, func, select
from sqlalchemy.types import Boolean, Date

from schema.types import route_facts, rows
from schema.types.node import Node
from schema.types.reads import Scope, expression, identity, listing
from schema.types.route_facts import (
    Duty,
    LeaveOption,
    RouteEvent,
    RouteRule,
    Tariff,
    body,
    in_force,
)
from schema.types.source import Source
from schema.types.support_kind import name_in
from schema.words import Language, Precision, RouteFactSort, RouteStatus

FURTHER = "further grant"
"""The variant of leave that is no first grant."""


def _facts(scope: Scope, route: Any, sort: RouteFactSort) -> tuple[Any, list[ColumnElement[bool]]]:
    fact = rows.route_fact.alias()
    return fact, [fact.c.route_code == route.c.code, fact.c.sort == sort.value]


def status_of(scope: Scope, route: Any) -> ColumnElement[Any]:
    """A route's status in force at the scope's moment, as known at its other clock."""
    window, of_route = _facts(scope, route, RouteFactSort.WINDOW)
    status = (
        select(body(window, "status")).where(*of_route, *in_force(scope, window)).scalar_subquery()
    )
    return func.coalesce(status, RouteStatus.NOT_YET_OPEN.value)


def _windows(scope: Scope) -> tuple[Any, list[ColumnElement[bool]], ColumnElement[Any]]:
    window, of_route = _facts(scope, scope.row, RouteFactSort.WINDOW)
    known = window.c.known.op("@>", is_comparison=True)(scope.known)
    day = cast(func.timezone("Europe/London", func.lower(window.c.valid)), Date)
    return window, [*of_route, known], day


def _opens(scope: Scope) -> ColumnElement[Any]:
    window, known, day = _windows(scope)
    lengths = {Precision.YEAR: 4, Precision.MONTH: 7}
    shown = case(
        *((window.c.valid_from_is == of.value, length) for of, length in lengths.items()), else_=10
    )
    is_open = body(window, "status") == RouteStatus.OPEN.value
    return (
        select(func.left(cast(day, Text), shown))
        .where(*known, is_open)
        .order_by(window.c.valid)
        .limit(1)
        .scalar_subquery()
    )


def _opens_on(scope: Scope) -> ColumnElement[Any]:
    text = _opens(scope)
    return case((func.length(text) == len("2022-03-04"), cast(text, Date)))


def _closes_on(scope: Scope) -> ColumnElement[Any]:
    window, known, day = _windows(scope)
    is_open = body(window, "status") == RouteStatus.OPEN.value
    last_open = func.max(case((is_open, day)))
    last_shut = func.max(case((~is_open, day)))
    return select(case((last_shut >= last_open, last_shut))).where(*known).scalar_subquery()


def _leave(scope: Scope, value: Any) -> ColumnElement[Any]:
    leave, of_route = _facts(scope, scope.row, RouteFactSort.LEAVE)
    is_first = body(leave, "variant") != FURTHER
    return (
        select(value(leave)).where(*of_route, is_first, *in_force(scope, leave)).scalar_subquery()
    )


def summary_in(scope: Scope, language: Language = Language.EN) -> ColumnElement[Any]:
    """The route in a sentence or two; English where no translation is kept."""
    english = scope.row.c["summary"]
    if language is Language.EN:
        return english
    return func.coalesce(scope.row.c["summaries"].op("->>")(language.value), english)


@strawberry.type(description="A visa or resettlement route, as it stood at the asked-for moment.")
class Route(Node):
    """A route; the clock comes from the field that leads here, or from one above it."""

    id: strawberry.ID = identity("route", "code")
    code: str
    name: str = expression(name_in)
    official_name: str
    summary: str = expression(summary_in)
    status: RouteStatus = expression(
        lambda scope: status_of(scope, scope.row),
        description="In force at asOf or at, as known at knownAt.",
    )
    opens: str | None = expression(
        _opens, description="When it first opened: a year, a month or a day, as the source has it."
    )
    opens_on: date | None = expression(
        _opens_on, description="The day it first opened; null where less is known."
    )
    closes_on: date | None = expression(_closes_on, description="The day it closed or was paused.")
    leave_months: int | None = expression(
        lambda scope: _leave(scope, lambda leave: func.max(body(leave, "months", Integer))),
        description="Months of a first grant; the longest where variants differ.",
    )
    leave_is_indefinite: bool = expression(
        lambda scope: _leave(
            scope,
            lambda leave: func.coalesce(func.bool_or(body(leave, "is_indefinite", Boolean)), False),
        ),
        description="Whether a first grant may be settlement.",
    )
    leave_options: list[LeaveOption] = listing(route_facts.leave_options, length=2)
    sponsor_required: bool
    fee_pounds: Decimal | None
    rules: list[RouteRule] = listing(route_facts.rules)
    duties: list[Duty] = listing(route_facts.duties)
    tariffs: list[Tariff] = listing(route_facts.tariffs)
    timeline: list[RouteEvent] = listing(route_facts.timeline)
    sources: list[Source] = listing(route_facts.sources, length=20)
