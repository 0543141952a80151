"""Which offers an audience reads, and the orders that they come in."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    DateTime,
    Float,
    FromClause,
    Integer,
    Select,
    Text,
    Uuid,
    func,
    literal_column,
    select,
)
from sqlalchemy.types import Date

from schema.types import rows
from schema.types.reads import Key, Per, Rows, Scope, finite, moment, whole, words
from schema.words import Audience, OfferOrder

Conditions = Callable[[FromClause], Sequence[ColumnElement[bool]]]
CASEWORKERS = frozenset({Audience.ADMIN, Audience.CHARITY, Audience.COUNCIL})
STAFF = frozenset({Audience.ADMIN, Audience.COUNCIL})

# Offers without a first day can be had already: the soonest of all. The driver's word for
# this day is Python's first.
ALREADY: ColumnElement[Any] = literal_column("'-infinity'::date", Date())


def visible_offers(scope: Scope) -> FromClause:
    """The offers that a viewer may see: staff their own council's, others open ones."""
    source = rows.staff_offer if scope.audience in STAFF else rows.open_offer
    return source.alias()


def own_councils(offer: FromClause) -> Per:
    """The councils whose offers the viewer reads as its staff: its own, and its lower tiers."""
    scope = func.nullif(func.current_setting("hearth.gss", True), "")
    each = (
        func.unnest(func.string_to_array(scope, ","))
        .table_valued("gss_code", name="own")
        .render_derived()
    )
    return Per(each, offer.c.council_gss == each.c.gss_code)


def open_offers(*, where: Conditions, order_by: OfferOrder = OfferOrder.RECENTLY_UPDATED) -> Rows:
    """Open offers with places left now, the same for every audience."""
    offer = rows.open_offer.alias()
    return ordered(offer, where(offer), order_by)


def ordered(offer: FromClause, where: Sequence[ColumnElement[bool]], order_by: OfferOrder) -> Rows:
    """Offers in an order that needs no point to measure from.

    The most places are counted without those of holds, even of such as have just run out: an
    index can't go by the clock.
    """
    by_id = Key(offer.c.id, Uuid(), UUID)
    if order_by is OfferOrder.MOST_PLACES:
        keys = [Key(offer.c.places_unheld, Integer(), whole), by_id]
    elif order_by is OfferOrder.SOONEST:
        begins = func.coalesce(offer.c.available_from, ALREADY)
        keys = [Key(begins, Date(), date.fromisoformat), by_id]
    else:
        keys = [Key(offer.c.updated_at, DateTime(timezone=True), moment), by_id]
    return Rows(
        offer,
        where=where,
        keys=keys,
        descending=order_by is not OfferOrder.SOONEST,
        order_name=order_by.value,
    )


def grid_of(place: FromClause) -> ColumnElement[Any]:
    """Where a location stands on the British National Grid; an index on this ranks them."""
    return func.point(place.c.easting, place.c.northing)


def metres_from(point: ColumnElement[Any], place: FromClause) -> ColumnElement[Any]:
    """How far a location is from a point, both on the British National Grid."""
    return grid_of(place).op("<->", return_type=Float())(point)


def nearest(
    offer: FromClause,
    where: Sequence[ColumnElement[bool]],
    point: ColumnElement[Any],
    metres: ColumnElement[Any],
    order_by: OfferOrder,
) -> Rows:
    """Offers within `metres` of a point; ranked by district, then id, where nearest comes first.

    Distances are between district points on the British National Grid, so all offers of a
    district are equally near; an index on the points ranks them.
    """
    place = rows.location.alias()
    is_within = grid_of(place).op("<@", is_comparison=True)(func.circle(point, metres))
    if order_by is OfferOrder.NEAREST:
        return Rows(
            offer,
            where=where,
            keys=[
                Key(metres_from(point, place), Float(), finite),
                Key(place.c.code, Text(), words),
                Key(offer.c.id, Uuid(), UUID),
            ],
            order_name=order_by.value,
            point=point,
            per=Per(place, offer.c.location_code == place.c.code, where=[is_within], keys=2),
        )
    codes = select(place.c.code).where(is_within)
    within = [offer.c.location_code == any_of(codes), *where]
    return replace(ordered(offer, within, order_by), point=point)


def any_of(codes: Select[Any]) -> ColumnElement[Any]:
    """The right-hand side of "= any of these", worked out once.

    As a join it would tempt PostgreSQL to sort all offers, where it can take them in order and
    leave out what isn't among these.
    """
    return func.any(func.array(codes.scalar_subquery()))
