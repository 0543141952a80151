"""Requests of households for support, what they agreed to, and what happened to them."""

import uuid
from datetime import date, datetime

from sqlalchemy import ARRAY, CheckConstraint, Column, ForeignKey, Index, Integer, LargeBinary, Text
from sqlalchemy import text as sql
from sqlmodel import Field, SQLModel

from schema.tables.columns import (
    counted,
    created_moment,
    flag,
    identity,
    moment,
    one_of,
    optional_text,
    recorded_moment,
    text,
)
from schema.words import ConsentScope, RequestStatus, Step


def _texts() -> Column[list[str]]:
    return Column(ARRAY(Text), nullable=False, server_default="{}")


class Request(SQLModel, table=True):
    """What a household needs, where and by when. It holds nobody's name.

    `status` is never MATCHING here: that a match is live goes by the clock, so it is worked out
    when it is read. `easting`, `northing` (metres on the British National Grid) and `within_km`
    say where the household would like to live.
    """

    __tablename__ = "request"
    __table_args__ = (
        one_of("status", RequestStatus, "request_status"),
        CheckConstraint("adults BETWEEN 1 AND 30", name="request_adults"),
        CheckConstraint("cardinality(child_ages) <= 30", name="request_children"),
        CheckConstraint("cardinality(kind_codes) > 0", name="request_kinds"),
        CheckConstraint("(easting IS NULL) = (northing IS NULL)", name="request_point"),
        CheckConstraint("version >= 1", name="request_version"),
        Index("request_organisation", "organisation_id", sql("submitted_at DESC"), sql("id DESC")),
        Index("request_submitted", sql("submitted_at DESC"), sql("id DESC")),
    )

    id: uuid.UUID = Field(sa_column=identity())
    reference: str = Field(sa_column=text(unique=True))
    organisation_id: uuid.UUID = Field(foreign_key="organisation.id")
    submitted_by: str = Field(sa_column=text())
    status: str = Field(sa_column=text())
    closed_reason: str | None = Field(default=None, sa_column=optional_text())
    adults: int
    child_ages: list[int] = Field(
        sa_column=Column(ARRAY(Integer), nullable=False, server_default="{}")
    )
    languages: list[str] = Field(sa_column=_texts())
    needs_step_free: bool
    has_pets: bool
    women_only: bool
    kind_codes: list[str] = Field(sa_column=_texts())
    route_code: str | None = Field(default=None, sa_column=optional_text(ForeignKey("route.code")))
    preferred_gss_codes: list[str] = Field(sa_column=_texts())
    preferred_regions: list[str] = Field(sa_column=_texts())
    postcode_district: str | None = Field(default=None, sa_column=optional_text())
    easting: float | None = None
    northing: float | None = None
    within_km: float | None = None
    needed_by: date | None = None
    version: int = Field(sa_column=counted(1))
    submitted_at: datetime = Field(sa_column=created_moment())
    updated_at: datetime = Field(sa_column=created_moment())


class RequestContact(SQLModel, table=True):
    """A household's names, contacts, nationality and notes, sealed; the database has no key.

    Once `protected_at` is set, only `shown_to` (councils by GSS code, members by subject) may have
    it opened, and where the household would like to live is sealed here too.
    """

    __tablename__ = "request_contact"

    request_id: uuid.UUID = Field(primary_key=True, foreign_key="request.id")
    sealed: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    sealed_with: str = Field(sa_column=text(server_default=""))
    protected_at: datetime | None = Field(default=None, sa_column=moment())
    shown_to: list[str] = Field(sa_column=_texts())


class ContactLook(SQLModel, table=True):
    """Who looked at a household's contact, when, and by what right. Added, never changed."""

    __tablename__ = "contact_look"

    id: uuid.UUID = Field(sa_column=identity())
    request_id: uuid.UUID = Field(foreign_key="request.id", index=True)
    at: datetime = Field(sa_column=created_moment())
    subject: str = Field(sa_column=text())
    name: str = Field(sa_column=text(server_default=""))
    why: str = Field(sa_column=text())


class Consent(SQLModel, table=True):
    """A consent given or taken back, of all councils or of one; the latest counts."""

    __tablename__ = "consent"
    __table_args__ = (
        one_of("scope", ConsentScope, "consent_scope"),
        Index("consent_request", "request_id", "scope", sql("at DESC"), sql("id DESC")),
    )

    id: uuid.UUID = Field(sa_column=identity())
    request_id: uuid.UUID = Field(foreign_key="request.id")
    scope: str = Field(sa_column=text())
    gss_code: str | None = Field(
        default=None, sa_column=optional_text(ForeignKey("council.gss_code"))
    )
    is_given: bool = Field(sa_column=flag())
    at: datetime = Field(sa_column=created_moment())


class RequestEvent(SQLModel, table=True):
    """One step of a request, without personal data.

    It points to its request by a bare id, so that it stays when the household is erased and
    reports can be made again. `at` is when it happened, `recorded_at` when we knew;
    `happened_on` the day of an arrival or an end.

    A trigger fills in what reports need of the request: the council and region that it would
    like, if it is one; `adults`, `child_bands` (ages as low as funding can tell them apart) and
    `needs`.
    """

    __tablename__ = "request_event"
    __table_args__ = (
        one_of("step", Step, "request_event_step"),
        Index("request_event_request", "request_id", "at"),
    )

    id: uuid.UUID = Field(sa_column=identity())
    request_id: uuid.UUID
    at: datetime = Field(sa_column=created_moment())
    step: str = Field(sa_column=text())
    organisation_id: uuid.UUID = Field(foreign_key="organisation.id")
    people: int
    kind_codes: list[str] = Field(sa_column=_texts())
    route_code: str | None = Field(default=None, sa_column=optional_text())
    match_id: uuid.UUID | None = None
    offer_id: uuid.UUID | None = None
    council_gss: str | None = Field(default=None, sa_column=optional_text())
    held_until: datetime | None = Field(default=None, sa_column=moment())
    reason: str | None = Field(default=None, sa_column=optional_text())
    recorded_at: datetime = Field(sa_column=recorded_moment())
    happened_on: date | None = None
    is_rematched: bool = Field(sa_column=flag())
    wanted_gss: str | None = Field(default=None, sa_column=optional_text())
    wanted_region: str | None = Field(default=None, sa_column=optional_text())
    adults: int = Field(sa_column=counted(0))
    child_bands: list[int] = Field(
        sa_column=Column(ARRAY(Integer), nullable=False, server_default="{}")
    )
    needs: list[str] = Field(sa_column=_texts())
