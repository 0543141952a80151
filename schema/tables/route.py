"""Visa and resettlement routes, and the dated facts that say what each one is."""

import uuid
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, Numeric, literal_column
from sqlalchemy.dialects.postgresql import JSONB, TSTZRANGE, ExcludeConstraint
from sqlmodel import Field, SQLModel

from schema.tables.columns import identity, moment, one_of, optional_text, text
from schema.words import Basis, Confidence, FactOrigin, Precision, RouteFactSort


class Route(SQLModel, table=True):
    """A route, as far as it does not change with time.

    `names` and `summaries` map a language (UK, RU, CY) to the text in it; `facts` is the route's
    reference file, whole.
    """

    __tablename__ = "route"

    code: str = Field(sa_column=text(primary_key=True))
    name: str = Field(sa_column=text())
    names: dict[str, str] = Field(sa_column=Column(JSONB, nullable=False))
    official_name: str = Field(sa_column=text())
    summary: str = Field(sa_column=text())
    summaries: dict[str, str] = Field(sa_column=Column(JSONB, nullable=False, server_default="{}"))
    sponsor_required: bool
    fee_pounds: Decimal | None = Field(default=None, sa_column=Column(Numeric(10, 2)))
    recorded_at: datetime = Field(sa_column=moment(nullable=False))
    facts: dict[str, Any] = Field(sa_column=Column(JSONB, nullable=False))


class RouteFact(SQLModel, table=True):
    """What is so of a route in one stretch of time (`valid`), as known in another (`known`).

    Both are half-open ranges of moments; `valid_from_is` and `valid_to_is` say how precise the
    ends of `valid` are. `body` holds what the sort has besides (schema.reference.fact_bodies),
    `words` its sentence by language. `key` names the fact through time: of one key, one truth at
    each moment of each knowledge. Never overwritten: superseding closes `known`, and a trigger
    refuses everything else.
    """

    __tablename__ = "route_fact"
    __table_args__ = (
        one_of("sort", RouteFactSort, "route_fact_sort"),
        one_of("valid_from_is", Precision, "route_fact_valid_from_is"),
        one_of("valid_to_is", Precision, "route_fact_valid_to_is"),
        one_of("basis", Basis, "route_fact_basis"),
        one_of("confidence", Confidence, "route_fact_confidence"),
        one_of("origin", FactOrigin, "route_fact_origin"),
        CheckConstraint("NOT isempty(valid) AND NOT isempty(known)", name="route_fact_not_empty"),
        # A one-point range stands for equality, which core PostgreSQL can index without an
        # extension; hence a number for each key.
        ExcludeConstraint(
            (
                literal_column(
                    "int8range(hashtextextended(key, 0), hashtextextended(key, 0), '[]')"
                ),
                "&&",
            ),
            (literal_column("valid"), "&&"),
            (literal_column("known"), "&&"),
            using="gist",
            name="route_fact_one_truth",
        ),
        Index("route_fact_of_route", "route_code", "sort", "position"),
        Index("route_fact_source", "source_id"),
    )

    id: uuid.UUID = Field(sa_column=identity())
    route_code: str = Field(sa_column=text(ForeignKey("route.code")))
    sort: str = Field(sa_column=text())
    key: str = Field(sa_column=text())
    position: int
    valid: Any = Field(sa_column=Column(TSTZRANGE, nullable=False))
    valid_from_is: str = Field(sa_column=text())
    valid_to_is: str = Field(sa_column=text())
    known: Any = Field(sa_column=Column(TSTZRANGE, nullable=False))
    body: dict[str, Any] = Field(sa_column=Column(JSONB, nullable=False))
    words: dict[str, str] = Field(sa_column=Column(JSONB, nullable=False, server_default="{}"))
    source_id: uuid.UUID | None = Field(default=None, foreign_key="source.id")
    basis: str = Field(sa_column=text())
    confidence: str = Field(sa_column=text())
    note: str | None = Field(default=None, sa_column=optional_text())
    origin: str = Field(sa_column=text())


class RouteDissent(SQLModel, table=True):
    """A source that gives a fact another value: what it claims, and why ours was preferred."""

    __tablename__ = "route_dissent"

    fact_id: uuid.UUID = Field(foreign_key="route_fact.id", primary_key=True)
    source_id: uuid.UUID = Field(foreign_key="source.id", primary_key=True, index=True)
    claims: dict[str, str] = Field(sa_column=Column(JSONB, nullable=False))
    note: str | None = Field(default=None, sa_column=optional_text())


class RouteEvent(SQLModel, table=True):
    """What happened to a route, on a day as precise as the source has it."""

    __tablename__ = "route_event"

    route_code: str = Field(sa_column=text(ForeignKey("route.code"), primary_key=True))
    position: int = Field(primary_key=True)
    on: str = Field(sa_column=text())
    event: str = Field(sa_column=text())


class RouteSource(SQLModel, table=True):
    """A source that a route's facts were read from."""

    __tablename__ = "route_source"

    route_code: str = Field(sa_column=text(ForeignKey("route.code"), primary_key=True))
    source_id: uuid.UUID = Field(foreign_key="source.id", primary_key=True, index=True)
    position: int


class FactAttribute(SQLModel, table=True):
    """Something about a household or sponsor that rules ask for, and the question for it.

    `questions` maps a language to the question; `choices` are the values it can have, where
    they are few.
    """

    __tablename__ = "fact_attribute"

    key: str = Field(sa_column=text(primary_key=True))
    position: int
    subject: str = Field(sa_column=text())
    attribute: str = Field(sa_column=text())
    type: str = Field(sa_column=text())
    choices: list[str] = Field(sa_column=Column(JSONB, nullable=False))
    questions: dict[str, str] = Field(sa_column=Column(JSONB, nullable=False))
