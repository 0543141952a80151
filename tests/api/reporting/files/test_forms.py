"""What is made of a release: spreadsheets read back, charts with their text, CSV that is inert."""

import csv
import io
import uuid
import xml.etree.ElementTree as ET
from dataclasses import replace
from datetime import UTC, datetime

import openpyxl
import pytest
from odfdo import Document

from api.reporting.files.charts import Picture, chart_of, draw
from api.reporting.files.csv import metadata, written
from api.reporting.files.ods import write_ods
from api.reporting.files.seen import Seen
from api.reporting.files.xlsx import write_xlsx
from api.reporting.release import Cell, Measure, Row, Unit
from schema.words import ReportName

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
        period="2026-10",
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


def test_a_workbook_has_a_cover_notes_and_typed_tables() -> None:
    into = io.BytesIO()
    write_xlsx(_seen(), into)
    again = io.BytesIO()
    write_xlsx(_seen(), again)
    assert into.getvalue() == again.getvalue()
    book = openpyxl.load_workbook(into)
    assert book.sheetnames == ["Cover", "Notes", "By kind", "By route"]
    assert book["Cover"]["A1"].value == "Capacity and demand, 2026-10"
    notes = [cell.value for cell in book["Notes"]["A"]]
    assert any("[c] stands for confidential" in note for note in notes)
    sheet = book["By kind"]
    [table] = sheet.tables.values()
    heads, *rows = sheet[table.ref]
    assert [cell.value for cell in heads][:3] == ["Region", "Council code (GSS)", "Council"]
    assert [cell.value for cell in rows[0]][5:] == [54, "[c]", 10.5]
    assert rows[0][5].data_type == "n"
    # Read as a text, not as a formula.
    assert (rows[3][2].value, rows[3][2].data_type) == ("=HYPERLINK(Ynys Môn)", "s")
    assert [cell.value for cell in heads][-1] == "Pounds due (pounds)"
    # A measure that the table does not have makes no column.
    assert "Places free" not in [cell.value for cell in book["By route"][4]]


def test_an_open_document_has_the_same_cells() -> None:
    into = io.BytesIO()
    write_ods(_seen(), into)
    document = Document(into)
    tables = {table.name: table for table in document.body.tables}
    assert list(tables) == ["Cover", "Notes", "By kind", "By route"]
    rows = tables["By kind"].get_values()
    assert rows[3][5:8] == ["Places free", "People waiting", "Pounds due (pounds)"]
    assert [str(value) for value in rows[4][5:8]] == ["54", "[c]", "10.50"]
    assert tables["By kind"].get_cell((2, 7)).type == "string"
    assert tables["By kind"].get_cell((5, 4)).type == "float"


def test_texts_of_an_open_document_are_as_they_were() -> None:
    odd = """<Bath & "Wells">  it's ]]> &amp;
    on two lines\t=1+1 Łódź"""
    into = io.BytesIO()
    write_ods(replace(_seen(), title=odd, notes=(odd,)), into)
    tables = Document(into).body.tables
    assert tables[1].get_value((0, 1)) == odd
    assert str(tables[2].get_value((0, 0))).startswith(odd)
    assert str(Document(into).meta.title).startswith("<Bath & ")


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
    assert "2026-10" in chart.title


def test_the_flow_begins_with_the_requests_received() -> None:
    seen = _seen(ReportName.MATCHING_OUTCOMES)
    assert chart_of(seen).title == "From proposal to placement, 2026-10"
    for received, said in ((Cell("88"), "88"), (HIDDEN, "[c]")):
        chart = chart_of(replace(seen, received={"All": received}))
        assert chart.title == "From request to placement, 2026-10"
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
