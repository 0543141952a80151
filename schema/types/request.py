"""Requests for households, and their matches with offers."""

from datetime import date, datetime
from typing import Any

import strawberry
from sqlalchemy import (
    ColumnElement,
    DateTime,
    Double,
    FromClause,
    Text,
    Uuid,
    and_,
    case,
    column,
    exists,
    func,
    literal,
    not_,
    or_,
)
from sqlalchemy.dialects.postgresql import array

from schema.text import LANGUAGES
from schema.types import rows
from schema.types.node import Node, PageInfo
from schema.types.offer import ChangeConnection, Offer
from schema.types.offer_rows import CASEWORKERS as CASEWORKERS
from schema.types.problem import Problem
from schema.types.reads import (
    Key,
    Rows,
    Scope,
    count,
    expression,
    identity,
    listing,
    moment,
    one,
    page,
    picked,
    unsealed,
    worked,
)
from schema.types.route import Route
from schema.types.support_kind import SupportKind
from schema.words import Audience, ConsentScope, MatchState, RequestStatus

ITS_CHARITY = frozenset({Audience.ADMIN, Audience.CHARITY})
MATCHES_TAKEN = 5


def status_of(request: FromClause) -> ColumnElement[Any]:
    """Where a request stands now: MATCHING while a match is live, whosever it is."""
    is_matching = and_(
        request.c.status == RequestStatus.SUBMITTED.value,
        func.hearth_is_matching(request.c.id),
    )
    return case((is_matching, literal(RequestStatus.MATCHING.value)), else_=request.c.status)


def _has_run_out(match: FromClause) -> ColumnElement[bool]:
    return and_(match.c.state == MatchState.HELD.value, match.c.held_until <= func.now())


def state_of(match: FromClause) -> ColumnElement[Any]:
    """How far a match has come now: a hold that has run out is EXPIRED."""
    expired = literal(MatchState.EXPIRED.value)
    return case((_has_run_out(match), expired), else_=match.c.state)


def _reason(scope: Scope) -> ColumnElement[Any]:
    # The words that are written once somebody moves what has run out (schema/policies/match.sql).
    match = scope.row
    return case((_has_run_out(match), literal("The hold ran out.")), else_=match.c.reason)


def _size(scope: Scope) -> ColumnElement[Any]:
    return scope.row.c.adults + func.cardinality(scope.row.c.child_ages)


def _kinds(scope: Scope) -> Rows:
    kind = rows.support_kind.alias()
    return Rows(kind, keys=[Key(kind.c.code, Text())])


def _route(
    scope: Scope,
    as_of: date | None = strawberry.UNSET,
    at: datetime | None = strawberry.UNSET,
    known_at: datetime | None = strawberry.UNSET,
) -> Any:
    """The route that the household comes on. Give asOf or at, not both."""
    return scope.join(
        rows.route,
        lambda route: and_(
            route.c.code == scope.row.c.route_code, route.c.recorded_at <= scope.known
        ),
    )


def _matches(scope: Scope) -> Rows:
    match = rows.match.alias()
    return Rows(
        match,
        where=[match.c.request_id == scope.row.c.id],
        keys=[Key(match.c.created_at, DateTime(timezone=True), moment), Key(match.c.id, Uuid())],
        descending=True,
    )


def _consents(scope: Scope) -> Rows:
    """What the household agreed to or took back, latest first; its charity may ask."""
    consent = rows.consent.alias()
    return Rows(
        consent,
        where=[consent.c.request_id == scope.row.c.id],
        keys=[Key(consent.c.at, DateTime(timezone=True), moment), Key(consent.c.id, Uuid())],
        descending=True,
    )


def _history(scope: Scope) -> Rows:
    """What was done to it and its matches, latest first; nothing in it names anybody it is for.

    Its charity reads all; a council that it is matched with, what concerns itself or none.
    """
    event = rows.audit_event.alias()
    return Rows(
        event,
        where=[event.c.request_id == scope.row.c.id],
        keys=[Key(event.c.at, DateTime(timezone=True), moment), Key(event.c.id, Uuid())],
        descending=True,
        order_name="REQUEST_HISTORY",
    )


def _looks(scope: Scope) -> Rows:
    """Who looked at its contact, latest first; its charity may ask."""
    look = rows.contact_look.alias()
    return Rows(
        look,
        where=[look.c.request_id == scope.row.c.id],
        keys=[Key(look.c.at, DateTime(timezone=True), moment), Key(look.c.id, Uuid())],
        descending=True,
    )


def _contact(scope: Scope) -> tuple[Any, Any]:
    return func.hearth_contact(scope.row.c.id), scope.row.c.id


def request_of(scope: Scope) -> Any:
    """The request of a match, or of what may become one."""
    return scope.join(rows.request, lambda request: request.c.id == scope.row.c.request_id)


def has_request(match: FromClause) -> ColumnElement[bool]:
    """Whether the viewer may read the need too: without it, a match is not shown to them.

    A household that took its consent back is no longer known to a council that it lives in no
    home of; what that council did stays in the history of its offers.
    """
    return exists().where(rows.request.c.id == match.c.request_id)


def _offer(scope: Scope) -> Any:
    # A charity meets an offer that its household was matched with also when it isn't open.
    source = rows.matched_offer if scope.audience is Audience.CHARITY else rows.staff_offer
    return scope.join(source, lambda offer: offer.c.id == scope.row.c.offer_id)


def reasons_of(scope: Scope) -> Rows:
    """The reasons that a row keeps, most points first."""
    reason = (
        func.jsonb_to_recordset(scope.row.c.reasons)
        .table_valued(column("rule", Text()), column("message", Text()), column("points", Double()))
        .render_derived(name="reason", with_types=True)
    )
    return Rows(reason, keys=[Key(-reason.c.points, Double()), Key(reason.c.rule, Text())])


def _host_may_be_told(scope: Scope) -> ColumnElement[Any]:
    match, agreed = scope.row, (MatchState.ACCEPTED.value, MatchState.PLACED.value)
    return and_(
        or_(not_(match.c.asks_first), match.c.state.in_(agreed)),
        func.hearth_consents(
            match.c.request_id,
            ConsentScope.SHARE_WITH_HOST.value,
            array([match.c.council_gss]),
        ),
    )


@strawberry.type(
    description="How to reach a household, and what it told so that it is housed safely; whoever "
    "looks is noted."
)
class Contact:
    """Seen by its charity, and by a council that it is matched with and agreed to."""

    name: str | None = worked("name")
    email: str | None = worked("email")
    phone: str | None = worked("phone")
    nationality: str | None = worked("nationality", description="ISO 3166 alpha-3.")
    notes: str | None = worked("notes", description="What its charity wrote of it.")
    protected_place: str | None = worked(
        "protected_place",
        description="Where a protected household would like to live, which nothing else tells.",
    )


@strawberry.type(description="Who needs support, without anybody's name.")
class Household:
    """A household: it is matched as a whole, never split."""

    size: int = expression(_size, description="People.")
    adults: int
    children: int = expression(lambda scope: func.cardinality(scope.row.c.child_ages))
    languages: list[str] = strawberry.field(description=f"{LANGUAGES}.")
    needs_step_free: bool
    has_pets: bool
    women_only: bool
    contact: Contact | None = unsealed(
        _contact,
        description="Null without consent or need. Each look is noted, so ask it of one request "
        "at a time, by id.",
        by="request",
        cost=20,
    )


@strawberry.type(description="A consent given, or taken back; the latest counts.")
class Consent:
    """Of one council, where gssCode is given; else of all."""

    scope: ConsentScope
    gss_code: str | None
    is_given: bool
    at: datetime


@strawberry.type(description="A look at a household's contact.")
class ContactLook:
    """Who looked, when, and by what right."""

    at: datetime
    by: str = expression(lambda scope: scope.row.c.name)
    why: str


@strawberry.type(description="One rule's part in a match.")
class Reason:
    """Points are what it adds to the score; a blocker's are 0."""

    rule: str = worked("rule")
    message: str = worked("message")
    points: float = worked("points")


@strawberry.type(description="What a household needs, as its charity asks for it.")
class SupportRequest(Node):
    """A request. Councils see those that agreed to be matched, and those they are matched with."""

    id: strawberry.ID = identity("request", "id")
    reference: str = strawberry.field(description="For telephone and letters.")
    household: Household = one(lambda scope: scope.row)
    kinds: list[SupportKind] = picked(_kinds, by=lambda scope: scope.row.c.kind_codes, length=2)
    route: Route | None = one(_route)
    status: RequestStatus = expression(lambda scope: status_of(scope.row))
    needed_by: date | None
    submitted_at: datetime
    closed_reason: str | None
    matches: list["Match"] = listing(_matches, length=MATCHES_TAKEN)
    consents: list[Consent] = listing(_consents, audiences=ITS_CHARITY)
    contact_looks: list[ContactLook] = listing(_looks, audiences=ITS_CHARITY)
    history: ChangeConnection = page(_history, audiences=CASEWORKERS)
    submitted_by: str = strawberry.field(description="The charity.")
    version: int


@strawberry.type(description="An offer for a household, from proposal to the end of the placement.")
class Match(Node):
    """A match; a hold takes the places of the whole household until it runs out."""

    id: strawberry.ID = identity("match", "id")
    request: SupportRequest = one(request_of)
    offer: Offer = one(_offer)
    state: MatchState = expression(lambda scope: state_of(scope.row))
    score: float | None
    reasons: list[Reason] = listing(reasons_of)
    held_until: datetime | None
    host_may_be_told: bool = expression(
        _host_may_be_told,
        description="The household agreed that a host hears of it and, where it is to be asked "
        "first, has accepted.",
    )
    places: int = strawberry.field(description="People.")
    decided_at: datetime | None
    reason: str | None = expression(_reason)
    arrived_on: date | None
    ended_on: date | None


@strawberry.type(description="An edge to a request.")
class SupportRequestEdge:
    """An edge."""

    cursor: str
    node: SupportRequest


@strawberry.type(description="A page of requests, latest first.")
class SupportRequestConnection:
    """A page of requests."""

    edges: list[SupportRequestEdge]
    nodes: list[SupportRequest]
    page_info: PageInfo
    total_count: int = count()


@strawberry.type(description="An edge to a match.")
class MatchEdge:
    """An edge."""

    cursor: str
    node: Match


@strawberry.type(description="A page of matches, latest first.")
class MatchConnection:
    """A page of matches."""

    edges: list[MatchEdge]
    nodes: list[Match]
    page_info: PageInfo
    total_count: int = count()


@strawberry.type(description="What a command on a request did.")
class RequestPayload:
    """The request as it is now, or the problems; never both."""

    request: SupportRequest | None
    problems: list[Problem]


@strawberry.type(description="What a command on a match did.")
class MatchPayload:
    """The match as it is now, or the problems; never both."""

    match: Match | None
    problems: list[Problem]
