"""Allocations over HTTP: begun, followed, confirmed, cancelled, and taken up again."""

import asyncio
from typing import Any

import pytest

from api.matching.solving import solved
from api.matching.stages import Stages
from tests.api.requests.asking import CHARITY, OFFICER, move, propose, submit
from tests.api.requests.test_protecting import PROTECT
from tests.conftest import CAMBRIDGE, OXFORD, Hearth
from tests.waiting import PATIENCE

RUN = """
mutation ($input: AllocationInput!) {
  runAllocation(input: $input) { allocation { id state } problems { code message path } }
}"""
FOUND = """
query ($id: ID!) {
  allocation(id: $id) {
    state progress message seconds placedPeople peopleBound waitingPeople
    objective bound gap greedyObjective greedyPeople
    shadowPrices { council { gssCode } perPlace }
    proposals {
      totalCount
      nodes {
        id state places score hostMayBeTold reason heldUntil
        reasons { rule message points } request { id } offer { id }
      }
    }
    unplaced { totalCount nodes { request { id } kindCode reasons { rule message } } }
  }
}"""
CONFIRM = """
mutation ($id: ID!) {
  confirmAllocation(id: $id) {
    allocation { state message proposals { nodes { id state reason } } }
    problems { code message path }
  }
}"""
CANCEL = """
mutation ($id: ID!) {
  cancelAllocation(id: $id) { allocation { state message } problems { code message path } }
}"""
FIRST_MATCHES = "{ matches { nodes { id state places hostMayBeTold request { id } } } }"


async def _begin(hearth: Hearth, who: str = OFFICER, **given: Any) -> Any:
    asked = {"kinds": ["hosting"], "timeLimitSeconds": 2, **given}
    return (await hearth.data(RUN, {"input": asked}, who))["runAllocation"]


async def _proposed(hearth: Hearth, who: str = OFFICER, **given: Any) -> tuple[str, Any]:
    """The id of an allocation that has ended its work, and the allocation."""
    begun = await _begin(hearth, who, **given)
    assert begun["problems"] == []
    return begun["allocation"]["id"], await _ended(hearth, begun["allocation"]["id"], who)


async def _ended(hearth: Hearth, allocation: str, who: str = OFFICER) -> Any:
    async with asyncio.timeout(PATIENCE):
        while True:
            found = (await hearth.data(FOUND, {"id": allocation}, who))["allocation"]
            if found["state"] not in ("QUEUED", "RUNNING"):
                return found
            assert 0 <= found["progress"] < 1
            await asyncio.sleep(0.2)


@pytest.mark.parametrize("who", ["public", CHARITY, "liaison"])
async def test_it_is_for_councils(hearth: Hearth, who: str) -> None:
    asked = {"kinds": ["hosting"]}
    assert await hearth.code(RUN, {"input": asked}, who) == "FORBIDDEN"
    asking = (await hearth.post(FOUND, {"id": "allocation_x"}, who)).json()
    assert asking["errors"][0]["extensions"]["code"] == "FORBIDDEN"
    assert await hearth.code(CONFIRM, {"id": "allocation_x"}, who) == "FORBIDDEN"


async def test_another_council_finds_nothing(hearth: Hearth) -> None:
    await hearth.open(placesTotal=4)
    await submit(hearth)
    allocation, _ = await _proposed(hearth)
    other = f"council:{CAMBRIDGE}"
    assert (await hearth.data(FOUND, {"id": allocation}, other))["allocation"] is None
    for command, name in ((CONFIRM, "confirmAllocation"), (CANCEL, "cancelAllocation")):
        [problem] = (await hearth.data(command, {"id": allocation}, other))[name]["problems"]
        assert problem["code"] == "NOT_FOUND"
    [problem] = (await _begin(hearth, other, gssCodes=[OXFORD]))["problems"]
    assert (problem["code"], problem["path"]) == ("INVALID", ["input", "gssCodes"])


async def test_it_proposes_then_holds(hearth: Hearth) -> None:
    big = await hearth.open(placesTotal=4)
    small = await hearth.open(placesTotal=2)
    pair = await submit(hearth, languages=["en"])
    four = await submit(hearth, adults=2, childAges=[1, 2])
    left = await submit(hearth, adults=3, childAges=[])
    allocation, found = await _proposed(hearth)
    assert found["state"] == "PROPOSED"
    assert found["progress"] == 1
    assert (found["placedPeople"], found["peopleBound"], found["waitingPeople"]) == (6, 6, 9)
    assert found["objective"] == found["bound"]
    assert found["greedyPeople"] <= found["placedPeople"]
    assert found["gap"] == 0
    proposals = {each["request"]["id"]: each for each in found["proposals"]["nodes"]}
    assert {key: each["offer"]["id"] for key, each in proposals.items()} == {
        pair: small["id"],
        four: big["id"],
    }
    for each in proposals.values():
        assert each["state"] == "PROPOSED"
        assert each["score"] == sum(reason["points"] for reason in each["reasons"])
    [unplaced] = found["unplaced"]["nodes"]
    assert unplaced["request"]["id"] == left
    assert all(len(reason["message"].split()) <= 20 for reason in unplaced["reasons"])
    [price] = found["shadowPrices"]
    assert price["council"]["gssCode"] == OXFORD
    assert (await hearth.data(FIRST_MATCHES, who=OFFICER))["matches"]["nodes"] == []

    confirmed = (await hearth.data(CONFIRM, {"id": allocation}, OFFICER))["confirmAllocation"]
    assert confirmed["problems"] == []
    assert confirmed["allocation"]["state"] == "CONFIRMED"
    assert confirmed["allocation"]["message"] == (
        "2 households have a place, held for 48 hours. All proposals still held."
    )
    matches = (await hearth.data(FIRST_MATCHES, who=CHARITY))["matches"]["nodes"]
    assert {each["id"] for each in matches} == {each["id"] for each in proposals.values()}
    assert {(each["state"], each["hostMayBeTold"]) for each in matches} == {("HELD", False)}
    again = (await hearth.data(CONFIRM, {"id": allocation}, OFFICER))["confirmAllocation"]
    assert [problem["code"] for problem in again["problems"]] == ["ALREADY_DONE"]
    owner = await hearth.owner()
    steps = await owner.fetch("SELECT step, count(*) FROM request_event GROUP BY step")
    assert dict(steps) == {"SUBMITTED": 3, "PROPOSED": 2, "HELD": 2}
    assert await owner.fetchval("SELECT sum(held) FROM offer") == 6
    await owner.close()


async def test_why_not_tells_that_all_are_full(hearth: Hearth) -> None:
    for _ in range(2):
        offer, request = await hearth.open(placesTotal=2), await submit(hearth)
        match = (await propose(hearth, request, offer["id"]))["match"]["id"]
        assert (await move(hearth, "acceptMatch", match, CHARITY))["problems"] == []
    await submit(hearth)
    _, found = await _proposed(hearth)
    [reason] = found["unplaced"]["nodes"][0]["reasons"]
    assert reason["rule"] == "places"
    assert reason["message"] == "All 2 open offers of this kind are full."


async def test_why_not_tells_no_place_once_it_is_protected(hearth: Hearth) -> None:
    await hearth.open(postcodeDistrict="OX4", placesTotal=1)
    request = await submit(hearth, near={"postcodeDistrict": "OX1", "withinKm": 1})
    allocation, found = await _proposed(hearth)
    assert "distance" in {each["rule"] for each in found["unplaced"]["nodes"][0]["reasons"]}
    await hearth.data(PROTECT, {"id": request, "to": []}, CHARITY)
    found = (await hearth.data(FOUND, {"id": allocation}, OFFICER))["allocation"]
    assert {each["rule"] for each in found["unplaced"]["nodes"][0]["reasons"]} == {"places"}


async def test_taking_households_in_turn_is_told_in_people_and_points(hearth: Hearth) -> None:
    await hearth.open(placesTotal=4)
    # The first in turn fills the home by half; together they place twice as many.
    await submit(hearth, adults=2, childAges=[], languages=["en"])
    await submit(hearth, adults=4, childAges=[])
    _, found = await _proposed(hearth)
    assert (found["placedPeople"], found["greedyPeople"]) == (4, 2)
    assert found["greedyObjective"] > 0


async def test_what_moved_meanwhile_is_said_and_not_held(hearth: Hearth) -> None:
    await hearth.open(placesTotal=2)
    shut = await hearth.open(placesTotal=3)
    gone = await hearth.open(placesTotal=4)
    stays, goes = await submit(hearth), await submit(hearth, adults=4, childAges=[])
    third = await submit(hearth, adults=3, childAges=[])
    allocation, found = await _proposed(hearth)
    where = {each["request"]["id"]: each["offer"]["id"] for each in found["proposals"]["nodes"]}
    assert (where[third], where[goes]) == (shut["id"], gone["id"])
    await hearth.data(
        'mutation ($id: ID!) { withdrawRequest(id: $id, reason: "x") { problems { code } } }',
        {"id": goes},
        CHARITY,
    )
    await hearth.data(
        "mutation ($id: ID!, $v: Int!) "
        '{ closeOffer(id: $id, expectedVersion: $v, reason: "x") { problems { code } } }',
        {"id": shut["id"], "v": shut["version"]},
        OFFICER,
    )
    confirmed = (await hearth.data(CONFIRM, {"id": allocation}, OFFICER))["confirmAllocation"]
    told = confirmed["allocation"]
    assert told["message"] == (
        "1 household has a place, held for 48 hours. "
        "Not held: 1 household no longer waits, 1 offer is closed or full."
    )
    states = {each["state"]: each["reason"] for each in told["proposals"]["nodes"]}
    assert states == {"HELD": None, "WITHDRAWN": "The offer is no longer open, or is full."}
    matches = (await hearth.data(FIRST_MATCHES, who=OFFICER))["matches"]["nodes"]
    assert [each["request"]["id"] for each in matches] == [stays]


async def test_a_proposal_that_would_overbook_is_not_held(hearth: Hearth) -> None:
    offer = await hearth.open(placesTotal=4)
    await submit(hearth), await submit(hearth)
    allocation, found = await _proposed(hearth)
    assert found["placedPeople"] == 4
    third = await submit(hearth)
    proposed = await propose(hearth, third, offer["id"])
    assert proposed["problems"] == []
    held = await hearth.data(
        "mutation ($id: ID!) { holdMatch(id: $id) { problems { code } } }",
        {"id": proposed["match"]["id"]},
        OFFICER,
    )
    assert held["holdMatch"]["problems"] == []
    told = (await hearth.data(CONFIRM, {"id": allocation}, OFFICER))["confirmAllocation"]
    assert "1 offer has too few places now" in told["allocation"]["message"]
    owner = await hearth.owner()
    assert await owner.fetchval("SELECT held FROM offer") == 4
    await owner.close()


async def test_the_household_agrees_before_the_host_hears(hearth: Hearth) -> None:
    await hearth.open(placesTotal=2)
    request = await submit(hearth, consents=["MATCHING", "SHARE_WITH_HOST"])
    allocation, _ = await _proposed(hearth, policy="AGREE_BEFORE_TELLING")
    await hearth.data(CONFIRM, {"id": allocation}, OFFICER)
    [match] = (await hearth.data(FIRST_MATCHES, who=OFFICER))["matches"]["nodes"]
    assert (match["request"]["id"], match["hostMayBeTold"]) == (request, False)
    accepted = await hearth.data(
        "mutation ($id: ID!) { acceptMatch(id: $id) { match { hostMayBeTold } } }",
        {"id": match["id"]},
        CHARITY,
    )
    assert accepted["acceptMatch"]["match"]["hostMayBeTold"] is True


async def test_a_route_may_have_its_own_policy(hearth: Hearth) -> None:
    await hearth.open(placesTotal=9)
    ukraine = await submit(hearth, routeCode="homes-for-ukraine", preferredGssCodes=[OXFORD])
    other = await submit(hearth, routeCode="arap", preferredGssCodes=[OXFORD])
    policies = [{"routeCode": "homes-for-ukraine", "policy": "BY_PREFERENCE"}]
    _, found = await _proposed(hearth, routePolicies=policies)
    rules = {
        each["request"]["id"]: {reason["rule"] for reason in each["reasons"]}
        for each in found["proposals"]["nodes"]
    }
    assert "preference" in rules[ukraine]
    assert "preference" not in rules[other]
    for each in found["proposals"]["nodes"]:
        assert each["score"] == sum(reason["points"] for reason in each["reasons"])


async def test_one_at_a_time_and_it_can_be_cancelled(
    hearth: Hearth, monkeypatch: pytest.MonkeyPatch
) -> None:
    is_solved, may_end, was_written = (asyncio.Event() for _ in range(3))
    write = hearth.service.allocator._write

    async def slowly(*given: Any) -> Stages:
        found = await solved(*given)
        is_solved.set()
        await may_end.wait()
        return found

    async def written(*given: Any) -> None:
        await write(*given)
        was_written.set()

    monkeypatch.setattr("api.matching.allocator.solved", slowly)
    monkeypatch.setattr("api.matching.allocator.BEAT_SECONDS", PATIENCE)
    monkeypatch.setattr(hearth.service.allocator, "_write", written)
    await hearth.open(placesTotal=4)
    await submit(hearth)
    begun = await _begin(hearth)
    allocation = begun["allocation"]["id"]
    await asyncio.wait_for(is_solved.wait(), PATIENCE)
    [problem] = (await _begin(hearth))["problems"]
    assert problem["code"] == "CONFLICT"
    early = (await hearth.data(CONFIRM, {"id": allocation}, OFFICER))["confirmAllocation"]
    assert [problem["code"] for problem in early["problems"]] == ["CONFLICT"]
    cancelled = (await hearth.data(CANCEL, {"id": allocation}, OFFICER))["cancelAllocation"]
    assert cancelled["allocation"]["state"] == "CANCELLED"
    # It ends before it has heard that it was called off.
    may_end.set()
    await asyncio.wait_for(was_written.wait(), PATIENCE)
    found = (await hearth.data(FOUND, {"id": allocation}, OFFICER))["allocation"]
    assert (found["state"], found["proposals"]["totalCount"]) == ("CANCELLED", 0)
    [problem] = (await hearth.data(CANCEL, {"id": allocation}, OFFICER))["cancelAllocation"][
        "problems"
    ]
    assert problem["code"] == "ALREADY_DONE"


async def test_what_a_dead_worker_left_is_taken_up_again(hearth: Hearth) -> None:
    await hearth.open(placesTotal=4)
    await submit(hearth)
    await hearth.token(OFFICER)
    owner = await hearth.owner()
    subject = await owner.fetchval("SELECT subject FROM member WHERE audience = 'COUNCIL'")
    key = await owner.fetchval(
        """
        INSERT INTO allocation (
            id, owner_gss, subject, kind_codes, gss_codes, policy, time_limit_seconds, state,
            attempts, beat_at
        )
        VALUES (
            gen_random_uuid(), $1, $2, '{hosting}', ARRAY[$1], 'BY_NEED', 2, 'RUNNING', 1,
            now() - interval '1 minute'
        )
        RETURNING id
        """,
        OXFORD,
        subject,
    )
    found = await _ended(hearth, f"allocation_{key}")
    assert (found["state"], found["placedPeople"]) == ("PROPOSED", 2)
    assert await owner.fetchval("SELECT attempts FROM allocation") == 2
    await owner.close()


async def test_bad_input_is_said_all_at_once(hearth: Hearth) -> None:
    begun = await _begin(
        hearth,
        kinds=["castle"],
        gssCodes=["E99999999"],
        regions=["Atlantis"],
        routePolicies=[{"routeCode": "moon", "policy": "BY_NEED"}],
        timeLimitSeconds=0,
    )
    assert begun["allocation"] is None
    assert [problem["path"][1] for problem in begun["problems"]] == [
        "kinds",
        "gssCodes",
        "regions",
        "routePolicies",
        "timeLimitSeconds",
    ]
