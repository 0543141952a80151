"""What is got by GET or HEAD, apart from GraphQL: how each such request is met and answered."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from starlette.types import Message, Receive, Scope, Send

from api.http.budgets import asker_of
from api.http.errors import HttpError
from api.http.heads import Head
from api.http.responses import Response, refusal
from api.http.watching import HungUpError
from schema.refusals import Failed, Refused

ALLOW = ((b"allow", b"GET, HEAD, OPTIONS"),)
PIECE = 64 * 1024
# Whoever takes no piece for so long makes room for others.
PIECE_SECONDS = 10.0

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Got:
    """One request for what is at `path`, below its room's."""

    scope: Scope
    receive: Receive
    send: Send
    head: Head
    path: str

    @property
    def is_head(self) -> bool:
        """Whether only headers are asked for."""
        return bool(self.scope["method"] == "HEAD")

    @property
    def query_string(self) -> bytes:
        """What follows the path."""
        found: bytes = self.scope["query_string"]
        return found

    @property
    def address(self) -> str:
        """Where it comes from."""
        found: str = (self.scope.get("client") or ("",))[0]
        return found

    @property
    def stranger(self) -> str:
        """The name of who asks, whatever credential comes along."""
        return asker_of(None, self.address)


async def get(
    prefix: str,
    scope: Scope,
    receive: Receive,
    send: Send,
    answer: Callable[[Got], Awaitable[Response | None]],
) -> None:
    """Answer one HTTP request: by what `answer` gives, or None where it sent that itself."""
    is_started = False

    async def send_on(message: Message) -> None:
        nonlocal is_started
        is_started = True
        await send(message)

    path = scope["path"].removeprefix(prefix)
    got = Got(scope, receive, send_on, Head(scope["headers"]), path)
    try:
        if scope["method"] not in ("GET", "HEAD"):
            raise HttpError(405, "Read this by GET.", ALLOW)
        response = await answer(got)
    except HungUpError:
        return
    except Exception as error:
        if is_started:
            # The status is out: to break off is all that says that something is missing.
            raise
        if not isinstance(error, HttpError | Refused):
            logger.exception("A request failed")
            error = Failed()
        response = refusal(error)
    if response is not None:
        await _sent(response, got)


async def send_piece(send: Send, piece: bytes, *, is_last: bool = False) -> None:
    """Send a piece of a body; raises TimeoutError where it is not taken."""
    async with asyncio.timeout(PIECE_SECONDS):
        await send({"type": "http.response.body", "body": piece, "more_body": not is_last})


async def _sent(response: Response, got: Got) -> None:
    body = response.body
    is_had = response.etag is not None and got.head.has(response.etag)
    if got.is_head or is_had or len(body) <= PIECE:
        await response.send(got.send, got.head, is_head=got.is_head)
        return
    start = {"type": "http.response.start", "status": response.status, "headers": response.headers}
    await got.send(start)
    for begin in range(0, len(body), PIECE):
        piece = body[begin : begin + PIECE]
        await send_piece(got.send, piece, is_last=begin + PIECE >= len(body))
