"""More than can be done: what is accepted is answered, the rest is told at once to come again."""

import asyncio
import dataclasses
import threading
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest
import pytest_asyncio

from api.access.members import Members
from api.http import report_files
from api.http.report_files import Kind
from api.http.shares import MOST_SECONDS
from api.reporting.releasing import Releasing
from api.store.database import SESSION
from schema.words import Audience, ReportName
from tests.api.reporting.past import MONTH, months_history
from tests.conftest import CAMBRIDGE, OXFORD, Copy, Hearth
from tests.faults.conftest import serving
from tests.waiting import PATIENCE, until

OFFICER, OTHER = f"council:{OXFORD}", f"council:{CAMBRIDGE}"
OFFERS = "{ offers { nodes { title } } }"
COUNCILS = f'{{ council(gssCode: "{OXFORD}") {{ name }} }}'
AT_ONCE = PATIENCE / 2
"""Seconds: long before what they wait for would end. `make bench-overload` says how soon it is."""


@pytest_asyncio.fixture
async def hearth(copy: Copy, home: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Hearth]:
    """The service, where whoever waits for a lock waits for longer than any test."""
    monkeypatch.setitem(SESSION, "lock_timeout", "0")
    async with serving(copy.url, copy.owner_url, home, query_seconds=2 * PATIENCE) as found:
        yield dataclasses.replace(found, copy=copy)


async def _ask(hearth: Hearth, query: str, who: str) -> httpx.Response:
    return await hearth.post(query, who=who)


@asynccontextmanager
async def _held(hearth: Hearth) -> AsyncIterator[None]:
    """What reads offers waits for as long as the block runs."""
    owner = await hearth.owner()
    async with owner.transaction():
        await owner.execute("LOCK TABLE offer IN ACCESS EXCLUSIVE MODE")
        yield
    await owner.close()


def _are_told_to_come_again(found: list[httpx.Response], status: int) -> None:
    for response in found:
        assert response.status_code == status
        assert int(response.headers["retry-after"]) >= 1
        assert response.json()["errors"][0]["extensions"]["code"] in ("TOO_MANY", "UNAVAILABLE")


async def test_beyond_what_is_under_way_all_are_told_at_once(hearth: Hearth) -> None:
    admission = hearth.service.admission
    admission.most = 8
    lane = hearth.service.endpoint.lanes[Audience.COUNCIL]
    lane.most = 8
    lane.seconds = 2 * PATIENCE
    officers = [await hearth.colleague(OXFORD), OFFICER, OTHER]
    for who in officers:
        assert (await _ask(hearth, OFFERS, who)).status_code == 200
    async with _held(hearth):
        accepted = [
            asyncio.create_task(_ask(hearth, OFFERS, officers[number % 3])) for number in range(8)
        ]
        await until(lambda: admission.total == 8, "they are not let in")
        async with asyncio.timeout(AT_ONCE):
            excess = [await _ask(hearth, OFFERS, officers[number % 3]) for number in range(20)]
        _are_told_to_come_again(excess, 503)
        # Whether it is alive and ready is asked beside all that.
        assert (await hearth.client.get("/health/ready")).status_code == 200
    assert {response.status_code for response in await asyncio.gather(*accepted)} == {200}
    assert (await _ask(hearth, OFFERS, OTHER)).status_code == 200
    assert (admission.total, admission.under_way) == (0, {})


async def test_one_asker_leaves_room_for_others(hearth: Hearth) -> None:
    hearth.service.admission.each = 20
    for who in (OFFICER, OTHER):
        assert (await _ask(hearth, COUNCILS, who)).status_code == 200
    hearth.service.endpoint.lanes[Audience.COUNCIL].seconds = 2 * PATIENCE
    async with _held(hearth):
        greedy = [asyncio.create_task(_ask(hearth, OFFERS, OFFICER)) for _ in range(20)]
        await until(lambda: hearth.service.admission.total == 20, "they are not let in")
        async with asyncio.timeout(AT_ONCE):
            more = [await _ask(hearth, OFFERS, OFFICER) for _ in range(20)]
            # Another of the same audience finds a connection that the greedy one can't have.
            others = [await _ask(hearth, COUNCILS, OTHER) for _ in range(20)]
        _are_told_to_come_again(more, 429)
    assert {response.status_code for response in others} == {200}
    assert {response.status_code for response in await asyncio.gather(*greedy)} == {200}


async def test_the_greedy_come_after_all_others(hearth: Hearth) -> None:
    admission = hearth.service.admission
    # Somebody is a stranger until their token was good once.
    for who in (OTHER, OFFICER, OFFICER):
        assert (await _ask(hearth, COUNCILS, who)).status_code == 200
    *_, greedy = admission.shares._buckets
    admission.shares.clock = lambda: 0.0
    admission.shares._buckets[greedy] = (MOST_SECONDS, 0.0)
    lane = hearth.service.endpoint.lanes[Audience.COUNCIL]
    lane.seconds = 2 * PATIENCE
    async with _held(hearth):
        asked = [asyncio.create_task(_ask(hearth, OFFERS, OFFICER)) for _ in range(5)]
        await until(lambda: admission.total == 5, "they are not let in")
        for _ in range(2):
            assert (await _ask(hearth, COUNCILS, OTHER)).status_code == 200
            assert lane.turns == {greedy: 1}
    assert {response.status_code for response in await asyncio.gather(*asked)} == {200}


async def test_who_has_waited_long_enough_is_told_to_come_again(hearth: Hearth) -> None:
    await _ask(hearth, OFFERS, OFFICER)
    lane = hearth.service.endpoint.lanes[Audience.COUNCIL]
    lane.seconds = 0.2
    async with _held(hearth):
        asked = [asyncio.create_task(_ask(hearth, OFFERS, OFFICER)) for _ in range(20)]
        await until(lambda: sum(task.done() for task in asked) == 20 - lane.most, "they wait")
    statuses = [response.status_code for response in await asyncio.gather(*asked)]
    assert statuses.count(200) == lane.most
    assert statuses.count(503) == 20 - lane.most


@pytest.mark.parametrize("is_known", [True, False])
async def test_of_who_is_refused_nothing_is_read(hearth: Hearth, is_known: bool) -> None:
    token = await hearth.token(OFFICER)
    assert (await _ask(hearth, COUNCILS, OFFICER)).status_code == 200
    hearth.service.admission.most = 0
    sent: list[Any] = []

    async def receive() -> Any:
        raise AssertionError("the body was read")

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "method": "POST",
        "path": "/graphql",
        "query_string": b"",
        "headers": [(b"authorization", f"Bearer {token if is_known else 'x'}".encode())],
        "client": ("192.0.2.1", 50_000),
    }
    await hearth.service(scope, receive, send)
    assert sent[0]["status"] == 503
    assert (b"retry-after", b"1") in sent[0]["headers"]


async def test_a_reader_of_feeds_leaves_room_for_questions(hearth: Hearth) -> None:
    hearth.service.answers.most = 0
    lane = hearth.service.feeds.lane
    lane.seconds = 2 * PATIENCE
    async with _held(hearth):
        path = "/open-referral/services"
        asked = [asyncio.create_task(hearth.client.get(path)) for _ in range(20)]
        await until(lambda: hearth.service.admission.total == 20, "they are not let in")
        async with asyncio.timeout(AT_ONCE), _from(hearth, "192.0.2.1") as client:
            body = {"query": COUNCILS, "variables": {}}
            assert (await client.post("/graphql", json=body)).status_code == 200
            assert (await client.get("/health/ready")).status_code == 200
        assert sum(lane.turns.values()) == lane.most
    assert {response.status_code for response in await asyncio.gather(*asked)} == {200}


async def test_files_of_reports_keep_nobody_waiting(
    hearth: Hearth, monkeypatch: pytest.MonkeyPatch
) -> None:
    owner = await hearth.owner()
    await months_history(owner)
    await owner.close()
    async with Releasing.open(hearth.copy.owner_url) as releasing:
        made = await releasing.release(ReportName.CAPACITY_AND_DEMAND, MONTH)
    begun, may_end = threading.Semaphore(0), threading.Event()

    def slowly(seen: Any, is_marked: bool) -> bytes:
        begun.release()
        assert may_end.wait(PATIENCE)
        return b"a chart"

    monkeypatch.setitem(report_files.KINDS, "chart.png", Kind("image/png", slowly))
    path = f"/reports/release_{made.id}/chart.png"
    async with AsyncExitStack() as stack:
        clients = [
            await stack.enter_async_context(_from(hearth, f"192.0.2.{number}"))
            for number in range(10)
        ]
        drawn = [asyncio.create_task(client.get(path)) for client in clients for _ in range(2)]
        await asyncio.to_thread(begun.acquire)
        await asyncio.to_thread(begun.acquire)
        try:
            for _ in range(10):
                assert (await _ask(hearth, OFFERS, OFFICER)).status_code == 200
                assert (await hearth.client.get("/health/ready")).status_code == 200
            assert not begun.acquire(blocking=False)
            assert hearth.service.admission.total == 20
        finally:
            may_end.set()
        assert {response.status_code for response in await asyncio.gather(*drawn)} == {200}


def _from(hearth: Hearth, address: str) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(app=hearth.app, client=(address, 50_000))
    return httpx.AsyncClient(transport=transport, base_url="http://hearth")


# Waits until each has ended: one that has yet to hear of it would answer one more question.
END = """
SELECT count(pg_terminate_backend(pid, 60000)) FROM pg_stat_activity
WHERE datname = $1 AND usename = 'hearth_login'
"""


async def test_all_who_come_again_after_an_outage_are_answered(hearth: Hearth) -> None:
    """Three hundred askers, who do as they are told and no more."""
    server = await asyncpg.connect(hearth.copy.owner_url)
    name = hearth.copy.name
    is_back = asyncio.Event()
    all_told = asyncio.Event()
    told: set[int] = set()

    async def ask(number: int) -> int:
        """How many times this one had to come again once the database was back."""
        again = 0
        async with _from(hearth, f"192.0.2.{number % 250}") as client:
            while True:
                answer = await client.post("/graphql", json={"query": COUNCILS, "variables": {}})
                if answer.status_code == 200:
                    assert is_back.is_set()
                    return again
                assert answer.status_code in (429, 503)
                again += is_back.is_set()
                told.add(number)
                if len(told) == 300:
                    all_told.set()
                await asyncio.sleep(int(answer.headers["retry-after"]))

    await server.execute(f"ALTER DATABASE {name} CONNECTION LIMIT 0")
    await server.fetchval(END, name)
    async with asyncio.timeout(2 * PATIENCE), asyncio.TaskGroup() as group:
        asking = [group.create_task(ask(number)) for number in range(300)]
        await all_told.wait()
        is_back.set()
        await server.execute(f"ALTER DATABASE {name} CONNECTION LIMIT -1")
    # Some were on their way as it came back, and some came before a connection was open again.
    assert max(task.result() for task in asking) <= 30
    members: Members = hearth.service.endpoint.door.members
    async with members.public() as connection:
        assert await connection.fetchval("SELECT 1") == 1
    opened = "SELECT count(*) FROM pg_stat_activity WHERE datname = $1 AND application_name = $2"

    async def are_few() -> bool:
        return bool(await server.fetchval(opened, name, "hearth") <= 16)

    await until(are_few, "more are open than a pool for the public, and one for the relay")
    await server.close()
