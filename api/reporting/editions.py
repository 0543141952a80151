"""Editions of a release: the tables as rows of cells, with what each edition hides hidden."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from api.reporting.cuts import Cut, Report
from api.reporting.frame import Frame
from api.reporting.release import (
    ALL,
    THRESHOLDS,
    Category,
    Cell,
    Figure,
    Measure,
    Row,
    Suppressed,
    Unit,
)
from schema.words import Edition

WORDS = ("table", "region", "council_gss", "council", "category_code", "category")
"""The columns before those of the measures."""
HIDDEN = Cell(None, is_suppressed=True)
NOTHING = Cell(None)
ZERO = Cell("0")
Place = tuple[str, str]
Editions = Mapping[Edition, Sequence[Suppressed]]
"""For each edition, the release's tables; what hides nothing is hidden nowhere."""


@dataclass(frozen=True)
class _Sheet:
    """All measures of one table in one edition, by their names."""

    cut: Cut
    edition: Edition
    tables: Mapping[str, Suppressed]

    def cell(self, measure: Measure, place: Place) -> Cell:
        """A figure as the edition shows it; nothing where there is no such figure."""
        found = self.tables.get(measure.name)
        if found is None or (place[1] == ALL and measure.name in self.cut.overlapping):
            return NOTHING
        figure = found.table.cells.get(place, None if measure.unit is Unit.DAYS else 0)
        if self.edition is not Edition.FULL and self._is_hidden(found, place):
            return HIDDEN
        return _written(figure, measure)

    def _is_hidden(self, found: Suppressed, place: Place) -> bool:
        measure = found.table.measure
        bases = [self.tables[base] for base in measure.bases]
        # A zero, or no figure, would tell that a hidden base is zero.
        if (
            place in found.hidden
            or measure.is_private
            or any(place in each.hidden for each in bases)
        ):
            return True
        if place not in found.table.cells:
            return False
        if any(self._is_small(each, place, measure.times) for each in bases):
            return True
        # A total over routes of different tariffs would be one equation more between those hidden.
        return (
            measure.unit is Unit.POUNDS
            and place[1] == ALL
            and any(
                self._is_hidden(found, (place[0], each.code))
                for each in found.table.columns.children(ALL)
            )
        )

    def _is_small(self, base: Suppressed, place: Place, times: int) -> bool:
        count = int(base.table.cells.get(place) or 0)
        return 0 < count < times * THRESHOLDS[self.edition]


def rows_of(report: Report, frame: Frame, editions: Editions) -> Iterator[Mapping[Edition, Row]]:
    """Each row in every edition: table by table, region by region, totals before parts.

    A row of zeros alone is left out, unless an edition hides one of them or it is the total of an
    area in the first table.
    """
    councils = {area.gss for area in frame.areas}
    for cut in report.cuts:
        sheets = [_sheet(cut, edition, tables) for edition, tables in editions.items()]
        tables = [each for sheet in sheets for each in sheet.tables.values()]
        told = {place for each in tables for place, figure in each.table.cells.items() if figure}
        told |= {place for each in tables for place in each.hidden}
        if cut is report.cuts[0]:
            told |= {(area.gss, ALL) for area in frame.areas if area.is_there}
            told |= {(area.region, ALL) for area in frame.areas} | {(ALL, ALL)}
        first = tables[0].table
        for area in first.rows.categories:
            if area.code in first.rows.withheld:
                continue
            gss = area.code if area.code in councils else None
            for category in first.columns.categories:
                place = area.code, category.code
                if place in told:
                    words = [Cell(word) for word in _words(cut, area, gss, category)]
                    yield {
                        sheet.edition: Row(
                            (*words, *(sheet.cell(measure, place) for measure in report.measures)),
                            gss,
                        )
                        for sheet in sheets
                    }


def _sheet(cut: Cut, edition: Edition, tables: Sequence[Suppressed]) -> _Sheet:
    own = {each.table.measure.name: each for each in tables if each.table.name == cut.table}
    return _Sheet(cut, edition, own)


def _words(cut: Cut, area: Category, gss: str | None, category: Category) -> tuple[str, ...]:
    is_whole = area.parent in (None, ALL)
    return (
        cut.table,
        area.label if is_whole else str(area.parent),
        gss or "",
        "All" if is_whole else area.label,
        category.code,
        category.label,
    )


def _written(figure: Figure, measure: Measure) -> Cell:
    if figure is None:
        return NOTHING
    if measure.unit is Unit.POUNDS:
        return Cell(f"{figure:.2f}")
    return Cell(str(figure)) if figure else ZERO
