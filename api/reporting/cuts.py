"""What a report is: its measures, and the cuts of SQL that its tables are made of."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from api.reporting.release import Measure
from api.reporting.sums import Identity
from schema.words import ReportName

KIND, ROUTE = "kind", "route"


@dataclass(frozen=True)
class Cut:
    """One table's worth of SQL: rows of region, gss and category, and what measures make of them.

    `sums` are the columns that measures add up, `shares` aggregates of another sort. `words` are
    the categories of a dimension that isn't kinds or routes. Of an `overlapping` measure the
    categories don't add up, so it has no total.
    """

    table: str
    dimension: str
    label: str
    sql: str
    sums: Mapping[str, str]
    shares: Mapping[str, str] = field(default_factory=dict)
    fills: Mapping[str, str] = field(default_factory=dict)
    words: Mapping[str, str] = field(default_factory=dict)
    overlapping: frozenset[str] = frozenset()

    @property
    def measures(self) -> Mapping[str, str]:
        """SQL of each measure over the facts of a place."""
        return {name: f"sum({column})" for name, column in self.sums.items()} | dict(self.shares)


@dataclass(frozen=True)
class Report:
    """A report's measures, in order, and its tables; notes say what its figures mean.

    Notes, the names of measures and the words of categories are in the checksums of releases: other
    ones would make a release come out otherwise than it was kept. Titles and labels are not.

    `flows` are the measures of what happened within the period, where others count what stood at
    its end. `akin` are those that mostly count what another report's measure does, with its name.
    """

    name: ReportName
    title: str
    about: str
    measures: tuple[Measure, ...]
    cuts: tuple[Cut, ...]
    notes: tuple[str, ...]
    identities: tuple[Identity, ...] = ()
    flows: frozenset[str] = frozenset()
    is_funding: bool = False
    akin: Mapping[str, tuple[ReportName, str]] = field(default_factory=dict)
