"""Planned fields are answered: parameters from variables, rows by SQL, data from rows."""

from collections.abc import Callable, Mapping
from typing import Any

import asyncpg
from graphql import (
    DocumentNode,
    GraphQLSchema,
    OperationDefinitionNode,
    OperationType,
    SelectionSetNode,
    execute_sync,
)

from api.reading.operation import (
    ConstantField,
    IntrospectionField,
    NodeField,
    PayloadField,
    RootField,
)
from api.reading.plan import FieldPlan
from api.reading.symbols import Variables
from schema.refusals import BadRequest

ASKERS_ERROR = "HE400"
"""The SQLSTATE with which our own SQL functions say that an argument is the asker's error."""


async def fetch(connection: asyncpg.Connection, plan: FieldPlan, variables: Variables) -> Any:
    """One field's data, by its one statement."""
    values = [parameter.value(variables) for parameter in plan.parameters]
    try:
        rows = await connection.fetch(plan.sql, *values)
    except (asyncpg.DataError, OverflowError) as error:
        raise BadRequest("A value is out of range for what it is compared with.") from error
    except asyncpg.PostgresError as error:
        if error.sqlstate == ASKERS_ERROR:
            raise BadRequest(str(error)) from error
        raise
    return plan.build(rows, values)


async def root_value(
    connection: asyncpg.Connection | None,
    field: RootField,
    variables: Variables,
    introspect: Callable[[IntrospectionField], Any],
) -> Any:
    """One root field's data."""
    if isinstance(field, ConstantField):
        return field.value
    if isinstance(field, IntrospectionField):
        return introspect(field)
    if isinstance(field, NodeField):
        chosen = field.chosen(variables)
        if chosen is None:
            return None
        field = chosen
    assert isinstance(field, FieldPlan)
    assert connection is not None
    return await fetch(connection, field, variables)


async def payload(
    connection: asyncpg.Connection | None,
    field: PayloadField,
    variables: Variables,
    outcome: Any,
) -> dict[str, Any]:
    """What a command did, as its field's selection shows it.

    `outcome` has an attribute for each part: an id for those that are read as rows (or None).
    """
    data: dict[str, Any] = {}
    for key in field.keys:
        if key in field.shown:
            data[key] = field.shown[key](outcome)
            continue
        name, plan = field.rows[key]
        node_id = getattr(outcome, name)
        data[key] = None
        if node_id is not None:
            assert connection is not None
            data[key] = await fetch(connection, plan, {**variables, "$" + name: node_id})
    return data


def introspector(
    schema: GraphQLSchema,
    document: DocumentNode,
    operation: OperationDefinitionNode,
    given: Mapping[str, Any],
) -> Callable[[IntrospectionField], Any]:
    """A function that lets graphql-core answer one introspection field of an operation."""
    others = [each for each in document.definitions if each is not operation]

    def introspect(field: IntrospectionField) -> Any:
        alone = OperationDefinitionNode(
            operation=OperationType.QUERY,
            selection_set=SelectionSetNode(selections=(field.node,)),
            variable_definitions=operation.variable_definitions,
            directives=(),
        )
        kept = [each for each in others if not isinstance(each, OperationDefinitionNode)]
        result = execute_sync(
            schema,
            DocumentNode(definitions=(alone, *kept)),
            variable_values=dict(given),
        )
        if result.errors:
            raise BadRequest(result.errors[0].message)
        assert result.data is not None
        return next(iter(result.data.values()))

    return introspect
