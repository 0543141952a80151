"""`/open-data`: the open tables as CSV, streamed out of a cursor, and what their columns mean."""

from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

import asyncpg
from starlette.types import Receive, Scope, Send

from api.access.viewer import PUBLIC
from api.feeds.columns import Table
from api.feeds.csv_text import BOM, header, lines
from api.feeds.csvw import group, metadata
from api.feeds.parameters import Parameter, flag, read_parameters
from api.feeds.tables import TABLES
from api.http.admission import Lane
from api.http.answers import Answers
from api.http.budgets import Budgets
from api.http.errors import CSVW_JSON, HttpError
from api.http.getting import Got, get, send_piece
from api.http.responses import MAY_BE_KEPT, VARY, Headers, Response, compressor, respond
from api.http.watching import Watch
from api.store.database import Database
from api.store.roles import role_of
from schema.words import Audience

PREFIX = "/open-data"
METADATA = ".csv-metadata.json"
MARKED = Parameter("bom", "With a byte order mark.", {"type": "boolean"}, flag)
TAGGED = Parameter("hxl", "With a row of HXL's hashtags.", {"type": "boolean"}, flag)

# About what a large query costs.
POINTS = 10_000
ROWS_AT_ONCE = 250
# Whoever isn't done after so long makes room for others.
DOWNLOAD_SECONDS = 300.0


@dataclass(frozen=True)
class Form:
    """How a table is asked for."""

    is_marked: bool
    is_tagged: bool
    is_compressed: bool


class OpenData:
    """The open tables. Each that is read holds a turn and a connection until it is sent.

    A table's rows are those of one moment. Its entity tag is made of a digest that PostgreSQL
    takes of them, and that is kept until anything changes, as an answer is.
    """

    def __init__(self, database: Database, answers: Answers, budgets: Budgets, lane: Lane) -> None:
        self.database = database
        self.answers = answers
        self.budgets = budgets
        self.lane = lane

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one HTTP request."""
        await get(PREFIX, scope, receive, send, self._response)

    async def _response(self, got: Got) -> Response | None:
        name = got.path.strip("/")
        table = TABLES.get(name.removesuffix(METADATA).removesuffix(".csv"))
        if table and name == f"{table.name}.csv":
            known = {each.name: each for each in (MARKED, TAGGED)}
            given = read_parameters(got.query_string, known)
            is_compressed = got.head.is_gzip_wanted()
            form = Form(given.get("bom", False), given.get("hxl", False), is_compressed)
            with Watch(got.receive, DOWNLOAD_SECONDS):
                return await self._download(got, table, form)
        if table and name == table.name + METADATA:
            given = read_parameters(got.query_string, {TAGGED.name: TAGGED})
            found = metadata(table, is_tagged=given.get("hxl", False))
        elif name:
            said = f"There is nothing at {PREFIX}/{name[:100]}; {PREFIX}/ lists the tables."
            raise HttpError(404, said, code="NOT_FOUND")
        else:
            read_parameters(got.query_string, {})
            found = group(TABLES.values(), f"{PREFIX}/")
        is_gzip_wanted = got.head.is_gzip_wanted()
        return await respond(found, CSVW_JSON, is_gzip_wanted=is_gzip_wanted, is_public=True)

    async def _download(self, got: Got, table: Table, form: Form) -> Response | None:
        self.budgets.charge(PUBLIC, got.address, POINTS)
        async with self.lane.turn(got.stranger):
            generation = await self.answers.generation()
            async with (
                self.database.borrow(role_of(Audience.PUBLIC)) as connection,
                connection.transaction(isolation="repeatable_read", readonly=True),
            ):
                etag = _etag(await self._digest(connection, table, generation), form)
                headers = _headers(table, form, etag)
                if got.is_head or got.head.has(etag):
                    return Response(200, headers, b"", etag)
                cursor = await connection.cursor(table.sql)
                rows = await cursor.fetch(ROWS_AT_ONCE)
                await got.send({"type": "http.response.start", "status": 200, "headers": headers})
                await _send_rows(table, form, cursor, rows, got.send)
        return None

    async def _digest(
        self, connection: asyncpg.Connection, table: Table, generation: int | None
    ) -> bytes:
        key = (PREFIX, table.name)
        kept = self.answers.find(key)
        if kept:
            return kept.body
        digest = str(await connection.fetchval(table.digest_sql)).encode()
        if generation is not None:
            self.answers.keep(generation, key, len(table.name), Response(200, [], digest))
        return digest


def _etag(digest: bytes, form: Form) -> bytes:
    return b'"%s"' % blake2b(digest, digest_size=16, key=str(form).encode()).hexdigest().encode()


async def _send_rows(table: Table, form: Form, cursor: Any, rows: Any, send: Send) -> None:
    gzip = compressor() if form.is_compressed else None
    piece = (BOM if form.is_marked else b"") + header(table, is_tagged=form.is_tagged)
    while rows:
        piece += lines(rows)
        await send_piece(send, gzip.compress(piece) if gzip else piece)
        piece = b""
        rows = await cursor.fetch(ROWS_AT_ONCE)
    if gzip:
        piece = gzip.compress(piece) + gzip.flush()
    await send_piece(send, piece, is_last=True)


def _headers(table: Table, form: Form, etag: bytes) -> Headers:
    name = table.name.encode()
    described = b'<%s/%s%s>; rel="describedby"; type="application/csvm+json"'
    tagged = b"?hxl=1" if form.is_tagged else b""
    found = [
        (b"content-type", b"text/csv; charset=utf-8; header=present"),
        (b"content-disposition", b'attachment; filename="%s.csv"' % name),
        (b"link", described % (PREFIX.encode(), name + METADATA.encode(), tagged)),
        MAY_BE_KEPT,
        VARY,
    ]
    if form.is_compressed:
        found.append((b"content-encoding", b"gzip"))
    found.append((b"etag", etag))
    return found
