"""Health: alive says that the process answers, ready that it can do its work."""

import mmap
from dataclasses import dataclass

import asyncpg
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from api.access.members import Members
from api.store.listening import Listener
from api.store.migrating import head, is_known
from schema.refusals import Refused


class Stopping:
    """Whether the server was told to stop, in memory that its workers share with it by fork."""

    def __init__(self) -> None:
        self._shared = mmap.mmap(-1, 1)

    def set(self) -> None:
        """Say so, to all that were forked from here."""
        self._shared[0] = 1

    def is_set(self) -> bool:
        """Whether it was said."""
        return self._shared[0] == 1


STOPPING = Stopping()


@dataclass(frozen=True)
class Health:
    """The two probes."""

    members: Members
    listener: Listener
    stopping: Stopping

    async def live(self, request: Request) -> Response:
        """The process answers, whatever the database does."""
        return JSONResponse({"status": "ok"}, headers={"cache-control": "no-store"})

    async def ready(self, request: Request) -> Response:
        """The database answers, at the schema that this version was built for."""
        problem = await self._problem()
        if problem:
            return JSONResponse(
                {"status": "unavailable", "problem": problem},
                503,
                headers={"cache-control": "no-store", "retry-after": "1"},
            )
        return JSONResponse({"status": "ok"}, headers={"cache-control": "no-store"})

    async def _problem(self) -> str | None:
        if self.stopping.is_set():
            return "The server is stopping."
        try:
            async with self.members.public() as connection:
                found = await connection.fetchval("SELECT version_num FROM alembic_version")
        except (Refused, asyncpg.PostgresError):
            return "The database does not answer."
        # A newer revision leaves the version before it working: what serves goes on until a newer
        # server takes its place. No server starts over one.
        if found != head() and is_known(found):
            return f"The database is at revision {found}, not {head()}: run `hearth migrate`."
        if not self.listener.is_listening.is_set():
            return "Changes are not followed: the listening connection is down."
        return None
