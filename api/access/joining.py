"""Making members, as the database's owner: what `hearth token`, `member` and `key` do."""

import contextlib
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from uuid import UUID

import asyncpg
from sqlalchemy import bindparam, func, select
from sqlalchemy.dialects.postgresql import insert

from api.store.composed import Composed
from api.store.database import prepare
from api.store.roles import OWNER
from schema.tables.columns import uuid7
from schema.types import rows
from schema.words import Audience

_organisation, _member = rows.organisation, rows.member
_FIND_COUNCIL = Composed(
    select(
        rows.council.c.name,
        rows.council.c.ends_on,
        rows.council.c.successors,
        (rows.council.c.ends_on < func.current_date()).label("is_abolished"),
    ).where(rows.council.c.gss_code == bindparam("gss_code"))
)
_PUT_ORGANISATION = Composed(
    insert(_organisation).values(dict.fromkeys(("id", "name"))).on_conflict_do_nothing()
)
_FIND_ORGANISATION = Composed(
    select(_organisation.c.id).where(_organisation.c.name == bindparam("name"))
)
_PUT_MEMBER = Composed(
    insert(_member)
    .values(dict.fromkeys(("subject", "name", "audience", "council_gss", "organisation_id")))
    .on_conflict_do_nothing()
)


class UnknownCouncilError(ValueError):
    """No such council, or one that is no more; the message says which, and what to do."""


@dataclass(frozen=True)
class Joining:
    """Makes members over one connection to the database, as the owner."""

    connection: asyncpg.Connection

    @classmethod
    async def open(cls, url: str) -> "Joining":
        """Connect."""
        connection = await asyncpg.connect(url)
        await connection.execute(f"SET ROLE {OWNER}")
        return cls(connection)

    @classmethod
    @contextlib.asynccontextmanager
    async def entered(cls, url: str) -> AsyncIterator["Joining"]:
        """Connect for one transaction."""
        joining = await cls.open(url)
        try:
            await prepare(joining.connection)
            async with joining.connection.transaction():
                yield joining
        finally:
            await joining.connection.close()

    async def council(self, gss_code: str) -> str:
        """The subject of an officer of a council."""
        code = await self.known_council(gss_code)
        row = await _FIND_COUNCIL.row(self.connection, gss_code=code)
        assert row is not None
        name = f"An officer of {row['name']}"
        return await self._member(Audience.COUNCIL, code, name, council_gss=code)

    async def known_council(self, gss_code: str) -> str:
        """A council's code as it is kept; raises UnknownCouncilError for none, or none any more."""
        code = gss_code.strip().upper()
        row = await _FIND_COUNCIL.row(self.connection, gss_code=code)
        if row is None:
            raise UnknownCouncilError(
                f"There is no council with the GSS code {code}. Oxford's is E07000178; "
                "the query councils lists them all."
            )
        if row["is_abolished"]:
            raise UnknownCouncilError(
                f"{row['name']} ({code}) was abolished ({row['ends_on']}). "
                f"Take its successor: {', '.join(row['successors']) or 'none is known'}."
            )
        return code

    async def charity(self, name: str) -> str:
        """The subject of somebody at a charity, which is made if it is new."""
        organisation_id = await self.organisation(name)
        slug = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-") or str(organisation_id)
        return await self._member(
            Audience.CHARITY, slug, f"Somebody at {name}", organisation_id=organisation_id
        )

    async def organisation(self, name: str) -> UUID:
        """The id of a charity, which is made if it is new."""
        await _PUT_ORGANISATION.run(self.connection, id=uuid7(), name=name)
        row = await _FIND_ORGANISATION.row(self.connection, name=name)
        assert row is not None
        found: UUID = row["id"]
        return found

    async def liaison(self) -> str:
        """The subject of a government liaison."""
        return await self._member(Audience.LIAISON, "development", "A government liaison")

    async def admin(self, name: str = "An administrator", key: str = "development") -> str:
        """The subject of an administrator."""
        return await self._member(Audience.ADMIN, key, name)

    async def _member(self, audience: Audience, key: str, name: str, **owner: object) -> str:
        subject = f"{audience.lower()}:{key}"
        await self.put(subject, name, audience, **owner)
        return subject

    async def put(self, subject: str, name: str, audience: Audience, **owner: object) -> None:
        """Make a member of a council (`council_gss`) or charity (`organisation_id`), if new."""
        belongs = {"council_gss": None, "organisation_id": None, **owner}
        await _PUT_MEMBER.run(
            self.connection, subject=subject, name=name, audience=audience.value, **belongs
        )
