"""One request, answered: its document planned, its fields read or its commands run."""

import contextlib
import logging
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import strawberry
from graphql import OperationDefinitionNode, OperationType

from api.access.members import Members, MovedError
from api.access.sealing import Sealing
from api.access.viewer import Viewer
from api.graph.availability import Following, Turn
from api.offers.commands import Outcome
from api.reading.answer import FieldsRefusedError, fetch_each, payload, ready
from api.reading.completing import TYPE, complete, prepare
from api.reading.documents import Document, Documents, InvalidDocumentError
from api.reading.limits import Measure
from api.reading.operation import ConstantField, NodeField, OperationPlan
from api.reading.payloads import PayloadField
from api.reading.plan import SEALING
from api.reading.statement import Path
from api.reading.symbols import Variables
from api.store.database import Database, LostConnection
from api.writing import audit, unit_of_work
from api.writing.outbox import Relay
from api.writing.problems import Declined
from schema.refusals import (
    BadRequest,
    Failed,
    Forbidden,
    NotByGet,
    Refused,
    TimedOut,
    Unauthenticated,
    Unavailable,
)
from schema.words import Audience, ProblemCode

READ_ONLY = (
    "This key only reads; changes and contacts, whose looks are noted, need one that writes."
)

logger = logging.getLogger(__name__)


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


@dataclass(slots=True)
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
        if self.refusal is None:
            body["data"] = self.data
        return body


def refused(refusal: Refused) -> Answer:
    """The answer to a request that is refused as a whole."""
    error = {"message": refusal.message, "extensions": {"code": refusal.code}}
    return Answer(None, [error], refusal.status, refusal)


@dataclass(slots=True)
class Planned:
    """One request, understood: its operation, plan and variables."""

    asked: Asked
    viewer: Viewer
    document: Document
    operation: OperationDefinitionNode
    plan: OperationPlan
    variables: Variables

    def without(self, refused: Mapping[Path, Refused]) -> "Planned":
        """The same with some fields answered by their refusals."""
        plan = self.document.plan_without(
            self.operation, self.variables, self.viewer.audience, refused
        )
        return replace(self, plan=plan)

    def answer(self, tree: dict[str, Any]) -> Answer:
        """The answer from the planned data of the root fields."""
        is_read = self.plan.kind is OperationType.QUERY
        if self.plan.is_whole:
            return Answer(tree, [], is_read=is_read)
        for key, field in self.plan.fields.items():
            if isinstance(field, NodeField) and isinstance(tree[key], dict):
                tree[key][TYPE] = field.type_name(self.variables)
        data, errors = complete(
            self.document.schema,
            self.document.node,
            self.asked.operation_name,
            dict(self.asked.variables),
            tree,
        )
        return Answer(data, errors, is_read=is_read)


@dataclass
class Answering:
    """Answers requests; one for each worker."""

    schema: strawberry.Schema
    database: Database
    members: Members
    relay: Relay
    following: Following
    sealing: Sealing
    is_development: bool = False

    def __post_init__(self) -> None:
        """Set up the documents of this schema."""
        self.graphql_schema = self.schema._schema
        self.graphql_schema.extensions[SEALING] = self.sealing
        prepare(self.graphql_schema)
        self.documents = Documents(self.graphql_schema)

    async def answer(self, asked: Asked, viewer: Viewer, admit: Admit = admit_all) -> Answer:
        """The answer to a query or mutation."""
        try:
            planned = self._planned(asked, viewer, admit)
            if planned.plan.kind is OperationType.SUBSCRIPTION:
                raise BadRequest("Subscriptions go over a WebSocket (graphql-transport-ws).")
            return await self._answered(planned)
        except InvalidDocumentError as error:
            return _invalid(error)
        except Refused as error:
            return refused(error)

    def _planned(self, asked: Asked, viewer: Viewer, admit: Admit = admit_all) -> Planned:
        document = self.documents.document(asked.query)
        operation = document.operation(asked.operation_name)
        if asked.is_read_only and operation.operation is OperationType.MUTATION:
            raise NotByGet("A mutation must be sent by POST.")
        plan, variables, measure = document.plan(operation, asked.variables, viewer.audience)
        if plan.introspects and viewer.audience is Audience.PUBLIC and not self.is_development:
            raise Forbidden("Introspection needs a token here; the schema is published as SDL.")
        if viewer.is_read_only and plan.kind is OperationType.MUTATION:
            raise Forbidden(READ_ONLY)
        admit(plan.kind, measure)
        return Planned(asked, viewer, document, operation, plan, variables)

    async def _answered(self, planned: Planned) -> Answer:
        if planned.plan.kind is OperationType.MUTATION:
            return await self._run(planned)
        return await self._read(planned)

    async def _read(self, planned: Planned) -> Answer:
        refused: dict[Path, Refused] = {}
        while True:
            try:
                fields = ready(planned.plan, planned.variables)
                return planned.answer(await self._fetched(fields, planned.viewer))
            except FieldsRefusedError as error:
                # What was read besides is read again: an error of PostgreSQL ends its snapshot.
                refused |= error.refused
                planned = planned.without(refused)

    async def _fetched(self, fields: dict[str, Any], viewer: Viewer) -> dict[str, Any]:
        writes = any(isinstance(field, tuple) and field[0].writes for field in fields.values())
        if writes and viewer.is_read_only:
            raise Forbidden(READ_ONLY)
        try:
            return await self._fetched_once(fields, viewer, writes)
        except LostConnection:
            if writes:
                raise
            return await self._fetched_once(fields, viewer, writes)

    async def _fetched_once(
        self, fields: dict[str, Any], viewer: Viewer, writes: bool
    ) -> dict[str, Any]:
        statements = sum(isinstance(field, tuple) for field in fields.values())
        if statements == 0:
            return fields
        if viewer.subject is None and statements == 1:
            # One statement is one snapshot by itself: no transaction, one round trip.
            async with self.members.public() as connection:
                return await fetch_each(connection, fields)
        isolation = "repeatable_read" if statements > 1 else None
        entering = self.members.entered(viewer, readonly=not writes, isolation=isolation)
        async with entering as entered:
            return await fetch_each(entered[0], fields)

    async def _run(self, planned: Planned) -> Answer:
        refused: dict[Path, Refused] = {}
        tree: dict[str, Any] = {}
        for key in planned.plan.fields:
            while key not in tree:
                field = planned.plan.fields[key]
                if isinstance(field, ConstantField):
                    tree[key] = field.value
                    continue
                assert isinstance(field, PayloadField)
                try:
                    tree[key] = await self._command(field, planned.variables, planned.viewer)
                except FieldsRefusedError as error:
                    # The command is undone; it is done again without what can't be shown.
                    refused |= error.refused
                    planned = planned.without(refused)
                except Refused as refusal:
                    if not tree and isinstance(refusal, TimedOut | Unavailable):
                        raise
                    refused[key,] = refusal
                    planned = planned.without(refused)
                except MovedError:
                    if not tree:
                        raise
                    # What was done before stays done, so the request isn't begun again.
                    refused[key,] = Unauthenticated()
                    planned = planned.without(refused)
        return planned.answer(tree)

    async def _command(
        self, field: PayloadField, variables: Variables, viewer: Viewer
    ) -> dict[str, Any]:
        arguments = field.arguments(variables)

        async def run(change: unit_of_work.Change) -> dict[str, Any]:
            outcome = await field.function(change, **arguments)
            found: dict[str, Any] = await payload(change.connection, field, variables, outcome)
            return found

        try:
            shown: dict[str, Any]
            shown, is_recorded = await unit_of_work.run(self.members, viewer, run, self.sealing)
        except Declined as error:
            await self._note(field, arguments, viewer, error)
            shown = await payload(None, field, variables, Outcome(problems=error.problems))
            return shown
        if is_recorded:
            self.relay.nudge()
        return shown

    async def _note(
        self, field: PayloadField, arguments: dict[str, Any], viewer: Viewer, error: Declined
    ) -> None:
        """Write down that what a command named isn't there; it may be there, and another's."""
        absent = [each for each in error.problems if each.code is ProblemCode.NOT_FOUND]
        if not absent:
            return
        first, *rest = field.function.__name__.split("_")
        command = first + "".join(word.capitalize() for word in rest)

        async def note(change: unit_of_work.Change) -> None:
            event = audit.refused(command, arguments, absent[0], change.actor)
            await audit.append(change.connection, change.actor, event)

        await unit_of_work.run(self.members, viewer, note)

    async def stream(
        self,
        asked: Asked,
        viewer: Viewer,
        admit: Admit = admit_all,
        turn: Turn = contextlib.nullcontext,
    ) -> AsyncIterator[Answer]:
        """The answers to a subscription, as things happen; or the one answer to anything else.

        Each piece of work awaits its turn, which may raise Refused.
        """
        try:
            answer = None
            async with turn():
                planned = self._planned(asked, viewer, admit)
                if planned.plan.kind is not OperationType.SUBSCRIPTION:
                    answer = await self._answered(planned)
            if answer is not None:
                yield answer
                return
            async for each in self._streamed(planned, turn):
                yield each
        except InvalidDocumentError as error:
            yield _invalid(error)
        except FieldsRefusedError as error:
            yield refused(next(iter(error.refused.values())))
        except MovedError:
            yield refused(Unauthenticated())
        except Refused as refusal:
            yield refused(refusal)
        except Exception:
            logger.exception("A subscription failed")
            yield refused(Failed())

    async def _streamed(self, planned: Planned, turn: Turn) -> AsyncIterator[Answer]:
        ((key, field),) = planned.plan.fields.items()
        if isinstance(field, ConstantField):
            raise field.value
        assert isinstance(field, PayloadField)
        following = replace(self.following, viewer=planned.viewer, turn=turn)
        outcomes = field.function(following, **field.arguments(planned.variables))
        async for outcome in outcomes:
            entering = self.members.entered(planned.viewer, readonly=not field.writes)
            async with turn(), entering as (connection, _):
                shown = await payload(connection, field, planned.variables, outcome)
            yield planned.answer({key: shown})


def _invalid(error: InvalidDocumentError) -> Answer:
    errors = []
    for each in error.errors:
        formatted: dict[str, Any] = dict(each.formatted)
        formatted["extensions"] = {"code": BadRequest.code}
        errors.append(formatted)
    return Answer(None, errors, 400, BadRequest(error.errors[0].message))
