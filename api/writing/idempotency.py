"""Idempotency: a command under a caller's own key is done once, however often it is sent."""

import hashlib
from collections.abc import Awaitable, Callable
from typing import Any

import orjson
from sqlalchemy import bindparam, select
from sqlalchemy.dialects.postgresql import insert

from api.store.composed import Composed
from api.writing.problems import declined
from api.writing.unit_of_work import Change
from schema.types import rows
from schema.words import ProblemCode

LONGEST_KEY = 200

_table = rows.idempotency_key
_CLAIM = Composed(
    insert(_table)
    .values(dict.fromkeys(("subject", "key", "command", "payload_hash")))
    .on_conflict_do_nothing()
    .returning(_table.c.key)
)
_FIND = Composed(
    select(_table.c.command, _table.c.payload_hash, _table.c.outcome).where(
        _table.c.subject == bindparam("subject"), _table.c.key == bindparam("key")
    )
)
_KEEP = Composed(
    _table.update()
    .where(_table.c.subject == bindparam("of_subject"), _table.c.key == bindparam("of_key"))
    .values(outcome=bindparam("kept"))
)


async def once(
    change: Change,
    command: str,
    key: str | None,
    payload: dict[str, Any],
    work: Callable[[], Awaitable[dict[str, Any]]],
) -> dict[str, Any]:
    """The outcome of `work`, done now or, under the same key and payload, before.

    Callers with the same key wait for each other on the key's row. A command that is refused
    leaves no key behind. Raises Declined where the key was used with another payload.
    """
    if key is None:
        return await work()
    if not 1 <= len(key) <= LONGEST_KEY or "\0" in key:
        raise declined(
            ProblemCode.INVALID,
            f"idempotencyKey must have 1 to {LONGEST_KEY} characters.",
            "input",
            "idempotencyKey",
        )
    connection, subject = change.connection, change.actor.viewer.subject
    digest = hashlib.sha256(orjson.dumps(payload, option=orjson.OPT_SORT_KEYS)).hexdigest()
    mine = await _CLAIM.row(
        connection, subject=subject, key=key, command=command, payload_hash=digest
    )
    if mine:
        outcome = await work()
        await _KEEP.run(connection, of_subject=subject, of_key=key, kept=outcome)
        return outcome
    found = await _FIND.row(connection, subject=subject, key=key)
    assert found is not None
    if (found["command"], found["payload_hash"]) != (command, digest):
        raise declined(
            ProblemCode.INVALID,
            "This idempotencyKey was used before with other contents; choose a new key.",
            "input",
            "idempotencyKey",
        )
    kept: dict[str, Any] = found["outcome"]
    return kept
