"""A release as an OpenDocument spreadsheet (1.3): the same sheets and cells as the workbook.

Its parts are written as text: an object for each cell takes twenty times as long.
"""

from collections.abc import Iterable, Iterator
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import IO
from xml.sax.saxutils import escape, quoteattr
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

from api.reporting.files.layout import Grid, Laid, Value, laid_out, title_of
from api.reporting.files.looks import FONT, LANGUAGE, SIZES, WIDEST, widths
from api.reporting.files.seen import Seen
from api.reporting.files.texts import Heading, Line, Link, allowed

LETTER = 0.26
"""Centimetres that a letter of the text takes."""
MIMETYPE = "application/vnd.oasis.opendocument.spreadsheet"
PARTS = Path(__file__).parent / "opendocument"
# The first that a ZIP archive can tell.
EARLIEST = (1980, 1, 1, 0, 0, 0)


def write_ods(seen: Seen, into: IO[bytes]) -> None:
    """Write the spreadsheet; the same release gives the same bytes."""
    language, _, country = LANGUAGE.partition("-")
    parts = {
        "mimetype": MIMETYPE,
        "META-INF/manifest.xml": _part("manifest").format(mimetype=MIMETYPE),
        "content.xml": _content(laid_out(seen)),
        "meta.xml": _part("meta").format(
            about=_escaped(seen.about),
            created=seen.released_at.replace(tzinfo=None).isoformat(timespec="seconds"),
            language=LANGUAGE,
            publisher=_escaped(seen.publisher.name),
            title=_escaped(title_of(seen)),
        ),
        "styles.xml": _part("styles").format(
            country=country, font=FONT, language=language, sizes=SIZES
        ),
    }
    with ZipFile(into, "w") as archive:
        for name, text in parts.items():
            # Whoever reads the first bytes of the file is to find its type there.
            packing = ZIP_STORED if name == "mimetype" else ZIP_DEFLATED
            archive.writestr(ZipInfo(name, EARLIEST), text, packing)


@cache
def _part(name: str) -> str:
    return (PARTS / f"{name}.xml").read_text("utf-8")


def _content(sheets: list[Laid]) -> str:
    wide = [widths(laid.grid) if laid.grid else [WIDEST] for laid in sheets]
    columns = "".join(
        f'<style:style style:name="wide-{width}" style:family="table-column">'
        f'<style:table-column-properties style:column-width="{width * LETTER:.2f}cm"/>'
        "</style:style>"
        for width in sorted({width for each in wide for width in each})
    )
    ranges = "".join(
        _range(laid.name, len(laid.lines) + 2, laid.grid) for laid in sheets if laid.grid
    )
    return _part("content").format(
        columns=columns, ranges=ranges, sheets="".join(map(_sheet, sheets, wide))
    )


def _range(sheet: str, first: int, grid: Grid) -> str:
    """The mark of a table; `first` is the row of its headings, from 1."""
    last = f"{_letters(len(grid.headings))}{first + len(grid.rows)}"
    address = f"{_place(sheet, f'A{first}')}:{_place(sheet, last)}"
    return (
        f"<table:database-range table:name={quoteattr(grid.name)} "
        f"table:target-range-address={quoteattr(address)} "
        'table:contains-header="true" table:display-filter-buttons="false"/>'
    )


def _place(sheet: str, cell: str) -> str:
    return f"'{sheet}'.{cell}"


def _letters(column: int) -> str:
    """The column's letters, from 1: A to Z, then AA."""
    found = ""
    while column:
        column, place = divmod(column - 1, 26)
        found = chr(ord("A") + place) + found
    return found


def _sheet(laid: Laid, wide: list[int]) -> str:
    columns = "".join(f'<table:table-column table:style-name="wide-{width}"/>' for width in wide)
    lines = "".join(_row([_line(line, is_wide=laid.grid is None)]) for line in laid.lines)
    return (
        f"<table:table table:name={quoteattr(laid.name)} "
        f'table:style-name="{"across" if laid.grid else "upright"}">{columns}'
        f"{_row([_text(laid.title, 'Heading_20_1')])}{lines}"
        f"{''.join(_grid(laid.grid)) if laid.grid else ''}</table:table>"
    )


def _grid(grid: Grid) -> Iterator[str]:
    headings = (
        _text(heading, "words" if at < grid.words else "figures")
        for at, heading in enumerate(grid.headings)
    )
    yield f"<table:table-header-rows>{_row(headings)}</table:table-header-rows>"
    for row in grid.rows:
        yield _row(_cell(value, is_figure=at >= grid.words) for at, value in enumerate(row))


def _row(cells: Iterable[str]) -> str:
    return f'<table:table-row table:style-name="fitting">{"".join(cells)}</table:table-row>'


def _line(line: Line, *, is_wide: bool) -> str:
    if isinstance(line, Heading):
        return _text(line.text, "Heading_20_2")
    # Beside a table's first column, which is narrow, there is room to the right.
    return _cell(line) if isinstance(line, Link) or is_wide else _text(line, "Default")


def _cell(value: Value, *, is_figure: bool = False) -> str:
    if isinstance(value, Link):
        to = f"#{_place(value.to[1:], 'A1')}" if value.to.startswith("#") else value.to
        link = f'<text:a xlink:type="simple" xlink:href={quoteattr(to)}>'
        return _string(f"{link}{_escaped(value.text)}</text:a>", "linked")
    if isinstance(value, str):
        return _text(value, "marked" if is_figure else "wrapped")
    is_money = isinstance(value, Decimal)
    return (
        f'<table:table-cell office:value-type="float" office:value="{value}" '
        f'table:style-name="{"money" if is_money else "whole"}">'
        f"<text:p>{value:{',.2f' if is_money else ','}}</text:p></table:table-cell>"
    )


def _text(text: str, style: str) -> str:
    # As an attribute it is the text to the letter, whatever its spaces and lines.
    return _string(_escaped(text), style, f" office:string-value={quoteattr(allowed(text))}")


def _string(shown: str, style: str, value: str = "") -> str:
    return (
        f'<table:table-cell office:value-type="string"{value} '
        f'table:style-name="{style}"><text:p>{shown}</text:p></table:table-cell>'
    )


def _escaped(text: str) -> str:
    return escape(allowed(text))
