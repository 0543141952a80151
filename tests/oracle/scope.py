"""Where a field is answered: one row, as parameters, so that nothing is read but for that row."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    DateTime,
    FromClause,
    Select,
    func,
    literal,
    literal_column,
    select,
)
from sqlalchemy.types import TypeEngine

from schema.refusals import BadRequest
from schema.types.clock import aware, end_of_day
from schema.words import Audience

MOMENT = DateTime(timezone=True)


@dataclass(frozen=True)
class Row:
    """One row of a table or view, and what it has from the list and the fields above it."""

    values: Mapping[str, Any] = field(default_factory=dict)
    types: Mapping[str, TypeEngine[Any]] = field(default_factory=dict)
    keys: tuple[Any, ...] = ()
    point: ColumnElement[Any] | None = None
    clock: datetime | None = None
    knowledge: datetime | None = None
    type_name: str = ""
    is_only: bool = False
    work: Any = None

    @property
    def c(self) -> "Columns":
        """The row's values, as declarations ask for columns."""
        return Columns(self)


@dataclass(frozen=True)
class Columns:
    """A row's values by column name, each a parameter of the column's type."""

    _row: Row

    def __getitem__(self, name: str) -> ColumnElement[Any]:
        return literal(self._row.values[name], self._row.types[name])

    def __getattr__(self, name: str) -> ColumnElement[Any]:
        return self[name]


@dataclass
class RowScope:
    """The `Scope` of a field of one row."""

    audience: Audience
    row: Any
    joined: list[tuple[FromClause, ColumnElement[bool]]] = field(default_factory=list)

    @property
    def point(self) -> ColumnElement[Any] | None:
        found: ColumnElement[Any] | None = self.row.point
        return found

    @property
    def moment(self) -> ColumnElement[Any]:
        return func.now() if self.row.clock is None else literal(self.row.clock, MOMENT)

    @property
    def known(self) -> ColumnElement[Any]:
        return func.now() if self.row.knowledge is None else literal(self.row.knowledge, MOMENT)

    def bind(
        self, value: Any, type_: TypeEngine[Any], convert: Callable[[Any], Any] | None = None
    ) -> ColumnElement[Any]:
        return literal(given(value, convert), type_)

    def among(
        self,
        column: ColumnElement[Any],
        values: Any,
        convert: Callable[[Any], Any] | None = None,
    ) -> ColumnElement[bool]:
        return column.in_([convert(value) if convert else value for value in values])

    def join(
        self, table: FromClause, on: Callable[[FromClause], ColumnElement[bool]]
    ) -> FromClause:
        alias = table.alias()
        self.joined.append((alias, on(alias)))
        return alias

    def select(self, *columns: ColumnElement[Any], is_outer: bool = True) -> Select[Any]:
        """Columns of the rows joined so far; `is_outer`: one row whether they are there or not."""
        tables: Any = select(literal_column("1").label("one")).subquery()
        for alias, on in self.joined:
            tables = tables.join(alias, on, isouter=is_outer)
        return select(*columns).select_from(tables)


def given(value: Any, convert: Callable[[Any], Any] | None) -> Any:
    """An argument's value; what a declaration combines of several is worked out when asked."""
    late = getattr(value, "value", None)
    known = late({}) if callable(late) else value
    return convert(known) if convert else known


def under_clocks(row: Row, arguments: Mapping[str, Any]) -> Row:
    """A row under the clocks that a field's arguments set, if they do."""
    as_of, at, known_at = (arguments.get(name) for name in ("as_of", "at", "known_at"))
    if as_of is not None and at is not None:
        raise BadRequest("asOf and at")
    if as_of is not None:
        row = replace(row, clock=end_of_day(as_of))
    if at is not None:
        row = replace(row, clock=aware(at))
    if known_at is not None:
        row = replace(row, knowledge=aware(known_at))
    return row
