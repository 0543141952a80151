"""Which fields a selection asks for, once fragments, @skip and @include are worked out."""

from collections.abc import Iterable, Mapping
from typing import Any

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLIncludeDirective,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSkipDirective,
    InlineFragmentNode,
    SelectionNode,
    SelectionSetNode,
    VariableNode,
)

from api.reading.symbols import Variables

Fields = dict[str, list[FieldNode]]
Fragments = Mapping[str, FragmentDefinitionNode]


def collect(
    type_: GraphQLObjectType,
    sets: Iterable[SelectionSetNode | None],
    fragments: Fragments,
    variables: Variables,
) -> Fields:
    """Fields by response key, in the order asked for (GraphQL specification, CollectFields)."""
    fields: Fields = {}
    visited: set[str] = set()

    def walk(selections: Iterable[SelectionNode]) -> None:
        for node in selections:
            if not _is_included(node, variables):
                continue
            if isinstance(node, FieldNode):
                key = node.alias.value if node.alias else node.name.value
                fields.setdefault(key, []).append(node)
            elif isinstance(node, InlineFragmentNode):
                condition = node.type_condition
                if condition is None or _applies(condition.name.value, type_):
                    walk(node.selection_set.selections)
            elif isinstance(node, FragmentSpreadNode) and node.name.value not in visited:
                visited.add(node.name.value)
                fragment = fragments[node.name.value]
                if _applies(fragment.type_condition.name.value, type_):
                    walk(fragment.selection_set.selections)

    for selection_set in sets:
        if selection_set is not None:
            walk(selection_set.selections)
    return fields


def _applies(condition: str, type_: GraphQLObjectType) -> bool:
    names: list[GraphQLNamedType] = [type_, *type_.interfaces]
    return any(named.name == condition for named in names)


def _is_included(node: SelectionNode, variables: Variables) -> bool:
    for directive in node.directives or ():
        name = directive.name.value
        if name == GraphQLSkipDirective.name and _condition(directive, variables):
            return False
        if name == GraphQLIncludeDirective.name and not _condition(directive, variables):
            return False
    return True


def _condition(directive: Any, variables: Variables) -> bool:
    value = directive.arguments[0].value
    if isinstance(value, VariableNode):
        return bool(variables.get(value.name.value))
    return bool(value.value)
