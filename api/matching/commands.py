"""Commands on matches: who proposes, holds, accepts, declines, and records where people live.

Each locks the request, then the offer, and ends the holds that have run out before it looks. The
offer's counts follow from its matches, by the database's own trigger.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import strawberry
from strawberry import UNSET

from api.matching import rules, scores, statements
from api.offers import asked
from api.requests.commands import FIND_REQUEST
from api.requests.events import record
from api.requests.rules import LONGEST_REASON
from api.writing.problems import Declined, declined
from api.writing.unit_of_work import Change
from schema.tables.columns import uuid7
from schema.text import clean
from schema.types.node import uuid_of
from schema.types.problem import Problem
from schema.words import (
    Audience,
    DeclineReason,
    EndReason,
    MatchState,
    OfferStatus,
    ProblemCode,
    Readiness,
    RequestStatus,
    Side,
    Step,
)

LONGEST_HOLD_HOURS = 336
CODES = {
    "consent": ProblemCode.CONSENT_MISSING,
    "declined": ProblemCode.ALREADY_DONE,
    "live": ProblemCode.CONFLICT,
    "places": ProblemCode.NO_PLACES,
}
FOLLOWS = {
    MatchState.PROPOSED: "holdMatch, acceptMatch or declineMatch",
    MatchState.HELD: "acceptMatch or declineMatch",
    MatchState.ACCEPTED: "recordArrival or declineMatch",
    MatchState.PLACED: "endPlacement",
}
LONG_BEFORE = timedelta(days=366)
"""A household may have moved in before it was recorded, but not so long."""
UNDECIDED = (MatchState.PROPOSED, MatchState.HELD)


@dataclass(frozen=True)
class Outcome:
    """What a command did: the id of the match, or the problems."""

    match: str | None = None
    problems: list[Problem] = field(default_factory=list)


@dataclass(frozen=True)
class Case:
    """A request and an offer under their locks, and the match between them."""

    request: Mapping[str, Any]
    offer: Mapping[str, Any]
    match: Mapping[str, Any]

    @property
    def state(self) -> MatchState:
        """How far the match has come; what has run out is EXPIRED by now."""
        return MatchState(self.match["state"])


async def propose_match(
    change: Change, request_id: strawberry.ID, offer_id: strawberry.ID
) -> Outcome:
    """Propose an offer for a household: the offer's council may, or the request's charity."""
    connection, today = change.connection, change.today
    request_key, offer_key = uuid_of("request")(request_id), uuid_of("offer")(offer_id)
    await _find(change, request_key, offer_key)
    await connection.execute(statements.LOCK_CASE, request_key, offer_key)
    request, offer = await _find(change, request_key, offer_key)
    if request["status"] != RequestStatus.SUBMITTED:
        raise declined(
            ProblemCode.ALREADY_DONE,
            f"The request is {request['status'].lower()}; nothing more can be proposed for it.",
            "requestId",
        )
    standing = await connection.fetchrow(statements.STANDING, request_key)
    metres = await connection.fetchval(statements.METRES, request_key, offer["location_code"])
    region = await connection.fetchval(statements.REGION, offer["council_gss"])
    pair = rules.Pair(
        request,
        {**offer, "region": region},
        today,
        metres=metres,
        agrees=(offer["council_gss"] in standing["except_for"]) != standing["agrees_to_all"],
        is_live=offer["kind_code"] in standing["live_kinds"],
        was_declined=offer_key in standing["declined_offers"],
    )
    problems = [
        Problem(
            code=CODES.get(rule, ProblemCode.NOT_ELIGIBLE),
            message=message,
            path=["requestId" if rule in ("consent", "live") else "offerId"],
        )
        for rule, message in rules.blockers(pair).items()
    ]
    if problems:
        raise Declined(problems)
    side = Side.CHARITY if change.actor.viewer.audience is Audience.CHARITY else Side.COUNCIL
    reasons = [vars(reason) for reason in scores.reasons(pair)]
    match = await statements.INSERT_MATCH.row(
        connection,
        id=uuid7(),
        request_id=request_key,
        offer_id=offer_key,
        council_gss=offer["council_gss"],
        organisation_id=request["organisation_id"],
        kind_code=offer["kind_code"],
        places=pair.size,
        state=MatchState.PROPOSED.value,
        proposed_by=side.value,
        reasons=reasons,
        score=sum(reason["points"] for reason in reasons),
    )
    assert match is not None
    await record(
        change, "proposeMatch", Step.PROPOSED, request, f"proposed: {offer['title']}", match=match
    )
    return Outcome(match=f"match_{match['id']}")


async def hold_match(change: Change, id: strawberry.ID, hours: int = 48) -> Outcome:  # noqa: A002
    """Take the places now, until the hold runs out: for the offer's council."""
    if not 1 <= hours <= LONGEST_HOLD_HOURS:
        raise declined(
            ProblemCode.INVALID, f"hours must be from 1 to {LONGEST_HOLD_HOURS}.", "hours"
        )
    case = await _locked(change, id, Side.COUNCIL, MatchState.PROPOSED)
    await _expect_standing(change, case)
    _expect_places(case)
    until = change.actor.entered_at + timedelta(hours=hours)
    return await _move(
        change, "holdMatch", Step.HELD, case, f"held for {hours} hours", held_until=until
    )


async def accept_match(change: Change, id: strawberry.ID) -> Outcome:  # noqa: A002
    """Agree to a proposal: for the side that did not make it."""
    case = await _locked(change, id, None, *UNDECIDED)
    proposed_by = Side(case.match["proposed_by"])
    other = Side.COUNCIL if proposed_by is Side.CHARITY else Side.CHARITY
    _expect_side(change, other, case.match)
    await _expect_standing(change, case)
    if case.state is MatchState.PROPOSED:
        _expect_places(case)
    return await _move(
        change,
        "acceptMatch",
        Step.ACCEPTED,
        case,
        "accepted",
        decided_at=change.actor.entered_at,
        held_until=None,
    )


async def decline_match(
    change: Change,
    id: strawberry.ID,  # noqa: A002
    reason: DeclineReason,
    note: str | None = UNSET,
) -> Outcome:
    """Decline a match that nobody has moved in by: for either side. The note names nobody."""
    case = await _locked(change, id, None, *UNDECIDED, MatchState.ACCEPTED)
    said = clean(note or "").strip()
    if len(said) > LONGEST_REASON:
        raise declined(
            ProblemCode.INVALID, f"note has {len(said)} characters; at most 1000 are kept.", "note"
        )
    shown = f"{reason.value}: {said}" if said else reason.value
    return await _move(
        change,
        "declineMatch",
        Step.DECLINED,
        case,
        f"declined: {reason.value}",
        decided_at=change.actor.entered_at,
        reason=shown,
        word=reason.value,
    )


async def record_arrival(change: Change, id: strawberry.ID, arrived_on: date) -> Outcome:  # noqa: A002
    """Note that the household has moved in: for the offer's council, once checks are passed."""
    case = await _locked(change, id, Side.COUNCIL, MatchState.ACCEPTED)
    _expect_past("arrivedOn", arrived_on, change.today)
    submitted_on = case.request["submitted_at"].date()
    if arrived_on < submitted_on - LONG_BEFORE:
        raise declined(
            ProblemCode.INVALID,
            f"arrivedOn ({arrived_on}) is more than a year before the request was submitted "
            f"({submitted_on}); check the year.",
            "arrivedOn",
        )
    if case.offer["readiness"] not in (Readiness.READY, Readiness.NOT_REQUIRED):
        raise declined(
            ProblemCode.CHECKS_MISSING,
            "The offer's checks are not all passed; record them with recordCheck first.",
            "id",
        )
    route = case.request["route_code"]
    owed = await asked.missing(change, case.offer["id"], case.offer["kind_code"], [route])
    if owed:
        raise declined(
            ProblemCode.CHECKS_MISSING,
            f"The household's route, {route}, asks for checks that nobody has recorded: "
            f"{', '.join(owed)}. Record them with recordCheck first.",
            "id",
        )
    return await _move(
        change, "recordArrival", Step.PLACED, case, f"arrived {arrived_on}", arrived_on=arrived_on
    )


async def end_placement(
    change: Change,
    id: strawberry.ID,  # noqa: A002
    ended_on: date,
    reason: EndReason,
    rematch: bool = False,
) -> Outcome:
    """Note that the household has left; with `rematch`, it is to be matched again."""
    case = await _locked(change, id, Side.COUNCIL, MatchState.PLACED)
    _expect_past("endedOn", ended_on, change.today)
    if ended_on < case.match["arrived_on"]:
        raise declined(
            ProblemCode.INVALID,
            f"endedOn ({ended_on}) is before the arrival ({case.match['arrived_on']}).",
            "endedOn",
        )
    return await _move(
        change,
        "endPlacement",
        Step.ENDED,
        case,
        f"ended {ended_on}: {reason.value}",
        ended_on=ended_on,
        is_rematched=rematch,
        reason=reason.value,
        word=reason.value,
    )


async def _find(
    change: Change, request_id: UUID, offer_id: UUID
) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    connection, audience = change.connection, change.actor.viewer.audience
    request = await FIND_REQUEST.row(connection, request_id=request_id)
    if request is None:
        raise declined(ProblemCode.NOT_FOUND, "There is no request with this id.", "requestId")
    is_charity = audience is Audience.CHARITY
    view = statements.OPEN_OFFER if is_charity else statements.STAFF_OFFER
    offer = await view.row(connection, offer_id=offer_id)
    is_other = (
        audience is Audience.COUNCIL
        and offer is not None
        and (offer["council_gss"] != change.actor.council_gss)
    )
    if offer is None or is_other:
        whose = "open" if is_charity else "of your council's"
        raise declined(ProblemCode.NOT_FOUND, f"There is no offer {whose} with this id.", "offerId")
    return dict(request), dict(offer)


async def _locked(
    change: Change, match_id: strawberry.ID, side: Side | None, *states: MatchState
) -> Case:
    """The case of a match in one of these states, for a side of it to move; None is either."""
    connection, key = change.connection, uuid_of("match")(match_id)
    seen = await statements.FIND_MATCH.row(connection, match_id=key)
    if seen is None:
        raise declined(ProblemCode.NOT_FOUND, "You have no match with this id; check it.", "id")
    await connection.execute(statements.LOCK_CASE, seen["request_id"], seen["offer_id"])
    match = await statements.FIND_MATCH.row(connection, match_id=key)
    assert match is not None
    _expect_side(change, side, match)
    # A council reads the request of a match that is under way, and of no other.
    _expect(match, *states)
    request = await FIND_REQUEST.row(connection, request_id=match["request_id"])
    is_charity = change.actor.viewer.audience is Audience.CHARITY
    view = statements.MATCHED_OFFER if is_charity else statements.STAFF_OFFER
    offer = await view.row(connection, offer_id=match["offer_id"])
    assert request is not None
    assert offer is not None
    return Case(dict(request), dict(offer), dict(match))


def _expect_side(change: Change, side: Side | None, match: Mapping[str, Any]) -> None:
    audience = change.actor.viewer.audience
    if audience is Audience.ADMIN:
        return
    if audience is Audience.COUNCIL and match["council_gss"] != change.actor.council_gss:
        raise declined(ProblemCode.NOT_FOUND, "Your council has no match with this id.", "id")
    own = Side.CHARITY if audience is Audience.CHARITY else Side.COUNCIL
    if side is not None and side is not own:
        who = "offer's council" if side is Side.COUNCIL else "request's charity"
        raise declined(ProblemCode.INVALID, f"This is for the {who} to do.", "id")


def _expect(match: Mapping[str, Any], *states: MatchState) -> None:
    if match["state"] in states:
        return
    if match["state"] == MatchState.EXPIRED:
        raise declined(
            ProblemCode.HOLD_EXPIRED,
            f"The hold ran out at {match['held_until']:%H:%M on %d %B %Y} UTC; propose anew.",
            "id",
        )
    wanted = " or ".join(state.lower() for state in states)
    state, in_order = MatchState(match["state"]), list(MatchState).index
    follows = FOLLOWS.get(state)
    is_early = follows is not None and in_order(state) < min(map(in_order, states))
    raise declined(
        ProblemCode.INVALID if is_early else ProblemCode.ALREADY_DONE,
        f"The match is {state.lower()}; this needs one that is {wanted}."
        + (f" What may follow now is {follows}." if follows else ""),
        "id",
    )


async def _expect_standing(change: Change, case: Case) -> None:
    """What held when it was proposed may not since: the consent, the offer, the household."""
    gss = case.match["council_gss"]
    standing = await change.connection.fetchrow(statements.STANDING, case.request["id"])
    agrees = (gss in standing["except_for"]) != standing["agrees_to_all"]
    pair = rules.Pair(case.request, case.offer, change.today, agrees=agrees)
    if refused := rules.consent(pair):
        raise declined(ProblemCode.CONSENT_MISSING, refused, "id")
    # A pause keeps others away; what is under way goes on.
    against = [rule(pair) for rule in rules.FITTING]
    if case.offer["status"] != OfferStatus.PAUSED:
        against.insert(0, rules.is_open(pair))
    problems = [
        Problem(code=ProblemCode.NOT_ELIGIBLE, message=message, path=["id"])
        for message in filter(None, against)
    ]
    if problems:
        raise Declined(problems)


def _expect_places(case: Case) -> None:
    left, places = case.offer["places_left"], case.match["places"]
    if left < places:
        raise declined(
            ProblemCode.NO_PLACES,
            rules.too_few(places, left),
            "id",
        )


def _expect_past(path: str, day: date, today: date) -> None:
    if day > today:
        raise declined(ProblemCode.INVALID, f"{path} ({day}) is in the future.", path)


async def _move(
    change: Change,
    command: str,
    step: Step,
    case: Case,
    summary: str,
    *,
    word: str | None = None,
    **new: Any,
) -> Outcome:
    await statements.move_match(change.connection, case.match, step.value, **new)
    changes = {"state": [case.state.value, step.value]}
    await record(
        change,
        command,
        step,
        case.request,
        summary,
        changes=changes,
        match=case.match,
        held_until=new.get("held_until"),
        reason=word,
    )
    return Outcome(match=f"match_{case.match['id']}")
