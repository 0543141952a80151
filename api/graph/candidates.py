"""Which offers suit a request, best first, and what one change would open more."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import strawberry
from sqlalchemy import (
    Boolean,
    ColumnElement,
    FromClause,
    Integer,
    Select,
    Text,
    Uuid,
    and_,
    case,
    func,
    literal_column,
    not_,
    or_,
    select,
)
from sqlalchemy.dialects.postgresql import array

from api.matching import rules, scores
from api.matching.conditions import TODAY, Compared, offers_beside, points, refusals, with_standing
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
RADII_KM = (10, 25, 40, 60, 100, 150, 250, 400)
OFFER_USED = (
    "available_from",
    "available_until",
    "children_welcome",
    "council_gss",
    "household_max",
    "kind_code",
    "languages",
    "last_confirmed_on",
    "minimum_months",
    "pets_allowed",
    "places_left",
    "readiness",
    "route_codes",
    "status",
    "step_free",
    "women_only",
)
REQUEST_USED = (
    "adults",
    "child_ages",
    "has_pets",
    "kind_codes",
    "languages",
    "needed_by",
    "needs_step_free",
    "preferred_gss_codes",
    "preferred_regions",
    "route_code",
    "submitted_at",
    "within_km",
    "women_only",
)
# What one change opens, in words; a change that no household could make is not among them.
UNLOCKS = {
    "consent": "If the household agrees to more councils: {offers}.",
    "dates": "If it may begin later: {offers}.",
    "distance": "Within {radius} km: {offers}.",
    "fresh": "Once their councils confirm them: {offers}.",
    "pets": "Without the pet: {offers}.",
    "route": "Once the household's route is known: {offers}.",
    "step_free": "Where step-free is not certain: {offers}.",
    "women_only": "Where men may live too: {offers}.",
}


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
    offer_values, rest = values[: len(OFFER_USED)], values[len(OFFER_USED) :]
    request_values, rest = rest[: len(REQUEST_USED)], rest[len(REQUEST_USED) :]
    region, metres, today, agrees, is_live, was_declined = rest
    request = dict(zip(REQUEST_USED, request_values, strict=True))
    offer = dict(zip(OFFER_USED, offer_values, strict=True)) | {"region": region}
    pair = rules.Pair(request, offer, today, metres, agrees, is_live, was_declined)
    found = tuple(scores.reasons(pair))
    against = tuple(
        scores.Reason(rule, message, 0.0) for rule, message in rules.blockers(pair).items()
    )
    return Judged(sum(reason.points for reason in found), found, bool(against), against)


def _told(given: None, rule: str, offers: int, radius: int | None) -> Told:
    counted = f"{offers} offer{'s' if offers != 1 else ''}"
    return Told(UNLOCKS[rule].format(offers=counted, radius=radius))


def _considered(scope: Scope) -> tuple[Compared, Any, list[ColumnElement[bool]]]:
    """Open offers of the kinds asked for that have no live match yet, beside the request."""
    pair, tables = offers_beside(scope.row)
    return pair, tables, [pair.offer.c.kind_code == func.any(scope.row.c.kind_codes)]


def _below(scope: Scope, query: Select[*tuple[Any, ...]]) -> Select[*tuple[Any, ...]]:
    # The request's row is the one above, not a table of this SELECT.
    return query.correlate(scope.row) if isinstance(scope.row, FromClause) else query


def _counted(scope: Scope, *, is_blocked: bool) -> ColumnElement[Any]:
    pair, tables, where = _considered(scope)
    if is_blocked:
        where.append(or_(*refusals(pair).values()))
    query = select(func.count()).select_from(tables).where(*where)
    return _below(scope, query).scalar_subquery()


def _candidates(scope: Scope) -> Rows:
    pair, tables, where = _considered(scope)
    asked, score = scope.row, points(pair)
    is_blocked = or_(*refusals(pair).values())
    best = _below(
        scope,
        select(
            pair.offer.c.id,
            is_blocked.label("is_blocked"),
            score.label("score"),
            pair.metres.label("metres"),
            pair.council.c.region,
        )
        .select_from(tables)
        .where(*where, or_(asked.c.includes_blocked, not_(is_blocked)))
        .order_by(is_blocked, score.desc(), pair.offer.c.id)
        .limit(asked.c.first),
    ).subquery("best")
    offer = rows.open_offer.alias()
    excepted = offer.c.council_gss == func.any(asked.c.except_for)
    used = [
        *(offer.c[name] for name in OFFER_USED),
        *(_decodable(asked.c[name]) for name in REQUEST_USED),
        best.c.region,
        best.c.metres,
        TODAY,
        excepted != asked.c.agrees_to_all,
        offer.c.kind_code == func.any(asked.c.live_kinds),
        offer.c.id == func.any(asked.c.declined_offers),
    ]
    return Rows(
        offer,
        tables=best.join(offer, offer.c.id == best.c.id),
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
    pair, tables, where = _considered(scope)
    against = refusals(pair)
    lone = {
        name: and_(condition, *(not_(other) for key, other in against.items() if key != name))
        for name, condition in against.items()
    }
    lone["route"] = and_(lone["route"], scope.row.c.route_code.is_(None))
    lone["women_only"] = and_(lone["women_only"], scope.row.c.women_only)
    within = [and_(lone["distance"], pair.metres <= radius * 1000) for radius in RADII_KM]
    names = sorted(set(UNLOCKS) - {"distance"})
    counts = _below(
        scope,
        select(
            *(func.count().filter(lone[name]).label(name) for name in names),
            *(
                func.count().filter(condition).label(f"within_{radius}")
                for radius, condition in zip(RADII_KM, within, strict=True)
            ),
        )
        .select_from(tables)
        .where(*where),
    ).subquery("counts")
    nearest = [(counts.c[f"within_{radius}"], radius) for radius in RADII_KM]
    offers: list[ColumnElement[Any]] = [counts.c[name] for name in names]
    offers.append(case(*((found > 0, found) for found, _ in nearest), else_=0))
    radii: list[ColumnElement[Any]] = [literal_column("NULL::integer") for _ in names]
    radii.append(case(*((found > 0, radius) for found, radius in nearest)))
    listed = select(
        _unnested([_text(name) for name in (*names, "distance")]).label("rule"),
        _unnested(offers).label("offers"),
        _unnested(radii).label("radius"),
    ).select_from(counts)
    unlock = listed.subquery("unlock")
    return Rows(
        unlock,
        where=[unlock.c.offers > 0],
        keys=[Key(-unlock.c.offers, Integer()), Key(unlock.c.rule, Text())],
        work=Work(_told, [unlock.c.rule, unlock.c.offers, unlock.c.radius]),
    )


def _unnested(values: list[ColumnElement[Any]]) -> ColumnElement[Any]:
    return func.unnest(array(values), type_=values[-1].type)


def _text(value: str) -> ColumnElement[Any]:
    return literal_column(f"'{value}'::text", Text())


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
    """In words, as "Without the pet: 12 offers"."""

    rule: str
    message: str = worked("message")
    offers: int


@strawberry.type(description="Offers for a request, best first.")
class CandidateList:
    """Open offers of the kinds that are asked for."""

    # Counted as often as `first` says, so one candidate here is a page of them.
    candidates: list[Candidate] = listing(_candidates, length=1)
    considered_offers: int = expression(lambda scope: _counted(scope, is_blocked=False))
    blocked_offers: int = expression(lambda scope: _counted(scope, is_blocked=True))
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
        .subquery("asked")
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
