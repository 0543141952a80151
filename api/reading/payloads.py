"""What a command did, or a stream tells of, as a selection shows it: rows read again by id."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from operator import attrgetter, itemgetter
from typing import Any

from graphql import FieldNode, GraphQLError, GraphQLField, GraphQLObjectType, get_named_type
from graphql.execution.values import VariableValues, get_argument_values
from strawberry.types.arguments import convert_arguments

from api.reading.plan import FieldPlan, Planner, rows_plan
from api.reading.statement import Path, root_place
from api.reading.symbols import Symbol, Variables
from schema.refusals import BadRequest
from schema.types.by_id import AVAILABLE_BY_ID, ROWS_BY_ID, ById
from schema.types.reads import Reads, Shape


@dataclass(frozen=True)
class PayloadField:
    """A mutation's or subscription's field: a function to run, and how to show what it did.

    `rows` are the parts read from the database by id, `shown` those taken from the outcome. A
    stream of rows has one part without a name: the row itself.
    `arguments` raises BadRequest.
    """

    function: Callable[..., Any]
    arguments: Callable[[Variables], dict[str, Any]]
    rows: dict[str, tuple[str, FieldPlan]]
    shown: dict[str, Callable[[Any], Any]]
    keys: tuple[str, ...]

    @property
    def writes(self) -> bool:
        """Whether showing it notes who read what."""
        return any(plan.writes for _, plan in self.rows.values())


def by_id_plan(
    planner: Planner,
    type_: GraphQLObjectType,
    function: ById,
    id_argument: Any,
    nodes: Sequence[FieldNode],
    path: Path,
) -> FieldPlan:
    """The plan of one row by its id, or null."""
    place = root_place(planner.audience, *path)
    return rows_plan(planner, place, function(place, id_argument), type_, nodes, Shape.LOOKUP)


def payload_field(
    planner: Planner,
    root_key: str,
    root: GraphQLObjectType,
    nodes: Sequence[FieldNode],
    reads: Reads,
) -> PayloadField:
    """The plan of a command's or stream's field."""
    node = nodes[0]
    field_ = root.fields[node.name.value]
    type_ = get_named_type(field_.type)
    assert isinstance(type_, GraphQLObjectType)
    by_id = dict(ROWS_BY_ID.values())
    if reads.shape is Shape.STREAM and type_.name in by_id:
        found = Symbol(itemgetter("$row"))
        plan = by_id_plan(planner, type_, by_id[type_.name], found, nodes, (root_key,))
        return PayloadField(
            reads.function, _arguments(planner, field_, node), {"": ("row", plan)}, {}, ()
        )
    by_type = AVAILABLE_BY_ID if reads.shape is Shape.STREAM else by_id
    rows: dict[str, tuple[str, FieldPlan]] = {}
    shown: dict[str, Callable[[Any], Any]] = {}
    keys = []
    for key, asked in planner.fields_of(type_, nodes).items():
        keys.append(key)
        name = asked[0].name.value
        if name == "__typename":
            shown[key] = lambda outcome: type_.name
            continue
        declared = type_.fields[name].extensions["strawberry-definition"].python_name
        target = get_named_type(type_.fields[name].type)
        if isinstance(target, GraphQLObjectType) and target.name in by_type:
            found = Symbol(itemgetter("$" + declared))
            plan = by_id_plan(planner, target, by_type[target.name], found, asked, (root_key, key))
            rows[key] = (declared, plan)
        else:
            shown[key] = _shown(planner, target, asked, declared)
    arguments = _arguments(planner, field_, node)
    return PayloadField(reads.function, arguments, rows, shown, tuple(keys))


def _arguments(
    planner: Planner, field_: GraphQLField, node: FieldNode
) -> Callable[[Variables], dict[str, Any]]:
    strawberry_schema = planner.schema.extensions["strawberry-definition"]

    def arguments(variables: Variables) -> dict[str, Any]:
        try:
            given = get_argument_values(field_, node, VariableValues({}, dict(variables)))
        except GraphQLError as error:
            raise BadRequest(error.message) from error
        return convert_arguments(
            given,
            field_.extensions["strawberry-definition"].arguments,
            strawberry_schema.schema_converter.scalar_registry,
            strawberry_schema.config,
        )

    return arguments


def _shown(
    planner: Planner, type_: Any, nodes: Sequence[FieldNode], name: str
) -> Callable[[Any], Any]:
    if not isinstance(type_, GraphQLObjectType):
        return attrgetter(name)
    parts: dict[str, Callable[[Any], Any]] = {}
    for key, asked in planner.fields_of(type_, nodes).items():
        field_name = asked[0].name.value
        if field_name == "__typename":
            parts[key] = lambda _: type_.name
        else:
            declared = type_.fields[field_name].extensions["strawberry-definition"].python_name
            parts[key] = attrgetter(declared)
    return lambda outcome: [
        {key: part(item) for key, part in parts.items()} for item in getattr(outcome, name)
    ]
