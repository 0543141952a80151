"""`/open-data`: the open tables as CSV, streamed out of a cursor, and what their columns mean."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

import asyncpg
from starlette.types import Message, Receive, Scope, Send

from api.access.viewer import PUBLIC
from api.feeds.columns import Table
from api.feeds.csv_text import BOM, header, lines
from api.feeds.csvw import group, metadata
from api.feeds.parameters import Parameter, flag, read_parameters
from api.feeds.tables import TABLES
from api.http.answers import Answers
from api.http.budgets import Budgets
from api.http.errors import CSVW_JSON, HttpError
from api.http.heads import Head
from api.http.responses import MAY_BE_KEPT, VARY, Headers, Response, compressor, refusal, respond
from api.http.watching import HungUpError, Watch
from api.store.database import Database
from api.store.roles import role_of
from schema.refusals import Failed, Refused, Unavailable
from schema.words import Audience

PREFIX = "/open-data"
ALLOW = ((b"allow", b"GET, HEAD, OPTIONS"),)
METADATA = ".csv-metadata.json"
MARKED = Parameter("bom", "With a byte order mark.", {"type": "boolean"}, flag)
TAGGED = Parameter("hxl", "With a row of HXL's hashtags.", {"type": "boolean"}, flag)

# About what a large query costs.
POINTS = 10_000
ROWS_AT_ONCE = 250
# Whoever takes no piece for so long, or isn't done after so long, makes room for others.
PIECE_SECONDS = 10.0
DOWNLOAD_SECONDS = 300.0
TURN_SECONDS = 2.0

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Form:
    """How a table is asked for."""

    is_marked: bool
    is_tagged: bool
    is_compressed: bool


class OpenData:
    """The open tables. At most `at_once` are being read: each holds a connection until it is sent.

    A table's rows are those of one moment. Its entity tag is made of a digest that PostgreSQL
    takes of them, and that is kept until anything changes, as an answer is.
    """

    def __init__(
        self, database: Database, answers: Answers, budgets: Budgets, at_once: int
    ) -> None:
        self.database = database
        self.answers = answers
        self.budgets = budgets
        self._turns = asyncio.Semaphore(at_once)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one HTTP request."""
        is_started = False

        async def send_on(message: Message) -> None:
            nonlocal is_started
            is_started = True
            await send(message)

        head = Head(scope["headers"])
        is_head = scope["method"] == "HEAD"
        try:
            if scope["method"] not in ("GET", "HEAD"):
                raise HttpError(405, "Read open data by GET.", ALLOW)
            await self._answer(scope, receive, head, send_on)
        except HungUpError:
            pass
        except Exception as error:
            if is_started:
                # The status is out: to break off is all that says that rows are missing.
                raise
            if not isinstance(error, HttpError | Refused):
                logger.exception("A request failed")
                error = Failed()
            await (await refusal(error)).send(send, head, is_head=is_head)

    async def _answer(self, scope: Scope, receive: Receive, head: Head, send: Send) -> None:
        name = scope["path"].removeprefix(PREFIX).strip("/")
        is_head = scope["method"] == "HEAD"
        table = TABLES.get(name.removesuffix(METADATA).removesuffix(".csv"))
        if table and name == f"{table.name}.csv":
            known = {each.name: each for each in (MARKED, TAGGED)}
            given = read_parameters(scope["query_string"], known)
            form = Form(given.get("bom", False), given.get("hxl", False), head.is_gzip_wanted())
            with Watch(receive, DOWNLOAD_SECONDS):
                await self._download(scope, table, form, head, send)
            return
        if table and name == table.name + METADATA:
            given = read_parameters(scope["query_string"], {TAGGED.name: TAGGED})
            found = metadata(table, is_tagged=given.get("hxl", False))
        elif name:
            said = f"There is nothing at {PREFIX}/{name[:100]}; {PREFIX}/ lists the tables."
            raise HttpError(404, said, code="NOT_FOUND")
        else:
            read_parameters(scope["query_string"], {})
            found = group(TABLES.values(), f"{PREFIX}/")
        response = await respond(
            found, CSVW_JSON, is_gzip_wanted=head.is_gzip_wanted(), is_public=True
        )
        await response.send(send, head, is_head=is_head)

    async def _download(
        self, scope: Scope, table: Table, form: Form, head: Head, send: Send
    ) -> None:
        is_head = scope["method"] == "HEAD"
        address = (scope.get("client") or ("",))[0]
        self.budgets.charge(PUBLIC, address, POINTS)
        generation = await self.answers.generation()
        async with (
            self._turn(),
            self.database.borrow(role_of(Audience.PUBLIC)) as connection,
            connection.transaction(isolation="repeatable_read", readonly=True),
        ):
            etag = _etag(await self._digest(connection, table, generation), form)
            headers = _headers(table, form, etag)
            if is_head or head.has(etag):
                await Response(200, headers, b"", etag).send(send, head, is_head=True)
                return
            cursor = await connection.cursor(table.sql)
            rows = await cursor.fetch(ROWS_AT_ONCE)
            await send({"type": "http.response.start", "status": 200, "headers": headers})
            await _send_rows(table, form, cursor, rows, send)

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

    @contextlib.asynccontextmanager
    async def _turn(self) -> AsyncIterator[None]:
        try:
            async with asyncio.timeout(TURN_SECONDS):
                await self._turns.acquire()
        except TimeoutError as error:
            raise Unavailable("Others are downloading just now. Try again in a moment.") from error
        try:
            yield
        finally:
            self._turns.release()


def _etag(digest: bytes, form: Form) -> bytes:
    return b'"%s"' % blake2b(digest, digest_size=16, key=str(form).encode()).hexdigest().encode()


async def _send_rows(table: Table, form: Form, cursor: Any, rows: Any, send: Send) -> None:
    gzip = compressor() if form.is_compressed else None
    piece = (BOM if form.is_marked else b"") + header(table, is_tagged=form.is_tagged)
    while rows:
        piece += lines(rows)
        await _send_piece(send, gzip.compress(piece) if gzip else piece)
        piece = b""
        rows = await cursor.fetch(ROWS_AT_ONCE)
    if gzip:
        piece = gzip.compress(piece) + gzip.flush()
    await _send_piece(send, piece, is_last=True)


async def _send_piece(send: Send, piece: bytes, *, is_last: bool = False) -> None:
    async with asyncio.timeout(PIECE_SECONDS):
        await send({"type": "http.response.body", "body": piece, "more_body": not is_last})


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
