"""A protected household: nobody but those on its list knows who it is, or where it would live."""

from typing import Any

from tests.api.requests.asking import CHARITY, CONTACT, OFFICER, propose, submit
from tests.conftest import OXFORD, Hearth

PROTECT = """
mutation ($id: ID!, $to: [String!]!) {
  protectRequest(requestId: $id, showTo: $to) {
    request { id } problems { code message path }
  }
}"""
PLACE = "query ($id: ID!) { request(id: $id) { household { contact { protectedPlace } } } }"
CANDIDATES = """
query ($id: ID!) {
  candidates(requestId: $id) { candidates { reasons { rule } } unlock { rule } }
}"""
REASONS = "query ($id: ID!) { request(id: $id) { matches { score reasons { rule points } } } }"
WISHED = f'{{ requests(filter: {{ gssCodes: ["{OXFORD}"] }}) {{ totalCount }} }}'


async def _contact(hearth: Hearth, request: str, who: str, query: str = CONTACT) -> Any:
    return (await hearth.data(query, {"id": request}, who))["request"]["household"]["contact"]


async def test_its_place_is_nowhere(hearth: Hearth) -> None:
    request = await submit(
        hearth,
        near={"postcodeDistrict": "OX1", "withinKm": 30},
        preferredGssCodes=[OXFORD],
        consents=["MATCHING", "SHARE_WITH_COUNCIL"],
    )
    offer = await hearth.open(postcodeDistrict="OX4")
    await propose(hearth, request, offer["id"])
    other = "charity:Another"
    refused = await hearth.data(PROTECT, {"id": request, "to": []}, other)
    assert refused["protectRequest"]["problems"][0]["code"] == "NOT_FOUND"
    assert (await hearth.data(WISHED, who=OFFICER))["requests"]["totalCount"] == 1
    data = await hearth.data(PROTECT, {"id": request, "to": []}, CHARITY)
    assert data["protectRequest"]["problems"] == []
    for who in (CHARITY, OFFICER):
        (match,) = (await hearth.data(REASONS, {"id": request}, who))["request"]["matches"]
        assert {each["rule"] for each in match["reasons"]} == {"freshness"}
        assert match["score"] == sum(each["points"] for each in match["reasons"])
        assert (await hearth.data(WISHED, who=who))["requests"]["totalCount"] == 0
    second = await submit(hearth, near={"postcodeDistrict": "OX1", "withinKm": 30})
    for asked, told in ((second, True), (request, False)):
        found = str(await hearth.data(CANDIDATES, {"id": asked}, CHARITY))
        assert ("distance" in found) == told or asked == request
        assert "preference" not in found
    assert "distance" not in str(await hearth.data(CANDIDATES, {"id": request}, CHARITY))


async def test_only_those_on_its_list_know_who_it_is(hearth: Hearth) -> None:
    request = await submit(
        hearth,
        near={"postcodeDistrict": "OX1", "withinKm": 30},
        consents=["MATCHING", "SHARE_WITH_COUNCIL"],
    )
    await propose(hearth, request, (await hearth.open())["id"])
    assert await _contact(hearth, request, OFFICER)
    await hearth.data(PROTECT, {"id": request, "to": []}, CHARITY)
    assert await _contact(hearth, request, OFFICER) is None
    assert (await _contact(hearth, request, CHARITY))["name"] == "Olena Example"
    place = await _contact(hearth, request, CHARITY, PLACE)
    assert place == {"protectedPlace": "within 30 km of OX1"}
    await hearth.data(PROTECT, {"id": request, "to": [OXFORD]}, CHARITY)
    assert (await _contact(hearth, request, OFFICER))["name"] == "Olena Example"


async def test_one_without_a_contact_is_protected_too(hearth: Hearth) -> None:
    named = {"contactName": None, "contactEmail": None, "contactPhone": None}
    given = {"adults": 1, **named}
    request = await submit(hearth, near={"latitude": 51.75, "longitude": -1.25, "withinKm": 9})
    owner = await hearth.owner()
    await owner.execute("DELETE FROM request_contact")
    await owner.close()
    assert given["contactName"] is None
    await hearth.data(PROTECT, {"id": request, "to": []}, CHARITY)
    place = await _contact(hearth, request, CHARITY, PLACE)
    assert place["protectedPlace"].startswith("within 9 km of easting 45")
