"""What anybody may read: open offers, councils and facts of routes. No table here holds a person.

The feeds import rows from here alone, so that none of theirs can name a table of people.
"""

from typing import Any

from sqlalchemy import Column, FromClause, MetaData, Table
from sqlmodel import SQLModel

from schema.tables.council import Council, Location
from schema.tables.offer import Offer
from schema.tables.route import Route, RouteFact
from schema.tables.source import Source
from schema.tables.support_kind import SupportKind


def table_of(model: type[SQLModel]) -> Table:
    """The SQLAlchemy table behind a SQLModel class."""
    table = SQLModel.metadata.tables[str(model.__tablename__)]
    assert isinstance(table, Table)
    return table


_OFFER = table_of(Offer)
_HIDDEN = {"held", "holds_end_at", "places", "taken"}


def view_of_offers(name: str) -> Table:
    """One of the views in schema/policies/offer.sql, which all have the same columns.

    A metadata of its own keeps Alembic off it.
    """
    columns: list[Column[Any]] = [
        Column(column.name, column.type) for column in _OFFER.columns if column.name not in _HIDDEN
    ]
    places = _OFFER.c.places.type
    return Table(
        name,
        MetaData(),
        *columns,
        Column("places_total", places),
        Column("places_left", places),
        Column("places_unheld", places),
        Column("readiness", _OFFER.c.status.type),
    )


council = table_of(Council)
location = table_of(Location)
open_offer: FromClause = view_of_offers("open_offer")
route = table_of(Route)
route_fact = table_of(RouteFact)
source = table_of(Source)
support_kind = table_of(SupportKind)
