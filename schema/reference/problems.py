"""What is wrong with a reference folder, said so that a person can put it right."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pydantic import ValidationError

MOST_SHOWN = 20
LONGEST_VALUE = 60


@dataclass(frozen=True, slots=True)
class FileProblem:
    """One place in one file. Rows count as a spreadsheet does: a CSV file's header is row 1."""

    file: str
    row: int | None
    column: str | None
    message: str

    def __str__(self) -> str:
        place = self.file
        if self.row is not None:
            place += f", {'row' if self.file.endswith('.csv') else 'entry'} {self.row}"
        if self.column is not None:
            place += f", column {self.column}"
        return f"{place}: {self.message}"


class ReferenceFileError(ValueError):
    """The folder cannot be used; `problems` holds every reason, its message the first of them."""

    def __init__(self, folder: object, problems: Sequence[FileProblem]) -> None:
        self.problems = tuple(problems)
        lines = [f"The reference data in {folder} cannot be used:"]
        lines += [f"  {problem}" for problem in self.problems[:MOST_SHOWN]]
        if len(self.problems) > MOST_SHOWN:
            lines.append(f"  and {len(self.problems) - MOST_SHOWN} more.")
        lines.append("Nothing was read. Correct these places, then read the folder again.")
        super().__init__("\n".join(lines))


def problems_of(error: ValidationError, file: str, row: int | None) -> Iterator[FileProblem]:
    """Each fault that pydantic found in one row or file."""
    for fault in error.errors(include_url=False, include_context=False):
        # A message about a whole record would repeat all of it as its value.
        value, message = fault["input"], fault["msg"]
        if fault["type"] == "missing":
            message = "is missing; add it, empty or null if there is none"
        elif value is None:
            message = "is empty, but must have a value"
        elif not isinstance(value, dict | list | tuple):
            shown = repr(value)
            if len(shown) > LONGEST_VALUE:
                shown = shown[:LONGEST_VALUE] + "..."
            message = f"{shown} will not do: {message}"
        yield FileProblem(file, row, _path(fault["loc"]), message)


def _path(location: tuple[int | str, ...]) -> str | None:
    path = ""
    for part in location:
        path += f"[{part}]" if isinstance(part, int) else f".{part}"
    return path.removeprefix(".") or None
