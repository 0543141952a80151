"""The embedded server: shared by its users, stopped by the last, whole after a crash."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import asyncpg

from api.store.embedded import Embedded, running
from tests.waiting import PATIENCE

USER = """
import sys
from pathlib import Path
from api.store.embedded import running
with running(Path(sys.argv[1])):
    print("in", flush=True)
    sys.stdin.readline()
"""


async def _run(server: Embedded, statement: str) -> str:
    connection = await asyncpg.connect(server.url())
    try:
        return str(await connection.fetchval(statement))
    finally:
        await connection.close()


def _ask(server: Embedded, statement: str) -> str:
    return asyncio.run(_run(server, statement))


def _postmaster(home: Path) -> int:
    return int((home / "postgresql" / "postmaster.pid").read_text().split()[0])


def _ends(pid: int) -> bool:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        try:
            if Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z":
                return True
        except (FileNotFoundError, ProcessLookupError):
            return True
        time.sleep(0.05)
    return False


def _user(home: Path) -> subprocess.Popen[str]:
    user = subprocess.Popen(
        [sys.executable, "-c", USER, str(home)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert user.stdout
    assert user.stdout.readline() == "in\n"
    return user


def _leave(user: subprocess.Popen[str]) -> None:
    user.communicate("\n", timeout=PATIENCE)
    assert user.returncode == 0


def test_the_last_of_its_users_stops_it(tmp_path: Path) -> None:
    with running(tmp_path) as mine:
        postmaster = _postmaster(tmp_path)
        second = _user(tmp_path)
        assert _postmaster(tmp_path) == postmaster
    os.kill(postmaster, 0)
    assert _ask(mine, "SELECT 1") == "1"
    _leave(second)
    assert _ends(postmaster)


def test_a_killed_user_is_no_user(tmp_path: Path) -> None:
    with running(tmp_path):
        postmaster = _postmaster(tmp_path)
        second = _user(tmp_path)
        second.kill()
        second.communicate(timeout=PATIENCE)
    assert _ends(postmaster)


def test_many_may_start_it_at_once(tmp_path: Path) -> None:
    started = [
        subprocess.Popen(
            [sys.executable, "-c", USER, str(tmp_path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(4)
    ]
    for each in started:
        _leave(each)
    assert not (tmp_path / "postgresql" / "postmaster.pid").exists()


def test_after_a_killed_postmaster_the_data_is_whole(tmp_path: Path) -> None:
    with running(tmp_path) as server:
        _ask(server, "CREATE TABLE kept AS SELECT 7 AS number")
        os.kill(_postmaster(tmp_path), signal.SIGKILL)
        # At once, while the killed server's children may still be ending.
        with running(tmp_path) as again:
            assert _ask(again, "SELECT number FROM kept") == "7"


def test_a_postmaster_killed_with_its_users_is_started_by_the_next(tmp_path: Path) -> None:
    user = _user(tmp_path)
    with running(tmp_path) as server:
        _ask(server, "CREATE TABLE kept AS SELECT 7 AS number")
    user.kill()
    os.kill(_postmaster(tmp_path), signal.SIGKILL)
    user.communicate(timeout=PATIENCE)
    with running(tmp_path) as again:
        postmaster = _postmaster(tmp_path)
        assert _ask(again, "SELECT number FROM kept") == "7"
    assert _ends(postmaster)
