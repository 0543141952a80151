"""Checks that routes ask for: due once such a route is accepted, and before anybody moves in."""

from typing import Any

import pytest

from tests.api.requests.asking import ARRIVED, CHARITY, OFFICER, move, propose, submit
from tests.conftest import Hearth

ALL = ("ACCOMMODATION_EXISTS", "ACCOMMODATION_SUITABLE", "SPONSOR_SUITABLE")
CHECKS = "query ($id: ID!) { offer(id: $id) { readiness checks { kind state } } }"
RECORD = """
mutation ($offer: ID!, $kind: CheckKind!) {
  recordCheck(input: { offerId: $offer, kind: $kind, state: PASSED }) { problems { code } }
}"""
SPONSORED = "homes-for-ukraine"


async def _asked(hearth: Hearth, offer: str) -> tuple[str, list[str]]:
    found = (await hearth.data(CHECKS, {"id": offer}, OFFICER))["offer"]
    assert {check["state"] for check in found["checks"]} <= {"NOT_STARTED"}
    return found["readiness"], sorted(check["kind"] for check in found["checks"])


async def _accepted(hearth: Hearth, offer: str, **given: Any) -> str:
    found = await propose(hearth, await submit(hearth, **given), offer)
    match = str(found["match"]["id"])
    await move(hearth, "acceptMatch", match, CHARITY)
    return match


async def test_an_offer_is_asked_for_them_when_it_opens(hearth: Hearth) -> None:
    offer = await hearth.open(routeCodes=[SPONSORED])
    assert await _asked(hearth, offer["id"]) == ("CHECKS_DUE", list(ALL))


@pytest.mark.parametrize(
    ("kind", "route", "asked"),
    [
        ("accommodation", SPONSORED, list(ALL[:2])),
        ("esol", SPONSORED, []),
        ("hosting", "ukraine-family-scheme", []),
    ],
)
async def test_only_what_duties_ask_for(
    hearth: Hearth, kind: str, route: str, asked: list[str]
) -> None:
    offer = await hearth.open(kind=kind, routeCodes=[route])
    assert await _asked(hearth, offer["id"]) == ("CHECKS_DUE" if asked else "NOT_REQUIRED", asked)


async def test_nobody_moves_in_before_all_of_them_passed(hearth: Hearth) -> None:
    # It accepts every route, so that only the household's says what is asked for.
    offer = await hearth.open(placesTotal=4)
    match = await _accepted(hearth, offer["id"], routeCode=SPONSORED)
    for count, kind in enumerate(ALL):
        [problem] = (await move(hearth, "recordArrival", match, OFFICER, ARRIVED))["problems"]
        assert (problem["code"], problem["path"]) == ("CHECKS_MISSING", ["id"])
        assert all((name in problem["message"]) == (name in ALL[count:]) for name in ALL)
        await hearth.data(RECORD, {"offer": offer["id"], "kind": kind}, OFFICER)
    placed = await move(hearth, "recordArrival", match, OFFICER, ARRIVED)
    assert (placed["problems"], placed["match"]["state"]) == ([], "PLACED")
    other = await _accepted(hearth, (await hearth.open(placesTotal=4))["id"])
    assert (await move(hearth, "recordArrival", other, OFFICER, ARRIVED))["problems"] == []


async def test_an_arrival_long_before_the_request_is_a_mistyped_year(hearth: Hearth) -> None:
    match = await _accepted(hearth, (await hearth.open(placesTotal=4))["id"])
    early = 'arrivedOn: "1990-01-01"'
    [problem] = (await move(hearth, "recordArrival", match, OFFICER, early))["problems"]
    assert (problem["code"], problem["path"]) == ("INVALID", ["arrivedOn"])
    assert "check the year" in problem["message"]


async def test_what_is_too_early_says_what_may_follow(hearth: Hearth) -> None:
    offer = await hearth.open(placesTotal=4)
    found = await propose(hearth, await submit(hearth), offer["id"])
    [problem] = (await move(hearth, "recordArrival", found["match"]["id"], OFFICER, ARRIVED))[
        "problems"
    ]
    assert problem["code"] == "INVALID"
    assert problem["message"].endswith(
        "What may follow now is holdMatch, acceptMatch or declineMatch."
    )
