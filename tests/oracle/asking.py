"""One seeded service, and the ways to ask it: over HTTP, and through the oracle."""

import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any
from unittest.mock import patch

import orjson
from sqlalchemy import make_url
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine

from api.graph.schema import make_schema
from api.reading.operation import OperationPlan
from schema.words import Audience, OfferOrder
from tests.conftest import GRAPHQL_JSON, Hearth
from tests.oracle.documents import Request
from tests.oracle.oracle import answer, unresolved
from tests.oracle.pools import Pools
from tests.oracle.reader import Asker
from tests.oracle.seeding import OFFERS, row_id, seed

# The session's settings that an answer depends on.
SESSION = {"jit": "off", "timezone": "Europe/London"}


class Asking:
    """The service and the oracle over the same rows, for one asker."""

    def __init__(
        self, hearth: Hearth, who: str, asker: Asker, connection: AsyncConnection, pools: Pools
    ) -> None:
        self.hearth = hearth
        self.who = who
        self.asker = asker
        self.connection = connection
        self.pools = pools
        self.schema = unresolved(make_schema.__wrapped__()._schema)
        # Every way that the service answers, by its name in a failure.
        self.ways: dict[str, Callable[[Request], Awaitable[dict[str, Any]]]] = {
            "the planner": self.planner,
            "graphql-core over the planner's rows": self.completed,
        }

    def __repr__(self) -> str:
        return f"<as {self.who}>"

    async def planner(self, request: Request) -> dict[str, Any]:
        """The service's answer, as it is sent."""
        token = await self.hearth.token(self.who)
        response = await self.hearth.client.post(
            "/graphql",
            json={
                "query": request.document,
                "variables": request.variables,
                "operationName": request.operation_name,
            },
            headers={"accept": GRAPHQL_JSON}
            | ({"authorization": f"Bearer {token}"} if token else {}),
        )
        body: dict[str, Any] = orjson.loads(response.content)
        return body

    async def completed(self, request: Request) -> dict[str, Any]:
        """The service's answer, as graphql-core completes what was planned."""
        with patch.object(OperationPlan, "is_whole", new=False):
            return await self.planner(request)

    async def oracle(self, request: Request) -> dict[str, Any]:
        """The oracle's answer."""
        return await answer(
            self.connection,
            self.schema,
            request.document,
            request.variables,
            self.asker,
            request.operation_name,
        )


@contextlib.asynccontextmanager
async def asking(hearth: Hearth, who: str) -> AsyncIterator[Asking]:
    """A seeded service with its oracle, for `who` as `Hearth.token` takes it."""
    owner = await hearth.owner()
    await seed(owner)
    await hearth.token(who)
    audience = Audience(who.partition(":")[0].upper())
    subject = await owner.fetchval("SELECT subject FROM member WHERE audience = $1", audience.value)
    await owner.close()
    url = make_url(hearth.copy.url).set(drivername="postgresql+asyncpg")
    engine = create_async_engine(url, connect_args={"server_settings": SESSION})
    async with engine.connect() as connection:
        pools = await _pools(hearth, who)
        yield Asking(hearth, who, Asker(audience, subject), connection, pools)
    await engine.dispose()


async def _pools(hearth: Hearth, who: str) -> Pools:
    orders = [order.value for order in OfferOrder]
    near = 'filter: { near: { postcodeDistrict: "OX4", withinKm: 2000 } }'
    lists = " ".join(
        f"{order}: availability({near}, orderBy: {order}) {{ edges {{ cursor }} }}"
        for order in orders
    )
    found = await hearth.data(f"{{ {lists} NAME: councils {{ edges {{ cursor }} }} }}", who=who)
    cursors = {order: [edge["cursor"] for edge in page["edges"]] for order, page in found.items()}
    if who.startswith(("council", "admin")):
        history = "history(first: 2) { pageInfo { endCursor } }"
        offers = await hearth.data(f"{{ offers(first: 20) {{ nodes {{ {history} }} }} }}", who=who)
        ends = (each["history"]["pageInfo"]["endCursor"] for each in offers["offers"]["nodes"])
        cursors["HISTORY"] = [end for end in ends if end]
    if who.startswith(("admin", "charity", "council")):
        roots = {"BREAK_GLASSES": "breakGlasses", "REQUESTS": "requests", "MATCHES": "matches"}
        lists = " ".join(f"{key}: {root} {{ edges {{ cursor }} }}" for key, root in roots.items())
        for order, page in (await hearth.data(f"{{ {lists} }}", who=who)).items():
            cursors[order] = [edge["cursor"] for edge in page["edges"]]
    ids = [f"offer_{row_id(1, number)}" for number in range(OFFERS)]
    others = ["council_E07000178", "council_E10000025", "route_mandate", "route_homes-for-ukraine"]
    cases = [f"request_{row_id(4, number)}" for number in range(4)]
    cases += [f"match_{row_id(7, number)}" for number in range(4)]
    cases += [f"breakglass_{row_id(8, number)}" for number in range(2)]
    others += [f"release_{row_id(19, number)}" for number in (0, 4)]
    ids = [*cases, *ids[:4], *others, *cases, *ids[4:], *others, f"check_{row_id(2, 4)}"]
    return Pools(ids, cursors)
