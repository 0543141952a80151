"""Serving: granian, with the limits that keep slow clients from being everybody's problem."""

import asyncio
import os
import signal
import socket
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from typing import Any

import asyncpg
from granian.constants import HTTPModes, Interfaces, Loops
from granian.http import HTTP1Settings
from granian.log import LogLevels
from granian.server.mp import MPServer

from api.graph.schema import make_schema
from api.http.health import STOPPING
from api.http.persisted import read_documents
from api.reading.documents import Documents
from api.settings import PARENT, Settings
from api.store.migrating import check_known, head

HEADER_MILLISECONDS = 5000
# Connections that a worker serves at once: above what it has under way, so that who comes then is
# told so, and does not wait to be met.
BACKPRESSURE = 512
LOOK_SECONDS = 1.0
READY_SECONDS = 30.0


class Interrupt(threading.Event):
    """What the main thread waits for, a second at a time.

    A process that was stopped (Ctrl-Z) when a signal came may have another of its threads take it,
    which does not wake the main one; Python's handlers run there alone.
    """

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until it is set, or for `timeout` seconds."""
        if timeout is not None:
            return super().wait(timeout)
        while not super().wait(LOOK_SECONDS):
            pass
        return True


class Server(MPServer):
    """Granian; told to stop, it first says that it isn't ready, and serves on for a while.

    Whoever balances the load asks every few moments whether it is ready, and sends nothing more
    once it isn't: then no connection is closed that somebody is about to ask by.
    """

    drain_seconds = 0.0

    def signal_handler_interrupt(self, *given: Any, **named: Any) -> None:
        """Stop: at once by hand (SIGINT) or when told again, else after `drain_seconds`."""
        stop: Callable[[], None] = super().signal_handler_interrupt
        if STOPPING.is_set() or not given or given[0] != signal.SIGTERM:
            stop()
            return
        STOPPING.set()
        timer = threading.Timer(self.drain_seconds, stop)
        timer.daemon = True
        timer.start()


def serve_forever(settings: Settings, url: str, when_ready: Callable[[], None]) -> None:
    """Serve until told to stop; `when_ready` is called once the service can do its work.

    Raises ValueError where the schema isn't the one this version was built for, or HEARTH_DOCUMENTS
    can't be answered from.
    """
    _check_port(settings)
    asyncio.run(_check_schema(url))
    read_documents(settings.documents, Documents(make_schema()._schema))
    # The workers read their settings from the environment, as any process does.
    os.environ["HEARTH_DATABASE_URL"] = url
    os.environ[PARENT] = str(os.getpid())
    os.environ["HEARTH_DEVELOPMENT"] = str(settings.is_development).lower()
    os.register_at_fork(after_in_child=_end_when_told)
    server = Server(
        "api.app:create",
        address=settings.host,
        port=settings.port,
        backpressure=BACKPRESSURE,
        factory=True,
        http=HTTPModes.http1,
        http1_settings=HTTP1Settings(header_read_timeout=HEADER_MILLISECONDS),
        interface=Interfaces.ASGI,
        log_level=LogLevels.warning,
        loop=Loops.uvloop,
        respawn_failed_workers=True,
        workers=settings.workers,
        workers_kill_timeout=15,
    )
    server.drain_seconds = settings.drain_seconds
    server.main_loop_interrupt = Interrupt()
    threading.Thread(target=_announce, args=(settings, when_ready), daemon=True).start()
    server.serve()


def _end_when_told() -> None:
    # A worker inherits the main process's handlers, which do nothing in it: until granian gives
    # it its own, at the end of its start, it would miss being told to stop.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_DFL)


def _check_port(settings: Settings) -> None:
    # Granian's listeners share a port with whoever else would: two servers would take turns.
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.host, settings.port))
        except OSError as error:
            raise ValueError(
                f"{settings.host}:{settings.port} can't be listened on ({error.strerror}). "
                "End what listens there, or set HEARTH_PORT to another."
            ) from error


async def _check_schema(url: str) -> None:
    connection = await asyncpg.connect(url, server_settings={"role": "hearth_public"})
    try:
        found = await connection.fetchval("SELECT version_num FROM alembic_version")
    finally:
        await connection.close()
    check_known(found)
    if found != head():
        raise ValueError(
            f"The database is at revision {found}; this version of Hearth needs {head()}. "
            "Run `hearth migrate`."
        )


def _announce(settings: Settings, when_ready: Callable[[], None]) -> None:
    host = "127.0.0.1" if settings.host in ("0.0.0.0", "::") else settings.host  # noqa: S104
    url = f"http://{host}:{settings.port}/health/ready"
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(url, timeout=2):
                when_ready()
                return
        except (OSError, urllib.error.URLError):
            time.sleep(0.1)
