"""One service over the sample offers, for tests that only read them."""

import asyncio
import os
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest_asyncio

from api.access.joining import Joining
from api.access.members import Members
from api.access.viewer import Viewer
from api.app import Service
from api.http.guard import Guard
from api.offers.samples import create_samples, samples
from api.settings import Settings
from api.store.database import Database
from api.store.embedded import Embedded
from api.store.roles import LOGIN
from schema.reference.files import read_reference
from schema.types.clock import LONDON
from schema.words import Audience
from tests.conftest import TEMPLATE, lifespan
from tests.waiting import PATIENCE


@dataclass
class Feed:
    """The feed as a directory's developer meets it: by HTTP, without a credential."""

    client: httpx.AsyncClient
    service: Service
    owner: asyncpg.Connection

    async def get(self, path: str, **parameters: Any) -> httpx.Response:
        """An answer, whatever it is; parameters are sent as their text."""
        given = {name: str(value) for name, value in parameters.items()}
        return await self.client.get(path, params=given)

    async def all(self, path: str, size: Any = 100, **parameters: Any) -> list[dict[str, Any]]:
        """What all pages of a list hold, one after another."""
        found: list[dict[str, Any]] = []
        page, pages = 1, 1
        while page <= pages:
            answer = await self.read(path, page=page, per_page=size, **parameters)
            pages = answer["total_pages"]
            assert answer["page_number"] == page
            assert answer["first_page"] == (page == 1)
            assert answer["last_page"] == (page >= pages)
            assert answer["size"] == len(answer["contents"]) <= size
            assert answer["empty"] == (not answer["contents"])
            found += answer["contents"]
            page += 1
        assert answer["total_items"] == len(found)
        return found

    async def read(self, path: str, **parameters: Any) -> Any:
        """The JSON of an answer that must be one."""
        response = await self.get(f"/open-referral/{path}", **parameters)
        assert response.status_code == 200, response.text
        return response.json()


@pytest_asyncio.fixture(scope="package")
async def feed(embedded: Embedded, home: Path) -> AsyncIterator[Feed]:
    """The service in this process, over sample offers that no test changes."""
    name = f"feed_{os.getpid()}"
    admin = await asyncpg.connect(embedded.url(database="postgres"))
    await admin.execute(f"CREATE DATABASE {name} TEMPLATE {TEMPLATE} STRATEGY file_copy")
    url, owner_url = embedded.url(LOGIN, name), embedded.url(database=name)
    joining = await Joining.open(owner_url)
    sampler = await joining.admin("Sample data", "sample-data")
    await joining.connection.close()
    database = Database(url, pool_size=2, query_seconds=5)
    wanted = samples(read_reference(), datetime.now(LONDON).date())
    async for _ in create_samples(Members(database), Viewer(Audience.ADMIN, sampler), wanted):
        pass
    await database.close()
    service = Service(Settings(home=home, development=True), url)
    owner = await asyncpg.connect(owner_url)
    transport = httpx.ASGITransport(app=Guard(service))
    async with (
        lifespan(service),
        httpx.AsyncClient(transport=transport, base_url="http://hearth.test") as client,
    ):
        await asyncio.wait_for(service.listener.is_listening.wait(), PATIENCE)
        yield Feed(client, service, owner)
    await owner.close()
    await admin.execute(f"DROP DATABASE {name} WITH (FORCE)")
    await admin.close()
