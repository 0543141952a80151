"""Who may come in: organisations, members, keys. A token says who; these rows say what."""

import uuid
from datetime import datetime
from ipaddress import IPv4Network, IPv6Network
from typing import TypeAlias

from sqlalchemy import (
    ARRAY,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    LargeBinary,
    Text,
    Uuid,
)
from sqlalchemy import text as sql
from sqlalchemy.dialects.postgresql import CIDR
from sqlmodel import Field, SQLModel

from schema.tables.columns import (
    created_moment,
    flag,
    identity,
    moment,
    one_of,
    optional_text,
    text,
)
from schema.words import Audience

Network: TypeAlias = IPv4Network | IPv6Network


class Organisation(SQLModel, table=True):
    """A charity that asks on behalf of households."""

    __tablename__ = "organisation"

    id: uuid.UUID = Field(sa_column=identity())
    name: str = Field(sa_column=text(unique=True))
    created_at: datetime = Field(sa_column=created_moment())


class Member(SQLModel, table=True):
    """Somebody a token may name, and what they are: staff of one council, of one charity, ..."""

    __tablename__ = "member"
    __table_args__ = (
        one_of("audience", Audience, "member_audience"),
        CheckConstraint(
            "(audience = 'COUNCIL') = (council_gss IS NOT NULL)", name="member_council"
        ),
        CheckConstraint(
            "(audience = 'CHARITY') = (organisation_id IS NOT NULL)", name="member_organisation"
        ),
    )

    subject: str = Field(sa_column=text(primary_key=True))
    name: str = Field(sa_column=text())
    audience: str = Field(sa_column=text())
    council_gss: str | None = Field(
        default=None, sa_column=optional_text(ForeignKey("council.gss_code"), index=True)
    )
    organisation_id: uuid.UUID | None = Field(
        default=None, foreign_key="organisation.id", index=True
    )
    is_disabled: bool = Field(sa_column=flag())
    created_at: datetime = Field(sa_column=created_moment())


class ApiKey(SQLModel, table=True):
    """A charity's key. Its secret is not here: `digest` is its HMAC under a pepper kept elsewhere.

    It lets in whoever asks from one of its `networks`; with none, from anywhere. `last_used_at` is
    the hour in which it was last used, no closer.
    """

    __tablename__ = "api_key"
    __table_args__ = (
        CheckConstraint("length(digest) = 32", name="api_key_digest"),
        CheckConstraint("expires_at <= created_at + interval '366 days'", name="api_key_time"),
    )

    public_id: str = Field(sa_column=text(primary_key=True))
    organisation_id: uuid.UUID = Field(foreign_key="organisation.id", index=True)
    digest: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    is_read_only: bool = Field(sa_column=flag())
    networks: list[Network] = Field(
        sa_column=Column(ARRAY(CIDR), nullable=False, server_default="{}")
    )
    created_at: datetime = Field(sa_column=created_moment())
    expires_at: datetime = Field(sa_column=moment(nullable=False))
    revoked_at: datetime | None = Field(default=None, sa_column=moment())
    last_used_at: datetime | None = Field(default=None, sa_column=moment())


class BreakGlass(SQLModel, table=True):
    """An administrator's look into cases: why, until when, which, and who is told. Only added to.

    Asked for one request, or for those matched with a council. What the database finds these to
    be at that moment is copied here, for the policies: the requests that are opened, and the
    councils and charities that have a part in them. The ids are bare, so that the row outlives
    what it was about.
    """

    __tablename__ = "break_glass"
    __table_args__ = (
        CheckConstraint("num_nonnulls(council_gss, request_id) = 1", name="break_glass_asked"),
        CheckConstraint(
            "ends_at > at AND ends_at <= at + interval '4 hours'", name="break_glass_time"
        ),
        Index("break_glass_at", sql("at DESC"), sql("id DESC")),
        Index("break_glass_live", "subject", "ends_at"),
    )

    id: uuid.UUID = Field(sa_column=identity())
    at: datetime = Field(sa_column=created_moment())
    ends_at: datetime = Field(sa_column=moment(nullable=False))
    subject: str = Field(sa_column=text())
    name: str = Field(sa_column=text())
    reason: str = Field(sa_column=text())
    council_gss: str | None = Field(
        default=None, sa_column=optional_text(ForeignKey("council.gss_code"))
    )
    request_id: uuid.UUID | None = None
    request_ids: list[uuid.UUID] = Field(sa_column=Column(ARRAY(Uuid()), nullable=False))
    council_gss_codes: list[str] = Field(sa_column=Column(ARRAY(Text), nullable=False))
    organisation_ids: list[uuid.UUID] = Field(sa_column=Column(ARRAY(Uuid()), nullable=False))
