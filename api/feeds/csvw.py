"""What an open table means, as CSV on the Web (CSVW) has it."""

from collections.abc import Iterable
from typing import Any

from api.feeds.columns import SEPARATOR, Column, Table
from api.feeds.openapi import LICENCE

NAMESPACE = "http://www.w3.org/ns/csvw"
APOSTROPHE = "A text that a spreadsheet would run as a formula has an apostrophe before it."


def group(tables: Iterable[Table], base: str) -> dict[str, Any]:
    """The metadata of all tables, as one group; their files are below `base`."""
    return {
        "@context": [NAMESPACE, {"@base": base, "@language": "en"}],
        "tables": [_described(each, is_tagged=False) for each in tables],
    }


def metadata(table: Table, *, is_tagged: bool) -> dict[str, Any]:
    """The metadata of one table; `is_tagged` where a row of HXL's hashtags follows its names."""
    context = [NAMESPACE, {"@language": "en"}]
    return {"@context": context, **_described(table, is_tagged=is_tagged)}


def _described(table: Table, *, is_tagged: bool) -> dict[str, Any]:
    file = f"{table.name}.csv"
    return {
        "url": f"{file}?hxl=1" if is_tagged else file,
        "dc:title": table.title,
        "dc:description": f"{table.about} {APOSTROPHE}",
        "dc:license": {"@id": LICENCE["url"]},
        "dc:source": table.source,
        "dialect": {"headerRowCount": 2 if is_tagged else 1},
        "tableSchema": {
            "columns": [_column(each) for each in table.columns],
            "primaryKey": table.columns[0].name,
        },
    }


def _column(column: Column) -> dict[str, Any]:
    found: dict[str, Any] = {
        "name": column.name,
        "titles": column.name,
        "dc:description": column.about,
        "datatype": column.datatype,
        "required": column.is_required,
    }
    if column.is_list:
        found["separator"] = SEPARATOR
    return found
