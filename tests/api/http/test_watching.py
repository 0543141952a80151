"""Long requests: stopped in the database at their deadline, and when their client hangs up."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from api.app import Service
from api.settings import Settings
from api.store.database import SESSION
from tests.conftest import CREATE, GRAPHQL_JSON, OXFORD, Copy, Hearth, lifespan
from tests.waiting import PATIENCE

QUERY = "{ councils(first: 1) { nodes { name } } }"
WAITING = """
SELECT count(*) FROM pg_stat_activity
WHERE datname = current_database() AND wait_event_type = 'Lock'
"""


@pytest.fixture
async def hearth(hearth: Hearth, monkeypatch: pytest.MonkeyPatch) -> Hearth:
    """The service, while nothing in the database ends by a limit of its own."""
    monkeypatch.setitem(SESSION, "lock_timeout", "0")
    hearth.service.database._query_seconds = 2 * PATIENCE
    await hearth.service.database.close()  # what is open has the limits that were
    return hearth


@pytest.fixture
async def blocked(hearth: Hearth) -> AsyncIterator[asyncpg.Connection]:
    """The owner's connection, whose locks let nobody read councils or add an offer."""
    await hearth.service.listener.is_listening.wait()
    owner = await hearth.owner()
    transaction = owner.transaction()
    await transaction.start()
    await owner.execute("LOCK TABLE council, offer IN ACCESS EXCLUSIVE MODE")
    yield owner
    await owner.close()


async def _asked(
    hearth: Hearth, query: str, leave: asyncio.Event | None, variables: Any = None, who: str = ""
) -> tuple[int, Any]:
    """Ask as a server would pass it on; the client hangs up once `leave` is set."""
    sent: list[Any] = []
    body = json.dumps({"query": query, "variables": variables}).encode()
    waiting = [{"type": "http.request", "body": body}]

    async def receive() -> Any:
        if waiting:
            return waiting.pop()
        await (leave or asyncio.Event()).wait()
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        sent.append(message)

    headers = [(b"content-type", b"application/json"), (b"accept", GRAPHQL_JSON.encode())]
    if who:
        headers.append((b"authorization", f"Bearer {await hearth.token(who)}".encode()))
    scope = {
        "type": "http",
        "method": "POST",
        "path": "/graphql",
        "query_string": b"",
        "headers": headers,
    }
    await hearth.app(scope, receive, send)
    return sent[0]["status"], json.loads(sent[1]["body"])


async def _are_waiting(owner: asyncpg.Connection, count: int) -> None:
    async with asyncio.timeout(PATIENCE):
        while await owner.fetchval(WAITING) != count:
            await owner.execute("SELECT pg_stat_clear_snapshot()")  # it is inside a transaction
            await asyncio.sleep(0.02)


@pytest.mark.parametrize("who", ["", f"council:{OXFORD}"])
async def test_a_client_that_hangs_up_stops_its_query(
    hearth: Hearth, blocked: asyncpg.Connection, who: str
) -> None:
    if who:  # whoever is let in first reads nothing of what is locked
        await blocked.execute("ROLLBACK; BEGIN")
        await hearth.token(who)
        await hearth.data("{ viewer { name } }", who=who)
        await blocked.execute("LOCK TABLE offer IN ACCESS EXCLUSIVE MODE")
    query = "{ offers(first: 1) { nodes { title } } }" if who else QUERY
    leave = asyncio.Event()
    asked = asyncio.create_task(_asked(hearth, query, leave, who=who))
    await _are_waiting(blocked, 1)
    leave.set()
    status, body = await asyncio.wait_for(asked, PATIENCE)
    assert (status, body["errors"][0]["message"]) == (400, "The client went away.")
    await _are_waiting(blocked, 0)
    # The connection is whole again, and not taken out of the pool for good.
    await blocked.execute("ROLLBACK")
    for _ in range(10):
        assert (await hearth.data(QUERY))["councils"]["nodes"]


async def test_a_mutation_is_finished_though_its_client_hangs_up(
    hearth: Hearth, blocked: asyncpg.Connection
) -> None:
    await blocked.execute("ROLLBACK; BEGIN")
    who = f"council:{OXFORD}"
    await hearth.data("{ viewer { name } }", who=who)
    await blocked.execute("LOCK TABLE offer IN ACCESS EXCLUSIVE MODE")
    leave = asyncio.Event()
    given = {"input": {"kind": "hosting", "title": "Room", "placesTotal": 1}}
    asked = asyncio.create_task(_asked(hearth, CREATE, leave, given, who))
    await _are_waiting(blocked, 1)
    leave.set()
    await asyncio.sleep(0.3)
    assert not asked.done()
    await blocked.execute("ROLLBACK")
    status, body = await asyncio.wait_for(asked, PATIENCE)
    assert status == 200
    assert body["data"]["createOffer"]["problems"] == []
    for table in ("offer", "audit_event", "outbox"):
        assert await blocked.fetchval(f"SELECT count(*) FROM {table}") == 1


@pytest.fixture
async def impatient(hearth: Hearth, copy: Copy, home: Path) -> AsyncIterator[Hearth]:
    """The service with a deadline of 0.3 s, while each statement may take longer."""
    service = Service(Settings(home=home, development=True, query_seconds=0.3), copy.url)
    service.database._query_seconds = 2 * PATIENCE
    async with lifespan(service):
        await service.listener.is_listening.wait()
        yield Hearth(service, service, copy, hearth.issuer, hearth.client, hearth.tokens)


async def test_a_query_over_its_deadline_is_cancelled_in_the_database(
    impatient: Hearth, blocked: asyncpg.Connection
) -> None:
    started = time.monotonic()
    status, body = await asyncio.wait_for(_asked(impatient, QUERY, None), PATIENCE)
    assert time.monotonic() - started > 0.25
    assert status == 503
    assert body["errors"][0]["extensions"]["code"] == "TIMEOUT"
    assert "data" not in body
    await _are_waiting(blocked, 0)


async def test_the_deadline_is_for_all_of_a_request(impatient: Hearth) -> None:
    owner = await impatient.owner()
    # Each root field's statement takes 0.1 s; four take longer than all may.
    await owner.execute("""
        ALTER VIEW open_offer RENAME TO quick_offer;
        CREATE FUNCTION slowly() RETURNS boolean LANGUAGE sql VOLATILE
            AS 'SELECT pg_sleep(0.1) IS NOT NULL';
        CREATE VIEW open_offer AS SELECT quick_offer.* FROM (SELECT slowly() AS ok OFFSET 0) AS slow
            LEFT JOIN quick_offer ON slow.ok WHERE slow.ok;
        GRANT SELECT ON open_offer TO hearth_public;
    """)
    await owner.close()
    field = "availability(first: 1) { pageInfo { hasNextPage } nodes { id } }"
    fields = " ".join(f"a{number}: {field}" for number in range(6))
    status, body = await _asked(impatient, f"{{ {fields} }}", None)
    assert status == 503
    assert body["errors"][0]["extensions"]["code"] == "TIMEOUT"
