"""Fifty crashes of the database under writers: what was acknowledged is there after each."""

import asyncio
from pathlib import Path

import asyncpg
import pytest

from api.store.roles import LOGIN
from tests.faults.conftest import serving
from tests.faults.servers import Server
from tests.faults.test_away import OFFICER, until_ready
from tests.faults.test_standby import TITLES, write
from tests.waiting import PATIENCE, until

pytestmark = pytest.mark.soak

KILLS = 50


async def _written(acknowledged: list[str], count: int) -> None:
    await until(lambda: len(acknowledged) >= count, "too little is written")


async def test_nothing_acknowledged_is_lost(primary: Server, home: Path) -> None:
    longest = 0.0
    acknowledged: list[str] = []
    async with serving(primary.url(LOGIN), primary.url(), home) as hearth:
        await hearth.token(OFFICER)
        for kill in range(KILLS):
            wanted = len(acknowledged) + 20
            writing = [
                asyncio.create_task(write(hearth, acknowledged, f"{kill}-{number}"))
                for number in range(4)
            ]
            await _written(acknowledged, wanted)
            await asyncio.to_thread(primary.stop, "immediate")
            await asyncio.wait_for(asyncio.gather(*writing), PATIENCE)
            await asyncio.to_thread(primary.start)
            seconds = await until_ready(hearth)
            longest = max(longest, seconds)
            owner = await asyncpg.connect(primary.url())
            there = {row["title"] for row in await owner.fetch(TITLES)}
            await owner.close()
            assert set(acknowledged) <= there
    print(f"{KILLS} kills, {len(acknowledged)} acknowledged, 0 lost, ready in {longest:.2f} s")  # noqa: T201
