"""The database alone: functions that act as the owner tell and change no more than policies allow.

And whoever writes to the audit writes as themselves, of what they have a part in.
"""

from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest

from api.store.database import SESSION
from tests.conftest import CAMBRIDGE, OXFORD
from tests.security.world import HARBOUR, SUBJECTS, World

OFFICER = f"council:{OXFORD}"
ROLES = {HARBOUR: "hearth_charity", OFFICER: "hearth_council", "admin": "hearth_admin"}
# Each is true, or has a row, of a household that is matched and shares with every council.
TOLD = {
    "SELECT hearth_consents($1, 'SHARE_WITH_COUNCIL', $2)": True,
    "SELECT hearth_is_matching($1)": False,
    "SELECT EXISTS (SELECT FROM hearth_standing($1))": False,
}


def _key(named: str) -> UUID:
    return UUID(named.partition("_")[2])


async def _as(world: World, who: str, role: str | None = None) -> asyncpg.Connection:
    """A connection in a transaction that the member has entered."""
    settings = {**SESSION, "role": role or ROLES[who]}
    connection = await asyncpg.connect(world.hearth.copy.url, server_settings=settings)
    await connection.execute("BEGIN")
    await connection.fetch("SELECT * FROM hearth_enter($1)", SUBJECTS.get(who, who))
    return connection


async def test_they_tell_of_ones_own_cases_alone(world: World) -> None:
    for who in ROLES:
        connection = await _as(world, who)
        for side, gss in (("ours", OXFORD), ("theirs", CAMBRIDGE)):
            request = _key(world.own[side].request)
            for question, is_of_councils in TOLD.items():
                given: list[Any] = [[gss]] if is_of_councils else []
                assert await world.owner.fetchval(question, request, *given) is True, question
                told = await connection.fetchval(question, request, *given)
                assert bool(told) is (side == "ours"), (who, side, question)
        if who == OFFICER:
            await _asks_of_itself_alone(world, connection)
        await connection.close()


async def _asks_of_itself_alone(world: World, council: asyncpg.Connection) -> None:
    seeking = _key(world.shared["theirs"].request)
    agreed = "SELECT hearth_consents($1, 'MATCHING', $2)"
    assert await council.fetchval(agreed, seeking, [OXFORD]) is True
    assert await council.fetchval(agreed, seeking, [CAMBRIDGE, None]) is False
    refused = "SELECT hearth_refuses($1, $2)"
    theirs = _key(world.own["theirs"].request)
    assert await council.fetchval(refused, theirs, CAMBRIDGE) is not True
    held = "SELECT hearth_live_holds($1)"
    assert await council.fetchval(held, _key(world.own["ours"].offer)) == 2
    assert await council.fetchval(held, _key(world.own["theirs"].offer)) == 0


async def test_they_change_ones_own_cases_alone(world: World) -> None:
    state = "SELECT state FROM match WHERE id = $1"
    theirs, ours = world.own["theirs"], world.own["ours"]
    others: dict[str, list[tuple[str | None, str | None]]] = {
        HARBOUR: [(theirs.request, None), (None, ours.offer), (None, None)],
        OFFICER: [(ours.request, None), (None, theirs.offer), (ours.request, ours.offer)],
        "admin": [(theirs.request, None), (theirs.request, ours.offer)],
    }
    for who in ROLES:
        await world.put("UPDATE match SET state = 'HELD', held_until = now() - interval '1 minute'")
        for rows, expected in ((theirs, "HELD"), (ours, "EXPIRED")):
            connection = await _as(world, who)
            # Any administrator may lock any offer.
            offers = [] if who == "admin" else [_key(rows.offer)]
            await connection.execute(
                "SELECT hearth_lock_cases($1, $2)", [_key(rows.request)], offers
            )
            await connection.execute("COMMIT")
            await connection.close()
            assert await world.owner.fetchval(state, _key(rows.match)) == expected
        for request, offer in others[who]:
            connection = await _as(world, who)
            keys = [each and _key(each) for each in (request, offer)]
            with pytest.raises(asyncpg.InsufficientPrivilegeError, match="not theirs to hide"):
                await connection.execute("SELECT hearth_forget_place($1, $2)", *keys)
            await connection.close()


async def test_nobody_writes_the_audit_as_another(world: World) -> None:
    organisation = "SELECT organisation_id FROM request WHERE id = $1"
    ours = {
        "request_id": _key(world.own["ours"].request),
        "organisation_id": await world.owner.fetchval(
            organisation, _key(world.own["ours"].request)
        ),
    }
    theirs = {
        "request_id": _key(world.own["theirs"].request),
        "organisation_id": await world.owner.fetchval(
            organisation, _key(world.own["theirs"].request)
        ),
    }
    own = {HARBOUR: {**ours, "council_gss": OXFORD}, OFFICER: {**ours, "council_gss": OXFORD}}
    forged: list[dict[str, Any]] = [
        {"audience": "LIAISON"},
        {"actor_name": "The Mayor"},
        {"actor_subject": "council:E08000003"},
        {"organisation_id": theirs["organisation_id"]},
        theirs,
    ]
    elsewhere = [{"council_gss": CAMBRIDGE}, {**theirs, "council_gss": CAMBRIDGE}]
    for who in ROLES:
        right: dict[str, Any] = own.get(who, ours)
        await _write(world, who, right)
        # An administrator has a part in every council's offers.
        wrong = [*forged[:3], theirs] if who == "admin" else forged + elsewhere
        for each in wrong:
            with pytest.raises(asyncpg.InsufficientPrivilegeError, match="row-level security"):
                await _write(world, who, right | each)


async def _write(world: World, who: str, given: dict[str, Any]) -> None:
    connection = await _as(world, who)
    row = {
        "id": uuid4(),
        "actor_subject": await connection.fetchval("SELECT current_setting('hearth.subject')"),
        "actor_name": await connection.fetchval("SELECT current_setting('hearth.name')"),
        "audience": ROLES[who].removeprefix("hearth_").upper(),
        "command": "closeOffer",
        "subject_type": "Offer",
        "subject_id": uuid4(),
        "changes": "{}",
        "summary": "closed",
        **given,
    }
    places = ", ".join(f"${number}" for number in range(1, len(row) + 1))
    try:
        await connection.execute(
            f"INSERT INTO audit_event ({', '.join(row)}) VALUES ({places})", *row.values()
        )
    finally:
        await connection.close()


async def test_nobody_sets_a_trigger_of_ours_on_a_table_of_their_own(world: World) -> None:
    """It would act as the owner on whatever row its maker makes up."""
    triggers = await world.owner.fetch(
        "SELECT oid::regprocedure::text AS name FROM pg_proc "
        "WHERE prorettype = 'trigger'::regtype AND pronamespace = 'public'::regnamespace"
    )
    assert len(triggers) >= 9
    for role in (*ROLES.values(), "hearth_liaison", "hearth_public", "hearth_relay"):
        connection = await asyncpg.connect(world.hearth.copy.url, server_settings={"role": role})
        await connection.execute("CREATE TEMP TABLE made_up (id uuid)")
        made = "CREATE TRIGGER t AFTER INSERT ON made_up FOR EACH ROW EXECUTE FUNCTION"
        for each in triggers:
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await connection.execute(f"{made} {each['name']}")
        await connection.close()


async def test_a_table_of_ones_own_is_not_taken_for_ours(world: World) -> None:
    connection = await asyncpg.connect(
        world.hearth.copy.url, server_settings={"role": "hearth_council"}
    )
    await connection.execute("CREATE TEMP TABLE member AS SELECT * FROM public.council LIMIT 0")
    rows = await connection.fetch("SELECT * FROM hearth_enter($1)", OFFICER)
    assert [row["council_gss"] for row in rows] == [OXFORD]
    unsafe = """
        SELECT oid::regprocedure::text FROM pg_proc
        WHERE prosecdef AND pronamespace = 'public'::regnamespace
            AND 'search_path=pg_catalog, public, pg_temp' <> ALL (coalesce(proconfig, '{}'))
    """
    assert await world.owner.fetch(unsafe) == []
    await connection.close()
