"""Rows as CSV (RFC 4180, UTF-8) that no spreadsheet takes for anything but text and numbers."""

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime
from typing import Any

from api.feeds.columns import SEPARATOR, Table

BOM = "\N{ZERO WIDTH NO-BREAK SPACE}".encode()
"""What tells old spreadsheets that a file is UTF-8."""
# What a spreadsheet takes for the beginning of a formula, in ordinary and in full width.
FORMULAS = tuple(
    "=+-@\N{FULLWIDTH EQUALS SIGN}\N{FULLWIDTH PLUS SIGN}"
    "\N{FULLWIDTH HYPHEN-MINUS}\N{FULLWIDTH COMMERCIAL AT}"
)


def header(table: Table, *, is_tagged: bool) -> bytes:
    """The row of names and, where it is asked for, the row of HXL's hashtags."""
    rows = [[each.name for each in table.columns]]
    if is_tagged:
        rows.append([each.tag for each in table.columns])
    return _written(rows)


def lines(rows: Iterable[Sequence[Any]]) -> bytes:
    """Rows of values, each as CSVW's datatype of its column has it."""
    return _written([[_cell(value) for value in row] for row in rows])


def _written(rows: Iterable[Sequence[str]]) -> bytes:
    into = io.StringIO()
    csv.writer(into).writerows(rows)
    return into.getvalue().encode()


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return inert(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, list):
        return inert(SEPARATOR.join(str(each) for each in value))
    return str(value)


def inert(text: str) -> str:
    """A text that no spreadsheet runs: an apostrophe stands before what would be a formula."""
    begins = text.lstrip()
    return f"'{text}" if begins.startswith(FORMULAS) or text[:1] in ("\t", "\r", "\n") else text
