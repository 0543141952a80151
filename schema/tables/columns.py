"""Column shapes that several tables share: text with a closed set of values, moments, ids."""

import os
import time
import uuid
from enum import StrEnum
from typing import Any

from sqlalchemy import Boolean, CheckConstraint, Column, DateTime, Integer, Text, func
from sqlalchemy.dialects.postgresql import UUID
from sqlalchemy.schema import SchemaItem
from sqlmodel import SQLModel

# Names that PostgreSQL would choose itself, written down so that revisions can name them.
SQLModel.metadata.naming_convention = {
    "fk": "%(table_name)s_%(column_0_name)s_fkey",
    "ix": "%(table_name)s_%(column_0_name)s",
    "pk": "%(table_name)s_pkey",
    "uq": "%(table_name)s_%(column_0_name)s_key",
}


def uuid7() -> uuid.UUID:
    """A time-ordered UUID, version 7 (RFC 9562, 5.7): 48 bits of milliseconds, 74 random."""
    milliseconds = time.time_ns() // 1_000_000
    random = int.from_bytes(os.urandom(10))
    value = (milliseconds & ((1 << 48) - 1)) << 80
    value |= 0x7 << 76
    value |= (random >> 68 & 0xFFF) << 64
    value |= 0b10 << 62
    value |= random & ((1 << 62) - 1)
    return uuid.UUID(int=value)


def one_of(column: str, values: type[StrEnum], name: str) -> CheckConstraint:
    """A CHECK for a text column with a closed set of values.

    Text, not a PostgreSQL enum: comparing enums is not leakproof, so a row policy would
    keep the planner from using an index on one.
    """
    listed = ", ".join(f"'{value.value}'" for value in values)
    return CheckConstraint(f"{column} IN ({listed})", name=name)


def moment(**options: Any) -> Column[Any]:
    """A moment in time (timestamptz), kept in UTC."""
    return Column(DateTime(timezone=True), **options)


def created_moment() -> Column[Any]:
    """The moment a row was written, by the database's own clock."""
    return Column(DateTime(timezone=True), nullable=False, server_default=func.now())


def recorded_moment() -> Column[Any]:
    """The moment at which a row of history was added.

    Not its transaction's: what is added after a lock on the table was waited for is later.
    """
    return Column(DateTime(timezone=True), nullable=False, server_default=func.clock_timestamp())


def text(*constraints: SchemaItem, **options: Any) -> Column[Any]:
    """A text column; `nullable` is False unless said."""
    options.setdefault("nullable", False)
    return Column(Text, *constraints, **options)


def optional_text(*constraints: SchemaItem, **options: Any) -> Column[Any]:
    """A text column that may be empty (null)."""
    return text(*constraints, nullable=True, **options)


def counted(start: int) -> Column[Any]:
    """A whole number that PostgreSQL starts at `start`."""
    return Column(Integer, nullable=False, server_default=str(start))


def flag() -> Column[Any]:
    """A yes or no that starts at no."""
    return Column(Boolean, nullable=False, server_default="false")


def identity() -> Column[Any]:
    """A UUIDv7 primary key, made in Python."""
    return Column(UUID(as_uuid=True), primary_key=True, default=uuid7)
