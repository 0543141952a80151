"""Break-glass: an administrator looks into cases, with a reason, for a while; all are told."""

from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

import asyncpg

from api.offers.statements import FIND_COUNCIL
from api.store.composed import Composed
from api.writing.audit import Event
from api.writing.outbox import Message
from api.writing.problems import Problems, declined
from api.writing.unit_of_work import Change
from schema.tables.columns import uuid7
from schema.text import clean
from schema.types import rows
from schema.types.break_glass import BreakGlassInput
from schema.types.node import uuid_of
from schema.types.problem import Problem
from schema.words import ProblemCode

TOPIC = "break_glass"
LONGEST_MINUTES = 240
LONGEST_REASON = 1000
SHORTEST_REASON = 10
NO_CASE = "HE404"

_INSERT = Composed(
    rows.break_glass.insert()
    .inline()
    .values(dict.fromkeys(("id", "ends_at", "reason", "council_gss", "request_id")))
)


@dataclass(frozen=True)
class Outcome:
    """What the command did: the id of what was noted, or the problems."""

    break_glass: str | None = None
    problems: list[Problem] = field(default_factory=list)


async def break_glass(change: Change, input: BreakGlassInput) -> Outcome:  # noqa: A002
    """Open cases to yourself for a while: one request, or those matched with a council.

    The councils and charities that have a part in them read who opened them, when and why.
    """
    problems = Problems("input")
    reason = clean(input.reason).strip()
    if not SHORTEST_REASON <= len(reason) <= LONGEST_REASON:
        problems.add(
            "reason",
            f"Say why, in {SHORTEST_REASON} to {LONGEST_REASON} characters that all may read.",
        )
    if not 1 <= input.minutes <= LONGEST_MINUTES:
        problems.add("minutes", f"It must be from 1 to {LONGEST_MINUTES} minutes.")
    gss = clean(input.gss_code).strip() if input.gss_code else None
    asked = uuid_of("request")(input.request_id) if input.request_id else None
    if (gss is None) == (asked is None):
        problems.add("requestId", "Give either requestId or gssCode.")
    elif gss and not await FIND_COUNCIL.row(change.connection, gss_code=gss):
        problems.add(
            "gssCode", "There is no such council; councils lists them.", ProblemCode.NOT_FOUND
        )
    problems.refuse_if_any()
    return Outcome(f"breakglass_{await _record(change, reason, input.minutes, gss, asked)}")


async def _record(
    change: Change, reason: str, minutes: int, gss: str | None, request_id: UUID | None
) -> UUID:
    key = uuid7()
    ends_at = change.actor.entered_at + timedelta(minutes=minutes)
    given = {"council_gss": gss, "request_id": request_id}
    try:
        await _INSERT.run(change.connection, id=key, ends_at=ends_at, reason=reason, **given)
    except asyncpg.PostgresError as error:
        if error.sqlstate != NO_CASE:
            raise
        path, what = (
            ("gssCode", "cases of this council") if gss else ("requestId", "cases with this id")
        )
        message = f"There are no {what}."
        raise declined(ProblemCode.NOT_FOUND, message, "input", path) from error
    changes = {"ends_at": [None, ends_at.isoformat()]}
    changes |= {name: [None, str(value)] for name, value in given.items() if value}
    summary = f"opened cases for {minutes} minutes: {reason}"
    await change.record(
        Event("breakGlass", gss, "BreakGlass", key, changes, summary),
        Message(TOPIC, {"break_glass_id": str(key)}),
    )
    return key
