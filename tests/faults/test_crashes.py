"""Fifty crashes of the database under writers: what was acknowledged is there after each."""

import asyncio
from pathlib import Path

import asyncpg
import pytest

from api.store.roles import LOGIN
from tests.faults.conftest import serving
from tests.faults.servers import Server
from tests.faults.test_away import OFFICER, RECOVERY_SECONDS, until_ready
from tests.faults.test_standby import TITLES, write

pytestmark = pytest.mark.soak

KILLS = 50


async def test_nothing_acknowledged_is_lost(primary: Server, home: Path) -> None:
    longest = 0.0
    acknowledged: list[str] = []
    async with serving(primary.url(LOGIN), primary.url(), home) as hearth:
        await hearth.token(OFFICER)
        for kill in range(KILLS):
            before = len(acknowledged)
            writing = [
                asyncio.create_task(write(hearth, acknowledged, f"{kill}-{number}"))
                for number in range(4)
            ]
            async with asyncio.timeout(30):
                while len(acknowledged) < before + 20:  # noqa: ASYNC110 - it is they who count
                    await asyncio.sleep(0.005)
            await asyncio.to_thread(primary.stop, "immediate")
            await asyncio.wait_for(asyncio.gather(*writing), 10)
            await asyncio.to_thread(primary.start)
            seconds = await until_ready(hearth)
            assert seconds < RECOVERY_SECONDS
            longest = max(longest, seconds)
            owner = await asyncpg.connect(primary.url())
            there = {row["title"] for row in await owner.fetch(TITLES)}
            await owner.close()
            assert set(acknowledged) <= there
    print(f"{KILLS} kills, {len(acknowledged)} acknowledged, 0 lost, ready in {longest:.2f} s")  # noqa: T201
