"""Responses: their bytes, their headers, and whether they need to be sent at all."""

import asyncio
import zlib
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b
from typing import Any

import orjson
from starlette.types import Send

from api.http.errors import CSVW_JSON, GRAPHQL_JSON, JSON, HttpError
from api.http.heads import Head
from schema.refusals import NotByGet, Refused, TooMany, Unauthenticated, Unavailable

Headers = list[tuple[bytes, bytes]]

# Below this, compressing saves no packet.
SMALLEST_COMPRESSED = 1024
# Above this, it takes milliseconds, in which the event loop should rather answer others.
LARGEST_COMPRESSED_HERE = 128 * 1024
LEVEL = 5
GZIP_BITS = 31
VARY = (b"vary", b"accept, accept-encoding, authorization")
NO_STORE = (b"cache-control", b"no-store")
# Anybody's cache may keep it but must ask before it gives it again, which an unchanged entity tag
# makes cheap: a cache that gave it unasked, even for a second, would break the promise that a
# change is seen within one.
MAY_BE_KEPT = (b"cache-control", b"public, no-cache")
CONTENT_TYPES = {
    media_type: (b"content-type", f"{media_type}; charset=utf-8".encode())
    for media_type in (CSVW_JSON, GRAPHQL_JSON, JSON)
}


@dataclass(slots=True)
class Response:
    """A response that is whole; `etag` is there where it may be kept by others."""

    status: int
    headers: Headers
    body: bytes
    etag: bytes | None = None

    async def send(self, send: Send, head: Head, *, is_head: bool = False) -> None:
        """Send it, or that the asker has it already."""
        status, headers, body = self.status, self.headers, self.body
        if self.etag is not None and head.if_none_match is not None and head.has(self.etag):
            status, headers, body = 304, self._unchanged(), b""
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": b"" if is_head else body})

    def _unchanged(self) -> Headers:
        left_out = (b"content-encoding", b"content-length", b"content-type")
        return [pair for pair in self.headers if pair[0] not in left_out]


async def respond(
    body: dict[str, Any],
    media_type: str,
    *,
    status: int = 200,
    is_gzip_wanted: bool = False,
    is_public: bool = False,
    headers: tuple[tuple[bytes, bytes], ...] = (),
) -> Response:
    """A response with this body. A public one may be kept by caches, and so has an entity tag.

    Compressing gives nothing away: what a stranger can put into an answer never stands beside a
    secret, since credentials come in headers and are in no answer.
    """
    content = orjson.dumps(body)
    found = [CONTENT_TYPES[media_type], MAY_BE_KEPT if is_public else NO_STORE, VARY, *headers]
    if is_gzip_wanted and len(content) >= SMALLEST_COMPRESSED:
        if len(content) > LARGEST_COMPRESSED_HERE:
            content = await asyncio.to_thread(_gzip, content)
        else:
            content = _gzip(content)
        found.append((b"content-encoding", b"gzip"))
    found.append((b"content-length", str(len(content)).encode()))
    etag = None
    if is_public:
        # Strong: it names these very bytes, in this media type and encoding.
        key = media_type.encode()
        etag = b'"%s"' % blake2b(content, digest_size=16, key=key).hexdigest().encode()
        found.append((b"etag", etag))
    return Response(status, found, content, etag)


def refusal(error: HttpError | Refused, media_type: str = JSON) -> Response:
    """The response to a request that is refused outside GraphQL."""
    headers = error.headers if isinstance(error, HttpError) else headers_of(error)
    if isinstance(error, Refused):
        error = HttpError(error.status, error.message, code=error.code)
    content = orjson.dumps(error.body())
    length = (b"content-length", str(len(content)).encode())
    found = [CONTENT_TYPES[media_type], NO_STORE, VARY, *headers, length]
    return Response(error.status, found, content)


# Of errors that are always the same there are a few; what is made once costs nothing again.
same_refusal = lru_cache(32)(refusal)


def headers_of(refusal: Refused | None) -> tuple[tuple[bytes, bytes], ...]:
    """What a refusal says in headers."""
    if isinstance(refusal, Unauthenticated):
        return ((b"www-authenticate", b"Bearer"),)
    if isinstance(refusal, Unavailable):
        return ((b"retry-after", b"1"),)
    if isinstance(refusal, TooMany):
        return ((b"retry-after", str(refusal.seconds).encode()),)
    if isinstance(refusal, NotByGet):
        return ((b"allow", b"POST"),)
    return ()


def _gzip(content: bytes) -> bytes:
    gzip = compressor()
    packed: bytes = gzip.compress(content) + gzip.flush()
    return packed


def compressor() -> Any:
    """What compresses to gzip, piece by piece.

    By zlib itself, whose header holds no time: the same answer is the same bytes everywhere.
    """
    return zlib.compressobj(LEVEL, zlib.DEFLATED, GZIP_BITS)
