"""What the rest of the world is still to be told, written with the change itself."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Column, Identity, Index
from sqlalchemy import text as sql
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from schema.tables.columns import created_moment, moment, text


class Outbox(SQLModel, table=True):
    """One message. The relay sends it at least once, in order of `id`, and marks it sent."""

    __tablename__ = "outbox"
    __table_args__ = (Index("outbox_unsent", "id", postgresql_where=sql("sent_at IS NULL")),)

    id: int = Field(sa_column=Column(BigInteger, Identity(always=True), primary_key=True))
    at: datetime = Field(sa_column=created_moment())
    topic: str = Field(sa_column=text())
    payload: dict[str, Any] = Field(sa_column=Column(JSONB, nullable=False))
    sent_at: datetime | None = Field(default=None, sa_column=moment())
