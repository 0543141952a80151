"""Matches: an offer and a household, from the proposal to the end of the placement."""

import uuid
from datetime import date, datetime

from sqlalchemy import CheckConstraint, Column, ForeignKey, Index
from sqlalchemy import text as sql
from sqlalchemy.dialects.postgresql import JSONB
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
from schema.words import MatchState, Side

LIVE = "state IN ('PROPOSED', 'HELD', 'ACCEPTED', 'PLACED')"


class Match(SQLModel, table=True):
    """One offer for one request. `places` are the household's people: it is never split.

    A hold ends by the clock: past `held_until` it is EXPIRED, also where HELD still stands here.
    With `asks_first` the household is asked before the host hears of it.
    `council_gss` is the offer's and `organisation_id` the request's, for the policies.
    """

    __tablename__ = "match"
    __table_args__ = (
        one_of("state", MatchState, "match_state"),
        one_of("proposed_by", Side, "match_proposed_by"),
        CheckConstraint("places >= 1", name="match_places"),
        CheckConstraint("(state = 'HELD') <= (held_until IS NOT NULL)", name="match_hold"),
        CheckConstraint("ended_on >= arrived_on", name="match_dates"),
        Index("match_council", "council_gss", sql("created_at DESC"), sql("id DESC")),
        Index("match_held_until", "held_until", postgresql_where=sql("state = 'HELD'")),
        Index("match_offer", "offer_id", postgresql_where=sql(LIVE)),
        Index("match_organisation", "organisation_id", sql("created_at DESC"), sql("id DESC")),
        Index("match_request", "request_id"),
        # One live match for each request and kind.
        Index(
            "match_live_once",
            "request_id",
            "kind_code",
            unique=True,
            postgresql_where=sql(LIVE),
        ),
    )

    id: uuid.UUID = Field(sa_column=identity())
    request_id: uuid.UUID = Field(foreign_key="request.id")
    offer_id: uuid.UUID = Field(foreign_key="offer.id")
    council_gss: str = Field(sa_column=text(ForeignKey("council.gss_code")))
    organisation_id: uuid.UUID = Field(foreign_key="organisation.id")
    kind_code: str = Field(sa_column=text(ForeignKey("support_kind.code")))
    places: int
    state: str = Field(sa_column=text())
    proposed_by: str = Field(sa_column=text())
    held_until: datetime | None = Field(default=None, sa_column=moment())
    decided_at: datetime | None = Field(default=None, sa_column=moment())
    reason: str | None = Field(default=None, sa_column=optional_text())
    arrived_on: date | None = None
    ended_on: date | None = None
    is_rematched: bool = Field(sa_column=flag())
    asks_first: bool = Field(sa_column=flag())
    score: float | None = None
    reasons: list[dict[str, object]] = Field(
        sa_column=Column(JSONB, nullable=False, server_default="[]")
    )
    version: int = Field(sa_column=counted(1))
    created_at: datetime = Field(sa_column=created_moment())
    updated_at: datetime = Field(sa_column=created_moment())
