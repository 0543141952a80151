"""An issuer for the tests: serves its discovery and keys on loopback, and signs what it is told."""

import asyncio
import base64
import contextlib
import json
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

from joserfc import jwt
from joserfc.jwk import ECKey, RSAKey

AUDIENCE = "hearth"


@dataclass
class Issuer:
    """Its address, its keys, what it was asked for, and how it misbehaves (`answers`, by path)."""

    address: str = ""
    keys: list[Any] = field(default_factory=lambda: [new_key()])
    asked: list[str] = field(default_factory=list)
    answers: dict[str, tuple[int, bytes]] = field(default_factory=dict)

    def token(
        self,
        subject: str,
        *,
        by: Any = None,
        claims: dict[str, Any] | None = None,
        header: dict[str, Any] | None = None,
    ) -> str:
        """A token by its first key, or by another; a claim or header that is None is left out."""
        key = by or self.keys[0]
        now = int(time.time())
        said = {"iss": self.address, "aud": AUDIENCE, "sub": subject, "iat": now, "exp": now + 600}
        named = {"alg": "RS256" if isinstance(key, RSAKey) else "ES256", "kid": key.kid}
        named |= {"typ": "at+jwt"} | (header or {})
        return jwt.encode(_given(named), _given(said | (claims or {})), key)

    def answer(self, path: str) -> tuple[int, bytes]:
        """What it answers: the status and the body."""
        if path in self.answers:
            return self.answers[path]
        if path == "/.well-known/openid-configuration":
            found: Any = {"issuer": self.address, "jwks_uri": f"{self.address}/keys"}
        else:
            found = {"keys": [key.as_dict(private=False) for key in self.keys]}
        return 200, json.dumps(found).encode()


def new_key() -> ECKey:
    """A signing key."""
    return ECKey.generate_key("P-256", auto_kid=True)


def unsigned(header: dict[str, Any], claims: dict[str, Any], signature: bytes = b"") -> str:
    """A token put together by hand."""
    parts = (json.dumps(header).encode(), json.dumps(claims).encode(), signature)
    return ".".join(base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts)


def _given(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}


@contextlib.asynccontextmanager
async def issuing() -> AsyncIterator[Issuer]:
    """An issuer that answers on loopback."""
    issuer = Issuer()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        path = (await reader.readuntil(b"\r\n\r\n")).split(b" ")[1].decode()
        issuer.asked.append(path)
        status, body = issuer.answer(path)
        head = f"HTTP/1.1 {status} X\r\ncontent-length: {len(body)}\r\nconnection: close\r\n\r\n"
        writer.write(head.encode() + body)
        with contextlib.suppress(ConnectionError):
            await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    issuer.address = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield issuer
    finally:
        server.close()
