"""What a plan knows of a document's arguments before it knows the variables' values.

A plan depends on a request's variables only by their shape: which are given, which are null,
which lists hold a single value, and what an enum or an @include says. Everything else is a
`Symbol`, whose value is taken from the variables each time the plan runs.
"""

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from enum import Enum
from types import SimpleNamespace
from typing import Any

from graphql import (
    GraphQLArgument,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLList,
    GraphQLNonNull,
    ListValueNode,
    NullValueNode,
    ObjectValueNode,
    Undefined,
    ValueNode,
    VariableNode,
    get_named_type,
    get_nullable_type,
)
from graphql.utilities.coerce_input_value import coerce_default_value, coerce_input_literal

from schema.refusals import BadRequest

Variables = Mapping[str, Any]
Definition = GraphQLArgument | GraphQLInputField


@dataclass(frozen=True)
class Symbol:
    """A value that the variables will give; `is_single` is known of lists only."""

    value: Callable[[Variables], Any]
    is_single: bool = False


def value_of(argument: Any, variables: Variables) -> Any:
    """The value of an argument: a symbol's by the variables, any other is itself."""
    return argument.value(variables) if isinstance(argument, Symbol) else argument


def is_single(argument: Any) -> bool:
    """Whether a list argument holds exactly one value."""
    if isinstance(argument, Symbol):
        return argument.is_single
    return len(argument) == 1


def combined(function: Callable[..., Any], *arguments: Any) -> Any:
    """A function of several arguments, worked out when their values are known."""
    return Symbol(lambda now: function(*(value_of(each, now) for each in arguments)))


def shape_of(value: Any, *, is_condition: bool = False) -> Hashable:
    """What of a variable's value the plan depends on; `is_condition`: an @include asks for it."""
    if value is None or isinstance(value, Enum):
        return value
    if isinstance(value, dict):
        return tuple((name, shape_of(inner)) for name, inner in sorted(value.items()))
    if isinstance(value, list):
        return "one" if len(value) == 1 else "many"
    return ("is", value) if is_condition else "given"


def argument(node: ValueNode | None, definition: Definition, variables: Variables) -> Any:
    """An argument or input field as a plan sees it; Undefined where not given nor defaulted.

    Input objects become namespaces with their Python names, in which what isn't given is None.
    """
    if isinstance(node, VariableNode):
        name = node.name.value
        if name not in variables:
            return _named(coerce_default_value(definition), definition)
        if variables[name] is None and isinstance(definition.type, GraphQLNonNull):
            raise BadRequest(f"The variable ${name} may not be null here.")
        return _named(_symbolic(variables[name], (name,)), definition)
    if node is None:
        return _named(coerce_default_value(definition), definition)
    if isinstance(node, NullValueNode):
        return None
    named = get_named_type(definition.type)
    if isinstance(node, ObjectValueNode) and isinstance(named, GraphQLInputObjectType):
        written = {field.name.value: field.value for field in node.fields}
        return _namespace(
            named,
            {
                name: argument(written.get(name), field, variables)
                for name, field in named.fields.items()
            },
        )
    if isinstance(node, ListValueNode) and any(isinstance(v, VariableNode) for v in node.values):
        return _list_with_variables(node, definition, variables)
    return _named(coerce_input_literal(node, definition.type), definition)


def _list_with_variables(node: ListValueNode, definition: Definition, variables: Variables) -> Any:
    listed = get_nullable_type(definition.type)
    assert isinstance(listed, GraphQLList)
    item = GraphQLArgument(listed.of_type)
    items = [argument(value, item, variables) for value in node.values]
    items = [None if value is Undefined else value for value in items]
    if isinstance(listed.of_type, GraphQLNonNull) and any(value is None for value in items):
        raise BadRequest("A variable in this list may not be null here.")
    return Symbol(lambda now: [value_of(value, now) for value in items], is_single=len(items) == 1)


def _symbolic(value: Any, path: tuple[str, ...]) -> Any:
    if value is None or isinstance(value, Enum):
        return value
    if isinstance(value, dict):
        return {name: _symbolic(inner, (*path, name)) for name, inner in value.items()}

    def read(variables: Variables) -> Any:
        found: Any = variables
        for name in path:
            found = found[name]
        return found

    return Symbol(read, is_single=isinstance(value, list) and len(value) == 1)


def _named(value: Any, definition: Definition) -> Any:
    named = get_named_type(definition.type)
    if isinstance(value, dict) and isinstance(named, GraphQLInputObjectType):
        return _namespace(
            named,
            {
                name: _named(value.get(name, Undefined), field)
                for name, field in named.fields.items()
            },
        )
    return value


def _namespace(type_: GraphQLInputObjectType, values: Mapping[str, Any]) -> SimpleNamespace:
    return SimpleNamespace(
        **{
            type_.fields[name].extensions["strawberry-definition"].python_name: (
                None if value is Undefined else value
            )
            for name, value in values.items()
        }
    )
