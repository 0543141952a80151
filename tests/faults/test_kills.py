"""A server that is killed in the middle of changes: what it acknowledged is there, and whole.

`make test-kills` kills it fifty times.
"""

import asyncio
import itertools
import json
import os
import random
import signal
from pathlib import Path
from typing import Any

import asyncpg
import httpx

from api.writing.chain import verify
from tests.conftest import CREATE, OXFORD, Hearth
from tests.serving import serving
from tests.waiting import PATIENCE, until

KILLS = int(os.environ.get("HEARTH_TEST_KILLS", "3"))
SEED = int(os.environ.get("HEARTH_TEST_SEED", "1"))
WRITERS = 8
UPDATE = """
mutation ($id: ID!, $version: Int!, $places: Int!) {
  updateOffer(input: { id: $id, expectedVersion: $version, placesTotal: $places }) {
    offer { id version } problems { code }
  }
}"""
# Each change of an offer's is one version, one audit event and one message: all or none.
TORN = """
SELECT offer.id FROM offer
LEFT JOIN audit_event ON audit_event.subject_id = offer.id
GROUP BY offer.id HAVING count(audit_event.id) <> offer.version
"""
COUNTS = """
SELECT (SELECT sum(version) FROM offer), (SELECT count(*) FROM audit_event),
    (SELECT count(*) FROM outbox)
"""


class _Writers:
    """Clients that create offers and change each a few times; they end with the server."""

    def __init__(self) -> None:
        self.acknowledged: dict[str, tuple[int, int]] = {}
        self.count = 0
        self.enough = asyncio.Event()

    async def run(self, client: httpx.AsyncClient, wanted: int) -> None:
        """Write until the server is gone; `enough` is set once so many are acknowledged."""
        try:
            while True:
                given = {"kind": "hosting", "title": "Room", "placesTotal": 1}
                offer = await self._write(client, wanted, 1, CREATE, input=given)
                for places in range(2, 6):
                    offer = await self._write(client, wanted, places, UPDATE, **offer)
        except (httpx.HTTPError, json.JSONDecodeError):
            return

    async def _write(
        self, client: httpx.AsyncClient, wanted: int, places: int, query: str, **given: Any
    ) -> dict[str, Any]:
        variables = given if "input" in given else {**given, "places": places}
        answer = await client.post("/graphql", json={"query": query, "variables": variables})
        [payload] = answer.json()["data"].values()
        offer = {"id": payload["offer"]["id"], "version": payload["offer"]["version"]}
        self.acknowledged[offer["id"]] = (offer["version"], places)
        self.count += 1
        if self.count >= wanted:
            self.enough.set()
        return offer


async def _lost(owner: asyncpg.Connection, acknowledged: dict[str, tuple[int, int]]) -> list[str]:
    """What was acknowledged and is not there; a change that was not may be there, but whole."""
    # A commit that the killed server never heard of may still run: all is read at one moment.
    async with owner.transaction(isolation="repeatable_read", readonly=True):
        rows = await owner.fetch("SELECT 'offer_' || id AS id, version, places FROM offer")
        torn = await owner.fetch(TORN)
        versions, audits, messages = await owner.fetchrow(COUNTS)
    assert torn == []
    assert versions == audits == messages
    assert all(row["places"] == row["version"] for row in rows)
    found = {row["id"]: row["version"] for row in rows}
    return [key for key, (version, _) in acknowledged.items() if found.get(key, 0) < version]


async def test_every_acknowledged_change_outlives_a_killed_server(
    hearth: Hearth, home: Path
) -> None:
    token = await hearth.token(f"council:{OXFORD}")
    owner = await hearth.owner()
    chance = random.Random(SEED)
    writers = _Writers()
    for kill in itertools.count(1):
        with serving(hearth.copy, home, workers="1") as (server, port):
            writers.enough.clear()
            wanted = writers.count + chance.randint(10, 80)
            async with httpx.AsyncClient(
                base_url=f"http://127.0.0.1:{port}",
                headers={"authorization": f"Bearer {token}"},
                timeout=PATIENCE,
            ) as client:
                running = [asyncio.create_task(writers.run(client, wanted)) for _ in range(WRITERS)]
                await asyncio.wait_for(writers.enough.wait(), PATIENCE)
                await asyncio.sleep(chance.random() / 100)
                os.killpg(server.pid, signal.SIGKILL)
                await asyncio.wait_for(asyncio.gather(*running), PATIENCE)
        assert await _lost(owner, writers.acknowledged) == []
        assert (await verify(owner)).findings == []
        print(f"{kill} kills, {writers.count} changes acknowledged, none lost")  # noqa: T201
        if kill == KILLS:
            break
    assert writers.count >= KILLS * 10
    # The fixture's own relay, or the next server's, chains what the killed ones left.

    async def is_chained() -> bool:
        return not (await verify(owner)).pending

    await until(is_chained, "some events are in no chain")
    verdict = await verify(owner)
    assert verdict.findings == []
    events = await owner.fetchval("SELECT count(*) FROM audit_event")
    assert verdict.anchor.position == events
    await owner.close()
