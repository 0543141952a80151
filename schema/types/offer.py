"""Offers of support."""

from datetime import date, datetime
from typing import Any

import strawberry
from sqlalchemy import (
    ColumnElement,
    DateTime,
    FromClause,
    Integer,
    Numeric,
    Text,
    Uuid,
    cast,
    exists,
    func,
    or_,
    select,
)
from sqlalchemy.types import Double

from schema.text import LANGUAGES
from schema.types import rows
from schema.types.council import Council
from schema.types.node import Node, PageInfo
from schema.types.offer_rows import CASEWORKERS, STAFF, metres_from
from schema.types.problem import Problem
from schema.types.reads import (
    Key,
    Rows,
    Scope,
    count,
    expression,
    facet,
    identity,
    listing,
    moment,
    one,
    page,
    picked,
    unsealed,
    worked,
)
from schema.types.route import Route
from schema.types.source import is_stale
from schema.types.support_kind import SupportKind
from schema.words import CheckKind, CheckState, OfferStatus, Readiness, StepFree


def _council(scope: Scope) -> Any:
    return scope.join(rows.council, lambda council: council.c.gss_code == scope.row.c.council_gss)


def _kind(scope: Scope) -> Any:
    return scope.join(rows.support_kind, lambda kind: kind.c.code == scope.row.c.kind_code)


def _location(scope: Scope) -> Any:
    return scope.join(rows.location, lambda point: point.c.code == scope.row.c.location_code)


def _routes(
    scope: Scope,
    as_of: date | None = strawberry.UNSET,
    at: datetime | None = strawberry.UNSET,
    known_at: datetime | None = strawberry.UNSET,
) -> Rows:
    """The routes it accepts; none listed means any. Give asOf or at, not both."""
    route = rows.route.alias()
    return Rows(
        route,
        where=[route.c.recorded_at <= scope.known],
        keys=[Key(route.c.code, Text())],
    )


def _is_of_another_list(scope: Scope) -> bool:
    # Staff's own lists have what is only theirs; in availability they meet their own offers too.
    return scope.audience in STAFF and getattr(scope.row, "element", None) is not rows.staff_offer


def _places_total(scope: Scope) -> ColumnElement[Any]:
    if not _is_of_another_list(scope):
        return scope.row.c.places_total
    # Staff also meet their own offers in availability, which has no totals: row-level security
    # decides whose total this gives.
    own = rows.offer.alias()
    return select(own.c.places).where(own.c.id == scope.row.c.id).scalar_subquery()


def _external_ref(scope: Scope) -> ColumnElement[Any]:
    if not _is_of_another_list(scope):
        return scope.row.c.external_ref
    own = rows.offer.alias()
    return select(own.c.external_ref).where(own.c.id == scope.row.c.id).scalar_subquery()


def _distance(scope: Scope) -> ColumnElement[Any] | None:
    if scope.point is None:
        return None
    metres = metres_from(scope.point, _location(scope))
    return cast(func.round(cast(metres / 1000, Numeric), 1), Double)


def _leans_on_stale_source(scope: Scope) -> ColumnElement[Any]:
    link, source = rows.route_source.alias(), rows.source.alias()
    return exists(
        select(1)
        .select_from(link.join(source, source.c.id == link.c.source_id))
        .where(link.c.route_code == func.any(scope.row.c.route_codes), is_stale(scope, source))
    )


def _checks(scope: Scope) -> Rows:
    check = rows.offer_check.alias()
    return Rows(
        check,
        where=[check.c.offer_id == scope.row.c.id],
        keys=[Key(check.c.kind, Text()), Key(check.c.id, Uuid())],
    )


def _history(scope: Scope) -> Rows:
    """What was done to it, latest first; its own council's staff may ask.

    Of a protected offer, since it was protected: what was said before may tell where it is.
    """
    # The policy since_protected leaves out what was said before.
    event = rows.audit_event.alias()
    return Rows(
        event,
        where=[event.c.subject_id == scope.row.c.id],
        keys=[
            Key(event.c.at, DateTime(timezone=True), moment),
            Key(event.c.id, Uuid()),
        ],
        descending=True,
        order_name="HISTORY",
    )


@strawberry.type(description="One thing that was done.")
class Change:
    """An audit event, as those concerned see it."""

    at: datetime
    by: str = expression(lambda scope: scope.row.c.actor_name)
    command: str
    summary: str


@strawberry.type(description="A page of changes, latest first.")
class ChangeConnection:
    """A page of changes."""

    nodes: list[Change]
    page_info: PageInfo


@strawberry.type(description="A check on an offer.")
class Check:
    """How far one kind of check has come."""

    id: strawberry.ID = identity("check", "id")
    kind: CheckKind
    state: CheckState
    failure_reason: str | None
    due_on: date | None
    done_on: date | None


@strawberry.type(description="Where exactly an offer is; whoever looks is noted.")
class Address:
    """Seen by its council's officers, and by a charity whose match is accepted, if the host agrees.

    Of a protected offer, only by those of them that are on its list.
    """

    address: str | None = worked("address")
    uprn: str | None = worked("uprn")
    postcode_district: str | None = worked(
        "postcode_district", description="Of a protected offer, which itself shows none."
    )
    host_name: str | None = worked("host_name")
    host_email: str | None = worked("host_email")
    host_phone: str | None = worked("host_phone")


@strawberry.type(description="What a council offers.")
class Offer(Node):
    """An offer of support. Places are people, never beds or rooms."""

    id: strawberry.ID = identity("offer", "id")
    kind: SupportKind = one(_kind)
    title: str
    description: str
    status: OfferStatus
    council: Council = one(_council)
    routes: list[Route] = picked(_routes, by=lambda scope: scope.row.c.route_codes, length=4)
    places_total: int | None = expression(
        _places_total,
        description="People; null to all but its council, since total less left is a headcount.",
    )
    places_left: int = strawberry.field(description="People it can still take now.")
    household_max: int | None = strawberry.field(description="The largest household, in people.")
    postcode_district: str | None
    latitude: float | None = expression(
        lambda scope: _location(scope).c.latitude,
        description="Of its district, or of its council's centre where none is given.",
    )
    longitude: float | None = expression(lambda scope: _location(scope).c.longitude)
    distance_km: float | None = expression(
        _distance, description="From the `near` of the list it stands in; null elsewhere."
    )
    step_free: StepFree
    pets_allowed: bool
    children_welcome: bool
    women_only: bool
    languages: list[str] = strawberry.field(description=f"{LANGUAGES}.")
    available_from: date | None
    available_until: date | None
    minimum_months: int | None
    last_confirmed_on: date | None
    external_ref: str | None = expression(
        _external_ref, description="The council's own reference; null to all but its council."
    )
    version: int
    created_at: datetime
    updated_at: datetime
    readiness: Readiness = strawberry.field(description="Derived from its checks.")
    leans_on_stale_source: bool = expression(
        _leans_on_stale_source,
        description="Whether a route that it names leans on a source that is to be read again.",
        cost=5,
    )
    address: Address | None = unsealed(
        lambda scope: (func.hearth_address(scope.row.c.id), scope.row.c.id),
        description="Each look is noted, so ask it of one offer at a time, by id.",
        audiences=CASEWORKERS,
        by="offer",
        cost=20,
    )
    checks: list[Check] = listing(_checks, audiences=STAFF)
    history: ChangeConnection = page(_history, audiences=STAFF)


@strawberry.type(description="An edge to an offer.")
class OfferEdge:
    """An edge."""

    cursor: str
    node: Offer


@strawberry.type(description="How many offers, and places, fall under one heading.")
class Facet:
    """A heading with its counts."""

    code: str
    label: str
    offers: int
    places: int


def _counted(matching: FromClause, code: Any, label: Any, tables: FromClause) -> Rows:
    counts = (
        select(
            code.label("code"),
            label.label("label"),
            func.count().label("offers"),
            func.sum(matching.c.places_left).label("places"),
        )
        .select_from(tables)
        .group_by(code, label)
        .subquery()
    )
    return Rows(counts, keys=[Key(-counts.c.offers, Integer()), Key(counts.c.code, Text())])


def _by_kind(scope: Scope, matching: FromClause) -> Rows:
    kind = rows.support_kind.alias()
    tables = matching.join(kind, kind.c.code == matching.c.kind_code)
    return _counted(matching, kind.c.code, kind.c.name, tables)


def _by_region(scope: Scope, matching: FromClause) -> Rows:
    council = rows.council.alias()
    tables = matching.join(council, council.c.gss_code == matching.c.council_gss)
    return _counted(matching, council.c.region, council.c.region, tables)


def _by_route(scope: Scope, matching: FromClause) -> Rows:
    route = rows.route.alias()
    accepts = or_(
        route.c.code == func.any(matching.c.route_codes),
        func.cardinality(matching.c.route_codes) == 0,
    )
    return _counted(matching, route.c.code, route.c.name, matching.join(route, accepts))


@strawberry.type(description="What the whole list, not only this page, is made of.")
class OfferFacets:
    """Counts by heading; each is made only when asked for."""

    by_kind: list[Facet] = facet(_by_kind, columns=("kind_code", "places_left"))
    by_region: list[Facet] = facet(_by_region, columns=("council_gss", "places_left"))
    by_route: list[Facet] = facet(
        _by_route,
        columns=("places_left", "route_codes"),
        description="Offers that accept a route; those that accept any count under each.",
    )


@strawberry.type(description="A page of offers.")
class OfferConnection:
    """A page of offers; count and facets are made only when asked for."""

    edges: list[OfferEdge]
    nodes: list[Offer]
    page_info: PageInfo
    total_count: int = count()
    facets: OfferFacets


@strawberry.type(description="What a command on an offer did.")
class OfferPayload:
    """The offer as it is now, or the problems; never both."""

    offer: Offer | None
    problems: list[Problem]


@strawberry.type(description="What recording a check did.")
class CheckPayload:
    """The check and its offer as they are now, or the problems."""

    check: Check | None
    offer: Offer | None
    problems: list[Problem]


@strawberry.type(description="Something about an offer changed.")
class AvailabilityChange:
    """`offer` is null once it is no longer available under the filter."""

    offer_id: strawberry.ID
    offer: Offer | None
