"""One request, answered: its document planned, its fields read or its commands run."""

from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from typing import Any

import asyncpg
import strawberry
from graphql import GraphQLError, OperationType

from api.access.members import Members
from api.access.viewer import Viewer
from api.graph.availability import Availability
from api.offers.commands import Outcome
from api.reading.answer import introspector, payload, root_value
from api.reading.documents import Documents, InvalidDocumentError
from api.reading.limits import Measure
from api.reading.operation import (
    IntrospectionField,
    OperationPlan,
    PayloadField,
    RootFieldError,
)
from api.reading.symbols import Variables
from api.store.database import Database
from api.writing import unit_of_work
from api.writing.outbox import Relay
from api.writing.problems import Declined
from schema.refusals import BadRequest, Forbidden, NotByGet, Refused, TooMany
from schema.words import Audience


@dataclass(frozen=True)
class Asked:
    """One GraphQL request. A mutation in one that is read-only is refused before it is planned."""

    query: str
    operation_name: str | None
    variables: Mapping[str, Any]
    is_read_only: bool = False


Admit = Callable[[OperationType, Measure], None]
"""Told what is about to be done, before any SQL; may raise Refused to stop it."""


def admit_all(kind: OperationType, measure: Measure) -> None:
    """Stop nothing."""


@dataclass(frozen=True)
class Answer:
    """What to answer; `data` is None where the request as a whole was refused."""

    data: dict[str, Any] | None
    errors: list[dict[str, Any]]
    status: int = 200
    refusal: Refused | None = None
    is_read: bool = False

    def body(self) -> dict[str, Any]:
        """The response as the GraphQL specification shapes it."""
        body: dict[str, Any] = {}
        if self.errors:
            body["errors"] = self.errors
        if self.data is not None or (self.refusal is None and not self.errors):
            body["data"] = self.data
        return body


def refused(refusal: Refused, path: list[str] | None = None, node: Any = None) -> Answer:
    """The answer to a request that is refused as a whole."""
    error: dict[str, Any] = {"message": refusal.message}
    if node is not None and node.loc is not None:
        start = GraphQLError("", nodes=[node]).locations or []
        error["locations"] = [{"line": each.line, "column": each.column} for each in start]
    if path:
        error["path"] = path
    error["extensions"] = {"code": refusal.code}
    return Answer(None, [error], refusal.status, refusal)


@dataclass
class Answering:
    """Answers requests; one for each worker."""

    schema: strawberry.Schema
    database: Database
    members: Members
    relay: Relay
    availability: Availability
    is_development: bool = False

    def __post_init__(self) -> None:
        """Set up the documents of this schema."""
        self.graphql_schema = self.schema._schema
        self.documents = Documents(self.graphql_schema)

    async def answer(self, asked: Asked, viewer: Viewer, admit: Admit = admit_all) -> Answer:
        """The answer to a query or mutation."""
        try:
            plan, variables, introspect = self._planned(asked, viewer, admit)
            if plan.kind is OperationType.SUBSCRIPTION:
                raise BadRequest("Subscriptions go over a WebSocket (graphql-transport-ws).")
            if plan.kind is OperationType.MUTATION:
                return await self._run(plan, variables, viewer)
            return await self._read(plan, variables, viewer, introspect)
        except InvalidDocumentError as error:
            return _invalid(error)
        except RootFieldError as error:
            return refused(error.refusal, [error.key], error.node)
        except Refused as error:
            return refused(error)

    def _planned(
        self, asked: Asked, viewer: Viewer, admit: Admit = admit_all
    ) -> tuple[OperationPlan, Variables, Any]:
        document = self.documents.document(asked.query)
        operation = document.operation(asked.operation_name)
        if asked.is_read_only and operation.operation is OperationType.MUTATION:
            raise NotByGet("A mutation must be sent by POST.")
        plan, variables, measure = document.plan(operation, asked.variables, viewer.audience)
        introspects = any(isinstance(each, IntrospectionField) for each in plan.fields.values())
        if introspects and viewer.audience is Audience.PUBLIC and not self.is_development:
            raise Forbidden("Introspection needs a token here; the schema is published as SDL.")
        admit(plan.kind, measure)
        introspect = introspector(self.graphql_schema, document.node, operation, asked.variables)
        return plan, variables, introspect

    async def _read(
        self, plan: OperationPlan, variables: Variables, viewer: Viewer, introspect: Any
    ) -> Answer:
        async def read(connection: asyncpg.Connection | None) -> dict[str, Any]:
            data = {}
            for key, field in plan.fields.items():
                try:
                    data[key] = await root_value(connection, field, variables, introspect)
                except Refused as refusal:
                    raise RootFieldError(key, None, refusal) from refusal
            return data

        if plan.statements == 0:
            return Answer(await read(None), [], is_read=True)
        if viewer.subject is None and plan.statements == 1:
            # One statement is one snapshot by itself: no transaction, one round trip.
            async with self.members.public() as connection:
                return Answer(await read(connection), [], is_read=True)
        isolation = "repeatable_read" if plan.statements > 1 else None
        async with self.members.entered(viewer, readonly=True, isolation=isolation) as entered:
            return Answer(await read(entered[0]), [], is_read=True)

    async def _run(self, plan: OperationPlan, variables: Variables, viewer: Viewer) -> Answer:
        data: dict[str, Any] = {}
        for key, field in plan.fields.items():
            if not isinstance(field, PayloadField):
                data[key] = await root_value(None, field, variables, lambda _: None)
                continue
            try:
                data[key] = await self._command(field, variables, viewer)
            except Refused as refusal:
                raise RootFieldError(key, None, refusal) from refusal
        return Answer(data, [])

    async def _command(
        self, field: PayloadField, variables: Variables, viewer: Viewer
    ) -> dict[str, Any]:
        try:
            arguments = field.arguments(variables)
        except GraphQLError as error:
            raise BadRequest(error.message) from error

        async def run(change: unit_of_work.Change) -> dict[str, Any]:
            outcome = await field.function(change, **arguments)
            return await payload(change.connection, field, variables, outcome)

        try:
            shown: dict[str, Any]
            shown, is_recorded = await unit_of_work.run(self.members, viewer, run)
        except Declined as error:
            return await payload(None, field, variables, Outcome(problems=error.problems))
        if is_recorded:
            self.relay.nudge()
        return shown

    async def stream(
        self, asked: Asked, viewer: Viewer, admit: Admit = admit_all
    ) -> AsyncIterator[Answer]:
        """The answers to a subscription, as things happen; or the one answer to anything else."""

        def admit_subscription(kind: OperationType, measure: Measure) -> None:
            if kind is OperationType.SUBSCRIPTION:
                admit(kind, measure)

        try:
            plan, variables, _ = self._planned(asked, viewer, admit_subscription)
        except TooMany as refusal:
            yield refused(refusal)
            return
        except (InvalidDocumentError, RootFieldError, Refused):
            yield await self.answer(asked, viewer)
            return
        if plan.kind is not OperationType.SUBSCRIPTION:
            yield await self.answer(asked, viewer, admit)
            return
        ((key, field),) = plan.fields.items()
        assert isinstance(field, PayloadField)
        try:
            outcomes = field.function(self.availability, **field.arguments(variables))
            async for outcome in outcomes:
                async with self.members.entered(viewer, readonly=True) as (connection, _):
                    shown = await payload(connection, field, variables, outcome)
                yield Answer({key: shown}, [])
        except Refused as refusal:
            yield refused(refusal, [key])


def _invalid(error: InvalidDocumentError) -> Answer:
    errors = []
    for each in error.errors:
        formatted: dict[str, Any] = dict(each.formatted)
        formatted["extensions"] = {"code": BadRequest.code}
        errors.append(formatted)
    return Answer(None, errors, 400, BadRequest(error.errors[0].message))
