"""One household's data, wherever it is: all of it told, or all of it gone.

The walk asks the database itself which tables there are: rows that point to the request by a
foreign key, and any row of any table in which its id, its reference, or an id of those rows is
written, whatever the column. So a new table is found without being named here; what becomes of
it when a household is erased must then be said, or nothing is erased.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import orjson

from api.access.sealing import Sealing
from schema.tables.match import LIVE

REFERENCE = re.compile(r"HR-[0-9A-Z]{8}")
OF = "request"
# What mentions a household by its bare id, which leads nowhere once the request is gone.
KEPT = {
    "audit_event": "who did what and when is never changed",
    "break_glass": "who looked into cases is never changed",
}
# What mentions it in passing.
PASSING = ("idempotency_key", "outbox")

_FOREIGN_KEYS = """
    SELECT child.relname AS child, attname AS column, parent.relname AS parent
    FROM pg_constraint
    JOIN pg_class AS child ON child.oid = conrelid
    JOIN pg_class AS parent ON parent.oid = confrelid
    JOIN pg_attribute ON attrelid = conrelid AND attnum = conkey[1]
    WHERE contype = 'f' AND connamespace = 'public'::regnamespace
    ORDER BY child, attname
"""
_TABLES = """
    SELECT relname FROM pg_class
    WHERE relkind IN ('r', 'p') AND relnamespace = 'public'::regnamespace ORDER BY relname
"""
_FIND = "SELECT id FROM request WHERE reference = $1"
# The steps that statistics are made of go on under ids that nothing else holds, the audit neither.
_UNTIE = """
    UPDATE request_event SET
        request_id = $2::uuid, match_id = md5($2::uuid::text || match_id::text)::uuid
    WHERE request_id = $1
"""
_IS_LIVE = f"SELECT EXISTS (SELECT FROM match WHERE request_id = $1 AND {LIVE})"  # noqa: S608
_STATUS = "SELECT status FROM request WHERE id = $1 FOR UPDATE"

Progress = Callable[[int, int], None]


class SubjectError(ValueError):
    """There is no such household, or it can't be erased; the message says what to do."""


@dataclass(frozen=True)
class Subject:
    """A household: its request, the rows that point to it, and all that it may be known by."""

    request_id: UUID
    pointing: Sequence[tuple[str, str, Sequence[UUID]]]
    known_by: Sequence[str]


async def find(connection: asyncpg.Connection, reference: str) -> UUID:
    """The id of the request with a reference; raises SubjectError."""
    wanted = reference.strip().upper()
    found: UUID | None = None
    if REFERENCE.fullmatch(wanted):
        found = await connection.fetchval(_FIND, wanted)
    if found is None:
        raise SubjectError(f"There is no request {wanted[:20]!r}; a reference is like HR-7K3M9QXA.")
    return found


async def gathered(connection: asyncpg.Connection, request_id: UUID) -> Subject:
    """The request with every row that points to it, directly or through others."""
    keys = await connection.fetch(_FOREIGN_KEYS)
    reference = await connection.fetchval("SELECT reference FROM request WHERE id = $1", request_id)
    pointing: list[tuple[str, str, Sequence[UUID]]] = []
    ids, frontier = [request_id], {OF: [request_id]}
    while frontier:
        below: dict[str, list[UUID]] = {}
        for key in keys:
            above = frontier.get(key["parent"])
            if not above:
                continue
            child, column = key["child"], key["column"]
            rows = await connection.fetch(
                f"SELECT to_jsonb(t) ->> 'id' AS id FROM {child} AS t "  # noqa: S608 - the catalogue's
                f"WHERE {column} = ANY($1::uuid[])",
                above,
            )
            found = [UUID(row["id"]) for row in rows if row["id"]]
            pointing.append((child, column, above))
            below.setdefault(child, []).extend(each for each in found if each not in ids)
            ids += found
        frontier = {name: found for name, found in below.items() if found}
    names = list(dict.fromkeys(str(each) for each in ids))
    return Subject(request_id, pointing, [*names, *([reference] if reference else [])])


async def mentioned(
    connection: asyncpg.Connection, subject: Subject, progress: Progress
) -> dict[str, list[dict[str, Any]]]:
    """Every row of every table in which the household is mentioned, by table."""
    patterns = [f"%{each}%" for each in subject.known_by]
    tables = [row["relname"] for row in await connection.fetch(_TABLES)]
    found: dict[str, list[dict[str, Any]]] = {}
    for done, table in enumerate(tables, start=1):
        rows = await connection.fetch(
            f"SELECT to_jsonb(t)::text FROM {table} AS t WHERE t::text LIKE ANY($1)",  # noqa: S608
            patterns,
        )
        if rows:
            found[table] = [orjson.loads(row[0]) for row in rows]
        progress(done, len(tables))
    return found


async def exported(
    connection: asyncpg.Connection, request_id: UUID, sealing: Sealing, progress: Progress
) -> dict[str, Any]:
    """All that is kept about a household, by table; what is sealed is opened."""
    async with connection.transaction(isolation="repeatable_read", readonly=True):
        subject = await gathered(connection, request_id)
        found = await mentioned(connection, subject, progress)
    for row in _sealed(found):
        row["opened"] = sealing.read(OF, request_id, bytes.fromhex(row.pop("sealed")[2:]))
    return found


def _sealed(found: Mapping[str, list[dict[str, Any]]]) -> Iterator[dict[str, Any]]:
    return (row for rows in found.values() for row in rows if "sealed" in row)


async def erase(
    connection: asyncpg.Connection, request_id: UUID, progress: Progress
) -> dict[str, int]:
    """Erase a household in the caller's transaction: how many rows went, by table.

    Its steps stay under other ids, and the audit with its bare id. Raises SubjectError while it is
    matched, and where it would be mentioned still.
    """
    status = await connection.fetchval(_STATUS, request_id)
    if await connection.fetchval(_IS_LIVE, request_id):
        raise SubjectError(
            f"The request is {status.lower()} and a match of it is live, so its places count. End "
            "that first: the charity withdraws the request, or the council ends the placement."
        )
    subject = await gathered(connection, request_id)
    gone: dict[str, int] = {}
    patterns = [f"%{each}%" for each in subject.known_by]
    for table in PASSING:
        status = await connection.execute(
            f"DELETE FROM {table} AS t WHERE t::text LIKE ANY($1)",  # noqa: S608
            patterns,
        )
        gone[table] = int(status.split()[1])
    for table, column, above in reversed(subject.pointing):
        status = await connection.execute(
            f"DELETE FROM {table} WHERE {column} = ANY($1::uuid[])",  # noqa: S608
            above,
        )
        gone[table] = gone.get(table, 0) + int(status.split()[1])
    await connection.execute("DELETE FROM request WHERE id = $1", request_id)
    gone[OF] = 1
    await connection.execute(_UNTIE, request_id, uuid4())
    left = set(await mentioned(connection, subject, progress)) - set(KEPT)
    if left:
        raise SubjectError(
            f"It would still be mentioned in {', '.join(sorted(left))}, so nothing was erased: say "
            "in api/requests/subject.py what becomes of these tables."
        )
    return {table: count for table, count in gone.items() if count}
