"""Planned fields are answered: parameters from variables, rows by SQL, data from rows."""

import re
from collections.abc import Mapping
from typing import Any

import asyncpg

from api.reading.operation import ConstantField, NodeField, OperationPlan
from api.reading.payloads import PayloadField
from api.reading.plan import FieldPlan
from api.reading.statement import Path
from api.reading.symbols import Variables
from schema.refusals import BadRequest, Refused

ASKERS_ERROR = "HE400"
"""The SQLSTATE with which our own SQL functions say that an argument is the asker's error."""


class FieldsRefusedError(Exception):
    """Fields whose arguments make no sense, now that their values are known: why, by path."""

    def __init__(self, refused: Mapping[Path, Refused]) -> None:
        super().__init__("; ".join(refusal.message for refusal in refused.values()))
        self.refused = refused


Ready = tuple[FieldPlan, list[Any]]
"""A field's plan and the values of its parameters."""


def ready(plan: OperationPlan, variables: Variables) -> dict[str, Ready | Any]:
    """Every root field of a query, ready to be fetched, or its value where it needs no rows.

    Raises FieldsRefusedError with all fields that the values of the variables make no sense for.
    """
    found: dict[str, Ready | Any] = {}
    refused: dict[Path, Refused] = {}
    for key, field in plan.fields.items():
        if isinstance(field, NodeField):
            chosen = field.chosen(variables)
        elif isinstance(field, ConstantField):
            found[key] = field.value
            continue
        else:
            assert isinstance(field, FieldPlan)
            chosen = field
        found[key] = (chosen, _values(chosen, variables, refused)) if chosen else None
    if refused:
        raise FieldsRefusedError(refused)
    return found


def _values(plan: FieldPlan, variables: Variables, refused: dict[Path, Refused]) -> list[Any]:
    values = []
    for parameter in plan.parameters:
        try:
            values.append(parameter.value(variables))
        except Refused as refusal:
            refused[parameter.path] = refusal
    return values


async def fetch_each(
    connection: asyncpg.Connection, fields: Mapping[str, Ready | Any]
) -> dict[str, Any]:
    """The data of root fields that are ready, in order."""
    return {
        key: await fetch(connection, field) if isinstance(field, tuple) else field
        for key, field in fields.items()
    }


async def fetch(connection: asyncpg.Connection, field: Ready) -> Any:
    """One field's data, by its one statement."""
    plan, values = field
    try:
        rows = await connection.fetch(plan.sql, *[values[place] for place in plan.sent])
    except (asyncpg.DataError, OverflowError) as error:
        refusal = BadRequest("A value is out of range for what it is compared with.")
        raise FieldsRefusedError({_path_of(plan, error): refusal}) from error
    except asyncpg.PostgresError as error:
        if error.sqlstate == ASKERS_ERROR:
            refusal = BadRequest(str(error))
            raise FieldsRefusedError({plan.path[:1]: refusal}) from error
        raise
    if plan.absent and not rows:
        raise FieldsRefusedError({plan.path[:1]: plan.absent})
    try:
        return plan.build(rows, values)
    except Refused as refusal:
        raise FieldsRefusedError({plan.path[:1]: refusal}) from refusal


def _path_of(plan: FieldPlan, error: Exception) -> Path:
    named = re.search(r"\$(\d+)", str(error))
    return plan.parameters[plan.sent[int(named[1]) - 1]].path if named else plan.path[:1]


async def payload(
    connection: asyncpg.Connection | None,
    field: PayloadField,
    variables: Variables,
    outcome: Any,
) -> Any:
    """What a command did, as its field's selection shows it.

    `outcome` has an attribute for each part: an id for those that are read as rows, where there
    is one.
    """
    if "" in field.rows:
        return await _shown(connection, field, "", variables, outcome)
    data: dict[str, Any] = {}
    for key in field.keys:
        if key in field.shown:
            data[key] = field.shown[key](outcome)
        else:
            data[key] = await _shown(connection, field, key, variables, outcome)
    return data


async def _shown(
    connection: asyncpg.Connection | None,
    field: PayloadField,
    key: str,
    variables: Variables,
    outcome: Any,
) -> Any:
    name, plan = field.rows[key]
    node_id = getattr(outcome, name, None)
    if node_id is None:
        return None
    assert connection is not None
    refused: dict[Path, Refused] = {}
    values = _values(plan, {**variables, "$" + name: node_id}, refused)
    if refused:
        raise FieldsRefusedError(refused)
    return await fetch(connection, (plan, values))
