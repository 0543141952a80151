"""Queries about routes and support kinds."""

from datetime import date, datetime

import strawberry
from sqlalchemy import Integer, Text

from schema.text import clean
from schema.types import rows
from schema.types.reads import Key, Rows, Scope, listing, lookup
from schema.types.route import Route, status_of
from schema.types.support_kind import SupportKind
from schema.words import RouteStatus


def _route(
    scope: Scope,
    code: str,
    as_of: date | None = strawberry.UNSET,
    at: datetime | None = strawberry.UNSET,
    known_at: datetime | None = strawberry.UNSET,
) -> Rows:
    """A route by its code. Give asOf (a day, its end in London) or at (a moment), not both."""
    route = rows.route.alias()
    return Rows(
        route,
        where=[route.c.code == scope.bind(code, Text(), clean), route.c.recorded_at <= scope.known],
        keys=[Key(route.c.code, Text())],
    )


def _routes(
    scope: Scope,
    open_only: bool = False,
    as_of: date | None = strawberry.UNSET,
    at: datetime | None = strawberry.UNSET,
    known_at: datetime | None = strawberry.UNSET,
) -> Rows:
    """Every route, or those open at that moment. Give asOf or at, not both."""
    route = rows.route.alias()
    is_open = status_of(scope, route) == RouteStatus.OPEN.value
    asked = scope.bind(open_only, rows.route.c.sponsor_required.type)
    return Rows(
        route,
        where=[route.c.recorded_at <= scope.known, is_open | ~asked],
        keys=[Key(route.c.code, Text())],
    )


def _support_kinds(scope: Scope) -> Rows:
    """Every kind of support that offers may name."""
    kind = rows.support_kind.alias()
    return Rows(kind, keys=[Key(kind.c.position, Integer())])


@strawberry.type
class RouteQueries:
    """Queries about routes and support kinds."""

    route: Route | None = lookup(_route)
    routes: list[Route] = listing(_routes, length=16)
    support_kinds: list[SupportKind] = listing(_support_kinds, length=47)
