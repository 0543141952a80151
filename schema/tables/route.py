"""Visa and resettlement routes, and when each takes applications."""

import uuid
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import CheckConstraint, Column, ForeignKey, Numeric, literal_column
from sqlalchemy.dialects.postgresql import JSONB, TSTZRANGE, ExcludeConstraint
from sqlmodel import Field, SQLModel

from schema.tables.columns import identity, moment, one_of, optional_text, text
from schema.words import Basis, Confidence, RouteStatus


class Route(SQLModel, table=True):
    """A route, as far as it does not change with time; `facts` is its reference file, whole."""

    __tablename__ = "route"

    code: str = Field(sa_column=text(primary_key=True))
    # A one-point range stands for equality in an exclusion constraint, which core PostgreSQL
    # can index without an extension; hence a number for each route.
    number: int = Field(unique=True)
    name: str = Field(sa_column=text())
    names: dict[str, str] = Field(sa_column=Column(JSONB, nullable=False))
    official_name: str = Field(sa_column=text())
    summary: str = Field(sa_column=text())
    leave_months: int | None = None
    leave_is_indefinite: bool
    sponsor_required: bool
    fee_pounds: Decimal | None = Field(default=None, sa_column=Column(Numeric(10, 2)))
    recorded_at: datetime = Field(sa_column=moment(nullable=False))
    facts: dict[str, Any] = Field(sa_column=Column(JSONB, nullable=False))


class RouteWindow(SQLModel, table=True):
    """A route's status in one stretch of time (`valid`), as known in another (`known`).

    Both are half-open ranges of moments. Never overwritten: superseding closes `known`.
    """

    __tablename__ = "route_window"
    __table_args__ = (
        one_of("status", RouteStatus, "route_window_status"),
        one_of("basis", Basis, "route_window_basis"),
        one_of("confidence", Confidence, "route_window_confidence"),
        CheckConstraint("status <> 'NOT_YET_OPEN'", name="route_window_opened"),
        ExcludeConstraint(
            (literal_column("int8range(route_number, route_number, '[]')"), "&&"),
            (literal_column("valid"), "&&"),
            (literal_column("known"), "&&"),
            using="gist",
            name="route_window_one_truth",
        ),
    )

    id: uuid.UUID = Field(sa_column=identity())
    route_code: str = Field(sa_column=text(ForeignKey("route.code"), index=True))
    route_number: int
    status: str = Field(sa_column=text())
    valid: Any = Field(sa_column=Column(TSTZRANGE, nullable=False))
    known: Any = Field(sa_column=Column(TSTZRANGE, nullable=False))
    basis: str = Field(sa_column=text())
    confidence: str = Field(sa_column=text())
    note: str | None = Field(default=None, sa_column=optional_text())
    source_title: str | None = Field(default=None, sa_column=optional_text())
    source_url: str | None = Field(default=None, sa_column=optional_text())
