"""Exact addresses: sealed, shown to who needs them, each look noted; and who is protected."""

from typing import Any
from uuid import UUID

import asyncpg
import pytest

from tests.api.requests.asking import CHARITY, OFFICER, move, propose, submit
from tests.api.requests.test_protecting import PROTECT as PROTECT_REQUEST
from tests.conftest import CAMBRIDGE, OXFORD, OXFORDSHIRE, Hearth

OTHER = f"council:{CAMBRIDGE}"
RECORD = """
mutation ($input: OfferAddressInput!) {
  recordOfferAddress(input: $input) { offer { id } problems { code message path } }
}"""
ADDRESS = """
query ($id: ID!) {
  offer(id: $id) { address { address uprn postcodeDistrict hostName hostEmail hostPhone } }
}"""
MATCHED = """
query ($id: ID!) {
  request(id: $id) { matches { reasons { rule } offer { postcodeDistrict latitude } } }
}"""
ONE = "query ($id: ID!) { node(id: $id) { ... on Match { offer { address { address } } } } }"
PROTECT = """
mutation ($id: ID!, $to: [String!]!) {
  protectOffer(offerId: $id, showTo: $to) { offer { id version } problems { code message path } }
}"""
UNPROTECT = """
mutation ($id: ID!) {
  unprotectOffer(offerId: $id) { offer { postcodeDistrict } problems { code message path } }
}"""
NEAR = """{ availability(
  filter: { near: { postcodeDistrict: "OX4", withinKm: 5 } }, orderBy: NEAREST
) { nodes { id distanceKm } } }"""
WHERE = "query ($id: ID!) { offer(id: $id) { postcodeDistrict latitude longitude distanceKm } }"
GIVEN = {
    "address": "7 Quince Lane",
    "uprn": "100120000001",
    "hostName": "Rowan Example",
    "hostEmail": "rowan@example.org",
    "hostPhone": "+44 1865 111111",
}


async def _record(hearth: Hearth, offer: str, who: str = OFFICER, **given: Any) -> Any:
    data = await hearth.data(RECORD, {"input": {"offerId": offer, **GIVEN, **given}}, who)
    return data["recordOfferAddress"]["problems"]


async def _address(hearth: Hearth, offer: str, who: str) -> Any:
    found = (await hearth.data(ADDRESS, {"id": offer}, who))["offer"]
    return found and found["address"]


async def _protected(hearth: Hearth, *to: str, who: str = OFFICER) -> tuple[str, list[Any]]:
    offer = (await hearth.open(postcodeDistrict="OX4"))["id"]
    data = await hearth.data(PROTECT, {"id": offer, "to": list(to)}, who)
    return offer, data["protectOffer"]["problems"]


async def test_outsiders_and_another_council_see_none(hearth: Hearth) -> None:
    offer = (await hearth.open())["id"]
    assert await _record(hearth, offer) == []
    for who in ("public", "liaison"):
        body = (await hearth.post(ADDRESS, {"id": offer}, who)).json()
        assert body["errors"][0]["extensions"]["code"] == "FORBIDDEN"
    for who in (CHARITY, OTHER, "admin"):
        assert not await _address(hearth, offer, who)
    assert [each["code"] for each in await _record(hearth, offer, OTHER)] == ["NOT_FOUND"]
    assert not await _address(hearth, offer, f"council:{OXFORDSHIRE}"), "its county has no need"


async def test_its_officers_see_it_and_each_look_is_noted(hearth: Hearth) -> None:
    offer = (await hearth.open())["id"]
    assert await _address(hearth, offer, OFFICER) is None
    assert await _record(hearth, offer) == []
    assert await _address(hearth, offer, OFFICER) == {**GIVEN, "postcodeDistrict": None}
    query = "query ($id: ID!) { offer(id: $id) { history { nodes { by command summary } } } }"
    history = (await hearth.data(query, {"id": offer}, OFFICER))["offer"]["history"]["nodes"]
    assert [(each["command"], each["summary"]) for each in history[:2]] == [
        ("readAddress", "looked: its own offer"),
        ("recordOfferAddress", "recorded its exact address"),
    ]
    assert await _record(hearth, offer, uprn=None) == []
    assert (await _address(hearth, offer, OFFICER))["uprn"] is None
    assert (await _record(hearth, offer, uprn="7 x"))[0]["path"] == ["input", "uprn"]
    listed = "{ offers { nodes { address { address } } } }"
    assert "by id" in (await hearth.post(listed, who=OFFICER)).json()["errors"][0]["message"]


@pytest.mark.parametrize("agrees", [True, False])
async def test_a_charity_sees_it_once_matched_and_agreed(hearth: Hearth, agrees: bool) -> None:
    request, offer = await submit(hearth), (await hearth.open())["id"]
    await _record(hearth, offer, hostAgrees=agrees)
    match = (await propose(hearth, request, offer))["match"]["id"]

    async def seen(who: str = CHARITY) -> Any:
        found = (await hearth.data(ONE, {"id": match}, who))["node"]
        return found and found["offer"]["address"]

    assert await seen() is None, "only proposed"
    await move(hearth, "acceptMatch", match, CHARITY)
    assert await seen() == ({"address": GIVEN["address"]} if agrees else None)
    assert await seen("charity:Another") is None


async def test_a_protected_offer_is_like_one_without_a_district(hearth: Hearth) -> None:
    request = await submit(hearth, near={"postcodeDistrict": "OX1", "withinKm": 50})
    offer, problems = await _protected(hearth)
    assert problems == []
    without = (await hearth.open())["id"]
    for who in ("public", CHARITY, OFFICER, OTHER):
        places = [
            (await hearth.data(WHERE, {"id": each}, who))["offer"] for each in (offer, without)
        ]
        assert places[0] == places[1]
        assert places[0] is None or places[0]["postcodeDistrict"] is None
        near = (await hearth.data(NEAR, who=who))["availability"]["nodes"]
        assert {each["id"] for each in near} == {offer, without}
        assert near[0]["distanceKm"] == near[1]["distanceKm"]
    candidates = """query ($id: ID!) { candidates(requestId: $id) {
        candidates { score reasons { rule message } offer { postcodeDistrict latitude } } } }"""
    found = await hearth.data(candidates, {"id": request}, CHARITY)
    one, other = found["candidates"]["candidates"]
    assert one == other
    assert "The middle of its council is" in str(one["reasons"])
    changed = f"""mutation {{ updateOffer(input: {{ expectedVersion: 3,
        id: "{offer}", postcodeDistrict: "OX4" }}) {{ problems {{ path }} }} }}"""
    data = await hearth.data(changed, who=OFFICER)
    assert data["updateOffer"]["problems"] == [{"path": ["input", "postcodeDistrict"]}]


async def test_what_was_said_of_its_place_is_forgotten(hearth: Hearth) -> None:
    request = await submit(hearth, near={"postcodeDistrict": "OX1", "withinKm": 50})
    offer = (await hearth.open(postcodeDistrict="OX4"))["id"]
    await propose(hearth, request, offer)

    async def rules(who: str) -> set[str]:
        data = await hearth.data(MATCHED, {"id": request}, who)
        (match,) = data["request"]["matches"]
        if "distance" not in (told := {each["rule"] for each in match["reasons"]}):
            assert match["offer"]["postcodeDistrict"] is None
        return told

    assert "distance" in await rules(CHARITY)
    await hearth.data(PROTECT, {"id": offer, "to": []}, OFFICER)
    for who in (CHARITY, OFFICER):
        assert await rules(who) == {"freshness"}
    history = "query ($id: ID!) { offer(id: $id) { history { nodes { command } } } }"
    nodes = (await hearth.data(history, {"id": offer}, OFFICER))["offer"]["history"]["nodes"]
    assert [each["command"] for each in nodes] == ["protectOffer"]
    # So says the database alone.
    role = {"role": "hearth_council"}
    connection = await asyncpg.connect(hearth.copy.url, server_settings=role)
    await connection.execute("BEGIN")
    await connection.fetch("SELECT * FROM hearth_enter($1)", OFFICER)
    told = "SELECT command FROM audit_event WHERE subject_id = $1"
    found = await connection.fetch(told, UUID(offer.removeprefix("offer_")))
    assert [each["command"] for each in found] == ["protectOffer"]
    await connection.close()


async def test_a_list_names_no_council_that_there_is_not(hearth: Hearth) -> None:
    offer = (await hearth.open(postcodeDistrict="OX4"))["id"]
    request = await submit(hearth)
    given = ["", "  ", "E99", OXFORD.lower(), OXFORD, "nobody's subject"]
    for query, of, who in ((PROTECT, offer, OFFICER), (PROTECT_REQUEST, request, CHARITY)):
        [answer] = (await hearth.data(query, {"id": of, "to": given}, who)).values()
        problems = answer["problems"]
        assert {(each["code"], *each["path"]) for each in problems} == {("INVALID", "showTo")}
        empty, blank, *unknown = (each["message"] for each in problems)
        assert empty == blank == "An entry is empty; give a GSS code or a member's subject."
        assert unknown == [
            f"There is no council {each!r}; councils lists them." for each in given[2:4]
        ]
        # Who is a member is told to nobody.
        [answer] = (await hearth.data(query, {"id": of, "to": given[4:]}, who)).values()
        assert answer["problems"] == []


async def test_only_those_on_its_list_know_it(hearth: Hearth) -> None:
    colleague = await hearth.colleague(OXFORD)
    offer, _ = await _protected(hearth)
    assert (await _address(hearth, offer, OFFICER))["postcodeDistrict"] == "OX4"
    assert await _address(hearth, offer, colleague) is None
    assert (await _record(hearth, offer, colleague))[0]["code"] == "NOT_FOUND"
    for command in (PROTECT, UNPROTECT):
        data = await hearth.data(command, {"id": offer, "to": []}, colleague)
        assert next(iter(data.values()))["problems"][0]["code"] == "NOT_FOUND"
    await hearth.data(PROTECT, {"id": offer, "to": [OXFORD]}, OFFICER)
    assert (await _address(hearth, offer, colleague))["postcodeDistrict"] == "OX4"
    assert await _record(hearth, offer) == []
    assert (await _address(hearth, offer, OFFICER))["postcodeDistrict"] == "OX4"
    data = await hearth.data(UNPROTECT, {"id": offer}, colleague)
    assert data["unprotectOffer"]["offer"] == {"postcodeDistrict": "OX4"}
    assert len((await hearth.data(NEAR))["availability"]["nodes"]) == 1
    again = await hearth.data(UNPROTECT, {"id": offer}, OFFICER)
    assert again["unprotectOffer"]["problems"][0]["code"] == "ALREADY_DONE"
