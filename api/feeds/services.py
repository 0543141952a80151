"""Open offers as services: which of them, in what order, and pages of them."""

from collections.abc import Awaitable, Callable, Hashable, Mapping
from functools import lru_cache
from typing import Any
from uuid import UUID

import asyncpg
from sqlalchemy import (
    ARRAY,
    ColumnElement,
    DateTime,
    Float,
    LargeBinary,
    Text,
    Uuid,
    bindparam,
    case,
    false,
    func,
    literal_column,
    select,
)
from sqlalchemy.dialects.postgresql import aggregate_order_by, array

from api.feeds import hsds
from api.feeds.filters import FILTERS, NEAR_METRES
from api.feeds.organizations import COLUMNS, gss_of
from api.feeds.paging import Paging, page_of
from api.feeds.taxonomies import KINDS, ROUTES, find_term
from api.store.composed import Composed
from schema.refusals import BadRequest
from schema.types.open_rows import council, location, open_offer, route, support_kind

BYTES = 16
"""What one id takes in a listing."""

Listed = Callable[[Hashable, Callable[[], Awaitable[bytes]]], Awaitable[bytes]]
"""Gives the listing of a key: the one that is kept, or what the function reads now."""
Shape = Callable[[asyncpg.Record], dict[str, Any]]

_ENGLISH: ColumnElement[Any] = literal_column("'english'::regconfig")
_GRID = func.point(location.c.easting, location.c.northing)
_HERE = func.point(bindparam("easting", type_=Float()), bindparam("northing", type_=Float()))
_MINIMUM_AGE = case((open_offer.c.children_welcome, 0), else_=hsds.ADULT)
_POINT = Composed(
    select(location.c.easting, location.c.northing).where(
        location.c.code == bindparam("postcode", type_=Text())
    )
)

_CONDITIONS: Mapping[str, ColumnElement[bool]] = {
    "council": open_offer.c.council_gss == bindparam("council", type_=Text()),
    "kind": open_offer.c.kind_code == bindparam("kind", type_=Text()),
    "metres": _GRID.op("<@", is_comparison=True)(
        func.circle(_HERE, bindparam("metres", type_=Float()))
    ),
    "minimum_age": bindparam("minimum_age", type_=Float()) <= _MINIMUM_AGE,
    "modified_after": open_offer.c.updated_at
    >= bindparam("modified_after", type_=DateTime(timezone=True)),
    "nothing": false(),
    "route": bindparam("route", type_=Text()) == func.any(open_offer.c.route_codes),
    "search": open_offer.c.search_text.op("@@", is_comparison=True)(
        func.websearch_to_tsquery(_ENGLISH, bindparam("search", type_=Text()))
    ),
    "some_route": func.cardinality(open_offer.c.route_codes) > 0,
}

_ROUTES = func.array(
    select(array([route.c.code, route.c.name, route.c.summary]))
    .where(route.c.code == func.any(open_offer.c.route_codes), route.c.recorded_at <= func.now())
    .order_by(route.c.code)
    .scalar_subquery()
)
_IDS = bindparam("ids", type_=ARRAY(Uuid()))
_ROWS = Composed(
    select(
        *(
            open_offer.c[name]
            for name in (
                "available_from",
                "available_until",
                "children_welcome",
                "description",
                "household_max",
                "id",
                "kind_code",
                "languages",
                "last_confirmed_on",
                "minimum_months",
                "places_left",
                "postcode_district",
                "step_free",
                "title",
                "updated_at",
                "women_only",
            )
        ),
        *COLUMNS,
        support_kind.c.name.label("kind_name"),
        support_kind.c.definition,
        location.c.latitude,
        location.c.longitude,
        _ROUTES.label("routes"),
    )
    .select_from(
        open_offer.join(council, council.c.gss_code == open_offer.c.council_gss)
        .join(support_kind, support_kind.c.code == open_offer.c.kind_code)
        .outerjoin(location, location.c.code == open_offer.c.location_code)
    )
    .where(open_offer.c.id == func.any(_IDS))
    .order_by(func.array_position(_IDS, open_offer.c.id))
)
_MINIMAL = Composed(
    select(open_offer.c.id, open_offer.c.updated_at)
    .where(open_offer.c.id == func.any(_IDS))
    .order_by(func.array_position(_IDS, open_offer.c.id))
)


async def page_of_services(
    connection: asyncpg.Connection,
    paging: Paging,
    given: Mapping[str, Any],
    listed: Listed,
    shape: Shape,
) -> dict[str, Any]:
    """A page of the services that the filters leave, by id, or the nearest first."""
    filters = {each.name: given[each.name] for each in FILTERS if each.name in given}

    async def read() -> bytes:
        return await _listing_of(connection, await _conditions(connection, filters))

    listing = await listed(("services", *sorted(filters.items())), read)
    # One that was taken since is left out; `size` says so, and the next answer counts anew.
    asked = listing[paging.start * BYTES : (paging.start + paging.size) * BYTES].hex()
    ids = [asked[at : at + 2 * BYTES] for at in range(0, len(asked), 2 * BYTES)]
    statement = _MINIMAL if shape is hsds.minimal else _ROWS
    rows = await statement.rows(connection, ids=ids) if ids else []
    return page_of(paging, len(listing) // BYTES, [shape(row) for row in rows])


async def find_service(
    connection: asyncpg.Connection, asked: UUID, shape: Shape
) -> dict[str, Any] | None:
    """The open offer with this id, or None."""
    row = await _ROWS.row(connection, ids=[asked])
    return shape(row) if row else None


async def _listing_of(connection: asyncpg.Connection, found: dict[str, Any]) -> bytes:
    row = await _listing(frozenset(found)).row(connection, **found)
    assert row is not None
    return row["ids"] or b""


@lru_cache(256)
def _listing(names: frozenset[str]) -> Composed:
    # The ids of all that match, in order, as one value: pages are cut out of it, however deep,
    # and its length is the count.
    tables: Any = open_offer
    order: list[ColumnElement[Any]] = [open_offer.c.id]
    if "metres" in names:
        tables = open_offer.join(location, location.c.code == open_offer.c.location_code)
        order = [_GRID.op("<->", return_type=Float())(_HERE), location.c.code, open_offer.c.id]
    ids = func.uuid_send(open_offer.c.id, type_=LargeBinary())
    joined = func.string_agg(ids, aggregate_order_by(literal_column("''::bytea"), *order))
    where = [_CONDITIONS[name] for name in sorted(names & _CONDITIONS.keys())]
    return Composed(select(joined.label("ids")).select_from(tables).where(*where))


async def _conditions(connection: asyncpg.Connection, given: Mapping[str, Any]) -> dict[str, Any]:
    """The values of the conditions that filters come to, by name; raises BadRequest."""
    found: dict[str, Any] = {
        name: given[name] for name in ("minimum_age", "modified_after", "search") if name in given
    }
    if "organization_id" in given:
        gss_code = await gss_of(connection, given["organization_id"])
        found["council" if gss_code else "nothing"] = gss_code
    if "taxonomy_term_id" in given:
        term = await find_term(connection, given["taxonomy_term_id"])
        if term is None:
            found["nothing"] = True
        else:
            found["kind" if term["taxonomy_id"] == KINDS.id else "route"] = term["code"]
    # Every offer has a kind, but not every one names routes.
    if "taxonomy_id" in given and str(given["taxonomy_id"]) != KINDS.id:
        found["some_route" if str(given["taxonomy_id"]) == ROUTES.id else "nothing"] = True
    if given.get("taxonomy_type") == ROUTES.link_type:
        found["some_route"] = True
    # What no offer states, none is found by.
    if given.keys() & {"day", "end_time", "maximum_age", "start_time"}:
        found["nothing"] = True
    return found | await _near(connection, given)


async def _near(connection: asyncpg.Connection, given: Mapping[str, Any]) -> dict[str, Any]:
    if "postcode" not in given:
        if "proximity" in given:
            raise BadRequest("proximity is a distance from a postcode; give postcode as well.")
        return {}
    point = await _POINT.row(connection, postcode=given["postcode"])
    if point is None:
        raise BadRequest(f"We have no point for the postcode district {given['postcode']}.")
    return {
        "easting": point["easting"],
        "northing": point["northing"],
        "metres": float(given.get("proximity", NEAR_METRES)),
    }
