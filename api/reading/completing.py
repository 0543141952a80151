"""Completing by graphql-core: introspection, and the errors of fields that are refused.

Rows are read as planned; graphql-core then walks the data as it would walk any resolver's. A
refusal that stands where a value would is raised at its place, so paths and the nulls that
spread from non-null fields are as the specification says, because it is they that say it.
"""

import logging
from typing import Any

from graphql import (
    DocumentNode,
    GraphQLEnumType,
    GraphQLError,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLResolveInfo,
    GraphQLSchema,
    execute_sync,
    get_named_type,
    is_introspection_type,
)

from schema.refusals import BadRequest, Failed, Refused

TYPE = " type"
"""The key under which an object that stands for an interface says its type."""

logger = logging.getLogger(__name__)


def prepare(schema: GraphQLSchema) -> None:
    """Let every field of a schema read its value from planned data."""
    for type_ in schema.type_map.values():
        if isinstance(type_, GraphQLInterfaceType):
            type_.resolve_type = lambda value, *_: str(value[TYPE])
        if isinstance(type_, GraphQLObjectType) and not is_introspection_type(type_):
            type_.is_type_of = None
            for field in type_.fields.values():
                field.resolve = _planned_value


def _planned_value(source: Any, info: GraphQLResolveInfo[Any], **_: Any) -> Any:
    value = source[info.path.key]
    named = get_named_type(info.return_type)
    if isinstance(named, GraphQLEnumType) and isinstance(value, str):
        return named.values[value].value
    return value


def complete(
    schema: GraphQLSchema,
    document: DocumentNode,
    operation_name: str | None,
    given: dict[str, Any],
    tree: dict[str, Any],
) -> tuple[dict[str, Any] | None, list[dict[str, Any]]]:
    """Data and errors of an operation, from the planned data of its root fields.

    Raises nothing: an error that is no refusal is logged and its text withheld.
    """
    result = execute_sync(
        schema, document, root_value=tree, variable_values=given, operation_name=operation_name
    )
    return result.data, [_formatted(error) for error in result.errors or ()]


def _formatted(error: GraphQLError) -> dict[str, Any]:
    refusal = error.original_error
    formatted: dict[str, Any] = dict(error.formatted)
    if refusal is None or isinstance(
        refusal, GraphQLError
    ):  # graphql-core's own word on an argument
        refusal = BadRequest(error.message)
    elif not isinstance(refusal, Refused):
        logger.error("A field failed", exc_info=error)
        refusal = Failed()
    return {**formatted, "message": refusal.message, "extensions": {"code": refusal.code}}
