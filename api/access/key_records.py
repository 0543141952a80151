"""Charities' API keys as records: made, listed, replaced and revoked, as the database's owner."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg

from api.access.joining import Joining
from api.access.keys import Pepper, new_key, public_id_of
from schema.tables.access import Network

LONGEST_DAYS = 365
MOST_LIVE = 2
OVERLAP = timedelta(days=7)

_FIND = """
    SELECT public_id, organisation_id, organisation.name AS charity, is_read_only, networks,
        revoked_at,
        api_key.created_at, expires_at, last_used_at,
        CASE
            WHEN revoked_at IS NOT NULL THEN 'revoked'
            WHEN expires_at <= now() THEN 'expired'
            ELSE 'live'
        END AS state
    FROM api_key JOIN organisation ON organisation.id = organisation_id
"""
_OF_ONE = f"{_FIND} WHERE public_id = $1 FOR UPDATE OF api_key"
_ALL = f"{_FIND} ORDER BY charity, api_key.created_at, public_id"
_LOCK = "SELECT name FROM organisation WHERE id = $1 FOR UPDATE"
_LIVE = """
    SELECT public_id FROM api_key
    WHERE organisation_id = $1 AND revoked_at IS NULL AND expires_at > now() ORDER BY created_at
"""
_INSERT = """
    INSERT INTO api_key (public_id, organisation_id, digest, is_read_only, networks, expires_at)
    VALUES ($1, $2, $3, $4, $5, now() + $6) RETURNING expires_at
"""
_SHORTEN = "UPDATE api_key SET expires_at = least(expires_at, now() + $2) WHERE public_id = $1"
_REVOKE = "UPDATE api_key SET revoked_at = now() WHERE public_id = $1"


class KeyRefusedError(ValueError):
    """The key can't be made, replaced or revoked; the message says why, and what to do."""


@dataclass(frozen=True)
class NewKey:
    """A key that was just made; its text is nowhere else, and can't be shown again."""

    text: str
    organisation_id: UUID
    charity: str
    expires_at: datetime

    @property
    def public_id(self) -> str:
        """The part that names it."""
        found = public_id_of(self.text)
        assert found is not None
        return found


@dataclass(frozen=True)
class KeyRecords:
    """The keys of all charities; its methods run inside a transaction of `joining`."""

    joining: Joining
    pepper: Pepper

    @property
    def _connection(self) -> asyncpg.Connection:
        return self.joining.connection

    async def create(
        self, charity: str, *, days: int, is_read_only: bool, networks: Sequence[Network] = ()
    ) -> NewKey:
        """A new key of a charity, which is made if it is new; good from `networks`, or anywhere."""
        organisation_id = await self.joining.organisation(charity)
        lifetime = timedelta(days=days)
        return await self._add(
            organisation_id, lifetime, is_read_only=is_read_only, networks=networks
        )

    async def rotate(self, public_id: str, *, days: int) -> NewKey:
        """A new key that may do what this one may, from where it may; this one ends in a week."""
        old = await self._live(public_id)
        new = await self._add(
            old["organisation_id"],
            timedelta(days=days),
            is_read_only=old["is_read_only"],
            networks=old["networks"],
        )
        await self._connection.execute(_SHORTEN, public_id, OVERLAP)
        return new

    async def revoke(self, public_id: str) -> asyncpg.Record:
        """End a key now; what it was."""
        found = await self._live(public_id)
        await self._connection.execute(_REVOKE, public_id)
        return found

    async def all(self) -> list[asyncpg.Record]:
        """Every key, without its secret."""
        found: list[asyncpg.Record] = await self._connection.fetch(_ALL)
        return found

    async def _live(self, public_id: str) -> Any:
        found = await self._connection.fetchrow(_OF_ONE, public_id)
        if found is None:
            raise KeyRefusedError(f"There is no key {public_id[:20]}; `hearth key list` has all.")
        if found["state"] != "live":
            raise KeyRefusedError(f"The key {public_id} of {found['charity']} is {found['state']}.")
        return found

    async def _add(
        self,
        organisation_id: UUID,
        lifetime: timedelta,
        *,
        is_read_only: bool,
        networks: Sequence[Network],
    ) -> NewKey:
        charity = await self._connection.fetchval(_LOCK, organisation_id)
        live = [row["public_id"] for row in await self._connection.fetch(_LIVE, organisation_id)]
        if len(live) >= MOST_LIVE:
            raise KeyRefusedError(
                f"{charity} has {MOST_LIVE} live keys already ({', '.join(live)}). "
                "Revoke one first: `hearth key revoke ID`."
            )
        text = new_key()
        expires_at = await self._connection.fetchval(
            _INSERT,
            public_id_of(text),
            organisation_id,
            self.pepper.digest(text),
            is_read_only,
            networks,
            lifetime,
        )
        return NewKey(text, organisation_id, charity, expires_at)
