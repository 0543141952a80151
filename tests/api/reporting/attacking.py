"""An attacker who has what is published, and no code of the project's but the tables' shape."""

from collections.abc import Collection, Mapping, Sequence

import highspy

from api.reporting.release import ALL, Suppressed
from api.solver import silent_solver

Unknown = tuple[str, str, str, str, int]
"""Measure, table (none for a column of totals), row, column, and which of two equal cells."""


class Attacker:
    """Bounds on hidden cells by linear programming, from one release or from several.

    Of several, the attacker knows which hidden cells are the same in both. `knows` are rows whose
    figures they have anyway; what is withheld nobody else has. With a `threshold` they know which
    hidden cells are small.
    """

    def __init__(
        self,
        releases: Sequence[Sequence[Suppressed]],
        knows: Collection[str] = (),
        threshold: int | None = None,
        identity: tuple[str, Sequence[str]] | None = None,
    ) -> None:
        self.unknown: dict[Unknown, int] = {}
        self.truth: list[int] = []
        self.small: list[Unknown] = []
        found: dict[Unknown, int] = {}
        equations: list[list[tuple[Unknown, int]]] = []
        for suppressed in releases:
            for each in suppressed:
                table = each.table
                for (row, column), value in table.cells.items():
                    assert isinstance(value, int)
                    key = _key(each, row, column, value)
                    is_shown = row not in table.rows.withheld and (row, column) not in each.hidden
                    if is_shown or row in knows:
                        found[key] = value
        for suppressed in releases:
            for each in suppressed:
                equations += _equations(each)
            if identity is not None:
                equations += _identities(suppressed, *identity)
        rows: list[tuple[list[tuple[int, int]], int]] = []
        for equation in equations:
            entries, constant = [], 0
            for key, sign in equation:
                if key in found:
                    constant -= sign * found[key]
                else:
                    if key not in self.unknown:
                        self.unknown[key] = len(self.truth)
                        self.truth.append(key[4])
                    entries.append((self.unknown[key], sign))
            if entries:
                rows.append((entries, constant))
            else:
                assert constant == 0
        solver = silent_solver()
        for value in self.truth:
            least, most = 0.0, highspy.kHighsInf
            if threshold is not None and 0 < value < threshold:
                least, most = 1.0, threshold - 1.0
            solver.addVar(least, most)
        for entries, constant in rows:
            index = [column for column, _ in entries]
            signs = [float(sign) for _, sign in entries]
            solver.addRow(constant, constant, len(index), index, signs)
        self.solver = solver

    def bounds(self, key: Unknown) -> tuple[float, float]:
        """The least and the most that a hidden cell may be."""
        column = self.unknown[key]
        ends = []
        for sign in (1.0, -1.0):
            self.solver.changeColCost(column, sign)
            self.solver.run()
            if self.solver.getModelStatus() != highspy.HighsModelStatus.kOptimal:
                # From where the last cell left it, the solver may not see its way.
                self.solver.clearSolver()
                self.solver.run()
            is_found = self.solver.getModelStatus() == highspy.HighsModelStatus.kOptimal
            value = self.solver.getInfo().objective_function_value
            ends.append(sign * value if is_found else highspy.kHighsInf)
            self.solver.changeColCost(column, 0.0)
        return ends[0], ends[1]


def _key(each: Suppressed, row: str, column: str, value: int) -> Unknown:
    name = "" if column == ALL else each.table.name
    return (each.table.measure.name, name, row, column, value)


def _equations(each: Suppressed) -> list[list[tuple[Unknown, int]]]:
    table = each.table
    cells: Mapping[tuple[str, str], int] = {
        cell: value for cell, value in table.cells.items() if isinstance(value, int)
    }

    def signed(cell: tuple[str, str], sign: int) -> list[tuple[Unknown, int]]:
        return [(_key(each, *cell, cells[cell]), sign)] if cell in cells else []

    found = []
    for total in table.rows.categories:
        parts = [row for row in table.rows.categories if row.parent == total.code]
        for column in table.columns.categories if parts else ():
            terms = signed((total.code, column.code), -1)
            for part in parts:
                terms += signed((part.code, column.code), 1)
            found.append(terms)
    for row in table.rows.categories:
        terms = signed((row.code, ALL), -1)
        for column in table.columns.categories:
            terms += signed((row.code, column.code), 1) if column.code != ALL else []
        found.append(terms)
    return found


def _identities(
    suppressed: Sequence[Suppressed], total: str, parts: Sequence[str]
) -> list[list[tuple[Unknown, int]]]:
    found = []
    of = {(each.table.name, each.table.measure.name): each for each in suppressed}
    for (name, measure), whole in of.items():
        for cell, value in whole.table.cells.items() if measure == total else ():
            assert isinstance(value, int)
            terms = [(_key(whole, *cell, value), -1)]
            for part in parts:
                figure = of[name, part].table.cells.get(cell)
                if isinstance(figure, int):
                    terms.append((_key(of[name, part], *cell, figure), 1))
            found.append(terms)
    return found
