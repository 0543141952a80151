"""`/reports`: releases as files, with the rights of the viewer whose credential comes along."""

import asyncio
import io
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from hashlib import blake2b
from importlib.metadata import version
from pathlib import Path

import orjson
from starlette.types import Receive, Scope, Send

import api
import schema
from api.access.members import Members, MovedError
from api.access.viewer import PUBLIC, Viewer
from api.feeds.parameters import Parameter, flag, read_parameters
from api.http.admission import Lane
from api.http.answers import Answers
from api.http.budgets import Budgets
from api.http.endpoint import Door
from api.http.errors import CSVW_JSON, HttpError
from api.http.getting import Got, get
from api.http.responses import MAY_BE_KEPT, NO_STORE, VARY, Headers, Response
from api.reporting.files.charts import Picture, draw
from api.reporting.files.csv import metadata, written
from api.reporting.files.ods import write_ods
from api.reporting.files.reading import find_release, with_rows
from api.reporting.files.seen import Publisher, Seen
from api.reporting.files.xlsx import write_xlsx
from schema.refusals import Unauthenticated
from schema.types.node import NIL, uuid_of

PREFIX = "/reports"
PATH = re.compile(r"/(?P<release>release_[0-9a-f-]{36})/(?P<file>[a-z.-]+)")
MARKED = Parameter("bom", "With a byte order mark.", {"type": "boolean"}, flag)
# About what a large query costs.
POINTS = 10_000
AT_ONCE = 2
"""Files made at once; others wait, so that spreadsheets and charts leave a processor to queries."""
SECONDS = 20.0
"""How long a file may await its turn."""
LIBRARIES = ("matplotlib", "xlsxwriter")


@dataclass(frozen=True)
class Kind:
    """A kind of file: how it is made of a release, by its ending, and what it is."""

    content_type: str
    make: Callable[[Seen, bool], bytes]
    ending: str = ""


def _csv(seen: Seen, is_marked: bool) -> bytes:
    return b"".join(written(seen, is_marked=is_marked))


def _spreadsheet(write: Callable[[Seen, io.BytesIO], None]) -> Callable[[Seen, bool], bytes]:
    def make(seen: Seen, is_marked: bool) -> bytes:
        into = io.BytesIO()
        write(seen, into)
        return into.getvalue()

    return make


KINDS = {
    "chart.png": Kind("image/png", lambda seen, _: draw(seen, Picture.PNG)),
    "chart.svg": Kind("image/svg+xml", lambda seen, _: draw(seen, Picture.SVG)),
    "report.csv": Kind("text/csv; charset=utf-8; header=present", _csv, "csv"),
    "report.csv-metadata.json": Kind(
        CSVW_JSON, lambda seen, _: orjson.dumps(metadata(seen, "report.csv"))
    ),
    "report.ods": Kind(
        "application/vnd.oasis.opendocument.spreadsheet", _spreadsheet(write_ods), "ods"
    ),
    "report.xlsx": Kind(
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        _spreadsheet(write_xlsx),
        "xlsx",
    ),
}


@dataclass(frozen=True)
class Asked:
    """A file of a release that is asked for, and who asks: their credential and address."""

    got: Got
    release: str
    file: str
    is_marked: bool
    authorization: str | None

    @property
    def kind(self) -> Kind:
        """What kind of file it is."""
        return KINDS[self.file]

    @property
    def key(self) -> tuple[str, str, str, bool]:
        """What a public one is kept under."""
        return (PREFIX, self.release, self.file, self.is_marked)

    def etag(self, seen: Seen) -> bytes:
        """The entity tag of a public one, of all that determines it, so that none need be made."""
        parts = (made_by(), seen.publisher, seen.id, seen.checksum, self.file, self.is_marked)
        return b'"%s"' % blake2b(repr(parts).encode(), digest_size=16).hexdigest().encode()


class ReportFiles:
    """A release never changes, nor do its public files: each is made once, while there is room."""

    def __init__(
        self,
        members: Members,
        door: Door,
        budgets: Budgets,
        lane: Lane,
        made: Answers,
        publisher: Publisher,
    ) -> None:
        self.members = members
        self.door = door
        self.budgets = budgets
        self.lane = lane
        self.made = made
        self.publisher = publisher

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one HTTP request."""
        await get(PREFIX, scope, receive, send, self._response)

    async def _response(self, got: Got) -> Response:
        asked = _asked(got)
        if kept := self._kept(asked):
            return kept
        asker, _ = self.door.asker(got.head.authorization, got.address)
        async with self.lane.turn(asker):
            # Whoever had the turn before may have asked for the same.
            if kept := self._kept(asked):
                return kept
            viewer = await self.door.viewer(asked.authorization, got.address)
            self.budgets.charge(viewer, got.address, POINTS)
            generation = await self.made.generation() if viewer is PUBLIC else None
            seen, etag = await self._seen(viewer, asked)
            if etag and got.head.has(etag):
                return _whole(b"", asked.kind, seen, etag)
            body = await asyncio.to_thread(asked.kind.make, seen, asked.is_marked)
            response = _whole(body, asked.kind, seen, etag)
            if generation is not None:
                self.made.keep(generation, asked.key, len(got.path), response)
        return response

    def _kept(self, asked: Asked) -> Response | None:
        return None if asked.authorization else self.made.find(asked.key)

    async def _seen(self, viewer: Viewer, asked: Asked) -> tuple[Seen, bytes | None]:
        """The release, with its rows unless the asker has the file; its entity tag if public."""
        key = uuid_of("release")(asked.release)
        for _ in range(2):
            try:
                async with self.members.entered(viewer, readonly=True) as (connection, _actor):
                    seen = None
                    if key != NIL:
                        seen = await find_release(connection, key, self.publisher)
                    etag = asked.etag(seen) if seen and viewer is PUBLIC else None
                    if seen and not (etag and asked.got.head.has(etag)):
                        seen = await with_rows(connection, seen)
            except MovedError:
                viewer = await self.door.viewer(asked.authorization, asked.got.address)
                continue
            if seen is None:
                raise _absent("`report` gives the releases that there are")
            return seen, etag
        raise Unauthenticated


def _asked(got: Got) -> Asked:
    found = PATH.fullmatch(got.path)
    kind = KINDS.get(found["file"]) if found else None
    if found is None or kind is None:
        raise _absent(f"a release has {', '.join(KINDS)}")
    known = {MARKED.name: MARKED} if kind.ending == "csv" else {}
    is_marked = read_parameters(got.query_string, known).get("bom", False)
    credential = got.head.authorization
    authorization = credential.decode("latin-1") if credential else None
    return Asked(got, found["release"], found["file"], is_marked, authorization)


@cache
def made_by() -> str:
    """A digest of what makes files: other code, or another library, may make other ones."""
    code = blake2b(digest_size=16)
    for package in (api, schema):
        for file in sorted(Path(*package.__path__).rglob("*.*")):
            if file.suffix in (".py", ".xml"):
                code.update(file.read_bytes())
    libraries = [version(library) for library in LIBRARIES]
    return f"{code.hexdigest()} {libraries}"


def _whole(body: bytes, kind: Kind, seen: Seen, etag: bytes | None) -> Response:
    headers: Headers = [
        (b"content-type", kind.content_type.encode()),
        (b"content-length", str(len(body)).encode()),
        MAY_BE_KEPT if etag else NO_STORE,
        VARY,
    ]
    if kind.ending:
        name = f'attachment; filename="{seen.file_name}.{kind.ending}"'
        headers.append((b"content-disposition", name.encode()))
    if kind.ending == "csv":
        link = b'<report.csv-metadata.json>; rel="describedby"; type="application/csvm+json"'
        headers.append((b"link", link))
    if etag:
        # Weak: elsewhere the same spreadsheet may be packed, or the same chart drawn, otherwise.
        headers.append((b"etag", b"W/" + etag))
    return Response(200, headers, body, etag)


def _absent(hint: str) -> HttpError:
    return HttpError(404, f"There is no such file; {hint}.", code="NOT_FOUND")
