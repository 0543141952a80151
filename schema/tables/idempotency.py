"""Answers kept under a caller's own key, so that a repeated command is done once."""

from datetime import datetime
from typing import Any

from sqlalchemy import Column
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from schema.tables.columns import created_moment, text


class IdempotencyKey(SQLModel, table=True):
    """What a command did, under (caller, key). Written in the command's own transaction."""

    __tablename__ = "idempotency_key"

    subject: str = Field(sa_column=text(primary_key=True))
    key: str = Field(sa_column=text(primary_key=True))
    command: str = Field(sa_column=text())
    payload_hash: str = Field(sa_column=text())
    outcome: dict[str, Any] | None = Field(default=None, sa_column=Column(JSONB))
    created_at: datetime = Field(sa_column=created_moment())
