"""What every response carries and every request meets, whatever it asks for."""

import logging
import random
import re
from dataclasses import dataclass

import orjson
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.http.allowed import Allowed
from api.http.errors import HttpError

GRAPHQL_PATH = "/graphql"
"""All else is only read."""
LARGEST_HEADER = 8192
LARGEST_HEADERS = 32_768
LONGEST_URL = 8192
REQUEST_ID = re.compile(rb"[A-Za-z0-9-]{1,64}")
CONTENT_SECURITY = b"content-security-policy"
HEADERS: tuple[tuple[bytes, bytes], ...] = (
    (CONTENT_SECURITY, b"default-src 'none'; frame-ancestors 'none'"),
    (b"referrer-policy", b"no-referrer"),
    (b"server", b"hearth"),
    (b"strict-transport-security", b"max-age=31536000; includeSubDomains"),
    (b"x-content-type-options", b"nosniff"),
)
ALL_ORIGINS = (b"access-control-allow-origin", b"*")
VARY_ORIGIN = (b"vary", b"origin")
READ, POSTED = b"GET, HEAD, OPTIONS", b"GET, HEAD, POST, OPTIONS"
ANONYMOUS = (b"access-control-allow-headers", b"content-type, if-none-match, x-request-id")
WITH_CREDENTIALS = (
    b"access-control-allow-headers",
    b"authorization, content-type, if-none-match, x-request-id",
)
# What a page's script may read of a response besides what it may of any.
EXPOSED = (b"access-control-expose-headers", b"etag, retry-after, x-request-id")

EVERYBODY = Allowed()

logger = logging.getLogger(__name__)


class Met:
    """What of a request's headers the guard goes by; absent ones are None."""

    __slots__ = ("asks_for", "forwarded", "host", "is_credited", "origin", "request_id", "size")

    def __init__(self, headers: list[tuple[bytes, bytes]]) -> None:
        self.asks_for = b""
        self.forwarded: list[bytes] = []
        self.host: bytes | None = None
        self.is_credited = False
        self.origin: bytes | None = None
        self.request_id: bytes | None = None
        self.size = 0
        largest = 0
        for name, value in headers:
            length = len(value)
            self.size += len(name) + length
            if length > largest:
                largest = length
            if name == b"authorization":
                self.is_credited = True
            elif name == b"host":
                # Two that differ are none.
                self.host = value if self.host in (None, value) else b""
            elif name == b"origin":
                self.origin = value
            elif name == b"x-request-id":
                self.request_id = value
            elif name == b"x-forwarded-for":
                self.forwarded.append(value)
            elif name == b"access-control-request-headers":
                self.asks_for = value
        if largest > LARGEST_HEADER:
            self.size = LARGEST_HEADERS + 1


@dataclass(frozen=True)
class Guard:
    """Pure ASGI middleware around the whole service.

    Anybody's page may ask without a credential. With one, which no browser adds by itself, only
    pages of the origins allowed may: a token that is stolen is worth less on another page. There
    are no cookies, so no origin is ever allowed to send any.
    """

    app: ASGIApp
    allowed: Allowed = EVERYBODY

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and add to its response; or refuse it."""
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return
        met = Met(scope["headers"])
        if met.forwarded and scope.get("client"):
            peer, port = scope["client"]
            scope["client"] = (self.allowed.address(peer, met.forwarded), port)
        refusal = self._refusal(scope, met)
        if scope["type"] == "websocket":
            if refusal is None:
                await self.app(scope, receive, send)
            else:
                await send({"type": "websocket.close", "code": 1008, "reason": refusal.message})
            return
        added = [*HEADERS, (b"x-request-id", _request_id(met)), *self._cors(met)]
        if refusal is not None:
            await _refuse(send, refusal, added)
        elif scope["method"] == "OPTIONS":
            methods = POSTED if scope["path"] == GRAPHQL_PATH else READ
            headers = [*_preflight(methods), *added]
            await send({"type": "http.response.start", "status": 204, "headers": headers})
            await send({"type": "http.response.body", "body": b""})
        else:
            await self._passed_on(scope, receive, send, added)

    async def _passed_on(
        self, scope: Scope, receive: Receive, send: Send, added: list[tuple[bytes, bytes]]
    ) -> None:
        is_started = False

        async def send_on(message: Message) -> None:
            nonlocal is_started
            if message["type"] == "http.response.start":
                is_started = True
                headers = message["headers"]
                # Pages may say for themselves what they load; nothing else differs.
                is_own = any(name == CONTENT_SECURITY for name, _ in headers)
                message["headers"] = [*headers, *(added[1:] if is_own else added)]
            await send(message)

        try:
            await self.app(scope, receive, send_on)
        except Exception:
            logger.exception("A request failed")
            if not is_started:
                failed = HttpError(500, "Something went wrong here; it is logged.", code="INTERNAL")
                await _refuse(send, failed, added)

    def _refusal(self, scope: Scope, met: Met) -> HttpError | None:
        if len(scope["path"]) + len(scope["query_string"]) > LONGEST_URL:
            return HttpError(414, f"The address is longer than {LONGEST_URL} bytes; use POST.")
        if met.size > LARGEST_HEADERS:
            return HttpError(
                431,
                f"A header is longer than {LARGEST_HEADER} bytes, or all together than "
                f"{LARGEST_HEADERS}.",
            )
        # Whether it is alive is asked by address; it says nothing of where it is.
        if not self.allowed.host(met.host) and not scope["path"].startswith("/health/"):
            return HttpError(400, "This host name is not served here; HEARTH_HOSTS says which are.")
        if met.is_credited and not self.allowed.credentials(met.origin, met.host):
            message = "Pages of this origin may send no credentials; HEARTH_ORIGINS says which may."
            return HttpError(403, message, code="FORBIDDEN")
        return None

    def _cors(self, met: Met) -> tuple[tuple[bytes, bytes], ...]:
        is_preflight_for_one = b"authorization" in met.asks_for.lower()
        if not (met.is_credited or is_preflight_for_one):
            return (ALL_ORIGINS, ANONYMOUS) if met.asks_for else (ALL_ORIGINS, EXPOSED)
        if met.origin is None or met.origin.decode("latin-1") not in self.allowed.origins:
            return (VARY_ORIGIN,)
        own = WITH_CREDENTIALS if met.asks_for else EXPOSED
        return (VARY_ORIGIN, (ALL_ORIGINS[0], met.origin), own)


def _preflight(methods: bytes) -> list[tuple[bytes, bytes]]:
    return [
        (b"access-control-allow-methods", methods),
        (b"access-control-max-age", b"3600"),
        (b"allow", methods),
        (b"content-length", b"0"),
    ]


async def _refuse(send: Send, error: HttpError, added: list[tuple[bytes, bytes]]) -> None:
    content = orjson.dumps(error.body())
    headers = [
        (b"content-type", b"application/json; charset=utf-8"),
        (b"content-length", str(len(content)).encode()),
        (b"cache-control", b"no-store"),
        *added,
    ]
    await send({"type": "http.response.start", "status": error.status, "headers": headers})
    await send({"type": "http.response.body", "body": content})


def _request_id(met: Met) -> bytes:
    given = met.request_id
    if given is not None and REQUEST_ID.fullmatch(given):
        return given
    # It tells requests apart and guards nothing, so it need not be hard to guess.
    return b"%032x" % random.getrandbits(128)
