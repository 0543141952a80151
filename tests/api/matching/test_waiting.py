"""`hearth match` over the database: who waits, what suits, and who goes where."""

import asyncio
import json
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from api.cli import app
from tests.api.requests.asking import CHARITY, OFFICER, move, propose, submit
from tests.conftest import CAMBRIDGE, OXFORD, Hearth

CANDIDATES = """
query ($id: ID!) { candidates(requestId: $id) { candidates { offer { id } score } } }"""


async def _match(*arguments: str) -> Result:
    return await asyncio.to_thread(CliRunner().invoke, app, ["match", *arguments])


async def _found(*arguments: str) -> dict[str, Any]:
    result = await _match("--time-limit", "4", *arguments)
    assert result.exit_code == 0, result.stderr
    found: dict[str, Any] = json.loads(result.stdout)
    return found


async def _stored(hearth: Hearth) -> list[Any]:
    owner = await hearth.owner()
    counts = [await owner.fetchval(f"SELECT count(*) FROM {t}") for t in ("match", "outbox")]
    await owner.close()
    return counts


async def test_it_places_the_most_people_then_the_most_points(settings: Hearth) -> None:
    big = await settings.open(placesTotal=4)
    small = await settings.open(placesTotal=2)
    pair = await submit(settings, languages=["en"])
    four = await submit(settings, adults=2, childAges=[1, 2])
    before = await _stored(settings)
    found = await _found("--kind", "hosting")
    assert {(each["request"], each["offer"]) for each in found["assignment"]} == {
        (pair, small["id"]),
        (four, big["id"]),
    }
    people, score = found["people"], found["score"]
    assert (people["waiting"], people["value"], people["bound"], people["gap"]) == (6, 6, 6, 0)
    assert score["value"] == score["bound"] == sum(each["score"] for each in found["assignment"])
    assert found["unplaced"] == []
    assert await _stored(settings) == before


async def test_its_points_are_those_of_candidates(settings: Hearth) -> None:
    offer = await settings.open(placesTotal=4, languages=["uk"], minimumMonths=6)
    near = {"postcodeDistrict": "OX4", "withinKm": 60}
    request = await submit(
        settings, near=near, languages=["uk"], needsStepFree=False, preferredGssCodes=[OXFORD]
    )
    asked = await settings.data(CANDIDATES, {"id": request}, OFFICER)
    [candidate] = asked["candidates"]["candidates"]
    assert candidate["offer"]["id"] == offer["id"]
    [preferring] = (await _found("--by-preference"))["assignment"]
    [needing] = (await _found())["assignment"]
    assert preferring["score"] == candidate["score"]
    assert needing["score"] == candidate["score"] - 20


async def test_one_more_place_has_a_price_and_the_unplaced_a_reason(settings: Hearth) -> None:
    await settings.open(placesTotal=2)
    first, second = await submit(settings), await submit(settings)
    owner = await submit(settings, hasPets=True, adults=1, childAges=[])
    elsewhere = await submit(settings, kinds=["esol"])
    found = await _found()
    placed = {each["request"] for each in found["assignment"]}
    assert len(placed) == 1
    assert placed < {first, second}
    [price] = found["shadowPrices"]
    assert price["council"] == OXFORD
    assert price["perPlace"] > 0
    reasons = {
        each["request"]: [reason["message"] for reason in each["reasons"]]
        for each in found["unplaced"]
    }
    [left] = {first, second} - placed
    assert reasons[left] == ["Every offer that suits is too full for 2 people."]
    assert reasons[owner] == ["The only offer takes no pets."]
    assert reasons[elsewhere] == ["There is no open offer of this kind."]


async def test_a_full_offer_is_said_to_be_full(settings: Hearth) -> None:
    offer, first = await settings.open(placesTotal=2), await submit(settings)
    match = (await propose(settings, first, offer["id"]))["match"]["id"]
    assert (await move(settings, "acceptMatch", match, CHARITY))["problems"] == []
    await submit(settings)
    for arguments, said in (
        ((), ("places", "The only open offer of this kind is full.")),
        (("--council", CAMBRIDGE), ("kind", "There is no open offer of this kind.")),
    ):
        [unplaced] = (await _found("--kind", "hosting", *arguments))["unplaced"]
        [reason] = unplaced["reasons"]
        assert (reason["rule"], reason["message"]) == said


async def test_what_is_matched_already_or_withdrawn_waits_no_more(settings: Hearth) -> None:
    offer = await settings.open(placesTotal=9)
    matched, gone = await submit(settings), await submit(settings)
    assert (await propose(settings, matched, offer["id"]))["problems"] == []
    await settings.data(
        'mutation ($id: ID!) { withdrawRequest(id: $id, reason: "x") { problems { code } } }',
        {"id": gone},
        "charity:Harbour Welcome",
    )
    assert (await _found())["people"]["waiting"] == 0


async def test_it_keeps_to_the_councils_named(settings: Hearth) -> None:
    await settings.open(placesTotal=9)
    await submit(settings)
    assert len((await _found("--council", OXFORD))["assignment"]) == 1
    found = await _found("--council", CAMBRIDGE)
    assert found["assignment"] == []
    assert [each["reasons"] for each in found["unplaced"]] == [
        [{"rule": "kind", "message": "There is no open offer of this kind."}]
    ]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--kind", "castle"), "There is no kind castle; there are "),
        (("--council", "E99999999"), "There is no council E99999999."),
    ],
)
async def test_what_there_is_not_is_said(
    settings: Hearth, arguments: tuple[str, ...], said: str
) -> None:
    result = await _match(*arguments)
    assert result.exit_code == 1
    assert said in result.stderr
    assert result.stdout == ""
