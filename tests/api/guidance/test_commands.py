"""Publishing facts and recording decisions: who may, what holds then, what is refused."""

import asyncio
import json
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.conftest import CAMBRIDGE, OXFORD, Hearth
from tests.waiting import PATIENCE

PUBLISH_FACT = """
mutation ($input: RouteFactInput!) {
  publishRouteFact(input: $input) {
    route { code tariffs { kind amount } rules { clause } status leaveMonths }
    problems { code message path }
  }
}"""
DECIDE = """
mutation ($input: TwinningDecisionInput!) {
  recordTwinningDecision(input: $input) {
    council { twinnings { partnerCity status statusSince reason source { title } } }
    problems { code message path }
  }
}"""
TARIFF = {
    "kind": "tariff",
    "amount": "6500.00",
    "per": "person",
    "period": "one-off",
    "payee": "council",
    "applies_to": "arrival_date",
}
TARIFFS = """
query ($day: Date!, $known: DateTime) {
  route(code: "homes-for-ukraine", asOf: $day, knownAt: $known) {
    tariffs { kind amount validFrom validTo source { title } }
  }
}"""


def _fact(body: Any = None, /, **given: Any) -> dict[str, Any]:
    fact = {
        "routeCode": "homes-for-ukraine",
        "sort": "TARIFF",
        "body": json.dumps(body or TARIFF),
        "validFrom": "2026-10-01",
        "sourceTitle": "Funding for councils: Homes for Ukraine",
        "sourceUrl": "https://www.gov.uk/guidance/funding-for-councils",
    }
    return {"input": {**fact, **given}}


def _decision(**given: Any) -> dict[str, Any]:
    return {
        "input": {
            "gssCode": OXFORD,
            "partnerCity": "Perm",
            "partnerCountry": "RUS",
            "status": "ENDED",
            "decidedOn": "2026-06-01",
            "reason": "The breaches did not cease.",
            **given,
        }
    }


async def _amount(hearth: Hearth, day: str, known: str | None = None) -> list[str]:
    data = await hearth.data(TARIFFS, {"day": day, "known": known})
    return [each["amount"] for each in data["route"]["tariffs"] if each["kind"] == "tariff"]


@pytest.mark.parametrize("who", ["public", "charity:Harbour", f"council:{OXFORD}", "liaison"])
async def test_only_an_editor_publishes(hearth: Hearth, who: str) -> None:
    assert await hearth.code(PUBLISH_FACT, _fact(), who) == "FORBIDDEN"


async def test_a_fact_supersedes_from_its_day_and_for_what_is_known_since(hearth: Hearth) -> None:
    before = datetime.now(UTC).isoformat()
    data = await hearth.data(PUBLISH_FACT, _fact(), "admin")
    assert data["publishRouteFact"]["problems"] == []
    assert await _amount(hearth, "2026-09-30") == ["5900.00"]
    assert await _amount(hearth, "2026-10-01") == ["6500.00"]
    assert await _amount(hearth, "2022-06-01") == ["10500.00"]
    assert await _amount(hearth, "2026-10-01", before) == ["5900.00"]


async def test_what_is_published_for_a_while_ends(hearth: Hearth) -> None:
    await hearth.data(PUBLISH_FACT, _fact(validTo="2027-01-01"), "admin")
    assert await _amount(hearth, "2026-12-31") == ["6500.00"]
    assert await _amount(hearth, "2027-01-01") == ["5900.00"]


async def test_a_rule_is_said_in_words_and_judged(hearth: Hearth) -> None:
    rule = {"subject": "sponsor", "attribute": "sponsor_age", "operator": "gte", "value": 21}
    given = _fact(rule, sort="RULE", validFrom="2026-01-01")
    data = await hearth.data(PUBLISH_FACT, given, "admin")
    clauses = [each["clause"] for each in data["publishRouteFact"]["route"]["rules"]]
    assert "The sponsor is 21 or older." in clauses
    found = await hearth.data(
        "{ eligibility(facts: { sponsorAge: 20 }) { route { code } failing { clause } } }"
    )
    (verdict,) = (
        each for each in found["eligibility"] if each["route"]["code"] == "homes-for-ukraine"
    )
    assert [each["clause"] for each in verdict["failing"]] == ["The sponsor is 21 or older."]


async def test_a_route_closes_by_a_window(hearth: Hearth) -> None:
    given = _fact({"status": "CLOSED", "valid_from_at": "2026-11-01T12:00:00+00:00"}, sort="WINDOW")
    await hearth.data(
        PUBLISH_FACT, given | {"input": given["input"] | {"validFrom": None}}, "admin"
    )
    found = await hearth.data(
        '{ before: route(code: "homes-for-ukraine", at: "2026-11-01T11:59:00Z") { status } '
        'after: route(code: "homes-for-ukraine", at: "2026-11-01T12:00:00Z") { status } }'
    )
    assert found == {"before": {"status": "OPEN"}, "after": {"status": "CLOSED"}}


async def test_it_is_audited_and_told(hearth: Hearth) -> None:
    await hearth.data(PUBLISH_FACT, _fact(), "admin")
    owner = await hearth.owner()
    row = await owner.fetchrow("SELECT command, summary FROM audit_event")
    assert row is not None
    assert row["command"] == "publishRouteFact"
    assert "homes-for-ukraine" in row["summary"]
    assert await owner.fetchval("SELECT count(*) FROM outbox WHERE topic = 'route'") == 1
    await owner.close()


KEY_OF_TARIFF = """
SELECT key FROM route_fact
WHERE route_code = 'homes-for-ukraine' AND sort = 'TARIFF' AND body ->> 'kind' = 'tariff'
LIMIT 1
"""
WAITING = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
CLOSE = """
UPDATE route_fact SET known = tstzrange(lower(known), clock_timestamp())
WHERE key = $1 AND upper_inf(known) RETURNING id
"""


async def test_a_fact_published_meanwhile_is_superseded_in_its_turn(hearth: Hearth) -> None:
    owner, columns = await hearth.owner(), "route_code, sort, key, position, body, origin"
    key = await owner.fetchval(KEY_OF_TARIFF)
    async with owner.transaction():
        await owner.execute("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", key)
        publishing = asyncio.create_task(hearth.data(PUBLISH_FACT, _fact(TARIFF), "admin"))
        async with asyncio.timeout(PATIENCE):
            while not await owner.fetchval(WAITING):  # noqa: ASYNC110 - another session's wait
                await asyncio.sleep(0.01)
        found = await owner.fetch(CLOSE, key)
        for row in found:
            await owner.execute(
                f"INSERT INTO route_fact (id, valid, valid_from_is, valid_to_is, known, words, "
                f"basis, confidence, {columns}) SELECT gen_random_uuid(), valid, valid_from_is, "
                f"valid_to_is, tstzrange(upper(known), NULL), words, basis, confidence, {columns} "
                f"FROM route_fact WHERE id = $1",
                row["id"],
            )
    data = await publishing
    assert data["publishRouteFact"]["problems"] == []
    assert len(await _amount(hearth, "2026-10-01")) == 1
    await owner.close()


async def test_two_at_once_leave_one_truth(hearth: Hearth) -> None:
    bodies = [TARIFF | {"amount": f"{amount}.00"} for amount in (6001, 6002)]
    await asyncio.gather(*(hearth.data(PUBLISH_FACT, _fact(body), "admin") for body in bodies))
    assert len(await _amount(hearth, "2026-10-01")) == 1


@pytest.mark.parametrize(
    ("given", "field", "said"),
    [
        ({"routeCode": "nowhere"}, "routeCode", "no such route"),
        ({"body": "{"}, "body", "not JSON"),
        ({"body": "[]"}, "body", "JSON object"),
        ({"body": json.dumps(TARIFF | {"amount": "-1"})}, "body", "amount"),
        ({"body": json.dumps(TARIFF | {"colour": "blue"})}, "body", "colour"),
        ({"body": json.dumps({"kind": "tariff"})}, "body", "payee"),
        ({"validTo": "2026-10-01"}, "validTo", "after validFrom"),
        ({"sourceTitle": " "}, "sourceTitle", "Name the page"),
        ({"sourceUrl": "gov.uk"}, "sourceUrl", "https://"),
        (
            {
                "sort": "RULE",
                "body": '{"subject": "sponsor", "attribute": "colour", "operator": "eq", '
                '"value": "blue"}',
            },
            "body",
            "not in the registry",
        ),
        (
            {
                "sort": "RULE",
                "body": '{"subject": "sponsor", "attribute": "sponsor_age", "operator": "in", '
                '"value": [1]}',
            },
            "body",
            "does not fit",
        ),
        (
            {"sort": "DUTY", "body": '{"kind": "dancing", "level": "MUST", "tier": "ALL"}'},
            "body",
            "no support kind",
        ),
    ],
)
async def test_what_is_wrong_is_said_and_nothing_is_written(
    hearth: Hearth, given: dict[str, Any], field: str, said: str
) -> None:
    data = await hearth.data(PUBLISH_FACT, _fact(**given), "admin")
    problems = data["publishRouteFact"]["problems"]
    assert data["publishRouteFact"]["route"] is None
    assert any(each["path"] == ["input", field] and said in each["message"] for each in problems)
    owner = await hearth.owner()
    assert await owner.fetchval("SELECT count(*) FROM route_fact WHERE origin = 'EDITOR'") == 0
    await owner.close()


async def test_a_council_decides_on_its_own_links_only(hearth: Hearth) -> None:
    assert await hearth.code(DECIDE, _decision(), "public") == "FORBIDDEN"
    other = await hearth.data(DECIDE, _decision(), f"council:{CAMBRIDGE}")
    assert other["recordTwinningDecision"]["problems"][0]["code"] == "NOT_FOUND"
    own = await hearth.data(DECIDE, _decision(), f"council:{OXFORD}")
    found = own["recordTwinningDecision"]
    assert found["problems"] == []
    (perm,) = (e for e in found["council"]["twinnings"] if e["partnerCity"] == "Perm")
    assert (perm["status"], perm["statusSince"]) == ("ENDED", "2026-06-01")
    before = await hearth.data(
        f'{{ council(gssCode: "{OXFORD}") {{ twinnings(asOf: "2023-01-01") '
        "{ partnerCity status } } }"
    )
    assert {"partnerCity": "Perm", "status": "SUSPENDED"} in before["council"]["twinnings"]


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"partnerCity": ""}, "partnerCity"),
        ({"partnerCity": "Atlantis", "status": "ENDED"}, "partnerCity"),
        ({"partnerCountry": "Russia"}, "partnerCountry"),
        ({"partnerCountry": "UKR"}, "partnerCountry"),
        ({"decidedOn": "2999-01-01"}, "decidedOn"),
        ({"decidedOn": "2020-01-01"}, "decidedOn"),
        ({"reason": " "}, "reason"),
        ({"status": "SUSPENDED"}, "status"),
    ],
)
async def test_a_decision_that_makes_no_sense(
    hearth: Hearth, given: dict[str, Any], field: str
) -> None:
    data = await hearth.data(DECIDE, _decision(**given), f"council:{OXFORD}")
    found = data["recordTwinningDecision"]
    assert found["council"] is None
    assert ["input", field] in [each["path"] for each in found["problems"]]
