"""An operation becomes root fields, each with its own way to an answer.

What the planner leaves to graphql-core is listed here, and nowhere else: the introspection
fields `__schema` and `__type`, and (as `failures`) the errors of fields that are refused.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from graphql import FieldNode, GraphQLObjectType, OperationDefinitionNode, OperationType

from api.reading.payloads import PayloadField, by_id_plan, payload_field
from api.reading.plan import FieldPlan, Planner, root_plan
from api.reading.selecting import collect
from api.reading.symbols import Variables, value_of
from schema.refusals import BadRequest, Refused
from schema.types.by_id import FOUND_BY, ROWS_BY_ID
from schema.types.node import split_id
from schema.types.reads import Shape
from schema.words import Audience

INTROSPECTION = ("__schema", "__type")


@dataclass(frozen=True)
class ConstantField:
    """A root field that needs no rows: `__typename`, or a refusal."""

    value: Any


@dataclass
class NodeField:
    """`node(id)`: planned by the type that the id names, which only the request knows."""

    planner: Planner
    key: str
    nodes: Sequence[FieldNode]
    id_argument: Any
    _plans: dict[str, FieldPlan] = field(default_factory=dict)

    def type_name(self, variables: Variables) -> str | None:
        """The name of the type that this request's id names; None where no node has such an id."""
        prefix, _ = split_id(value_of(self.id_argument, variables))
        name, _ = ROWS_BY_ID.get(prefix, ("", None))
        if self.planner.audience not in FOUND_BY.get(name, Audience):
            return None
        type_ = self.planner.schema.get_type(name)
        return name if isinstance(type_, GraphQLObjectType) and type_.interfaces else None

    def chosen(self, variables: Variables) -> FieldPlan | None:
        """The plan for this request's id; None where no node has such an id."""
        name = self.type_name(variables)
        if name is None:
            return None
        if name not in self._plans:
            type_ = self.planner.schema.type_map[name]
            function = dict(ROWS_BY_ID.values())[name]
            assert isinstance(type_, GraphQLObjectType)
            self._plans[name] = by_id_plan(
                self.planner, type_, function, self.id_argument, self.nodes, (self.key,)
            )
        return self._plans[name]


RootField = ConstantField | FieldPlan | NodeField | PayloadField


@dataclass(frozen=True)
class OperationPlan:
    """How to answer an operation: its root fields by response key, in order.

    `introspects` says that graphql-core answers some; `failures` fills, once the type of every
    node is known, with the refusals that it turns into errors.
    """

    kind: OperationType
    fields: Mapping[str, RootField]
    introspects: bool
    failures: Sequence[Refused]

    @property
    def is_whole(self) -> bool:
        """Whether the planned fields are the whole answer."""
        return not self.introspects and not self.failures


def plan_operation(
    planner: Planner, root: GraphQLObjectType, operation: OperationDefinitionNode
) -> OperationPlan:
    """The plan of an operation."""
    selected = collect(root, [operation.selection_set], planner.fragments, planner.variables)
    if operation.operation is OperationType.SUBSCRIPTION and len(selected) != 1:
        raise BadRequest("A subscription asks for exactly one field.")
    fields: dict[str, RootField] = {}
    introspects = False
    for key, nodes in selected.items():
        if nodes[0].name.value in INTROSPECTION:
            introspects = True
            continue
        try:
            if (key,) in planner.refused:
                raise planner.refused[key,]
            fields[key] = _root_field(planner, key, root, nodes)
        except Refused as refusal:
            planner.failures.append(refusal)
            fields[key] = ConstantField(refusal)
    return OperationPlan(operation.operation, fields, introspects, planner.failures)


def _root_field(
    planner: Planner, key: str, root: GraphQLObjectType, nodes: Sequence[FieldNode]
) -> RootField:
    name = nodes[0].name.value
    if name == "__typename":
        return ConstantField(root.name)
    reads = planner.reads_of(root, name)
    if reads.shape is Shape.NODE:
        id_argument = planner.arguments_of(root.fields[name], nodes[0])["id"]
        return NodeField(planner, key, nodes, id_argument)
    if reads.shape in (Shape.COMMAND, Shape.STREAM):
        return payload_field(planner, key, root, nodes, reads)
    return root_plan(planner, key, root, nodes)
