"""What every response carries and every request meets: request ids and security headers."""

import re
import uuid
from collections.abc import Iterable
from dataclasses import dataclass

from starlette.types import ASGIApp, Message, Receive, Scope, Send

REQUEST_ID = re.compile(rb"[A-Za-z0-9-]{1,64}")
HEADERS: tuple[tuple[bytes, bytes], ...] = (
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"referrer-policy", b"no-referrer"),
    (b"strict-transport-security", b"max-age=31536000; includeSubDomains"),
    (b"x-content-type-options", b"nosniff"),
)
CORS: tuple[tuple[bytes, bytes], ...] = ((b"access-control-allow-origin", b"*"),)
PREFLIGHT: tuple[tuple[bytes, bytes], ...] = (
    (b"access-control-allow-headers", b"authorization, content-type, x-request-id"),
    (b"access-control-allow-methods", b"POST, GET, OPTIONS"),
    (b"access-control-max-age", b"86400"),
    (b"content-length", b"0"),
    *CORS,
)


@dataclass(frozen=True)
class Guard:
    """Pure ASGI middleware around the whole service.

    Credentials are bearer tokens, which no browser adds by itself, so any origin may call; none
    is ever allowed to call with cookies, and there are none.
    """

    app: ASGIApp

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and add to its response."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request_id = _request_id(scope["headers"])
        if scope["method"] == "OPTIONS":
            headers = [*HEADERS, *PREFLIGHT, (b"x-request-id", request_id)]
            await send({"type": "http.response.start", "status": 204, "headers": headers})
            await send({"type": "http.response.body", "body": b""})
            return

        async def send_on(message: Message) -> None:
            if message["type"] == "http.response.start":
                given = {name.lower() for name, _ in message["headers"]}
                added = [pair for pair in (*HEADERS, *CORS) if pair[0] not in given]
                message["headers"] = [
                    *message["headers"],
                    *added,
                    (b"x-request-id", request_id),
                ]
            await send(message)

        await self.app(scope, receive, send_on)


def _request_id(headers: Iterable[tuple[bytes, bytes]]) -> bytes:
    for name, value in headers:
        if name == b"x-request-id" and REQUEST_ID.fullmatch(value):
            return value
    return str(uuid.uuid4()).encode()
