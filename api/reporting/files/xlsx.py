"""A release as an Excel workbook: typed cells, a marked table on each sheet, no formula."""

from decimal import Decimal
from typing import IO, Any

import xlsxwriter
from xlsxwriter.core import Core
from xlsxwriter.packager import Packager

from api.reporting.files.layout import Grid, Laid, Value, laid_out, title_of
from api.reporting.files.looks import (
    FONT,
    LANGUAGE,
    LINE,
    SIZES,
    WIDEST,
    heading_lines,
    lines,
    widths,
)
from api.reporting.files.seen import Seen
from api.reporting.files.texts import Heading, Link

A4 = 9
LONGEST_NAME = 31


class _Core(Core):  # type: ignore[misc]  # the library ships no types
    """The document's properties, with one that the library does not know."""

    def _write_dc_title(self) -> None:
        super()._write_dc_title()
        self._xml_data_element("dc:language", LANGUAGE)


class _Packager(Packager):  # type: ignore[misc]
    def _write_core_file(self) -> None:
        core = _Core()
        core._set_properties(self.workbook.doc_properties)
        core._set_xml_writer(self._filename("docProps/core.xml"))
        core._assemble_xml_file()


class _Workbook(xlsxwriter.Workbook):  # type: ignore[misc]
    def __init__(self, into: IO[bytes]) -> None:
        super().__init__(
            into,
            {
                "default_column_width": 80,
                # Of a theme, the font would be the theme's.
                "default_format_properties": {
                    "font_name": FONT,
                    "font_scheme": "none",
                    "font_size": SIZES.text,
                },
                "default_row_height": 22,
                "in_memory": True,
                # Texts stay texts, whatever they look like.
                "strings_to_formulas": False,
                "strings_to_numbers": False,
                "strings_to_urls": False,
            },
        )

    def _get_packager(self) -> Packager:
        return _Packager()


class _Looks:
    """The formats of a workbook's cells."""

    def __init__(self, book: Any) -> None:
        heading = {"bold": True, "bottom": 1, "text_wrap": True}
        self.figures = book.add_format({**heading, "align": "right"})
        self.heading = book.add_format({"bold": True, "font_size": SIZES.heading})
        self.marked = book.add_format({"align": "right", "valign": "top"})
        self.money = book.add_format({"num_format": "#,##0.00", "valign": "top"})
        self.title = book.add_format({"bold": True, "font_size": SIZES.title})
        self.whole = book.add_format({"num_format": "#,##0", "valign": "top"})
        self.words = book.add_format(heading)
        self.wrapped = book.add_format({"text_wrap": True, "valign": "top"})


def write_xlsx(seen: Seen, into: IO[bytes]) -> None:
    """Write the workbook; the same release gives the same bytes."""
    book = _Workbook(into)
    book.set_properties(
        {
            "author": seen.publisher.name,
            # When it was released, not when somebody fetched it.
            "created": seen.released_at.replace(tzinfo=None),
            "subject": seen.about,
            "title": title_of(seen),
        }
    )
    looks = _Looks(book)
    for laid in laid_out(seen):
        _sheet(book.add_worksheet(laid.name[:LONGEST_NAME]), laid, looks)
    book.close()


def _sheet(sheet: Any, laid: Laid, looks: _Looks) -> None:
    sheet.set_paper(A4)
    sheet.fit_to_pages(1, 0)
    _tall(sheet, 0, SIZES.title)
    sheet.write_string(0, 0, laid.title, looks.title)
    for row, line in enumerate(laid.lines, start=1):
        if isinstance(line, Link):
            _link(sheet, row, 0, line)
        elif isinstance(line, Heading):
            _tall(sheet, row, SIZES.heading)
            sheet.write_string(row, 0, line.text, looks.heading)
        elif laid.grid:
            # Its first column is narrow, but there is room to the right.
            sheet.write_string(row, 0, line)
        else:
            _tall(sheet, row, SIZES.text, lines([line], [WIDEST]))
            sheet.write_string(row, 0, line, looks.wrapped)
    if laid.grid:
        sheet.set_landscape()
        _grid(sheet, len(laid.lines) + 1, laid.grid, looks)
    else:
        sheet.set_column(0, 0, WIDEST)


def _tall(sheet: Any, row: int, size: int, count: int = 1) -> None:
    # Not every program finds out by itself how tall a row must be.
    if size * count > SIZES.text:
        sheet.set_row(row, count * LINE * size)


def _link(sheet: Any, row: int, column: int, link: Link) -> None:
    name = link.to[1 : LONGEST_NAME + 1]
    to = f"internal:'{name}'!A1" if link.to.startswith("#") else link.to
    sheet.write_url(row, column, to, string=link.text)


def _grid(sheet: Any, first: int, grid: Grid, looks: _Looks) -> None:
    looks_of = [looks.words] * grid.words + [looks.figures] * (len(grid.headings) - grid.words)
    sheet.repeat_rows(first)
    sheet.add_table(
        first,
        0,
        first + max(1, len(grid.rows)),
        len(grid.headings) - 1,
        {
            "autofilter": False,
            "columns": [
                {"header": heading, "header_format": look}
                for heading, look in zip(grid.headings, looks_of, strict=True)
            ],
            "name": grid.name,
            "style": None,
        },
    )
    wide = widths(grid)
    _tall(sheet, first, SIZES.text, heading_lines(grid, wide))
    for number, row in enumerate(grid.rows, start=first + 1):
        for place, value in enumerate(row):
            _cell(sheet, number, place, value, looks, is_figure=place >= grid.words)
        words = [value if isinstance(value, str) else "" for value in row]
        _tall(sheet, number, SIZES.text, lines(words, wide))
    for place, width in enumerate(wide):
        sheet.set_column(place, place, width)


def _cell(
    sheet: Any, row: int, column: int, value: Value, looks: _Looks, *, is_figure: bool
) -> None:
    if isinstance(value, Link):
        _link(sheet, row, column, value)
    elif isinstance(value, str):
        sheet.write_string(row, column, value, looks.marked if is_figure else looks.wrapped)
    else:
        look = looks.money if isinstance(value, Decimal) else looks.whole
        sheet.write_number(row, column, value, look)
