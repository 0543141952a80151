"""The chain over the audit: each link's hash covers the event and the link before.

The relay chains events a moment after their commands, under a lock of its own: a chain inside the
commands' transactions would queue every writer. `verify` reads it all again.
"""

import hashlib
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from uuid import UUID

import asyncpg

from api.store.composed import Composed
from schema.types import rows

BATCH = 500
START = bytes(32)
MOST_COMPARED = 200

# The event as text, the same on every server and in every time zone.
TEXT = """
    jsonb_build_array(
        event.id, to_char(event.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US'),
        event.actor_subject, event.actor_name, event.audience, event.council_gss, event.command,
        event.subject_type, event.subject_id, event.changes, event.summary,
        event.organisation_id, event.request_id
    )::text
"""
# One at a time, so that the chain never forks; the lock goes with the transaction.
_ONE_AT_A_TIME = "SELECT pg_try_advisory_xact_lock(hashtext('hearth audit chain'))"
_LAST = "SELECT position, hash FROM audit_link ORDER BY position DESC LIMIT 1"
# One that went missing before it was chained gets its link all the same, and is found by that. What
# has its link waits no longer: a trigger of audit_link sees to that.
_CLAIM = f"""
    SELECT due.event_id, {TEXT} AS text
    FROM (SELECT event_id FROM audit_pending ORDER BY event_id LIMIT $1) AS due
    LEFT JOIN audit_event AS event ON event.id = due.event_id
    ORDER BY due.event_id
"""  # noqa: S608 - constants of ours
_APPEND = Composed(rows.audit_link.insert().values(dict.fromkeys(("position", "event_id", "hash"))))
_LINKS = f"""
    SELECT link.position, link.event_id, link.hash, {TEXT} AS text, event.id AS found
    FROM audit_link AS link LEFT JOIN audit_event AS event ON event.id = link.event_id
    ORDER BY link.position
"""  # noqa: S608 - constants of ours
_LEFT_OUT = """
    SELECT id FROM audit_event AS event
    WHERE NOT EXISTS (SELECT FROM audit_link WHERE event_id = event.id)
        AND NOT EXISTS (SELECT FROM audit_pending WHERE event_id = event.id)
    ORDER BY id
"""
_COUNTS = """
    SELECT (SELECT count(*) FROM audit_link), (SELECT count(*) FROM audit_pending)
"""


async def extend(connection: asyncpg.Connection) -> int:
    """Chain a batch of events, in the caller's transaction: how many; 0 while another does."""
    if not await connection.fetchval(_ONE_AT_A_TIME):
        return 0
    claimed = await connection.fetch(_CLAIM, BATCH)
    if not claimed:
        return 0
    last = await connection.fetchrow(_LAST)
    position, above = (last["position"], last["hash"]) if last else (0, START)
    links = []
    for number, row in enumerate(claimed, start=position + 1):
        above = linked(above, row["text"])
        links.append({"position": number, "event_id": row["event_id"], "hash": above})
    await _APPEND.run_each(connection, links)
    return len(links)


def linked(above: bytes, text: str) -> bytes:
    """The hash of a link from the one above it and its event's text."""
    return hashlib.sha256(above + text.encode()).digest()


@dataclass(frozen=True)
class Anchor:
    """How far the chain came once, kept where who can change the database can't."""

    position: int
    hash: bytes

    def __str__(self) -> str:
        """As it is kept in a file."""
        return f"{self.position} {self.hash.hex()}"

    @classmethod
    def parsed(cls, text: str) -> "Anchor":
        """Read what was kept; raises ValueError for anything else."""
        position, _, kept = text.strip().partition(" ")
        found = bytes.fromhex(kept)
        if len(found) != len(START):
            raise ValueError("a hash has 64 digits")
        return cls(int(position), found)


@dataclass
class Verdict:
    """What became of a verification: how far the chain goes, and what is wrong with it."""

    anchor: Anchor
    pending: int
    findings: list[str] = field(default_factory=list)


@dataclass
class _Broken:
    position: int
    event_id: UUID
    above: bytes
    hash: bytes
    text: str


async def verify(
    connection: asyncpg.Connection,
    anchor: Anchor | None = None,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Verdict:
    """Read the whole audit and its chain in one snapshot, and say what doesn't fit."""
    async with connection.transaction(isolation="repeatable_read", readonly=True):
        total, pending = await connection.fetchrow(_COUNTS)
        verdict = Verdict(Anchor(0, START), pending)
        broken: list[_Broken] = []
        reached: bytes | None = START if anchor and anchor.position == 0 else None
        done = 0
        async for row in _links(connection):
            position, above = row["position"], verdict.anchor.hash
            if position != verdict.anchor.position + 1:
                gap = f"{verdict.anchor.position + 1} to {position - 1}"
                verdict.findings.append(f"Links {gap} of the chain are missing.")
            elif row["found"] is None:
                verdict.findings.append(
                    f"Event {row['event_id']} (link {position}) was removed from the audit."
                )
            elif linked(above, row["text"]) != row["hash"]:
                broken.append(_Broken(position, row["event_id"], above, row["hash"], row["text"]))
            verdict.anchor = Anchor(position, row["hash"])
            if anchor and position == anchor.position:
                reached = row["hash"]
            done += 1
            if done % BATCH == 0 or done == total:
                progress(done, total)
        verdict.findings += _told(broken)
        for row in await connection.fetch(_LEFT_OUT):
            verdict.findings.append(
                f"Event {row['id']} is in no link: it was slipped in, or its link was removed."
            )
    if anchor and reached is None:
        verdict.findings.append(
            f"The chain ends at link {verdict.anchor.position}, but it had come to "
            f"{anchor.position} before: its end was cut off."
        )
    elif anchor and reached != anchor.hash:
        verdict.findings.append(
            f"Link {anchor.position} is not what it was: the chain was made anew."
        )
    return verdict


async def _links(connection: asyncpg.Connection) -> AsyncIterator[asyncpg.Record]:
    async for row in connection.cursor(_LINKS, prefetch=BATCH):
        yield row


def _told(broken: list[_Broken]) -> list[str]:
    # Where two events fit in each other's places they were swapped; else each was changed.
    told, known = [], set()
    for one in broken[:MOST_COMPARED]:
        for other in broken[:MOST_COMPARED]:
            fits = linked(one.above, other.text) == one.hash
            if fits and one is not other and one.position not in known:
                known |= {one.position, other.position}
                told.append(f"Links {one.position} and {other.position} of the chain were swapped.")
    return told + [
        f"Event {each.event_id} (link {each.position}) is not as it was chained: "
        "it was changed, or put in another's place."
        for each in broken
        if each.position not in known
    ]
