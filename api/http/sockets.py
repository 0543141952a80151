"""Subscriptions over WebSockets, by the protocol graphql-transport-ws.

A socket costs little while nothing happens. What is done over it awaits its turn as any request
does, and no holder has so many sockets or operations that others have none.
"""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable
from functools import partial
from typing import Any

import asyncpg
import orjson
import strawberry
from graphql import OperationType
from starlette.requests import Request
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket
from strawberry.asgi import GraphQL
from strawberry.exceptions import ConnectionRejectionError
from strawberry.subscriptions import GRAPHQL_TRANSPORT_WS_PROTOCOL
from strawberry.types.execution import ExecutionResult, PreExecutionError

from api.access.members import MovedError
from api.access.viewer import PUBLIC, Viewer
from api.graph.answering import Answer, Answering, Asked, refused
from api.http.allowed import Allowed
from api.http.budgets import Budgets, asker_of
from api.http.endpoint import Door
from api.http.errors import HttpError
from api.http.holders import Holders
from api.http.requests import LARGEST_BODY
from api.reading.limits import Measure
from schema.refusals import Refused, TooMany, Unauthenticated, Unavailable

CONTEXT = "hearth.context"
LOOK_SECONDS = 5.0
MOST_SUBSCRIPTIONS = 20
"""Operations that are open over one socket."""
# Of one holder's in one worker, and of all: the server has some connections left for requests.
EACH_SOCKETS, MOST_SOCKETS = 50, 400
EACH_OPERATIONS, MOST_OPERATIONS = 100, 2000
GREETING_SECONDS = 10.0
# The protocol's codes for who may not be here, who doesn't say who they are, and too many.
OUT, SILENT, MANY = 4403, 4408, 4429
REASONS = {
    MANY: "As many sockets of yours are open as may be. Close some, or ask by HTTP.",
    OUT: "The credential is no longer good; open another socket.",
    SILENT: f"No connection_init came within {GREETING_SECONDS:g} s.",
}


TurnOf = Callable[[Viewer, str], contextlib.AbstractAsyncContextManager[None]]
"""A turn of a viewer's, by their name; raises HttpError, 429 or 503, where there is none."""


class Context:
    """What a socket knows: who opened it, by its header or its first message.

    `holder` is whose it counts as: its address', until it is known to be a subject's.
    """

    def __init__(self, socket: WebSocket, address: str, holder: str) -> None:
        headers = dict(socket.headers.raw)
        self.authorization = socket.headers.get("authorization")
        self.host = headers.get(b"host")
        self.origin = headers.get(b"origin")
        self.address = address
        self.holder = holder
        self.connection_params: dict[str, Any] = {}
        self.operations = 0
        self.viewer: Viewer = PUBLIC
        self.code: int | None = None
        self.watch: asyncio.Task[None] | None = None
        self._task = asyncio.current_task()

    def end(self, code: int) -> None:
        """End what serves the socket, which is then closed with this code."""
        assert self._task is not None
        self.code = code
        self._task.cancel()


class StreamedSchema:
    """Stands where the protocol's handler expects a schema, and answers as the endpoint does."""

    def __init__(
        self, schema: strawberry.Schema, answering: Answering, budgets: Budgets, turn: TurnOf
    ) -> None:
        self._schema = schema
        self.answering = answering
        self.budgets = budgets
        self.turn = turn
        self.operations = Holders(EACH_OPERATIONS, MOST_OPERATIONS)

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

        holder = context.holder
        if context.operations >= MOST_SUBSCRIPTIONS:
            message = f"A socket has {MOST_SUBSCRIPTIONS} operations at most. End one."
            yield _result(refused(TooMany(message, 1)))
            return
        if not self.operations.take(holder):
            message = "As many operations of yours are open over sockets as may be. End some."
            yield _result(refused(TooMany(message, 1)))
            return
        context.operations += 1
        try:
            turn = partial(self._turn, context)
            async for answer in self.answering.stream(asked, context.viewer, admit, turn):
                yield _result(answer)
        finally:
            context.operations -= 1
            self.operations.give_back(holder)

    @contextlib.asynccontextmanager
    async def _turn(self, context: Context) -> AsyncIterator[None]:
        try:
            async with self.turn(context.viewer, context.holder):
                yield
        except HttpError as error:
            if error.status == TooMany.status:
                raise TooMany(error.message, 1) from error
            raise Unavailable(error.message) from error


class Sockets(GraphQL[Context, None]):
    """The WebSocket side of `/graphql`."""

    def __init__(
        self,
        schema: strawberry.Schema,
        answering: Answering,
        door: Door,
        budgets: Budgets,
        allowed: Allowed,
        turn: TurnOf,
    ) -> None:
        self.streamed = StreamedSchema(schema, answering, budgets, turn)
        super().__init__(
            self.streamed,  # type: ignore[arg-type]
            graphql_ide=None,
            subscription_protocols=[GRAPHQL_TRANSPORT_WS_PROTOCOL],
            # Anybody's page may follow what is public; with a credential, see below.
            allowed_origins=["*"],
        )
        self.allowed = allowed
        self.door = door
        self.holders = Holders(EACH_SOCKETS, MOST_SOCKETS)

    async def get_context(self, request: Request | WebSocket, response: Any) -> Context:
        """A socket's context, before its first message."""
        assert isinstance(request, WebSocket)
        address = _address(request.scope)
        context = Context(request, address, asker_of(None, address))
        request.scope[CONTEXT] = context
        context.watch = asyncio.create_task(_await_greeting(context))
        return context

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one socket, until it or its viewer's time ends."""
        holder = asker_of(None, _address(scope))
        if not self.holders.take(holder):
            await _turn_away(scope, receive, send)
            return
        try:
            await super().__call__(scope, receive, send)
        except asyncio.CancelledError:
            task, context = asyncio.current_task(), scope.get(CONTEXT)
            if task is None or context is None or context.code is None:
                raise
            # The server closes no socket that is still being received from, so it ends first.
            task.uncancel()
            reason = REASONS[context.code]
            await send({"type": "websocket.close", "code": context.code, "reason": reason})
        finally:
            context = scope.get(CONTEXT)
            self.holders.give_back(context.holder if context else holder)
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
            context.viewer = await self.door.viewer(authorization, context.address)
        except Refused as refusal:
            raise ConnectionRejectionError from refusal
        assert context.watch is not None
        context.watch.cancel()
        if context.viewer.subject is not None:
            await self._hand_over(context)
            context.watch = asyncio.create_task(self._watch(context))
        return strawberry.UNSET

    async def _hand_over(self, context: Context) -> None:
        """Count a socket as its subject's instead of its address'; where that is too many, end it.

        Behind one address may be a whole office.
        """
        holder = asker_of(context.viewer.subject, context.address)
        if not self.holders.take(holder):
            context.end(MANY)
            await asyncio.sleep(0)  # which is where it ends
        self.holders.give_back(context.holder)
        context.holder = holder

    async def _watch(self, context: Context) -> None:
        """End the socket once its viewer's credential ends, or they are let in no more."""
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
        context.end(OUT)

    def decode_json(self, data: str | bytes) -> object:
        """A client's message; empty, which is refused, where it has not the protocol's shape."""
        found = orjson.loads(data) if len(data) <= LARGEST_BODY else None
        return found if _has_shape(found) else {}

    def encode_json(self, data: object) -> str:
        """JSON as the HTTP endpoint writes it."""
        return orjson.dumps(data).decode()


def _address(scope: Scope) -> str:
    found: str = (scope.get("client") or ("",))[0]
    return found


async def _turn_away(scope: Scope, receive: Receive, send: Send) -> None:
    # Accepted first, or a browser would not be told why.
    await receive()
    offered = scope.get("subprotocols") or []
    protocol = GRAPHQL_TRANSPORT_WS_PROTOCOL
    chosen = protocol if protocol in offered else None
    await send({"type": "websocket.accept", "subprotocol": chosen})
    await send({"type": "websocket.close", "code": MANY, "reason": REASONS[MANY]})


async def _await_greeting(context: Context) -> None:
    await asyncio.sleep(GREETING_SECONDS)
    context.end(SILENT)


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
    errors: Any = [_Error(error) for error in answer.errors]
    if answer.refusal is not None:
        return PreExecutionError(data=None, errors=errors)
    return ExecutionResult(data=answer.data, errors=errors)
