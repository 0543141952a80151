"""How every spreadsheet looks: letters that are read with ease, columns as wide as they must be."""

from collections.abc import Iterable
from decimal import Decimal
from textwrap import wrap
from typing import NamedTuple

from api.reporting.files.layout import Grid, Value
from api.reporting.files.texts import Link

FONT = "Arial"
LANGUAGE = "en-GB"
LINE = 1.3
"""A line's height, in heights of its letters."""
WIDEST = 72
"""About how many letters the widest column has room for; what is longer takes more lines."""
_FIGURES, _SPARE, _WORDS = 14, 4, 10


class _Sizes(NamedTuple):
    text: int = 12
    heading: int = 14
    title: int = 16


SIZES = _Sizes()
"""Points; official statistics have text of 12 or more."""


def widths(grid: Grid) -> list[int]:
    """How many letters wide each column is: by its longest cell, and word of its heading."""
    return [
        _SPARE
        + min(
            WIDEST,
            max(
                _WORDS if at < grid.words else _FIGURES,
                *(len(word) for word in heading.split()),
                *(_length(row[at]) for row in grid.rows),
            ),
        )
        for at, heading in enumerate(grid.headings)
    ]


def heading_lines(grid: Grid, wide: Iterable[int]) -> int:
    """How many lines the row of headings takes, which are bold, so wider, in such columns."""
    return lines(grid.headings, [width - _SPARE for width in wide])


def lines(texts: Iterable[str], wide: Iterable[int]) -> int:
    """How many lines a row takes, whose texts stand in columns of such widths."""
    return max(
        len(wrap(text, width)) if len(text) > width else 1
        for text, width in zip(texts, wide, strict=True)
    )


def _length(value: Value) -> int:
    if isinstance(value, Decimal):
        return len(f"{value:,.2f}")
    text = value.text if isinstance(value, Link) else str(value)
    # Capitals are wider.
    return len(text) + sum(map(str.isupper, text)) // 3
