"""Commands on allocations: begun, confirmed and called off; the work itself is the allocator's."""

from collections import Counter
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import asyncpg
import strawberry
from sqlalchemy import bindparam, func, select

from api.matching.pairs import read_pairs
from api.matching.rules import Pair, blockers
from api.offers.statements import FIND_COUNCIL, FIND_KIND, KNOWN_ROUTES
from api.requests.events import TOPIC
from api.requests.rules import listed
from api.store.composed import Composed
from api.writing.audit import Event
from api.writing.outbox import Message
from api.writing.problems import Problems, declined
from api.writing.unit_of_work import Change
from schema.tables.columns import uuid7
from schema.types import rows
from schema.types.allocation_inputs import AllocationInput
from schema.types.node import uuid_of
from schema.types.problem import Problem
from schema.words import AllocationState, Audience, ProblemCode

HOLD_HOURS = 48
LONGEST_SECONDS = 600

# Why a proposal holds no longer, as "3 ...": one, and several.
MOVED = {
    "gone": ("household no longer waits", "households no longer wait"),
    "offer": ("offer is closed or full", "offers are closed or full"),
    "places": ("offer has too few places now", "offers have too few places now"),
    "other": ("pair no longer suits", "pairs no longer suit"),
}

_allocation, _proposal = rows.allocation, rows.allocation_proposal
_INSERT = Composed(
    _allocation.insert().values(
        dict.fromkeys(
            (
                "id",
                "owner_gss",
                "subject",
                "kind_codes",
                "gss_codes",
                "regions",
                "policy",
                "route_policies",
                "time_limit_seconds",
                "state",
            )
        )
    )
)
_LOCK = Composed(
    select(_allocation).where(_allocation.c.id == bindparam("allocation_id")).with_for_update()
)
_MOVE = Composed(
    _allocation.update()
    .where(_allocation.c.id == bindparam("allocation_id"))
    .values(message=bindparam("said"), state=bindparam("new_state"), updated_at=func.now())
)
_PROPOSALS = Composed(
    select(_proposal)
    .where(_proposal.c.allocation_id == bindparam("allocation_id"))
    .order_by(_proposal.c.score.desc(), _proposal.c.id)
)
_WITHDRAW = """
    UPDATE allocation_proposal SET state = 'WITHDRAWN', reason = gone.reason
    FROM unnest($1::uuid[], $2::text[]) AS gone(id, reason)
    WHERE allocation_proposal.id = gone.id
"""
_HOLD = """
    INSERT INTO match (
        id, request_id, offer_id, council_gss, organisation_id, kind_code, places, state,
        proposed_by, held_until, asks_first, score, reasons
    )
    SELECT proposal.id, request.id, offer_id, council_gss, organisation_id, kind_code, places,
        'HELD', 'COUNCIL', now() + make_interval(hours => $2), asks_first, score, reasons
    FROM allocation_proposal AS proposal JOIN request ON request.id = request_id
    WHERE proposal.id = ANY ($1::uuid[])
    ORDER BY offer_id, proposal.id
"""
_NOTE_STEPS = """
    INSERT INTO request_event (
        id, request_id, step, organisation_id, people, kind_codes, route_code, match_id, offer_id,
        council_gss, held_until
    )
    SELECT gen_random_uuid(), request.id, step, organisation_id, places, ARRAY[kind_code],
        route_code, proposal.id, offer_id, council_gss,
        CASE WHEN step = 'HELD' THEN now() + make_interval(hours => $2) END
    FROM allocation_proposal AS proposal JOIN request ON request.id = request_id
    CROSS JOIN unnest(ARRAY['PROPOSED', 'HELD']) AS step
    WHERE proposal.id = ANY ($1::uuid[])
"""
_NOTE_AUDIT = """
    INSERT INTO audit_event (
        id, actor_subject, actor_name, audience, council_gss, command, subject_type, subject_id,
        changes, summary
    )
    SELECT gen_random_uuid(), $2, $3, $4, council_gss, 'confirmAllocation', 'Match', id,
        '{"state": [null, "HELD"]}', 'held by an allocation'
    FROM allocation_proposal WHERE id = ANY ($1::uuid[])
"""
_TELL = """
    INSERT INTO outbox (topic, payload)
    SELECT $2, jsonb_build_object('request_id', request_id, 'offer_id', offer_id)
    FROM allocation_proposal WHERE id = ANY ($1::uuid[])
"""
_WAITING = "SELECT id FROM request WHERE id = ANY ($1::uuid[]) AND status = 'SUBMITTED'"
_KNOWN_REGION = "SELECT 1 FROM council WHERE region = $1 LIMIT 1"


@dataclass(frozen=True)
class Outcome:
    """What a command did: the id of the allocation, or the problems."""

    allocation: str | None = None
    problems: list[Problem] = field(default_factory=list)


async def run_allocation(change: Change, input: AllocationInput) -> Outcome:  # noqa: A002
    """Assign many requests at once; changes nothing until the proposals are confirmed.

    A council allocates its own offers; an administrator any, to the cases that are open to them.
    One at a time.
    """
    problems = Problems("input")
    given = await _checked(change, input, problems)
    problems.refuse_if_any()
    allocation = given | {
        "id": uuid7(),
        "owner_gss": change.actor.council_gss,
        "policy": input.policy.value,
        "state": AllocationState.QUEUED.value,
        "subject": change.actor.viewer.subject,
        "time_limit_seconds": input.time_limit_seconds,
    }
    try:
        await _INSERT.run(change.connection, **allocation)
    except asyncpg.UniqueViolationError as error:
        raise declined(
            ProblemCode.CONFLICT,
            "Another allocation is under way; wait for it, or cancel it first.",
            "input",
        ) from error
    await _record(change, "runAllocation", allocation, f"of {', '.join(given['kind_codes'])}")
    return Outcome(allocation=f"allocation_{allocation['id']}")


async def _checked(change: Change, given: AllocationInput, problems: Problems) -> dict[str, Any]:
    connection, own = change.connection, change.actor.council_gss
    kinds = listed("kinds", given.kinds, problems)
    if not given.kinds:
        problems.add("kinds", "Say which kinds of support to allocate; supportKinds lists them.")
    for code in kinds:
        if not await FIND_KIND.row(connection, kind_code=code):
            problems.add("kinds", f"There is no kind of support {code[:50]!r}.")
    councils = listed("gssCodes", given.gss_codes or (), problems)
    for gss in councils:
        is_own = change.actor.viewer.audience is Audience.ADMIN or gss == own
        if not is_own or not await FIND_COUNCIL.row(connection, gss_code=gss):
            problems.add("gssCodes", f"There is no council {gss[:20]!r} whose offers you allocate.")
    regions = listed("regions", given.regions or (), problems)
    for region in regions:
        if not await connection.fetchval(_KNOWN_REGION, region):
            problems.add("regions", f"There is no region {region[:50]!r}.")
    routes = listed("routePolicies", (each.route_code for each in given.route_policies), problems)
    known = {row["code"] for row in await KNOWN_ROUTES.rows(connection, codes=routes)}
    for code in routes:
        if code not in known:
            problems.add("routePolicies", f"There is no route {code[:50]!r}; routes lists them.")
    if not 1 <= given.time_limit_seconds <= LONGEST_SECONDS:
        problems.add("timeLimitSeconds", f"timeLimitSeconds must be from 1 to {LONGEST_SECONDS}.")
    return {
        "gss_codes": [own] if own else councils or None,
        "kind_codes": kinds,
        "regions": regions or None,
        "route_policies": {
            each.route_code.strip(): each.policy.value for each in given.route_policies
        },
    }


async def cancel_allocation(change: Change, id: strawberry.ID) -> Outcome:  # noqa: A002
    """Call an allocation off, while it is worked on or before it is confirmed."""
    allocation = await _locked(change, id)
    state = AllocationState(allocation["state"])
    if state not in (AllocationState.QUEUED, AllocationState.RUNNING, AllocationState.PROPOSED):
        raise declined(
            ProblemCode.ALREADY_DONE, f"The allocation is {state.lower()} already.", "id"
        )
    return await _move(
        change, "cancelAllocation", allocation, AllocationState.CANCELLED, "It was cancelled."
    )


async def confirm_allocation(change: Change, id: strawberry.ID) -> Outcome:  # noqa: A002
    """Hold what still holds of an allocation's proposals, and say what moved meanwhile."""
    allocation = await _locked(change, id)
    state = AllocationState(allocation["state"])
    if state in (AllocationState.QUEUED, AllocationState.RUNNING):
        raise declined(
            ProblemCode.CONFLICT, "The allocation is still under way; wait until it proposes.", "id"
        )
    if state is not AllocationState.PROPOSED:
        raise declined(
            ProblemCode.ALREADY_DONE, f"The allocation is {state.lower()} already.", "id"
        )
    connection = change.connection
    proposals = await _PROPOSALS.rows(connection, allocation_id=allocation["id"])
    wanted = [(each["request_id"], each["offer_id"]) for each in proposals]
    await connection.execute(
        "SELECT hearth_lock_cases($1, $2)",
        [request for request, _ in wanted],
        [offer for _, offer in wanted],
    )
    pairs = await read_pairs(connection, wanted, change.today)
    waiting = {row["id"] for row in await connection.fetch(_WAITING, [each for each, _ in wanted])}
    held, moved = _still(proposals, pairs, waiting)
    await connection.execute(_WITHDRAW, list(moved), [said for _, said in moved.values()])
    await _hold(change, held)
    told = _told(len(held), Counter(rule for rule, _ in moved.values()))
    return await _move(change, "confirmAllocation", allocation, AllocationState.CONFIRMED, told)


def _still(
    proposals: Sequence[Mapping[str, Any]],
    pairs: Mapping[tuple[UUID, UUID], Pair],
    waiting: Set[UUID],
) -> tuple[list[UUID], dict[UUID, tuple[str, str]]]:
    """The proposals that hold, best first, and of the others the rule and the reason."""
    held: list[UUID] = []
    moved: dict[UUID, tuple[str, str]] = {}
    left: dict[UUID, int] = {}
    for each in proposals:
        pair = pairs.get((each["request_id"], each["offer_id"]))
        if each["request_id"] not in waiting or (pair and pair.is_live):
            moved[each["id"]] = ("gone", "The household is no longer waiting.")
            continue
        if pair is None:
            moved[each["id"]] = ("offer", "The offer is no longer open, or is full.")
            continue
        places = left.setdefault(each["offer_id"], pair.offer["places_left"])
        against = blockers(pair)
        if places < pair.size:
            moved[each["id"]] = (
                "places",
                f"The household has {pair.size} people; {places} places are left.",
            )
        elif against:
            moved[each["id"]] = ("other", next(iter(against.values())))
        else:
            left[each["offer_id"]] = places - pair.size
            held.append(each["id"])
    return held, moved


def _told(held: int, moved: Counter[str]) -> str:
    places = f"{held} household{'' if held == 1 else 's'} {'has' if held == 1 else 'have'} a place"
    said = f"{places}, held for {HOLD_HOURS} hours."
    if not moved:
        return f"{said} All proposals still held."
    changed = ", ".join(
        f"{count} {MOVED[rule][count > 1]}" for rule, count in sorted(moved.items())
    )
    return f"{said} Not held: {changed}."


async def _hold(change: Change, held: list[UUID]) -> None:
    if not held:
        return
    connection, actor = change.connection, change.actor
    await connection.execute(_HOLD, held, HOLD_HOURS)
    await connection.execute(_NOTE_STEPS, held, HOLD_HOURS)
    await connection.execute(
        _NOTE_AUDIT, held, actor.viewer.subject, actor.name, actor.viewer.audience.value
    )
    await connection.execute(_TELL, held, TOPIC)


async def _locked(change: Change, allocation_id: strawberry.ID) -> Mapping[str, Any]:
    row = await _LOCK.row(change.connection, allocation_id=uuid_of("allocation")(allocation_id))
    if row is None:
        raise declined(
            ProblemCode.NOT_FOUND, "You have no allocation with this id; check it.", "id"
        )
    return dict(row)


async def _move(
    change: Change,
    command: str,
    allocation: Mapping[str, Any],
    state: AllocationState,
    said: str,
) -> Outcome:
    await _MOVE.run(
        change.connection, allocation_id=allocation["id"], new_state=state.value, said=said
    )
    await _record(change, command, allocation, said, state=[allocation["state"], state.value])
    return Outcome(allocation=f"allocation_{allocation['id']}")


async def _record(
    change: Change, command: str, allocation: Mapping[str, Any], summary: str, **changes: Any
) -> None:
    await change.record(
        Event(command, allocation["owner_gss"], "Allocation", allocation["id"], changes, summary),
        Message("allocation", {"allocation_id": str(allocation["id"])}),
    )
