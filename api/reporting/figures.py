"""Figures of a report: SQL over the history as it stood, added up to tables with their totals."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from importlib.resources import files
from typing import Any

import asyncpg

from api.reporting.cuts import KIND, ROUTE, Cut, Report
from api.reporting.due import FUNDED, Tariffs, changing, due, tariffs_known
from api.reporting.frame import NONE, Frame, elsewhere, listed
from api.reporting.release import ALL, Dimension, Figure, Measure, Table, Unit
from schema.types.periods import Period

SQL = files(__package__).joinpath("sql")
THEN = {
    each.name.removesuffix(".sql"): each.read_text("utf-8")
    for each in SQL.joinpath("then").iterdir()
}
"""SQL of what stood at the end of a period, by the names that other SQL reads it by."""
Place = tuple[str, str]
Found = Mapping[Place, Mapping[str, Any]]
"""By row and column code: figures by measure, None where there is none."""

_AREA = """
    CREATE TEMPORARY TABLE area (gss text PRIMARY KEY, region text, paid_gss text) ON COMMIT DROP
"""
_READ = re.compile(r"\b(?:FROM|JOIN) (\w+)")
_WORD = re.compile(r"(?<!:):([a-z_]+)")


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
        zeros = await _offered(history, cut, columns)
        # In one order, whatever PostgreSQL's: what is hidden besides may go by it.
        nothing = dict.fromkeys(cut.measures or FUNDED)
        rows = [
            (place, found.get(place, nothing), place in zeros)
            for place in sorted(zeros | found.keys())
        ]
        for name in nothing:
            measure = measures[name]
            cells = _cells(measure, rows)
            if name in cut.overlapping:
                cells = {place: figure for place, figure in cells.items() if place[1] != ALL}
            own = private if measure.bases else frozenset()
            tables.append(Table(cut.table, areas, columns, measure, cells, own))
    return tables


def _cells(
    measure: Measure, rows: Sequence[tuple[Place, Mapping[str, Any], bool]]
) -> dict[Place, Figure]:
    """A measure's figures; of what may be other than zero, as far as anybody knows, zeros too.

    A council's zeros are shown as they are, and not in here: to weigh each would take hours.
    """
    name, is_count, is_days = measure.name, measure.is_suppressed, measure.unit is Unit.DAYS
    whole = _WHOLE.get(measure.unit, int)
    return {
        place: whole(row[name] or 0)
        for place, row, may_be in rows
        if row[name] or (is_count and may_be) or (is_days and row[name] is not None)
    }


_WHOLE: Mapping[Unit, Callable[[Any], Figure]] = {
    Unit.DAYS: lambda figure: Decimal(str(figure)).quantize(Decimal("0.1")),
    Unit.POUNDS: lambda figure: Decimal(figure).quantize(Decimal("0.01")),
}


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
    asked. `area` is the councils; the others are made as they are first read, each by the SQL of
    its name. In SQL `:ends` and the like say which period and moment: as constants, of which
    PostgreSQL knows beforehand how many rows they leave.
    """

    connection: asyncpg.Connection
    words: Mapping[str, str] = field(default_factory=dict)
    made: set[str] = field(default_factory=set)

    async def begin(self, frame: Frame, period: Period, known: datetime) -> None:
        """Say of which councils, period and moment; within the transaction that reads."""
        last = date.fromordinal(period.after.toordinal() - 1)
        self.words = {
            "any_route": f"ARRAY[{', '.join(map(_quoted, [*frame.routes, NONE]))}]",
            "begins": f"timestamptz '{period.begins.isoformat()}'",
            "ends": f"timestamptz '{period.ends.isoformat()}'",
            "first_day": f"date '{period.first}'",
            "known": f"timestamptz '{known.isoformat()}'",
            "last_day": f"date '{last}'",
        }
        await self.connection.execute(_AREA)
        await self.connection.copy_records_to_table(
            "area", records=[(each.gss, each.region, each.paid) for each in frame.areas]
        )
        # Without it PostgreSQL takes them for hundreds of times as long as they are.
        await self.connection.execute("ANALYZE area")

    async def fetch(self, sql: str) -> list[asyncpg.Record]:
        """The rows of a query."""
        await self._make(sql)
        rows: list[asyncpg.Record] = await self.connection.fetch(self._said(sql))
        return rows

    async def _make(self, sql: str) -> None:
        for name in _READ.findall(sql):
            if name in THEN and name not in self.made:
                self.made.add(name)
                await self._make(THEN[name])
                told = self._said(THEN[name])
                await self.connection.execute(
                    f"CREATE TEMPORARY TABLE {name} ON COMMIT DROP AS {told}; ANALYZE {name}"
                )

    def _said(self, sql: str) -> str:
        return _WORD.sub(lambda word: self.words[word[1]], sql)


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


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


async def _summed(history: History, cut: Cut) -> Found:
    facts = _text(cut.sql).format(**cut.fills)
    if cut.sums:
        facts = _gathered(facts, sorted(set(cut.sums.values())))
    shown = [f"{sql} AS {name}" for name, sql in cut.measures.items()]
    rows = await history.fetch(_added_up(facts, shown))
    return {place: row for row in rows if (place := _place(row))}


def _gathered(facts: str, columns: Sequence[str]) -> str:
    """Facts of the same place as one: hashed, which is faster than to sort each for every total."""
    sums = ", ".join(f"sum({column})::integer AS {column}" for column in columns)
    return f"SELECT region, gss, category, {sums} FROM ({facts}) AS each GROUP BY 1, 2, 3"  # noqa: S608


async def _funded(history: History, cut: Cut, period: Period, tariffs: Tariffs) -> Found:
    found: dict[Place, dict[str, Decimal]] = {}
    for arrival in await history.fetch(_text(cut.sql)):
        figures = dict(zip(FUNDED, due(tariffs, arrival, period), strict=True))
        for row in (ALL, arrival["region"], arrival["gss"]):
            for column in (ALL, arrival["route"]):
                summed = found.setdefault((row, column), dict.fromkeys(FUNDED, Decimal(0)))
                for name, figure in figures.items():
                    summed[name] += figure
    return found


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
