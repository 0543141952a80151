"""What was done: one event for each command that changed something."""

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import Column, ForeignKey, Index
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from schema.tables.columns import created_moment, identity, optional_text, text


class AuditEvent(SQLModel, table=True):
    """Who did what to which row, when, and what changed. Only ever added to.

    `council_gss` is the owner of the row concerned, copied here so that the row policy can
    judge an event by its own columns. `changes` holds {column: [before, after]}.
    """

    __tablename__ = "audit_event"
    __table_args__ = (Index("audit_event_subject", "subject_id", "at", "id"),)

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
