"""What every response carries and every request meets: request ids and security headers."""

import random
import re
from collections.abc import Iterable
from dataclasses import dataclass

from starlette.types import ASGIApp, Message, Receive, Scope, Send

REQUEST_ID = re.compile(rb"[A-Za-z0-9-]{1,64}")
CONTENT_SECURITY = b"content-security-policy"
HEADERS: tuple[tuple[bytes, bytes], ...] = (
    (CONTENT_SECURITY, b"default-src 'none'; frame-ancestors 'none'"),
    (b"referrer-policy", b"no-referrer"),
    (b"strict-transport-security", b"max-age=31536000; includeSubDomains"),
    (b"x-content-type-options", b"nosniff"),
)
CORS: tuple[tuple[bytes, bytes], ...] = ((b"access-control-allow-origin", b"*"),)
ADDED = (*HEADERS, *CORS)
PREFLIGHT: tuple[tuple[bytes, bytes], ...] = (
    (b"access-control-allow-headers", b"authorization, content-type, x-request-id"),
    (b"access-control-allow-methods", b"GET, HEAD, POST, OPTIONS"),
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
        request_id = (b"x-request-id", _request_id(scope["headers"]))
        if scope["method"] == "OPTIONS":
            headers = [*HEADERS, *PREFLIGHT, request_id]
            await send({"type": "http.response.start", "status": 204, "headers": headers})
            await send({"type": "http.response.body", "body": b""})
            return

        async def send_on(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = message["headers"]
                # Pages may say for themselves what they load; nothing else differs.
                is_own = any(name == CONTENT_SECURITY for name, _ in headers)
                message["headers"] = [*headers, *(ADDED[1:] if is_own else ADDED), request_id]
            await send(message)

        await self.app(scope, receive, send_on)


def _request_id(headers: Iterable[tuple[bytes, bytes]]) -> bytes:
    for name, value in headers:
        if name == b"x-request-id" and REQUEST_ID.fullmatch(value):
            return value
    # It tells requests apart and guards nothing, so it need not be hard to guess.
    return b"%032x" % random.getrandbits(128)
