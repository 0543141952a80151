"""Released reports: figures on a period, the same for ever."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import strawberry
from sqlalchemy import ColumnElement, Integer, Text, cast, literal

from schema.refusals import BadRequest
from schema.types import rows
from schema.types.reads import Key, Rows, Scope, Work, expression, identity, listing, worked
from schema.words import ReportName

CELLS_TAKEN = 16
MOST_ROWS = 500


@dataclass(frozen=True, slots=True)
class _Cell:
    column: str
    value: str | None
    is_suppressed: bool


@dataclass(frozen=True, slots=True)
class _Row:
    cells: tuple[_Cell, ...]


def _row(
    given: None, columns: Sequence[str], shown: Sequence[str | None], hidden: Sequence[str]
) -> _Row:
    return _Row(
        tuple(
            _Cell(column, value, column in hidden)
            for column, value in zip(columns, shown, strict=True)
        )
    )


def _position(after: str | None) -> int:
    if after is None:
        return 0
    if not (after.isascii() and after.isdigit() and len(after) < len(str(2**31))):
        raise BadRequest("after must be the cursor of a row, as its field `cursor` gives it.")
    return int(after)


def _first(first: int) -> int:
    if not 1 <= first <= MOST_ROWS:
        raise BadRequest(f"first must be from 1 to {MOST_ROWS}; it is {first}.")
    return first


def _rows(scope: Scope, first: int = MOST_ROWS, after: str | None = strawberry.UNSET) -> Rows:
    """Its rows in order, 1 to 500 at a time: those after the one with the cursor `after`.

    A council's own rows, and an upper tier's lower tiers', hide nothing from it.
    """
    row = rows.report_row.alias()
    # Rows are numbered without a gap, so a page is a range of numbers.
    last = scope.bind(None if after is strawberry.UNSET else after, Integer(), _position)
    size = scope.bind(first, Integer(), _first)
    return Rows(
        row,
        where=[
            row.c.release_id == scope.row.c.id,
            row.c.position > last,
            row.c.position <= last + size,
        ],
        keys=[Key(row.c.position, Integer())],
        work=Work(_row, [scope.row.c.columns, row.c.shown, row.c.hidden]),
    )


def _edition(scope: Scope) -> Any:
    # Each audience sees one edition of a release: row-level security says which.
    return scope.join(rows.report_edition, lambda edition: edition.c.release_id == scope.row.c.id).c


def _url(file: str) -> Any:
    def url(scope: Scope) -> ColumnElement[str]:
        return literal("/reports/release_") + cast(scope.row.c.id, Text) + literal(file)

    return expression(url, description="With the viewer's own credential.")


def _corrects(scope: Scope) -> ColumnElement[Any]:
    # Null stays null.
    return literal("release_") + cast(scope.row.c.corrects_id, Text)


@strawberry.type(description="A figure, or a word that says what figures of the row are of.")
class ReportCell:
    """Hidden where it is suppressed; without a value otherwise, there is no such figure."""

    column: str = worked("column")
    value: str | None = worked("value", description="Null where suppressed is true.")
    suppressed: bool = worked("is_suppressed")


@strawberry.type(description="A row of a report.")
class ReportRow:
    """One cell for each column, in their order."""

    cursor: str = expression(
        lambda scope: cast(scope.row.c.position, Text), description="What rows(after:) takes."
    )
    cells: list[ReportCell] = worked("cells", length=CELLS_TAKEN)


@strawberry.type(description="A released report: computed once, never changed.")
class ReportRelease:
    """What is small is hidden: below 5 from liaisons, below 10 from all but the council itself."""

    id: strawberry.ID = identity("release", "id")
    name: ReportName
    period: str = strawberry.field(description="A month (2026-11) or a week (2026-W47).")
    released_at: datetime
    data_as_of: datetime = strawberry.field(description="It holds what was known by then.")
    columns: list[str]
    row_count: int = expression(lambda scope: _edition(scope).row_count)
    rows: list[ReportRow] = listing(_rows, length=MOST_ROWS)
    notes: list[str] = expression(lambda scope: _edition(scope).notes)
    corrects: strawberry.ID | None = expression(
        _corrects, description="The id of the release that this one corrects."
    )
    differs: list[str] = expression(
        lambda scope: _edition(scope).differs,
        description="What differs from the release that it corrects.",
    )
    csv_url: str = _url("/report.csv")
    xlsx_url: str = _url("/report.xlsx")
    ods_url: str = _url("/report.ods")
    chart_url: str = _url("/chart.svg")
    checksum: str = expression(
        lambda scope: _edition(scope).checksum,
        description="SHA-256 of the edition that this audience sees; a council's is the public's.",
    )
