"""A release drawn: capacity against demand, what became of matches, time to place, and the rest.

Bars and hatches that read without colour, the figures written beside them, and the same figures as
text for whoever can't see them. What is hidden has no bar, and says so.
"""

import io
import math
import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from textwrap import fill
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import escape

from api.reporting.files.seen import Seen, Sheet, is_of_all, is_of_region, shown
from api.reporting.files.texts import allowed
from api.reporting.release import Cell, Measure, Row, Unit
from schema.words import ReportName

if TYPE_CHECKING:
    from matplotlib.figure import Figure

WIDTH, BAR, SPACE, MARGIN, LINE = 9.0, 0.26, 0.12, 1.9, 0.17
"""Inches: the figure's width, a bar's height, between labels, above and below all of them, and the
height of a line of a label."""
DPI = 110
LOOKS = (("#1d1d1d", ""), ("#ffffff", "////"), ("#8c8c8c", ""), ("#d9d9d9", "...."))
IN_LABEL, IN_LINE, IN_NOTE, IN_TITLE = 28, 100, 150, 64
"""Letters that fit in a label, a line of labels, a note and the title."""
KEY = 7
"""As many letters wide is what stands before a label to say which bars it is of."""
MOST_BARS = 4
ONE_AT_A_TIME = threading.Lock()


class Picture(StrEnum):
    """What a chart is written as."""

    PNG = "png"
    SVG = "svg"


@dataclass(frozen=True)
class Series:
    """One bar for each label: its name, its cells in the labels' order."""

    name: str
    cells: tuple[Cell, ...]


@dataclass(frozen=True)
class Chart:
    """Labelled bars, and what they measure."""

    title: str
    axis: str
    labels: tuple[str, ...]
    series: tuple[Series, ...]

    @property
    def text(self) -> str:
        """The table that the chart shows, a line for each label."""
        return "\n".join(
            f"{label}: "
            + ", ".join(f"{each.name} {shown(each.cells[at])}" for each in self.series)
            + "."
            for at, label in enumerate(self.labels)
        )


def chart_of(seen: Seen) -> Chart:
    """The chart that says most of a release."""
    if seen.name is ReportName.CAPACITY_AND_DEMAND:
        wanted = ("places_free", "people_waiting")
        return _by_region(seen, "Capacity against demand", "People", wanted)
    if seen.name is ReportName.MATCHING_OUTCOMES:
        return _flow(seen)
    if seen.name is ReportName.TIME_TO_PLACE:
        return _by_region(seen, "Time to place", "Days, median", ("days_median",), of_all=True)
    told = [each for each in seen.sheets()[0].measures if not each.is_private] if seen.rows else []
    # What is measured in pounds and what in people have no axis in common: money it is.
    alike = [each.name for each in told if each.unit is told[-1].unit][:MOST_BARS]
    return _by_region(seen, seen.title, _axis(told[-1]) if len(alike) > 1 else "", alike)


def _axis(measure: Measure) -> str:
    return "Number" if measure.unit is Unit.COUNT else measure.unit.capitalize()


def _by_region(
    seen: Seen, title: str, axis: str, names: Sequence[str], *, of_all: bool = False
) -> Chart:
    sheet = _first(seen)
    rows = [
        row
        for row in (sheet.rows if sheet else ())
        if is_of_region(row) or (of_all and is_of_all(row))
    ]
    there = {measure.name for measure in sheet.measures} if sheet else set()
    series = tuple(_series(sheet, rows, name) for name in names if name in there) if sheet else ()
    return Chart(
        f"{title} by region, {seen.days}",
        axis or (series[0].name if len(series) == 1 else "Figures"),
        tuple(str(row.cells[1].value) for row in rows) if series else (),
        series,
    )


def _flow(seen: Seen) -> Chart:
    """From request to the end of the placement: over all regions, and in those with the most.

    Small counts often hide that of all regions, but not those of one where nothing is small.
    """
    sheet = _first(seen)
    rows = [row for row in (sheet.rows if sheet else ()) if is_of_all(row)]
    if sheet and rows:
        regions = [row for row in sheet.rows if is_of_region(row)]
        most = {row: _number(next(sheet.figures(row))) for row in regions}
        regions = sorted((row for row in regions if most[row]), key=lambda row: -most[row])
        rows += regions[: MOST_BARS - 1]
    labels = tuple(measure.label for measure in sheet.measures) if sheet and rows else ()
    named = [(str(row.cells[1].value), tuple(sheet.figures(row))) for row in rows] if sheet else []
    if not seen.received:
        title = f"From proposal to placement, {seen.days}"
        return Chart(title, "Matches", labels, tuple(Series(*each) for each in named))
    absent = Cell("0")  # rows of zeros alone are left out
    series = tuple(
        Series(region, (seen.received.get(region, absent), *cells)) for region, cells in named
    )
    title, first = f"From request to placement, {seen.days}", "Requests received"
    return Chart(title, "Requests and matches", (first, *labels) if labels else (), series)


def _first(seen: Seen) -> Sheet | None:
    sheets = seen.sheets()
    return sheets[0] if sheets else None


def _series(sheet: Sheet, rows: Iterable[Row], name: str) -> Series:
    [at] = [at for at, measure in enumerate(sheet.measures) if measure.name == name]
    cells = tuple(tuple(sheet.figures(row))[at] for row in rows)
    return Series(sheet.measures[at].label, cells)


def draw(seen: Seen, picture: Picture) -> bytes:
    """The chart of a release; the same release gives the same bytes."""
    # Only whoever asks for a chart waits for the library that draws it.
    import matplotlib as mpl

    chart, into = chart_of(seen), io.BytesIO()
    settings: Any = {
        "font.family": "sans-serif",
        "font.size": 10,
        "hatch.linewidth": 0.6,
        "svg.fonttype": "path",
        "svg.hashsalt": str(seen.id),
    }
    # Its settings are the whole process's.
    with ONE_AT_A_TIME, mpl.rc_context(settings):
        found = drawn(chart, seen)
        if picture is Picture.PNG:
            about = {"Title": chart.title, "Description": chart.text, "Software": "Hearth"}
            found.savefig(into, format="png", dpi=DPI, metadata=about)
            return into.getvalue()
        found.savefig(into, format="svg", metadata={"Date": None, "Creator": "Hearth"})
    return _described(into.getvalue().decode(), chart).encode()


def drawn(chart: Chart, seen: Seen) -> "Figure":
    """The chart as a figure of the library's, with what is said of its release below."""
    from matplotlib.figure import Figure
    from matplotlib.layout_engine import ConstrainedLayoutEngine
    from matplotlib.ticker import MaxNLocator

    count = max(1, len(chart.series))
    labels = [fill(label, IN_LABEL) for label in chart.labels]
    names = [fill(each.name, IN_LABEL) for each in chart.series]
    columns = _columns(chart)
    height = max(1, len(labels)) * (SPACE + max(count * BAR, _lines(labels) * LINE))
    above = _lines(names) * LINE * math.ceil(len(names) / columns)
    layout = ConstrainedLayoutEngine(w_pad=SPACE)
    figure = Figure(figsize=(WIDTH, height + above + MARGIN), layout=layout)
    values = [_number(cell) for each in chart.series for cell in each.cells]
    axes = figure.subplots()
    title = fill(chart.title, IN_TITLE)
    figure.suptitle(title, fontsize=14, fontweight="bold", x=0.02, ha="left")
    most = max(values, default=0.0) or 1.0
    thickness = 0.8 / count
    for number, each in enumerate(chart.series):
        colour, hatch = LOOKS[number % len(LOOKS)]
        shift = (number - (count - 1) / 2) * thickness
        at = [place + shift for place in range(len(each.cells))]
        lengths = [_number(cell) for cell in each.cells]
        axes.barh(
            at,
            lengths,
            thickness * 0.9,
            label=each.name,
            color=colour,
            hatch=hatch,
            edgecolor="#1d1d1d",
        )
        for place, length, cell in zip(at, lengths, each.cells, strict=True):
            axes.text(length + most * 0.01, place, _said(cell), va="center", fontsize=9)
    axes.set_yticks(range(len(labels)), labels)
    axes.set_ylim(max(1, len(chart.labels)) - 0.5, -0.5)
    axes.set_xlim(0, most * 1.15)
    axes.xaxis.set_major_formatter(lambda value, place: f"{value:,g}")
    axes.xaxis.set_major_locator(MaxNLocator("auto", integer=True, steps=[1, 2, 5, 10]))
    axes.set_xlabel(chart.axis)
    axes.spines[["top", "right"]].set_visible(False)
    if count > 1:
        handles = axes.get_legend_handles_labels()[0]
        axes.legend(
            handles,
            names,
            loc="lower right",
            bbox_to_anchor=(1, 1),
            ncols=columns,
            frameon=False,
        )
    if not labels:
        axes.set_axis_off()
    if not any(values):
        is_hidden = any(cell.is_suppressed for each in chart.series for cell in each.cells)
        none = "No figure is large enough to show." if is_hidden else "There are no figures."
        axes.text(0.5, 0.5, none, ha="center", transform=axes.transAxes, fontsize=12)
        axes.set_xticks([])
    source = f"Hidden figures have no bar. {seen.publisher.name}, release {seen.id}."
    about = [fill(line, IN_NOTE) for line in (*seen.notes[:2], source)]
    figure.supxlabel("\n".join(about), fontsize=8, x=0.02, ha="left")
    return figure


def _columns(chart: Chart) -> int:
    """How many of the bars' names fit beside one another."""
    longest = max((min(IN_LABEL, len(each.name)) for each in chart.series), default=1)
    return max(1, min(len(chart.series), IN_LINE // (KEY + longest)))


def _lines(texts: Sequence[str]) -> int:
    return max((text.count("\n") + 1 for text in texts), default=1)


def _number(cell: Cell) -> float:
    return 0.0 if cell.is_suppressed or cell.value is None else float(cell.value)


def _said(cell: Cell) -> str:
    if cell.is_suppressed:
        return "hidden"
    return "no figure" if cell.value is None else f"{float(cell.value):,g}"


def _described(svg: str, chart: Chart) -> str:
    """The SVG with a title and the table as its text, for screen readers."""
    begin = svg.index("<svg ")
    end = svg.index(">", begin)
    label = ' role="img" aria-labelledby="chart-title chart-table"'
    text = (
        f'\n <title id="chart-title">{escape(allowed(chart.title))}</title>'
        f'\n <desc id="chart-table">{escape(allowed(chart.text))}</desc>'
    )
    return svg[:end] + label + ">" + text + svg[end + 1 :]
