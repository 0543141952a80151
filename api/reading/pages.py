"""Connections: a page of rows by keyset, its cursors, and counts over the list if asked for."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from graphql import FieldNode, GraphQLObjectType, get_named_type
from sqlalchemy import ColumnElement, Integer, Select, func, select, true

from api.reading.cursors import readers
from api.reading.statement import Place, after_row
from schema.refusals import BadRequest
from schema.types.reads import Reads, Rows

if TYPE_CHECKING:
    from api.reading.plan import Planner

PAGE_LIMIT = 100

Beside = Callable[[ColumnElement[Any]], str]


def page_size(first: int) -> int:
    """`first`, checked: 1 to 100 everywhere."""
    if not 1 <= first <= PAGE_LIMIT:
        raise BadRequest(f"first must be from 1 to {PAGE_LIMIT}; it is {first}.")
    return first


class Page:
    """One connection field being planned.

    `source` is the builder's name for the fetched rows, at most one more than the page: the one
    more says that there is a next page.
    """

    def __init__(
        self, planner: "Planner", place: Place, rows: Rows, arguments: dict[str, Any]
    ) -> None:
        self.planner = planner
        self.place = place
        self.rows = rows
        self.inner = place.into(rows)
        self.size = place.bind(arguments["first"], Integer(), page_size)
        self.after = arguments.get("after")
        self.is_read = False

    def query(self) -> Select[Any]:
        """The SELECT of the page's rows, one more than asked for."""
        query = self.inner.ordered(self.rows)
        if self.after is not None:
            reads = readers(self.rows.order_name, self.rows.keys)
            values = [
                self.place.bind(self.after, key.type_, read)
                for key, read in zip(self.rows.keys, reads, strict=True)
            ]
            query = query.where(after_row(self.rows, values))
        return query.limit(self.size + 1)

    def fields(
        self, type_: GraphQLObjectType, nodes: Sequence[FieldNode], source: str, beside: Beside
    ) -> str:
        """The builder's source of the connection; `beside` adds a value to the row above."""
        parts = []
        for key, asked in self.planner.fields_of(type_, nodes).items():
            name = asked[0].name.value
            if name == "__typename":
                built = repr(type_.name)
            elif name == "totalCount":
                built = beside(self._count())
            elif name == "facets":
                built = self._facets(type_, asked, beside)
            else:
                self.is_read = True
                built = self._of_rows(type_, name, asked, source)
            parts.append(f"{key!r}: {built}")
        return "{" + ", ".join(parts) + "}"

    def _of_rows(
        self, type_: GraphQLObjectType, name: str, nodes: Sequence[FieldNode], source: str
    ) -> str:
        target = get_named_type(type_.fields[name].type)
        assert isinstance(target, GraphQLObjectType)
        if name == "pageInfo":
            return self._page_info(target, nodes, source)
        if name == "nodes":
            built = self.planner.object(self.inner, target, nodes)
        else:
            built = self._edge(target, nodes)
        return f"[{built} for {self.inner.selection.row_name} in {source}[:{self._size()}]]"

    def _edge(self, type_: GraphQLObjectType, nodes: Sequence[FieldNode]) -> str:
        parts = []
        for key, asked in self.planner.fields_of(type_, nodes).items():
            name = asked[0].name.value
            target = get_named_type(type_.fields[name].type) if name != "__typename" else None
            if name == "cursor":
                built = self._cursor()
            elif isinstance(target, GraphQLObjectType):
                built = self.planner.object(self.inner, target, asked)
            else:
                built = repr(type_.name)
            parts.append(f"{key!r}: {built}")
        return "{" + ", ".join(parts) + "}"

    def _page_info(self, type_: GraphQLObjectType, nodes: Sequence[FieldNode], source: str) -> str:
        row = self.inner.selection.row_name
        shown = f"{source}[:{self._size()}]"
        sources = {
            "__typename": lambda: repr(type_.name),
            "hasNextPage": lambda: f"len({source}) > {self._size()}",
            "hasPreviousPage": lambda: repr(self.after is not None),
            "startCursor": lambda: f"next(({self._cursor()} for {row} in {shown}), None)",
            "endCursor": lambda: f"next(({self._cursor()} for {row} in {shown}[-1:]), None)",
        }
        parts = [
            f"{key!r}: {sources[asked[0].name.value]()}"
            for key, asked in self.planner.fields_of(type_, nodes).items()
        ]
        return "{" + ", ".join(parts) + "}"

    def _size(self) -> str:
        return f"<{self.size.key}>"

    def _cursor(self) -> str:
        values = [self.inner.selection.add(key.expression) for key in self.rows.keys]
        return f"cursor({self.rows.order_name!r}, {', '.join(values)})"

    def _count(self) -> ColumnElement[Any]:
        counted = select(func.count()).select_from(self.rows.from_clause).where(*self.rows.where)
        return counted.correlate(*self.inner.outer).scalar_subquery()

    def _facets(
        self, connection: GraphQLObjectType, nodes: Sequence[FieldNode], beside: Beside
    ) -> str:
        type_ = get_named_type(connection.fields["facets"].type)
        assert isinstance(type_, GraphQLObjectType)
        parts = []
        for key, asked in self.planner.fields_of(type_, nodes).items():
            name = asked[0].name.value
            if name == "__typename":
                parts.append(f"{key!r}: {type_.name!r}")
                continue
            matching = (
                select(*self.rows.source.c)
                .select_from(self.rows.from_clause)
                .where(*self.rows.where)
                .correlate(*self.inner.outer)
                .subquery()
            )
            counts = self.planner.reads_of(type_, name).function(self.place, matching)
            below = self.place.into(counts)
            target = get_named_type(type_.fields[name].type)
            assert isinstance(target, GraphQLObjectType)
            built = self.planner.object(below, target, asked)
            array = beside(below.as_array(below.ordered(counts)))
            parts.append(f"{key!r}: [{built} for {below.selection.row_name} in {array}]")
        return "{" + ", ".join(parts) + "}"


def nested(
    planner: "Planner",
    place: Place,
    reads: Reads,
    type_: GraphQLObjectType,
    nodes: Sequence[FieldNode],
    arguments: dict[str, Any],
) -> str:
    """A connection below a row: its page is an array beside that row."""
    page = Page(planner, place, _rows(reads, place, arguments), arguments)
    built = page.fields(type_, nodes, "<page>", place.selection.add)
    if not page.is_read:
        return built
    array = place.selection.add(page.inner.as_array(page.query()))
    return built.replace("<page>", array)


def root(
    planner: "Planner",
    place: Place,
    reads: Reads,
    type_: GraphQLObjectType,
    nodes: Sequence[FieldNode],
    arguments: dict[str, Any],
) -> tuple[Select[Any], str]:
    """A connection at the root: its page is the statement's rows.

    Counts stand beside every row, after its columns; a page without rows still has one row, for
    them.
    """
    page = Page(planner, place, _rows(reads, place, arguments), arguments)
    counts: list[ColumnElement[Any]] = []

    def beside(column: ColumnElement[Any]) -> str:
        counts.append(column)
        return f"rows[0][<count {len(counts) - 1}>]"

    built = page.fields(type_, nodes, "<page>", beside)
    counted = select(*(each.label(f"count_{n}") for n, each in enumerate(counts))).subquery()
    if not page.is_read:
        return select(*counted.c), _placed(built, counts, 0)
    if not counts:
        return page.query(), built.replace("<page>", "rows")
    sort = [page.inner.selection.place(key.expression) for key in page.rows.keys]
    shown = page.query().subquery()
    columns = list(shown.c)
    keys = [columns[place] for place in sort]
    query = (
        select(*columns, *counted.c)
        .select_from(counted.outerjoin(shown, true()))
        .order_by(*(key.desc() if page.rows.descending else key for key in keys))
    )
    rows = f"(rows if rows[0][{sort[-1]}] is not None else ())"
    return query, _placed(built.replace("<page>", rows), counts, len(columns))


def _placed(built: str, counts: Sequence[ColumnElement[Any]], first: int) -> str:
    for number in range(len(counts)):
        built = built.replace(f"<count {number}>", str(first + number))
    return built


def _rows(reads: Reads, place: Place, arguments: dict[str, Any]) -> Rows:
    inner = {name: value for name, value in arguments.items() if name not in ("after", "first")}
    rows: Rows = reads.function(place, **inner)
    return rows
