"""A release read as one viewer sees it; row-level security says which rows that are."""

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any
from uuid import UUID

import asyncpg

from api.reporting.files.seen import WORDS, Publisher, Seen
from api.reporting.release import ALL, Cell, Measure, Row, Unit
from api.reporting.reports import REPORTS
from schema.words import Edition, ReportName

FLOWS = {ReportName.MATCHING_OUTCOMES}
ROWS_AT_ONCE = 500
_RELEASE = """
    SELECT id, name, period, released_at, data_as_of, columns, corrects_id, edition, notes, differs,
        checksum
    FROM report_release JOIN report_edition ON release_id = id
    WHERE id = $1
"""
_ROWS = """
    SELECT edition, council_gss, shown, hidden FROM report_row
    WHERE release_id = $1 AND position > $2 AND position <= $3
    ORDER BY position
"""
# Of a later release there may be other figures, and then another chart of the same release.
_RECEIVED = """
    SELECT columns, council_gss, shown, hidden
    FROM report_row JOIN report_release ON id = release_id
    WHERE id = (
        SELECT id FROM report_release
        WHERE name = 'CAPACITY_AND_DEMAND' AND period = $1 AND released_at <= $2
        ORDER BY released_at DESC LIMIT 1
    ) AND shown[1] = 'by_kind' AND shown[4] = 'All' AND shown[5] = $3
"""


async def find_release(
    connection: asyncpg.Connection, release_id: UUID, publisher: Publisher
) -> Seen | None:
    """A release without its rows, or None; `publisher` is who answers for it."""
    head = await connection.fetchrow(_RELEASE, release_id)
    if head is None:
        return None
    name, columns = ReportName(head["name"]), tuple(head["columns"])
    report = REPORTS[name]
    known = {measure.name: measure for measure in report.measures}
    return Seen(
        id=head["id"],
        name=name,
        title=report.title,
        about=report.about,
        period=head["period"],
        edition=Edition(head["edition"]),
        released_at=head["released_at"],
        data_as_of=head["data_as_of"],
        columns=columns,
        # One that reports no longer have is still in the releases of old.
        measures=tuple(
            known.get(each, Measure(each, each.replace("_", " "), Unit.COUNT))
            for each in columns[WORDS:]
        ),
        rows=(),
        notes=tuple(head["notes"]),
        differs=tuple(head["differs"]),
        corrects=head["corrects_id"],
        checksum=head["checksum"],
        publisher=publisher,
    )


async def with_rows(connection: asyncpg.Connection, seen: Seen) -> Seen:
    """The release with all of its rows."""
    rows, editions = [], set()
    async for edition, row in _rows(connection, seen.id, seen.columns):
        rows.append(row)
        editions.add(edition)
    received = await _received(connection, seen) if seen.name in FLOWS else {}
    has_own = bool(editions - {seen.edition})
    return replace(seen, rows=tuple(rows), received=received, has_own=has_own)


async def _received(connection: asyncpg.Connection, seen: Seen) -> dict[str, Cell]:
    found = {}
    for row in await connection.fetch(_RECEIVED, seen.period, seen.released_at, ALL):
        cells = dict(zip(row["columns"], _row(row, tuple(row["columns"])).cells, strict=True))
        if "requests_received" in cells:
            found[str(cells["region"].value)] = cells["requests_received"]
    return found


async def _rows(
    connection: asyncpg.Connection, release_id: UUID, columns: tuple[str, ...]
) -> AsyncIterator[tuple[str, Row]]:
    begin = 0
    while True:
        found = await connection.fetch(_ROWS, release_id, begin, begin + ROWS_AT_ONCE)
        for row in found:
            yield row["edition"], _row(row, columns)
        if not found:
            return
        begin += ROWS_AT_ONCE


def _row(row: Any, columns: tuple[str, ...]) -> Row:
    hidden = set(row["hidden"])
    cells = (
        Cell(value, column in hidden) for column, value in zip(columns, row["shown"], strict=True)
    )
    return Row(tuple(cells), row["council_gss"])
