"""Break-glass: administrators read no case but with a reason, for a while; all concerned know."""

import uuid
from typing import Any

import asyncpg
import pytest

from api.store.database import SESSION
from tests.api.requests.asking import ARRIVED, CHARITY, CONTACT, OFFICER, move, propose, submit
from tests.conftest import CAMBRIDGE, OXFORD, OXFORDSHIRE, Hearth

REASON = "The charity cannot be reached."
BREAK = """
mutation ($input: BreakGlassInput!) {
  breakGlass(input: $input) {
    breakGlass { id at endsAt by reason council { gssCode } requests { nodes { id } } }
    problems { code message path }
  }
}"""
LIST = """{ breakGlasses { totalCount nodes {
  id by reason council { gssCode } requests { nodes { id } }
} } }"""
CASES = """query ($request: ID!, $match: ID!) {
  request(id: $request) { reference matches { id } }
  match: node(id: $match) { id } node(id: $request) { id }
  requests { totalCount } matches { totalCount }
}"""
NOTHING: dict[str, Any] = {
    "request": None,
    "match": None,
    "node": None,
    "requests": {"totalCount": 0},
    "matches": {"totalCount": 0},
}


async def _break(hearth: Hearth, who: str = "admin", **given: Any) -> Any:
    asked = {"reason": REASON, "minutes": 30, **given}
    return (await hearth.data(BREAK, {"input": asked}, who))["breakGlass"]


@pytest.fixture
async def case(hearth: Hearth) -> tuple[str, str, str]:
    """A household's request, Oxford's offer for it, and their match."""
    request, offer = await submit(hearth), (await hearth.open())["id"]
    match = (await propose(hearth, request, offer))["match"]["id"]
    return request, offer, match


@pytest.mark.parametrize("who", ["public", CHARITY, OFFICER, "liaison"])
async def test_nobody_else_breaks_the_glass(
    hearth: Hearth, case: tuple[str, str, str], who: str
) -> None:
    given = {"input": {"reason": REASON, "minutes": 30, "requestId": case[0]}}
    assert await hearth.code(BREAK, given, who) == "FORBIDDEN"


@pytest.mark.parametrize("who", ["public", "liaison"])
async def test_who_has_no_part_in_cases_reads_of_none(hearth: Hearth, who: str) -> None:
    assert await hearth.code(LIST, who=who) == "FORBIDDEN"


async def _cases(hearth: Hearth, case: tuple[str, str, str]) -> Any:
    request, _, match = case
    return await hearth.data(CASES, {"request": request, "match": match}, "admin")


async def test_an_administrator_reads_no_case_by_being_one(
    hearth: Hearth, case: tuple[str, str, str]
) -> None:
    request, offer, match = case
    assert await _cases(hearth, case) == NOTHING
    assert (await hearth.data(CONTACT, {"id": request}, "admin"))["request"] is None
    for command, arguments in (
        ("acceptMatch", ""),
        ("holdMatch", ""),
        ("declineMatch", "reason: OTHER"),
        ("recordArrival", ARRIVED),
    ):
        problems = (await move(hearth, command, match, "admin", arguments))["problems"]
        assert [each["code"] for each in problems] == ["NOT_FOUND"]
    candidates = "query ($id: ID!) { candidates(requestId: $id) { consideredOffers } }"
    assert await hearth.code(candidates, {"id": request}, "admin") == "NOT_FOUND"
    proposed = await propose(hearth, request, offer, "admin")
    assert [each["code"] for each in proposed["problems"]] == ["NOT_FOUND"]


@pytest.mark.parametrize("by", ["requestId", "gssCode"])
async def test_with_the_glass_broken_the_case_is_open_and_all_concerned_are_told(
    hearth: Hearth, case: tuple[str, str, str], by: str
) -> None:
    request, _, match = case
    other = await submit(hearth)
    broken = await _break(hearth, **{by: request if by == "requestId" else OXFORD})
    assert broken["problems"] == []
    council = {"gssCode": OXFORD} if by == "gssCode" else None
    noted = broken["breakGlass"]
    assert noted["council"] == council
    assert noted["requests"]["nodes"] == [{"id": request}]
    found = await _cases(hearth, case)
    assert found["request"]["matches"] == [{"id": match}]
    assert (found["requests"], found["matches"]) == ({"totalCount": 1}, {"totalCount": 1})
    contact = (await hearth.data(CONTACT, {"id": request}, "admin"))["request"]["household"]
    assert contact["contact"]["name"] == "Olena Example"
    assert (await hearth.data(CONTACT, {"id": other}, "admin"))["request"] is None
    looks = "query ($id: ID!) { request(id: $id) { contactLooks { by why } } }"
    (look,) = (await hearth.data(looks, {"id": request}, CHARITY))["request"]["contactLooks"]
    assert look == {
        "by": "An administrator",
        "why": f"break-glass {noted['id'].removeprefix('breakglass_')}",
    }
    for who in (OFFICER, f"council:{OXFORDSHIRE}", CHARITY, "admin"):
        told = (await hearth.data(LIST, who=who))["breakGlasses"]
        assert told["totalCount"] == 1, who
        assert told["nodes"][0]["reason"] == REASON
        assert told["nodes"][0]["requests"]["nodes"] == [{"id": request}]
        node = "query ($id: ID!) { node(id: $id) { id } }"
        assert (await hearth.data(node, {"id": noted["id"]}, who))["node"], who
    for who in (f"council:{CAMBRIDGE}", "charity:Another"):
        assert (await hearth.data(LIST, who=who))["breakGlasses"]["totalCount"] == 0
    owner = await hearth.owner()
    event = await owner.fetchrow("SELECT * FROM audit_event WHERE command = 'breakGlass'")
    assert event["actor_subject"] == "admin:development"
    assert REASON in event["summary"]
    key = uuid.UUID(noted["id"].removeprefix("breakglass_"))
    message = "SELECT count(*) FROM outbox WHERE topic = 'break_glass' AND payload ->> $1 = $2"
    assert await owner.fetchval(message, "break_glass_id", str(key)) == 1
    await owner.close()


async def test_it_is_closed_again_when_its_time_is_over(
    hearth: Hearth, case: tuple[str, str, str]
) -> None:
    await _break(hearth, requestId=case[0])
    assert (await _cases(hearth, case))["request"]
    owner = await hearth.owner()
    await owner.execute("UPDATE break_glass SET at = at - interval '31 min'")
    await owner.execute("UPDATE break_glass SET ends_at = ends_at - interval '31 min'")
    await owner.close()
    assert await _cases(hearth, case) == NOTHING
    assert (await hearth.data(LIST, who=OFFICER))["breakGlasses"]["totalCount"] == 1


async def test_it_is_open_to_nobody_else(hearth: Hearth, case: tuple[str, str, str]) -> None:
    await _break(hearth, requestId=case[0])
    owner = await hearth.owner()
    await owner.execute("UPDATE break_glass SET subject = 'admin:another'")
    await owner.close()
    assert await _cases(hearth, case) == NOTHING


async def test_an_administrator_may_act_on_an_open_case(
    hearth: Hearth, case: tuple[str, str, str]
) -> None:
    await _break(hearth, gssCode=OXFORD)
    moved = await move(hearth, "declineMatch", case[2], "admin", "reason: OTHER")
    assert moved["match"]["state"] == "DECLINED"


@pytest.mark.parametrize(
    ("given", "code", "path"),
    [
        ({}, "INVALID", "requestId"),
        ({"gssCode": OXFORD, "requestId": "request_1"}, "INVALID", "requestId"),
        ({"gssCode": OXFORD, "reason": "because"}, "INVALID", "reason"),
        ({"gssCode": OXFORD, "reason": "x" * 1001}, "INVALID", "reason"),
        ({"gssCode": OXFORD, "minutes": 0}, "INVALID", "minutes"),
        ({"gssCode": OXFORD, "minutes": 241}, "INVALID", "minutes"),
        ({"gssCode": "E99999999"}, "NOT_FOUND", "gssCode"),
        ({"gssCode": CAMBRIDGE}, "NOT_FOUND", "gssCode"),
        ({"requestId": f"request_{uuid.uuid4()}"}, "NOT_FOUND", "requestId"),
        ({"requestId": "rubbish"}, "NOT_FOUND", "requestId"),
    ],
)
async def test_what_makes_no_sense_opens_nothing(
    hearth: Hearth, given: dict[str, Any], code: str, path: str
) -> None:
    broken = await _break(hearth, **given)
    assert broken["breakGlass"] is None
    assert [(each["code"], each["path"]) for each in broken["problems"]] == [
        (code, ["input", path])
    ]
    owner = await hearth.owner()
    assert await owner.fetchval("SELECT count(*) FROM break_glass") == 0
    done = "SELECT count(*) FROM audit_event WHERE summary NOT LIKE 'refused: %'"
    assert await owner.fetchval(done) == 0
    await owner.close()


async def test_the_database_itself_lets_no_grant_be_made_up(
    hearth: Hearth, case: tuple[str, str, str]
) -> None:
    await hearth.token("admin")
    settings = {**SESSION, "role": "hearth_admin"}
    connection = await asyncpg.connect(hearth.copy.url, server_settings=settings)
    key = uuid.UUID(case[0].removeprefix("request_"))
    add = "INSERT INTO break_glass (id, reason, request_id, ends_at{}) VALUES ({})"
    columns = "gen_random_uuid(), 'because', $1::uuid, now() + interval "
    for statement in (
        add.format(", subject", f"{columns} '1 h', 'admin:another'"),
        add.format(", request_ids", f"{columns} '1 h', ARRAY[$1::uuid]"),
        "UPDATE break_glass SET ends_at = now() + interval '1 h' WHERE request_id = $1",
        "DELETE FROM break_glass WHERE request_id = $1",
    ):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute(statement, key)
    for hours, refused in ((5, asyncpg.CheckViolationError), (1, None)):
        transaction = connection.transaction()
        await transaction.start()
        await connection.execute("SELECT hearth_enter('admin:development')")
        statement = add.format("", f"{columns} '{hours} h'")
        if refused:
            with pytest.raises(refused):
                await connection.execute(statement, key)
        else:
            assert await connection.fetchval("SELECT count(*) FROM request") == 0
            await connection.execute(statement, key)
            assert await connection.fetchval("SELECT count(*) FROM request") == 1
        await transaction.rollback()
    await connection.close()


async def test_places_held_are_counted_for_an_administrator_too(
    hearth: Hearth, case: tuple[str, str, str]
) -> None:
    await move(hearth, "holdMatch", case[2], OFFICER)
    owner = await hearth.owner()
    # The earliest hold has run out, so the live ones are summed.
    await owner.execute("SET session_replication_role = replica")
    await owner.execute("UPDATE offer SET holds_end_at = now() - interval '1 min'")
    await owner.close()
    query = "query ($id: ID!) { offer(id: $id) { placesLeft } }"
    for who in (OFFICER, "admin"):
        assert (await hearth.data(query, {"id": case[1]}, who))["offer"] == {"placesLeft": 0}


async def test_a_failed_check_is_not_recorded_past_those_who_must_hear_of_it(
    hearth: Hearth, case: tuple[str, str, str]
) -> None:
    record = """mutation ($id: ID!) {
      recordCheck(
        input: { offerId: $id, kind: SPONSOR_SUITABLE, state: FAILED, failureReason: "No heating" }
      ) { check { state } problems { code path } }
    }"""
    refused = (await hearth.data(record, {"id": case[1]}, "admin"))["recordCheck"]
    assert refused["problems"] == [{"code": "INVALID", "path": ["input", "offerId"]}]
    await _break(hearth, gssCode=OXFORD)
    done = (await hearth.data(record, {"id": case[1]}, "admin"))["recordCheck"]
    assert done == {"check": {"state": "FAILED"}, "problems": []}
    owner = await hearth.owner()
    told = "SELECT count(*) FROM request_event WHERE step = 'CHECK_FAILED'"
    assert await owner.fetchval(told) == 1
    await owner.close()
