"""Figures of a report: SQL over the history as it stood, added up to tables with their totals."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from importlib.resources import files
from typing import Any

import asyncpg

from api.reporting.due import FUNDED, Tariffs, changing, due, tariffs_known
from api.reporting.frame import NONE, Frame, elsewhere, listed
from api.reporting.release import ALL, Dimension, Figure, Measure, Table, Unit
from api.reporting.reports import KIND, ROUTE, Cut, Report
from schema.types.periods import Period

SQL = files(__package__).joinpath("sql")
THEN = {
    each.name.removesuffix(".sql"): each.read_text("utf-8")
    for each in SQL.joinpath("then").iterdir()
}
"""SQL of what stood at the end of a period, by the names that other SQL reads it by."""
Place = tuple[str, str]
Cells = dict[str, dict[Place, Figure]]
"""By measure: figures by row and column code."""

_SPAN = """
    CREATE TEMPORARY TABLE span (
        begins timestamptz, ends timestamptz, known timestamptz, first_day date, last_day date,
        any_route text[]
    ) ON COMMIT DROP;
    CREATE TEMPORARY TABLE area (gss text PRIMARY KEY, region text, paid_gss text) ON COMMIT DROP;
"""
_READ = re.compile(r"\b(?:FROM|JOIN) (\w+)")


async def tables_of(
    connection: asyncpg.Connection, report: Report, frame: Frame, period: Period, known: datetime
) -> list[Table]:
    """A report's tables, nothing hidden, as known at a moment; within a transaction."""
    history = History(connection)
    await history.begin(frame, period, known)
    areas = frame.area(period)
    measures = {measure.name: measure for measure in report.measures}
    private = frozenset[str]()
    tables = []
    for cut in report.cuts:
        columns = _dimension(cut, frame)
        if report.is_funding:
            tariffs = await tariffs_known(connection, known)
            found = await _funded(history, cut, period, tariffs)
            private = changing(tariffs, period)
        else:
            found = await _summed(history, cut)
        zeros = sorted(await _offered(history, cut, columns))
        for name, figures in found.items():
            measure = measures[name]
            cells: dict[Place, Figure] = {}
            if measure.is_suppressed:
                # A council's zeros are shown as they are: to weigh each would take hours.
                cells = dict.fromkeys(zeros, 0)
            cells |= {
                place: _whole(measure, figure)
                for place, figure in figures.items()
                if figure or (measure.unit is Unit.DAYS and figure is not None)
            }
            if name in cut.overlapping:
                cells = {place: figure for place, figure in cells.items() if place[1] != ALL}
            # In one order, whatever PostgreSQL's: what is hidden besides may go by it.
            ordered = dict(sorted(cells.items()))
            own = private if measure.bases else frozenset()
            tables.append(Table(cut.table, areas, columns, measure, ordered, own))
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


@dataclass
class History:
    """What stood at the end of a period, by what was known at a moment, in temporary tables.

    Read from the history alone, so that it comes out the same however often and whenever it is
    asked. `span` says which period and moment, `area` the councils; the others are made as they are
    first read, each by the SQL of its name.
    """

    connection: asyncpg.Connection
    made: set[str] = field(default_factory=set)

    async def begin(self, frame: Frame, period: Period, known: datetime) -> None:
        """Say of which councils, period and moment; within the transaction that reads."""
        await self.connection.execute(_SPAN)
        last = date.fromordinal(period.after.toordinal() - 1)
        await self.connection.execute(
            "INSERT INTO span VALUES ($1, $2, $3, $4, $5, $6)",
            *(period.begins, period.ends, known, period.first, last, [*frame.routes, NONE]),
        )
        await self.connection.copy_records_to_table(
            "area", records=[(each.gss, each.region, each.paid) for each in frame.areas]
        )
        # Without it PostgreSQL takes them for hundreds of times as long as they are.
        await self.connection.execute("ANALYZE span; ANALYZE area")

    async def fetch(self, sql: str) -> list[asyncpg.Record]:
        """The rows of a query."""
        await self._make(sql)
        rows: list[asyncpg.Record] = await self.connection.fetch(sql)
        return rows

    async def _make(self, sql: str) -> None:
        for name in _READ.findall(sql):
            if name in THEN and name not in self.made:
                self.made.add(name)
                await self._make(THEN[name])
                await self.connection.execute(
                    f"CREATE TEMPORARY TABLE {name} ON COMMIT DROP AS {THEN[name]}; ANALYZE {name}"
                )


def _text(name: str) -> str:
    return SQL.joinpath(f"{name}.sql").read_text("utf-8")


def _added_up(facts: str, sums: Sequence[str]) -> str:
    """SQL that adds rows of region, gss and category up to every subtotal and total.

    `level` says what a row is the total of: 4 regions, 2 councils, 1 categories, added.
    """
    sets = "(region, gss, category), (region, gss), (region, category), (region), (category), ()"
    shown = ["grouping(region, gss, category) AS level", "region", "gss", "category", *sums]
    return (
        f"WITH fact AS ({facts}) SELECT {', '.join(shown)} FROM fact "  # noqa: S608 - words of ours
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


async def _summed(history: History, cut: Cut) -> Cells:
    facts = _text(cut.sql).format(**cut.fills)
    if not cut.shares:
        facts = _gathered(facts, sorted(set(cut.sums.values())))
    sums = {name: f"coalesce(sum({column}), 0)::bigint" for name, column in cut.sums.items()}
    sums |= cut.shares
    shown = [f"{sql} AS {name}" for name, sql in sums.items()]
    return _cells(await history.fetch(_added_up(facts, shown)), list(sums))


def _gathered(facts: str, columns: Sequence[str]) -> str:
    """Facts of the same place as one: hashed, which is faster than to sort each for every total."""
    sums = ", ".join(f"sum({column}) AS {column}" for column in columns)
    return f"SELECT region, gss, category, {sums} FROM ({facts}) AS each GROUP BY 1, 2, 3"  # noqa: S608


def _cells(rows: Sequence[Mapping[str, Any]], names: Sequence[str]) -> Cells:
    placed = {place: row for row in rows if (place := _place(row))}
    # Sorted once here, a table's cells take no time to put in order.
    ordered = sorted(placed)
    return {name: {place: placed[place][name] for place in ordered} for name in names}


async def _funded(history: History, cut: Cut, period: Period, tariffs: Tariffs) -> Cells:
    arrivals = await history.fetch(_text(cut.sql))
    cells: Cells = {name: {} for name in FUNDED}
    for arrival in arrivals:
        figures = due(tariffs, arrival, period)
        for row in (ALL, arrival["region"], arrival["gss"]):
            for column in (ALL, arrival["route"]):
                for name, figure in zip(FUNDED, figures, strict=True):
                    cells[name][row, column] = (cells[name].get((row, column)) or 0) + figure
    return cells


async def _offered(history: History, cut: Cut, columns: Dimension) -> set[Place]:
    """Where a count may be other than zero as far as anybody knows: what was ever offered there.

    Of regions and the nation.
    """
    by_route = cut.dimension == ROUTE
    rows = await history.fetch(_text("offered_route" if by_route else "offered_kind"))
    areas = {ALL, *(row["region"] for row in rows)}
    if cut.dimension in (KIND, ROUTE):
        pairs = {(row["region"], row["category"]) for row in rows}
    else:
        pairs = {(area, each.code) for area in areas for each in columns.categories}
    whole = {(ALL, category) for _, category in pairs}
    return pairs | whole | {(area, ALL) for area in areas}
