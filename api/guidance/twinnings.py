"""The command on a council's links with cities abroad."""

import re

from api.guidance.commands import FIND_SOURCE, Outcome
from api.writing.audit import Event
from api.writing.outbox import Message
from api.writing.problems import Problems, declined
from api.writing.unit_of_work import Change
from schema.tables.columns import uuid7
from schema.text import clean
from schema.types.guidance_inputs import TwinningDecisionInput
from schema.words import ProblemCode, TwinningStatus

TOPIC = "council"
LONGEST_CITY = 100
LONGEST_REASON = 1000
LATEST = """
    SELECT partner_country, since, status, status_since FROM twinning
    WHERE council_gss = $1 AND partner_city = $2
    ORDER BY status_since DESC NULLS LAST LIMIT 1
"""
INSERT = """
    INSERT INTO twinning (
        id, council_gss, partner_city, partner_country, since, status, status_since, reason,
        source_id, basis, confidence
    )
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 'SOURCED', 'HIGH')
"""


async def record_twinning_decision(
    change: Change,
    input: TwinningDecisionInput,  # noqa: A002
) -> Outcome:
    """Record what a council decided about a link: from that day it has the status."""
    connection, problems = change.connection, Problems("input")
    gss = clean(input.gss_code)
    name = await connection.fetchval("SELECT name FROM council WHERE gss_code = $1", gss)
    if name is None or change.actor.council_gss not in (None, gss):
        raise declined(
            ProblemCode.NOT_FOUND, "There is no such council of yours.", "input", "gssCode"
        )
    city, reason = input.partner_city.strip(), input.reason.strip()
    if not 0 < len(city) <= LONGEST_CITY or "\0" in city:
        problems.add("partnerCity", f"Name the city, in at most {LONGEST_CITY} characters.")
    if not re.fullmatch(r"[A-Z]{3}", input.partner_country):
        problems.add("partnerCountry", "Give the country as ISO 3166 alpha-3, for example UKR.")
    if not 0 < len(reason) <= LONGEST_REASON or "\0" in reason:
        problems.add("reason", f"Say why, in at most {LONGEST_REASON} characters.")
    if input.decided_on > change.today:
        problems.add("decidedOn", f"decidedOn ({input.decided_on}) is in the future.")
    problems.refuse_if_any()
    await connection.execute("SELECT pg_advisory_xact_lock(hashtext($1))", f"twinning {gss} {city}")
    before = await connection.fetchrow(LATEST, gss, city)
    day = input.decided_on.isoformat()
    if before and before["partner_country"] != input.partner_country:
        problems.add("partnerCountry", f"{city} is known to be in {before['partner_country']}.")
    if before and before["status_since"] and before["status_since"] >= day:
        problems.add("decidedOn", f"A later decision is known, of {before['status_since']}.")
    if before and before["status"] == input.status.value:
        problems.add("status", f"It is {input.status.value} already.", ProblemCode.ALREADY_DONE)
    if before is None and input.status not in (TwinningStatus.ACTIVE, TwinningStatus.PROPOSED):
        problems.add("partnerCity", f"{name} has no link with {city} that could be changed.")
    problems.refuse_if_any()
    title = f"{name}: decision of {day} on the link with {city}"
    source_id = await connection.fetchval(FIND_SOURCE, uuid7(), title, None, change.today)
    link_id = uuid7()
    since = before["since"] if before else day if input.status is TwinningStatus.ACTIVE else None
    status = input.status.value
    await connection.execute(
        INSERT, link_id, gss, city, input.partner_country, since, status, day, reason, source_id
    )
    await change.record(
        Event(
            "recordTwinningDecision",
            gss,
            "Twinning",
            link_id,
            {"status": [before["status"] if before else None, status]},
            f"{city}: {status} from {day}: {reason}",
        ),
        Message(TOPIC, {"gss_code": gss}),
    )
    return Outcome(council=f"council_{gss}")
