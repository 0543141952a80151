"""Commands on requests: submitted, withdrawn, and what the household agrees to."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import strawberry
from sqlalchemy import bindparam, func, select
from strawberry import UNSET

from api.offers.commands import check_council_exists
from api.offers.statements import FIND_COUNCIL, FIND_KIND, FIND_LOCATION, KNOWN_ROUTES
from api.requests import rules
from api.requests.events import record
from api.store.composed import Composed
from api.writing.idempotency import once
from api.writing.problems import Problems, declined
from api.writing.unit_of_work import Change
from schema.tables.columns import uuid7
from schema.types import rows
from schema.types.node import uuid_of
from schema.types.problem import Problem
from schema.types.request_inputs import SubmitRequestInput
from schema.words import ConsentScope, ProblemCode, RequestStatus, Step

_request, _consent = rows.request, rows.consent
COLUMNS = (
    "adults",
    "child_ages",
    "easting",
    "has_pets",
    "id",
    "kind_codes",
    "languages",
    "needed_by",
    "needs_step_free",
    "northing",
    "organisation_id",
    "postcode_district",
    "preferred_gss_codes",
    "preferred_regions",
    "reference",
    "route_code",
    "status",
    "submitted_by",
    "within_km",
    "women_only",
)
_INSERT = Composed(_request.insert().values(dict.fromkeys(COLUMNS)))
_INSERT_CONTACT = Composed(
    rows.request_contact.insert()
    .inline()
    .values(dict.fromkeys(("request_id", "sealed", "sealed_with")))
)
_INSERT_CONSENT = Composed(
    _consent.insert().values(dict.fromkeys(("id", "request_id", "scope", "gss_code", "is_given")))
)
FIND_REQUEST = Composed(select(_request).where(_request.c.id == bindparam("request_id")))
_WITHDRAW = Composed(
    _request.update()
    .where(_request.c.id == bindparam("request_id"))
    .values(
        closed_reason=bindparam("said"),
        status=RequestStatus.WITHDRAWN.value,
        updated_at=func.now(),
        version=_request.c.version + 1,
    )
)
_WITHDRAW_MATCHES = """
    UPDATE match SET
        state = 'WITHDRAWN', decided_at = now(), reason = $2,
        updated_at = now(), version = version + 1
    WHERE request_id = $1 AND state IN ('PROPOSED', 'HELD', 'ACCEPTED')
    RETURNING id, offer_id, council_gss, kind_code
"""
# What the household has accepted itself is not undone by it: that match is declined, or withdrawn.
_WITHDRAW_REFUSED = _WITHDRAW_MATCHES.replace(
    "'HELD', 'ACCEPTED')",
    "'HELD') AND NOT hearth_consents(request_id, 'MATCHING', ARRAY[council_gss])",
)
_ORGANISATION = "SELECT nullif(current_setting('hearth.organisation_id', true), '')::uuid"
_KNOWN_REGION = "SELECT 1 FROM council WHERE region = $1 LIMIT 1"
_LOCK = "SELECT hearth_lock_case($1, NULL)"


@dataclass(frozen=True)
class Outcome:
    """What a command did: the id of the request, or the problems."""

    request: str | None = None
    problems: list[Problem] = field(default_factory=list)


async def submit_request(change: Change, input: SubmitRequestInput) -> Outcome:  # noqa: A002
    """Ask for support on behalf of a household."""
    key = None if input.idempotency_key is UNSET else input.idempotency_key
    payload = {"input": repr(input)}

    async def work() -> dict[str, Any]:
        return {"request": await _submit(change, input)}

    return Outcome(**await once(change, "submitRequest", key, payload, work))


async def _submit(change: Change, given: SubmitRequestInput) -> str:
    problems = Problems("input")
    columns = rules.household(given.household, problems.within("household"))
    columns |= rules.place(given.near, problems)
    columns |= {
        "kind_codes": rules.listed("kinds", given.kinds, problems),
        "needed_by": rules.needed_by(given.needed_by, change.today, problems),
        "preferred_gss_codes": rules.listed(
            "preferredGssCodes", given.preferred_gss_codes, problems
        ),
        "preferred_regions": rules.listed("preferredRegions", given.preferred_regions, problems),
        "route_code": None if given.route_code is UNSET else given.route_code,
    }
    sealed = rules.contact(given.household, given.notes, problems)
    agreed = rules.consents(given.consents, problems)
    await _check_words(change, columns, problems)
    problems.refuse_if_any()
    connection, request_id = change.connection, uuid7()
    request = columns | {
        "id": request_id,
        "organisation_id": await connection.fetchval(_ORGANISATION),
        "reference": rules.new_reference(),
        "status": RequestStatus.SUBMITTED.value,
        "submitted_by": change.actor.organisation_name,
    }
    await _INSERT.run(connection, **request)
    if any(sealed.values()):
        await _INSERT_CONTACT.run(
            connection,
            request_id=request_id,
            sealed=change.sealing.seal("request", request_id, sealed),
            sealed_with=change.sealing.name,
        )
    for scope in agreed:
        await _agree(change, request_id, scope, None, is_given=True)
    people = columns["adults"] + len(columns["child_ages"])
    summary = f"submitted for {people}: {', '.join(columns['kind_codes'])}"
    await record(change, "submitRequest", Step.SUBMITTED, request, summary)
    return f"request_{request_id}"


async def withdraw_request(change: Change, id: strawberry.ID, reason: str) -> Outcome:  # noqa: A002
    """End a request; what is proposed, held or accepted for it is given back.

    The reason names nobody: whoever sees the request reads it.
    """
    request = await own_request(change, id, "id")
    problems = Problems()
    said = rules.reason(reason, problems)
    problems.refuse_if_any()
    if request["status"] in (RequestStatus.WITHDRAWN, RequestStatus.CLOSED):
        raise declined(ProblemCode.ALREADY_DONE, "The request has ended already.", "id")
    if request["status"] == RequestStatus.PLACED:
        raise declined(
            ProblemCode.ALREADY_DONE,
            "The household is placed; when it leaves, the offer's council ends the placement.",
            "id",
        )
    connection = change.connection
    matches = await connection.fetch(_WITHDRAW_MATCHES, request["id"], "The request was withdrawn.")
    await _WITHDRAW.run(connection, request_id=request["id"], said=said)
    await record(change, "withdrawRequest", Step.WITHDRAWN, request, "withdrawn")
    await _tell(change, "withdrawRequest", request, matches, "withdrawn with its request")
    return Outcome(request=f"request_{request['id']}")


async def record_consent(
    change: Change,
    request_id: strawberry.ID,
    scope: ConsentScope,
    given: bool,
    gss_code: str | None = UNSET,
) -> Outcome:
    """Note that the household agrees, or no longer does: of all councils, or of one.

    What was proposed or held with a council that it no longer agrees to be matched with is over.
    """
    request = await own_request(change, request_id, "requestId")
    # Empty is no council, and must not be taken for all of them.
    gss = gss_code.strip() if isinstance(gss_code, str) else None
    if gss is not None:
        problems = Problems()
        await check_council_exists(change, gss, problems, "gssCode", or_did=not given)
        problems.refuse_if_any()
    await _agree(change, request["id"], scope, gss, is_given=given)
    step = Step.CONSENT_GIVEN if given else Step.CONSENT_TAKEN_BACK
    whom = f" for {gss}" if gss else ""
    summary = f"{scope.value}{whom}: {'agreed' if given else 'taken back'}"
    await record(
        change, "recordConsent", step, request, summary, council_gss=gss, reason=scope.value
    )
    if scope is ConsentScope.MATCHING and not given:
        matches = await change.connection.fetch(
            _WITHDRAW_REFUSED, request["id"], "The household no longer agrees to be matched."
        )
        await _tell(change, "recordConsent", request, matches, "withdrawn with its consent")
    return Outcome(request=f"request_{request['id']}")


async def own_request(change: Change, request_id: strawberry.ID, path: str) -> Mapping[str, Any]:
    """A request of the actor's own, locked with its matches' places; NOT_FOUND else."""
    key = uuid_of("request")(request_id)
    if await FIND_REQUEST.row(change.connection, request_id=key):
        await change.connection.execute(_LOCK, key)
        row = await FIND_REQUEST.row(change.connection, request_id=key)
        assert row is not None
        return dict(row)
    raise declined(ProblemCode.NOT_FOUND, "You have no request with this id; check it.", path)


async def _tell(
    change: Change,
    command: str,
    request: Mapping[str, Any],
    matches: Iterable[Mapping[str, Any]],
    summary: str,
) -> None:
    """Note that matches were withdrawn; whoever looks at an offer hears of its free places."""
    for match in matches:
        await record(change, command, Step.MATCH_WITHDRAWN, request, summary, match=dict(match))
        await change.tell("offer", {"offer_id": str(match["offer_id"])})


async def _agree(
    change: Change, request_id: UUID, scope: ConsentScope, gss: str | None, *, is_given: bool
) -> None:
    await _INSERT_CONSENT.run(
        change.connection,
        id=uuid7(),
        request_id=request_id,
        scope=scope.value,
        gss_code=gss,
        is_given=is_given,
    )


async def _check_words(change: Change, columns: dict[str, Any], problems: Problems) -> None:
    connection = change.connection
    if not columns["kind_codes"]:
        problems.add("kinds", "Say which kinds of support are needed; supportKinds lists them.")
    for code in columns["kind_codes"]:
        if not await FIND_KIND.row(connection, kind_code=code):
            problems.add("kinds", f"There is no kind of support {code[:50]!r}.")
    route = columns["route_code"]
    if route is not None and (
        "\0" in route or not await KNOWN_ROUTES.rows(connection, codes=[route])
    ):
        problems.add("routeCode", "There is no such route; routes lists them.")
    for gss in columns["preferred_gss_codes"]:
        if not await FIND_COUNCIL.row(connection, gss_code=gss):
            problems.add("preferredGssCodes", f"There is no council {gss[:20]!r}.")
    for region in columns["preferred_regions"]:
        if not await connection.fetchval(_KNOWN_REGION, region):
            problems.add("preferredRegions", f"There is no region {region[:50]!r}.")
    code = columns["postcode_district"]
    if code and not await FIND_LOCATION.row(connection, location=code):
        problems.add(
            "near", f"The place of {code} is not known; check it, or give latitude and longitude."
        )
