"""Who may see and do what: by the service, and by the database alone."""

import uuid

import asyncpg
import pytest

from api.store.database import SESSION
from tests.conftest import CAMBRIDGE, OXFORD, OXFORDSHIRE, PUBLISH, Hearth

OFFICER = f"council:{OXFORD}"
OTHER = f"council:{CAMBRIDGE}"
UPPER = f"council:{OXFORDSHIRE}"
OUTSIDERS = ("public", "charity:Harbour", "liaison")
ASK = "query ($id: ID!) { offer(id: $id) { id title } node(id: $id) { id } }"

# Every command on an offer, with what it needs; `$id` is the offer's.
COMMANDS = {
    "createOffer": '(input: {kind: "hosting", title: "Mine", placesTotal: 1})',
    "updateOffer": '(input: {id: $id, expectedVersion: 1, title: "Mine"})',
    "publishOffer": "(id: $id, expectedVersion: 1)",
    "pauseOffer": "(id: $id, expectedVersion: 1)",
    "closeOffer": '(id: $id, expectedVersion: 1, reason: "mine")',
    "confirmOffer": "(id: $id, expectedVersion: 1)",
    "recordCheck": "(input: {offerId: $id, kind: GUESTS_ARRIVED, state: PASSED})",
}
ON_ONE = [name for name in COMMANDS if name != "createOffer"]


def _command(name: str) -> str:
    variables = "" if name == "createOffer" else "($id: ID!)"
    answer = "offer { id } problems { code message path }"
    return f"mutation {variables} {{ {name}{COMMANDS[name]} {{ {answer} }} }}"


@pytest.mark.parametrize("who", OUTSIDERS)
@pytest.mark.parametrize("name", COMMANDS)
async def test_commands_are_forbidden_to_outsiders(hearth: Hearth, who: str, name: str) -> None:
    offer = await hearth.open()
    assert await hearth.code(_command(name), {"id": offer["id"]}, who) == "FORBIDDEN"
    owner = await hearth.owner()
    assert await owner.fetchval("SELECT count(*) FROM audit_event") == 2
    await owner.close()


@pytest.mark.parametrize("who", OUTSIDERS)
@pytest.mark.parametrize("field", ["history { nodes { by } }", "checks { state }"])
async def test_what_was_done_is_forbidden_to_outsiders(
    hearth: Hearth, who: str, field: str
) -> None:
    await hearth.open()
    query = "{ availability { nodes { %s } } }" % field  # noqa: UP031 - braces
    assert await hearth.code(query, who=who) == "FORBIDDEN"


@pytest.mark.parametrize("who", OUTSIDERS)
async def test_outsiders_see_open_offers_without_totals(hearth: Hearth, who: str) -> None:
    draft = await hearth.create()
    opened = await hearth.open(externalRef="case 7")
    query = "{ offers { nodes { id placesTotal placesLeft externalRef } } }"
    found = await hearth.data(query, who=who)
    assert found["offers"]["nodes"] == [
        {"id": opened["id"], "placesTotal": None, "placesLeft": 2, "externalRef": None}
    ]
    assert await hearth.data(ASK, {"id": draft["id"]}, who) == {"offer": None, "node": None}


@pytest.mark.parametrize("status", ["DRAFT", "OPEN"])
async def test_another_councils_offer_answers_as_a_random_id(hearth: Hearth, status: str) -> None:
    foreign = await (hearth.create() if status == "DRAFT" else hearth.open())
    random = f"offer_{uuid.uuid4()}"
    for node_id in (foreign["id"], random):
        response = await hearth.post(ASK, {"id": node_id}, OTHER)
        assert response.content == b'{"data":{"offer":null,"node":null}}'
    for name in ON_ONE:
        answers = [
            (await hearth.post(_command(name), {"id": node_id}, OTHER)).content
            for node_id in (foreign["id"], random)
        ]
        assert answers[0] == answers[1]
        assert b"NOT_FOUND" in answers[0]


async def test_an_upper_tier_reads_its_districts_and_writes_its_own(hearth: Hearth) -> None:
    draft = await hearth.create()
    found = await hearth.data("{ offers { nodes { id placesTotal } } }", who=UPPER)
    assert found["offers"]["nodes"] == [{"id": draft["id"], "placesTotal": 2}]
    assert (await hearth.data(ASK, {"id": draft["id"]}, UPPER))["offer"]["id"] == draft["id"]
    for name in ON_ONE:
        answer = (await hearth.data(_command(name), {"id": draft["id"]}, UPPER))[name]
        assert [each["code"] for each in answer["problems"]] == ["NOT_FOUND"]
    again = await hearth.data(PUBLISH, {"id": draft["id"], "version": 1}, OFFICER)
    assert again["publishOffer"]["problems"] == [], "it is as it was"


async def test_staff_meet_their_own_totals_in_availability(hearth: Hearth) -> None:
    await hearth.open()
    query = "{ availability { nodes { placesTotal history { nodes { command } } } } }"
    own = (await hearth.data(query, who=OFFICER))["availability"]["nodes"][0]
    assert own["placesTotal"] == 2
    assert [each["command"] for each in own["history"]["nodes"]] == ["publishOffer", "createOffer"]
    foreign = (await hearth.data(query, who=OTHER))["availability"]["nodes"][0]
    assert foreign == {"placesTotal": None, "history": {"nodes": []}}


async def _as(hearth: Hearth, role: str) -> asyncpg.Connection:
    return await asyncpg.connect(hearth.copy.url, server_settings={**SESSION, "role": role})


@pytest.mark.parametrize("role", ["hearth_public", "hearth_charity", "hearth_liaison"])
async def test_the_public_roles_hold_no_grant_on_offers(hearth: Hearth, role: str) -> None:
    connection = await _as(hearth, role)
    # A charity reads what was done to its own cases, once it has entered.
    is_charity = role == "hearth_charity"
    if is_charity:
        assert await connection.fetch("SELECT * FROM audit_event") == []
    for table in (
        "offer",
        "staff_offer",
        "member",
        "outbox",
        *(["audit_event"] * (not is_charity)),
    ):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.fetch(f"SELECT * FROM {table}")
    await connection.close()


async def test_without_a_scope_the_council_role_sees_nothing(hearth: Hearth) -> None:
    await hearth.create()
    connection = await _as(hearth, "hearth_council")
    for table in ("offer", "staff_offer", "audit_event"):
        assert await connection.fetch(f"SELECT * FROM {table}") == []
    async with connection.transaction():
        await hearth.token(OTHER)
        await connection.execute("SELECT hearth_enter($1)", f"council:{CAMBRIDGE}")
        assert await connection.fetch("SELECT * FROM offer") == []
        assert await connection.execute("UPDATE offer SET places = 9") == "UPDATE 0"
    transaction = connection.transaction()
    await transaction.start()
    await connection.execute("SELECT hearth_enter($1)", f"council:{CAMBRIDGE}")
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await connection.execute(
            "INSERT INTO offer (id, council_gss, kind_code, title, status, places, step_free,"
            " pets_allowed, children_welcome, women_only) VALUES"
            " (gen_random_uuid(), $1, 'hosting', 'x', 'OPEN', 1, 'ALL', true, true, true)",
            OXFORD,
        )
    await transaction.rollback()
    for statement in ("DELETE FROM audit_event", "UPDATE audit_event SET summary = ''"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute(statement)
    await connection.close()


async def test_a_member_disabled_or_moved_is_so_at_the_next_request(hearth: Hearth) -> None:
    await hearth.create()
    query = "{ viewer { audience council { gssCode } } offers { totalCount } }"
    assert (await hearth.data(query, who=OFFICER))["offers"]["totalCount"] == 1
    owner = await hearth.owner()
    await owner.execute("UPDATE member SET council_gss = $1", CAMBRIDGE)
    moved = await hearth.data(query, who=OFFICER)
    assert moved == {
        "viewer": {"audience": "COUNCIL", "council": {"gssCode": CAMBRIDGE}},
        "offers": {"totalCount": 0},
    }
    await owner.execute("UPDATE member SET council_gss = NULL, audience = 'LIAISON'")
    assert (await hearth.data(query, who=OFFICER))["viewer"]["audience"] == "LIAISON"
    await owner.execute("UPDATE member SET is_disabled = true")
    await owner.close()
    for document in (query, _command("createOffer"), "{ availability { totalCount } }"):
        assert (await hearth.post(document, who=OFFICER)).status_code == 401
