"""Queries and commands on requests and matches."""

import strawberry
from sqlalchemy import ARRAY, ColumnElement, DateTime, FromClause, Text, Uuid

from api.matching import commands as matching
from api.requests import commands as requests
from api.requests import correcting, protecting
from schema.text import clean, search_pattern
from schema.types import rows
from schema.types.by_id import request_row
from schema.types.offer_rows import STAFF
from schema.types.reads import Key, Rows, Scope, command, lookup, moment, page
from schema.types.request import (
    CASEWORKERS,
    ITS_CHARITY,
    MatchConnection,
    MatchPayload,
    RequestPayload,
    SupportRequest,
    SupportRequestConnection,
    has_request,
    state_of,
    status_of,
)
from schema.types.request_inputs import MatchFilter, RequestFilter
from schema.words import Audience

TEXTS = ARRAY(Text())
MOMENT = DateTime(timezone=True)


def _overlaps(scope: Scope, column: ColumnElement[object], codes: object) -> ColumnElement[bool]:
    wanted = scope.bind(codes, TEXTS, lambda given: [clean(code) for code in given])
    return column.op("&&", is_comparison=True)(wanted)


def _requests_where(
    scope: Scope, request: FromClause, wanted: RequestFilter
) -> list[ColumnElement[bool]]:
    where: list[ColumnElement[bool]] = []
    if wanted.statuses is not None:
        where.append(scope.among(status_of(request), wanted.statuses))
    if wanted.kinds is not None:
        where.append(_overlaps(scope, request.c.kind_codes, wanted.kinds))
    if wanted.gss_codes is not None:
        where.append(_overlaps(scope, request.c.preferred_gss_codes, wanted.gss_codes))
    if wanted.search is not None:
        where.append(request.c.reference.ilike(scope.bind(wanted.search, Text(), search_pattern)))
    return where


def _requests(
    scope: Scope,
    filter: RequestFilter | None = strawberry.UNSET,  # noqa: A002 - the contract's word
) -> Rows:
    """Requests, latest first: a charity's own; for a council, those that it may match."""
    request = rows.request.alias()
    return Rows(
        request,
        where=_requests_where(scope, request, filter) if filter else [],
        keys=[Key(request.c.submitted_at, MOMENT, moment), Key(request.c.id, Uuid())],
        descending=True,
        order_name="REQUESTS",
    )


def _matches(
    scope: Scope,
    filter: MatchFilter | None = strawberry.UNSET,  # noqa: A002 - the contract's word
) -> Rows:
    """Matches that concern the viewer, latest first."""
    match = rows.match.alias()
    where = [has_request(match)]
    if filter and filter.states is not None:
        where.append(scope.among(state_of(match), filter.states))
    if filter and filter.gss_codes is not None:
        where.append(scope.among(match.c.council_gss, filter.gss_codes, clean))
    return Rows(
        match,
        where=where,
        keys=[Key(match.c.created_at, MOMENT, moment), Key(match.c.id, Uuid())],
        descending=True,
        order_name="MATCHES",
    )


@strawberry.type
class RequestQueries:
    """Queries about requests and matches."""

    request: SupportRequest | None = lookup(request_row, audiences=CASEWORKERS)
    requests: SupportRequestConnection = page(_requests, audiences=CASEWORKERS)
    matches: MatchConnection = page(_matches, audiences=CASEWORKERS)


@strawberry.type
class RequestMutations:
    """Commands on requests, for their charity; on matches, for both sides."""

    submit_request: RequestPayload = command(
        requests.submit_request, audiences=frozenset({Audience.CHARITY})
    )
    withdraw_request: RequestPayload = command(requests.withdraw_request, audiences=ITS_CHARITY)
    correct_request: RequestPayload = command(
        correcting.correct_request, audiences=frozenset({Audience.CHARITY})
    )
    protect_request: RequestPayload = command(
        protecting.protect_request, audiences=frozenset({Audience.CHARITY})
    )
    record_consent: RequestPayload = command(requests.record_consent, audiences=ITS_CHARITY)
    propose_match: MatchPayload = command(matching.propose_match, audiences=CASEWORKERS)
    hold_match: MatchPayload = command(matching.hold_match, audiences=STAFF)
    accept_match: MatchPayload = command(matching.accept_match, audiences=CASEWORKERS)
    decline_match: MatchPayload = command(matching.decline_match, audiences=CASEWORKERS)
    record_arrival: MatchPayload = command(matching.record_arrival, audiences=STAFF)
    end_placement: MatchPayload = command(matching.end_placement, audiences=STAFF)
