"""What is kept for how long: each kind of data goes once its time is over."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

import asyncpg

from api.requests.subject import SubjectError, erase
from schema.tables.match import LIVE

BATCH = 500
MOST_DAYS = 36_500

# By the step that ended it: an ended request is touched later too, as when its words go.
ENDED = """
    SELECT id FROM request
    WHERE status IN ('CLOSED', 'WITHDRAWN') AND $1 > coalesce(
        (
            SELECT max(at) FROM request_event
            WHERE request_id = request.id AND step IN ('ENDED', 'WITHDRAWN')
        ),
        updated_at
    )
"""
# A check that failed has a reason, whatever it was.
GONE = "No longer kept."
OVER = """
    (state IN ('DECLINED', 'EXPIRED', 'WITHDRAWN') AND coalesce(decided_at, updated_at) < $1)
    OR (state = 'HELD' AND held_until < $1)
"""


@dataclass(frozen=True)
class Kind:
    """A kind of data: for how many days it is kept, since when, and how it goes.

    `due` selects the keys of the rows whose time is over before $1, and `drop` deals with those
    keys ($1); a kind without `drop` is erased row by row.
    """

    days: int
    since: str
    due: str
    drop: str | None = None


KINDS: Mapping[str, Kind] = {
    "idempotency": Kind(
        2,
        "the command",
        "SELECT ctid::text FROM idempotency_key WHERE created_at < $1",
        "DELETE FROM idempotency_key WHERE ctid::text = ANY($1::text[])",
    ),
    "outbox": Kind(
        7,
        "it was told",
        "SELECT id::text FROM outbox WHERE sent_at < $1",
        "DELETE FROM outbox WHERE id = ANY($1::text[]::bigint[])",
    ),
    "silent": Kind(
        365,
        "the last step or consent",
        f"""
            SELECT id::text FROM request
            WHERE status = 'SUBMITTED' AND updated_at < $1 AND coalesce(needed_by < $1, true)
                AND NOT EXISTS (SELECT FROM match WHERE request_id = request.id AND {LIVE})
                AND NOT EXISTS (SELECT FROM consent WHERE request_id = request.id AND at >= $1)
        """,  # noqa: S608 - a constant of ours
        """
            WITH ended AS (
                UPDATE request SET
                    status = 'WITHDRAWN', closed_reason = 'Nothing was heard of it for too long.',
                    updated_at = now(), version = version + 1
                WHERE id = ANY($1::text[]::uuid[]) AND status = 'SUBMITTED'
                RETURNING *
            )
            INSERT INTO request_event (
                id, request_id, step, organisation_id, people, kind_codes, route_code
            )
            SELECT gen_random_uuid(), id, 'WITHDRAWN', organisation_id,
                adults + cardinality(child_ages), kind_codes, route_code
            FROM ended
        """,
    ),
    "contact": Kind(
        90,
        "the request ended",
        f"SELECT request_id::text FROM request_contact WHERE request_id IN ({ENDED})",  # noqa: S608
        "DELETE FROM request_contact WHERE request_id = ANY($1::text[]::uuid[])",
    ),
    "words": Kind(
        90,
        "the request ended",
        f"""
            SELECT id::text FROM match
            WHERE reason IS NOT NULL AND state = 'DECLINED' AND reason LIKE '%: %'
                AND request_id IN ({ENDED})
            UNION ALL
            SELECT id::text FROM request
            WHERE closed_reason IS NOT NULL AND status = 'WITHDRAWN' AND id IN ({ENDED})
        """,  # noqa: S608
        """
            WITH declined AS (
                UPDATE match SET reason = split_part(reason, ':', 1)
                WHERE id = ANY($1::text[]::uuid[])
            )
            UPDATE request SET closed_reason = NULL WHERE id = ANY($1::text[]::uuid[])
        """,
    ),
    "address": Kind(
        180,
        "the offer was closed",
        """
            SELECT offer_id::text FROM offer_address
            WHERE offer_id IN (SELECT id FROM offer WHERE status = 'CLOSED' AND updated_at < $1)
        """,
        "DELETE FROM offer_address WHERE offer_id = ANY($1::text[]::uuid[])",
    ),
    "check": Kind(
        180,
        "the offer was closed",
        f"""
            SELECT id::text FROM offer_check
            WHERE failure_reason <> '{GONE}'
                AND offer_id IN (SELECT id FROM offer WHERE status = 'CLOSED' AND updated_at < $1)
        """,  # noqa: S608
        f"UPDATE offer_check SET failure_reason = '{GONE}' WHERE id = ANY($1::text[]::uuid[])",  # noqa: S608
    ),
    "match": Kind(
        365,
        "it came to nothing",
        f"SELECT id::text FROM match WHERE {OVER}",  # noqa: S608
        "DELETE FROM match WHERE id = ANY($1::text[]::uuid[])",
    ),
    "look": Kind(
        730,
        "the look",
        "SELECT id::text FROM contact_look WHERE at < $1",
        "DELETE FROM contact_look WHERE id = ANY($1::text[]::uuid[])",
    ),
    "request": Kind(730, "it ended", f"SELECT id::text FROM ({ENDED}) AS ended"),  # noqa: S608
}


def periods(given: Mapping[str, int]) -> dict[str, int]:
    """The days of each kind, some given otherwise.

    ValueError for a kind that there isn't, for less than a day, since what ended just now may have
    ended by mistake, and for more than a century.
    """
    unknown = sorted(set(given) - set(KINDS))
    if unknown:
        raise ValueError(f"there is no kind {unknown[0]!r}; there are {', '.join(KINDS)}")
    odd = sorted(name for name, days in given.items() if not 1 <= days <= MOST_DAYS)
    if odd:
        name = odd[0]
        raise ValueError(
            f"{name} is to be kept for {given[name]} days; the least is 1, and the most {MOST_DAYS}"
        )
    return {name: given.get(name, kind.days) for name, kind in KINDS.items()}


async def due(connection: asyncpg.Connection, days: Mapping[str, int]) -> dict[str, int]:
    """How many rows of each kind are to go now; nothing is changed."""
    now = await connection.fetchval("SELECT now()")
    return {
        name: await connection.fetchval(
            f"SELECT count(*) FROM ({kind.due}) AS due",  # noqa: S608 - constants above
            now - timedelta(days=days[name]),
        )
        for name, kind in KINDS.items()
    }


async def run(
    connection: asyncpg.Connection, days: Mapping[str, int], progress: Callable[[int, int], None]
) -> dict[str, int]:
    """Let go what is due, in small transactions: how many rows of each kind.

    Stopped at any moment, the next run goes on; again, it does nothing.
    """
    total = sum((await due(connection, days)).values())
    now = await connection.fetchval("SELECT now()")
    gone = dict.fromkeys(KINDS, 0)
    for name, kind in KINDS.items():
        before = now - timedelta(days=days[name])
        skipped: set[str] = set()
        while True:
            rows = await connection.fetch(f"{kind.due} LIMIT {BATCH + len(skipped)}", before)
            keys = [row[0] for row in rows if row[0] not in skipped]
            if not keys:
                break
            skipped |= await _drop(connection, kind, keys)
            gone[name] += sum(key not in skipped for key in keys)
            progress(sum(gone.values()), max(total, sum(gone.values())))
    return gone


async def _drop(connection: asyncpg.Connection, kind: Kind, keys: list[str]) -> set[str]:
    """Let these go; those that can't yet."""
    if kind.drop:
        await connection.execute(kind.drop, keys)
        return set()
    kept = set()
    for key in keys:
        try:
            async with connection.transaction():
                await erase(connection, UUID(key), lambda done, total: None)
        except SubjectError:
            # A match of it is live still: the next run comes back to it.
            kept.add(key)
    return kept
