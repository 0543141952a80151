"""Members as records: who an issuer's subject is here, as the database's owner puts it."""

from dataclasses import dataclass
from typing import Any

import asyncpg

from api.access.joining import Joining
from api.access.keys import SUBJECT
from schema.words import Audience

LONGEST_SUBJECT = 255

_FIND = """
    SELECT subject, member.name, audience, council_gss, council.name AS council,
        organisation.name AS charity, is_disabled, member.created_at
    FROM member
    LEFT JOIN council ON council.gss_code = council_gss
    LEFT JOIN organisation ON organisation.id = organisation_id
"""
_ONE = f"{_FIND} WHERE subject = $1 FOR UPDATE OF member"
_ALL = f"{_FIND} ORDER BY audience, council_gss, charity, subject"
_MOVE = """
    UPDATE member SET audience = $2, council_gss = $3, organisation_id = $4 WHERE subject = $1
"""
_DISABLE = "UPDATE member SET is_disabled = $2 WHERE subject = $1"


class MemberRefusedError(ValueError):
    """The member can't be made or changed; the message says why, and what to do."""


@dataclass(frozen=True)
class MemberRecords:
    """All members; its methods run inside a transaction of `joining`."""

    joining: Joining

    @property
    def _connection(self) -> asyncpg.Connection:
        return self.joining.connection

    async def add(self, subject: str, name: str, audience: Audience, of: str | None) -> str:
        """Make a member; what they are, in words."""
        if not 1 <= len(subject) <= LONGEST_SUBJECT or subject.startswith(SUBJECT):
            raise MemberRefusedError(
                f"A subject has 1 to {LONGEST_SUBJECT} characters, as the issuer's tokens name it "
                f"(sub), and does not begin with {SUBJECT}"
            )
        if await self._connection.fetchrow(_ONE, subject):
            raise MemberRefusedError(f"{subject} is a member; `hearth member move` moves them.")
        await self.joining.put(subject, name, audience, **await self._belongs(audience, of))
        return await self._told(subject)

    async def move(self, subject: str, audience: Audience, of: str | None) -> str:
        """Make a member somebody else's, from the next request on; what they are, in words."""
        await self._known(subject)
        belongs = await self._belongs(audience, of)
        council, charity = belongs.get("council_gss"), belongs.get("organisation_id")
        await self._connection.execute(_MOVE, subject, audience.value, council, charity)
        return await self._told(subject)

    async def disable(self, subject: str, *, is_disabled: bool) -> str:
        """Shut a member out from the next request on, or let them in again; in words."""
        await self._known(subject)
        await self._connection.execute(_DISABLE, subject, is_disabled)
        return await self._told(subject)

    async def all(self) -> list[asyncpg.Record]:
        """Every member."""
        found: list[asyncpg.Record] = await self._connection.fetch(_ALL)
        return found

    async def _known(self, subject: str) -> asyncpg.Record:
        found = await self._connection.fetchrow(_ONE, subject)
        if found is None:
            raise MemberRefusedError(
                f"There is no member {subject[:50]}; `hearth member list` has all."
            )
        return found

    async def _belongs(self, audience: Audience, of: str | None) -> dict[str, Any]:
        if (of is None) == (audience in (Audience.CHARITY, Audience.COUNCIL)):
            wanted = {Audience.CHARITY: "its name", Audience.COUNCIL: "its GSS code"}
            raise MemberRefusedError(
                f"Say of which {audience.lower()}, by {wanted[audience]}."
                if of is None
                else f"{audience.title()} is no part of a council or charity: leave {of} out."
            )
        if audience is Audience.COUNCIL:
            return {"council_gss": await self.joining.known_council(str(of))}
        if audience is Audience.CHARITY:
            return {"organisation_id": await self.joining.organisation(str(of))}
        return {}

    async def _told(self, subject: str) -> str:
        return in_words(await self._known(subject))


def in_words(member: asyncpg.Record) -> str:
    """A member as a line: who, of whom, and whether they are shut out."""
    of = member["council"] or member["charity"]
    whose = f" of {of}" if of else ""
    out = ", disabled" if member["is_disabled"] else ""
    return f"{member['subject']} ({member['name']}): {member['audience'].lower()}{whose}{out}"
