"""Who may come in: organisations and members. A token says who; these rows say what."""

import uuid
from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey
from sqlmodel import Field, SQLModel

from schema.tables.columns import created_moment, flag, identity, one_of, optional_text, text
from schema.words import Audience


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
