"""`/open-referral`: a raw ASGI endpoint by GET and HEAD, for anybody, credential or none."""

import asyncio
import re
from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass, field
from typing import Any

from starlette.types import Receive, Scope, Send

from api.access.viewer import PUBLIC
from api.feeds.open_referral import OPENAPI, details, question
from api.feeds.openapi import document
from api.http.admission import Lane
from api.http.answers import Answers
from api.http.budgets import Budgets
from api.http.errors import JSON, HttpError
from api.http.getting import Got, get
from api.http.responses import Response, respond
from api.http.watching import Watch
from api.reading.limits import MOST_COST
from api.store.database import Database
from api.store.roles import role_of
from schema.words import Audience

PREFIX = "/open-referral"
# A row of a service costs about what a query for twenty fields of an offer does, and to find all
# that filters leave, about what a count does.
POINTS = 20
LISTING_POINTS = 1000
HOST = re.compile(rb"[A-Za-z0-9.\-]{1,253}(:[0-9]{1,5})?|\[[0-9a-fA-F:.]{2,45}\](:[0-9]{1,5})?")


@dataclass(frozen=True)
class Feeds:
    """The feed of Open Referral UK. `public_url` is where the public reaches the service."""

    database: Database
    answers: Answers
    budgets: Budgets
    lane: Lane
    public_url: str | None
    query_seconds: float
    # Listings that are being read, by how often answers had been dropped before, and their keys.
    _reading: dict[Hashable, asyncio.Future[bytes]] = field(default_factory=dict)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one HTTP request."""
        await get(PREFIX, scope, receive, send, self._response)

    async def _response(self, got: Got) -> Response:
        is_gzip_wanted = got.head.is_gzip_wanted()
        key = (PREFIX, got.path, got.query_string, is_gzip_wanted)
        kept = self.answers.find(key)
        if kept:
            return kept
        if got.path in ("", "/", f"/{OPENAPI}"):
            if got.query_string:
                raise HttpError(400, "There are no parameters here.")
            base = self._base(got.scope)
            found: Any = document(base) if got.path.endswith(OPENAPI) else details(base)
            return await respond(found, JSON, is_gzip_wanted=is_gzip_wanted, is_public=True)
        async with self.lane.turn(got.stranger):
            with Watch(got.receive, self.query_seconds):
                generation = await self.answers.generation()
                found = await self._found(got, generation)
        response = await respond(found, JSON, is_gzip_wanted=is_gzip_wanted, is_public=True)
        if generation is not None:
            self.answers.keep(generation, key, len(got.path) + len(got.query_string), response)
        return response

    async def _found(self, got: Got, generation: int | None) -> dict[str, Any]:
        asked = question(got.path, got.query_string)
        if asked is None:
            raise _absent(got.path)
        points = min(POINTS * asked.rows, MOST_COST - LISTING_POINTS)
        self.budgets.charge(PUBLIC, got.address, points)

        async def listed(key: Hashable, read: Callable[[], Awaitable[bytes]]) -> bytes:
            kept = self.answers.find(key)
            if kept:
                return kept.body
            self.budgets.charge(PUBLIC, got.address, LISTING_POINTS)
            listing = await self._shared((self.answers.drops, key), read)
            if generation is not None:
                length = len(got.query_string)
                self.answers.keep(generation, key, length, Response(200, [], listing))
            return listing

        async with self.database.borrow(role_of(Audience.PUBLIC)) as connection:
            found = await asked.answer(connection, listed)
        if found is None:
            raise _absent(got.path)
        return found

    async def _shared(self, key: Hashable, read: Callable[[], Awaitable[bytes]]) -> bytes:
        # After a change everybody needs the listing anew: the first reads it, the others wait.
        while under_way := self._reading.get(key):
            await asyncio.wait([under_way])
            if not under_way.cancelled():
                return under_way.result()
        reading = self._reading[key] = asyncio.get_running_loop().create_future()
        try:
            listing = await read()
            reading.set_result(listing)
        finally:
            del self._reading[key]
            reading.cancel()  # unless it is done: then whoever waits reads it themselves
        return listing

    def _base(self, scope: Scope) -> str:
        if self.public_url:
            return self.public_url.rstrip("/") + PREFIX
        host = next((value for name, value in scope["headers"] if name == b"host"), b"")
        if not HOST.fullmatch(host):
            raise HttpError(400, "The Host header names no host.")
        return f"{scope['scheme']}://{host.decode()}{PREFIX}"


def _absent(path: str) -> HttpError:
    words = (
        f"There is nothing at {PREFIX}{path[:100]}, or no longer; {PREFIX}/{OPENAPI} says what is."
    )
    return HttpError(404, words, code="NOT_FOUND")
