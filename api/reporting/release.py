"""What a release is made of, pure: measures, two-dimensional tables, and the rows that are kept.

    figures (SQL over the history) -> Table, unsuppressed -> suppression, for each threshold
    -> Table with its hidden cells -> Row -> canonical bytes -> checksum

A release has three editions of the same rows: FULL (nothing hidden: kept by its owner, of which a
council sees its own rows), LIAISON (hidden below 5) and PUBLIC (hidden below 10).

Who may try to work a hidden cell out has every PUBLIC and LIAISON edition ever released, the public
measures, the notes, and, where it is a council, its own rows in full.
"""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

import orjson

from schema.words import Edition, ReportName

ALL = "ALL"
"""The code of a dimension's total."""

THRESHOLDS: Mapping[Edition, int] = {Edition.LIAISON: 5, Edition.PUBLIC: 10}
"""A count that is not public is hidden below this."""

Figure = int | Decimal | None


class Unit(StrEnum):
    """What a measure counts. POUNDS to the penny; PERCENT of 100."""

    COUNT = "COUNT"
    DAYS = "DAYS"
    PEOPLE = "PEOPLE"
    PERCENT = "PERCENT"
    PLACES = "PLACES"
    POUNDS = "POUNDS"


@dataclass(frozen=True)
class Measure:
    """One column of figures. `name` is its heading (snake_case), `label` the same in words.

    A public measure is never hidden. One without `bases` is a count: its cells add up to its
    totals in both dimensions. One with `bases` is worked out of counts (pounds, a median, a
    percentage): it needs no suppression of its own, being shown only where each of its bases,
    measures of the same release, is shown and is at least `times` the edition's threshold. A
    private one is in the full edition alone.
    """

    name: str
    label: str
    unit: Unit
    is_public: bool = False
    bases: tuple[str, ...] = ()
    times: int = 1
    is_private: bool = False

    @property
    def is_suppressed(self) -> bool:
        """Whether suppression is to look at it: a count that is not public."""
        return not (self.is_public or self.is_private or self.bases)


@dataclass(frozen=True)
class Category:
    """A row or column of a table: a council, region, kind or route. `parent` is what it is part of.

    The total's code is ALL and it has no parent; a region's parent is ALL, a council's its region.
    Of kinds and routes all but ALL have ALL for their parent.
    """

    code: str
    label: str
    parent: str | None = ALL


TOTAL = Category(ALL, "All", None)


@dataclass(frozen=True)
class Dimension:
    """The categories of one side, each after its parent; `name` is the column they are read in.

    Those `withheld` are in no edition, as a week's councils: but each knows its own figures.
    """

    name: str
    label: str
    categories: tuple[Category, ...]
    withheld: frozenset[str] = frozenset()

    def children(self, code: str) -> tuple[Category, ...]:
        """The categories whose sum `code` is; none for a leaf."""
        return tuple(each for each in self.categories if each.parent == code)


@dataclass(frozen=True)
class Table:
    """One measure by area and kind, or by area and route, before anything is hidden.

    `cells` maps (row code, column code) to a figure and holds every subtotal and total too. A cell
    that is absent is a zero, which every edition shows. `name` says which dimensions: tables of one
    release with the same rows and measure, by_kind and by_route, count the same people and so have
    the same figures in their column ALL. Of `private_columns` only the full edition shows figures.
    """

    name: str
    rows: Dimension
    columns: Dimension
    measure: Measure
    cells: Mapping[tuple[str, str], Figure]
    private_columns: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Suppressed:
    """A table with the cells that one edition hides; no other cell of it is hidden."""

    table: Table
    hidden: frozenset[tuple[str, str]]


@dataclass(frozen=True)
class Cell:
    """A figure as it is shown. Without a value it is hidden, or else there is no such figure."""

    value: str | None
    is_suppressed: bool = False


@dataclass(frozen=True)
class Row:
    """Cells in the order of the release's columns; `council_gss` is whose row it is, if one's."""

    cells: tuple[Cell, ...]
    council_gss: str | None = None


@dataclass(frozen=True)
class Release:
    """One edition of a frozen release. `columns` head its rows' cells; the first few are words.

    `measures` are those columns that hold figures, in order. A correction names the release that it
    `corrects`, and `differs` says what differs, a sentence each.
    """

    id: UUID
    name: ReportName
    period: str
    edition: Edition
    released_at: datetime
    data_as_of: datetime
    columns: tuple[str, ...]
    measures: tuple[Measure, ...]
    rows: tuple[Row, ...]
    notes: tuple[str, ...] = ()
    corrects: UUID | None = None
    differs: tuple[str, ...] = field(default=())

    @property
    def checksum(self) -> str:
        """SHA-256 over the canonical bytes, in hexadecimal."""
        return checksum(
            self.name, self.period, self.data_as_of, self.columns, self.rows, self.notes
        )


def checksum(
    name: ReportName,
    period: str,
    data_as_of: datetime,
    columns: Iterable[str],
    rows: Iterable[Row],
    notes: Iterable[str],
) -> str:
    """SHA-256 over what a release says, whenever it is made: one line of JSON for each row.

    A hidden cell is the number 0, which no shown cell is, and one without a figure is null.
    """
    head = [name, period, data_as_of.isoformat(), list(columns), list(notes)]
    digest = hashlib.sha256(orjson.dumps(head) + b"\n")
    for row in rows:
        shown = [0 if cell.is_suppressed else cell.value for cell in row.cells]
        digest.update(orjson.dumps(shown) + b"\n")
    return digest.hexdigest()
