"""Subscriptions over WebSockets, by the protocol graphql-transport-ws."""

from collections.abc import AsyncIterator
from typing import Any

import orjson
import strawberry
from graphql import OperationType
from starlette.requests import Request
from starlette.websockets import WebSocket
from strawberry.asgi import GraphQL
from strawberry.exceptions import ConnectionRejectionError
from strawberry.subscriptions import GRAPHQL_TRANSPORT_WS_PROTOCOL
from strawberry.types.execution import ExecutionResult, PreExecutionError

from api.access.viewer import PUBLIC, Viewer
from api.graph.answering import Answer, Answering, Asked
from api.http.budgets import Budgets
from api.http.endpoint import Door
from api.reading.limits import Measure
from schema.refusals import Refused, Unauthenticated

MOST_SUBSCRIPTIONS = 20


class Context:
    """What a socket knows: who opened it, by its header or its first message."""

    def __init__(self, authorization: str | None, address: str) -> None:
        self.authorization = authorization
        self.address = address
        self.connection_params: dict[str, Any] = {}
        self.viewer: Viewer = PUBLIC


class StreamedSchema:
    """Stands where the protocol's handler expects a schema, and answers as the endpoint does."""

    def __init__(self, schema: strawberry.Schema, answering: Answering, budgets: Budgets) -> None:
        self._schema = schema
        self.answering = answering
        self.budgets = budgets

    def __getattr__(self, name: str) -> Any:
        return getattr(self._schema, name)

    async def stream(
        self,
        query: str | None,
        variable_values: dict[str, Any] | None = None,
        context_value: Any = None,
        root_value: Any = None,
        operation_name: str | None = None,
        **_: Any,
    ) -> AsyncIterator[ExecutionResult]:
        """The results of an operation, one or many."""
        asked = Asked(query or "", operation_name, variable_values or {})
        return self._results(asked, context_value)

    async def _results(self, asked: Asked, context: Context) -> AsyncIterator[ExecutionResult]:
        def admit(_: OperationType, measure: Measure) -> None:
            self.budgets.charge(context.viewer, context.address, measure.cost)

        async for answer in self.answering.stream(asked, context.viewer, admit):
            yield _result(answer)


class Sockets(GraphQL[Context, None]):
    """The WebSocket side of `/graphql`."""

    def __init__(
        self, schema: strawberry.Schema, answering: Answering, door: Door, budgets: Budgets
    ) -> None:
        super().__init__(
            StreamedSchema(schema, answering, budgets),  # type: ignore[arg-type]
            graphql_ide=None,
            subscription_protocols=[GRAPHQL_TRANSPORT_WS_PROTOCOL],
            max_subscriptions_per_connection=MOST_SUBSCRIPTIONS,
        )
        self.door = door

    async def get_context(self, request: Request | WebSocket, response: Any) -> Context:
        """A socket's context, before its first message."""
        address = request.client.host if request.client else ""
        return Context(request.headers.get("authorization"), address)

    async def on_ws_connect(self, context: Context) -> Any:
        """Let the viewer in, or close the socket; browsers send tokens in the first message."""
        given = context.connection_params.get("authorization")
        given = given or context.connection_params.get("Authorization")
        try:
            if given is not None and not isinstance(given, str):
                raise Unauthenticated
            context.viewer = await self.door.viewer(given or context.authorization)
        except Refused as refusal:
            raise ConnectionRejectionError from refusal
        return strawberry.UNSET

    def encode_json(self, data: object) -> str:
        """JSON as the HTTP endpoint writes it."""
        return orjson.dumps(data).decode()


class _Error:
    """An error as the protocol's handler takes it: something with `formatted`."""

    def __init__(self, formatted: dict[str, Any]) -> None:
        self.formatted = formatted
        self.original_error = None
        self.message = formatted["message"]


def _result(answer: Answer) -> ExecutionResult:
    if answer.refusal is not None:
        errors: Any = [_Error(error) for error in answer.errors]
        return PreExecutionError(data=None, errors=errors)
    return ExecutionResult(data=answer.data, errors=None)
