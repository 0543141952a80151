"""Released reports, frozen, and the history of offers and checks that they are made of."""

import uuid
from datetime import date, datetime
from typing import Any

from sqlalchemy import ARRAY, CheckConstraint, Column, ForeignKey, Index, Text
from sqlalchemy import text as sql
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from schema.tables.columns import identity, moment, one_of, optional_text, recorded_moment, text
from schema.words import CheckKind, CheckState, Edition, OfferStatus, ReportName


def _texts() -> Column[list[str]]:
    return Column(ARRAY(Text), nullable=False, server_default="{}")


class OfferEvent(SQLModel, table=True):
    """An offer as it stood from `at` on, as far as reports go: added at each change of one.

    `recorded_at` is when we knew. It points to its offer by a bare id. `missing` names the fields
    that say nothing.
    """

    __tablename__ = "offer_event"
    __table_args__ = (
        one_of("status", OfferStatus, "offer_event_status"),
        Index("offer_event_offer", "offer_id", sql("at DESC"), sql("recorded_at DESC")),
    )

    id: uuid.UUID = Field(sa_column=identity())
    offer_id: uuid.UUID
    at: datetime = Field(sa_column=moment(nullable=False))
    recorded_at: datetime = Field(sa_column=recorded_moment())
    council_gss: str = Field(sa_column=text())
    kind_code: str = Field(sa_column=text())
    status: str = Field(sa_column=text())
    places: int
    household_max: int | None = None
    route_codes: list[str] = Field(sa_column=_texts())
    is_step_free: bool
    pets_allowed: bool
    children_welcome: bool
    women_only: bool
    available_from: date | None = None
    available_until: date | None = None
    last_confirmed_on: date | None = None
    missing: list[str] = Field(sa_column=_texts())


class CheckEvent(SQLModel, table=True):
    """How far a check on an offer had come from `at` on; why one failed is its kind, no more."""

    __tablename__ = "check_event"
    __table_args__ = (
        one_of("kind", CheckKind, "check_event_kind"),
        one_of("state", CheckState, "check_event_state"),
        Index("check_event_offer", "offer_id", "kind", sql("at DESC"), sql("recorded_at DESC")),
    )

    id: uuid.UUID = Field(sa_column=identity())
    offer_id: uuid.UUID
    at: datetime = Field(sa_column=moment(nullable=False))
    recorded_at: datetime = Field(sa_column=recorded_moment())
    council_gss: str = Field(sa_column=text())
    kind: str = Field(sa_column=text())
    state: str = Field(sa_column=text())
    due_on: date | None = None


class ReportRelease(SQLModel, table=True):
    """A report on a period, computed once. `number` is 1, and one more for each correction.

    `frame` holds the councils, regions, kinds, routes and measures that it is about, as they were
    called then; with the history known at `data_as_of` it gives the same rows again. `made_with`
    says with what its small numbers were hidden: another solver may hide other cells besides.
    """

    __tablename__ = "report_release"
    __table_args__ = (
        one_of("name", ReportName, "report_release_name"),
        CheckConstraint("(number = 1) = (corrects_id IS NULL)", name="report_release_number"),
        Index("report_release_once", "name", "period", "number", unique=True),
    )

    id: uuid.UUID = Field(sa_column=identity())
    name: str = Field(sa_column=text())
    period: str = Field(sa_column=text())
    number: int
    released_at: datetime = Field(sa_column=moment(nullable=False))
    data_as_of: datetime = Field(sa_column=moment(nullable=False))
    columns: list[str] = Field(sa_column=_texts())
    frame: dict[str, Any] = Field(sa_column=Column(JSONB, nullable=False))
    corrects_id: uuid.UUID | None = Field(
        default=None, foreign_key="report_release.id", unique=True
    )
    made_with: str | None = Field(default=None, sa_column=optional_text())


class ReportEdition(SQLModel, table=True):
    """What a release's copy for one audience says of itself."""

    __tablename__ = "report_edition"
    __table_args__ = (one_of("edition", Edition, "report_edition_edition"),)

    release_id: uuid.UUID = Field(foreign_key="report_release.id", primary_key=True)
    edition: str = Field(sa_column=text(primary_key=True))
    checksum: str = Field(sa_column=text())
    row_count: int
    notes: list[str] = Field(sa_column=_texts())
    differs: list[str] = Field(sa_column=_texts())


class ReportRow(SQLModel, table=True):
    """A row of an edition; rows are numbered from 1, and the same row has one number in each.

    `shown` are its cells in the order of the release's columns, `hidden` the names of those columns
    that are suppressed. `council_gss` is whose row it is, if one council's.
    """

    __tablename__ = "report_row"
    __table_args__ = (one_of("edition", Edition, "report_row_edition"),)

    release_id: uuid.UUID = Field(foreign_key="report_release.id", primary_key=True)
    edition: str = Field(sa_column=text(primary_key=True))
    position: int = Field(primary_key=True)
    council_gss: str | None = Field(
        default=None, sa_column=optional_text(ForeignKey("council.gss_code"))
    )
    shown: list[str | None] = Field(sa_column=Column(ARRAY(Text), nullable=False))
    hidden: list[str] = Field(sa_column=_texts())
