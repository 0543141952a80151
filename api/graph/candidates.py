"""Which offers suit a request, best first, and what one change would open more."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import strawberry
from sqlalchemy import (
    Boolean,
    ColumnElement,
    Integer,
    Text,
    Uuid,
    func,
)

from api.matching import rules, scores
from api.matching.conditions import TODAY, with_standing
from api.matching.ranking import ranked
from api.matching.unlocking import considered, proposable, unlock_message, unlocked
from api.reading.pages import page_size
from schema.types import rows
from schema.types.node import uuid_of
from schema.types.offer import Offer
from schema.types.reads import (
    Key,
    Rows,
    Scope,
    Work,
    expression,
    listing,
    lookup,
    one,
    worked,
)
from schema.types.request import CASEWORKERS, Reason

REASONS = 5


@dataclass(frozen=True)
class Judged:
    """What the rules say of one candidate."""

    score: float
    reasons: Sequence[scores.Reason]
    blocked: bool
    blockers: Sequence[scores.Reason]


@dataclass(frozen=True)
class Told:
    """One change in words."""

    message: str


def _judged(given: None, *values: Any) -> Judged:
    offer_values, rest = values[: len(rules.OFFER_USED)], values[len(rules.OFFER_USED) :]
    request_values, rest = rest[: len(rules.REQUEST_USED)], rest[len(rules.REQUEST_USED) :]
    region, metres, today, agrees, is_live, was_declined = rest
    request = dict(zip(rules.REQUEST_USED, request_values, strict=True))
    offer = dict(zip(rules.OFFER_USED, offer_values, strict=True)) | {"region": region}
    pair = rules.Pair(request, offer, today, metres, agrees, is_live, was_declined)
    found = tuple(scores.reasons(pair))
    against = tuple(
        scores.Reason(rule, message, 0.0) for rule, message in rules.blockers(pair).items()
    )
    return Judged(sum(reason.points for reason in found), found, bool(against), against)


def _told(given: None, rule: str, offers: int, radius: int | None) -> Told:
    return Told(unlock_message(rule, offers, radius))


def _candidates(scope: Scope) -> Rows:
    asked = scope.row
    best = ranked(asked)
    offer, council = rows.open_offer.alias(), rows.council.alias()
    excepted = offer.c.council_gss == func.any(asked.c.except_for)
    used = [
        *(offer.c[name] for name in rules.OFFER_USED),
        *(_decodable(asked.c[name]) for name in rules.REQUEST_USED),
        council.c.region,
        best.c.metres,
        TODAY,
        excepted != asked.c.agrees_to_all,
        offer.c.kind_code == func.any(asked.c.live_kinds),
        offer.c.id == func.any(asked.c.declined_offers),
    ]
    return Rows(
        offer,
        tables=best.join(offer, offer.c.id == best.c.id).join(
            council, council.c.gss_code == offer.c.council_gss
        ),
        keys=[
            Key(best.c.is_blocked, Boolean()),
            Key(-best.c.score, Integer()),
            Key(offer.c.id, Uuid()),
        ],
        work=Work(_judged, used),
    )


def _decodable(value: ColumnElement[Any]) -> ColumnElement[Any]:
    # Inside a record the driver knows an array of integers only once its connection has met one.
    return func.to_jsonb(value) if value.key == "child_ages" else value


def _unlock(scope: Scope) -> Rows:
    """Single changes that would open offers, those that open most first; counted exactly."""
    unlock = unlocked(scope.row)
    return Rows(
        unlock,
        keys=[Key(-unlock.c.offers, Integer()), Key(unlock.c.rule, Text())],
        work=Work(_told, [unlock.c.rule, unlock.c.offers, unlock.c.radius]),
    )


@strawberry.type(description="An offer for a request, with what speaks for and against it.")
class Candidate:
    """`blockers` are what would refuse `proposeMatch`; the points of the reasons are the score."""

    offer: Offer = one(lambda scope: scope.row)
    score: float = worked("score")
    reasons: list[Reason] = worked("reasons", length=REASONS)
    blocked: bool = worked("blocked")
    blockers: list[Reason] = worked("blockers", length=REASONS)


@strawberry.type(description="One change that would open offers.")
class Unlock:
    """In words, as "Without the pet, 12 more offers would suit"."""

    rule: str
    message: str = worked("message")
    offers: int


@strawberry.type(description="Offers for a request, best first.")
class CandidateList:
    """Open offers of the kinds that are asked for."""

    # Counted as often as `first` says, so one candidate here is a page of them.
    candidates: list[Candidate] = listing(_candidates, length=1)
    considered_offers: int = expression(lambda scope: considered(scope.row))
    blocked_offers: int = expression(lambda scope: considered(scope.row) - proposable(scope.row))
    unlock: list[Unlock] = listing(_unlock, length=5)


def _candidate_list(
    scope: Scope,
    request_id: strawberry.ID,
    first: int = 10,
    include_blocked: bool = False,
) -> Rows:
    """Offers for a request, best first; each says what speaks for it, blocked ones what against."""
    request = rows.request.alias()
    asked = (
        with_standing(
            request,
            scope.bind(first, Integer(), page_size).label("first"),
            scope.bind(include_blocked, Boolean()).label("includes_blocked"),
        )
        .where(request.c.id == scope.bind(request_id, Uuid(), uuid_of("request")))
        # Apart, since it would be planned as a trifle beside what is worked out for it.
        .cte("asked")
        .prefix_with("MATERIALIZED")
    )
    return Rows(asked, keys=[Key(asked.c.id, Uuid())])


@strawberry.type
class CandidateQueries:
    """The query which offers suit a request."""

    candidates: CandidateList = lookup(
        _candidate_list,
        absent="There is no request of yours with this id; check it.",
        audiences=CASEWORKERS,
        cost=500,
    )
