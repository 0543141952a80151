"""Allocations: many requests assigned to many offers at once, as proposed until confirmed."""

import uuid
from datetime import datetime

from sqlalchemy import CheckConstraint, Column, ForeignKey, Index
from sqlalchemy import text as sql
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.types import Float, Text
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
from schema.words import AllocationPolicy, AllocationState

UNDER_WAY = "state IN ('QUEUED', 'RUNNING')"


class Allocation(SQLModel, table=True):
    """One run: what it was asked, how far it has come, and how good its outcome is.

    `owner_gss` is the council that runs it, null for an administrator. Whoever works on it moves
    `beat_at`; one whose beat stands still is taken up again, as its next of `attempts`.
    """

    __tablename__ = "allocation"
    __table_args__ = (
        one_of("policy", AllocationPolicy, "allocation_policy"),
        one_of("state", AllocationState, "allocation_state"),
        CheckConstraint("progress BETWEEN 0 AND 1", name="allocation_progress"),
        CheckConstraint("time_limit_seconds BETWEEN 1 AND 600", name="allocation_time_limit"),
        # One at a time for each council, and one of the administrators'.
        Index(
            "allocation_under_way_once",
            sql("coalesce(owner_gss, '')"),
            unique=True,
            postgresql_where=sql(UNDER_WAY),
        ),
    )

    id: uuid.UUID = Field(sa_column=identity())
    owner_gss: str | None = Field(
        default=None, sa_column=optional_text(ForeignKey("council.gss_code"))
    )
    subject: str = Field(sa_column=text())
    kind_codes: list[str] = Field(sa_column=Column(ARRAY(Text()), nullable=False))
    gss_codes: list[str] | None = Field(default=None, sa_column=Column(ARRAY(Text())))
    regions: list[str] | None = Field(default=None, sa_column=Column(ARRAY(Text())))
    policy: str = Field(sa_column=text())
    route_policies: dict[str, str] = Field(
        sa_column=Column(JSONB, nullable=False, server_default="{}")
    )
    time_limit_seconds: int
    state: str = Field(sa_column=text())
    progress: float = Field(sa_column=Column(Float, nullable=False, server_default="0"))
    message: str | None = Field(default=None, sa_column=optional_text())
    attempts: int = Field(sa_column=counted(0))
    beat_at: datetime | None = Field(default=None, sa_column=moment())
    seconds: float | None = None
    placed_people: int | None = None
    people_bound: int | None = None
    waiting_people: int | None = None
    greedy_people: int | None = None
    objective: float | None = None
    bound: float | None = None
    greedy_objective: float | None = None
    created_at: datetime = Field(sa_column=created_moment())
    updated_at: datetime = Field(sa_column=created_moment())


class AllocationProposal(SQLModel, table=True):
    """One household's place, as an allocation proposes it; `id` becomes that of the match.

    WITHDRAWN, with the reason, is what no longer held when the allocation was confirmed.
    """

    __tablename__ = "allocation_proposal"
    __table_args__ = (
        CheckConstraint("state IN ('PROPOSED', 'WITHDRAWN')", name="allocation_proposal_state"),
        CheckConstraint("places >= 1", name="allocation_proposal_places"),
        Index("allocation_proposal_allocation", "allocation_id", sql("score DESC"), sql("id DESC")),
    )

    id: uuid.UUID = Field(sa_column=identity())
    allocation_id: uuid.UUID = Field(foreign_key="allocation.id")
    owner_gss: str | None = Field(default=None, sa_column=optional_text())
    request_id: uuid.UUID = Field(foreign_key="request.id", index=True)
    offer_id: uuid.UUID = Field(foreign_key="offer.id")
    council_gss: str = Field(sa_column=text(ForeignKey("council.gss_code")))
    kind_code: str = Field(sa_column=text(ForeignKey("support_kind.code")))
    places: int
    asks_first: bool = Field(sa_column=flag())
    score: float
    reasons: list[dict[str, object]] = Field(
        sa_column=Column(JSONB, nullable=False, server_default="[]")
    )
    state: str = Field(sa_column=text(server_default="PROPOSED"))
    reason: str | None = Field(default=None, sa_column=optional_text())
    created_at: datetime = Field(sa_column=created_moment())


class AllocationUnplaced(SQLModel, table=True):
    """A household for which an allocation found no place of one kind, and why."""

    __tablename__ = "allocation_unplaced"

    allocation_id: uuid.UUID = Field(primary_key=True, foreign_key="allocation.id")
    request_id: uuid.UUID = Field(primary_key=True, foreign_key="request.id", index=True)
    kind_code: str = Field(
        sa_column=text(ForeignKey("support_kind.code"), primary_key=True, nullable=False)
    )
    owner_gss: str | None = Field(default=None, sa_column=optional_text())
    reasons: list[dict[str, object]] = Field(
        sa_column=Column(JSONB, nullable=False, server_default="[]")
    )


class AllocationPrice(SQLModel, table=True):
    """What one more place with a council would have added to an allocation's score."""

    __tablename__ = "allocation_price"

    allocation_id: uuid.UUID = Field(primary_key=True, foreign_key="allocation.id")
    council_gss: str = Field(
        sa_column=text(ForeignKey("council.gss_code"), primary_key=True, nullable=False)
    )
    owner_gss: str | None = Field(default=None, sa_column=optional_text())
    per_place: float
