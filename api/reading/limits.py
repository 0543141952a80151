"""Limits: how deep, how wide and how costly a document is, measured in one walk before any SQL.

Each fragment is measured once, however often it is spread, so the walk is linear in the
document: a chain of fragments that each spread the next twice costs nothing to refuse. What a
field costs is declared beside it (`schema.types.reads`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    IntValueNode,
    OperationDefinitionNode,
    SelectionSetNode,
    VariableNode,
    get_named_type,
    get_nullable_type,
    is_list_type,
)

from schema.refusals import BadRequest, TooCostly, TooDeep
from schema.types.reads import METADATA, Reads

DEEPEST = 15
# Of one input: what a field itself may hold is less, and its own rule says so.
LONGEST_STRING = 20_000
LONGEST_TEXT = 100_000
MOST_ALIASES = 50
MOST_COST = 50_000
MOST_DEFINITIONS = 250
MOST_DIRECTIVES = 50
MOST_FIELDS = 1000
MOST_LISTED = 250
MOST_TOKENS = 3000
PAGE_SIZE = "first"


@dataclass(frozen=True)
class Measure:
    """A selection's size, fragments spread. Cost is in fields, times the rows they are on."""

    depth: int = 0
    fields: int = 0
    aliases: int = 0
    directives: int = 0
    cost: int = 0

    def beside(self, other: "Measure") -> "Measure":
        """Both selections, one beside the other."""
        return Measure(
            max(self.depth, other.depth),
            self.fields + other.fields,
            self.aliases + other.aliases,
            self.directives + other.directives,
            self.cost + other.cost,
        )

    def check_size(self) -> None:
        """Raise TooDeep or TooCostly where the document itself is too large."""
        if self.depth > DEEPEST:
            raise TooDeep(f"The query is nested {self.depth} deep; the limit is {DEEPEST}.")
        for what, found, most in (
            ("fields", self.fields, MOST_FIELDS),
            ("aliases", self.aliases, MOST_ALIASES),
            ("directives", self.directives, MOST_DIRECTIVES),
        ):
            if found > most:
                raise TooCostly(f"The query asks for more than {most} {what}, which is the limit.")

    def check_cost(self) -> None:
        """Raise TooCostly where its answer would be, with the page sizes asked for."""
        if self.cost > MOST_COST:
            raise TooCostly(
                f"The query costs {self.cost} points; the limit is {MOST_COST}. "
                "Ask for smaller pages, or for less in each."
            )


@dataclass
class Measurer:
    """Measures one document under one request's variables."""

    schema: GraphQLSchema
    fragments: Mapping[str, FragmentDefinitionNode]
    variables: Mapping[str, Any]
    _measured: dict[str, Measure | None] = field(default_factory=dict)

    def operation(self, operation: OperationDefinitionNode) -> Measure:
        """The measure of an operation."""
        root = self.schema.get_root_type(operation.operation)
        return self._set(operation.selection_set, root)

    def _set(self, selections: SelectionSetNode | None, type_: GraphQLNamedType | None) -> Measure:
        total = Measure()
        for node in selections.selections if selections else ():
            if isinstance(node, FieldNode):
                measure = self._field(node, type_)
            elif isinstance(node, FragmentSpreadNode):
                measure = self._fragment(node.name.value)
            else:
                assert isinstance(node, InlineFragmentNode)
                condition = node.type_condition
                inner = self.schema.get_type(condition.name.value) if condition else type_
                measure = self._set(node.selection_set, inner)
            total = total.beside(measure).beside(Measure(directives=len(node.directives or ())))
        return total

    def _fragment(self, name: str) -> Measure:
        if name not in self._measured:
            fragment = self.fragments.get(name)
            if fragment is None:
                return Measure()  # validation says so, and names the place
            self._measured[name] = None
            condition = self.schema.get_type(fragment.type_condition.name.value)
            self._measured[name] = self._set(fragment.selection_set, condition)
        measure = self._measured[name]
        if measure is None:
            raise BadRequest(f"The fragment {name} spreads itself.")
        return measure

    def _field(self, node: FieldNode, type_: GraphQLNamedType | None) -> Measure:
        declared = None
        if isinstance(type_, GraphQLObjectType | GraphQLInterfaceType):
            declared = type_.fields.get(node.name.value)
        below = self._set(node.selection_set, get_named_type(declared.type) if declared else None)
        own, times = 1, 1
        if declared:
            reads = _reads(declared)
            own = reads.cost if reads else 1
            if PAGE_SIZE in declared.args:
                times = self._page(node, declared.args[PAGE_SIZE].default_value)
            elif reads and is_list_type(get_nullable_type(declared.type)):
                # Lists that declare nothing are a page's nodes and edges, counted with the page.
                times = reads.length
        # Introspection is deep by nature, bounded by the schema, and costs the database nothing.
        is_introspection = node.name.value.startswith("__")
        return Measure(
            0 if is_introspection else below.depth + 1,
            below.fields + 1,
            below.aliases + (node.alias is not None),
            below.directives,
            1 if is_introspection else own + times * below.cost,
        )

    def _page(self, node: FieldNode, unless_said: int) -> int:
        for given in node.arguments or ():
            if given.name.value == PAGE_SIZE:
                if isinstance(given.value, IntValueNode):
                    return max(1, int(given.value.value))
                if isinstance(given.value, VariableNode):
                    found = self.variables.get(given.value.name.value)
                    return max(1, found) if isinstance(found, int) else unless_said
        return unless_said


def length_error(given: str | Sequence[Any], where: str) -> str | None:
    """What is wrong with a string or list that is longer than any input may be."""
    if isinstance(given, str):
        what, most = "characters", LONGEST_STRING
    else:
        what, most = "entries", MOST_LISTED
    if len(given) <= most:
        return None
    return f"{where} has {len(given)} {what}; the limit is {most}. Send less, or in several parts."


def _reads(declared: GraphQLField) -> Reads | None:
    definition = declared.extensions.get("strawberry-definition")
    found: Reads | None = definition.metadata.get(METADATA) if definition else None
    return found


def fragments_of(document: DocumentNode) -> dict[str, FragmentDefinitionNode]:
    """A document's fragments by name."""
    return {
        definition.name.value: definition
        for definition in document.definitions
        if isinstance(definition, FragmentDefinitionNode)
    }
