"""Steps of a revision that runs while others work (`is_online = True`).

Each is committed by itself and does nothing the second time, so that a revision that was killed is
run again from its first step.
"""

import time
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from alembic import op
from sqlalchemy import Connection, TextClause, text
from sqlalchemy.exc import DBAPIError

from api.terminal import progress

# Whoever waits for a lock on a table keeps waiting all who come after: so give up soon, and often.
BRIEF = "SET lock_timeout = '200ms'"
USUAL = "SET lock_timeout = '5s'"
MOST_TRIES = 300
PAUSE_SECONDS = 0.5
IN_THE_WAY = {"40P01", "55P03"}  # a deadlock; a lock that was not given in time

_TYPE = """
    SELECT format_type(atttypid, atttypmod), reltuples::bigint
    FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid
    WHERE attrelid = to_regclass(:table) AND attname = :key
"""
_BATCH = """
    WITH taken AS MATERIALIZED (
        SELECT {key} AS taken_key FROM {table} {after}
        ORDER BY {key} LIMIT :batch FOR NO KEY UPDATE
    ), filled AS (
        UPDATE {table} SET {assignment} FROM taken WHERE {key} = taken_key AND ({unfilled})
    )
    SELECT taken_key::text AS last, count(*) OVER () AS number
    FROM taken ORDER BY taken_key DESC LIMIT 1
"""


def briefly(*statements: str) -> None:
    """Run statements that lock a table for a moment, one by one.

    No lock is waited for longer than 0.2 s; it is tried again 300 times, twice a second, and the
    last refusal is raised.
    """
    context = op.get_context()
    with context.autocommit_block():
        op.execute(BRIEF)
        for statement in statements:
            _insist(partial(op.execute, statement))
        op.execute(USUAL)


def fill(table: str, assignment: str, unfilled: str, *, key: str = "id", batch: int = 1000) -> None:
    """Set a column in all rows that lack it, some at a time, in the order of their one-column key.

    `assignment` is what follows SET, as `places = 1`; `unfilled` is the condition that it makes
    untrue, as `places IS NULL`. After each batch it rests as long as that took, so that others have
    half of the server at least. Triggers of the table run as ever.
    """
    context = op.get_context()
    if context.as_sql:
        op.execute(f"UPDATE {table} SET {assignment} WHERE {unfilled}")  # noqa: S608
        return
    with context.autocommit_block(), progress(f"Filling {table}") as told:
        connection = op.get_bind()
        type_, total = connection.execute(text(_TYPE), {"table": table, "key": key}).one()
        named = {"assignment": assignment, "key": key, "table": table, "unfilled": unfilled}
        first = text(_BATCH.format(after="", **named))
        after = f"WHERE {key} > CAST(CAST(:after AS text) AS {type_})"
        later = text(_BATCH.format(after=after, **named))
        op.execute(BRIEF)
        done, given = 0, {"batch": batch}
        while True:
            begun = time.monotonic()
            row = _insist(partial(_run, connection, later if done else first, given))
            if row is None:
                break
            done += row.number
            told(done, max(done, total))
            given["after"] = row.last
            time.sleep(time.monotonic() - begun)
        op.execute(USUAL)


def _run(connection: Connection, statement: TextClause, given: Mapping[str, Any]) -> Any:
    return connection.execute(statement, given).one_or_none()


def _insist(step: Callable[[], Any]) -> Any:
    for _ in range(MOST_TRIES):
        try:
            return step()
        except DBAPIError as error:
            if getattr(error.orig, "sqlstate", None) not in IN_THE_WAY:
                raise
            time.sleep(PAUSE_SECONDS)
    return step()
