"""Members: which audience a token's subject belongs to, as the database has it now."""

import contextlib
import math
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import datetime

import asyncpg

from api.access.viewer import Viewer
from api.store.database import Borrowed, Database
from api.store.roles import role_of
from schema.refusals import Unauthenticated
from schema.words import Audience

NOT_THIS_AUDIENCE = "HE401"


@dataclass(frozen=True)
class Actor:
    """A member inside a transaction: what commands and their audit need to know."""

    viewer: Viewer
    name: str
    council_gss: str | None
    organisation_name: str | None
    entered_at: datetime


@dataclass
class Members:
    """Finds viewers, and lets them into transactions.

    The audience found for a subject is remembered as a hint only: it picks the connection, and
    `hearth_enter` checks it in every transaction, so a change counts from the next request on.
    """

    database: Database
    _hints: dict[str, Audience] = field(default_factory=dict)

    async def viewer(self, subject: str, expires_at: float = math.inf) -> Viewer:
        """The viewer that a token names; raises Unauthenticated for nobody or the disabled."""
        audience = self._hints.get(subject) or await self._look_up(subject)
        return Viewer(audience, subject, expires_at)

    def audience(self, subject: str) -> Audience:
        """The audience that a subject is taken for; the public's where it isn't known here."""
        return self._hints.get(subject, Audience.PUBLIC)

    async def _look_up(self, subject: str) -> Audience:
        async with self.public() as connection:
            found = await connection.fetchval("SELECT hearth_audience($1)", subject)
        if found is None:
            self._hints.pop(subject, None)
            raise Unauthenticated
        if len(self._hints) > 10_000:
            self._hints.clear()
        self._hints[subject] = Audience(found)
        return self._hints[subject]

    def public(self) -> Borrowed:
        """A connection as the public, outside a transaction."""
        return self.database.borrow(role_of(Audience.PUBLIC))

    @contextlib.asynccontextmanager
    async def entered(
        self, viewer: Viewer, *, readonly: bool, isolation: str | None = None
    ) -> AsyncIterator[tuple[asyncpg.Connection, Actor | None]]:
        """A transaction as the viewer: committed at the end of the block, rolled back on an error.

        The public has no actor. Raises MovedError where the viewer's audience is no longer what
        it was taken for.
        """
        async with (
            self.database.borrow(role_of(viewer.audience)) as connection,
            connection.transaction(isolation=isolation, readonly=readonly),
        ):
            actor = await self._enter(connection, viewer) if viewer.subject else None
            yield connection, actor

    async def _enter(self, connection: asyncpg.Connection, viewer: Viewer) -> Actor:
        try:
            row = await connection.fetchrow("SELECT * FROM hearth_enter($1)", viewer.subject)
        except asyncpg.PostgresError as error:
            if error.sqlstate != NOT_THIS_AUDIENCE:
                raise
            self._hints.pop(str(viewer.subject), None)
            raise MovedError from error
        assert row is not None
        return Actor(viewer, **row)


class MovedError(Exception):
    """The viewer's audience changed since it was looked up: look it up again."""
