"""How a field says what it reads.

A field of a type without more reads the column of its own name. The others say so with one of

    identity("offer", "id")     an opaque id that carries its type
    expression(function)        one SQL expression
    one(function)               the row that this row points to
    listing(function)           a list of rows
    picked(function, by=...)    those of a few shared rows whose keys the row lists
    page(function)              a Relay connection over rows
    count()                     how many rows the whole connection has
    facet(function)             counts over the whole connection, by heading
    lookup(function)            one row, or null: the roots
    unsealed(function)          an object sealed in a column, of one row at a time
    worked(attribute)           what Python works out of the row (`Work`), or a list of such

A function is called once for each plan, not for each row: it gets the `Scope` and the field's
arguments, and gives SQL (SQLAlchemy Core). Arguments that come from variables are symbols then:
ask whether they are None, hand them to `scope.bind` or `scope.among`, and nothing else. Enums
are always known.

Each declaration may say what its field costs beside the database's work for an ordinary column,
and how many rows a list without pages is taken to hold; the limits on a query count with these.
"""

import inspect
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from operator import attrgetter
from typing import Any, Protocol

import strawberry
from sqlalchemy import ColumnElement, FromClause, Select, select
from sqlalchemy.types import TypeEngine

from schema.words import Audience

Function = Callable[..., Any]


class Scope(Protocol):
    """Where a field is planned: the row it belongs to, who asks, and which clock holds."""

    @property
    def audience(self) -> Audience:
        """Who asks."""

    @property
    def row(self) -> FromClause:
        """The alias of the row that the field belongs to."""

    @property
    def point(self) -> ColumnElement[Any] | None:
        """The point that the list is measured from, where it has one."""

    @property
    def moment(self) -> ColumnElement[Any]:
        """The moment that facts are asked for (`asOf`, `at`, or now), inherited from above."""

    @property
    def known(self) -> ColumnElement[Any]:
        """The moment whose knowledge is asked for (`knownAt`, or now), inherited from above."""

    def bind(
        self, value: Any, type_: TypeEngine[Any], convert: Callable[[Any], Any] | None = None
    ) -> ColumnElement[Any]:
        """A parameter for `value`, converted (and checked) each time the plan runs."""

    def among(
        self,
        column: ColumnElement[Any],
        values: Any,
        convert: Callable[[Any], Any] | None = None,
    ) -> ColumnElement[bool]:
        """The condition that a column has one of a list argument's values, each converted."""

    def join(
        self, table: FromClause, on: Callable[[FromClause], ColumnElement[bool]]
    ) -> FromClause:
        """The row of `table` that this row points to, joined once however often it is asked for."""


def finite(value: Any) -> float:
    """A cursor's number; raises ValueError for anything else, infinities too."""
    if type(value) is not float or not math.isfinite(value):
        raise ValueError(value)
    return value


def moment(value: Any) -> datetime:
    """A cursor's moment; raises ValueError for one without its offset."""
    found = datetime.fromisoformat(value)
    if found.tzinfo is None:
        raise ValueError(value)
    return found


def whole(value: Any) -> int:
    """A cursor's count; raises ValueError for anything else."""
    if type(value) is not int:
        raise ValueError(value)
    return value


def words(value: Any) -> str:
    """A cursor's text; raises ValueError for anything else, and for what no text can hold."""
    if type(value) is not str or "\0" in value:
        raise ValueError(value)
    return value


@dataclass(frozen=True)
class Key:
    """One part of an order. All keys of an order go the same way."""

    expression: ColumnElement[Any]
    type_: TypeEngine[Any]
    load: Callable[[Any], Any] = lambda value: value


@dataclass(frozen=True)
class Per:
    """A table whose every row has rows of its own in a list: which, and on what they join.

    A page takes its few from each of these, and of those the first: an index that begins with
    what they join on gives them in order, where one condition for all would have every row
    sorted. The first `keys` of the order are the table's own.
    """

    source: FromClause
    on: ColumnElement[bool]
    where: Sequence[ColumnElement[bool]] = ()
    keys: int = 0


@dataclass(frozen=True)
class Work:
    """What Python works out of each row: `function(given, *values)`, an object with attributes.

    `values` are those of `columns`. `given` is an argument of the field, converted (and checked)
    each time the plan runs, as `scope.bind` does, but not sent to the database.
    """

    function: Callable[..., Any]
    columns: Sequence[ColumnElement[Any]]
    given: Any = None
    convert: Callable[[Any], Any] | None = None


@dataclass(frozen=True)
class Rows:
    """Rows to read: where from, which, in what order.

    `source` is the alias whose columns the fields read; `tables` what stands after FROM where
    that is more than the alias (the alias joined to others). `keys` must end in something unique;
    `order_name` goes into cursors, so that a cursor of one order is refused by another.
    """

    source: FromClause
    where: Sequence[ColumnElement[bool]] = ()
    keys: Sequence[Key] = ()
    descending: bool = False
    order_name: str = ""
    tables: FromClause | None = None
    point: ColumnElement[Any] | None = None
    per: Per | None = None
    work: Work | None = None

    @property
    def from_clause(self) -> FromClause:
        """What stands after FROM."""
        return self.source if self.tables is None else self.tables

    @property
    def whole(self) -> Select[Any]:
        """All rows of the list, in no order, without columns yet."""
        if self.per is None:
            return select().select_from(self.from_clause).where(*self.where)
        tables = self.per.source.join(self.from_clause, self.per.on)
        return select().select_from(tables).where(*self.per.where, *self.where)


class Shape(StrEnum):
    """What a declared function gives."""

    COMMAND = "COMMAND"
    COUNT = "COUNT"
    EXPRESSION = "EXPRESSION"
    FACET = "FACET"
    IDENTITY = "IDENTITY"
    LISTING = "LISTING"
    LOOKUP = "LOOKUP"
    NODE = "NODE"
    ONE = "ONE"
    PAGE = "PAGE"
    PICKED = "PICKED"
    STREAM = "STREAM"
    UNSEALED = "UNSEALED"
    WORKED = "WORKED"


@dataclass(frozen=True)
class Reads:
    """A field's declaration, kept in its metadata.

    `cost` is in points, of which an ordinary column is one; `length` is how many rows a list
    without pages is taken to hold; `columns` are what a facet needs of the rows it counts; `by`
    gives the keys that a row picks, or names what was worked out to be them; `absent` says what a
    root that can't be null was not found by.
    """

    shape: Shape
    function: Function
    audiences: frozenset[Audience] = field(default=frozenset(Audience))
    by: Function | str | None = None
    prefix: str = ""
    columns: tuple[str, ...] = ()
    cost: int = 1
    length: int = 1
    absent: str = ""


METADATA = "reads"
COUNT_COST = 50
FACET_COST = 200
LIST_LENGTH = 10


def identity(prefix: str, column: str) -> Any:
    """An id like `offer_0198...`: opaque to clients, and `node` knows the type from it."""
    return strawberry.field(
        description="Opaque; carries its type.",
        metadata={
            METADATA: Reads(Shape.IDENTITY, lambda scope: scope.row.c[column], prefix=prefix)
        },
    )


def expression(function: Function, **options: Any) -> Any:
    """One SQL expression over the row."""
    return _declared(Shape.EXPRESSION, function, **options)


def one(function: Function, **options: Any) -> Any:
    """The row that this row points to; the function gives its alias, by `scope.join`."""
    return _declared(Shape.ONE, function, **options)


def listing(function: Function, **options: Any) -> Any:
    """A list of rows (`Rows`), taken to hold `length` of them."""
    return _declared(Shape.LISTING, function, **options)


def picked(function: Function, by: Function | str, **options: Any) -> Any:
    """Those of a few rows that the row picks: `by` gives its array of their first keys.

    The rows (`Rows`) are the same for every row that picks, so they are read once for all. Keys
    that were worked out (`by` is their name then) say the order too, or which one it is.
    """
    return _declared(Shape.PICKED, function, by=by, **options)


def page(function: Function, *, first: int = 20, **options: Any) -> Any:
    """A connection over rows (`Rows`); its arguments `first` and `after` are the planner's."""
    only = inspect.Parameter.KEYWORD_ONLY
    arguments = (
        inspect.Parameter("first", only, default=first, annotation=int),
        inspect.Parameter("after", only, default=strawberry.UNSET, annotation=str | None),
    )
    return _declared(Shape.PAGE, function, added=arguments, **options)


def count() -> Any:
    """How many rows the whole connection has; every one of them is visited."""
    reads = Reads(Shape.COUNT, lambda scope: None, cost=COUNT_COST)
    return strawberry.field(metadata={METADATA: reads})


def facet(function: Function, **options: Any) -> Any:
    """A list of counts over all rows of the connection.

    The function gets these as `matching`, with the columns that it names by `columns`.
    """
    return _declared(Shape.FACET, function, skipped=2, cost=FACET_COST, **options)


def lookup(function: Function, **options: Any) -> Any:
    """One row (`Rows`) or null."""
    return _declared(Shape.LOOKUP, function, **options)


def worked(attribute: str, *, length: int = LIST_LENGTH, **options: Any) -> Any:
    """An attribute of what is worked out of the row; objects of a list are worked out too."""
    reads = Reads(Shape.WORKED, attrgetter(attribute), by=attribute, length=length)
    return strawberry.field(metadata={METADATA: reads}, **options)


def unsealed(function: Function, **options: Any) -> Any:
    """An object or null, opened from a sealed column with the key that the row is sealed for.

    The function gives the column and the key; `by` says whose row that is. To read the column
    writes down who did, so it is read for one row at a time, never for a list.
    """
    return _declared(Shape.UNSEALED, function, **options)


def node(function: Function, **options: Any) -> Any:
    """One row of the type that its id names, or null."""
    return _declared(Shape.NODE, function, **options)


def command(function: Function, **options: Any) -> Any:
    """A mutation's field; the function is awaited in a transaction of its own."""
    return _declared(Shape.COMMAND, function, **options)


def stream(function: Function, **options: Any) -> Any:
    """A subscription's field."""
    return _declared(Shape.STREAM, function, **options)


def _declared(
    shape: Shape,
    function: Function,
    *,
    description: str | None = None,
    absent: str = "",
    audiences: frozenset[Audience] = frozenset(Audience),
    by: Function | str | None = None,
    columns: tuple[str, ...] = (),
    cost: int = 1,
    length: int = LIST_LENGTH,
    skipped: int = 1,
    added: Sequence[inspect.Parameter] = (),
) -> Any:
    # Strawberry takes a field's arguments from its resolver's signature; this one is never
    # called, since the planner answers, and leaves out what only the planner hands over.
    signature = inspect.signature(function, eval_str=True)
    arguments = [*list(signature.parameters.values())[skipped:], *added]

    def planned() -> None:
        raise AssertionError(f"{function.__name__} is planned, not resolved")

    planned.__name__ = function.__name__
    planned.__module__ = function.__module__
    planned.__annotations__ = {argument.name: argument.annotation for argument in arguments}
    planned.__signature__ = inspect.Signature(  # type: ignore[attr-defined]
        [each.replace(kind=inspect.Parameter.KEYWORD_ONLY) for each in arguments]
    )
    reads = Reads(
        shape, function, audiences, by, columns=columns, cost=cost, length=length, absent=absent
    )
    return strawberry.field(
        resolver=planned,
        description=description or inspect.getdoc(function),
        metadata={METADATA: reads},
    )
