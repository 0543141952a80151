"""A release as CSV, and what its columns mean (CSV on the Web)."""

from collections.abc import Iterator
from typing import Any

from api.feeds.csv_text import BOM, lines
from api.feeds.csvw import NAMESPACE
from api.feeds.openapi import LICENCE
from api.reporting.files.seen import ABSENT, HIDDEN, WORDS, Seen, shown
from api.reporting.release import Unit

ROWS_AT_ONCE = 500
DATATYPES = {Unit.POUNDS: "decimal", Unit.DAYS: "decimal", Unit.PERCENT: "decimal"}
ABOUT_WORDS = (
    "The table that the row is of: by kind, by route and so on.",
    "The region; All for all of them.",
    "The council's GSS code; empty for a region as a whole.",
    "The council; All for a region as a whole.",
    "The code of the kind, the route or what else the table is by; ALL for the total.",
    "The same in words.",
)


def written(seen: Seen, *, is_marked: bool) -> Iterator[bytes]:
    """The file, some rows at a time: UTF-8, with a byte order mark if it is to be marked."""
    if is_marked:
        yield BOM
    yield lines([seen.columns])
    for begin in range(0, len(seen.rows), ROWS_AT_ONCE):
        yield lines(
            [
                *((cell.value or "") for cell in row.cells[:WORDS]),
                *(shown(cell) for cell in row.cells[WORDS:]),
            ]
            for row in seen.rows[begin : begin + ROWS_AT_ONCE]
        )


def metadata(seen: Seen, file: str) -> dict[str, Any]:
    """What the file at `file` means."""
    words = zip(seen.columns[:WORDS], ABOUT_WORDS, strict=True)
    return {
        "@context": [NAMESPACE, {"@language": "en"}],
        "url": file,
        "dc:title": f"{seen.title}, {seen.days}",
        "dc:description": seen.about,
        "dc:identifier": f"release_{seen.id}",
        "dc:publisher": seen.publisher.name,
        **({"dc:license": {"@id": LICENCE["url"]}} if seen.is_public else {}),
        "dc:issued": {"@value": seen.released_at.isoformat(), "@type": "xsd:dateTime"},
        "notes": list(seen.notes),
        "tableSchema": {
            "columns": [
                *(
                    {**_named(name), "dc:description": about, "datatype": "string"}
                    for name, about in words
                ),
                *(
                    {
                        **_named(measure.name),
                        "dc:description": measure.label,
                        "datatype": DATATYPES.get(measure.unit, "integer"),
                        "null": [HIDDEN, ABSENT],
                    }
                    for measure in seen.measures
                ),
            ],
        },
    }


def _named(name: str) -> dict[str, Any]:
    return {"name": name, "titles": name}
