"""Kinds of support that councils give."""

from typing import Any

from sqlalchemy import Column
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from schema.tables.columns import text


class SupportKind(SQLModel, table=True):
    """A kind of support; `lgsl_code` is the nearest entry of the Local Government Services List.

    `names` maps a language (UK, RU, CY) to the name in it; `facts` is the reference entry, whole.
    """

    __tablename__ = "support_kind"

    code: str = Field(sa_column=text(primary_key=True))
    position: int
    name: str = Field(sa_column=text())
    names: dict[str, str] = Field(sa_column=Column(JSONB, nullable=False))
    definition: str = Field(sa_column=text())
    lgsl_code: int | None = None
    facts: dict[str, Any] = Field(sa_column=Column(JSONB, nullable=False))
