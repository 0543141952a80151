"""Which offers an audience reads, and the orders that they come in."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    DateTime,
    Float,
    FromClause,
    Integer,
    Text,
    Uuid,
    func,
    literal_column,
)
from sqlalchemy.types import Date

from schema.types import rows
from schema.types.reads import Key, Rows, Scope
from schema.words import Audience, OfferOrder

Conditions = Callable[[FromClause], Sequence[ColumnElement[bool]]]
STAFF = frozenset({Audience.ADMIN, Audience.COUNCIL})

# Offers without a first day can be had already: the soonest of all. The driver's word for
# this day is Python's first.
ALREADY: ColumnElement[Any] = literal_column("'-infinity'::date", Date())


def visible_offers(scope: Scope) -> FromClause:
    """The offers that a viewer may see: staff their own council's, others open ones."""
    source = rows.staff_offer if scope.audience in STAFF else rows.open_offer
    return source.alias()


def open_offers(*, where: Conditions, order_by: OfferOrder = OfferOrder.RECENTLY_UPDATED) -> Rows:
    """Open offers with places left now, the same for every audience."""
    offer = rows.open_offer.alias()
    return ordered(offer, where(offer), order_by)


def ordered(offer: FromClause, where: Sequence[ColumnElement[bool]], order_by: OfferOrder) -> Rows:
    """Offers in an order that needs no point to measure from."""
    by_id = Key(offer.c.id, Uuid(), UUID)
    if order_by is OfferOrder.MOST_PLACES:
        keys = [Key(offer.c.places_left, Integer(), int), by_id]
    elif order_by is OfferOrder.SOONEST:
        begins = func.coalesce(offer.c.available_from, ALREADY)
        keys = [Key(begins, Date(), date.fromisoformat), by_id]
    else:
        keys = [Key(offer.c.updated_at, DateTime(timezone=True), datetime.fromisoformat), by_id]
    return Rows(
        offer,
        where=where,
        keys=keys,
        descending=order_by is not OfferOrder.SOONEST,
        order_name=order_by.value,
    )


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
    grid = func.point(place.c.easting, place.c.northing)
    distance = grid.op("<->", return_type=Float())(point)
    tables = place.join(offer, offer.c.location_code == place.c.code)
    within = [grid.op("<@", is_comparison=True)(func.circle(point, metres)), *where]
    if order_by is OfferOrder.NEAREST:
        return Rows(
            offer,
            where=within,
            keys=[
                Key(distance, Float(), float),
                Key(place.c.code, Text(), str),
                Key(offer.c.id, Uuid(), UUID),
            ],
            order_name=order_by.value,
            tables=tables,
            distance=distance,
        )
    plain = ordered(offer, within, order_by)
    return replace(plain, tables=tables, distance=distance)
