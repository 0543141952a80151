"""A GraphQL request out of an HTTP request; whatever is wrong with it is said, and cheap."""

from dataclasses import dataclass
from typing import Any

import orjson
from starlette.datastructures import Headers
from starlette.types import Receive

from api.graph.answering import Asked

LARGEST_BODY = 1024 * 1024
GRAPHQL_JSON = "application/graphql-response+json"
JSON = "application/json"


@dataclass(frozen=True)
class HttpError(Exception):
    """An answer of HTTP's own; `headers` go with it."""

    status: int
    message: str
    headers: tuple[tuple[bytes, bytes], ...] = ()
    code: str = "BAD_REQUEST"

    def body(self) -> dict[str, Any]:
        """The answer in GraphQL's one shape of errors."""
        return {"errors": [{"message": self.message, "extensions": {"code": self.code}}]}


async def read_body(headers: Headers, receive: Receive) -> bytes:
    """The body, up to 1 MiB; more is refused before it is read, or as soon as it is too much."""
    too_large = HttpError(413, f"The request is larger than {LARGEST_BODY} bytes; send less.")
    declared = headers.get("content-length", "0")
    if not declared.isdigit():
        raise HttpError(400, "Content-Length is not a number.")
    if int(declared) > LARGEST_BODY:
        raise too_large
    chunks: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise HttpError(400, "The client went away.")
        chunk = message.get("body", b"")
        size += len(chunk)
        if size > LARGEST_BODY:
            raise too_large
        chunks.append(chunk)
        if not message.get("more_body"):
            return b"".join(chunks)


def asked_of(headers: Headers, body: bytes) -> Asked:
    """The GraphQL request in a POST's body."""
    media_type, _, parameters = headers.get("content-type", "").lower().partition(";")
    if media_type.strip() != JSON:
        raise HttpError(415, f"Send the request as {JSON}.")
    if "charset" in parameters and "utf-8" not in parameters:
        raise HttpError(415, "Send the request in UTF-8.")
    if headers.get("content-encoding", "identity") != "identity":
        raise HttpError(415, "Send the request uncompressed.")
    try:
        found = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise HttpError(400, f"The body is not JSON: {error}.") from error
    if not isinstance(found, dict):
        raise HttpError(400, 'The body must be one JSON object with "query"; batches are refused.')
    return _asked(found.get("query"), found.get("operationName"), found.get("variables"))


def _asked(query: object, operation_name: object, variables: object) -> Asked:
    if not isinstance(query, str):
        raise HttpError(400, '"query" must be a string that holds a GraphQL document.')
    if operation_name is not None and not isinstance(operation_name, str):
        raise HttpError(400, '"operationName" must be a string or null.')
    if variables is not None and not isinstance(variables, dict):
        raise HttpError(400, '"variables" must be an object or null.')
    return Asked(query, operation_name, variables or {})


def response_type(headers: Headers) -> str:
    """The media type to answer in, by the Accept header; what can't be met gets 406."""
    accept = headers.get("accept", "*/*").lower()
    offers = [part.partition(";")[0].strip() for part in accept.split(",")]
    if GRAPHQL_JSON in offers:
        return GRAPHQL_JSON
    if any(offer in (JSON, "application/*", "*/*", "") for offer in offers):
        return JSON
    raise HttpError(406, f"This endpoint answers in {GRAPHQL_JSON} or {JSON}.")
