"""A primary and its standby: the primary dies, the standby is promoted, nothing said is lost."""

import asyncio
import itertools
import os
import time
from pathlib import Path

import asyncpg
import pytest

from api.store.roles import LOGIN
from tests.conftest import Hearth
from tests.faults.conftest import serving, started
from tests.faults.servers import Server, copied
from tests.faults.test_away import COUNCILS, CREATE, OFFICER, refused, until_ready
from tests.waiting import PATIENCE, until

TITLES = "SELECT title FROM offer"
# Nothing is acknowledged before the standby has it on its disk.
SYNCHRONOUS = "ALTER SYSTEM SET synchronous_standby_names = '*'"
pytestmark = pytest.mark.usefixtures("patient")


def _either(one: Server, other: Server) -> str:
    hosts = f"{one.socket_dir},{other.socket_dir}"
    return f"postgresql://{LOGIN}@/hearth?host={hosts}&port=5432,5432&target_session_attrs=primary"


async def _until_followed(primary: Server) -> None:
    owner = await asyncpg.connect(primary.url())
    await owner.execute(SYNCHRONOUS)
    await owner.execute("SELECT pg_reload_conf()")
    async with asyncio.timeout(PATIENCE):
        query = "SELECT count(*) FROM pg_stat_replication WHERE sync_state = 'sync'"
        while not await owner.fetchval(query):  # noqa: ASYNC110 - the server tells nobody
            await asyncio.sleep(0.05)
    await owner.close()


async def write(hearth: Hearth, acknowledged: list[str], writer: str) -> None:
    """Create offers until refused, and note each that was said to be there."""
    for number in itertools.count():
        title = f"Room {writer}-{number}"
        response = await hearth.post(CREATE.replace("Room", title), who=OFFICER)
        if response.status_code != 200:
            assert response.status_code == 503, response.text
            return
        assert "errors" not in response.json(), response.text
        acknowledged.append(title)


async def test_the_standby_is_promoted_and_nothing_is_lost(
    primary: Server, folder: Path, home: Path
) -> None:
    copy = copied(primary, folder.with_name(folder.name + "b"), is_standby=True)
    with started(copy, "fsync=off", "hot_standby=on") as standby:
        await _until_followed(primary)
        async with serving(_either(primary, standby), primary.url(), home) as hearth:
            await hearth.data(COUNCILS)
            await hearth.token(OFFICER)
            acknowledged: list[str] = []
            writing = [
                asyncio.create_task(write(hearth, acknowledged, str(number))) for number in range(4)
            ]
            await until(lambda: len(acknowledged) >= 100, "too little is written")
            await asyncio.to_thread(primary.stop, "immediate")
            await asyncio.wait_for(asyncio.gather(*writing), PATIENCE)
            # A standby that nobody has promoted is no place to write; and none is taken for one.
            assert (await hearth.client.get("/health/ready")).status_code == 503
            assert (await hearth.client.get("/health/live")).status_code == 200
            await refused(hearth, CREATE, OFFICER)
            began = time.monotonic()
            await asyncio.to_thread(standby.promote)
            promoted = time.monotonic() - began
            seconds = await until_ready(hearth)
            print(f"promoted in {promoted:.2f} s, ready {seconds:.2f} s after")  # noqa: T201
        owner = await asyncpg.connect(standby.url())
        there = {row["title"] for row in await owner.fetch(TITLES)}
        await owner.close()
    assert len(acknowledged) >= 100
    assert set(acknowledged) <= there


async def test_a_server_that_only_reads_is_let_go_of(
    primary: Server, folder: Path, home: Path
) -> None:
    """An address that leads to the standby for a while, as one may during a failover."""
    address = folder.with_name(folder.name + "a")
    copy = copied(primary, folder.with_name(folder.name + "b"), is_standby=True)
    with started(copy, "fsync=off", "hot_standby=on") as standby:
        address.symlink_to(primary.socket_dir)
        url = f"postgresql://{LOGIN}@/hearth?host={address}"
        async with serving(url, primary.url(), home) as hearth:
            await hearth.create()
            await _lead(hearth, address, standby)
            # What reads is answered all the same.
            await hearth.data(COUNCILS)
            assert (await hearth.client.get("/health/ready")).status_code == 503
            for _ in range(3):
                await refused(hearth, CREATE, OFFICER)
            await _lead(hearth, address, primary, ends=False)
            await until_ready(hearth)
            pools = hearth.service.database._pools.values()
            assert all(not each.is_closed() for pool in pools for each in pool._lent)
            assert (await hearth.post(CREATE, who=OFFICER)).status_code == 200


async def _lead(hearth: Hearth, address: Path, server: Server, *, ends: bool = True) -> None:
    """Lead the address to a server; `ends` says that the connections to the other end."""
    other = address.with_name(address.name + "x")
    other.symlink_to(server.socket_dir)
    os.replace(other, address)
    if ends:
        owner = await hearth.owner()
        await owner.execute(
            "SELECT pg_terminate_backend(pid, 60000) FROM pg_stat_activity WHERE usename = $1",
            LOGIN,
        )
        await owner.close()
        listening = hearth.service.listener.is_listening
        await until(lambda: not listening.is_set(), "its end was not noticed")
