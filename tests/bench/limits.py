"""The hand-written limit: what a request costs at least, in the same server, guard and pool.

One endpoint for each shape of question. Its HTTP is Hearth's: a body with its limits, a deadline,
a budget, a response with its headers. Its reading is written by hand: one statement, and dicts
made of flat rows, which come to the same JSON as Hearth's. `static` answers bytes of a given
length without any of that.
"""

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import asyncpg
from starlette.types import ASGIApp, Receive, Scope, Send

from api.app import Service
from api.http.guard import Guard
from api.http.heads import Head
from api.http.requests import of_body, read_body
from api.http.responses import respond
from api.http.watching import Watch
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
        self.endpoint = self.service.endpoint
        self.members = self.endpoint.door.members

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http" or not scope["path"].startswith(PREFIX):
            await self.service(scope, receive, send)
            return
        name = scope["path"][len(PREFIX) :]
        head = Head(scope["headers"])
        media_type = head.media_type()
        asked = of_body(await read_body(head, receive)).variables
        if name == "static":
            await _static(send, b"x" * asked["length"])
            return
        with Watch(receive, self.endpoint.query_seconds):
            data = await self._data(name, asked, head, scope["client"][0])
        response = await respond({"data": data}, media_type, is_gzip_wanted=head.is_gzip_wanted())
        await response.send(send, head)

    async def _data(self, name: str, asked: Data, head: Head, address: str) -> Data:
        given = head.authorization.decode("latin-1") if head.authorization else None
        viewer = await self.endpoint.door.viewer(given, address)
        self.endpoint.budgets.charge(viewer, address, 1)
        question = QUESTIONS[name]
        if viewer.subject is None:
            async with self.members.public() as connection:
                return await question(connection, asked)
        is_write = name == "publish"
        async with self.members.entered(viewer, readonly=not is_write) as (connection, _):
            data = await question(connection, asked)
        if is_write:
            self.service.relay.nudge()
        return data


async def _static(send: Send, content: bytes) -> None:
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
