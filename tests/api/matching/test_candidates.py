"""Candidates over HTTP: PostgreSQL's choice and counts are those of the rules, one by one."""

import random
import re
from typing import Any

import asyncpg
import pytest

from api.matching.unlocking import RADII_KM, RULES
from schema.tables.columns import uuid7
from tests.api.requests.asking import CHARITY, OFFICER, propose, submit
from tests.conftest import OXFORD, Hearth

CANDIDATES = """
query ($id: ID!, $first: Int, $blocked: Boolean) {
  candidates(requestId: $id, first: $first, includeBlocked: $blocked) {
    consideredOffers blockedOffers
    unlock { rule message offers }
    candidates {
      offer { id title council { name } }
      score blocked reasons { rule message points } blockers { rule message points }
    }
  }
}"""
COUNCILS = ("E07000178", "E07000008", "S12000036", "E06000052", "E08000025")
DISTRICTS = ("OX4", "OX1", "OX4", "RG1", "MK1", "SN1", "SW1A", "CB1", "EH1", "TR1", "B1")
INSERT = """
INSERT INTO offer (
    id, council_gss, kind_code, title, status, places, household_max, route_codes,
    postcode_district, location_code, step_free, pets_allowed, children_welcome, women_only,
    languages, available_from, minimum_months, last_confirmed_on
)
VALUES (
    $1, $2, $3, $4, 'OPEN', $5, $6, $7, $8, $8, $9, $10, $11, $12, $13,
    current_date + $14::integer, $15, current_date - $16::integer
)
"""

METRES = """
    SELECT offer.id, round(point(place.easting, place.northing)
        <-> point(oxford.easting, oxford.northing))::integer
    FROM offer
    JOIN location AS place ON place.code = offer.location_code
    JOIN location AS oxford ON oxford.code = 'OX4'
"""


async def _offers(owner: asyncpg.Connection, chance: random.Random, count: int) -> None:
    for number in range(count):
        district = chance.choice((*DISTRICTS, None))
        await owner.execute(
            INSERT,
            uuid7(),
            chance.choice(COUNCILS),
            chance.choice(("hosting", "hosting", "accommodation", "esol")),
            f"Offer {number}",
            chance.choice((1, 2, 3, 4, 6)),
            chance.choice((None, None, 2, 5)),
            chance.choice(([], [], ["homes-for-ukraine"], ["mandate", "arap"])),
            district,
            chance.choice(("ALL", "SOME", "NONE", "UNKNOWN")),
            chance.random() < 0.7,
            chance.random() < 0.8,
            chance.random() < 0.2,
            chance.choice(([], ["uk"], ["en", "ar"])),
            chance.choice((None, -20, 20, 60)),
            chance.choice((None, 0, 6, 11, 24)),
            chance.choice((None, 0, 17, 18, 90, 180, 181, 400)),
        )


def _needs(chance: random.Random) -> dict[str, Any]:
    return {
        "adults": chance.choice((1, 2)),
        "childAges": chance.choice(([], [4], [3, 9])),
        "hasPets": chance.random() < 0.5,
        "needsStepFree": chance.random() < 0.4,
        "womenOnly": chance.random() < 0.2,
        "languages": chance.choice(([], ["uk"], ["en"])),
        "kinds": chance.choice((["hosting"], ["hosting", "accommodation"])),
        "near": chance.choice((None, _near(chance.choice((30, 60, 120, 200, 500))))),
        "neededBy": chance.choice((None, "2099-01-01")),
        "preferredGssCodes": chance.choice(([], ["E07000008"])),
        "preferredRegions": chance.choice(([], ["South East"])),
        "routeCode": chance.choice((None, "homes-for-ukraine", "arap")),
    }


async def _without(hearth: Hearth, request: str, gss: str) -> None:
    taken_back = f"""mutation {{ recordConsent(
        requestId: "{request}", scope: MATCHING, gssCode: "{gss}", given: false
    ) {{ problems {{ code }} }} }}"""
    await hearth.data(taken_back, who=CHARITY)


async def _asked(
    hearth: Hearth, request: str, *, first: int = 100, blocked: bool = True, who: str = CHARITY
) -> Any:
    given = {"id": request, "first": first, "blocked": blocked}
    return (await hearth.data(CANDIDATES, given, who))["candidates"]


def _near(within_km: int) -> dict[str, Any]:
    return {"postcodeDistrict": "OX4", "withinKm": within_km}


def _lone(found: list[Any], rule: str) -> list[str]:
    return [
        one["offer"]["id"] for one in found if [each["rule"] for each in one["blockers"]] == [rule]
    ]


def _unlocked(needs: dict[str, Any], found: list[Any], metres: dict[str, int]) -> dict[str, int]:
    """What one change opens, by looking at every offer; the distance with the kilometres."""
    opened = {rule: len(_lone(found, rule)) for rule in RULES}
    if needs["routeCode"]:
        del opened["route"]
    if not needs["womenOnly"]:
        del opened["women_only"]
    farther = [metres[offer] for offer in _lone(found, "distance")]
    for radius in RADII_KM:
        within = [each for each in farther if each <= radius * 1000]
        if within:
            opened[f"distance {radius}"] = len(within)
            break
    return {rule: offers for rule, offers in opened.items() if offers}


async def test_strangers_find_no_request(hearth: Hearth) -> None:
    request = await submit(hearth)
    for who in ("public", "liaison", "charity:Another"):
        body = (await hearth.post(CANDIDATES, {"id": request}, who)).json()
        code = "NOT_FOUND" if who.startswith("charity") else "FORBIDDEN"
        assert body["errors"][0]["extensions"]["code"] == code


@pytest.mark.parametrize("seed", range(6))
async def test_the_database_chooses_as_the_rules_do(hearth: Hearth, seed: int) -> None:
    chance = random.Random(seed)
    owner = await hearth.owner()
    await _offers(owner, chance, 90)
    metres = {f"offer_{row[0]}": row[1] for row in await owner.fetch(METRES)}
    await owner.close()
    for _ in range(5):
        needs = _needs(chance)
        request = await submit(hearth, **needs)
        if chance.random() < 0.3:
            await _without(hearth, request, chance.choice(COUNCILS))
        found = await _asked(hearth, request)
        shown = found["candidates"]
        assert len(shown) == found["consideredOffers"] > 20
        assert sum(each["blocked"] for each in shown) == found["blockedOffers"]
        order = [(each["blocked"], -each["score"], each["offer"]["id"]) for each in shown]
        assert order == sorted(order)
        for each in shown:
            assert each["blocked"] == bool(each["blockers"])
            assert each["score"] == sum(reason["points"] for reason in each["reasons"])
        free = [each for each in shown if not each["blocked"]]
        for first in (1, 3, 10):
            best = await _asked(hearth, request, first=first, blocked=False)
            assert best["candidates"] == free[:first]
            best = await _asked(hearth, request, first=first, blocked=True)
            assert best["candidates"] == shown[:first]
        unlock = {
            each["rule"]
            + (f" {re.sub('[^0-9]', '', each['message'].partition(',')[0]) or 2000}")
            * (each["rule"] == "distance"): each["offers"]
            for each in found["unlock"]
        }
        assert unlock == _unlocked(needs, shown, metres)


async def test_a_blocker_is_what_would_refuse_the_proposal(hearth: Hearth) -> None:
    chance = random.Random(99)
    owner = await hearth.owner()
    await _offers(owner, chance, 40)
    await owner.close()
    request = await submit(hearth, **_needs(chance))
    shown = (await _asked(hearth, request))["candidates"]
    # Those that would be taken come last: the first taken is a match, which blocks the rest.
    for each in sorted(shown, key=lambda each: not each["blocked"])[: len(shown)]:
        found = await propose(hearth, request, each["offer"]["id"], CHARITY)
        said = [problem["message"] for problem in found["problems"]]
        assert said == [blocker["message"] for blocker in each["blockers"]]
        if not said:
            break


async def test_one_change_in_words(hearth: Hearth) -> None:
    for title in ("A", "B"):
        await hearth.open(title=title, placesTotal=4)
    await hearth.open(title="Far", placesTotal=4, postcodeDistrict="CB1", petsAllowed=True)
    near = {"postcodeDistrict": "OX4", "withinKm": 25}
    request = await submit(hearth, hasPets=True, near=near)
    found = await _asked(hearth, request)
    assert found["unlock"] == [
        {"rule": "pets", "message": "Without the pet, 2 more offers would suit.", "offers": 2},
        {"rule": "distance", "message": "Within 150 km, 1 more offer would suit.", "offers": 1},
    ]


async def test_a_council_that_the_household_left_out_is_blocked(hearth: Hearth) -> None:
    await hearth.open(placesTotal=4)
    request = await submit(hearth)
    await _without(hearth, request, OXFORD)
    found = await _asked(hearth, request)
    assert [each["rule"] for each in found["candidates"][0]["blockers"]] == ["consent"]
    assert (
        found["unlock"][0]["message"]
        == "If the household agreed to more councils, 1 more offer would suit."
    )


async def test_the_match_keeps_why_it_was_made(hearth: Hearth) -> None:
    opened = await hearth.open(placesTotal=4, languages=["uk"])
    request = await submit(hearth, languages=["uk"])
    (best,) = (await _asked(hearth, request))["candidates"]
    match = (await propose(hearth, request, opened["id"]))["match"]["id"]
    query = """query ($id: ID!) {
        node(id: $id) { ... on Match { score reasons { rule message points } } } }"""
    kept = (await hearth.data(query, {"id": match}, OFFICER))["node"]
    assert kept == {"score": best["score"], "reasons": best["reasons"]}
    assert [reason["rule"] for reason in kept["reasons"]] == ["language", "freshness"]
    found = await _asked(hearth, request)
    assert [each["rule"] for each in found["candidates"][0]["blockers"]] == ["live"]
