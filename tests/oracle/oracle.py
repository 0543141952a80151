"""graphql-core over the real schema, each field of each row by a statement of its own.

Nothing here is quick, and nothing is shared with the planner but what the types declare.
"""

from collections.abc import Mapping
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import strawberry
from graphql import (
    GraphQLError,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLObjectType,
    GraphQLResolveInfo,
    GraphQLSchema,
    execute_sync,
    get_nullable_type,
    is_object_type,
    parse,
)
from sqlalchemy import ARRAY, BindParameter, Connection, FromClause, func
from sqlalchemy.ext.asyncio import AsyncConnection

from schema.refusals import BadRequest, Forbidden, NotFound, Refused
from schema.types.by_id import FOUND_BY, ROWS_BY_ID
from schema.types.node import split_id
from schema.types.reads import METADATA, Reads, Rows, Shape
from schema.words import Audience
from tests.oracle.pages import Page, page_of
from tests.oracle.reader import Asker, Reader
from tests.oracle.scope import Row, RowScope, under_clocks

DECLARATION = "strawberry-definition"


async def answer(
    connection: AsyncConnection,
    schema: GraphQLSchema,
    document: str,
    variables: Mapping[str, Any],
    asker: Asker,
    operation_name: str | None = None,
) -> dict[str, Any]:
    """The response body; `schema` is one that `unresolved` has been over."""

    def run(within: Connection) -> dict[str, Any]:
        reader = Reader(within, asker)
        reader.enter()
        result = execute_sync(
            schema,
            parse(document),
            context_value=reader,
            variable_values=dict(variables),
            operation_name=operation_name,
            field_resolver=resolve,
            type_resolver=lambda row, info, type_: row.type_name,
        )
        within.rollback()
        body: dict[str, Any] = {"data": result.data}
        if result.errors:
            body["errors"] = [
                {"path": error.path, "extensions": {"code": _code(error.original_error)}}
                for error in result.errors
            ]
        return body

    return await connection.run_sync(run)


def unresolved(schema: GraphQLSchema) -> GraphQLSchema:
    """A schema without resolvers of its own, so that the ones given to `execute` hold."""
    for name, type_ in schema.type_map.items():
        if name.startswith("__"):  # introspection's own types are the same for every schema
            continue
        if isinstance(type_, GraphQLObjectType | GraphQLInterfaceType):
            for field in type_.fields.values():
                field.resolve = None
        if isinstance(type_, GraphQLObjectType):
            type_.is_type_of = None
        if isinstance(type_, GraphQLInterfaceType):
            type_.resolve_type = None
    return schema


def _code(error: Exception | None) -> str:
    # Without a cause of ours it is graphql-core's own word on an argument or variable.
    if error is None or isinstance(error, GraphQLError):
        return BadRequest.code
    if isinstance(error, Refused):
        return error.code
    raise error


def resolve(source: Any, info: GraphQLResolveInfo[Reader], **given: Any) -> Any:
    """The value of one field of one object."""
    field = info.parent_type.fields[info.field_name]
    declared = field.extensions[DECLARATION]
    reads: Reads | None = declared.metadata.get(METADATA)
    if reads is None or reads.shape is Shape.COUNT:
        name = declared.python_name
        return source.values[name] if isinstance(source, Row) else getattr(source, name)
    reader: Reader = info.context
    if reader.asker.audience not in reads.audiences:
        raise Forbidden(info.field_name)
    arguments = {
        definition.extensions[DECLARATION].python_name: _argument(given[name], definition.type)
        for name, definition in field.args.items()
        if name in given
    }
    if reads.shape is Shape.FACET:
        return _facet(reader, reads, source)
    row = under_clocks(source or Row(), arguments)
    scope = RowScope(reader.asker.audience, row)
    if reads.shape is Shape.WORKED:
        return _worked(row, reads)
    if reads.shape in (Shape.EXPRESSION, Shape.IDENTITY):
        return _scalar(reader, reads, scope, arguments)
    if reads.shape is Shape.UNSEALED:
        return _unsealed(reader, reads, scope)
    if reads.shape is Shape.ONE:
        return _one(reader, reads, scope, arguments)
    if reads.shape is Shape.NODE:
        return _node(reader, info.schema, scope, arguments["id"])
    if reads.shape is Shape.PAGE:
        first, after = arguments.pop("first"), arguments.pop("after", None)
        rows: Rows = reads.function(scope, **arguments)
        return page_of(rows, reader.rows(rows, row), first, after)
    found = reader.rows(reads.function(scope, **arguments), row)
    if reads.shape is Shape.LISTING:
        return found
    if reads.shape is Shape.PICKED:
        return _picked(reader, scope, reads, found)
    assert reads.shape is Shape.LOOKUP, reads.shape
    if reads.absent and not found:
        raise NotFound(reads.absent)
    return replace(found[0], is_only=True) if found else None


def _argument(value: Any, type_: GraphQLInputType) -> Any:
    """A value as declarations take it: inputs as objects, in which what isn't given is None."""
    inner = get_nullable_type(type_)
    if isinstance(value, list) and isinstance(inner, GraphQLList):
        return [_argument(each, inner.of_type) for each in value]
    if isinstance(value, dict) and isinstance(inner, GraphQLInputObjectType):
        return SimpleNamespace(
            **{
                part.extensions[DECLARATION].python_name: _argument(value.get(name), part.type)
                for name, part in inner.fields.items()
            }
        )
    return value


def _scalar(reader: Reader, reads: Reads, scope: RowScope, arguments: dict[str, Any]) -> Any:
    column = reads.function(scope, **arguments)
    if column is None:
        return None
    if isinstance(column, BindParameter):
        value = column.value
    else:
        value = reader.value(scope.select(column))
    return f"{reads.prefix}_{value}" if reads.shape is Shape.IDENTITY else value


def _picked(reader: Reader, scope: RowScope, reads: Reads, found: list[Row]) -> Any:
    if isinstance(reads.by, str):
        rows = {each.keys[0]: each for each in found}
        keys = getattr(scope.row.work, reads.by)
        return [rows[key] for key in keys] if isinstance(keys, list | tuple) else rows.get(keys)
    assert reads.by is not None
    column = reads.by(scope)
    is_known = isinstance(column, BindParameter)
    keys = column.value if is_known else reader.value(scope.select(column))
    return [each for each in found if each.keys[0] in keys]


def _worked(row: Row, reads: Reads) -> Any:
    if row.work is None:
        return row.values[str(reads.by)]
    found = reads.function(row.work)
    # Lists of objects are tuples, each object what Python worked out once more.
    if isinstance(found, list | tuple):
        return [each if isinstance(each, str) else replace(row, work=each) for each in found]
    return found


def _one(reader: Reader, reads: Reads, scope: RowScope, arguments: dict[str, Any]) -> Row | None:
    row: Row = scope.row
    target: FromClause | Row = reads.function(scope, **arguments)
    if isinstance(target, Row):
        return target
    columns = {column.key: column for column in target.c}
    found = reader.fetch(scope.select(*columns.values(), is_outer=False))
    if not found:
        return None
    types = {name: column.type for name, column in columns.items()}
    return replace(row, values=dict(zip(columns, found[0], strict=True)), types=types)


def _unsealed(reader: Reader, reads: Reads, scope: RowScope) -> None:
    if not scope.row.is_only:
        raise BadRequest("one at a time")
    # No contact is kept here: a look that is noted would change what the next one reads.
    sealed, _ = reads.function(scope)
    assert reader.value(scope.select(sealed)) is None


def _node(
    reader: Reader, schema: GraphQLSchema, scope: RowScope, node_id: strawberry.ID
) -> Row | None:
    type_name, find = ROWS_BY_ID.get(split_id(node_id)[0], ("", None))
    type_ = schema.get_type(type_name)
    if scope.audience not in FOUND_BY.get(type_name, Audience):
        return None
    if find is None or not is_object_type(type_) or not type_.interfaces:
        return None
    found = reader.rows(find(scope, node_id), scope.row)
    return replace(found[0], type_name=type_name, is_only=True) if found else None


def _facet(reader: Reader, reads: Reads, page: Page) -> list[Row]:
    # The last key of a list is unique, so it finds the listed rows again.
    last = page.rows.keys[-1]
    scope = RowScope(reader.asker.audience, Row())
    listed = scope.bind([row.keys[-1] for row in page.all], ARRAY(last.type_))
    matching = (
        page.rows.whole.with_only_columns(*page.rows.source.c)
        .where(last.expression == func.any(listed))
        .subquery()
    )
    return reader.rows(reads.function(scope, matching), scope.row)
