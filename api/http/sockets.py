"""Subscriptions over WebSockets, by the protocol graphql-transport-ws."""

import asyncio
import contextlib
import json
import time
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import orjson
import strawberry
from graphql import OperationType
from starlette.requests import Request
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket, WebSocketDisconnect
from strawberry.asgi import GraphQL
from strawberry.exceptions import ConnectionRejectionError
from strawberry.subscriptions import GRAPHQL_TRANSPORT_WS_PROTOCOL
from strawberry.types.execution import ExecutionResult, PreExecutionError

from api.access.members import MovedError
from api.access.viewer import PUBLIC, Viewer
from api.graph.answering import Answer, Answering, Asked
from api.http.allowed import Allowed
from api.http.budgets import Budgets
from api.http.endpoint import Door
from api.http.requests import LARGEST_BODY
from api.reading.limits import Measure
from schema.refusals import Refused, Unauthenticated

CONTEXT = "hearth.context"
LOOK_SECONDS = 5.0
MOST_SUBSCRIPTIONS = 20
# The protocol's code for who may not be here.
OUT = 4403


class Context:
    """What a socket knows: who opened it, by its header or its first message."""

    def __init__(self, socket: WebSocket, address: str) -> None:
        headers = dict(socket.headers.raw)
        self.socket = socket
        self.authorization = socket.headers.get("authorization")
        self.host = headers.get(b"host")
        self.origin = headers.get(b"origin")
        self.address = address
        self.connection_params: dict[str, Any] = {}
        self.viewer: Viewer = PUBLIC
        self.watch: asyncio.Task[None] | None = None


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
        self,
        schema: strawberry.Schema,
        answering: Answering,
        door: Door,
        budgets: Budgets,
        allowed: Allowed,
    ) -> None:
        super().__init__(
            StreamedSchema(schema, answering, budgets),  # type: ignore[arg-type]
            graphql_ide=None,
            subscription_protocols=[GRAPHQL_TRANSPORT_WS_PROTOCOL],
            max_subscriptions_per_connection=MOST_SUBSCRIPTIONS,
            # Anybody's page may follow what is public; with a credential, see below.
            allowed_origins=["*"],
        )
        self.allowed = allowed
        self.door = door

    async def get_context(self, request: Request | WebSocket, response: Any) -> Context:
        """A socket's context, before its first message."""
        address = request.client.host if request.client else ""
        assert isinstance(request, WebSocket)
        context = Context(request, address)
        request.scope[CONTEXT] = context
        return context

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one socket, until it or its viewer's time ends."""
        try:
            await super().__call__(scope, receive, send)
        finally:
            context = scope.get(CONTEXT)
            if context and context.watch:
                context.watch.cancel()

    async def on_ws_connect(self, context: Context) -> Any:
        """Let the viewer in, or close the socket; browsers send tokens in the first message."""
        given = context.connection_params.get("authorization")
        given = given or context.connection_params.get("Authorization")
        try:
            if given is not None and not isinstance(given, str):
                raise Unauthenticated
            authorization = given or context.authorization
            if authorization and not self.allowed.credentials(context.origin, context.host):
                raise Unauthenticated
            context.viewer = await self.door.viewer(authorization)
        except Refused as refusal:
            raise ConnectionRejectionError from refusal
        if context.viewer.subject is not None:
            context.watch = asyncio.create_task(self._watch(context))
        return strawberry.UNSET

    async def _watch(self, context: Context) -> None:
        """Close the socket once its viewer's credential ends, or they are no longer let in."""
        viewer = context.viewer
        while True:
            left = viewer.expires_at - time.time()
            if left <= 0:
                break
            await asyncio.sleep(min(left, LOOK_SECONDS))
            try:
                async with self.door.members.entered(viewer, readonly=True):
                    pass
            except MovedError:
                break
            except (Refused, asyncpg.PostgresError):
                continue  # nothing is known meanwhile, and nothing can be asked either
        with contextlib.suppress(RuntimeError, WebSocketDisconnect):
            await context.socket.close(OUT, "The credential is no longer good; open another.")

    def decode_json(self, data: str | bytes) -> object:
        """A client's message; what has not the protocol's shape is refused as no JSON is."""
        found = orjson.loads(data) if len(data) <= LARGEST_BODY else None
        if not _has_shape(found):
            raise json.JSONDecodeError("not a message of graphql-transport-ws", "", 0)
        return found

    def encode_json(self, data: object) -> str:
        """JSON as the HTTP endpoint writes it."""
        return orjson.dumps(data).decode()


def _has_shape(found: object) -> bool:
    # The protocol's handler takes the shape for granted and would fail on another.
    if not isinstance(found, dict) or not isinstance(found.get("id", ""), str):
        return False
    payload = found.get("payload", {})
    if found.get("type") != "subscribe":
        return isinstance(payload, dict | None)
    return (
        isinstance(payload, dict)
        and isinstance(payload.get("query"), str)
        and isinstance(payload.get("variables"), dict | None)
        and isinstance(payload.get("operationName"), str | None)
    )


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
