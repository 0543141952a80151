"""A selection becomes a plan: one SQL statement and the source of a function from rows to data.

The planner walks a root field's selection once. Each field asks its SELECT for columns and says,
as Python source, how its value is read from a row; an object is a dict display of these, a list
a comprehension. So the work for each row is only that one expression, compiled once.

A field that is refused, because it isn't for this audience or its arguments make no sense, is
planned as its refusal; `api.reading.completing` turns that into the error it is.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from graphql import (
    FieldNode,
    GraphQLField,
    GraphQLNamedType,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLSchema,
    Undefined,
    get_named_type,
    get_nullable_type,
    is_list_type,
)
from sqlalchemy import Select, case, func, select

from api.reading import pages
from api.reading.cursors import cursor
from api.reading.selecting import Fields, Fragments, collect
from api.reading.statement import Parameter, Path, Place, root_place
from api.reading.symbols import Variables, argument
from schema.refusals import BadRequest, Forbidden, NotFound, Refused
from schema.types.reads import METADATA, Reads, Rows, Shape
from schema.words import Audience

SEALING = "hearth-sealing"
"""Under this name a schema's extensions hold what opens sealed columns."""

Build = Callable[[Sequence[Any], Sequence[Any]], Any]


@dataclass(frozen=True)
class FieldPlan:
    """How to answer one root field: fetch by `sql`, then build from the rows and parameters.

    `sent` are the places of the parameters that the SQL takes; the others are checked all the
    same, as the size of a page is of which only the count is asked. `path` leads to the field, and
    `absent` is the refusal of one that can't be null where there is no row. `writes` says that the
    statement also notes who read what, so it needs a transaction that may.
    """

    sql: str
    parameters: tuple[Parameter, ...]
    sent: tuple[int, ...]
    build: Build
    path: Path
    absent: NotFound | None = None
    writes: bool = False


@dataclass(frozen=True)
class Planner:
    """What is the same for every field of one plan.

    `refused` are fields whose arguments were found to make no sense when their values were
    known; `failures` are all refusals that the plan's answer will hold.
    """

    schema: GraphQLSchema
    audience: Audience
    fragments: Fragments
    variables: Variables
    refused: Mapping[Path, Refused] = field(default_factory=dict)
    failures: list[Refused] = field(default_factory=list)

    def fields_of(self, type_: GraphQLObjectType, nodes: Sequence[FieldNode]) -> Fields:
        """The fields that `nodes` select on an object type."""
        return collect(
            type_, (node.selection_set for node in nodes), self.fragments, self.variables
        )

    def arguments_of(self, field: GraphQLField, node: FieldNode) -> dict[str, Any]:
        """A field's arguments by Python name, those absent left out."""
        written = {given.name.value: given.value for given in node.arguments or ()}
        found = {
            definition.extensions["strawberry-definition"].python_name: argument(
                written.get(name), definition, self.variables
            )
            for name, definition in field.args.items()
        }
        return {name: value for name, value in found.items() if value is not Undefined}

    def declared(self, type_: GraphQLObjectType, name: str) -> Reads:
        """What a field declares, or the column of its name."""
        declared = type_.fields[name].extensions["strawberry-definition"]
        reads: Reads = declared.metadata.get(METADATA) or Reads(
            Shape.EXPRESSION, lambda scope: scope.row.c[declared.python_name]
        )
        return reads

    def reads_of(self, type_: GraphQLObjectType, name: str) -> Reads:
        """What a field declares; Forbidden to the wrong audience."""
        reads = self.declared(type_, name)
        if self.audience not in reads.audiences:
            raise Forbidden(
                f"{type_.name}.{name} is not for the audience {self.audience.value}; "
                f"it is for {', '.join(sorted(reads.audiences))}."
            )
        return reads

    def object(self, place: Place, type_: GraphQLObjectType, nodes: Sequence[FieldNode]) -> str:
        """The builder's source for an object at a place."""
        return self.display(
            place, type_, nodes, lambda inner, asked: self.value(inner, type_, asked)
        )

    def display(
        self,
        place: Place,
        type_: GraphQLObjectType,
        nodes: Sequence[FieldNode],
        value: Callable[[Place, Sequence[FieldNode]], str],
    ) -> str:
        """The builder's source for a dict of the fields selected, each planned by `value`."""
        parts = []
        for key, asked in self.fields_of(type_, nodes).items():
            if asked[0].name.value == "__typename":
                built = repr(type_.name)
            else:
                built = self.guarded(place.under(key), asked, value)
            parts.append(f"{key!r}: {built}")
        return "{" + ", ".join(parts) + "}"

    def guarded(
        self,
        place: Place,
        nodes: Sequence[FieldNode],
        value: Callable[[Place, Sequence[FieldNode]], str],
    ) -> str:
        """The builder's source that `value` gives for a field, or that of its refusal."""
        try:
            if place.path in self.refused:
                raise self.refused[place.path]
            return value(place, nodes)
        except Refused as refusal:
            self.failures.append(refusal)
            return f"failures[{len(self.failures) - 1}]"

    def value(self, place: Place, type_: GraphQLObjectType, nodes: Sequence[FieldNode]) -> str:
        """The builder's source for one field's value."""
        node = nodes[0]
        name = node.name.value
        field_ = type_.fields[name]
        reads = self.reads_of(type_, name)
        arguments = self.arguments_of(field_, node)
        inner = place.at(arguments)
        target = get_named_type(field_.type)
        if reads.shape in (Shape.EXPRESSION, Shape.IDENTITY):
            return _scalar(inner, reads, field_.type, arguments)
        if reads.shape is Shape.WORKED and not inner.work:
            # Kept from when it was worked out, as a column of the same name.
            assert isinstance(reads.by, str)
            return inner.selection.add(inner.row.c[reads.by])
        if reads.shape is Shape.WORKED:
            return self.worked(inner, f"{inner.work}.{reads.by}", target, nodes)
        assert isinstance(target, GraphQLObjectType)
        if reads.shape is Shape.ONE:
            row = reads.function(inner, **arguments)
            built = self.object(inner.beside(row), target, nodes)
            if isinstance(field_.type, GraphQLNonNull):
                return built
            key = inner.selection.add(next(iter(row.primary_key)))
            return f"(None if {key} is None else {built})"
        if reads.shape is Shape.UNSEALED:
            return self.unsealed(inner, reads, target, nodes)
        if reads.shape is Shape.PAGE:
            return pages.nested(self, inner, reads, target, nodes, arguments)
        if reads.shape is Shape.PICKED:
            rows = reads.function(inner, **arguments)
            if isinstance(reads.by, str):
                keys = f"{inner.work}.{reads.by}"
                return _by_keys(self.shared(inner, rows, target, nodes), keys, field_.type)
            return self.picked(inner, reads, rows, target, nodes)
        assert reads.shape is Shape.LISTING
        return self.listing(inner, reads.function(inner, **arguments), target, nodes)

    def listing(
        self, place: Place, rows: Rows, type_: GraphQLObjectType, nodes: Sequence[FieldNode]
    ) -> str:
        """The builder's source for a list of objects, read as an array beside the row."""
        inner = place.into(rows)
        built = self.object(inner, type_, nodes)
        each = _each(inner, rows)
        array = place.selection.add(inner.as_array(inner.ordered(rows)))
        return f"[{built} {each % array}]"

    def worked(
        self, place: Place, value: str, type_: GraphQLNamedType, nodes: Sequence[FieldNode]
    ) -> str:
        """The builder's source for what was worked out: a value, or a list of objects."""
        if isinstance(type_, GraphQLObjectType):
            name = place.selection.statement.next_row_name()
            built = self.object(replace(place, work=name), type_, nodes)
            return f"[{built} for {name} in {value}]"
        return _text_of_decimal(value) if type_.name == "Decimal" else value

    def unsealed(
        self, place: Place, reads: Reads, type_: GraphQLObjectType, nodes: Sequence[FieldNode]
    ) -> str:
        """The builder's source for an object opened from its sealed column, or null."""
        if not place.is_only:
            raise BadRequest(
                f"{nodes[0].name.value} is shown for one row at a time, since each look is "
                "noted; ask it by id."
            )
        statement = place.selection.statement
        statement.writes = True
        column, key = (place.selection.add(each) for each in reads.function(place))
        name = statement.next_row_name()
        built = self.object(replace(place, work=name), type_, nodes)
        opened = f"sealing.opened({reads.by!r}, {key}, {column})"
        return f"next(({built} for {name} in {opened}), None)"

    def shared(
        self, place: Place, rows: Rows, type_: GraphQLObjectType, nodes: Sequence[FieldNode]
    ) -> str:
        """The builder's name for objects that many rows share, each built once, by their keys."""
        apart = place.apart(rows)
        apart.selection.place(rows.keys[0].expression)
        built = self.object(apart, type_, nodes)
        array = apart.as_array(apart.ordered(rows))
        return place.selection.statement.share(array, apart.selection.row_name, built)

    def picked(
        self,
        place: Place,
        reads: Reads,
        rows: Rows,
        type_: GraphQLObjectType,
        nodes: Sequence[FieldNode],
    ) -> str:
        """The builder's source for a list of shared objects."""
        assert callable(reads.by)
        if place.is_only:
            own = rows.keys[0].expression == func.any(reads.by(place))
            return self.listing(place, replace(rows, where=[*rows.where, own]), type_, nodes)
        name = self.shared(place, rows, type_, nodes)
        keys = place.selection.add(reads.by(place))
        return f"[shown for key, shown in {name}.items() if key in {keys}]"


def _by_keys(shared: str, keys: str, type_: GraphQLOutputType) -> str:
    if is_list_type(get_nullable_type(type_)):
        return f"[{shared}[key] for key in {keys}]"
    return f"{shared}[{keys}]" if isinstance(type_, GraphQLNonNull) else f"{shared}.get({keys})"


def _each(place: Place, rows: Rows) -> str:
    # A comprehension's loop over the rows that will stand for %s.
    name = place.selection.row_name
    if rows.work is None:
        return f"for {name} in %s"
    work = place.selection.statement.work(rows.work, place.selection, place.path)
    return f"for {name} in %s for {place.work} in ({work},)"


def _text_of_decimal(read: str) -> str:
    return f"(None if {read} is None else str({read}))"


def _scalar(place: Place, reads: Reads, type_: GraphQLOutputType, arguments: dict[str, Any]) -> str:
    column = reads.function(place, **arguments)
    if column is None:
        return "None"
    read = place.selection.add(column)
    if reads.shape is Shape.IDENTITY:
        return f"{reads.prefix + '_'!r} + str({read})"
    return _text_of_decimal(read) if get_named_type(type_).name == "Decimal" else read


def root_plan(
    planner: Planner, key: str, root: GraphQLObjectType, nodes: Sequence[FieldNode]
) -> FieldPlan:
    """The plan of one root field; raises Refused."""
    name = nodes[0].name.value
    field_ = root.fields[name]
    reads = planner.reads_of(root, name)
    arguments = planner.arguments_of(field_, nodes[0])
    place = root_place(planner.audience, key).at(arguments)
    target = get_named_type(field_.type)
    assert isinstance(target, GraphQLObjectType)
    if reads.shape is Shape.PAGE:
        query, source = pages.root(planner, place, reads, target, nodes, arguments)
        return finish(planner, place, query, source)
    rows = reads.function(place, **arguments)
    plan = rows_plan(planner, place, rows, target, nodes, reads.shape)
    if isinstance(field_.type, GraphQLNonNull) and reads.shape is Shape.LOOKUP:
        return replace(plan, absent=NotFound(reads.absent))
    return plan


def rows_plan(
    planner: Planner,
    place: Place,
    rows: Rows,
    type_: GraphQLObjectType,
    nodes: Sequence[FieldNode],
    shape: Shape,
) -> FieldPlan:
    """The plan of a list of rows, or of one row or null."""
    inner = replace(place.into(rows), is_only=shape is Shape.LOOKUP)
    built = planner.object(inner, type_, nodes)
    each = _each(inner, rows) % "rows"
    query = inner.ordered(rows)
    if shape is Shape.LISTING:
        return finish(planner, place, query, f"[{built} {each}]")
    return finish(planner, place, query.limit(1), f"next(({built} {each}), None)")


def finish(planner: Planner, place: Place, query: Select[Any], source: str) -> FieldPlan:
    """Compile the SQL and the builder."""
    statement = place.selection.statement
    lines = []
    if statement.shared:
        # With the first row only: to send them with every row would cost more than the rows.
        page = query.subquery()
        first = len(page.c)
        is_first = func.row_number().over() == 1
        arrays = [case((is_first, array)) for _, array, _ in statement.shared]
        query = select(*page.c, *arrays).select_from(page)
        lines = [
            f"    {name} = {shared % f'(rows[0][{first + number}] if rows else ())'}\n"
            for number, (name, _, shared) in enumerate(statement.shared)
        ]
    # The source is made of names and numbers chosen here, and of response keys and constants
    # quoted by repr: nothing that a client wrote is ever code.
    namespace: dict[str, Any] = {
        "cursor": cursor,
        "failures": planner.failures,
        "sealing": planner.schema.extensions.get(SEALING),
        "works": statement.works,
    }
    exec(f"def build(rows, p):\n{''.join(lines)}    return {source}", namespace)  # noqa: S102
    sql, sent = statement.compile(query)
    return FieldPlan(
        sql,
        tuple(statement.parameters),
        sent,
        namespace["build"],
        place.path,
        writes=statement.writes,
    )
