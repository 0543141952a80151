"""The whole life of a request over HTTP, where something changes between one step and the next."""

from typing import Any

import asyncpg
import pytest

from api.store.database import SESSION
from tests.api.requests.asking import (
    ARRIVED,
    CHARITY,
    ENDED,
    OFFICER,
    move,
    places_left,
    propose,
    submit,
)
from tests.conftest import CAMBRIDGE, OXFORD, OXFORDSHIRE, Hearth

CLOSE = """
mutation ($id: ID!, $version: Int!) {
  closeOffer(id: $id, expectedVersion: $version, reason: "Sold.") { problems { code } }
}"""
PAUSE = """
mutation ($id: ID!, $version: Int!) {
  pauseOffer(id: $id, expectedVersion: $version) { problems { code } }
}"""
REASON = "query ($id: ID!) { request(id: $id) { matches { state reason } } }"
STEPS = "SELECT step FROM request_event ORDER BY at, id"
WITHDRAW = """
mutation ($id: ID!) {
  withdrawRequest(id: $id, reason: "They found a flat.") {
    request { status } problems { code message path }
  }
}"""


def _codes(found: Any) -> list[str]:
    return [problem["code"] for problem in found["problems"]]


async def _proposed(hearth: Hearth, who: str = OFFICER, **given: Any) -> tuple[str, Any, str]:
    offer = await hearth.open(placesTotal=4)
    request = await submit(hearth, **given)
    found = await propose(hearth, request, offer["id"], who)
    assert found["problems"] == []
    return request, offer, str(found["match"]["id"])


async def _placed(hearth: Hearth, **given: Any) -> tuple[str, Any, str]:
    request, offer, match = await _proposed(hearth, **given)
    await move(hearth, "acceptMatch", match, CHARITY)
    found = await move(hearth, "recordArrival", match, OFFICER, ARRIVED)
    assert found["problems"] == []
    return request, offer, match


async def _consent(hearth: Hearth, request: str, *, given: bool, gss: str = "") -> None:
    council = f', gssCode: "{gss}"' if gss else ""
    query = f"""mutation {{ recordConsent(
        requestId: "{request}", scope: MATCHING, given: {str(given).lower()}{council}
    ) {{ problems {{ code }} }} }}"""
    assert (await hearth.data(query, who=CHARITY))["recordConsent"]["problems"] == []


class TestWithdrawal:
    async def test_what_was_held_is_free_and_each_step_is_noted(self, hearth: Hearth) -> None:
        request, offer, match = await _proposed(hearth)
        await move(hearth, "holdMatch", match, OFFICER)
        assert await places_left(hearth, offer["id"]) == 2
        found = (await hearth.data(WITHDRAW, {"id": request}, CHARITY))["withdrawRequest"]
        assert (found["request"], found["problems"]) == ({"status": "WITHDRAWN"}, [])
        assert await places_left(hearth, offer["id"]) == 4
        owner = await hearth.owner()
        event = await owner.fetchrow("SELECT * FROM request_event WHERE step = 'MATCH_WITHDRAWN'")
        assert (f"match_{event['match_id']}", event["council_gss"]) == (match, OXFORD)
        said = await owner.fetchval("SELECT string_agg(e::text, ' ') FROM request_event AS e")
        assert "flat" not in said
        await owner.close()

    async def test_a_broken_connection_leaves_all_or_nothing(self, hearth: Hearth) -> None:
        request, offer, match = await _proposed(hearth)
        await move(hearth, "holdMatch", match, OFFICER)
        owner = await hearth.owner()
        # The last statement of the withdrawal takes its own connection down before the commit.
        await owner.execute("""
            CREATE FUNCTION break() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
            BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NULL; END $$;
            CREATE TRIGGER break AFTER INSERT ON request_event
                FOR EACH ROW WHEN (NEW.step = 'MATCH_WITHDRAWN') EXECUTE FUNCTION break();
        """)
        body = (await hearth.post(WITHDRAW, {"id": request}, CHARITY)).json()
        assert body["errors"][0]["extensions"]["code"] == "UNAVAILABLE"
        assert await places_left(hearth, offer["id"]) == 2
        await owner.execute("DROP TRIGGER break ON request_event")
        found = (await hearth.data(WITHDRAW, {"id": request}, CHARITY))["withdrawRequest"]
        assert found["problems"] == []
        assert await places_left(hearth, offer["id"]) == 4
        steps = [row["step"] for row in await owner.fetch(STEPS)]
        assert steps.count("WITHDRAWN") == steps.count("MATCH_WITHDRAWN") == 1
        await owner.close()

    async def test_a_placed_household_leaves_by_its_council(self, hearth: Hearth) -> None:
        request, offer, _ = await _placed(hearth)
        found = (await hearth.data(WITHDRAW, {"id": request}, CHARITY))["withdrawRequest"]
        assert _codes(found) == ["ALREADY_DONE"]
        assert await places_left(hearth, offer["id"]) == 2


NEED = """
query ($id: ID!, $match: ID!) {
  request(id: $id) { household { size } }
  node(id: $match) { ... on Match { state places request { household { size } } } }
}"""


async def _need(hearth: Hearth, request: str, match: str, who: str) -> tuple[bool, bool]:
    """Whether somebody reads the need, and the match."""
    data = await hearth.data(NEED, {"id": request, "match": match}, who)
    found = data["node"]
    return data["request"] is not None, found is not None


class TestConsent:
    @pytest.mark.parametrize("gss", ["", OXFORD])
    @pytest.mark.parametrize("is_held", [False, True])
    async def test_taken_back_it_ends_what_is_undecided(
        self, hearth: Hearth, is_held: bool, gss: str
    ) -> None:
        request, offer, match = await _proposed(hearth)
        if is_held:
            await move(hearth, "holdMatch", match, OFFICER)
        await _consent(hearth, request, given=False, gss=gss)
        for who in (OFFICER, CHARITY):
            command = "holdMatch" if who == OFFICER else "acceptMatch"
            assert _codes(await move(hearth, command, match, who)) == ["ALREADY_DONE"]
        assert await places_left(hearth, offer["id"]) == 4
        assert await _need(hearth, request, match, OFFICER) == (False, False)
        await _consent(hearth, request, given=True, gss=gss)
        assert (await propose(hearth, request, offer["id"]))["problems"] == []

    async def test_taken_back_for_another_council_it_ends_nothing(self, hearth: Hearth) -> None:
        request, _, match = await _proposed(hearth)
        await _consent(hearth, request, given=False, gss=CAMBRIDGE)
        assert _codes(await move(hearth, "acceptMatch", match, CHARITY)) == []
        await _consent(hearth, request, given=False)
        assert await _need(hearth, request, match, OFFICER) == (True, True), "it was accepted"


class TestNeed:
    @pytest.mark.parametrize("way", ["declined", "ended", "expired", "withdrawn"])
    async def test_a_council_reads_it_while_its_match_is_under_way_or_the_household_agrees(
        self, hearth: Hearth, way: str
    ) -> None:
        county = f"council:{OXFORDSHIRE}"
        make = _placed if way == "ended" else _proposed
        request, _, match = await make(hearth)
        for who in (OFFICER, county):
            assert await _need(hearth, request, match, who) == (True, True)
        if way == "declined":
            await move(hearth, "declineMatch", match, OFFICER, "reason: OTHER")
        elif way == "ended":
            over = f"{ENDED}, reason: FAMILY"
            assert _codes(await move(hearth, "endPlacement", match, OFFICER, over)) == []
        elif way == "expired":
            await move(hearth, "holdMatch", match, OFFICER)
            owner = await hearth.owner()
            await owner.execute("UPDATE match SET held_until = now()")
            await owner.close()
        for who in (OFFICER, county):
            assert await _need(hearth, request, match, who) == (True, True)
        await _consent(hearth, request, given=False)
        for who in (OFFICER, county):
            assert await _need(hearth, request, match, who) == (False, False)
        for command in ("holdMatch", "acceptMatch", "declineMatch"):
            arguments = "reason: OTHER" if command == "declineMatch" else ""
            (code,) = _codes(await move(hearth, command, match, OFFICER, arguments))
            assert code in ("ALREADY_DONE", "HOLD_EXPIRED")
        assert await _need(hearth, request, match, CHARITY) == (True, True)

    async def test_an_upper_tier_that_is_refused_by_name_reads_none(self, hearth: Hearth) -> None:
        county = f"council:{OXFORDSHIRE}"
        request, _, match = await _proposed(hearth)
        await _consent(hearth, request, given=False, gss=OXFORDSHIRE)
        assert await _need(hearth, request, match, county) == (False, False)
        assert await _need(hearth, request, match, OFFICER) == (True, True)
        seeking = await submit(hearth)
        await _consent(hearth, seeking, given=False, gss=OXFORDSHIRE)
        assert await _need(hearth, seeking, match, county) == (False, False)
        await _consent(hearth, request, given=True)
        assert await _need(hearth, request, match, county) == (True, True)


class TestOffer:
    @pytest.mark.parametrize("is_held", [False, True], ids=["proposed", "held"])
    async def test_closed_meanwhile_its_households_are_sought_another(
        self, hearth: Hearth, is_held: bool
    ) -> None:
        request, offer, match = await _proposed(hearth)
        if is_held:
            await move(hearth, "holdMatch", match, OFFICER)
        given = {"id": offer["id"], "version": offer["version"]}
        assert await hearth.code(CLOSE, given, "liaison") == "FORBIDDEN"
        await hearth.data(CLOSE, given, OFFICER)
        for who in (CHARITY, OFFICER):
            found = await move(hearth, "acceptMatch", match, who)
            assert _codes(found) == ["ALREADY_DONE"]
        (shown,) = (await hearth.data(REASON, {"id": request}, CHARITY))["request"]["matches"]
        assert shown == {"state": "WITHDRAWN", "reason": "The offer was closed."}
        other = await hearth.open()
        assert _codes(await propose(hearth, request, other["id"])) == []

    async def test_closed_meanwhile_what_is_accepted_stays(self, hearth: Hearth) -> None:
        _, offer, match = await _proposed(hearth)
        await move(hearth, "acceptMatch", match, CHARITY)
        given = {"id": offer["id"], "version": offer["version"]}
        await hearth.data(CLOSE, given, OFFICER)
        assert _codes(await move(hearth, "declineMatch", match, CHARITY, "reason: OTHER")) == []

    @pytest.mark.parametrize("command", ["holdMatch", "acceptMatch"])
    async def test_changed_meanwhile_so_that_it_does_not_suit_it_is_refused(
        self, hearth: Hearth, command: str
    ) -> None:
        _, offer, match = await _proposed(hearth)
        changed = """
        mutation ($id: ID!, $version: Int!) {
          updateOffer(input: {
            id: $id, expectedVersion: $version, householdMax: 1, womenOnly: true
          }) { problems { message } }
        }"""
        await hearth.data(changed, {"id": offer["id"], "version": offer["version"]}, OFFICER)
        found = await move(hearth, command, match, OFFICER if command == "holdMatch" else CHARITY)
        assert _codes(found) == ["NOT_ELIGIBLE", "NOT_ELIGIBLE"]
        said = {problem["message"] for problem in found["problems"]}
        assert "The offer takes at most 1 person; the household has 2 people." in said

    async def test_paused_meanwhile_what_is_under_way_goes_on(self, hearth: Hearth) -> None:
        _, offer, match = await _proposed(hearth)
        given = {"id": offer["id"], "version": offer["version"]}
        await hearth.data(PAUSE, given, OFFICER)
        assert _codes(await move(hearth, "acceptMatch", match, CHARITY)) == []
        other = await submit(hearth)
        assert _codes(await propose(hearth, other, offer["id"])) == ["NOT_ELIGIBLE"]


class TestSeveralKinds:
    async def test_a_kind_whose_placement_ended_is_not_sought_again(self, hearth: Hearth) -> None:
        lessons = await hearth.open(kind="esol", placesTotal=9)
        request, offer, match = await _placed(hearth, kinds=["hosting", "esol"])
        found = await propose(hearth, request, lessons["id"])
        assert found["problems"] == []
        ending = f"{ENDED}, reason: FAMILY"
        assert _codes(await move(hearth, "endPlacement", match, OFFICER, ending)) == []
        again = await propose(hearth, request, offer["id"])
        assert _codes(again) == ["CONFLICT"]
        assert again["problems"][0]["message"] == (
            "The household is matched for this kind of support already."
        )

    async def test_rematched_it_is(self, hearth: Hearth) -> None:
        request, offer, match = await _placed(hearth, kinds=["hosting", "esol"])
        ending = f"{ENDED}, reason: BREAKDOWN, rematch: true"
        await move(hearth, "endPlacement", match, OFFICER, ending)
        assert (await propose(hearth, request, offer["id"]))["problems"] == []


async def test_every_role_but_the_two_sides_is_kept_off(hearth: Hearth) -> None:
    _, _, match = await _proposed(hearth)
    settings = {**SESSION, "role": "hearth_liaison"}
    connection = await asyncpg.connect(hearth.copy.url, server_settings=settings)
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await connection.fetch("SELECT hearth_standing($1)", match.removeprefix("match_"))
    await connection.close()
