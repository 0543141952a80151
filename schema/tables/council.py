"""Councils, their twinnings, and the points that nearness is measured from."""

import uuid
from datetime import date

from sqlalchemy import (
    Column,
    Float,
    ForeignKey,
    Index,
    Text,
    UniqueConstraint,
    func,
    literal_column,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import Field, SQLModel

from schema.tables.columns import identity, one_of, optional_text, text
from schema.words import Basis, Confidence, CouncilKind, Nation, TwinningStatus


class Council(SQLModel, table=True):
    """A principal council; its GSS code is its key.

    `ends_on` is its last day as the source has it, which in part names the day after.
    """

    __tablename__ = "council"
    __table_args__ = (
        one_of("kind", CouncilKind, "council_kind"),
        one_of("nation", Nation, "council_nation"),
        Index("council_former_gss_codes", "former_gss_codes", postgresql_using="gin"),
        Index("council_name", "name", "gss_code"),
    )

    gss_code: str = Field(sa_column=text(primary_key=True))
    name: str = Field(sa_column=text())
    official_name: str = Field(sa_column=text())
    kind: str = Field(sa_column=text())
    nation: str = Field(sa_column=text())
    region: str = Field(sa_column=text(index=True))
    upper_tier_gss: str | None = Field(
        default=None, sa_column=optional_text(ForeignKey("council.gss_code"), index=True)
    )
    starts_on: date | None = None
    ends_on: date | None = None
    former_gss_codes: list[str] = Field(
        sa_column=Column(ARRAY(Text), nullable=False, server_default="{}")
    )
    successors: list[str] = Field(
        sa_column=Column(ARRAY(Text), nullable=False, server_default="{}")
    )
    source: str = Field(sa_column=text())


class Location(SQLModel, table=True):
    """A point that an offer can stand at: a postcode district, or the centre of a council.

    `code` is the district (OX4) or the council's GSS code; metres are on the British
    National Grid (EPSG:27700).
    """

    __tablename__ = "location"
    __table_args__ = (
        Index(
            "location_grid",
            func.point(literal_column("easting"), literal_column("northing")),
            postgresql_using="gist",
        ),
    )

    code: str = Field(sa_column=text(primary_key=True))
    latitude: float = Field(sa_column=Column(Float, nullable=False))
    longitude: float = Field(sa_column=Column(Float, nullable=False))
    easting: float = Field(sa_column=Column(Float, nullable=False))
    northing: float = Field(sa_column=Column(Float, nullable=False))


class Twinning(SQLModel, table=True):
    """A council's link with a city abroad, as it stands from `status_since` (as precise as known).

    Times are text because sources give a year, a month or a day.
    """

    __tablename__ = "twinning"
    __table_args__ = (
        one_of("status", TwinningStatus, "twinning_status"),
        one_of("basis", Basis, "twinning_basis"),
        one_of("confidence", Confidence, "twinning_confidence"),
        UniqueConstraint(
            "council_gss",
            "partner_city",
            "status_since",
            name="twinning_step",
            postgresql_nulls_not_distinct=True,
        ),
    )

    id: uuid.UUID = Field(sa_column=identity())
    council_gss: str = Field(sa_column=text(ForeignKey("council.gss_code"), index=True))
    partner_city: str = Field(sa_column=text())
    partner_country: str = Field(sa_column=text())
    since: str | None = Field(default=None, sa_column=optional_text())
    status: str = Field(sa_column=text())
    status_since: str | None = Field(default=None, sa_column=optional_text())
    reason: str | None = Field(default=None, sa_column=optional_text())
    note: str | None = Field(default=None, sa_column=optional_text())
    source_id: uuid.UUID = Field(foreign_key="source.id", index=True)
    basis: str = Field(sa_column=text())
    confidence: str = Field(sa_column=text())
