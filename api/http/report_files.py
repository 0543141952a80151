"""`/reports`: releases as files, with the rights of the viewer whose credential comes along."""

import asyncio
import io
import re
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import blake2b

import orjson
from starlette.types import Receive, Scope, Send

from api.access.members import Members, MovedError
from api.access.viewer import PUBLIC, Viewer
from api.feeds.parameters import Parameter, flag, read_parameters
from api.http.admission import Lane
from api.http.budgets import Budgets
from api.http.endpoint import Door
from api.http.errors import CSVW_JSON, HttpError
from api.http.getting import Got, get
from api.http.responses import MAY_BE_KEPT, NO_STORE, VARY, Headers, Response
from api.reporting.files.charts import Picture, draw
from api.reporting.files.csv import metadata, written
from api.reporting.files.ods import write_ods
from api.reporting.files.reading import find_seen
from api.reporting.files.seen import Seen
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


class ReportFiles:
    """A release never changes, so its public files have the same entity tag for ever."""

    def __init__(self, members: Members, door: Door, budgets: Budgets, lane: Lane) -> None:
        self.members = members
        self.door = door
        self.budgets = budgets
        self.lane = lane

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one HTTP request."""
        await get(PREFIX, scope, receive, send, self._response)

    async def _response(self, got: Got) -> Response:
        found = PATH.fullmatch(got.path)
        kind = KINDS.get(found["file"]) if found else None
        if found is None or kind is None:
            raise _absent(f"a release has {', '.join(KINDS)}")
        known = {MARKED.name: MARKED} if kind.ending == "csv" else {}
        given = read_parameters(got.query_string, known)
        credential = got.head.authorization
        authorization = credential.decode("latin-1") if credential else None
        asker, _ = self.door.asker(credential, got.address)
        async with self.lane.turn(asker):
            viewer = await self.door.viewer(authorization, got.address)
            self.budgets.charge(viewer, got.address, POINTS)
            seen = await self._seen(viewer, authorization, got.address, found["release"])
            body = await asyncio.to_thread(kind.make, seen, given.get("bom", False))
        return _whole(body, kind, seen, is_public=viewer is PUBLIC)

    async def _seen(
        self, viewer: Viewer, authorization: str | None, address: str, release: str
    ) -> Seen:
        key = uuid_of("release")(release)
        for _ in range(2):
            try:
                async with self.members.entered(viewer, readonly=True) as (connection, _actor):
                    seen = await find_seen(connection, key) if key != NIL else None
            except MovedError:
                viewer = await self.door.viewer(authorization, address)
                continue
            if seen is None:
                raise _absent("`report` gives the releases that there are")
            return seen
        raise Unauthenticated


def _whole(body: bytes, kind: Kind, seen: Seen, *, is_public: bool) -> Response:
    headers: Headers = [
        (b"content-type", kind.content_type.encode()),
        (b"content-length", str(len(body)).encode()),
        MAY_BE_KEPT if is_public else NO_STORE,
        VARY,
    ]
    if kind.ending:
        name = f'attachment; filename="{seen.file_name}.{kind.ending}"'
        headers.append((b"content-disposition", name.encode()))
    if kind.ending == "csv":
        link = b'<report.csv-metadata.json>; rel="describedby"; type="application/csvm+json"'
        headers.append((b"link", link))
    etag = None
    if is_public:
        etag = b'"%s"' % blake2b(body, digest_size=16).hexdigest().encode()
        headers.append((b"etag", etag))
    return Response(200, headers, body, etag)


def _absent(hint: str) -> HttpError:
    return HttpError(404, f"There is no such file; {hint}.", code="NOT_FOUND")
