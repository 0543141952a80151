"""Clocks: the server's zone is none of ours, and a worker's clock that jumps moves nothing."""

import time
from datetime import UTC, datetime, timedelta

import asyncpg
import pytest

from api.writing.chain import verify
from tests.api.requests.asking import CHARITY, move, propose, submit
from tests.conftest import Copy, Hearth
from tests.faults.test_away import OFFICER
from tests.waiting import until

CHANGES = """
query ($id: ID!) { offer(id: $id) { history { nodes { at } } } }
"""
DAY = timedelta(days=1)
MINUTE = timedelta(minutes=1)


async def _held(hearth: Hearth) -> tuple[str, datetime]:
    """An offer, and the end of an hour's hold at it."""
    offer = (await hearth.open())["id"]
    match = (await propose(hearth, await submit(hearth), offer))["match"]["id"]
    held = await move(hearth, "holdMatch", match, OFFICER, "hours: 1")
    assert held["problems"] == []
    accepted = await move(hearth, "acceptMatch", match, CHARITY)
    assert accepted["problems"] == []
    return str(offer), datetime.fromisoformat(held["match"]["heldUntil"])


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Pacific/Pago_Pago"])
async def test_the_servers_zone_is_none_of_ours(copy: Copy, hearth: Hearth, zone: str) -> None:
    owner = await asyncpg.connect(copy.owner_url)
    await owner.execute(f"ALTER DATABASE {copy.name} SET timezone = '{zone}'")
    await owner.close()
    owner = await hearth.owner()
    assert await owner.fetchval("SHOW timezone") == zone
    offer, held_until = await _held(hearth)
    assert abs(held_until - datetime.now(UTC) - timedelta(hours=1)) < MINUTE
    times = await owner.fetch("SELECT at FROM audit_event")
    assert all(abs(datetime.now(UTC) - row["at"]) < MINUTE for row in times)
    changes = (await hearth.data(CHANGES, {"id": offer}, OFFICER))["offer"]["history"]["nodes"]
    at = [datetime.fromisoformat(each["at"]) for each in changes]
    assert at
    assert all(abs(datetime.now(UTC) - each) < MINUTE for each in at)
    assert (await verify(owner)).findings == []
    await owner.close()


@pytest.mark.parametrize("jump", [-DAY, DAY])
async def test_a_workers_clock_that_jumps_moves_nothing(
    hearth: Hearth, monkeypatch: pytest.MonkeyPatch, jump: timedelta
) -> None:
    offers = [(await _held(hearth))[0]]
    true, true_ns = time.time, time.time_ns
    now = datetime.now(UTC)
    monkeypatch.setattr(time, "time", lambda: true() + jump.total_seconds())
    monkeypatch.setattr(time, "time_ns", lambda: true_ns() + int(jump.total_seconds() * 1e9))
    for who in (OFFICER, CHARITY):
        # As an issuer whose clock jumped too: else every token would be out, or not yet in.
        subject = await _subject(hearth, who)
        hearth.tokens[who] = hearth.issuer.token(subject)
    offer, held_until = await _held(hearth)
    offers.append(offer)
    assert abs(held_until - now - timedelta(hours=1)) < MINUTE
    owner = await hearth.owner()
    times = await owner.fetch("SELECT at FROM audit_event")
    assert all(abs(now - row["at"]) < MINUTE for row in times)
    found = await owner.fetch("SELECT 'offer_' || id AS id FROM offer")
    assert {row["id"] for row in found} == set(offers)

    async def is_relayed() -> bool:
        unsent = await owner.fetchval("SELECT count(*) FROM outbox WHERE sent_at IS NULL")
        return not unsent and not (await verify(owner)).pending

    # The relay chains and sends all, whatever order the jump gave the ids.
    await until(is_relayed, "something is left")
    assert (await verify(owner)).findings == []
    await owner.close()


async def _subject(hearth: Hearth, who: str) -> str:
    owner = await hearth.owner()
    audience = who.partition(":")[0].upper()
    query = "SELECT subject FROM member WHERE audience = $1"
    subject = str(await owner.fetchval(query, audience))
    await owner.close()
    return subject
