"""A release as an Excel workbook: typed cells, a marked table on each sheet, no formula."""

from decimal import Decimal
from typing import IO, Any

import xlsxwriter

from api.reporting.files.layout import Laid, laid_out
from api.reporting.files.seen import MARKS, Seen

# Texts stay texts, whatever they look like.
AS_TEXT = {
    "in_memory": True,
    "strings_to_formulas": False,
    "strings_to_numbers": False,
    "strings_to_urls": False,
}
LONGEST_NAME = 31
WIDEST, NARROWEST = 40, 10


def write_xlsx(seen: Seen, into: IO[bytes]) -> None:
    """Write the workbook; the same release gives the same bytes."""
    book = xlsxwriter.Workbook(into, AS_TEXT)
    # When it was released, not when somebody fetched it.
    book.set_properties(
        {"title": f"{seen.title}, {seen.period}", "created": seen.released_at.replace(tzinfo=None)}
    )
    bold = book.add_format({"bold": True, "font_size": 14})
    wrapped = book.add_format({"text_wrap": True, "valign": "top"})
    money = book.add_format({"num_format": "#,##0.00"})
    whole = book.add_format({"num_format": "#,##0"})
    marked = book.add_format({"align": "right"})
    for number, laid in enumerate(laid_out(seen)):
        sheet = book.add_worksheet(laid.name[:LONGEST_NAME])
        sheet.write_string(0, 0, laid.title, bold)
        if laid.headings:
            for line, text in enumerate(laid.lines, start=1):
                sheet.write_string(line, 0, text)
            _table(sheet, laid, f"table_{number}", money, whole, marked)
        else:
            sheet.set_column(0, 0, 100)
            for line, text in enumerate(laid.lines, start=1):
                sheet.write_string(line, 0, text, wrapped)
    book.close()


def _table(sheet: Any, laid: Laid, name: str, money: Any, whole: Any, marked: Any) -> None:
    first, last = len(laid.lines) + 1, len(laid.lines) + 1 + max(1, len(laid.rows))
    sheet.add_table(
        first,
        0,
        last,
        len(laid.headings) - 1,
        {
            "name": name,
            "style": "Table Style Light 1",
            "columns": [{"header": heading} for heading in laid.headings],
        },
    )
    for number, row in enumerate(laid.rows, start=first + 1):
        for place, value in enumerate(row):
            if isinstance(value, str):
                looks = marked if value in MARKS else None
                sheet.write_string(number, place, value, looks)
            else:
                format_ = money if isinstance(value, Decimal) else whole
                sheet.write_number(number, place, value, format_)
    for place, heading in enumerate(laid.headings):
        texts = [len(str(row[place])) for row in laid.rows]
        sheet.set_column(place, place, min(WIDEST, max(NARROWEST, len(heading), *texts, 0) + 2))
