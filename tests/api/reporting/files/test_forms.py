"""What is made of a release: spreadsheets read back, charts with their text, CSV that is inert."""

import csv
import io
import uuid
import xml.etree.ElementTree as ET
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from itertools import combinations, pairwise
from typing import Any

import openpyxl
import pytest
from hypothesis import example, given, settings
from hypothesis.strategies import characters, text
from matplotlib.backends.backend_agg import FigureCanvasAgg
from odfdo import Document

from api.reporting.files.charts import Picture, chart_of, draw, drawn
from api.reporting.files.csv import metadata, written
from api.reporting.files.ods import write_ods
from api.reporting.files.seen import Publisher, Seen
from api.reporting.files.texts import allowed
from api.reporting.files.xlsx import write_xlsx
from api.reporting.release import Cell, Measure, Row, Unit
from schema.words import Edition, ReportName

MEASURES = (
    Measure("places_free", "Places free", Unit.PLACES, is_public=True),
    Measure("people_waiting", "People waiting", Unit.PEOPLE),
    Measure("pounds_due", "Pounds due", Unit.POUNDS),
)
WORDS = ("table", "region", "council_gss", "council", "category_code", "category")
HIDDEN = Cell(None, is_suppressed=True)


def _row(*words: str, figures: tuple[Cell, ...]) -> Row:
    return Row((*(Cell(word) for word in words), *figures), words[2] or None)


def _seen(name: ReportName = ReportName.CAPACITY_AND_DEMAND) -> Seen:
    whole = ("ALL", "All")
    rows = (
        _row("by_kind", "All", "", "All", *whole, figures=(Cell("54"), HIDDEN, Cell("10.50"))),
        _row("by_kind", "London", "", "All", *whole, figures=(Cell("20"), Cell("12"), Cell(None))),
        _row("by_kind", "Wales", "", "All", *whole, figures=(Cell("34"), HIDDEN, Cell("7.00"))),
        _row(
            "by_kind",
            "Wales",
            "W06000001",
            "=HYPERLINK(Ynys Môn)",
            "hosting",
            "Hosting",
            figures=(Cell("0"), HIDDEN, Cell("7.00")),
        ),
        _row("by_route", "All", "", "All", *whole, figures=(Cell(None), HIDDEN, Cell("10.50"))),
    )
    at = datetime(2026, 11, 2, 9, 30, tzinfo=UTC)
    return Seen(
        id=uuid.UUID(int=7),
        name=name,
        title="Capacity and demand",
        about="Places and who waits.",
        period="2026-10",
        edition=Edition.PUBLIC,
        released_at=at,
        data_as_of=at,
        columns=(*WORDS, *(measure.name for measure in MEASURES)),
        measures=MEASURES,
        rows=rows,
        notes=("Places are people.",),
        differs=(),
        corrects=None,
        checksum="c" * 64,
    )


def test_csv_runs_nowhere_and_says_what_is_hidden() -> None:
    body = b"".join(written(_seen(), is_marked=False)).decode("utf-8")
    found = list(csv.DictReader(io.StringIO(body)))
    assert len(found) == 5
    assert found[0]["people_waiting"] == "[c]"
    assert found[1]["pounds_due"] == "[z]"
    assert found[3]["council"] == "'=HYPERLINK(Ynys Môn)"
    assert found[3]["places_free"] == "0"
    assert b"".join(written(_seen(), is_marked=True)) == b"\xef\xbb\xbf" + body.encode()


def test_csv_metadata_describe_each_column() -> None:
    found = metadata(_seen(), "report.csv")["tableSchema"]["columns"]
    assert [each["name"] for each in found] == list(_seen().columns)
    assert [each["datatype"] for each in found[6:]] == ["integer", "integer", "decimal"]
    assert all(each["null"] == ["[c]", "[z]"] for each in found[6:])


def _book(seen: Seen) -> openpyxl.Workbook:
    into = io.BytesIO()
    write_xlsx(seen, into)
    return openpyxl.load_workbook(into)


def test_a_workbook_has_a_cover_contents_notes_and_typed_tables() -> None:
    book = _book(_seen())
    assert book.sheetnames == ["Cover", "Contents", "Notes", "By kind", "By route"]
    assert book["Notes"]["B5"].value == "Places are people."
    sheet = book["By kind"]
    assert sheet["A1"].value == "Table 1: Capacity and demand by kind, October 2026"
    assert "[c] is confidential" in sheet["A3"].value
    heads, *rows = sheet[sheet.tables["capacity_and_demand_by_kind"].ref]
    assert [cell.value for cell in heads][:3] == ["Region", "Council code (GSS)", "Council"]
    assert [cell.value for cell in rows[0]][5:] == [54, "[c]", 10.5]
    assert rows[0][5].data_type == "n"
    assert [cell.value for cell in heads][-1] == "Pounds due"
    # A measure that the table does not have makes no column.
    assert "Places free" not in [cell.value for cell in book["By route"][6]]


def test_the_cover_says_who_says_what_of_when_and_on_which_terms() -> None:
    publisher = Publisher("The council of councils", "figures@hearth.test", "https://hearth.test")
    cover = _book(replace(_seen(), publisher=publisher))["Cover"]
    said = [cell.value for cell in cover["A"]]
    after = dict(pairwise(said))
    assert said[0] == "Capacity and demand, October 2026"
    assert after["Publisher"] == "The council of councils"
    assert after["Contact"] == "figures@hearth.test"
    assert after["Released"].startswith("2 November 2026 at 09:30.")
    assert after["Next release"] == "For November 2026, from 1 December 2026 on."
    assert after["Licence"] == "Open Government Licence v3.0"
    assert after["How to cite it"].startswith("The council of councils (2026). Capacity and demand")
    assert {cell.hyperlink.target for cell in cover["A"] if cell.hyperlink} == {
        "mailto:figures@hearth.test",
        "https://hearth.test/reports/release_00000000-0000-0000-0000-000000000007/report.csv",
        "https://www.nationalarchives.gov.uk/doc/open-government-licence/version/3/",
    }
    weekly = _book(replace(_seen(), period="2026-W47"))["Cover"]
    assert weekly["A1"].value == "Capacity and demand, week from 16 November to 22 November 2026"
    assert "Whoever runs Hearth." in [cell.value for cell in weekly["A"]]


@pytest.mark.parametrize(
    ("edition", "has_own"),
    [(Edition.FULL, False), (Edition.LIAISON, False), (Edition.PUBLIC, True)],
)
def test_what_is_not_public_has_no_licence(edition: Edition, has_own: bool) -> None:
    seen = replace(_seen(), edition=edition, has_own=has_own)
    said = [cell.value for cell in _book(seen)["Cover"]["A"]]
    assert any(each.endswith("Not for publication.") for each in said)
    assert "Licence" not in said
    assert "dc:license" not in metadata(seen, "report.csv")
    assert "dc:license" in metadata(_seen(), "report.csv")


@pytest.mark.parametrize("rows", [0, 1, 5])
def test_a_workbook_is_as_screen_readers_need_it(rows: int) -> None:
    """What the Analysis Function's checklist of spreadsheets' accessibility asks for."""
    book = _book(replace(_seen(), rows=_seen().rows[:rows]))
    properties = book.properties
    assert (properties.title, properties.creator, properties.language) == (
        "Capacity and demand, October 2026",
        "Hearth",
        "en-GB",
    )
    for sheet in book:
        cells = list(sheet.iter_rows())
        assert all(cell.font.name == "Arial" for row in cells for cell in row)
        assert all(cell.font.sz >= 12 for row in cells for cell in row)
        # No row is blank and nothing is merged, frozen or filtered; what is a table is marked.
        assert all(row[0].value for row in cells)
        assert not sheet.merged_cells.ranges
        assert sheet.freeze_panes is None
        assert sheet.auto_filter.ref is None
        if sheet.title == "Cover":
            assert not sheet.tables
            continue
        [table] = sheet.tables.values()
        assert table.autoFilter is None
        assert all(cell.value not in (None, "") for row in sheet[table.ref] for cell in row)
        for row in cells:
            if row[0].hyperlink:
                name, _, cell = row[0].hyperlink.location.partition("!")
                assert (name.strip("'") in book.sheetnames, cell) == (True, "A1")


def test_spreadsheets_of_a_release_are_the_same_to_the_byte() -> None:
    for write in (write_ods, write_xlsx):
        first, again = io.BytesIO(), io.BytesIO()
        write(_seen(), first)
        write(_seen(), again)
        assert first.getvalue() == again.getvalue()


def _plain(value: Any) -> str:
    return f"{float(value):g}" if isinstance(value, int | float | Decimal) else value or ""


def _read(cell: Any) -> tuple[str, str | None]:
    """What a cell of an OpenDocument says, and where it leads."""
    link = cell.get_element("descendant::text:a")
    if link is None:
        return _plain(cell.value), None
    # With a value besides, some programs show that, and it leads nowhere.
    assert cell.get_attribute("office:string-value") is None
    return link.text, link.get_attribute("xlink:href").replace("#'", "'").replace("'.", "'!")


def _known(cell: Any) -> tuple[str, str | None]:
    link = cell.hyperlink
    return _plain(cell.value), (link.location or link.target) if link else None


def test_an_open_document_has_the_same_cells() -> None:
    into = io.BytesIO()
    write_ods(_seen(), into)
    document, book = Document(into), _book(_seen())
    tables = {table.name: table for table in document.body.tables}
    assert list(tables) == book.sheetnames
    for name, table in tables.items():
        for own, known in zip(table.get_rows(), book[name].iter_rows(), strict=True):
            said = [_read(cell) for cell in own.get_cells()]
            nothing = [("", None)] * (len(known) - len(said))
            assert said + nothing == [_known(cell) for cell in known]
    assert tables["By kind"].get_cell((2, 9)).type == "string"
    assert tables["By kind"].get_cell((5, 6)).type == "float"
    assert document.get_language() == "en-GB"
    assert document.meta.language == "en-GB"
    ranges = document.content.get_elements("//table:database-range")
    marked = {each.get_attribute("table:name"): each for each in ranges}
    address = marked["capacity_and_demand_by_kind"].get_attribute("table:target-range-address")
    assert address == "'By kind'.A6:'By kind'.H10"


@given(text=text(alphabet=characters(exclude_categories=["Cs"]), min_size=1))
@example("=HYPERLINK(Ynys Môn)")
@example("+1")
@example("-1")
@example("@SUM(1)")
@example("\t=1")
@example("\r=1")
@example("\x0b=1\x00_x0041_")
@example("""<Bath & "Wells">  it's ]]> &amp;
    on two lines\t=1+1 Łódź""")
@settings(deadline=None, max_examples=20)
def test_names_are_texts_whatever_they_look_like(text: str) -> None:
    row = _row("by_kind", "Wales", "W06000001", text, "hosting", text, figures=(HIDDEN,) * 3)
    seen = replace(_seen(), title=text, rows=(row,))
    into = io.BytesIO()
    write_ods(seen, into)
    document = Document(into)
    sheet = document.body.tables[3]
    assert sheet.get_cell((2, 6)).type == "string"
    assert (sheet.get_value((2, 6)) or "") == allowed(text)
    assert not document.content.get_elements("//*[@table:formula]")
    cell = _book(seen)["By kind"]["C7"]
    assert cell.data_type == "s"
    [found] = csv.DictReader(io.StringIO(b"".join(written(seen, is_marked=False)).decode()))
    assert not found["council"].lstrip().startswith(("=", "+", "-", "@"))


@pytest.mark.parametrize("name", ReportName)
def test_a_chart_says_in_text_what_it_shows(name: ReportName) -> None:
    seen = _seen(name)
    if name is ReportName.TIME_TO_PLACE:
        measure = Measure("days_median", "Days, median", Unit.DAYS)
        seen = replace(seen, measures=(MEASURES[0], measure, MEASURES[2]))
    elif name is not ReportName.CAPACITY_AND_DEMAND:
        seen = replace(seen, measures=tuple(replace(each, unit=Unit.PEOPLE) for each in MEASURES))
    chart = chart_of(seen)
    svg = draw(seen, Picture.SVG)
    assert svg == draw(seen, Picture.SVG)
    root = ET.fromstring(svg)
    assert root.get("role") == "img"
    title, text = (root.find(f"{{http://www.w3.org/2000/svg}}{tag}") for tag in ("title", "desc"))
    assert title is not None
    assert text is not None
    assert title.text == chart.title
    assert text.text == chart.text
    assert "[c]" in chart.text
    assert "October 2026" in chart.title


LONG = "Bournemouth, Christchurch and Poole with the isles that lie to the north-east of <them> &"


@pytest.mark.parametrize("name", [ReportName.CAPACITY_AND_DEMAND, ReportName.MATCHING_OUTCOMES])
@pytest.mark.parametrize(("regions", "title"), [(0, "Demand"), (1, "Demand"), (5, LONG * 2)])
def test_nothing_in_a_chart_is_cut_off_or_covered(
    name: ReportName, regions: int, title: str
) -> None:
    rows = [_seen().rows[0]]
    for number in range(regions):
        region = f"{number} {title}"
        figures = (Cell(str(10 ** (number + 1))), HIDDEN, Cell("7.00"))
        rows.append(_row("by_kind", region, "", "All", "ALL", "All", figures=figures))
    measures = tuple(replace(each, label=f"{each.label} {title}") for each in MEASURES)
    seen = replace(_seen(name), title=title, rows=tuple(rows[: regions + 1]), measures=measures)
    figure = drawn(chart_of(seen), seen)
    FigureCanvasAgg(figure).draw()  # type: ignore[no-untyped-call]
    [axes] = figure.axes
    legend = axes.get_legend()
    shown = [
        *figure.texts,
        *axes.texts,
        *(axes.get_yticklabels() if axes.axison else ()),
        *(legend.get_texts() if legend else ()),
    ]
    boxes = [each.get_window_extent() for each in shown if each.get_text()]
    assert all(figure.bbox.x0 <= box.x0 and box.x1 <= figure.bbox.x1 for box in boxes)
    assert all(figure.bbox.y0 <= box.y0 and box.y1 <= figure.bbox.y1 for box in boxes)
    assert not [1 for one, other in combinations(boxes, 2) if one.overlaps(other)]


def test_the_flow_begins_with_the_requests_received() -> None:
    seen = _seen(ReportName.MATCHING_OUTCOMES)
    assert chart_of(seen).title == "From proposal to placement, October 2026"
    for received, said in ((Cell("88"), "88"), (HIDDEN, "[c]")):
        chart = chart_of(replace(seen, received={"All": received}))
        assert chart.title == "From request to placement, October 2026"
        assert chart.text.startswith(f"Requests received: All {said}, Wales 0, London 0.\n")


def test_pounds_and_people_share_no_axis() -> None:
    chart = chart_of(_seen(ReportName.FUNDING_DUE))
    assert (chart.axis, [each.name for each in chart.series]) == ("Pounds due", ["Pounds due"])


def test_a_chart_as_pixels_carries_its_text() -> None:
    png = draw(_seen(), Picture.PNG)
    assert png.startswith(b"\x89PNG")
    assert b"London: Places free 20, People waiting 12." in png


@pytest.mark.parametrize("name", ReportName)
def test_a_chart_of_nothing_says_so(name: ReportName) -> None:
    empty = replace(_seen(name), rows=())
    assert chart_of(empty).text == ""
    assert draw(empty, Picture.SVG)
