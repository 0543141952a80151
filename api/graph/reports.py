"""Queries about released reports."""

from datetime import datetime

import strawberry
from sqlalchemy import DateTime, Text, Uuid

from schema.types import rows
from schema.types.clock import LONDON
from schema.types.node import uuid_of
from schema.types.periods import ended_period
from schema.types.reads import Key, Rows, Scope, lookup
from schema.types.report import ReportRelease
from schema.words import ReportName


def _period(name: str) -> str:
    return ended_period(name, datetime.now(LONDON).date()).name


def _report(
    scope: Scope,
    name: ReportName,
    period: str | None = strawberry.UNSET,
    release: strawberry.ID | None = strawberry.UNSET,
) -> Rows:
    """A released report, the same for ever; suppressed where numbers are small.

    period: 2026-11 or 2026-W47; the latest without one. release: that one, also where it was
    corrected since; without it, the last correction. Null where nothing is released.
    """
    found = rows.report_release.alias()
    where = [found.c.name == name.value]
    if period is not None and period is not strawberry.UNSET:
        where.append(found.c.period == scope.bind(period, Text(), _period))
    if release is not None and release is not strawberry.UNSET:
        where.append(found.c.id == scope.bind(release, Uuid(), uuid_of("release")))
    moment = DateTime(timezone=True)
    return Rows(
        found,
        where=where,
        keys=[Key(found.c.released_at, moment), Key(found.c.id, Uuid())],
        descending=True,
    )


@strawberry.type
class ReportQueries:
    """Queries about released reports."""

    report: ReportRelease | None = lookup(_report)
