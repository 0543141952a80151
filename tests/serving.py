"""The real server, in processes of its own."""

import contextlib
import itertools
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from tests.conftest import Copy, Hearth
from tests.waiting import PATIENCE, until

LISTENING = """
SELECT count(*) FROM pg_stat_activity
WHERE datname = current_database() AND application_name = 'hearth listening'
"""


# Below those that the system gives away by itself: one of these is free until a server begins. Each
# process of the tests starts at a place of its own.
_ports = itertools.count(20_000 + os.getpid() * 37 % 10_000)


def free_port() -> int:
    """A port that nobody listens on, and nobody is given by chance."""
    for port in _ports:
        with contextlib.suppress(OSError), socket.socket() as opened:
            opened.bind(("127.0.0.1", port))
            return port
    raise AssertionError("no port is free")


def is_open(port: int) -> bool:
    """Whether somebody listens on it."""
    with socket.socket() as opened:
        return opened.connect_ex(("127.0.0.1", port)) == 0


@contextlib.contextmanager
def serving(
    copy: Copy, home: Path, *, stdout: IO[str] | int = subprocess.DEVNULL, **given: str
) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    """The server with two workers; settings are given in lower case, without HEARTH_."""
    port = free_port()
    settings = {
        "HEARTH_DATABASE_URL": copy.url,
        "HEARTH_DEVELOPMENT": "true",
        "HEARTH_HOME": str(home),
        "HEARTH_PORT": str(port),
        "HEARTH_WORKERS": "2",
        **{f"HEARTH_{name.upper()}": value for name, value in given.items()},
    }
    command = [sys.executable, "-m", "api", "serve"]
    server = subprocess.Popen(
        command,
        env={**os.environ, **settings},
        stdout=stdout,
        start_new_session=True,
    )
    try:
        await_ready(port)
        yield server, port
    finally:
        if server.poll() is None:
            os.killpg(server.pid, signal.SIGKILL)
        server.wait(PATIENCE)


def await_ready(port: int) -> None:
    """Wait until the server can do its work."""
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/health/ready", timeout=2).close()
        except OSError:
            assert time.monotonic() < deadline, "the server did not get ready"
            time.sleep(0.1)
        else:
            return


async def await_workers(hearth: Hearth, number: int = 2) -> None:
    """Wait until so many workers, and the service in this process, follow what changes."""
    owner = await hearth.owner()

    async def all_listen() -> bool:
        return bool(await owner.fetchval(LISTENING) == number + 1)

    await until(all_listen, "a worker did not start")
    await owner.close()
