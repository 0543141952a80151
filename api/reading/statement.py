"""One SQL statement under construction: its parameters, its SELECTs, where a field stands."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from operator import itemgetter
from typing import Any, Self

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    DateTime,
    FromClause,
    Select,
    func,
    literal_column,
    null,
    select,
    tuple_,
)
from sqlalchemy.dialects.postgresql.asyncpg import dialect
from sqlalchemy.types import TypeEngine

from api.reading.symbols import Variables, combined, is_single, value_of
from schema.refusals import BadRequest
from schema.types.clock import aware, end_of_day
from schema.types.reads import Rows, Work
from schema.words import Audience

DIALECT = dialect()  # type: ignore[no-untyped-call]
MOMENT = DateTime(timezone=True)
PARAMETER = re.compile(r"\$(\d+)::")

Path = tuple[str, ...]
Clocks = tuple[ColumnElement[Any] | None, ColumnElement[Any] | None]


@dataclass(frozen=True)
class Parameter:
    """Where a parameter's value comes from each time the statement runs, and whose field's it is.

    `path` holds the response keys from the root to the field.
    """

    argument: Any
    convert: Callable[[Any], Any] | None
    path: Path

    def value(self, variables: Variables) -> Any:
        """The value to send; raises Refused where it makes no sense."""
        found = value_of(self.argument, variables)
        return self.convert(found) if self.convert else found


class Statement:
    """The parameters of one statement, `$1`, `$2`, ... in the order they are asked for."""

    def __init__(self) -> None:
        self.parameters: list[Parameter] = []
        self.shared: list[tuple[str, ColumnElement[Any], str]] = []
        self.works: list[Callable[..., Any]] = []
        self.writes = False
        self._selects = 0

    def bind(self, parameter: Parameter, type_: TypeEngine[Any]) -> ColumnElement[Any]:
        """A new parameter. Its cast tells PostgreSQL the type, and the driver how to send it."""
        self.parameters.append(parameter)
        name = type_.compile(dialect=DIALECT)
        return literal_column(f"${len(self.parameters)}::{name}", type_)

    def work(self, work: Work, selection: "Selection", path: Path) -> str:
        """The builder's source for what is worked out of a row."""
        self.works.append(work.function)
        self.parameters.append(Parameter(work.given, work.convert, path))
        read = [f"p[{len(self.parameters) - 1}]", *map(selection.add, work.columns)]
        return f"works[{len(self.works) - 1}]({', '.join(read)})"

    def share(self, array: ColumnElement[Any], row_name: str, built: str) -> str:
        """Rows that are read once for all: the builder's name for what is built of them, by key.

        `array` holds the rows, the key first; `built` is the source for the row `row_name`.
        """
        name = f"shared{len(self.shared)}"
        self.shared.append((name, array, f"{{{row_name}[0]: {built} for {row_name} in %s}}"))
        return name

    def next_row_name(self) -> str:
        """The name that the row builder gives to rows of the next SELECT."""
        self._selects += 1
        return f"r{self._selects}"

    def compile(self, query: Select[Any]) -> tuple[str, tuple[int, ...]]:
        """The SQL text, and which parameters it came to need, by their places.

        Its constants stay constants, so that partial indexes may serve it.
        """
        sql = str(query.compile(dialect=DIALECT, compile_kwargs={"literal_binds": True}))
        sent = sorted({int(number) - 1 for number in PARAMETER.findall(sql)})
        numbers = {place: number for number, place in enumerate(sent, start=1)}
        sql = PARAMETER.sub(lambda found: f"${numbers[int(found[1]) - 1]}::", sql)
        return sql, tuple(sent)


class Selection:
    """One SELECT: its columns, each once, and the tables joined for them."""

    def __init__(self, statement: Statement, tables: FromClause) -> None:
        self.statement = statement
        self.row_name = statement.next_row_name()
        self.tables = tables
        self.columns: list[ColumnElement[Any]] = []
        self._places: dict[int, int] = {}
        self._joined: dict[tuple[FromClause, tuple[int, ...]], tuple[FromClause, Clocks]] = {}

    def place(self, column: ColumnElement[Any]) -> int:
        """Ask for a column; where in the row it stands."""
        place = self._places.get(id(column))
        if place is None:
            place = self._places[id(column)] = len(self.columns)
            self.columns.append(column)
        return place

    def add(self, column: ColumnElement[Any]) -> str:
        """Ask for a column; the builder's expression for its value."""
        return f"{self.row_name}[{self.place(column)}]"

    def join(
        self,
        row: FromClause,
        table: FromClause,
        on: Callable[[FromClause], ColumnElement[bool]],
        clocks: Clocks,
    ) -> FromClause:
        """The alias of the one row of `table` for each row, joined at the first call.

        What a row points to may go by the clocks, so each pair of them has a join of its own.
        """
        key = (table, (id(row), *map(id, clocks)))
        if key not in self._joined:
            alias = table.alias()
            self.tables = self.tables.outerjoin(alias, on(alias))
            # The clocks are kept with it: an id means something only while its object is there.
            self._joined[key] = alias, clocks
        return self._joined[key][0]

    def query(self) -> Select[Any]:
        """The SELECT as asked for so far; one of constants alone still counts its rows."""
        return select(*(self.columns or [null()])).select_from(self.tables)


@dataclass(frozen=True)
class Place:
    """Where a field stands: its SELECT, the alias of its row, who asks, and which clock holds.

    This is the `Scope` that the types' declarations see. `path` holds the response keys that
    lead here; `is_only` says that the row is the only one of its SELECT; `work` is the builder's
    name for what is worked out of the row.
    """

    selection: Selection
    row: FromClause
    audience: Audience
    outer: tuple[FromClause, ...] = ()
    point: ColumnElement[Any] | None = None
    clock: ColumnElement[Any] | None = None
    knowledge: ColumnElement[Any] | None = None
    path: Path = ()
    is_only: bool = False
    work: str = ""

    @property
    def moment(self) -> ColumnElement[Any]:
        """The moment that facts are asked for."""
        return func.now() if self.clock is None else self.clock

    @property
    def known(self) -> ColumnElement[Any]:
        """The moment whose knowledge is asked for."""
        return func.now() if self.knowledge is None else self.knowledge

    def bind(
        self, value: Any, type_: TypeEngine[Any], convert: Callable[[Any], Any] | None = None
    ) -> ColumnElement[Any]:
        """A parameter of the statement."""
        return self.selection.statement.bind(Parameter(value, convert, self.path), type_)

    def among(
        self,
        column: ColumnElement[Any],
        values: Any,
        convert: Callable[[Any], Any] | None = None,
    ) -> ColumnElement[bool]:
        """The condition that a column has one of the values.

        Of one alone it is an equality, by which an index gives its rows in the list's order.
        """
        if is_single(values):
            return column == self.bind(combined(itemgetter(0), values), column.type, convert)
        return column == func.any(self.bind(values, ARRAY(column.type), _each(convert)))

    def join(
        self, table: FromClause, on: Callable[[FromClause], ColumnElement[bool]]
    ) -> FromClause:
        """The row of `table` that this row points to."""
        return self.selection.join(self.row, table, on, (self.clock, self.knowledge))

    def at(self, arguments: dict[str, Any]) -> Self:
        """The same place under the clocks that a field's arguments set, if they do."""
        as_of, at, known_at = (arguments.get(name) for name in ("as_of", "at", "known_at"))
        place = self
        if as_of is not None and at is not None:
            raise BadRequest("Give asOf (a day) or at (a moment), not both.")
        if as_of is not None:
            place = replace(place, clock=self.bind(as_of, MOMENT, end_of_day))
        if at is not None:
            place = replace(place, clock=self.bind(at, MOMENT, aware))
        if known_at is not None:
            place = replace(place, knowledge=self.bind(known_at, MOMENT, aware))
        return place

    def under(self, key: str) -> Self:
        """The same row, for the field with this response key."""
        return replace(self, path=(*self.path, key))

    def beside(self, row: FromClause) -> Self:
        """The same SELECT, at a row joined to this one."""
        return replace(self, row=row)

    def into(self, rows: Rows) -> Self:
        """A SELECT of its own over `rows`, below this place."""
        selection = Selection(self.selection.statement, rows.from_clause)
        return replace(
            self,
            selection=selection,
            work=f"{selection.row_name}_work" if rows.work else "",
            row=rows.source,
            is_only=False,
            outer=(*self.outer, self.row),
            point=rows.point,
        )

    def apart(self, rows: Rows) -> Self:
        """A SELECT of its own over `rows`, which depends on no row."""
        return replace(self.into(rows), outer=())

    def ordered(self, rows: Rows) -> Select[Any]:
        """`rows`, filtered and in their order, with the columns asked for so far."""
        keys = [key.expression for key in rows.keys]
        return self.selection.query().where(*rows.where).order_by(*directed(rows, keys))

    def as_array(self, query: Select[Any]) -> ColumnElement[Any]:
        """A SELECT's rows as one array value beside the row above.

        Never JSON: PostgreSQL would spend twice the time on it.
        """
        packed = query.with_only_columns(func.row(*query.selected_columns))
        return func.array(packed.correlate(*self.outer).scalar_subquery())


def root_place(audience: Audience, *path: str) -> Place:
    """The place above all rows, of a new statement."""
    nothing = select(literal_column("1").label("one")).subquery()
    return Place(Selection(Statement(), nothing), nothing, audience, path=path)


def _each(convert: Callable[[Any], Any] | None) -> Callable[[Any], Any] | None:
    return (lambda values: [convert(value) for value in values]) if convert else None


def directed(rows: Rows, keys: Sequence[ColumnElement[Any]]) -> list[ColumnElement[Any]]:
    """The keys of an order, in its direction."""
    return [key.desc() if rows.descending else key for key in keys]


def after_row(rows: Rows, values: Sequence[ColumnElement[Any]]) -> ColumnElement[bool]:
    """The condition for rows that come after the one with these key values."""
    here = tuple_(*(key.expression for key in rows.keys))
    there = tuple_(*values)
    return here < there if rows.descending else here > there
