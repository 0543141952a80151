"""Figures of a report: SQL over the history as it stood, added up to tables with their totals."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from importlib.resources import files
from typing import Any

import asyncpg

from api.reporting.due import FUNDED, due, tariffs_known
from api.reporting.frame import NONE, Frame, elsewhere, listed
from api.reporting.release import ALL, Dimension, Figure, Measure, Table, Unit
from api.reporting.reports import KIND, ROUTE, Cut, Report
from schema.types.periods import Period

SQL = files(__package__).joinpath("sql")
Place = tuple[str, str]
Cells = dict[str, dict[Place, Figure]]
"""By measure: figures by row and column code."""

_OFFERED = {
    KIND: "SELECT kind",
    ROUTE: "SELECT unnest(CASE route_codes WHEN '{}' THEN any_route ELSE route_codes END) "
    "FROM span",
}
_SPAN = """
    CREATE TEMPORARY TABLE span (
        begins timestamptz, ends timestamptz, known timestamptz, first_day date, last_day date,
        any_route text[]
    ) ON COMMIT DROP;
    CREATE TEMPORARY TABLE area (gss text PRIMARY KEY, region text, paid_gss text) ON COMMIT DROP;
"""


async def tables_of(
    connection: asyncpg.Connection, report: Report, frame: Frame, period: Period, known: datetime
) -> list[Table]:
    """A report's tables, nothing hidden, as known at a moment; within a transaction."""
    await _stand(connection, frame, period, known)
    areas = frame.area(period)
    measures = {measure.name: measure for measure in report.measures}
    if report.prepared:
        await connection.execute(_text(report.prepared))
    tables = []
    for cut in report.cuts:
        columns = _dimension(cut, frame)
        if report.is_funding:
            found = await _funded(connection, cut, period, known)
        else:
            found = await _summed(connection, cut, period)
        councils = {area.gss for area in frame.areas}
        offered = await _offered(connection, cut, columns, period)
        # A council's zeros are shown as they are: to weigh each would take hours.
        zeros = [place for place in offered if place[0] not in councils]
        for name, figures in found.items():
            measure = measures[name]
            cells: dict[Place, Figure] = {}
            if measure.is_suppressed:
                cells = dict.fromkeys(zeros, 0)
            cells |= {
                place: _whole(measure, figure)
                for place, figure in figures.items()
                if figure or (measure.unit is Unit.DAYS and figure is not None)
            }
            if name in cut.overlapping:
                cells = {place: figure for place, figure in cells.items() if place[1] != ALL}
            # In one order, whatever PostgreSQL's: what is hidden besides may go by it.
            tables.append(Table(cut.table, areas, columns, measure, dict(sorted(cells.items()))))
    return tables


def _whole(measure: Measure, figure: Any) -> Figure:
    if measure.unit is Unit.POUNDS:
        return Decimal(figure).quantize(Decimal("0.01"))
    if measure.unit is Unit.DAYS:
        return Decimal(str(figure)).quantize(Decimal("0.1"))
    return int(figure)


def _dimension(cut: Cut, frame: Frame) -> Dimension:
    if cut.dimension == KIND:
        return frame.kind()
    if cut.dimension == ROUTE:
        return frame.route()
    return listed(cut.dimension, cut.label, cut.words)


async def _stand(
    connection: asyncpg.Connection, frame: Frame, period: Period, known: datetime
) -> None:
    await connection.execute(_SPAN)
    last = date.fromordinal(period.after.toordinal() - 1)
    await connection.execute(
        "INSERT INTO span VALUES ($1, $2, $3, $4, $5, $6)",
        *(period.begins, period.ends, known, period.first, last, [*frame.routes, NONE]),
    )
    await connection.copy_records_to_table(
        "area", records=[(each.gss, each.region, each.paid) for each in frame.areas]
    )
    await connection.execute(_text("then"))


def _text(name: str) -> str:
    return SQL.joinpath(f"{name}.sql").read_text("utf-8")


def _added_up(facts: str, sums: Sequence[str], period: Period) -> str:
    """SQL that adds rows of region, gss and category up to every subtotal and total.

    `level` says what a row is the total of: 4 regions, 2 councils, 1 categories, added.
    """
    sets = "(region, category), (region), (category), ()"
    level, gss = "grouping(region) * 4 + 2 + grouping(category)", "NULL"
    if not period.is_weekly:
        sets += ", (region, gss, category), (region, gss)"
        level, gss = "grouping(region, gss, category)", "gss"
    shown = ", ".join([f"{level} AS level", "region", f"{gss} AS gss", "category", *sums])
    return (
        f"WITH fact AS ({facts}) SELECT {shown} FROM fact "  # noqa: S608 - words of ours
        f"GROUP BY GROUPING SETS ({sets})"
    )


def _place(row: Mapping[str, Any]) -> Place | None:
    """The row's codes; None where the region's own row says the same."""
    whole_country, whole_region, whole_row = row["level"] & 4, row["level"] & 2, row["level"] & 1
    if whole_country:
        code = ALL
    elif whole_region:
        code = row["region"]
    elif row["region"] == NONE:
        return None
    else:
        code = row["gss"] or elsewhere(row["region"])
    return code, ALL if whole_row else row["category"]


async def _summed(connection: asyncpg.Connection, cut: Cut, period: Period) -> Cells:
    sums = [f"{sql} AS {name}" for name, sql in cut.sums.items()]
    facts = _text(cut.sql).format(**cut.fills)
    rows = await connection.fetch(_added_up(facts, sums, period))
    return _cells(rows, list(cut.sums))


def _cells(rows: Sequence[Mapping[str, Any]], names: Sequence[str]) -> Cells:
    cells: Cells = {name: {} for name in names}
    for row in rows:
        place = _place(row)
        if place:
            for name in names:
                cells[name][place] = row[name]
    return cells


async def _funded(
    connection: asyncpg.Connection, cut: Cut, period: Period, known: datetime
) -> Cells:
    arrivals = await connection.fetch(_text(cut.sql))
    tariffs = await tariffs_known(connection, known)
    cells: Cells = {name: {} for name in FUNDED}
    for arrival in arrivals:
        figures = due(tariffs, arrival, period)
        codes = [ALL, arrival["region"]]
        if not period.is_weekly:
            codes.append(arrival["gss"])
        for row in codes:
            for column in (ALL, arrival["route"]):
                for name, figure in zip(FUNDED, figures, strict=True):
                    cells[name][row, column] = (cells[name].get((row, column)) or 0) + figure
    return cells


async def _offered(
    connection: asyncpg.Connection, cut: Cut, columns: Dimension, period: Period
) -> list[Place]:
    """Where a count may be other than zero as far as anybody knows: what was ever offered there."""
    each = _OFFERED.get(cut.dimension, "SELECT NULL::text")
    facts = f"SELECT region, gss, category FROM offered, LATERAL ({each}) AS counted (category)"  # noqa: S608
    rows = await connection.fetch(_added_up(facts, (), period))
    places = [place for place in map(_place, rows) if place]
    if cut.dimension in _OFFERED:
        return places
    areas = {area for area, _ in places}
    return [(area, each.code) for area in areas for each in columns.categories]
