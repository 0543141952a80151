"""What is kept about a household is put right by its charity, and by nobody else."""

from typing import Any

import pytest

from tests.api.requests.asking import CHARITY, CONTACT, OFFICER, REQUEST, move, propose, submit
from tests.conftest import Hearth

CORRECT = """
mutation ($id: ID!, $input: CorrectRequestInput!) {
  correctRequest(requestId: $id, input: $input) {
    request { id } problems { code message path }
  }
}"""
WITHDRAW = """
mutation ($id: ID!) { withdrawRequest(id: $id, reason: "Left.") { problems { code } } }"""


async def _correct(
    hearth: Hearth, request: str, who: str = CHARITY, notes: Any = ..., **household: Any
) -> list[dict[str, Any]]:
    given = {"household": household} | ({} if notes is ... else {"notes": notes})
    data = await hearth.data(CORRECT, {"id": request, "input": given}, who)
    problems: list[dict[str, Any]] = data["correctRequest"]["problems"]
    return problems


async def _household(hearth: Hearth, request: str, query: str = REQUEST) -> Any:
    return (await hearth.data(query, {"id": request}, CHARITY))["request"]["household"]


async def test_strangers_and_councils_are_refused(hearth: Hearth) -> None:
    request = await submit(hearth)
    given = {"id": request, "input": {"household": {"adults": 2}}}
    for who in ("public", OFFICER, "liaison", "admin"):
        assert await hearth.code(CORRECT, given, who) == "FORBIDDEN"
    (problem,) = await _correct(hearth, request, "charity:Another", adults=2)
    assert problem["code"] == "NOT_FOUND"
    assert (await _household(hearth, request))["adults"] == 1


async def test_its_charity_puts_right_what_is_kept(hearth: Hearth) -> None:
    request = await submit(hearth, notes="Allergic to cats.", languages=["uk"])
    assert await _correct(hearth, request, contactPhone="+44 1865 111111") == []
    told: dict[str, str | None] = {
        "name": "Olena Example",
        "email": "olena@example.org",
        "phone": "+44 1865 111111",
    }
    assert (await _household(hearth, request, CONTACT))["contact"] == told
    assert await _correct(hearth, request, contactEmail=None, adults=2, needsStepFree=True) == []
    told["email"] = None
    assert (await _household(hearth, request, CONTACT))["contact"] == told
    found = await _household(hearth, request)
    assert (found["adults"], found["children"], found["size"]) == (2, 1, 3)
    assert (found["needsStepFree"], found["languages"]) == (True, ["uk"])
    assert await _correct(hearth, request, notes="Allergic to dogs.") == []
    sealing, owner = hearth.service.endpoint.answering.sealing, await hearth.owner()
    row = await owner.fetchrow("SELECT request_id, sealed FROM request_contact")
    assert sealing.read("request", row["request_id"], row["sealed"])["notes"] == "Allergic to dogs."
    again = await owner.fetchval("SELECT count(*) FROM audit_event WHERE command LIKE 'correct%'")
    assert await _correct(hearth, request, adults=2) == [], "changes nothing, so notes nothing"
    commands = "SELECT summary, changes::text FROM audit_event WHERE command = 'correctRequest'"
    noted = [tuple(each) for each in await owner.fetch(f"{commands} ORDER BY at")]
    assert noted == [
        ("put right: phone", "{}"),
        ("put right: adults, email, needs step free", "{}"),
        ("put right: notes", "{}"),
    ]
    assert again == len(noted)
    await owner.close()


async def test_a_household_without_a_contact_gets_one(hearth: Hearth) -> None:
    request = await submit(hearth, contactName=None, contactEmail=None, contactPhone=None)
    assert await _correct(hearth, request, hasPets=True) == []
    assert (await _household(hearth, request, CONTACT))["contact"] is None
    assert await _correct(hearth, request, contactName="Olena") == []
    assert (await _household(hearth, request, CONTACT))["contact"]["name"] == "Olena"


async def test_what_is_wrong_is_said_and_nothing_is_written(hearth: Hearth) -> None:
    request = await submit(hearth)
    found = await _correct(hearth, request, adults=0, contactEmail="nobody", notes="x" * 5001)
    assert [(each["code"], each["path"]) for each in found] == [
        ("INVALID", ["input", "household", "adults"]),
        ("INVALID", ["input", "notes"]),
        ("INVALID", ["input", "household", "contactEmail"]),
    ]
    assert (await _household(hearth, request))["adults"] == 1


@pytest.mark.parametrize("ended", [False, True])
async def test_its_size_counts_while_it_is_matched(hearth: Hearth, *, ended: bool) -> None:
    request, offer = await submit(hearth), await hearth.open(placesTotal=4)
    match = (await propose(hearth, request, offer["id"]))["match"]["id"]
    (problem,) = await _correct(hearth, request, adults=2)
    assert (problem["code"], problem["path"]) == ("INVALID", ["input", "household"])
    assert await _correct(hearth, request, contactPhone="+44 1865 111111") == []
    await move(hearth, "declineMatch", match, OFFICER, "reason: OTHER")
    if ended:
        await hearth.data(WITHDRAW, {"id": request}, CHARITY)
        (problem,) = await _correct(hearth, request, adults=2)
        assert (problem["code"], problem["path"]) == ("ALREADY_DONE", ["requestId"])
    else:
        assert await _correct(hearth, request, adults=2) == []
