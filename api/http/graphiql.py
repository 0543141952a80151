"""GraphiQL, for development: served from this machine alone, so it works without the internet."""

from importlib.metadata import distribution
from importlib.resources import files
from pathlib import Path

import orjson
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.types import Receive, Scope, Send

from api.graph.first_queries import FIRST_QUERIES
from schema.words import Audience

DISTRIBUTION = "graphene-django-graphiql-static"
FILES = (
    "graphiql.min.css",
    "graphiql.min.js",
    "react-dom.production.min.js",
    "react.production.min.js",
)
CONTENT_SECURITY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; "
    "connect-src 'self'; img-src 'self' data:; font-src 'self' data:; frame-ancestors 'none'"
)


class Page:
    """GraphiQL's page and the files that it needs."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer with the page."""
        page = files("api.http").joinpath("pages/graphiql.html").read_text("utf-8")
        response = Response(
            page,
            media_type="text/html",
            headers={"content-security-policy": CONTENT_SECURITY, "cache-control": "no-store"},
        )
        await response(scope, receive, send)

    async def file(self, request: Request) -> Response:
        """Answer with one of the page's files."""
        name = request.path_params["name"]
        if name == "first-queries.json":
            return Response(orjson.dumps(_tabs()), media_type="application/json")
        if name == "start.js":
            script = files("api.http").joinpath("pages/start.js").read_text("utf-8")
            return Response(script, media_type="text/javascript")
        if name not in FILES:
            return Response(status_code=404)
        return FileResponse(_vendored(name))


def _vendored(name: str) -> Path:
    package = "graphene_django_graphiql_static"
    found = distribution(DISTRIBUTION).locate_file(f"{package}/static/{package}/{name}")
    return Path(str(found))


def _tabs() -> list[dict[str, str]]:
    return [
        {
            "query": f"# {audience.title()}: {title}\n{query}\n",
            "headers": ""
            if audience is Audience.CHARITY
            else '{ "Authorization": "Bearer paste the credential that make run printed" }',
        }
        for audience, (title, query) in FIRST_QUERIES.items()
    ]
