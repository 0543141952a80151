"""Queries about offers."""

from dataclasses import replace
from datetime import date, datetime
from operator import itemgetter
from typing import Any

import strawberry
from sqlalchemy import (
    ARRAY,
    Boolean,
    ColumnElement,
    DateTime,
    Float,
    FromClause,
    Integer,
    Text,
    and_,
    func,
    literal_column,
    or_,
    select,
)
from sqlalchemy.types import Date

from api.reading.symbols import combined
from schema.refusals import BadRequest
from schema.text import LANGUAGES, clean, district, language, search_words
from schema.types import rows
from schema.types.by_id import offer_row
from schema.types.clock import aware
from schema.types.grid import grid_point
from schema.types.near import Near
from schema.types.offer import Offer, OfferConnection
from schema.types.offer_rows import any_of, nearest, ordered, own_councils, visible_offers
from schema.types.reads import Rows, Scope, lookup, page
from schema.words import Audience, OfferOrder, OfferStatus, StepFree

ENGLISH: ColumnElement[Any] = literal_column("'english'::regconfig")
TEXTS = ARRAY(Text())
FURTHEST_KM = 2000.0


@strawberry.input(description="Which available offers; all of what is given must hold.")
class AvailabilityFilter:
    """A filter on available offers."""

    kinds: list[str] | None = strawberry.field(
        default=strawberry.UNSET, description="Any of these support kinds."
    )
    gss_codes: list[str] | None = strawberry.field(
        default=strawberry.UNSET, description="Of any of these councils."
    )
    regions: list[str] | None = strawberry.field(
        default=strawberry.UNSET, description="Of a council in any of these regions."
    )
    route_code: str | None = strawberry.field(
        default=strawberry.UNSET, description="That accept people on this route."
    )
    minimum_places: int | None = strawberry.field(
        default=strawberry.UNSET, description="With places for at least so many people."
    )
    available_on: date | None = strawberry.field(
        default=strawberry.UNSET, description="That can be taken up on that day."
    )
    near: Near | None = strawberry.UNSET
    step_free: bool | None = strawberry.field(
        default=strawberry.UNSET, description="True: all or some of it is step-free."
    )
    pets_allowed: bool | None = strawberry.UNSET
    children_welcome: bool | None = strawberry.UNSET
    women_only: bool | None = strawberry.UNSET
    languages: list[str] | None = strawberry.field(
        default=strawberry.UNSET, description=f"Where any of these is spoken ({LANGUAGES})."
    )
    search: str | None = strawberry.field(
        default=strawberry.UNSET, description="Words of its title or description."
    )
    updated_since: datetime | None = strawberry.UNSET


@strawberry.input(description="Which offers; all of what is given must hold.")
class OfferFilter:
    """A filter on the offers that a viewer may see."""

    statuses: list[OfferStatus] | None = strawberry.UNSET
    gss_codes: list[str] | None = strawberry.UNSET
    kinds: list[str] | None = strawberry.UNSET
    search: str | None = strawberry.UNSET
    unconfirmed_since: date | None = strawberry.field(
        default=strawberry.UNSET, description="Never confirmed, or last before that day."
    )


def availability_where(
    scope: Scope, offer: FromClause, wanted: AvailabilityFilter
) -> list[ColumnElement[bool]]:
    """The conditions of a filter, but for `near`."""
    where: list[ColumnElement[bool]] = _listed(scope, offer, wanted)
    if wanted.regions is not None:
        council = rows.council.alias()
        in_region = select(council.c.gss_code).where(
            scope.among(council.c.region, wanted.regions, clean)
        )
        where.append(offer.c.council_gss == any_of(in_region))
    if wanted.route_code is not None:
        code, route = scope.bind(wanted.route_code, Text(), clean), rows.route.alias()
        where.append(
            or_(
                code == func.any(offer.c.route_codes),
                # Open to any route, of those that there are.
                and_(
                    func.cardinality(offer.c.route_codes) == 0,
                    select(route.c.code).where(route.c.code == code).exists(),
                ),
            )
        )
    if wanted.minimum_places is not None:
        where.append(offer.c.places_left >= scope.bind(wanted.minimum_places, Integer()))
    if wanted.available_on is not None:
        day = scope.bind(wanted.available_on, Date())
        where.append(func.coalesce(offer.c.available_from, day) <= day)
        where.append(func.coalesce(offer.c.available_until, day) >= day)
    if wanted.step_free is not None:
        is_step_free = or_(
            offer.c.step_free == StepFree.ALL.value, offer.c.step_free == StepFree.SOME.value
        )
        where.append(is_step_free == scope.bind(wanted.step_free, Boolean()))
    for column in ("pets_allowed", "children_welcome", "women_only"):
        value = getattr(wanted, column)
        if value is not None:
            where.append(offer.c[column] == scope.bind(value, Boolean()))
    if wanted.languages is not None:
        where.append(offer.c.languages.overlap(scope.bind(wanted.languages, TEXTS, _languages)))
    if wanted.updated_since is not None:
        since = scope.bind(wanted.updated_since, DateTime(timezone=True), aware)
        where.append(offer.c.updated_at >= since)
    return where


def _listed(scope: Scope, offer: FromClause, wanted: Any) -> list[ColumnElement[bool]]:
    where: list[ColumnElement[bool]] = []
    if wanted.kinds is not None:
        where.append(scope.among(offer.c.kind_code, wanted.kinds, clean))
    if wanted.gss_codes is not None:
        where.append(scope.among(offer.c.council_gss, wanted.gss_codes, clean))
    if wanted.search is not None:
        words = func.websearch_to_tsquery(ENGLISH, scope.bind(wanted.search, Text(), search_words))
        where.append(offer.c.search_text.op("@@", is_comparison=True)(words))
    return where


def _languages(codes: list[str]) -> list[str]:
    return [language(code) for code in codes]


def _metres(kilometres: float) -> float:
    if not 0 < kilometres <= FURTHEST_KM:
        raise BadRequest(f"near.withinKm must be more than 0 and at most {FURTHEST_KM:.0f}.")
    return kilometres * 1000


def _point(scope: Scope, near: Near) -> ColumnElement[Any]:
    has_point = near.latitude is not None and near.longitude is not None
    if (near.postcode_district is not None) == has_point or (
        (near.latitude is None) != (near.longitude is None)
    ):
        raise BadRequest("near takes either postcodeDistrict, or latitude and longitude.")
    if near.postcode_district is not None:
        code = scope.bind(near.postcode_district, Text(), district)
        # As a subselect it is worked out once, not for every row.
        return select(func.hearth_district_point(code)).scalar_subquery()
    grid = combined(grid_point, near.latitude, near.longitude)
    return func.point(
        scope.bind(grid, Float(), itemgetter(0)), scope.bind(grid, Float(), itemgetter(1))
    )


def availability_rows(
    scope: Scope, wanted: AvailabilityFilter | None, order_by: OfferOrder
) -> Rows:
    """Open offers with places left now, under a filter and in an order."""
    offer = rows.open_offer.alias()
    where = availability_where(scope, offer, wanted) if wanted else []
    near = wanted.near if wanted else None
    if near:
        metres = scope.bind(near.within_km, Float(), _metres)
        return nearest(offer, where, _point(scope, near), metres, order_by)
    if order_by is OfferOrder.NEAREST:
        raise BadRequest("The order NEAREST needs filter.near, to measure from.")
    return ordered(offer, where, order_by)


def _availability(
    scope: Scope,
    filter: AvailabilityFilter | None = strawberry.UNSET,  # noqa: A002 - the contract's word
    order_by: OfferOrder = OfferOrder.RECENTLY_UPDATED,
) -> Rows:
    """Open offers with places left now: what a charity's page shows. Anyone may ask."""
    return availability_rows(scope, filter, order_by)


def _offers(
    scope: Scope,
    filter: OfferFilter | None = strawberry.UNSET,  # noqa: A002 - the contract's word
    order_by: OfferOrder = OfferOrder.RECENTLY_UPDATED,
) -> Rows:
    """Offers that the viewer may see, in any status: staff their council's, others open ones."""
    offer = visible_offers(scope)
    if order_by is OfferOrder.NEAREST:
        raise BadRequest("NEAREST needs a point to measure from; ask availability with near.")
    where = _offers_where(scope, offer, filter) if filter else []
    found = ordered(offer, where, order_by)
    # An administrator reads every council's, without a list of them.
    return replace(found, per=own_councils(offer)) if scope.audience is Audience.COUNCIL else found


def _offers_where(
    scope: Scope, offer: FromClause, wanted: OfferFilter
) -> list[ColumnElement[bool]]:
    where = _listed(scope, offer, wanted)
    if wanted.statuses is not None:
        where.append(scope.among(offer.c.status, wanted.statuses))
    if wanted.unconfirmed_since is not None:
        day = scope.bind(wanted.unconfirmed_since, Date())
        where.append(or_(offer.c.last_confirmed_on.is_(None), offer.c.last_confirmed_on < day))
    return where


@strawberry.type
class OfferQueries:
    """Queries about offers."""

    availability: OfferConnection = page(_availability)
    offers: OfferConnection = page(_offers)
    offer: Offer | None = lookup(offer_row)
