"""Matches over HTTP: places, holds, both sides, and fifty hands at one last bed."""

import asyncio
from typing import Any

import pytest

from tests.api.requests.asking import (
    ARRIVED,
    CHARITY,
    ENDED,
    ENDED_TOO_EARLY,
    OFFICER,
    REQUEST,
    move,
    places_left,
    propose,
    submit,
)
from tests.conftest import CAMBRIDGE, OXFORDSHIRE, Hearth

CAMBRIDGE_OFFICER = f"council:{CAMBRIDGE}"
MATCHES = "{ matches { totalCount nodes { id state } } }"
CHECK = """
mutation ($offer: ID!, $state: CheckState!) {
  recordCheck(input: {
    offerId: $offer, kind: ACCOMMODATION_SUITABLE, state: $state, failureReason: "Damp."
  }) { problems { code } }
}"""
PASSED = """
mutation ($offer: ID!) {
  recordCheck(input: { offerId: $offer, kind: ACCOMMODATION_SUITABLE, state: PASSED }) {
    problems { code }
  }
}"""


async def _pair(hearth: Hearth, **offer: Any) -> tuple[str, str]:
    opened = await hearth.open(placesTotal=4, **offer)
    return await submit(hearth), str(opened["id"])


async def _proposed(hearth: Hearth, who: str = OFFICER) -> tuple[str, str, str]:
    request, offer = await _pair(hearth)
    found = await propose(hearth, request, offer, who)
    assert found["problems"] == []
    return request, offer, str(found["match"]["id"])


async def _state(hearth: Hearth, match: str, who: str = CHARITY) -> str:
    query = "query ($id: ID!) { node(id: $id) { ... on Match { state } } }"
    return str((await hearth.data(query, {"id": match}, who))["node"]["state"])


async def _status(hearth: Hearth, request: str) -> str:
    return str((await hearth.data(REQUEST, {"id": request}, CHARITY))["request"]["status"])


async def _run_out(hearth: Hearth) -> None:
    owner = await hearth.owner()
    await owner.execute("ALTER TABLE match DISABLE TRIGGER moved")
    await owner.execute("UPDATE match SET held_until = now() WHERE state = 'HELD'")
    await owner.execute("ALTER TABLE match ENABLE TRIGGER moved")
    await owner.execute("UPDATE offer SET holds_end_at = now() WHERE held > 0")
    await owner.close()
    hearth.service.answers.drop()  # nobody else says that the clock was moved


def _codes(found: Any) -> list[str]:
    return [problem["code"] for problem in found["problems"]]


class TestOthers:
    async def test_another_council_neither_sees_nor_moves_it(self, hearth: Hearth) -> None:
        _, offer, match = await _proposed(hearth)
        assert (await hearth.data(MATCHES, who=CAMBRIDGE_OFFICER))["matches"]["nodes"] == []
        for command in ("holdMatch", "acceptMatch"):
            found = await move(hearth, command, match, CAMBRIDGE_OFFICER)
            assert _codes(found) == ["NOT_FOUND"]
        other = await submit(hearth)
        assert _codes(await propose(hearth, other, offer, CAMBRIDGE_OFFICER)) == ["NOT_FOUND"]
        assert await _state(hearth, match) == "PROPOSED"

    async def test_the_upper_tier_sees_it_and_moves_nothing(self, hearth: Hearth) -> None:
        _, _, match = await _proposed(hearth)
        county = f"council:{OXFORDSHIRE}"
        assert await _state(hearth, match, county) == "PROPOSED"
        assert _codes(await move(hearth, "holdMatch", match, county)) == ["NOT_FOUND"]

    async def test_another_charity_neither_sees_nor_moves_it(self, hearth: Hearth) -> None:
        _, offer, match = await _proposed(hearth)
        assert _codes(await move(hearth, "acceptMatch", match, "charity:Another")) == ["NOT_FOUND"]
        mine = await submit(hearth, "charity:Another")
        found = await propose(hearth, await submit(hearth), offer, "charity:Another")
        assert _codes(found) == ["NOT_FOUND"]
        assert (await propose(hearth, mine, offer, "charity:Another"))["problems"] == []


class TestPlacement:
    async def test_from_the_proposal_to_the_end_of_the_placement(self, hearth: Hearth) -> None:
        request, offer, match = await _proposed(hearth)
        assert await _status(hearth, request) == "MATCHING"
        assert await places_left(hearth, offer) == 4
        held = await move(hearth, "holdMatch", match, OFFICER, "hours: 2")
        assert (held["match"]["state"], held["problems"]) == ("HELD", [])
        assert await places_left(hearth, offer) == 2
        accepted = await move(hearth, "acceptMatch", match, CHARITY)
        assert (accepted["match"]["state"], accepted["match"]["heldUntil"]) == ("ACCEPTED", None)
        assert await places_left(hearth, offer) == 2
        await hearth.data(CHECK, {"offer": offer, "state": "FAILED"}, OFFICER)
        refused = await move(hearth, "recordArrival", match, OFFICER, ARRIVED)
        assert _codes(refused) == ["CHECKS_MISSING"]
        await hearth.data(PASSED, {"offer": offer}, OFFICER)
        placed = await move(hearth, "recordArrival", match, OFFICER, ARRIVED)
        assert placed["match"]["state"] == "PLACED"
        assert await _status(hearth, request) == "PLACED"
        early = f"{ENDED_TOO_EARLY}, reason: BREAKDOWN"
        assert _codes(await move(hearth, "endPlacement", match, OFFICER, early)) == ["INVALID"]
        ended = await move(hearth, "endPlacement", match, OFFICER, f"{ENDED}, reason: FAMILY")
        assert (ended["match"]["state"], ended["match"]["reason"]) == ("ENDED", "FAMILY")
        assert await _status(hearth, request) == "CLOSED"
        assert await places_left(hearth, offer) == 4
        owner = await hearth.owner()
        steps = await owner.fetch("SELECT step FROM request_event ORDER BY id")
        assert [row["step"] for row in steps] == [
            "SUBMITTED",
            "PROPOSED",
            "HELD",
            "ACCEPTED",
            "CHECK_FAILED",
            "PLACED",
            "ENDED",
        ]
        await owner.close()

    async def test_a_placement_that_ends_with_rematch_is_matched_again(
        self, hearth: Hearth
    ) -> None:
        request, offer, match = await _proposed(hearth)
        await move(hearth, "acceptMatch", match, CHARITY)
        assert _codes(await propose(hearth, request, offer)) == ["CONFLICT"]
        await move(hearth, "recordArrival", match, OFFICER, ARRIVED)
        assert _codes(await propose(hearth, request, offer)) == ["ALREADY_DONE"]
        again = f"{ENDED}, reason: BREAKDOWN, rematch: true"
        await move(hearth, "endPlacement", match, OFFICER, again)
        assert await _status(hearth, request) == "SUBMITTED"
        assert (await propose(hearth, request, offer))["problems"] == []

    async def test_the_side_that_proposed_does_not_accept(self, hearth: Hearth) -> None:
        _, _, match = await _proposed(hearth)
        assert _codes(await move(hearth, "acceptMatch", match, OFFICER)) == ["INVALID"]
        _, _, other = await _proposed(hearth, CHARITY)
        assert _codes(await move(hearth, "acceptMatch", other, CHARITY)) == ["INVALID"]
        assert (await move(hearth, "acceptMatch", other, OFFICER))["problems"] == []

    async def test_the_charity_still_sees_an_offer_that_is_full(self, hearth: Hearth) -> None:
        opened = await hearth.open(placesTotal=2)
        request = await submit(hearth)
        match = (await propose(hearth, request, opened["id"]))["match"]["id"]
        await move(hearth, "acceptMatch", match, CHARITY)
        assert await places_left(hearth, opened["id"]) is None
        seen = (await hearth.data(REQUEST, {"id": request}, CHARITY))["request"]["matches"]
        assert [each["offer"]["title"] for each in seen] == ["Double room"]


class TestRefusals:
    @pytest.mark.parametrize(
        ("needs", "offer", "code", "said"),
        [
            ({"kinds": ["esol"]}, {}, "NOT_ELIGIBLE", "this kind"),
            ({"childAges": [1, 2, 3, 4]}, {}, "NO_PLACES", "5 people, but only 4 places"),
            ({}, {"householdMax": 1}, "NOT_ELIGIBLE", "at most 1"),
            ({}, {"routeCodes": ["mandate"]}, "NOT_ELIGIBLE", "route is not known"),
            ({"routeCode": "arap"}, {"routeCodes": ["mandate"]}, "NOT_ELIGIBLE", "not accept"),
            ({"hasPets": True}, {}, "NOT_ELIGIBLE", "pet"),
            ({"needsStepFree": True}, {"stepFree": "NONE"}, "NOT_ELIGIBLE", "step-free"),
            ({}, {"childrenWelcome": False}, "NOT_ELIGIBLE", "adults"),
            ({}, {"womenOnly": True}, "NOT_ELIGIBLE", "women only"),
            ({"womenOnly": True}, {}, "NOT_ELIGIBLE", "women only"),
            (
                {"neededBy": "2098-01-01"},
                {"availableFrom": "2099-01-01"},
                "NOT_ELIGIBLE",
                "needs it by 1 January 2098",
            ),
        ],
    )
    async def test_what_does_not_fit_is_said(
        self, hearth: Hearth, needs: dict[str, Any], offer: dict[str, Any], code: str, said: str
    ) -> None:
        opened = await hearth.open(placesTotal=4, **offer)
        request = await submit(hearth, **needs)
        found = await propose(hearth, request, opened["id"])
        assert found["match"] is None
        assert _codes(found) == [code]
        assert said in found["problems"][0]["message"]
        assert len(found["problems"][0]["message"].split()) <= 20

    async def test_a_council_that_the_household_left_out_may_not(self, hearth: Hearth) -> None:
        request, offer = await _pair(hearth)
        taken_back = f"""mutation {{ recordConsent(
            requestId: "{request}", scope: MATCHING, gssCode: "E07000178", given: false
        ) {{ problems {{ code }} }} }}"""
        await hearth.data(taken_back, who=CHARITY)
        assert _codes(await propose(hearth, request, offer, CHARITY)) == ["CONSENT_MISSING"]
        assert _codes(await propose(hearth, request, offer)) == ["NOT_FOUND"]

    async def test_a_declined_pair_is_not_proposed_again(self, hearth: Hearth) -> None:
        request, offer, match = await _proposed(hearth)
        declined = await move(
            hearth, "declineMatch", match, CHARITY, 'reason: TOO_FAR, note: "Two buses."'
        )
        assert declined["match"]["reason"] == "TOO_FAR: Two buses."
        assert _codes(await propose(hearth, request, offer)) == ["ALREADY_DONE"]
        assert await _status(hearth, request) == "SUBMITTED"


class TestHolds:
    async def test_a_hold_that_runs_out_gives_its_places_back(self, hearth: Hearth) -> None:
        request, offer, match = await _proposed(hearth)
        await move(hearth, "holdMatch", match, OFFICER)
        await _run_out(hearth)
        assert await places_left(hearth, offer) == 4
        assert await _state(hearth, match) == "EXPIRED"
        query = "query ($id: ID!) { node(id: $id) { ... on Match { reason } } }"
        expired = (await hearth.data(query, {"id": match}, CHARITY))["node"]
        assert expired["reason"] == "The hold ran out."
        assert await _status(hearth, request) == "SUBMITTED"
        assert _codes(await move(hearth, "acceptMatch", match, CHARITY)) == ["HOLD_EXPIRED"]
        assert (await propose(hearth, request, offer))["problems"] == []

    async def test_of_two_holds_one_runs_out(self, hearth: Hearth) -> None:
        _, offer, match = await _proposed(hearth)
        await move(hearth, "holdMatch", match, OFFICER, "hours: 1")
        other = (await propose(hearth, await submit(hearth), offer))["match"]["id"]
        await move(hearth, "holdMatch", other, OFFICER, "hours: 9")
        assert await places_left(hearth, offer) is None
        owner = await hearth.owner()
        await owner.execute("ALTER TABLE match DISABLE TRIGGER moved")
        await owner.execute("UPDATE match SET held_until = now() WHERE 'match_' || id = $1", match)
        await owner.execute("UPDATE offer SET holds_end_at = now()")
        await owner.close()
        hearth.service.answers.drop()
        assert await places_left(hearth, offer) == 2

    @pytest.mark.parametrize("way", ["declineMatch", "withdrawRequest"])
    async def test_places_come_back(self, hearth: Hearth, way: str) -> None:
        request, offer, match = await _proposed(hearth)
        await move(hearth, "holdMatch", match, OFFICER)
        if way == "declineMatch":
            await move(hearth, way, match, OFFICER, "reason: HOST_WITHDREW")
        else:
            query = f'mutation {{ {way}(id: "{request}", reason: "x") {{ problems {{ code }} }} }}'
            await hearth.data(query, who=CHARITY)
            assert await _state(hearth, match) == "WITHDRAWN"
        assert await places_left(hearth, offer) == 4

    @pytest.mark.parametrize(
        ("command", "who", "state"),
        [("holdMatch", OFFICER, "HELD"), ("acceptMatch", CHARITY, "ACCEPTED")],
    )
    async def test_fifty_hands_at_one_last_bed(
        self,
        hearth: Hearth,
        monkeypatch: pytest.MonkeyPatch,
        command: str,
        who: str,
        state: str,
    ) -> None:
        # How slow a machine may be before even fifty are refused is not meant here.
        monkeypatch.setattr("api.http.admission.LONGEST_SECONDS", 1e6)
        opened = await hearth.open(placesTotal=2)
        requests = await asyncio.gather(*(submit(hearth) for _ in range(50)))
        proposed = await asyncio.gather(
            *(propose(hearth, request, opened["id"]) for request in requests)
        )
        matches = [found["match"]["id"] for found in proposed]
        found = await asyncio.gather(*(move(hearth, command, match, who) for match in matches))
        codes = sorted(str(_codes(each) or each["match"]["state"]) for each in found)
        assert codes == sorted([state] + ["['NO_PLACES']"] * 49)
        owner = await hearth.owner()
        row = await owner.fetchrow("SELECT held + taken, places FROM offer")
        assert tuple(row) == (2, 2)
        await owner.close()

    async def test_many_offers_for_one_household(self, hearth: Hearth) -> None:
        offers = await asyncio.gather(*(hearth.open() for _ in range(10)))
        request = await submit(hearth)
        found = await asyncio.gather(*(propose(hearth, request, each["id"]) for each in offers))
        codes = sorted(str(_codes(each)) for each in found)
        assert codes == ["['CONFLICT']"] * 9 + ["[]"]

    @pytest.mark.parametrize("hours", [0, -1, 337])
    async def test_hours_have_bounds(self, hearth: Hearth, hours: int) -> None:
        _, _, match = await _proposed(hearth)
        assert _codes(await move(hearth, "holdMatch", match, OFFICER, f"hours: {hours}")) == [
            "INVALID"
        ]
