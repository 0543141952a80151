"""An issuer's public keys: from a file once, or from its own address again and again.

The keys are kept for ten minutes, and asked for again where a token names one that isn't among
them, at most once a minute: a key that is new is known at once, one that is gone is gone within
ten minutes. Where they can't be had, those known are used for an hour more, and then nobody gets
in. Nothing that a token says (jku, x5u, jwk) has any part in it.
"""

import asyncio
import json
import logging
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, Protocol

import httpx
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, KeySet, RSAKey

from api.settings import Settings, is_safe_url
from schema.refusals import Unavailable

DISCOVERY = "/.well-known/openid-configuration"
FETCH_SECONDS = 3.0
FRESH_SECONDS = 600.0
LARGEST_ANSWER = 256 * 1024
RETRY_SECONDS = 5.0
STALE_SECONDS = 3600.0
UNKNOWN_SECONDS = 60.0

logger = logging.getLogger(__name__)


class IssuerError(ValueError):
    """The issuer's keys can't be had; the message says why."""


class IssuerKeys(Protocol):
    """The keys that an issuer's tokens are checked with."""

    async def current(self) -> KeySet:
        """The keys as they are known now; raises Unavailable where there are none to trust."""

    async def renewed(self) -> KeySet:
        """The keys, asked for again if that was not done lately: a token names one unknown."""


class KnownKeys:
    """Keys that don't change while the service runs."""

    def __init__(self, keys: KeySet) -> None:
        self._keys = keys

    async def current(self) -> KeySet:
        """The keys."""
        return self._keys

    async def renewed(self) -> KeySet:
        """The same keys."""
        return self._keys


class FetchedKeys:
    """Keys that `fetch` gets from their issuer."""

    def __init__(
        self, fetch: Callable[[], Awaitable[KeySet]], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.clock = clock
        self._fetch = fetch
        self._keys: KeySet | None = None
        self._fetched_at = self._tried_at = float("-inf")
        self._fetching = asyncio.Lock()

    async def current(self) -> KeySet:
        """The keys; asked for again once they are ten minutes old."""
        if self._keys is not None and self._age() < FRESH_SECONDS:
            return self._keys
        # One asks; whoever has keys that will do goes on with them meanwhile.
        if self._keys is None or self._age() >= STALE_SECONDS or not self._fetching.locked():
            async with self._fetching:
                if self._age() >= FRESH_SECONDS:
                    await self._try(RETRY_SECONDS)
        if self._keys is None or self._age() >= STALE_SECONDS:
            raise Unavailable("The issuer's keys can't be had, so nobody gets in. Try again.")
        return self._keys

    async def renewed(self) -> KeySet:
        """The keys, asked for again unless that was done within a minute."""
        async with self._fetching:
            await self._try(UNKNOWN_SECONDS)
        return await self.current()

    def _age(self) -> float:
        return self.clock() - self._fetched_at

    async def _try(self, seconds: float) -> None:
        if self.clock() - self._tried_at < seconds:
            return
        self._tried_at = self.clock()
        try:
            self._keys = await self._fetch()
        except IssuerError as error:
            logger.warning("The issuer's keys can't be had: %s", error)
        else:
            self._fetched_at = self._tried_at


def issuer_keys(settings: Settings) -> IssuerKeys:
    """The keys of the configured issuer: of its file, or fetched."""
    if settings.jwks_file:
        return KnownKeys(read_keys(settings.jwks_file))
    return FetchedKeys(lambda: fetch_keys(settings))


async def fetch_keys(settings: Settings) -> KeySet:
    """The issuer's keys, from HEARTH_JWKS_URL or where its discovery says; IssuerError else."""
    async with httpx.AsyncClient(timeout=FETCH_SECONDS) as client:
        url = settings.jwks_url
        if url is None:
            assert settings.issuer
            issuer = settings.issuer.rstrip("/")
            found = await _json(client, issuer + DISCOVERY)
            if str(found.get("issuer", "")).rstrip("/") != issuer:
                raise IssuerError(f"{issuer}{DISCOVERY} is of another issuer than HEARTH_ISSUER.")
            url = str(found.get("jwks_uri"))
        if not is_safe_url(url):
            raise IssuerError(f"{url[:200]} is not fetched: it is neither HTTPS nor loopback.")
        return key_set(await _json(client, url), url)


async def _json(client: httpx.AsyncClient, url: str) -> dict[str, Any]:
    content = bytearray()
    try:
        async with client.stream("GET", url) as response:
            if response.status_code != 200:
                raise IssuerError(f"{url} answers {response.status_code}.")
            async for chunk in response.aiter_bytes():
                content += chunk
                if len(content) > LARGEST_ANSWER:
                    raise IssuerError(f"{url} answers more than {LARGEST_ANSWER} bytes.")
        found = json.loads(content)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise IssuerError(f"{url} can't be reached ({error or type(error).__name__}).") from error
    except (ValueError, RecursionError) as error:
        if isinstance(error, IssuerError):
            raise
        raise IssuerError(f"{url} does not answer JSON.") from error
    if not isinstance(found, dict):
        raise IssuerError(f"{url} does not answer a JSON object.")
    return found


def read_keys(file: Path) -> KeySet:
    """A JWK set from a file; ValueError says what is wrong with it."""
    try:
        return key_set(json.loads(file.read_text()), str(file))
    except (OSError, ValueError) as error:
        raise ValueError(
            f"HEARTH_JWKS_FILE: {file} is not a readable JWK set ({error}). "
            "Save the issuer's JWKS there."
        ) from error


def key_set(found: object, source: str) -> KeySet:
    """The keys of a JWK set that signatures may be checked with; others are passed over."""
    listed = found.get("keys") if isinstance(found, dict) else None
    keys: list[ECKey | RSAKey] = []
    for each in listed if isinstance(listed, list) else ():
        if not isinstance(each, dict) or each.get("use", "sig") != "sig":
            continue
        try:
            if each.get("kty") == "EC":
                keys.append(ECKey.import_key(each))
            elif each.get("kty") == "RSA":
                keys.append(RSAKey.import_key(each))
        except (JoseError, ValueError, TypeError, KeyError):
            logger.warning("%s has a key that can't be read; it is passed over.", source)
    if not keys:
        raise IssuerError(f"{source} has no key to check signatures with (RSA, EC P-256).")
    return KeySet([*keys])
