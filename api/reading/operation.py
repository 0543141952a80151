"""An operation becomes root fields, each with its own way to an answer.

What the planner leaves to graphql-core is listed here, and nowhere else: the introspection
fields `__schema` and `__type`.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from operator import attrgetter, itemgetter
from typing import Any

from graphql import (
    FieldNode,
    GraphQLObjectType,
    OperationDefinitionNode,
    OperationType,
    get_named_type,
)
from graphql.execution.values import VariableValues, get_argument_values
from strawberry.types.arguments import convert_arguments

from api.reading.plan import FieldPlan, Planner, root_plan, rows_plan
from api.reading.selecting import collect
from api.reading.statement import root_place
from api.reading.symbols import Symbol, Variables, value_of
from schema.refusals import BadRequest, Refused
from schema.types.by_id import AVAILABLE_BY_ID, ROWS_BY_ID, ById
from schema.types.node import split_id
from schema.types.reads import Reads, Shape

INTROSPECTION = ("__schema", "__type")


@dataclass(frozen=True)
class ConstantField:
    """A root field that needs no rows: `__typename`."""

    value: Any


@dataclass(frozen=True)
class IntrospectionField:
    """A root field that graphql-core answers."""

    node: FieldNode


@dataclass
class NodeField:
    """`node(id)`: planned by the type that the id names, which only the request knows."""

    planner: Planner
    nodes: Sequence[FieldNode]
    id_argument: Any
    _plans: dict[str, FieldPlan] = field(default_factory=dict)

    def chosen(self, variables: Variables) -> FieldPlan | None:
        """The plan for this request's id; None where no node has such an id."""
        prefix, _ = split_id(value_of(self.id_argument, variables))
        if prefix not in self._plans:
            type_name, _ = ROWS_BY_ID.get(prefix, ("", None))
            type_ = self.planner.schema.get_type(type_name)
            if not isinstance(type_, GraphQLObjectType) or not type_.interfaces:
                return None
            self._plans[prefix] = _by_id(
                self.planner, type_, ROWS_BY_ID[prefix][1], self.id_argument, self.nodes
            )
        return self._plans[prefix]


@dataclass(frozen=True)
class PayloadField:
    """A mutation's or subscription's field: a function to run, and how to show what it did.

    `rows` are the parts read from the database by id, `shown` those taken from the outcome.
    """

    function: Callable[..., Any]
    arguments: Callable[[Variables], dict[str, Any]]
    rows: dict[str, tuple[str, FieldPlan]]
    shown: dict[str, Callable[[Any], Any]]
    keys: tuple[str, ...]


RootField = ConstantField | FieldPlan | IntrospectionField | NodeField | PayloadField


@dataclass(frozen=True)
class OperationPlan:
    """How to answer an operation: its root fields by response key, in order."""

    kind: OperationType
    fields: dict[str, RootField]
    statements: int


class RootFieldError(Exception):
    """A refusal, with the response key of the root field it concerns."""

    def __init__(self, key: str, node: FieldNode | None, refusal: Refused) -> None:
        super().__init__(refusal.message)
        self.key = key
        self.node = node
        self.refusal = refusal


def plan_operation(
    planner: Planner, root: GraphQLObjectType, operation: OperationDefinitionNode
) -> OperationPlan:
    """The plan of an operation; raises RootFieldError where a field is refused."""
    selected = collect(root, [operation.selection_set], planner.fragments, planner.variables)
    if operation.operation is OperationType.SUBSCRIPTION and len(selected) != 1:
        raise BadRequest("A subscription asks for exactly one field.")
    fields: dict[str, RootField] = {}
    for key, nodes in selected.items():
        try:
            fields[key] = _root_field(planner, root, nodes)
        except Refused as refusal:
            raise RootFieldError(key, nodes[0], refusal) from refusal
    statements = sum(isinstance(each, FieldPlan | NodeField) for each in fields.values())
    return OperationPlan(operation.operation, fields, statements)


def _root_field(planner: Planner, root: GraphQLObjectType, nodes: Sequence[FieldNode]) -> RootField:
    name = nodes[0].name.value
    if name == "__typename":
        return ConstantField(root.name)
    if name in INTROSPECTION:
        return IntrospectionField(nodes[0])
    reads = planner.reads_of(root, name)
    if reads.shape is Shape.NODE:
        return NodeField(planner, nodes, planner.arguments_of(root.fields[name], nodes[0])["id"])
    if reads.shape in (Shape.COMMAND, Shape.STREAM):
        return _payload_field(planner, root, nodes, reads)
    return root_plan(planner, root, nodes)


def _by_id(
    planner: Planner,
    type_: GraphQLObjectType,
    function: ById,
    id_argument: Any,
    nodes: Sequence[FieldNode],
) -> FieldPlan:
    place = root_place(planner.audience)
    return rows_plan(planner, place, function(place, id_argument), type_, nodes, Shape.LOOKUP)


def _payload_field(
    planner: Planner,
    root: GraphQLObjectType,
    nodes: Sequence[FieldNode],
    reads: Reads,
) -> PayloadField:
    node = nodes[0]
    field_ = root.fields[node.name.value]
    type_ = get_named_type(field_.type)
    assert isinstance(type_, GraphQLObjectType)
    by_type = AVAILABLE_BY_ID if reads.shape is Shape.STREAM else dict(ROWS_BY_ID.values())
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
            plan = _by_id(planner, target, by_type[target.name], found, asked)
            rows[key] = (declared, plan)
        else:
            shown[key] = _shown(planner, target, asked, declared)
    strawberry_schema = planner.schema.extensions["strawberry-definition"]

    def arguments(variables: Variables) -> dict[str, Any]:
        return convert_arguments(
            get_argument_values(field_, node, VariableValues({}, dict(variables))),
            field_.extensions["strawberry-definition"].arguments,
            strawberry_schema.schema_converter.scalar_registry,
            strawberry_schema.config,
        )

    return PayloadField(reads.function, arguments, rows, shown, tuple(keys))


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
