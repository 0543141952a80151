"""What was done: one event for each command that changed something, and the chain over them."""

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Column, ForeignKey, Index, LargeBinary
from sqlalchemy import text as sql
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from schema.tables.columns import created_moment, identity, optional_text, text


class AuditEvent(SQLModel, table=True):
    """Who did what to which row, when, and what changed. Only ever added to.

    `council_gss` is the owner of the row concerned, `organisation_id` the charity whose request
    it is; both are copied here so that the row policies can judge an event by its own columns.
    `request_id` gathers what was done to a request and to its matches; it is a bare id, which
    names nobody once the request is erased. `changes` holds {column: [before, after]}.
    """

    __tablename__ = "audit_event"
    __table_args__ = (
        Index(
            "audit_event_request",
            "request_id",
            "at",
            "id",
            postgresql_where=sql("request_id IS NOT NULL"),
        ),
        Index("audit_event_subject", "subject_id", "at", "id"),
    )

    id: uuid.UUID = Field(sa_column=identity())
    at: datetime = Field(sa_column=created_moment())
    actor_subject: str = Field(sa_column=text())
    actor_name: str = Field(sa_column=text())
    audience: str = Field(sa_column=text())
    council_gss: str | None = Field(
        default=None, sa_column=optional_text(ForeignKey("council.gss_code"), index=True)
    )
    command: str = Field(sa_column=text())
    subject_type: str = Field(sa_column=text())
    subject_id: uuid.UUID
    changes: dict[str, Any] = Field(sa_column=Column(JSONB, nullable=False))
    summary: str = Field(sa_column=text())
    organisation_id: uuid.UUID | None = Field(default=None, foreign_key="organisation.id")
    request_id: uuid.UUID | None = None


class AuditPending(SQLModel, table=True):
    """An event that the relay is still to chain; put here by a trigger, whoever wrote the event."""

    __tablename__ = "audit_pending"

    event_id: uuid.UUID = Field(sa_column=identity())


class AuditLink(SQLModel, table=True):
    """An event's place in the chain. Only ever added to.

    `hash` is the SHA-256 of the link before and the event, so that no event can be changed, taken
    out or moved without every later link showing it.
    """

    __tablename__ = "audit_link"

    position: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    event_id: uuid.UUID = Field(unique=True)
    hash: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    chained_at: datetime = Field(sa_column=created_moment())
