"""Requests over HTTP: who sees them, what is refused, and that nobody's name gets out."""

from typing import Any

import pytest

from tests.api.requests.asking import (
    CHARITY,
    CONTACT,
    OFFICER,
    REQUEST,
    SUBMIT,
    household,
    propose,
    submit,
)
from tests.conftest import CAMBRIDGE, OXFORD, OXFORDSHIRE, Hearth

BOURNEMOUTH = "E06000028"
CAMBRIDGE_OFFICER = f"council:{CAMBRIDGE}"
CONSENT = """
mutation ($id: ID!, $scope: ConsentScope!, $gss: String, $given: Boolean!) {
  recordConsent(requestId: $id, scope: $scope, gssCode: $gss, given: $given) {
    request { consents { scope gssCode isGiven } } problems { code message path }
  }
}"""
LIST = "{ requests { totalCount nodes { id status household { size } } } }"


async def _contact(hearth: Hearth, request: str, who: str) -> Any:
    found = (await hearth.data(CONTACT, {"id": request}, who))["request"]
    return found and found["household"]["contact"]


async def _consent(
    hearth: Hearth, request: str, scope: str, *, given: bool, gss: str | None = None
) -> None:
    arguments = {"id": request, "scope": scope, "gss": gss, "given": given}
    data = await hearth.data(CONSENT, arguments, CHARITY)
    assert data["recordConsent"]["problems"] == []


async def _refusal(
    hearth: Hearth, query: str, who: str, variables: dict[str, Any] | None = None
) -> str:
    body = (await hearth.post(query, variables, who)).json()
    assert not any((body["data"] or {}).values())
    return str(body["errors"][0]["extensions"]["code"])


@pytest.mark.parametrize("who", ["public", "liaison"])
async def test_strangers_are_refused(hearth: Hearth, who: str) -> None:
    request = await submit(hearth)
    for query in (LIST, f'{{ request(id: "{request}") {{ id }} }}', "{ matches { totalCount } }"):
        assert await _refusal(hearth, query, who) == "FORBIDDEN"
    assert await _refusal(hearth, SUBMIT, who, {"input": household()}) == "FORBIDDEN"
    node = f'{{ node(id: "{request}") {{ id }} }}'
    assert (await hearth.data(node, who=who))["node"] is None


async def test_another_charity_sees_nothing_and_changes_nothing(hearth: Hearth) -> None:
    request, other = await submit(hearth), "charity:Another"
    assert (await hearth.data(LIST, who=other))["requests"]["totalCount"] == 0
    assert (await hearth.data(REQUEST, {"id": request}, other))["request"] is None
    withdraw = (
        f'mutation {{ withdrawRequest(id: "{request}", reason: "x") {{ problems {{ code }} }} }}'
    )
    data = await hearth.data(withdraw, who=other)
    assert data["withdrawRequest"]["problems"] == [{"code": "NOT_FOUND"}]
    assert (await hearth.data(REQUEST, {"id": request}, CHARITY))["request"][
        "status"
    ] == "SUBMITTED"


async def test_a_council_sees_a_need_and_no_name(hearth: Hearth) -> None:
    request = await submit(hearth, routeCode="homes-for-ukraine", languages=["UK", "en"])
    seen = (await hearth.data(REQUEST, {"id": request}, OFFICER))["request"]
    assert seen["household"] == {
        "size": 2,
        "adults": 1,
        "children": 1,
        "languages": ["uk", "en"],
        "needsStepFree": False,
        "hasPets": False,
        "womenOnly": False,
    }
    assert (seen["submittedBy"], seen["route"]) == (
        "Harbour Welcome",
        {"code": "homes-for-ukraine"},
    )
    assert await _contact(hearth, request, OFFICER) is None


async def test_consent_counts_from_then_on(hearth: Hearth) -> None:
    request = await submit(hearth)
    await _consent(hearth, request, "MATCHING", given=False, gss=OXFORD)
    assert (await hearth.data(LIST, who=OFFICER))["requests"]["totalCount"] == 0
    assert (await hearth.data(LIST, who=CAMBRIDGE_OFFICER))["requests"]["totalCount"] == 1
    await _consent(hearth, request, "MATCHING", given=False)
    assert (await hearth.data(LIST, who=CAMBRIDGE_OFFICER))["requests"]["totalCount"] == 0
    await _consent(hearth, request, "MATCHING", given=True, gss=OXFORD)
    assert (await hearth.data(LIST, who=OFFICER))["requests"]["totalCount"] == 1
    assert (await hearth.data(LIST, who=CAMBRIDGE_OFFICER))["requests"]["totalCount"] == 0


async def test_contact_is_shown_to_who_needs_it_and_each_look_is_noted(hearth: Hearth) -> None:
    request, offer = await submit(hearth), await hearth.open()
    full = {"name": "Olena Example", "email": "olena@example.org", "phone": "+44 1865 000000"}
    assert await _contact(hearth, request, CHARITY) == full
    assert (await propose(hearth, request, offer["id"]))["problems"] == []
    assert await _contact(hearth, request, OFFICER) is None, "a match, but no consent"
    await _consent(hearth, request, "SHARE_WITH_COUNCIL", given=True, gss=OXFORD)
    assert await _contact(hearth, request, OFFICER) == full
    assert await _contact(hearth, request, CAMBRIDGE_OFFICER) is None
    assert await _contact(hearth, request, "admin") is None
    county = f"council:{OXFORDSHIRE}"
    assert await _contact(hearth, request, county) is None, "agreed to its district alone"
    await _consent(hearth, request, "SHARE_WITH_COUNCIL", given=True, gss=OXFORDSHIRE)
    assert await _contact(hearth, request, county) == full
    await _consent(hearth, request, "SHARE_WITH_COUNCIL", given=False)
    assert await _contact(hearth, request, OFFICER) is None
    looks = "query ($id: ID!) { request(id: $id) { contactLooks { by why } } }"
    data = await hearth.data(looks, {"id": request}, CHARITY)
    upper, council, charity = data["request"]["contactLooks"]
    assert charity == {"by": "Somebody at Harbour Welcome", "why": "its own request"}
    assert (upper["by"], council["by"]) == (
        "An officer of Oxfordshire",
        "An officer of Oxford",
    )
    assert council["why"].startswith("match ")


async def test_what_is_needed_to_house_it_safely_is_shown_with_its_contact_alone(
    hearth: Hearth,
) -> None:
    told = {"nationality": "UKR", "notes": "Needs a ground floor after an operation."}
    request, offer = await submit(hearth, **told), await hearth.open()
    query = """query ($id: ID!) {
        request(id: $id) { household { contact { nationality notes } } }
    }"""
    await _consent(hearth, request, "SHARE_WITH_COUNCIL", given=True, gss=OXFORD)

    async def seen(who: str) -> Any:
        found = await hearth.data(query, {"id": request}, who)
        return found["request"] and found["request"]["household"]["contact"]

    assert await seen(CHARITY) == told
    assert await seen(OFFICER) is None, "no match yet"
    assert (await propose(hearth, request, offer["id"]))["problems"] == []
    assert await seen(OFFICER) == told
    assert await seen(CAMBRIDGE_OFFICER) is None
    owner = await hearth.owner()
    assert await owner.fetchval("SELECT count(*) FROM contact_look") == 2
    await owner.close()


async def test_contacts_are_shown_one_at_a_time(hearth: Hearth) -> None:
    await submit(hearth)
    query = "{ requests { nodes { household { contact { name } } } } }"
    body = (await hearth.post(query, who=CHARITY)).json()
    assert "ask it by id" in body["errors"][0]["message"]


async def test_a_dump_holds_no_name(hearth: Hearth) -> None:
    request = await submit(hearth, notes="Afraid of dogs.")
    await _contact(hearth, request, CHARITY)
    owner = await hearth.owner()
    tables = await owner.fetch(
        "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
    )
    for table in tables:
        for row in await owner.fetch(f"SELECT t::text AS text FROM {table['relname']} AS t"):
            for canary in ("Olena", "olena@", "1865 000000", "dogs"):
                assert canary not in row["text"], table["relname"]
    await owner.close()


async def test_a_request_is_followed_and_withdrawn(hearth: Hearth) -> None:
    request = await submit(hearth, neededBy="2099-01-01")
    withdraw = f"""mutation {{ withdrawRequest(id: "{request}", reason: "They found a flat.") {{
        request {{ status closedReason version }} problems {{ code }} }} }}"""
    first = (await hearth.data(withdraw, who=CHARITY))["withdrawRequest"]
    assert first["request"] == {
        "status": "WITHDRAWN",
        "closedReason": "They found a flat.",
        "version": 2,
    }
    again = (await hearth.data(withdraw, who=CHARITY))["withdrawRequest"]
    assert again["problems"] == [{"code": "ALREADY_DONE"}]
    assert (await hearth.data(LIST, who=OFFICER))["requests"]["nodes"] == []
    owner = await hearth.owner()
    steps = await owner.fetch("SELECT step, people FROM request_event ORDER BY at")
    assert [tuple(row) for row in steps] == [("SUBMITTED", 2), ("WITHDRAWN", 2)]
    await owner.close()


async def test_the_same_key_submits_once(hearth: Hearth) -> None:
    given = {"input": household(idempotencyKey="a")}
    first, again = [
        (await hearth.data(SUBMIT, given, CHARITY))["submitRequest"]["request"] for _ in range(2)
    ]
    assert first == again
    other = await hearth.data(SUBMIT, {"input": household(idempotencyKey="a", adults=3)}, CHARITY)
    assert other["submitRequest"]["problems"][0]["path"] == ["input", "idempotencyKey"]


@pytest.mark.parametrize(
    ("given", "code", "path"),
    [
        ({"adults": 0}, "INVALID", ["household", "adults"]),
        ({"childAges": [1] * 31}, "INVALID", ["household", "childAges"]),
        ({"adults": 31}, "INVALID", ["household", "adults"]),
        ({"childAges": [200]}, "INVALID", ["household", "childAges"]),
        ({"childAges": [-1]}, "INVALID", ["household", "childAges"]),
        ({"languages": ["Ukrainian"]}, "INVALID", ["household", "languages"]),
        ({"kinds": ["castle"]}, "INVALID", ["kinds"]),
        ({"kinds": []}, "INVALID", ["kinds"]),
        ({"routeCode": "perm"}, "INVALID", ["routeCode"]),
        ({"preferredGssCodes": ["E99"]}, "INVALID", ["preferredGssCodes"]),
        ({"preferredRegions": ["Atlantis"]}, "INVALID", ["preferredRegions"]),
        ({"near": {"postcodeDistrict": "Oxford"}}, "INVALID", ["near"]),
        ({"near": {"latitude": 51.75}}, "INVALID", ["near"]),
        ({"near": {"latitude": 0.0, "longitude": 0.0}}, "INVALID", ["near"]),
        ({"near": {"postcodeDistrict": "OX4", "withinKm": 0}}, "INVALID", ["near"]),
        ({"neededBy": "2020-01-01"}, "INVALID", ["neededBy"]),
        ({"notes": "x" * 5001}, "INVALID", ["notes"]),
        ({"consents": []}, "CONSENT_MISSING", ["consents"]),
        ({"consents": ["SHARE_WITH_HOST"]}, "CONSENT_MISSING", ["consents"]),
    ],
)
async def test_what_is_wrong_is_said_and_nothing_is_written(
    hearth: Hearth, given: dict[str, Any], code: str, path: list[str]
) -> None:
    data = await hearth.data(SUBMIT, {"input": household(**given)}, CHARITY)
    found = data["submitRequest"]
    assert found["request"] is None
    assert [(each["code"], each["path"]) for each in found["problems"]] == [
        (code, ["input", *path])
    ]
    owner = await hearth.owner()
    for table in ("request", "request_contact", "consent", "request_event", "outbox"):
        assert await owner.fetchval(f"SELECT count(*) FROM {table}") == 0
    await owner.close()


async def test_everything_wrong_is_said_at_once(hearth: Hearth) -> None:
    given = household(adults=0, childAges=[44], kinds=["castle"], consents=[])
    data = await hearth.data(SUBMIT, {"input": given}, CHARITY)
    assert len(data["submitRequest"]["problems"]) == 4


@pytest.mark.parametrize(
    "near", [{"postcodeDistrict": "ox4"}, {"latitude": 51.5, "longitude": 0.0}]
)
async def test_a_place_may_be_a_district_or_a_point(hearth: Hearth, near: dict[str, Any]) -> None:
    request = await submit(hearth, near=near)
    assert (await hearth.data(REQUEST, {"id": request}, CHARITY))["request"]["matches"] == []


async def test_a_consent_for_a_council_that_is_no_more_is_taken_back_alone(hearth: Hearth) -> None:
    arguments = {"id": await submit(hearth), "scope": "SHARE_WITH_COUNCIL", "gss": BOURNEMOUTH}
    for is_given in (True, False):
        found = await hearth.data(CONSENT, arguments | {"given": is_given}, CHARITY)
        problems = found["recordConsent"]["problems"]
        assert [each["path"] for each in problems] == [["gssCode"]] * is_given
        assert all("Bournemouth was abolished" in each["message"] for each in problems)


@pytest.mark.parametrize("gss", ["", " ", "ZZ"])
async def test_what_names_no_council_is_not_taken_for_all(hearth: Hearth, gss: str) -> None:
    request = await submit(hearth)
    arguments = {"id": request, "scope": "SHARE_WITH_COUNCIL", "gss": gss, "given": True}
    found = (await hearth.data(CONSENT, arguments, CHARITY))["recordConsent"]
    assert [each["path"] for each in found["problems"]] == [["gssCode"]]
    owner = await hearth.owner()
    kept = await owner.fetch("SELECT scope FROM consent")
    assert [each["scope"] for each in kept] == ["MATCHING"]
    await owner.close()
