"""`/graphql`: a raw ASGI endpoint. POST asks; GET shows GraphiQL, in development only."""

import logging
from dataclasses import dataclass
from typing import Any

import orjson
from starlette.datastructures import Headers
from starlette.types import Receive, Scope, Send

from api.access.members import Members, MovedError
from api.access.tokens import Verifier
from api.access.viewer import PUBLIC, Viewer
from api.graph.answering import Answer, Answering, refused
from api.http.graphiql import Page
from api.http.requests import (
    GRAPHQL_JSON,
    HttpError,
    asked_of,
    read_body,
    response_type,
)
from schema.refusals import Refused, Unauthenticated, Unavailable

RETRY_SECONDS = b"1"

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Door:
    """Lets viewers in: by a token in the Authorization header, or as the public without one."""

    members: Members
    verifier: Verifier

    async def viewer(self, authorization: str | None) -> Viewer:
        """Who asks; raises Unauthenticated for any credential that isn't good."""
        if not authorization:
            return PUBLIC
        scheme, _, token = authorization.partition(" ")
        if scheme.lower() != "bearer":
            raise Unauthenticated
        return await self.members.viewer(self.verifier.subject(token.strip()))


@dataclass(frozen=True)
class Endpoint:
    """The GraphQL endpoint."""

    answering: Answering
    door: Door
    page: Page | None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one HTTP request."""
        headers = Headers(scope=scope)
        media_type = GRAPHQL_JSON
        try:
            if scope["method"] == "GET" and self.page and "text/html" in headers.get("accept", ""):
                await self.page(scope, receive, send)
                return
            if scope["method"] != "POST":
                raise HttpError(405, "Send GraphQL requests by POST.", ((b"allow", b"POST"),))
            media_type = response_type(headers)
            asked = asked_of(headers, await read_body(headers, receive))
            answer = await self._answer(asked, headers.get("authorization"))
        except HttpError as error:
            await respond(send, error.status, error.body(), media_type, error.headers)
            return
        except Exception:
            # Whatever it was is in the log; its text could hold what the asker may not see.
            logger.exception("A request failed")
            failed = HttpError(500, "Something went wrong here; it is logged.", code="INTERNAL")
            await respond(send, 500, failed.body(), media_type)
            return
        await respond(send, *http_answer(answer, media_type))

    async def _answer(self, asked: Any, authorization: str | None) -> Answer:
        try:
            for _ in range(2):
                viewer = await self.door.viewer(authorization)
                try:
                    return await self.answering.answer(asked, viewer)
                except MovedError:
                    continue
            raise Unauthenticated
        except Refused as refusal:
            return refused(refusal)


def http_answer(
    answer: Answer, media_type: str
) -> tuple[int, dict[str, Any], str, tuple[tuple[bytes, bytes], ...]]:
    """Status, body, media type and headers for an answer (GraphQL over HTTP specification).

    In plain application/json, which proxies answer in too, a well-formed request gets 200 even
    where the document is refused.
    """
    headers: tuple[tuple[bytes, bytes], ...] = ()
    if isinstance(answer.refusal, Unauthenticated):
        headers = ((b"www-authenticate", b"Bearer"),)
    if isinstance(answer.refusal, Unavailable):
        headers = ((b"retry-after", RETRY_SECONDS),)
    always = (401, 503)
    status = answer.status
    if media_type != GRAPHQL_JSON and status not in always:
        status = 200
    return status, answer.body(), media_type, headers


async def respond(
    send: Send,
    status: int,
    body: dict[str, Any],
    media_type: str,
    headers: tuple[tuple[bytes, bytes], ...] = (),
) -> None:
    """Send a JSON response."""
    content = orjson.dumps(body)
    await send(
        {
            "type": "http.response.start",
            "status": status,
            "headers": [
                (b"content-type", f"{media_type}; charset=utf-8".encode()),
                (b"content-length", str(len(content)).encode()),
                (b"cache-control", b"no-store"),
                (b"vary", b"accept, authorization"),
                *headers,
            ],
        }
    )
    await send({"type": "http.response.body", "body": content})
