"""The pages and documents that facts are from."""

import uuid
from datetime import date

from sqlalchemy import CheckConstraint, UniqueConstraint
from sqlmodel import Field, SQLModel

from schema.tables.columns import counted, identity, optional_text, text

REVIEW_DAYS = 365
"""A source is to be read again after a year, unless its row says otherwise."""


class Source(SQLModel, table=True):
    """A page or document, kept once however many facts lean on it.

    `published_on` is as precise as the page (a year, a month or a day); `page_changed_on` is the
    day on which the page was last reported to have changed.
    """

    __tablename__ = "source"
    __table_args__ = (
        CheckConstraint("review_days > 0", name="source_review_days"),
        UniqueConstraint("title", "url", name="source_page", postgresql_nulls_not_distinct=True),
    )

    id: uuid.UUID = Field(sa_column=identity())
    title: str = Field(sa_column=text())
    url: str | None = Field(default=None, sa_column=optional_text(index=True))
    published_on: str | None = Field(default=None, sa_column=optional_text())
    reviewed_on: date
    review_days: int = Field(sa_column=counted(REVIEW_DAYS))
    page_changed_on: date | None = None
