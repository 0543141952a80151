"""One embedded PostgreSQL for the run; each test has its own copy of a template database."""

import asyncio
import contextlib
import dataclasses
import itertools
import os
import shutil
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest
import pytest_asyncio
from hypothesis import HealthCheck, settings
from starlette.types import ASGIApp

from api.access.joining import Joining
from api.access.tokens import DevelopmentIssuer, development_issuer
from api.app import Service
from api.http.guard import Guard
from api.settings import Settings
from api.store.embedded import Embedded, running
from api.store.migrating import migrate
from api.store.reference import load
from api.store.roles import LOGIN
from schema.reference.files import read_reference
from schema.types.clock import LONDON
from tests.waiting import PATIENCE

CAMBRIDGE = "E07000008"
OXFORD = "E07000178"
OXFORDSHIRE = "E10000025"
TEMPLATE = "hearth"
GRAPHQL_JSON = "application/graphql-response+json"
DAYS_END_SECONDS = 30
MEMORY, ROOM = Path("/dev/shm"), 4 * 2**30

_numbers = itertools.count(1)

# How long an example takes says how busy the machine is. The examples are the same in every run, so
# that a failure is of what was changed; `make soak` asks others, of a seed that it prints.
settings.register_profile(
    "tests",
    deadline=None,
    derandomize="HEARTH_TEST_SEED" not in os.environ,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("tests")


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup() -> None:
    """Begin no test at a day's end: what it calls today would be yesterday before it is done."""
    for zone in (LONDON, UTC):
        now = datetime.now(zone)
        midnight = now.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
        left = (midnight - now).total_seconds()
        if left < DAYS_END_SECONDS:
            time.sleep(left + 0.1)


@pytest.fixture(scope="session", autouse=True)
def unhurried() -> Iterator[None]:
    """A database that says nothing for a second or two is slow, and not gone."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("api.store.database.ACQUIRE_SECONDS", PATIENCE)
        patch.setattr("api.store.listening.ALIVE_SECONDS", PATIENCE)
        yield


def _fastest() -> Path | None:
    # A database is some 500 files: in memory, a copy of one takes a twentieth of the time.
    is_roomy = MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > ROOM
    return MEMORY if is_roomy and os.access(MEMORY, os.W_OK) else None


@pytest.fixture(scope="session")
def home() -> Iterator[Path]:
    """HEARTH_HOME of this run; not pytest's own folder, which other runs may tidy away."""
    with tempfile.TemporaryDirectory(prefix="hearth-", dir=_fastest()) as folder:
        yield Path(folder)


@pytest.fixture
def tmp_path() -> Iterator[Path]:
    """A folder of a test's own; below pytest's, another run takes the server's way to its data."""
    with tempfile.TemporaryDirectory(
        prefix="hearth-", dir=_fastest(), ignore_cleanup_errors=True
    ) as folder:
        yield Path(folder)


@pytest.fixture(scope="session")
def embedded(home: Path) -> Iterator[Embedded]:
    """A server whose database `hearth` is migrated and loaded, and left alone as a template."""
    with running(home) as server:
        asyncio.run(_hurried(server.url(database="postgres")))
        migrate(server.url())
        asyncio.run(load(server.url(), read_reference(), lambda table, count: None))
        yield server


async def _hurried(url: str) -> None:
    # No test cuts this machine's power, which is all that a flush to the disk is for: whoever
    # kills servers has one of their own. Without it a copy of the template takes a quarter.
    connection = await asyncpg.connect(url)
    for setting in ("fsync", "full_page_writes"):
        await connection.execute(f"ALTER SYSTEM SET {setting} = off")
    await connection.execute("SELECT pg_reload_conf()")
    await connection.close()


@dataclass
class Copy:
    """A database of its own: the URLs to serve from, and to own it by."""

    url: str
    owner_url: str
    name: str


@contextlib.asynccontextmanager
async def copied(embedded: Embedded) -> AsyncIterator[Copy]:
    """A fresh copy of the template."""
    name = f"copy_{os.getpid()}_{next(_numbers)}"
    admin = await asyncpg.connect(embedded.url(database="postgres"))
    await admin.execute(f"CREATE DATABASE {name} TEMPLATE {TEMPLATE} STRATEGY file_copy")
    try:
        yield Copy(embedded.url(LOGIN, name), embedded.url(database=name), name)
    finally:
        await admin.execute(f"DROP DATABASE {name} WITH (FORCE)")
        await admin.close()


@pytest_asyncio.fixture
async def copy(embedded: Embedded) -> AsyncIterator[Copy]:
    """A fresh copy of the template."""
    async with copied(embedded) as made:
        yield made


@dataclass
class Hearth:
    """A running service over its own database, and a client of each kind."""

    app: ASGIApp
    service: Service
    copy: Copy
    issuer: DevelopmentIssuer
    client: httpx.AsyncClient
    tokens: dict[str, str] = field(default_factory=dict)

    async def token(self, who: str) -> str:
        """The token of `council:GSS`, `charity:NAME`, `liaison` or `admin`; '' for `public`."""
        if who == "public":
            return ""
        if who not in self.tokens:
            kind, _, name = who.partition(":")
            joining = await Joining.open(self.copy.owner_url)
            make: Any = getattr(joining, kind)
            subject = await (make(name) if name else make())
            await joining.connection.close()
            self.tokens[who] = self.issuer.token(subject)
        return self.tokens[who]

    async def post(
        self, query: str, variables: dict[str, Any] | None = None, who: str = "public"
    ) -> httpx.Response:
        """A GraphQL request over HTTP."""
        token = await self.token(who)
        return await self.client.post(
            "/graphql",
            json={"query": query, "variables": variables or {}},
            headers={"accept": GRAPHQL_JSON}
            | ({"authorization": f"Bearer {token}"} if token else {}),
        )

    async def data(
        self, query: str, variables: dict[str, Any] | None = None, who: str = "public"
    ) -> Any:
        """The data of a request that must succeed."""
        response = await self.post(query, variables, who)
        body = response.json()
        assert "errors" not in body, body
        return body["data"]

    async def code(
        self, query: str, variables: dict[str, Any] | None = None, who: str = "public"
    ) -> str:
        """The error code of a request that must be refused."""
        body = (await self.post(query, variables, who)).json()
        assert body.get("data") is None, body
        return str(body["errors"][0]["extensions"]["code"])

    async def create(self, who: str = f"council:{OXFORD}", **given: Any) -> dict[str, Any]:
        """A new draft of a council's: its id and version."""
        offer = {"kind": "hosting", "title": "Double room", "placesTotal": 2, **given}
        created = await self.data(CREATE, {"input": offer}, who)
        assert created["createOffer"]["problems"] == [], created
        found: dict[str, Any] = created["createOffer"]["offer"]
        return found

    async def open(self, who: str = f"council:{OXFORD}", **given: Any) -> dict[str, Any]:
        """A new open offer of a council's: its id and version."""
        created = await self.create(who, **given)
        published = await self.data(
            PUBLISH, {"id": created["id"], "version": created["version"]}, who
        )
        assert published["publishOffer"]["problems"] == [], published
        found: dict[str, Any] = published["publishOffer"]["offer"]
        return found

    async def colleague(self, gss_code: str) -> str:
        """Another officer of a council's, to ask as."""
        who = f"colleague:{gss_code}"
        owner = await self.owner()
        insert = "INSERT INTO member (subject, name, audience, council_gss) VALUES ($1, $2, $3, $4)"
        await owner.execute(insert, who, "A colleague", "COUNCIL", gss_code)
        await owner.close()
        self.tokens[who] = self.issuer.token(who)
        return who

    async def heard(self) -> None:
        """Wait until this service has heard of all that was committed before."""
        await asyncio.wait_for(self.service.listener.is_listening.wait(), PATIENCE)
        owner = await self.owner()
        with self.service.listener.subscribed() as messages:
            await owner.execute("INSERT INTO outbox (topic, payload) VALUES ('test', '{}')")
            async with asyncio.timeout(PATIENCE):
                while (await messages.get())["topic"] != "test":
                    pass
        await owner.close()

    async def owner(self) -> asyncpg.Connection:
        """A connection that row-level security does not bind, to look at what is stored."""
        return await asyncpg.connect(self.copy.owner_url)


CREATE = """
mutation ($input: CreateOfferInput!) {
  createOffer(input: $input) { offer { id version status } problems { code message path } }
}"""
PUBLISH = """
mutation ($id: ID!, $version: Int!) {
  publishOffer(id: $id, expectedVersion: $version) {
    offer { id version status } problems { code message path }
  }
}"""


@contextlib.asynccontextmanager
async def lifespan(service: Service) -> AsyncIterator[None]:
    """Run a service's background tasks, as a server would."""
    async with service._lifespan(service.pages):
        yield


@contextlib.asynccontextmanager
async def served(copy: Copy, home: Path) -> AsyncIterator[Hearth]:
    """The service in this process, over a database."""
    settings = Settings(home=home, development=True, query_seconds=PATIENCE)
    service = Service(settings, copy.url)
    for lane in service.admission.lanes:
        lane.seconds = PATIENCE
    app = Guard(service)
    async with lifespan(service), _client(app) as client:
        yield Hearth(app, service, copy, development_issuer(settings), client)


def _client(app: ASGIApp) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://hearth")


@pytest_asyncio.fixture
async def hearth(copy: Copy, home: Path) -> AsyncIterator[Hearth]:
    """The service in this process, over a database of its own."""
    async with served(copy, home) as found:
        yield found


@pytest_asyncio.fixture(scope="module")
async def module_hearth(embedded: Embedded, home: Path) -> AsyncIterator[Hearth]:
    """One service for all tests of a module that change nothing."""
    async with copied(embedded) as copy, served(copy, home) as found:
        yield found


@pytest_asyncio.fixture
async def reading(module_hearth: Hearth) -> AsyncIterator[Hearth]:
    """The module's service, with a client of one's own."""
    async with _client(module_hearth.app) as client:
        yield dataclasses.replace(module_hearth, client=client)
