"""A release as an OpenDocument spreadsheet: typed cells, the same sheets as the workbook."""

from io import BytesIO

from odfdo import Cell, Document, Row, Style, Table

from api.reporting.files.layout import Laid, Value, laid_out
from api.reporting.files.seen import Seen

WIDE, BOLD = "hearth-wide", "hearth-bold"


def write_ods(seen: Seen, into: BytesIO) -> None:
    """Write the spreadsheet."""
    document = Document("spreadsheet")
    document.body.clear()
    document.meta.title = f"{seen.title}, {seen.period}"
    document.meta.set_creation_date(seen.released_at.replace(tzinfo=None))
    for style in _styles():
        document.insert_style(style, automatic=True)
    for laid in laid_out(seen):
        document.body.append(_sheet(laid))
    document.save(into)


def _styles() -> list[Style]:
    bold = Style("table-cell", name=BOLD)
    bold.set_properties({"fo:font-weight": "bold"}, area="text")
    return [Style("table-column", name=WIDE, width="4.5cm"), bold]


def _sheet(laid: Laid) -> Table:
    table = Table(laid.name)
    for number, text in enumerate((laid.title, *laid.lines)):
        table.append_row(_row((text,), "" if number else BOLD), clone=False)
    if laid.headings:
        table.append_row(_row(laid.headings, BOLD), clone=False)
    for values in laid.rows:
        table.append_row(_row(values), clone=False)
    for number in range(len(laid.headings)):
        column = table.get_column(number)
        column.style = WIDE
        table.set_column(number, column)
    return table


def _row(values: tuple[Value, ...], style: str = "") -> Row:
    row = Row()
    for value in values:
        is_text = isinstance(value, str)
        cell = Cell(value, cell_type="string" if is_text else "float", style=style or None)
        row.append_cell(cell, clone=False)
    return row
