"""Connections: a page of rows by keyset, its cursors, and counts over the list if asked for."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from graphql import FieldNode, GraphQLObjectType, get_named_type
from sqlalchemy import (
    ColumnElement,
    FromClause,
    Integer,
    Select,
    case,
    func,
    literal_column,
    select,
    true,
)

from api.reading.cursors import readers
from api.reading.statement import Place, after_row, directed
from schema.refusals import BadRequest
from schema.types.reads import Reads, Rows

if TYPE_CHECKING:
    from api.reading.plan import Planner

NOTHING: ColumnElement[Any] = literal_column("1")
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
        self.shown = f"p[{len(place.selection.statement.parameters) - 1}]"
        self.after = arguments.get("after")
        # Bound even if only the list's count is asked: what makes no sense is always refused.
        self.beyond = [
            place.bind(self.after, key.type_, read)
            for key, read in zip(rows.keys, readers(rows.order_name, rows.keys), strict=True)
            if self.after is not None
        ]
        self.is_read = False

    def query(self) -> Select[Any]:
        """The SELECT of the page's rows, one more than asked for."""
        query = self.inner.ordered(self.rows)
        if self.beyond:
            query = query.where(after_row(self.rows, self.beyond))
        per = self.rows.per
        if per is None:
            return query.limit(self.size + 1)
        found = [self.inner.selection.place(key.expression) for key in self.rows.keys]
        query = query.with_only_columns(*self.inner.selection.columns)
        few = query.where(per.on).limit(self.size + 1).correlate(per.source).lateral()
        own = [key.expression for key in self.rows.keys[: per.keys]]
        keys = [*own, *(list(few.c)[place] for place in found[per.keys :])]
        return (
            select(*few.c)
            .select_from(per.source.join(few, true()))
            .where(*per.where)
            .order_by(*directed(self.rows, keys))
            .limit(self.size + 1)
        )

    def fields(
        self, type_: GraphQLObjectType, nodes: Sequence[FieldNode], source: str, beside: Beside
    ) -> str:
        """The builder's source of the connection; `beside` adds a value to the row above."""
        matching = self._matching(type_, nodes)

        def value(place: Place, asked: Sequence[FieldNode]) -> str:
            name = asked[0].name.value
            if name == "totalCount":
                return beside(select(func.count()).select_from(matching).scalar_subquery())
            target = get_named_type(type_.fields[name].type)
            assert isinstance(target, GraphQLObjectType)
            if name == "facets":
                return self._facets(place, target, asked, matching, beside)
            self.is_read = True
            if name == "pageInfo":
                return self._page_info(target, asked, source)
            item = self._edge if name == "edges" else self._node
            built = item(place, target, asked)
            return f"[{built} for {self.inner.selection.row_name} in {source}[:{self.shown}]]"

        return self.planner.display(self.place, type_, nodes, value)

    def _node(self, place: Place, type_: GraphQLObjectType, nodes: Sequence[FieldNode]) -> str:
        return self.planner.object(replace(self.inner, path=place.path), type_, nodes)

    def _edge(self, place: Place, type_: GraphQLObjectType, nodes: Sequence[FieldNode]) -> str:
        def value(inner: Place, asked: Sequence[FieldNode]) -> str:
            name = asked[0].name.value
            if name == "cursor":
                return self._cursor()
            target = get_named_type(type_.fields[name].type)
            assert isinstance(target, GraphQLObjectType)
            return self._node(inner, target, asked)

        return self.planner.display(place, type_, nodes, value)

    def _page_info(self, type_: GraphQLObjectType, nodes: Sequence[FieldNode], source: str) -> str:
        row = self.inner.selection.row_name
        shown = f"{source}[:{self.shown}]"
        sources = {
            "hasNextPage": lambda: f"len({source}) > {self.shown}",
            "hasPreviousPage": lambda: repr(self.after is not None),
            "startCursor": lambda: f"next(({self._cursor()} for {row} in {shown}), None)",
            "endCursor": lambda: f"next(({self._cursor()} for {row} in {shown}[-1:]), None)",
        }
        return self.planner.display(
            self.place, type_, nodes, lambda _, asked: sources[asked[0].name.value]()
        )

    def _cursor(self) -> str:
        values = [self.inner.selection.add(key.expression) for key in self.rows.keys]
        return f"cursor({self.rows.order_name!r}, {', '.join(values)})"

    def _matching(self, type_: GraphQLObjectType, nodes: Sequence[FieldNode]) -> FromClause:
        """All rows of the list, with what the facets need of them.

        The root's are found once, however many counts are made of them; those below a row can
        only be found where that row is.
        """
        columns: set[str] = set()
        for asked in self.planner.fields_of(type_, nodes).values():
            if asked[0].name.value != "facets":
                continue
            below = get_named_type(type_.fields["facets"].type)
            assert isinstance(below, GraphQLObjectType)
            for each in self.planner.fields_of(below, asked).values():
                if each[0].name.value in below.fields:
                    columns.update(self.planner.declared(below, each[0].name.value).columns)
        shown: list[ColumnElement[Any]] = [
            self.rows.source.c[name] for name in sorted(columns)
        ] or [NOTHING]
        found = self.rows.whole.with_only_columns(*shown)
        if self.place.outer:
            return found.correlate(*self.inner.outer).subquery()
        return found.cte("matching")

    def _facets(
        self,
        place: Place,
        type_: GraphQLObjectType,
        nodes: Sequence[FieldNode],
        matching: FromClause,
        beside: Beside,
    ) -> str:
        def value(inner: Place, asked: Sequence[FieldNode]) -> str:
            name = asked[0].name.value
            counts = self.planner.reads_of(type_, name).function(inner, matching)
            below = inner.into(counts)
            target = get_named_type(type_.fields[name].type)
            assert isinstance(target, GraphQLObjectType)
            built = self.planner.object(below, target, asked)
            array = beside(below.as_array(below.ordered(counts)))
            return f"[{built} for {below.selection.row_name} in {array}]"

        return self.planner.display(place, type_, nodes, value)


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

    Counts stand beside the first row, after its columns; a page without rows still has one row,
    for them.
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
    order = directed(page.rows, keys)
    # To send them with every row would cost more than the rows.
    is_first = func.row_number().over(order_by=order) == 1
    query = (
        select(*columns, *(case((is_first, count)) for count in counted.c))
        .select_from(counted.outerjoin(shown, true()))
        .order_by(*order)
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
