"""A GraphQL request out of an HTTP request; whatever is wrong with it is said, and cheap."""

import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

import orjson
from starlette.types import Receive

from api.http.errors import JSON, HttpError
from api.http.heads import Head
from api.http.watching import Deadline

BODY_SECONDS = 10.0
LARGEST_BODY = 1024 * 1024
PARAMETERS = ("query", "documentId", "operationName", "variables", "extensions")


@dataclass(frozen=True)
class Parameters:
    """The parameters of a GraphQL request; at least one of `query` and `hashes` is there.

    `hashes` are the SHA-256 hashes (64 lower-case hexadecimal digits) that the document is named
    by: its document identifier, and what automatic persisted queries send.
    """

    query: str | None
    hashes: frozenset[str]
    operation_name: str | None
    variables: dict[str, Any]
    is_cost_wanted: bool


async def read_body(head: Head, receive: Receive) -> bytes:
    """The body, up to 1 MiB; more is refused before it is read, or as soon as it is too much."""
    if not head.is_json():
        raise HttpError(415, f"Send the request as {JSON}, in UTF-8.")
    if head.content_encoding not in (None, b"identity"):
        raise HttpError(415, "Send the request uncompressed.")
    declared = head.content_length
    if declared is not None and not declared.isdigit():
        raise HttpError(400, "Content-Length is not a number.")
    length = -1 if declared is None else int(declared)
    if length > LARGEST_BODY:
        raise _too_large()
    # Whoever sends a byte now and then would hold one of the server's few places for ever.
    with Deadline(BODY_SECONDS, _late):
        return await _received(receive, length)


async def _received(receive: Receive, length: int) -> bytes:
    chunks: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise HttpError(400, "The client went away.")
        chunk = message.get("body", b"")
        size += len(chunk)
        if size > LARGEST_BODY:
            raise _too_large()
        # The server may say only later, at the cost of another turn of the loop, that it was all.
        if size == length or not message.get("more_body"):
            return b"".join((*chunks, chunk)) if chunks else bytes(chunk)
        chunks.append(chunk)


def _late() -> HttpError:
    message = f"The body did not come within {BODY_SECONDS:g} s."
    return HttpError(408, message, ((b"connection", b"close"),))


def _too_large() -> HttpError:
    return HttpError(413, f"The request is larger than {LARGEST_BODY} bytes; send less.")


def of_body(body: bytes) -> Parameters:
    """The GraphQL request in a POST's body."""
    found = _json(body, "The body")
    if not isinstance(found, dict):
        raise HttpError(400, 'The body must be one JSON object with "query"; batches are refused.')
    return _parameters(found)


def of_query_string(query_string: bytes) -> Parameters:
    """The GraphQL request in a GET's query string; variables and extensions are JSON in it."""
    try:
        pairs = parse_qsl(
            query_string.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=20
        )
    except ValueError as error:
        raise HttpError(400, "The query string is not URL-encoded UTF-8.") from error
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in PARAMETERS and name in found:
            raise HttpError(400, f'"{name}" is given twice.')
        found[name] = value
    for name in ("variables", "extensions"):
        if name in found:
            found[name] = _json(found[name], f'"{name}"')
    if found.get("operationName") == "":
        del found["operationName"]
    return _parameters(found)


def _json(text: str | bytes, what: str) -> Any:
    try:
        found = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise HttpError(400, f"{what} is not JSON: {error}.") from error
    # Of a name that is given twice, whoever reads along may take the other one. What is written
    # as we would write it can have none; the rest is read once more.
    if orjson.dumps(found) != (text if isinstance(text, bytes) else text.encode()):
        try:
            json.loads(text, object_pairs_hook=_once)
        except _TwiceError as error:
            raise HttpError(400, f"{what} gives {error.args[0][:100]!r} twice.") from error
        except (ValueError, RecursionError) as error:
            raise HttpError(400, f"{what} is nested too deeply, or has odd numbers.") from error
    return found


class _TwiceError(Exception):
    """A name is given twice in one object."""


def _once(pairs: list[tuple[str, Any]]) -> None:
    names = set()
    for name, _ in pairs:
        if name in names:
            raise _TwiceError(name)
        names.add(name)


def _parameters(found: dict[str, Any]) -> Parameters:
    query, name = found.get("query"), found.get("operationName")
    variables, extensions = found.get("variables"), found.get("extensions")
    if query is not None and not isinstance(query, str):
        raise HttpError(400, '"query" must be a string that holds a GraphQL document.')
    if name is not None and not isinstance(name, str):
        raise HttpError(400, '"operationName" must be a string or null.')
    if variables is not None and not isinstance(variables, dict):
        raise HttpError(400, '"variables" must be an object or null.')
    if extensions is not None and not isinstance(extensions, dict):
        raise HttpError(400, '"extensions" must be an object or null.')
    extensions = extensions or {}
    hashes = _hashes(found.get("documentId"), extensions.get("persistedQuery"))
    if query is None and not hashes:
        raise HttpError(400, 'Send a GraphQL document as "query", or its hash as "documentId".')
    return Parameters(query, hashes, name, variables or {}, extensions.get("cost") is True)


def _hashes(document_id: object, persisted: object) -> frozenset[str]:
    found: list[object] = []
    if document_id is not None:
        if not isinstance(document_id, str) or not document_id.startswith("sha256:"):
            raise HttpError(400, '"documentId" must be "sha256:" and the hash of the document.')
        found.append(document_id.removeprefix("sha256:"))
    if persisted is not None:
        if not isinstance(persisted, dict) or persisted.get("version") != 1:
            raise HttpError(400, '"persistedQuery" must have version 1 and a sha256Hash.')
        found.append(persisted.get("sha256Hash"))
    for each in found:
        if not isinstance(each, str) or len(each) != 64 or set(each) - set("0123456789abcdef"):
            raise HttpError(400, "A hash is not 64 lower-case hexadecimal digits.")
    return frozenset(str(each) for each in found)
