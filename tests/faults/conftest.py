"""The service over servers of its own."""

import contextlib
import itertools
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest

from api.access.tokens import development_issuer
from api.app import Service
from api.http.guard import Guard
from api.settings import Settings
from api.store.database import SESSION
from api.store.embedded import Embedded
from tests.conftest import Copy, Hearth, lifespan
from tests.faults.servers import Server, copied
from tests.waiting import PATIENCE

DATABASE = "hearth"

_numbers = itertools.count(1)


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever waits for a connection or a lock waits for so long that the test says so."""
    monkeypatch.setattr("api.store.database.ACQUIRE_SECONDS", PATIENCE)
    # How many are let in to wait goes by how fast the last were refused, which is not meant here.
    monkeypatch.setattr("api.http.admission.LIKELY_SHARE", 1e6)
    monkeypatch.setitem(SESSION, "lock_timeout", "0")


@pytest.fixture
def folder(home: Path) -> Path:
    """Where a test keeps its servers; paths of sockets must be short."""
    return home / f"faults{next(_numbers)}"


@contextlib.contextmanager
def started(server: Server, *options: str) -> Iterator[Server]:
    """A server that runs, and is stopped at the end if it still does."""
    server.start(*options)
    try:
        yield server
    finally:
        if server.is_running:
            server.stop("immediate")


@pytest.fixture
def primary(embedded: Embedded, folder: Path) -> Iterator[Server]:
    """A server of the test's own, with the migrated and loaded database."""
    with started(copied(embedded, folder), "fsync=off") as server:
        yield server


@contextlib.asynccontextmanager
async def serving(url: str, owner_url: str, home: Path, **given: float) -> AsyncIterator[Hearth]:
    """The service in this process, over the database at `url`."""
    settings = Settings.model_validate({"home": home, "development": True, **given})
    service = Service(settings, url)
    app = Guard(service)
    transport = httpx.ASGITransport(app=app)
    async with (
        lifespan(service),
        httpx.AsyncClient(transport=transport, base_url="http://hearth") as client,
    ):
        await service.listener.is_listening.wait()
        copy = Copy(url, owner_url, DATABASE)
        yield Hearth(app, service, copy, development_issuer(settings), client)
