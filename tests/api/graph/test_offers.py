"""Commands on offers: what they do, what they refuse, and what they leave behind."""

import asyncio
import uuid
from typing import Any

import asyncpg
import pytest

from tests.conftest import CAMBRIDGE, CREATE, OXFORD, PUBLISH, Hearth

OFFICER = f"council:{OXFORD}"
UPDATE = """
mutation ($input: UpdateOfferInput!) {
  updateOffer(input: $input) {
    offer { version title description placesTotal postcodeDistrict latitude }
    problems { code message path }
  }
}"""


def _command(name: str, arguments: str = "") -> str:
    return f"""
    mutation ($id: ID!, $version: Int!) {{
      answer: {name}(id: $id, expectedVersion: $version{arguments}) {{
        offer {{ status version lastConfirmedOn }} problems {{ code message path }}
      }}
    }}"""


CLOSE = _command("closeOffer", ', reason: "sold"')
CONFIRM = _command("confirmOffer")
OPEN = _command("publishOffer")
PAUSE = _command("pauseOffer")


DONE = "WHERE summary NOT LIKE 'refused: %'"


async def _counts(hearth: Hearth) -> tuple[int, ...]:
    owner = await hearth.owner()
    counts = tuple(
        [
            await owner.fetchval(f"SELECT count(*) FROM {table}")
            # That somebody named what is not theirs is noted, and nothing else is.
            for table in ("offer", f"audit_event {DONE}", "outbox", "idempotency_key")
        ]
    )
    await owner.close()
    return counts


async def _problems(
    hearth: Hearth, query: str, variables: dict[str, Any], who: str = OFFICER
) -> list[tuple[str, list[str]]]:
    (answer,) = (await hearth.data(query, variables, who)).values()
    assert answer["offer"] is None
    return [(each["code"], each["path"]) for each in answer["problems"]]


async def test_an_offer_goes_in_and_a_charity_sees_it(hearth: Hearth) -> None:
    opened = await hearth.open(title="Annexe", postcodeDistrict="ox4")
    found = await hearth.data("{ availability { totalCount nodes { id title council { name } } } }")
    assert found["availability"] == {
        "totalCount": 1,
        "nodes": [{"id": opened["id"], "title": "Annexe", "council": {"name": "Oxford"}}],
    }


async def test_a_life_from_draft_to_closed(hearth: Hearth) -> None:
    offer = await hearth.create()
    steps = [(OPEN, "OPEN"), (PAUSE, "PAUSED"), (OPEN, "OPEN"), (CONFIRM, "OPEN")]
    for version, (command, status) in enumerate([*steps, (CLOSE, "CLOSED")], start=1):
        given = {"id": offer["id"], "version": version}
        answer = (await hearth.data(command, given, OFFICER))["answer"]
        assert answer["problems"] == []
        assert (answer["offer"]["status"], answer["offer"]["version"]) == (status, version + 1)
    for command in (OPEN, PAUSE, CONFIRM):
        given = {"id": offer["id"], "version": 6}
        assert await _problems(hearth, command, given) == [("INVALID", ["id"])]
    assert await _problems(hearth, CLOSE, given) == [("ALREADY_DONE", ["id"])]
    query = "query ($id: ID!) { offer(id: $id) { history(first: 2) { nodes { by command summary }"
    query += " pageInfo { hasNextPage endCursor } } } }"
    history = (await hearth.data(query, {"id": offer["id"]}, OFFICER))["offer"]["history"]
    assert history["nodes"][0] == {
        "by": "An officer of Oxford",
        "command": "closeOffer",
        "summary": "status: OPEN → CLOSED (sold)",
    }
    assert history["pageInfo"]["hasNextPage"]


async def test_absent_means_unchanged_and_null_means_cleared(hearth: Hearth) -> None:
    offer = await hearth.create(description="Quiet", postcodeDistrict="OX4")
    given: dict[str, Any] = {"id": offer["id"], "expectedVersion": 1, "placesTotal": 5}
    changed = (await hearth.data(UPDATE, {"input": given}, OFFICER))["updateOffer"]["offer"]
    assert changed["placesTotal"] == 5
    assert changed["description"] == "Quiet"
    assert changed["postcodeDistrict"] == "OX4"
    in_district = changed["latitude"]
    given = {"id": offer["id"], "expectedVersion": 2, "postcodeDistrict": None}
    cleared = (await hearth.data(UPDATE, {"input": given}, OFFICER))["updateOffer"]["offer"]
    assert cleared["postcodeDistrict"] is None
    assert cleared["latitude"] != in_district
    given = {"id": offer["id"], "expectedVersion": 3, "title": None}
    assert await _problems(hearth, UPDATE, {"input": given}) == [("INVALID", ["input", "title"])]


async def test_a_stale_version_is_a_conflict_that_names_the_current_one(hearth: Hearth) -> None:
    offer = await hearth.open()
    before = await _counts(hearth)
    answer = await hearth.data(PUBLISH, {"id": offer["id"], "version": 1}, OFFICER)
    (problem,) = answer["publishOffer"]["problems"]
    assert problem["code"] == "CONFLICT"
    assert problem["path"] == ["expectedVersion"]
    assert "version 2" in problem["message"]
    assert await _counts(hearth) == before


async def test_of_two_officers_at_once_one_wins_and_none_is_lost(hearth: Hearth) -> None:
    offer = await hearth.create()

    async def rename(title: str) -> Any:
        given = {"id": offer["id"], "expectedVersion": 1, "title": title}
        return (await hearth.data(UPDATE, {"input": given}, OFFICER))["updateOffer"]

    answers = await asyncio.gather(*(rename(f"Title {number}") for number in range(10)))
    won = [answer["offer"]["title"] for answer in answers if answer["offer"]]
    lost = [answer["problems"][0]["code"] for answer in answers if not answer["offer"]]
    assert len(won) == 1
    assert lost == ["CONFLICT"] * 9
    found = await hearth.data("{ offers { nodes { title version } } }", who=OFFICER)
    assert found["offers"]["nodes"] == [{"title": won[0], "version": 2}]


BAD_INPUTS: list[tuple[dict[str, Any], str]] = [
    ({"kind": "palace"}, "kind"),
    ({"kind": "hos\0ting"}, "kind"),
    ({"routeCodes": ["by-balloon"]}, "routeCodes"),
    ({"availableFrom": "2026-02-01", "availableUntil": "2026-01-01"}, "availableUntil"),
    ({"title": "nul\0"}, "title"),
    ({"title": "t" * 10_000}, "title"),
    ({"title": " "}, "title"),
    ({"placesTotal": -1}, "placesTotal"),
    ({"placesTotal": 2_000_000_000}, "placesTotal"),
    ({"householdMax": 0}, "householdMax"),
    ({"minimumMonths": -1}, "minimumMonths"),
    ({"postcodeDistrict": "Oxford"}, "postcodeDistrict"),
    ({"languages": ["ua"]}, "languages"),
    ({"gssCode": CAMBRIDGE}, "gssCode"),
    ({"gssCode": "X\0"}, "gssCode"),
    ({"idempotencyKey": ""}, "idempotencyKey"),
]


@pytest.mark.parametrize(("given", "field"), BAD_INPUTS, ids=lambda value: str(value)[:40])
async def test_bad_input_is_a_problem_and_writes_nothing(
    hearth: Hearth, given: dict[str, Any], field: str
) -> None:
    offer = {"kind": "hosting", "title": "Room", "placesTotal": 2, **given}
    problems = await _problems(hearth, CREATE, {"input": offer})
    assert [path for _, path in problems] == [["input", field]]
    assert await _counts(hearth) == (0, 0, 0, 0)


async def test_everything_wrong_is_said_at_once(hearth: Hearth) -> None:
    offer = {"kind": "palace", "title": "", "placesTotal": -1, "gssCode": CAMBRIDGE}
    problems = await _problems(hearth, CREATE, {"input": {**offer, "routeCodes": ["a", "b"]}})
    assert sorted((code, path[-1]) for code, path in problems) == [
        ("INVALID", "kind"),
        ("INVALID", "placesTotal"),
        ("INVALID", "routeCodes"),
        ("INVALID", "routeCodes"),
        ("INVALID", "title"),
        ("NOT_FOUND", "gssCode"),
    ]
    assert await _counts(hearth) == (0, 0, 0, 0)


@pytest.mark.parametrize(
    ("given", "field"), [each for each in BAD_INPUTS if each[1] not in ("kind", "gssCode")][:-1]
)
async def test_bad_changes_leave_the_offer_as_it_was(
    hearth: Hearth, given: dict[str, Any], field: str
) -> None:
    offer = await hearth.create()
    before = await _counts(hearth)
    change = {"id": offer["id"], "expectedVersion": 1, **given}
    problems = await _problems(hearth, UPDATE, {"input": change})
    assert problems == [("INVALID", ["input", field])]
    assert await _counts(hearth) == before


@pytest.mark.parametrize("reason", ["", " \n", "r" * 1001, "nul\0"], ids=ascii)
async def test_closing_needs_a_reason(hearth: Hearth, reason: str) -> None:
    offer = await hearth.open()
    query = CLOSE.replace("$version: Int!", "$version: Int!, $reason: String!")
    query = query.replace('"sold"', "$reason")
    given = {"id": offer["id"], "version": 2, "reason": reason}
    assert await _problems(hearth, query, given) == [("INVALID", ["reason"])]


async def test_what_is_past_or_closed_stays_shut(hearth: Hearth) -> None:
    past = await hearth.create(availableUntil="2020-01-01")
    assert await _problems(hearth, PUBLISH, past) == [("INVALID", ["id"])]
    await hearth.data(CLOSE, past, OFFICER)
    change = {"id": past["id"], "expectedVersion": 2, "title": "Again"}
    assert await _problems(hearth, UPDATE, {"input": change}) == [("INVALID", ["input", "id"])]


@pytest.mark.parametrize("node_id", ["", "rubbish", "offer_", "offer_1", "council_E07000178"])
async def test_an_id_that_is_none_is_not_found(hearth: Hearth, node_id: str) -> None:
    given = {"id": node_id, "version": 1}
    assert await _problems(hearth, PUBLISH, given) == [("NOT_FOUND", ["id"])]


async def test_a_title_is_one_line(hearth: Hearth) -> None:
    offer = await hearth.create(title=" Two\r\nrooms\t by  the park ", description="One.\nTwo.")
    asked = "query ($id: ID!) { offer(id: $id) { title description } }"
    found = (await hearth.data(asked, {"id": offer["id"]}, OFFICER))["offer"]
    assert found == {"title": "Two rooms by the park", "description": "One.\nTwo."}


async def test_an_abolished_council_makes_no_offers(hearth: Hearth) -> None:
    offer = {"kind": "hosting", "title": "Room", "placesTotal": 2, "gssCode": "E06000028"}
    answer = (await hearth.data(CREATE, {"input": offer}, "admin"))["createOffer"]
    (problem,) = answer["problems"]
    assert problem["path"] == ["input", "gssCode"]
    assert "Bournemouth was abolished" in problem["message"]
    assert await _counts(hearth) == (0, 0, 0, 0)


async def test_a_district_that_is_newer_than_our_points_has_no_distance(hearth: Hearth) -> None:
    await hearth.open(postcodeDistrict="E20")
    query = "{ availability { nodes { postcodeDistrict latitude distanceKm } } }"
    (found,) = (await hearth.data(query))["availability"]["nodes"]
    assert found == {"postcodeDistrict": "E20", "latitude": None, "distanceKm": None}


async def test_a_key_makes_one_offer_however_often_it_is_sent(hearth: Hearth) -> None:
    offer = {"kind": "hosting", "title": "Room", "placesTotal": 2, "idempotencyKey": "k"}
    answers = await asyncio.gather(
        *(hearth.data(CREATE, {"input": offer}, OFFICER) for _ in range(20))
    )
    assert all(answer == answers[0] for answer in answers)
    assert await _counts(hearth) == (1, 1, 1, 1)
    again = {"input": {**offer, "title": "Another"}}
    assert await _problems(hearth, CREATE, again) == [("INVALID", ["input", "idempotencyKey"])]
    await hearth.create("council:" + CAMBRIDGE, idempotencyKey="k")
    assert await _counts(hearth) == (2, 2, 2, 2)


async def test_a_refused_command_leaves_its_key_free(hearth: Hearth) -> None:
    offer = {"kind": "palace", "title": "Room", "placesTotal": 2, "idempotencyKey": "k"}
    assert await _problems(hearth, CREATE, {"input": offer}) == [("INVALID", ["input", "kind"])]
    await hearth.create(idempotencyKey="k")
    assert await _counts(hearth) == (1, 1, 1, 1)


async def test_the_database_itself_keeps_places_in_bounds(hearth: Hearth) -> None:
    await hearth.create()
    owner = await hearth.owner()
    for change in ("places = -1", "taken = 3", "taken = 1, held = 2", "held = -1"):
        with pytest.raises(asyncpg.CheckViolationError):
            await owner.execute(f"UPDATE offer SET {change}")
    await owner.execute(
        "UPDATE offer SET taken = 1, held = 1, holds_end_at = now() - interval '1s'"
    )
    found = await hearth.data("{ offers { nodes { placesLeft } } }", who=OFFICER)
    assert found["offers"]["nodes"] == [{"placesLeft": 1}], "the hold has run out by the clock"
    given = {"id": f"offer_{await owner.fetchval('SELECT id FROM offer')}", "expectedVersion": 1}
    await owner.close()
    problems = await _problems(hearth, UPDATE, {"input": {**given, "placesTotal": 1}})
    assert problems == [("INVALID", ["input", "placesTotal"])]


async def test_readiness_follows_from_the_checks(hearth: Hearth) -> None:
    offer = await hearth.create()
    record = """
    mutation ($input: RecordCheckInput!) {
      recordCheck(input: $input) {
        check { kind state failureReason } offer { readiness checks { state } }
        problems { code path }
      }
    }"""

    async def check(state: str, **given: Any) -> Any:
        kind = "ACCOMMODATION_SUITABLE"
        variables = {"input": {"offerId": offer["id"], "kind": kind, "state": state, **given}}
        return (await hearth.data(record, variables, OFFICER))["recordCheck"]

    for state, given, field in (
        ("FAILED", {}, "failureReason"),
        ("FAILED", {"failureReason": "nul\0"}, "failureReason"),
        ("PASSED", {"failureReason": "none"}, "failureReason"),
        ("PASSED", {"doneOn": "2999-01-01"}, "doneOn"),
        ("IN_PROGRESS", {"doneOn": "2026-01-01"}, "doneOn"),
    ):
        problems = (await check(state, **given))["problems"]
        assert problems == [{"code": "INVALID", "path": ["input", field]}], (state, given)
    for state, readiness in (("IN_PROGRESS", "CHECKS_DUE"), ("PASSED", "READY")):
        assert (await check(state))["offer"]["readiness"] == readiness
    failed = await check("FAILED", failureReason="no smoke alarm")
    assert failed["offer"] == {"readiness": "FAILED", "checks": [{"state": "FAILED"}]}
    offer["id"] = f"offer_{uuid.uuid4()}"
    assert (await check("PASSED"))["problems"][0]["code"] == "NOT_FOUND"
