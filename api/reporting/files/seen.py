"""A release as one viewer sees it, for every kind of file to be made of."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from api.reporting.release import ALL, Cell, Measure, Row
from schema.types.periods import read_period
from schema.words import Edition, ReportName

WORDS = 6
"""So many columns are words, before those of the measures: see `api.reporting.editions`."""
HIDDEN = "[c]"
ABSENT = "[z]"
MARKS = {
    HIDDEN: "confidential: hidden, since it is small or would tell a small one",
    ABSENT: "not applicable: there is no such figure, or no such code",
}
"""The shorthand that British official statistics use in spreadsheets (Analysis Function, 2023)."""


@dataclass(frozen=True)
class Publisher:
    """Who answers for what is published, where to write to them, and where the service is."""

    name: str = "Hearth"
    contact: str | None = None
    url: str | None = None


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

    `checksum` is that of the edition, not of the council's mixture, which `has_own` rows.
    """

    id: UUID
    name: ReportName
    title: str
    about: str
    period: str
    edition: Edition
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
    has_own: bool = False
    publisher: Publisher = field(default_factory=Publisher)

    @property
    def days(self) -> str:
        """Its period in words, as titles have it."""
        return str(read_period(self.period)).removeprefix("the ")

    @property
    def is_public(self) -> bool:
        """Whether everybody sees the same, and so may have its files."""
        return self.edition is Edition.PUBLIC and not self.has_own

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
