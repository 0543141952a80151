"""`/graphql`: a raw ASGI endpoint. POST asks; GET asks too, for queries, or shows GraphiQL."""

import logging
from dataclasses import dataclass
from typing import Any

from graphql import OperationType
from starlette.types import Receive, Scope, Send

from api.access.keys import PREFIX, Keys
from api.access.members import Members, MovedError
from api.access.tokens import Verifier
from api.access.viewer import PUBLIC, Viewer
from api.graph.answering import Admit, Answer, Answering, Asked, refused
from api.http.admission import Admission
from api.http.answers import Answers
from api.http.budgets import Budgets, Remaining
from api.http.errors import GRAPHQL_JSON, JSON, HttpError
from api.http.graphiql import Page
from api.http.heads import Head
from api.http.persisted import Persisted
from api.http.requests import Parameters, of_body, of_query_string, read_body
from api.http.responses import Response, respond
from api.http.watching import HungUpError, Watch
from api.reading.documents import may_name_people
from api.reading.limits import MOST_COST, Measure
from schema.refusals import Failed, NotByGet, Refused, TooMany, Unauthenticated, Unavailable

ALLOW = ((b"allow", b"GET, HEAD, POST, OPTIONS"),)
RETRY_SECONDS = b"1"
# A GraphQL response with both data and errors, by the specification's edition of September 2026.
PARTIAL_SUCCESS = 294

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Door:
    """Lets viewers in: by a token or key in the Authorization header, or as the public without."""

    keys: Keys
    members: Members
    verifier: Verifier

    async def viewer(self, authorization: str | None, address: str) -> Viewer:
        """Who asks, from `address`; raises Unauthenticated for any credential that isn't good."""
        if not authorization:
            return PUBLIC
        scheme, _, token = authorization.partition(" ")
        if scheme.lower() != "bearer":
            raise Unauthenticated
        token = token.strip()
        if token.startswith(PREFIX):
            return await self.keys.viewer(token, address)
        found = await self.verifier.verified(token)
        return await self.members.viewer(found.subject, found.expires_at)


@dataclass
class Asking:
    """One request under way: what it costs and what it leaves of its asker's budget."""

    parameters: Parameters
    is_read_only: bool
    watch: Watch
    address: str
    cost: int = 0
    remaining: Remaining | None = None
    is_admitted: bool = False

    def extensions(self) -> dict[str, Any]:
        """What the response's `extensions` say of it, to those who ask for that."""
        if not (self.parameters.is_cost_wanted and self.is_admitted):
            return {}
        cost: dict[str, Any] = {"requested": self.cost, "limit": MOST_COST}
        if self.remaining:
            cost["remaining"] = self.remaining.points
            cost["perSecond"] = self.remaining.per_second
        return {"cost": cost}


@dataclass(frozen=True)
class Endpoint:
    """The GraphQL endpoint. A query takes `query_seconds` at the most."""

    admission: Admission
    answering: Answering
    door: Door
    page: Page | None
    answers: Answers
    budgets: Budgets
    persisted: Persisted
    query_seconds: float

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one HTTP request."""
        head = Head(scope["headers"])
        method = scope["method"]
        is_get = method in ("GET", "HEAD")
        media_type = JSON
        try:
            if method == "GET" and self.page and b"text/html" in (head.accept or b""):
                await self.page(scope, receive, send)
                return
            if not is_get and method != "POST":
                raise HttpError(405, "Send GraphQL requests by POST or GET.", ALLOW)
            media_type = head.media_type()
            text = scope["query_string"] if is_get else await read_body(head, receive)
            # Nothing but these decides on a public answer; any credential at all is no public one.
            key = (text, is_get, media_type, head.is_gzip_wanted())
            response = self.answers.find(key) if head.authorization is None else None
            if response is None:
                async with self.admission.turn(head.authorization or _address(scope)):
                    response = await self._respond(scope, receive, head, key)
        except HttpError as error:
            response = await respond(
                error.body(), media_type, status=error.status, headers=error.headers
            )
        except Exception:
            logger.exception("A request failed")
            failed = refused(Failed())
            response = await respond(failed.body(), media_type, status=failed.status)
        await response.send(send, head, is_head=method == "HEAD")

    async def _respond(
        self, scope: Scope, receive: Receive, head: Head, key: tuple[bytes, bool, str, bool]
    ) -> Response:
        text, is_get, media_type, is_gzip_wanted = key
        parameters = of_query_string(text) if is_get else of_body(text)
        is_public = head.authorization is None and not parameters.is_cost_wanted
        try:
            with Watch(receive, self.query_seconds) as watch:
                asking = Asking(parameters, is_get, watch, _address(scope))
                generation = await self.answers.generation() if is_public else None
                answer = await self._answer(asking, head)
        except HungUpError as error:
            raise HttpError(400, "The client went away.") from error
        except Refused as refusal:
            answer = refused(refusal)
        body = answer.body()
        if extensions := asking.extensions():
            body["extensions"] = extensions
        is_public = is_public and answer.is_read and not answer.errors
        response = await respond(
            body,
            media_type,
            status=_status(body, answer, media_type),
            is_gzip_wanted=is_gzip_wanted,
            is_public=is_public and is_get,
            headers=_headers(answer.refusal),
        )
        if is_public and generation is not None:
            self.answers.keep(generation, key, len(text), response)
        return response

    async def _answer(self, asking: Asking, head: Head) -> Answer:
        given = asking.parameters
        text = self.persisted.text(given.query, given.hashes)
        asked = Asked(text, given.operation_name, given.variables, asking.is_read_only)
        authorization = head.authorization.decode("latin-1") if head.authorization else None
        for _ in range(2):
            viewer = await self.door.viewer(authorization, asking.address)
            try:
                return await self.answering.answer(asked, viewer, self._admit(asking, viewer, text))
            except MovedError:
                continue
        raise Unauthenticated

    def _admit(self, asking: Asking, viewer: Viewer, text: str) -> Admit:
        def admit(kind: OperationType, measure: Measure) -> None:
            asking.remaining = self.budgets.charge(viewer, asking.address, measure.cost)
            asking.cost = measure.cost
            asking.is_admitted = True
            asking.watch.is_kept = kind is OperationType.MUTATION
            if kind is not OperationType.MUTATION or not may_name_people(text):
                self.persisted.meet(text)  # what comes as far as this is valid

        return admit


def _address(scope: Scope) -> str:
    found: str = (scope.get("client") or ("",))[0]
    return found


def _status(body: dict[str, Any], answer: Answer, media_type: str) -> int:
    """The status of an answer to a well-formed request.

    In plain application/json, which proxies answer in too, that is 200 even where the document
    is refused; but not where somebody between may do better than to pass it on.
    """
    if media_type == GRAPHQL_JSON:
        return PARTIAL_SUCCESS if "data" in body and "errors" in body else answer.status
    return answer.status if answer.status in (401, 405, 429, 503) else 200


def _headers(refusal: Refused | None) -> tuple[tuple[bytes, bytes], ...]:
    if isinstance(refusal, Unauthenticated):
        return ((b"www-authenticate", b"Bearer"),)
    if isinstance(refusal, Unavailable):
        return ((b"retry-after", RETRY_SECONDS),)
    if isinstance(refusal, TooMany):
        return ((b"retry-after", str(refusal.seconds).encode()),)
    if isinstance(refusal, NotByGet):
        return ((b"allow", b"POST"),)
    return ()
