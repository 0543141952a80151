"""A release as one viewer sees it, for every kind of file to be made of."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from api.reporting.release import ALL, Cell, Measure, Row
from schema.words import ReportName

WORDS = 6
"""So many columns are words, before those of the measures: see `api.reporting.editions`."""
HIDDEN = "[c]"
ABSENT = "[z]"
MARKS = {
    HIDDEN: "confidential: hidden, since it is small or would tell a small one",
    ABSENT: "not applicable: there is no such figure",
}
"""The shorthand that British official statistics use in spreadsheets (Analysis Function, 2023)."""


@dataclass(frozen=True)
class Sheet:
    """The rows of one table of the release, and the measures that it has."""

    name: str
    measures: tuple[Measure, ...]
    places: tuple[int, ...]
    rows: tuple[Row, ...]

    def figures(self, row: Row) -> Iterator[Cell]:
        """The row's cells of the sheet's measures, in order."""
        return (row.cells[place] for place in self.places)


@dataclass(frozen=True)
class Seen:
    """A release with what its edition says of itself; a council's own rows hide nothing from it.

    `checksum` is that of the edition, not of the council's mixture.
    """

    id: UUID
    name: ReportName
    title: str
    period: str
    released_at: datetime
    data_as_of: datetime
    columns: tuple[str, ...]
    measures: tuple[Measure, ...]
    rows: tuple[Row, ...]
    notes: tuple[str, ...]
    differs: tuple[str, ...]
    corrects: UUID | None
    checksum: str
    received: Mapping[str, Cell] = field(default_factory=dict)
    """Of MATCHING_OUTCOMES: the requests received, of all regions and by region, as the viewer sees
    the release that has them."""

    @property
    def file_name(self) -> str:
        """What its files are called, without the ending."""
        return f"{self.name.lower().replace('_', '-')}-{self.period}"

    def sheets(self) -> list[Sheet]:
        """Its tables, in order, each with those measures that have a figure there."""
        found: dict[str, list[Row]] = {}
        for row in self.rows:
            found.setdefault(str(row.cells[0].value), []).append(row)
        return [self._sheet(name, rows) for name, rows in found.items()]

    def _sheet(self, name: str, rows: Sequence[Row]) -> Sheet:
        kept = [
            place
            for place in range(len(self.measures))
            if any(
                row.cells[WORDS + place].is_suppressed or row.cells[WORDS + place].value is not None
                for row in rows
            )
        ]
        return Sheet(
            name,
            tuple(self.measures[place] for place in kept),
            tuple(WORDS + place for place in kept),
            tuple(rows),
        )


def is_of_region(row: Row) -> bool:
    """Whether the row is of a region as a whole, over all kinds or routes."""
    _, region, _, council, code, _ = (cell.value for cell in row.cells[:WORDS])
    return council == "All" and code == ALL and region != "All"


def is_of_all(row: Row) -> bool:
    """Whether the row is the total of its table."""
    _, region, _, council, code, _ = (cell.value for cell in row.cells[:WORDS])
    return council == "All" and code == ALL and region == "All"


def shown(cell: Cell) -> str:
    """A figure in words: as it is, or the mark that stands for it."""
    if cell.is_suppressed:
        return HIDDEN
    return ABSENT if cell.value is None else cell.value
