"""`/graphql`: a raw ASGI endpoint. POST asks; GET asks too, for queries, or shows GraphiQL."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from graphql import OperationType
from starlette.types import Receive, Scope, Send

from api.access.keys import PREFIX, Keys
from api.access.members import Members, MovedError
from api.access.tokens import Verifier
from api.access.viewer import PUBLIC, Viewer
from api.graph.answering import Admit, Answer, Answering, Asked, refused
from api.http.admission import Lane
from api.http.answers import Answers
from api.http.budgets import Budgets, Remaining, asker_of
from api.http.errors import GRAPHQL_JSON, JSON, HttpError
from api.http.graphiql import Page
from api.http.heads import Head
from api.http.persisted import Persisted
from api.http.requests import Parameters, of_body, of_query_string, read_body
from api.http.responses import Response, headers_of, refusal, respond, same_refusal
from api.http.watching import HungUpError, Watch
from api.reading.documents import may_name_people
from api.reading.limits import MOST_COST, Measure
from schema.refusals import Failed, Refused, Unauthenticated
from schema.words import Audience

ALLOW = ((b"allow", b"GET, HEAD, POST, OPTIONS"),)
# A GraphQL response with both data and errors, by the specification's edition of September 2026.
PARTIAL_SUCCESS = 294

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Door:
    """Lets viewers in: by a token or key in the Authorization header, or as the public without."""

    keys: Keys
    members: Members
    verifier: Verifier

    def asker(self, authorization: bytes | None, address: str) -> tuple[str, Audience]:
        """Who seems to ask, by name and audience, before anything is checked.

        A credential that was not good here before says nothing: whoever sends one is a stranger,
        and one apart from those at their address who send none.
        """
        if authorization is None:
            return asker_of(None, address), Audience.PUBLIC
        token = _token(authorization.decode("latin-1")) or ""
        is_key = token.startswith(PREFIX)
        subject = self.keys.known(token, address) if is_key else self.verifier.known(token)
        if subject is None:
            return f"?{address}", Audience.PUBLIC
        return asker_of(subject, address), self.members.audience(subject)

    async def viewer(self, authorization: str | None, address: str) -> Viewer:
        """Who asks, from `address`; raises Unauthenticated for any credential that isn't good."""
        if not authorization:
            return PUBLIC
        token = _token(authorization)
        if token is None:
            raise Unauthenticated
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

    answering: Answering
    door: Door
    page: Page | None
    answers: Answers
    budgets: Budgets
    lanes: Mapping[Audience, Lane]
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
            asker, audience = self.door.asker(head.authorization, _address(scope))
            lane = self.lanes[audience]
            may_be_kept = head.authorization is None and self.answers.size > 0
            # To give an answer that is kept costs no more than to refuse it.
            if not may_be_kept and (full := await lane.refused(asker)):
                await same_refusal(full, media_type).send(send, head, is_head=method == "HEAD")
                return
            text = scope["query_string"] if is_get else await read_body(head, receive)
            # Nothing but these decides on a public answer; any credential at all is no public one.
            key = (text, is_get, media_type, head.is_gzip_wanted())
            response = self.answers.find(key) if may_be_kept else None
            if response is None:
                async with lane.turn(asker):
                    response = await self._respond(scope, receive, head, key)
        except HttpError as error:
            response = refusal(error, media_type)
        except Exception:
            logger.exception("A request failed")
            response = refusal(Failed(), media_type)
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
        except Refused as error:
            answer = refused(error)
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
            headers=headers_of(answer.refusal),
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


def _token(authorization: str) -> str | None:
    scheme, _, token = authorization.partition(" ")
    return token.strip() if scheme.lower() == "bearer" else None


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
