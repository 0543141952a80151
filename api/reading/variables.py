"""A request's variables, checked and converted as its operation declares them.

Values that plainly fit are converted by functions made once for each operation. Whatever else
comes is left to graphql-core, which knows every rule and says what is wrong. No list and no
string is longer than the limits, whatever takes it.
"""

from collections.abc import Callable, Mapping
from typing import Any

from graphql import (
    GraphQLBoolean,
    GraphQLEnumType,
    GraphQLFloat,
    GraphQLID,
    GraphQLInputObjectType,
    GraphQLInt,
    GraphQLList,
    GraphQLNonNull,
    GraphQLScalarType,
    GraphQLSchema,
    GraphQLString,
    OperationDefinitionNode,
    Undefined,
    get_nullable_type,
)
from graphql.execution.values import get_variable_values
from graphql.utilities import type_from_ast

from api.reading.limits import LONGEST_STRING, MOST_LISTED, length_error
from api.reading.symbols import Variables
from schema.refusals import BadRequest

LARGEST_INT = 2**31
MOST_ERRORS = 5

Convert = Callable[[Any], Any]
Coerce = Callable[[Mapping[str, Any]], Variables]


class _UnclearError(Exception):
    """A value that doesn't plainly fit."""


def coercer(schema: GraphQLSchema, operation: OperationDefinitionNode) -> Coerce:
    """A function from the variables given to those converted; it raises BadRequest.

    It names the first thing that is wrong.
    """
    definitions = operation.variable_definitions or ()
    types = {
        definition.variable.name.value: type_from_ast(schema, definition.type)
        for definition in definitions
    }
    converts = {name: _converter(type_) for name, type_ in types.items()}

    def coerce(given: Mapping[str, Any]) -> Variables:
        if len(given) == len(converts):
            try:
                return {name: convert(given[name]) for name, convert in converts.items()}
            except Exception:  # noqa: S110 - whatever it is, graphql-core says it better
                pass
        for name, type_ in types.items():
            _check_lengths(type_, given.get(name), name)
        found = get_variable_values(
            schema, definitions, dict(given), max_errors=MOST_ERRORS, hide_suggestions=True
        )
        if isinstance(found, list):
            raise BadRequest(found[0].message)
        return found.coerced

    return coerce


def _check_lengths(type_: Any, value: Any, path: str) -> None:
    type_ = get_nullable_type(type_)
    listed = isinstance(type_, GraphQLList)
    if isinstance(value, str) or (listed and isinstance(value, list)):
        error = length_error(value, f"The variable at '${path}'")
        if error:
            raise BadRequest(error)
    if listed and isinstance(value, list):
        for number, each in enumerate(value):
            _check_lengths(type_.of_type, each, f"{path}[{number}]")
    elif listed:
        _check_lengths(type_.of_type, value, path)
    elif isinstance(type_, GraphQLInputObjectType) and isinstance(value, dict):
        for name, field in type_.fields.items():
            _check_lengths(field.type, value.get(name), f"{path}.{name}")


def _converter(type_: Any) -> Convert:
    if isinstance(type_, GraphQLNonNull):
        return _present(_converter(type_.of_type))
    if isinstance(type_, GraphQLList):
        return _listed(_converter(type_.of_type))
    if isinstance(type_, GraphQLEnumType):
        return _nullable(type_.parse_value)
    if isinstance(type_, GraphQLInputObjectType):
        return _nullable(_object(type_))
    assert isinstance(type_, GraphQLScalarType)
    return _nullable(PLAIN.get(type_.name) or _short(type_.parse_value))


def _present(convert: Convert) -> Convert:
    def checked(value: Any) -> Any:
        if value is None:
            raise _UnclearError
        return convert(value)

    return checked


def _nullable(convert: Convert) -> Convert:
    return lambda value: None if value is None else convert(value)


def _listed(convert: Convert) -> Convert:
    def converted(values: Any) -> Any:
        if values is None:
            return None
        if type(values) is not list or len(values) > MOST_LISTED:
            raise _UnclearError
        return [convert(value) for value in values]

    return converted


def _object(type_: GraphQLInputObjectType) -> Convert:
    converts: dict[str, Convert] = {}
    defaulted = []
    for name, field in type_.fields.items():
        converts[name] = _converter(field.type)
        is_defaulted = field.default is not None or field.default_value is not Undefined
        if is_defaulted or isinstance(field.type, GraphQLNonNull):
            defaulted.append(name)

    def converted(values: Any) -> Any:
        # A field that is required or defaulted is clear only where it is given.
        if type(values) is not dict or not all(name in values for name in defaulted):
            raise _UnclearError
        return {name: converts[name](value) for name, value in values.items()}

    return converted


def _short(convert: Convert) -> Convert:
    def checked(value: Any) -> Any:
        if isinstance(value, str) and len(value) > LONGEST_STRING:
            raise _UnclearError
        return convert(value)

    return checked


def _exactly(kind: type) -> Convert:
    def checked(value: Any) -> Any:
        if type(value) is not kind:
            raise _UnclearError
        return value

    return checked


def _int(value: Any) -> int:
    if type(value) is not int or not -LARGEST_INT <= value < LARGEST_INT:
        raise _UnclearError
    return value


def _text(value: Any) -> str:
    if type(value) is not str or len(value) > LONGEST_STRING:
        raise _UnclearError
    return value


PLAIN: dict[str, Convert] = {
    GraphQLBoolean.name: _exactly(bool),
    GraphQLFloat.name: _exactly(float),
    GraphQLID.name: _text,
    GraphQLInt.name: _int,
    GraphQLString.name: _text,
}
