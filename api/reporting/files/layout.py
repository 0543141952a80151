"""What a spreadsheet of a release says, sheet by sheet, before it is one of any kind.

A cover, the contents, the notes, then a sheet for each table: its title in the first cell, lines
about it, and the table with one heading for each column, as British official statistics are laid
out for screen readers and programs alike (Analysis Function, "Releasing statistics in
spreadsheets"). So there is no merged or empty cell, no blank row, no filter and no frozen pane.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from api.reporting.files.cover import cover_lines
from api.reporting.files.seen import ABSENT, MARKS, Seen, Sheet, shown
from api.reporting.files.texts import Line, Link
from api.reporting.release import Row, Unit

AREAS = ("Region", "Council code (GSS)", "Council")
CONTENTS, COVER, NOTES = "Contents", "Cover", "Notes"
UNITS = {
    Unit.DAYS: "days",
    Unit.PERCENT: "per cent",
    Unit.POUNDS: "pounds",
}
ONE_TABLE = "This worksheet contains one table."
Value = str | int | Decimal | Link


@dataclass(frozen=True)
class Grid:
    """A table by its name: headings, the first `words` of them above texts, and typed cells."""

    name: str
    headings: tuple[str, ...]
    words: int
    rows: tuple[tuple[Value, ...], ...]


@dataclass(frozen=True)
class Laid:
    """A sheet: a title, lines about it and, where it has one, a table below them."""

    name: str
    title: str
    lines: tuple[Line, ...]
    grid: Grid | None = None


def title_of(seen: Seen) -> str:
    """What a release's spreadsheet is called."""
    return f"{seen.title}, {seen.days}"


def laid_out(seen: Seen) -> list[Laid]:
    """Every sheet of a release's spreadsheet."""
    tables = [_table(seen, number, sheet) for number, sheet in enumerate(seen.sheets(), start=1)]
    notes = _notes(seen)
    cover = Laid(COVER, title_of(seen), tuple(cover_lines(seen)))
    return [cover, _contents([notes, *tables]), notes, *tables]


def _contents(sheets: list[Laid]) -> Laid:
    rows = tuple((Link(each.name, f"#{each.name}"), each.title) for each in sheets)
    grid = Grid("contents", ("Worksheet", "Title"), 2, rows)
    return Laid(CONTENTS, CONTENTS, (f"{ONE_TABLE} Each worksheet's name leads to it.",), grid)


def _notes(seen: Seen) -> Laid:
    differs = [f"Differs from the release before: {each}" for each in seen.differs]
    texts = enumerate((*seen.notes, *differs), start=1)
    rows = tuple((f"Note {number}", text) for number, text in texts)
    return Laid(NOTES, NOTES, (ONE_TABLE, _back()), Grid("notes", ("Note", "Text"), 2, rows))


def _back() -> Link:
    return Link("Back to the contents", f"#{CONTENTS}")


def _table(seen: Seen, number: int, sheet: Sheet) -> Laid:
    name = sheet.name.replace("_", " ").capitalize()
    category = name.removeprefix("By ").capitalize()
    headings = (
        *AREAS,
        f"{category} code",
        category,
        *(_heading(measure.label, measure.unit) for measure in sheet.measures),
    )
    words = len(headings) - len(sheet.measures)
    rows = tuple(tuple(_values(sheet, row)) for row in sheet.rows)
    used = [mark for mark in MARKS if any(mark in row for row in rows)]
    said = "; ".join(f"{mark} is {MARKS[mark]}" for mark in used)
    return Laid(
        name,
        f"Table {number}: {seen.title} {name.lower()}, {seen.days}",
        (
            f"{ONE_TABLE} What its figures mean is in the worksheet {NOTES}.",
            *([f"Shorthand: {said}."] if said else []),
            "Rows named All are totals: of a region, or of all regions.",
            _back(),
        ),
        Grid(f"{seen.name.lower()}_{sheet.name}", headings, words, rows),
    )


def _heading(label: str, unit: Unit) -> str:
    named = UNITS.get(unit, "")
    return label if named.lower() in label.lower() else f"{label} ({named})"


def _values(sheet: Sheet, row: Row) -> Iterator[Value]:
    for cell in row.cells[1:6]:
        yield cell.value or ABSENT
    for cell, measure in zip(sheet.figures(row), sheet.measures, strict=True):
        if cell.is_suppressed or cell.value is None:
            yield shown(cell)
        elif measure.unit is Unit.POUNDS or "." in cell.value:
            yield Decimal(cell.value)
        else:
            yield int(cell.value)
