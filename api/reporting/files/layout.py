"""What a spreadsheet of a release says, sheet by sheet, before it is one of any kind.

A cover, the notes, then a sheet for each table: its title in the first cell, a line about it, and
the table from row 4 on with one heading for each column, as British official statistics are laid
out for screen readers and programs alike.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from api.reporting.files.seen import MARKS, Seen, Sheet, shown
from api.reporting.release import Cell, Row, Unit
from schema.types.clock import LONDON

HEADINGS = ("Region", "Council code (GSS)", "Council")
UNITS = {
    Unit.DAYS: "days",
    Unit.PERCENT: "per cent",
    Unit.POUNDS: "pounds",
}
Value = str | int | Decimal


@dataclass(frozen=True)
class Laid:
    """A sheet: a title, lines about it and, where it has one, a table with typed cells."""

    name: str
    title: str
    lines: tuple[str, ...]
    headings: tuple[str, ...] = ()
    rows: tuple[tuple[Value, ...], ...] = ()


def laid_out(seen: Seen) -> list[Laid]:
    """Every sheet of a release's spreadsheet."""
    return [_cover(seen), _notes(seen), *(_table(seen, sheet) for sheet in seen.sheets())]


def _cover(seen: Seen) -> Laid:
    released = seen.released_at.astimezone(LONDON)
    known = seen.data_as_of.astimezone(LONDON)
    lines = [
        f"Period: {seen.period}.",
        f"Released on {released:%d %B %Y at %H:%M}; it holds what was known by {known:%H:%M} "
        f"on {known:%d %B %Y}.",
        f"Release: {seen.id}.",
        f"Checksum (SHA-256) of the edition: {seen.checksum}.",
    ]
    if seen.corrects:
        lines.append(f"It corrects the release {seen.corrects}; the notes say what differs.")
    tables = ", ".join(_title(sheet) for sheet in seen.sheets())
    lines.append(f"Tables: {tables}.")
    return Laid("Cover", f"{seen.title}, {seen.period}", tuple(lines))


def _notes(seen: Seen) -> Laid:
    marks = [f"{mark} stands for {meaning}." for mark, meaning in MARKS.items()]
    differs = [f"Differs from the release before: {each}" for each in seen.differs]
    return Laid("Notes", "Notes", (*seen.notes, *marks, *differs))


def _title(sheet: Sheet) -> str:
    return sheet.name.replace("_", " ").capitalize()


def _table(seen: Seen, sheet: Sheet) -> Laid:
    category = _title(sheet).removeprefix("By ").capitalize()
    marks = {shown(cell) for row in sheet.rows for cell in sheet.figures(row)} & set(MARKS)
    about = "This worksheet contains one table."
    if marks:
        said = "; ".join(f"{mark} is {MARKS[mark]}" for mark in sorted(marks))
        about = f"{about} {said[0].upper()}{said[1:]}."
    return Laid(
        _title(sheet),
        f"{seen.title}, {seen.period}: {_title(sheet).lower()}",
        (about, "Region totals and the total of all are among the rows, named All."),
        (
            *HEADINGS,
            f"{category} code",
            category,
            *(_heading(measure.label, measure.unit) for measure in sheet.measures),
        ),
        tuple(tuple(_values(sheet, row)) for row in sheet.rows),
    )


def _heading(label: str, unit: Unit) -> str:
    return f"{label} ({UNITS[unit]})" if unit in UNITS and UNITS[unit] not in label else label


def _values(sheet: Sheet, row: Row) -> Iterator[Value]:
    yield from (cell.value or "" for cell in row.cells[1:6])
    for cell, measure in zip(sheet.figures(row), sheet.measures, strict=True):
        yield _value(cell, measure.unit)


def _value(cell: Cell, unit: Unit) -> Value:
    if cell.is_suppressed or cell.value is None:
        return shown(cell)
    if unit is Unit.POUNDS or "." in cell.value:
        return Decimal(cell.value)
    return int(cell.value)
