"""SQLModel's tables and the offer views, as SQLAlchemy sees them."""

from typing import Any

from sqlalchemy import Column, FromClause, MetaData, Table
from sqlmodel import SQLModel

from schema import tables


def table_of(model: type[SQLModel]) -> Table:
    """The SQLAlchemy table behind a SQLModel class."""
    table = SQLModel.metadata.tables[str(model.__tablename__)]
    assert isinstance(table, Table)
    return table


audit_event = table_of(tables.AuditEvent)
consent = table_of(tables.Consent)
contact_look = table_of(tables.ContactLook)
council = table_of(tables.Council)
location = table_of(tables.Location)
fact_attribute = table_of(tables.FactAttribute)
idempotency_key = table_of(tables.IdempotencyKey)
match = table_of(tables.Match)
member = table_of(tables.Member)
offer = table_of(tables.Offer)
offer_check = table_of(tables.OfferCheck)
organisation = table_of(tables.Organisation)
outbox = table_of(tables.Outbox)
request = table_of(tables.Request)
request_contact = table_of(tables.RequestContact)
request_event = table_of(tables.RequestEvent)
route = table_of(tables.Route)
route_dissent = table_of(tables.RouteDissent)
route_event = table_of(tables.RouteEvent)
route_fact = table_of(tables.RouteFact)
route_source = table_of(tables.RouteSource)
source = table_of(tables.Source)
support_kind = table_of(tables.SupportKind)
twinning = table_of(tables.Twinning)

# The views live in schema/policies/offer.sql; a metadata of their own keeps Alembic off them.
_HIDDEN = {"held", "holds_end_at", "places", "taken"}


def _view(name: str) -> Table:
    columns: list[Column[Any]] = [
        Column(column.name, column.type) for column in offer.columns if column.name not in _HIDDEN
    ]
    places = offer.c.places.type
    return Table(
        name,
        MetaData(),
        *columns,
        Column("places_total", places),
        Column("places_left", places),
        Column("places_unheld", places),
        Column("readiness", offer.c.status.type),
    )


matched_offer: FromClause = _view("matched_offer")
open_offer: FromClause = _view("open_offer")
staff_offer: FromClause = _view("staff_offer")
