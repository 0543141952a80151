"""The database is stopped, and comes back: the service says so at once, and goes on by itself."""

import asyncio
import time
from pathlib import Path

import httpx
import pytest

from api.store.roles import LOGIN
from tests.conftest import OXFORD, Hearth
from tests.faults.conftest import serving
from tests.faults.servers import Server
from tests.waiting import PATIENCE

COUNCILS = "{ councils(first: 1) { nodes { name } } }"
OFFERS = "{ offers(first: 5) { totalCount } }"
OFFICER = f"council:{OXFORD}"
CREATE = """
mutation {
  createOffer(input: { kind: "hosting", title: "Room", placesTotal: 1 }) { problems { code } }
}"""
# Less than those wait who wait in vain: see `patient`.
FAST_SECONDS = PATIENCE / 2
pytestmark = pytest.mark.usefixtures("patient")


async def refused(hearth: Hearth, query: str, who: str = "public") -> httpx.Response:
    """The answer to a request that must be refused for now, and fast."""
    began = time.monotonic()
    response = await hearth.post(query, who=who)
    assert time.monotonic() - began < FAST_SECONDS
    assert response.status_code == 503, response.text
    assert response.json()["errors"][0]["extensions"]["code"] == "UNAVAILABLE"
    assert response.headers["retry-after"] == "1"
    return response


async def until_ready(hearth: Hearth) -> float:
    """The seconds until the service says that it is ready, and a command succeeds."""
    began = time.monotonic()
    async with asyncio.timeout(PATIENCE):
        while (await hearth.client.get("/health/ready")).status_code != 200:  # noqa: ASYNC110
            await asyncio.sleep(0.02)
        while (await hearth.post(CREATE, who=OFFICER)).status_code != 200:  # noqa: ASYNC110
            await asyncio.sleep(0.02)
    return time.monotonic() - began


async def test_a_database_that_is_stopped_and_started(primary: Server, home: Path) -> None:
    async with serving(primary.url(LOGIN), primary.url(), home) as hearth:
        await hearth.data(COUNCILS)
        await hearth.create()
        await hearth.data(OFFERS, who=OFFICER)
        for how in ("fast", "immediate"):
            before = (await hearth.data(OFFERS, who=OFFICER))["offers"]["totalCount"]
            await asyncio.to_thread(primary.stop, how)
            assert (await hearth.client.get("/health/live")).status_code == 200
            began = time.monotonic()
            ready = await hearth.client.get("/health/ready")
            assert ready.status_code == 503
            assert time.monotonic() - began < FAST_SECONDS
            await refused(hearth, COUNCILS)
            await refused(hearth, OFFERS, OFFICER)
            await refused(hearth, CREATE, OFFICER)
            await asyncio.gather(*(refused(hearth, COUNCILS) for _ in range(50)))
            await asyncio.to_thread(primary.start, "fsync=off")
            seconds = await until_ready(hearth)
            print(f"ready {seconds:.2f} s after a start ({how})")  # noqa: T201 - the figure
            await hearth.data(COUNCILS)
            after = (await hearth.data(OFFERS, who=OFFICER))["offers"]["totalCount"]
            assert after == before + 1
