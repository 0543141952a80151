"""The hand-written limit: what a request costs at least, in the same server, guard and pool.

One raw ASGI endpoint for each shape of question: it reads the body, runs one hand-written
statement, makes dicts of flat rows, and answers the same JSON as Hearth. `static` answers bytes
of a given length without asking anything.
"""

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import asyncpg
import orjson
from starlette.types import ASGIApp, Receive, Scope, Send

from api.access.viewer import PUBLIC, Viewer
from api.app import Service
from api.http.guard import Guard
from api.reading.operation import OperationPlan
from api.settings import Settings
from schema.tables.columns import uuid7
from tests.bench import statements

PREFIX = "/limit/"
Data = dict[str, Any]
Question = Callable[[asyncpg.Connection, Data], Awaitable[Data]]


def _nodes(rows: list[asyncpg.Record]) -> list[Data]:
    return [
        {
            "title": row[0],
            "placesLeft": row[1],
            "postcodeDistrict": row[2],
            "availableFrom": row[3],
            "council": {"name": row[4], "region": row[5]},
            "routes": [{"code": code, "name": name} for code, name in row[6]],
        }
        for row in rows
    ]


async def _page(connection: asyncpg.Connection, asked: Data) -> Data:
    rows = await connection.fetch(statements.PAGE, asked["kind"], asked["places"])
    return {"availability": {"nodes": _nodes(rows)}}


async def _counted(connection: asyncpg.Connection, asked: Data) -> Data:
    rows = await connection.fetch(statements.COUNTED, asked["kind"], asked["places"])
    return {"availability": {"totalCount": rows[0][7] if rows else 0, "nodes": _nodes(rows)}}


async def _offer(connection: asyncpg.Connection, asked: Data) -> Data:
    row = await connection.fetchrow(statements.OFFER, UUID(asked["id"][6:]))
    return {
        "offer": {
            "title": row[0],
            "description": row[1],
            "placesLeft": row[2],
            "version": row[3],
            "routes": [{"code": code, "name": name} for code, name in row[4]],
            "council": {
                "gssCode": row[5],
                "name": row[6],
                "offers": {
                    "nodes": [
                        {"title": title, "placesLeft": left, "availableFrom": begins}
                        for title, left, begins in row[7]
                    ]
                },
            },
        }
    }


async def _wide(connection: asyncpg.Connection, asked: Data) -> Data:
    pages: dict[int, list[Data]] = {1: [], 2: []}
    for row in await connection.fetch(statements.WIDE, asked["one"], asked["other"]):
        pages[row[0]].append(
            {
                "title": row[1],
                "description": row[2],
                "placesLeft": row[3],
                "householdMax": row[4],
                "postcodeDistrict": row[5],
                "stepFree": row[6],
                "petsAllowed": row[7],
                "childrenWelcome": row[8],
                "womenOnly": row[9],
                "languages": row[10],
                "availableFrom": row[11],
                "minimumMonths": row[12],
                "council": {"name": row[13], "region": row[14]},
            }
        )
    return {"one": {"nodes": pages[1]}, "other": {"nodes": pages[2]}}


async def _near(connection: asyncpg.Connection, asked: Data) -> Data:
    rows = await connection.fetch(statements.NEAR, asked["district"])
    facets = [
        {"code": row[0], "offers": row[1], "places": int(row[2])} for row in rows if row[3] is None
    ]
    nodes = [
        {"title": row[0], "placesLeft": row[1], "distanceKm": row[2], "council": {"name": row[3]}}
        for row in rows
        if row[3] is not None
    ]
    total = sum(facet["offers"] for facet in facets)
    return {"availability": {"totalCount": total, "nodes": nodes, "facets": {"byKind": facets}}}


async def _officer(connection: asyncpg.Connection, asked: Data) -> Data:
    rows = await connection.fetch(statements.OFFICER)
    nodes = [
        {
            "version": row[0],
            "status": row[1],
            "title": row[2],
            "placesTotal": row[3],
            "placesLeft": row[4],
            "lastConfirmedOn": row[5],
            "council": {"name": row[6]},
        }
        for row in rows
    ]
    return {"offers": {"nodes": nodes}}


async def _publish(connection: asyncpg.Connection, asked: Data) -> Data:
    offer_id = UUID(asked["id"][6:])
    row = await connection.fetchrow(statements.PUBLISH, offer_id, asked["version"], uuid7())
    if row is None:
        return {"publishOffer": {"offer": None, "problems": [{"code": "CONFLICT"}]}}
    return {"publishOffer": {"offer": {"version": row[0], "status": row[1]}, "problems": []}}


QUESTIONS: dict[str, Question] = {
    "counted": _counted,
    "near": _near,
    "offer": _offer,
    "officer": _officer,
    "page": _page,
    "publish": _publish,
    "wide": _wide,
}


class Limits:
    """Hearth's service, and beside it the hand-written endpoints under /limit/."""

    def __init__(self, settings: Settings, url: str) -> None:
        self.service = Service(settings, url)
        self.members = self.service.endpoint.door.members

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http" or not scope["path"].startswith(PREFIX):
            await self.service(scope, receive, send)
            return
        asked = orjson.loads(await _body(receive))["variables"]
        name = scope["path"][len(PREFIX) :]
        if name == "static":
            await _respond(send, b"x" * asked["length"])
            return
        viewer = PUBLIC
        for header, value in scope["headers"]:
            if header == b"authorization":
                viewer = await self.service.endpoint.door.viewer(value.decode())
        data = await self._data(QUESTIONS[name], asked, viewer, is_write=name == "publish")
        if name == "publish":
            self.service.relay.nudge()
        await _respond(send, orjson.dumps({"data": data}))

    async def _data(
        self, question: Question, asked: Data, viewer: Viewer, *, is_write: bool
    ) -> Data:
        if viewer.subject is None:
            async with self.members.public() as connection:
                return await question(connection, asked)
        async with self.members.entered(viewer, readonly=not is_write) as (connection, _):
            return await question(connection, asked)


async def _body(receive: Receive) -> bytes:
    body = b""
    while True:
        message = await receive()
        body += bytes(message.get("body", b""))
        if not message.get("more_body"):
            return body


async def _respond(send: Send, content: bytes) -> None:
    headers = [
        (b"content-type", b"application/json; charset=utf-8"),
        (b"content-length", b"%d" % len(content)),
        (b"cache-control", b"no-store"),
        (b"vary", b"accept, authorization"),
    ]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": content})


def create() -> ASGIApp:
    """The limits as the environment sets them up, for granian's worker."""
    settings = Settings()
    assert settings.database_url
    return Guard(Limits(settings, settings.database_url))


def create_completed() -> ASGIApp:
    """Hearth, but with graphql-core completing what the planner read, whatever was asked."""
    OperationPlan.is_whole = False  # type: ignore[assignment, method-assign]
    return create()
