"""Offers of support, and the checks on them."""

import uuid
from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    CheckConstraint,
    Column,
    Computed,
    ForeignKey,
    Index,
    LargeBinary,
    Text,
    UniqueConstraint,
)
from sqlalchemy import text as sql
from sqlalchemy.dialects.postgresql import ARRAY, TSVECTOR
from sqlmodel import Field, SQLModel

from schema.tables.columns import (
    counted,
    created_moment,
    flag,
    identity,
    moment,
    one_of,
    optional_text,
    text,
)
from schema.words import CheckKind, CheckState, OfferStatus, StepFree

SEARCHED = "to_tsvector('english'::regconfig, title || ' ' || description)"


def _open(name: str, *columns: Any) -> Index:
    return Index(name, *columns, postgresql_where=sql("status = 'OPEN'"))


class Offer(SQLModel, table=True):
    """What a council offers. Places are people, never beds or rooms.

    A hold ends by the clock: past `holds_end_at`, `held` no longer counts. `location_code` is
    the postcode district where its point is known, the council's centre where no district is
    given, and null where the district is newer than the points that we hold.
    """

    __tablename__ = "offer"
    __table_args__ = (
        one_of("status", OfferStatus, "offer_status"),
        one_of("step_free", StepFree, "offer_step_free"),
        CheckConstraint(
            "places >= 0 AND taken >= 0 AND held >= 0 AND taken + held <= places",
            name="offer_places",
        ),
        CheckConstraint("household_max >= 1", name="offer_household_max"),
        CheckConstraint("minimum_months >= 0", name="offer_minimum_months"),
        CheckConstraint("available_until >= available_from", name="offer_dates"),
        CheckConstraint("version >= 1", name="offer_version"),
        # One index for each way that a page is taken in order; the public's hold what is open.
        Index("offer_council", "council_gss", sql("updated_at DESC"), sql("id DESC")),
        _open("offer_open_begins", sql("(coalesce(available_from, '-infinity'::date))"), "id"),
        _open("offer_open_kind", "kind_code", sql("updated_at DESC"), sql("id DESC")),
        _open("offer_open_kind_location", "kind_code", "location_code", "id"),
        _open("offer_open_location", "location_code", "id"),
        _open("offer_open_places", sql("(places - taken - held) DESC"), sql("id DESC")),
        _open("offer_open_updated", sql("updated_at DESC"), sql("id DESC")),
        Index("offer_holds", "holds_end_at", postgresql_where=sql("held > 0")),
        Index("offer_search", "search_text", postgresql_using="gin"),
        Index("offer_updated", sql("updated_at DESC"), sql("id DESC")),
    )

    id: uuid.UUID = Field(sa_column=identity())
    council_gss: str = Field(sa_column=text(ForeignKey("council.gss_code")))
    kind_code: str = Field(sa_column=text(ForeignKey("support_kind.code")))
    title: str = Field(sa_column=text())
    description: str = Field(sa_column=text(server_default=""))
    status: str = Field(sa_column=text())
    places: int
    taken: int = Field(sa_column=counted(0))
    held: int = Field(sa_column=counted(0))
    holds_end_at: datetime | None = Field(default=None, sa_column=moment())
    household_max: int | None = None
    route_codes: list[str] = Field(
        sa_column=Column(ARRAY(Text), nullable=False, server_default="{}")
    )
    postcode_district: str | None = Field(default=None, sa_column=optional_text())
    location_code: str | None = Field(
        default=None, sa_column=optional_text(ForeignKey("location.code"))
    )
    step_free: str = Field(sa_column=text())
    pets_allowed: bool
    children_welcome: bool
    women_only: bool
    languages: list[str] = Field(sa_column=Column(ARRAY(Text), nullable=False, server_default="{}"))
    available_from: date | None = None
    available_until: date | None = None
    minimum_months: int | None = None
    last_confirmed_on: date | None = None
    external_ref: str | None = Field(default=None, sa_column=optional_text())
    version: int = Field(sa_column=counted(1))
    created_at: datetime = Field(sa_column=created_moment())
    updated_at: datetime = Field(sa_column=created_moment())
    search_text: Any = Field(sa_column=Column(TSVECTOR, Computed(SEARCHED, persisted=True)))


class OfferAddress(SQLModel, table=True):
    """Where exactly an offer is and who the host is, sealed; the database has no key.

    Once `protected_at` is set, only `shown_to` (councils by GSS code, members by subject) may have
    it opened, and its postcode district is sealed here too, and no longer in the offer.
    """

    __tablename__ = "offer_address"

    offer_id: uuid.UUID = Field(primary_key=True, foreign_key="offer.id")
    council_gss: str = Field(sa_column=text(ForeignKey("council.gss_code")))
    sealed: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    sealed_with: str = Field(sa_column=text(server_default=""))
    host_agrees: bool = Field(sa_column=flag())
    protected_at: datetime | None = Field(default=None, sa_column=moment())
    shown_to: list[str] = Field(sa_column=Column(ARRAY(Text), nullable=False, server_default="{}"))


class OfferCheck(SQLModel, table=True):
    """How far one kind of check has come. `council_gss` is the offer's, for the policy."""

    __tablename__ = "offer_check"
    __table_args__ = (
        one_of("kind", CheckKind, "offer_check_kind"),
        one_of("state", CheckState, "offer_check_state"),
        CheckConstraint(
            "(state = 'FAILED') = (failure_reason IS NOT NULL)", name="offer_check_reason"
        ),
        UniqueConstraint("offer_id", "kind", name="offer_check_once"),
    )

    id: uuid.UUID = Field(sa_column=identity())
    offer_id: uuid.UUID = Field(foreign_key="offer.id")
    council_gss: str = Field(sa_column=text(ForeignKey("council.gss_code"), index=True))
    kind: str = Field(sa_column=text())
    state: str = Field(sa_column=text())
    failure_reason: str | None = Field(default=None, sa_column=optional_text())
    due_on: date | None = None
    done_on: date | None = None
