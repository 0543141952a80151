"""What a correction says of itself: how many figures of each measure differ, in one edition."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from api.reporting.editions import HIDDEN, NOTHING, WORDS, ZERO
from api.reporting.release import Cell, Release

Figures = dict[tuple[str, ...], dict[str, Cell]]
"""By a row's words: its cells by column."""


def differences(
    release: Release, columns: Sequence[str], shown: Sequence[Mapping[str, Any]]
) -> tuple[str, ...]:
    """A sentence for each measure that differs from the kept rows, `shown`, of these columns.

    It counts only what readers of the edition see change: a figure, or that one is hidden.
    """
    was = dict(_kept(columns, shown))
    now: Figures = {
        _words([cell.value for cell in row.cells]): dict(
            zip(release.columns[len(WORDS) :], row.cells[len(WORDS) :], strict=True)
        )
        for row in release.rows
    }
    said = []
    for measure in release.measures:
        changed = sum(
            _cell(was.get(words), measure.name) != _cell(now.get(words), measure.name)
            for words in was.keys() | now.keys()
        )
        if changed:
            said.append(f"{measure.label}: {changed} {'differ' if changed > 1 else 'differs'}.")
    return tuple(said)


def _kept(
    columns: Sequence[str], shown: Sequence[Mapping[str, Any]]
) -> Iterator[tuple[tuple[str, ...], dict[str, Cell]]]:
    for row in shown:
        cells = (
            HIDDEN if column in row["hidden"] else Cell(value)
            for column, value in zip(columns, row["shown"], strict=True)
        )
        named = dict(zip(columns, cells, strict=True))
        yield _words(row["shown"]), named


def _words(cells: Sequence[str | None]) -> tuple[str, ...]:
    return tuple(str(cell) for cell in cells[: len(WORDS)])


def _cell(cells: Mapping[str, Cell] | None, name: str) -> Cell:
    # A row that is left out is one of zeros, or of measures that its table does not have.
    found = cells.get(name, NOTHING) if cells else NOTHING
    return NOTHING if found == ZERO or found.value == "0.00" else found
