"""The front door: builds the Starlette app, and is the only file that knows every room."""

import asyncio
import contextlib
import gc
import logging
import os
import signal
import threading
import time
from collections.abc import AsyncIterator
from functools import partial
from http import HTTPStatus

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp, Receive, Scope, Send

from api.access.keys import Keys, pepper
from api.access.members import Members
from api.access.sealing import sealing
from api.access.tokens import verifier
from api.graph.answering import Answering
from api.graph.availability import Following
from api.graph.schema import make_schema
from api.http.admission import Admission, Lane
from api.http.allowed import allowed
from api.http.answers import Answers
from api.http.budgets import Budgets
from api.http.endpoint import Door, Endpoint
from api.http.feeds import PREFIX as OPEN_REFERRAL_PATH
from api.http.feeds import Feeds
from api.http.graphiql import Page
from api.http.guard import GRAPHQL_PATH, Guard
from api.http.health import STOPPING, Health
from api.http.open_data import PREFIX as OPEN_DATA_PATH
from api.http.open_data import OpenData
from api.http.persisted import Persisted, read_documents
from api.http.report_files import AT_ONCE as FILES_AT_ONCE
from api.http.report_files import PREFIX as REPORTS_PATH
from api.http.report_files import SECONDS as FILE_SECONDS
from api.http.report_files import ReportFiles
from api.http.sockets import Sockets
from api.matching.allocator import Allocator
from api.reporting.files.seen import Publisher
from api.settings import PARENT, Settings
from api.store.database import Database
from api.store.listening import Listener
from api.store.roles import RELAY
from api.store.turning import seconds_to_turn
from api.writing.outbox import Relay
from schema.words import Audience

MEGABYTE = 1024 * 1024
NOTHING = (
    f"There is nothing here. GraphQL is at {GRAPHQL_PATH}; open data are at {OPEN_REFERRAL_PATH} "
    f"and {OPEN_DATA_PATH}/."
)

logger = logging.getLogger(__name__)


class Service:
    """One worker of Hearth: `/graphql` as a raw endpoint, everything else by Starlette's routes."""

    def __init__(self, settings: Settings, url: str) -> None:
        self.database = Database(
            url, pool_size=settings.pool_size, query_seconds=settings.query_seconds
        )
        members = Members(self.database)
        self.listener = Listener(self.database, RELAY)
        self.answers = Answers(
            settings.answers_kept * MEGABYTE,
            self.listener.is_listening,
            partial(seconds_to_turn, self.database),
        )
        self.listener.hear(self.answers.drop)
        self.relay = Relay(self.database, nudged=self.answers.drop)
        self.allocator = Allocator(self.database, members)
        schema = make_schema()
        answering = Answering(
            schema=schema,
            database=self.database,
            members=members,
            relay=self.relay,
            following=Following(members, self.listener),
            sealing=sealing(settings),
            is_development=settings.is_development,
        )
        door = Door(Keys(members, pepper(settings)), members, verifier(settings))
        page = Page() if settings.is_development else None
        budgets = Budgets(settings.budget, settings.public_budget)
        # Who reads files must leave most of the public's connections to those who ask questions.
        some, few = max(1, settings.pool_size // 2), max(1, settings.pool_size // 4)
        self.admission = Admission(budgets.is_spent)
        self.endpoint = Endpoint(
            answering=answering,
            door=door,
            page=page,
            answers=self.answers,
            budgets=budgets,
            lanes={each: Lane(self.admission, settings.pool_size) for each in Audience},
            persisted=Persisted(read_documents(settings.documents, answering.documents)),
            query_seconds=settings.query_seconds,
        )
        self.feeds = Feeds(
            database=self.database,
            answers=self.answers,
            budgets=budgets,
            lane=Lane(self.admission, some),
            public_url=settings.public_url,
            query_seconds=settings.query_seconds,
        )
        self.open_data = OpenData(self.database, self.answers, budgets, Lane(self.admission, few))
        files = Lane(self.admission, FILES_AT_ONCE, seconds=FILE_SECONDS)
        made = Answers.never_dropped(settings.answers_kept * MEGABYTE // 4)
        self.report_files = ReportFiles(
            members,
            door,
            budgets,
            files,
            made,
            Publisher(settings.publisher, settings.contact, settings.address),
        )
        self.sockets = Sockets(
            schema,
            answering,
            door,
            budgets,
            allowed(settings),
            lambda viewer, asker: self.endpoint.lanes[viewer.audience].turn(asker),
        )
        health = Health(members, self.listener, STOPPING)
        routes: list[BaseRoute] = [
            Route("/health/live", health.live),
            Route("/health/ready", health.ready),
        ]
        if page:
            routes.append(Route("/graphiql/{name}", page.file))
        self.pages = Starlette(
            routes=routes, lifespan=self._lifespan, exception_handlers={HTTPException: _not_found}
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, socket or lifespan."""
        if scope["type"] != "lifespan" and scope["path"] == GRAPHQL_PATH:
            target: ASGIApp = self.sockets if scope["type"] == "websocket" else self.endpoint
            await target(scope, receive, send)
        elif scope["type"] == "http" and is_below(OPEN_REFERRAL_PATH, scope["path"]):
            await self.feeds(scope, receive, send)
        elif scope["type"] == "http" and is_below(OPEN_DATA_PATH, scope["path"]):
            await self.open_data(scope, receive, send)
        elif scope["type"] == "http" and is_below(REPORTS_PATH, scope["path"]):
            await self.report_files(scope, receive, send)
        else:
            await self.pages(scope, receive, send)

    @contextlib.asynccontextmanager
    async def _lifespan(self, app: Starlette) -> AsyncIterator[None]:
        rounds = (self.allocator, self.listener, self.relay)
        running = [asyncio.create_task(each.run()) for each in rounds]
        try:
            yield
        finally:
            for task in running:
                task.cancel()
            await asyncio.wait(running, timeout=5)
            await self.database.close()


def is_below(prefix: str, path: str) -> bool:
    """Whether a path is the prefix, or one below it."""
    return path == prefix or path.startswith(f"{prefix}/")


async def _not_found(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    message, code = NOTHING, "NOT_FOUND"
    if error.status_code != HTTPStatus.NOT_FOUND:
        message, code = "Read this by GET.", "BAD_REQUEST"
    body = {"errors": [{"message": message, "extensions": {"code": code}}]}
    return JSONResponse(body, error.status_code, headers=error.headers)


def make_app(settings: Settings, url: str) -> ASGIApp:
    """The service over the database at `url`, for any ASGI server."""
    return Guard(Service(settings, url), allowed(settings))


def create() -> ASGIApp:
    """The service as the environment sets it up, for `hearth serve`'s workers."""
    threading.Thread(target=_end_with, args=(int(os.environ[PARENT]),), daemon=True).start()
    settings = Settings()
    assert settings.database_url, "hearth serve sets HEARTH_DATABASE_URL for its workers"
    app = make_app(settings, settings.database_url)
    # What is there from the start stays: the collector need not walk it while requests wait.
    gc.collect()
    gc.freeze()
    return app


def _end_with(parent: int) -> None:
    # A main process that was killed can't stop its workers: they would go on answering on its
    # port, beside those of the next one.
    while os.getppid() == parent:
        time.sleep(0.5)
    os.kill(os.getpid(), signal.SIGTERM)
