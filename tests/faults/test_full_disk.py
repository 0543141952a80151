"""A disk that is really full: a small one, mounted for the offers (which takes root)."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest

from api.store.roles import LOGIN
from tests.faults.conftest import serving
from tests.faults.servers import Server
from tests.faults.test_away import COUNCILS, CREATE, OFFERS, OFFICER, refused

pytestmark = pytest.mark.soak

FILL = "INSERT INTO filling SELECT repeat('x', 1000) FROM generate_series(1, 1000)"
MOST_WRITES = 1000


@pytest.fixture
def small_disk(primary: Server) -> Iterator[Path]:
    folder = Path(primary.socket_dir) / "small"
    folder.mkdir()
    owner = primary.data.stat()
    options = f"size=4m,uid={owner.st_uid},gid={owner.st_gid},mode=700"
    subprocess.run(
        ["mount", "-t", "tmpfs", "-o", options, "tmpfs", folder],
        check=True,
    )
    yield folder
    primary.stop("immediate")
    subprocess.run(["umount", folder], check=True)


async def test_reads_go_on_and_writes_come_back(
    primary: Server, small_disk: Path, home: Path
) -> None:
    owner = await asyncpg.connect(primary.url())
    await owner.execute(f"CREATE TABLESPACE small LOCATION '{small_disk}'")
    await owner.execute("ALTER TABLE offer SET TABLESPACE small")
    await owner.execute("CREATE TABLE filling (text text) TABLESPACE small")
    async with serving(primary.url(LOGIN), primary.url(), home) as hearth:
        await hearth.create()
        with pytest.raises(asyncpg.DiskFullError):
            await _fill(owner)
        acknowledged = 1
        for _ in range(MOST_WRITES):
            # What is left of the table's last page is written first.
            if (await hearth.post(CREATE, who=OFFICER)).status_code != 200:
                break
            acknowledged += 1
        for _ in range(5):
            await refused(hearth, CREATE, OFFICER)
            await hearth.data(COUNCILS)
            found = await hearth.data(OFFERS, who=OFFICER)
            assert found["offers"]["totalCount"] == acknowledged
        audited = await owner.fetchval("SELECT count(*) FROM audit_event")
        assert audited == acknowledged
        await owner.execute("DROP TABLE filling")
        await hearth.create()
    await owner.close()


async def _fill(owner: asyncpg.Connection) -> None:
    while True:
        await owner.execute(FILL)
