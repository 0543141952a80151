"""HTTP: what is refused, with which status, and what every response carries."""

import asyncio
import gzip
import json
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from api.app import make_app
from api.reading.limits import MOST_FIELDS
from api.settings import Settings
from api.store.migrating import head
from tests.conftest import GRAPHQL_JSON, OXFORD, Copy, Hearth

QUERY = b'{"query": "{ viewer { audience } }"}'
JSON = {"content-type": "application/json"}


async def _post(hearth: Hearth, content: bytes, **headers: str) -> httpx.Response:
    given = {**JSON, **{name.replace("_", "-"): value for name, value in headers.items()}}
    return await hearth.client.post("/graphql", content=content, headers=given)


@pytest.mark.parametrize(
    ("content", "headers", "status"),
    [
        (QUERY, {}, 200),
        (QUERY, {"accept": "text/plain"}, 406),
        (QUERY, {"content_type": "text/plain"}, 415),
        (QUERY, {"content_type": "application/x-www-form-urlencoded"}, 415),
        (gzip.compress(QUERY, mtime=0), {"content_encoding": "gzip"}, 415),
        (b"[" + QUERY + b"]", {}, 400),
        (b"{", {}, 400),
        (b'{"query": "\xff"}', {}, 400),
        (b'{"query": "{a}", "variables": {"n": NaN}}', {}, 400),
        (b'{"query": "{a}", "variables": {"n": Infinity}}', {}, 400),
        (b'{"query": ' + b"[" * 100_000, {}, 400),
        (b'{"query": "{a}", "variables": {"n": ' + b"[" * 9**5 + b"]" * 9**5 + b"}}", {}, 400),
        (QUERY, {"content_type": "multipart/form-data; boundary=b"}, 415),
        (QUERY, {"content_type": "application/json; charset=utf-16"}, 415),
        (QUERY, {"accept": "text/html"}, 406),
        (QUERY, {"content_encoding": "deflate"}, 415),
        (b"", {}, 400),
        (b'{"query": 7}', {}, 400),
        (b'{"query": "{a}", "variables": []}', {}, 400),
        (b'{"query": "' + b" " * 1_100_000 + b'"}', {}, 413),
    ],
    ids=lambda value: str(value)[:30],
)
async def test_requests_that_are_not_graphql(
    hearth: Hearth, content: bytes, headers: dict[str, str], status: int
) -> None:
    response = await _post(hearth, content, **headers)
    assert response.status_code == status
    assert ("errors" in response.json()) == (status != 200)


async def test_a_body_without_a_length_is_capped_too(hearth: Hearth) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(20):
            yield b" " * 100_000

    response = await hearth.client.post("/graphql", content=chunks(), headers=JSON)
    assert response.status_code == 413


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
async def test_other_methods(hearth: Hearth, method: str) -> None:
    response = await hearth.client.request(method, "/graphql?query={viewer{name}}")
    assert response.status_code == 405
    assert response.headers["allow"] == "GET, HEAD, POST, OPTIONS"


async def test_graphiql_in_a_browser(hearth: Hearth) -> None:
    response = await hearth.client.get("/graphql", headers={"accept": "text/html"})
    assert response.status_code == 200
    for name in ("start.js", "first-queries.json", "graphiql.min.js", "graphiql.min.css"):
        assert (await hearth.client.get(f"/graphiql/{name}")).status_code == 200
    assert (await hearth.client.get("/graphiql/../app.py")).status_code == 404
    tabs = (await hearth.client.get("/graphiql/first-queries.json")).json()
    assert len(tabs) == 3


@pytest.fixture
async def public_service(copy: Copy, home: Path) -> AsyncIterator[httpx.AsyncClient]:
    """The service as it is outside development."""
    app = make_app(Settings(home=home, development=False, hosts="hearth"), copy.url)
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://hearth") as client:
        yield client


async def test_outside_development_there_is_no_graphiql(public_service: httpx.AsyncClient) -> None:
    response = await public_service.get("/graphql", headers={"accept": "text/html"})
    assert response.status_code == 406
    assert (await public_service.get("/graphiql/start.js")).status_code == 404


async def test_outside_development_strangers_cannot_introspect(
    public_service: httpx.AsyncClient,
) -> None:
    query = "{ __schema { types { name } } }"
    response = await public_service.post("/graphql", json={"query": query})
    assert response.json()["errors"][0]["extensions"]["code"] == "FORBIDDEN"


async def test_a_mutation_over_get_does_nothing(hearth: Hearth) -> None:
    token = await hearth.token(f"council:{OXFORD}")
    mutation = """mutation { createOffer(
      input: { kind: "hosting", title: "Room", placesTotal: 1 }) { offer { id } } }"""
    response = await hearth.client.get(
        "/graphql", params={"query": mutation}, headers={"authorization": f"Bearer {token}"}
    )
    assert response.status_code == 405
    owner = await hearth.owner()
    assert await owner.fetchval("SELECT count(*) FROM offer") == 0
    await owner.close()


@pytest.mark.parametrize("path", ["/graphql", "/health/live", "/health/ready", "/nothing"])
async def test_every_response_is_guarded(hearth: Hearth, path: str) -> None:
    for method in ("GET", "POST", "PUT", "HEAD", "OPTIONS"):
        response = await hearth.client.request(
            method, path, headers={"x-request-id": "call-7", "origin": "https://charity.example"}
        )
        assert response.headers["x-content-type-options"] == "nosniff"
        assert response.headers["content-security-policy"].startswith("default-src 'none'")
        assert response.headers["referrer-policy"] == "no-referrer"
        assert "max-age=" in response.headers["strict-transport-security"]
        assert response.headers["x-request-id"] == "call-7"
        assert response.headers["access-control-allow-origin"] == "*"
        assert "access-control-allow-credentials" not in response.headers


async def test_health_answers_head_and_options(hearth: Hearth) -> None:
    head = await hearth.client.head("/health/live")
    assert (head.status_code, head.content) == (200, b"")
    for path, allowed in (
        ("/graphql", "GET, HEAD, POST, OPTIONS"),
        ("/health/live", "GET, HEAD, OPTIONS"),
    ):
        options = await hearth.client.options(path)
        assert (options.status_code, options.content) == (204, b"")
        assert options.headers["allow"] == allowed


@pytest.mark.parametrize(
    ("given", "is_echoed"),
    [
        ("call-7", True),
        ("a" * 64, True),
        ("a" * 65, False),
        ("", False),
        ("no spaces", False),
        ("under_score", False),
        ("x\r\nset-cookie: a=b", False),
        ("x\n", False),
    ],
)
async def test_a_request_id_is_echoed_only_if_it_is_harmless(
    hearth: Hearth, given: str, is_echoed: bool
) -> None:
    response = await hearth.client.get("/health/live", headers=[(b"x-request-id", given.encode())])
    assert (response.headers["x-request-id"] == given) == is_echoed
    assert response.headers["x-request-id"]
    assert "set-cookie" not in response.headers


async def test_a_failure_shows_nothing_of_its_inside(
    hearth: Hearth, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def fails(*_: Any) -> None:
        raise RuntimeError("postgresql://user:password@host")

    monkeypatch.setattr("api.graph.answering.Answering.answer", fails)
    response = await _post(hearth, QUERY)
    assert response.status_code == 500
    assert response.json()["errors"][0]["extensions"]["code"] == "INTERNAL"
    assert "password" not in response.text
    assert "Traceback" not in response.text
    assert "password" in caplog.text


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("{ nope }", "BAD_REQUEST"),
        ("{ viewer { name }", "BAD_REQUEST"),
        ("query A { viewer { name } } query B { viewer { name } }", "BAD_REQUEST"),
        ("{ ...A } fragment A on Query { ...A }", "BAD_REQUEST"),
        ("subscription { availabilityChanged { offerId } }", "BAD_REQUEST"),
        ("{ viewer { name " + "@x" * 500 + "} }", "TOO_COSTLY"),
        ("{ viewer { name " + "@x" * 40 + "} }", "BAD_REQUEST"),
        ("{ " + " ".join(f"a{n}: __typename" for n in range(1000)) + " }", "BAD_REQUEST"),
        ("{ council(gssCode: 1) " + "{ upperTier " * 300 + "{ name }" + " }" * 301, "BAD_REQUEST"),
        ("{ councils(filter: " + "[" * 2000 + "]" * 2000 + ") { totalCount } }", "BAD_REQUEST"),
        (" ".join(f"query Q{n} {{ __typename }}" for n in range(50)), "BAD_REQUEST"),
        ("{ " + " ".join(f"a{n}: viewer {{ name }}" for n in range(400)) + " }", "TOO_COSTLY"),
        ("{ viewer { " + "name " * (MOST_FIELDS + 1) + "} }", "TOO_COSTLY"),
        ("{ council(gssCode: 1) " + "{ upperTier " * 20 + "{ name }" + " }" * 20 + "}", "TOO_DEEP"),
        (
            "{ councils(first: 100) { nodes { offers(first: 100) { nodes { council {"
            " offers(first: 100) { nodes { id } } } } } } } }",
            "TOO_COSTLY",
        ),
    ],
    ids=lambda value: str(value)[:40],
)
async def test_documents_that_are_refused(hearth: Hearth, query: str, code: str) -> None:
    # Before any SQL: with the database away, that would be answered by 503.
    hearth.service.database.url = "postgresql://nobody@127.0.0.1:1/nothing"
    response = await hearth.post(query)
    assert response.status_code == 400
    assert response.headers["content-type"].startswith(GRAPHQL_JSON)
    body = response.json()
    assert "data" not in body
    assert len(body["errors"]) <= 5
    assert body["errors"][0]["extensions"]["code"] == code


async def test_a_fragment_bomb_costs_nothing(hearth: Hearth) -> None:
    parts = [f"fragment F{n} on Council {{ gssCode ...F{n + 1} ...F{n + 1} }}" for n in range(200)]
    bomb = " ".join(["{ councils { nodes { ...F0 } } }", *parts])
    bomb += " fragment F200 on Council { name }"
    hearth.service.database.url = "postgresql://nobody@127.0.0.1:1/nothing"
    started = time.monotonic()
    assert await hearth.code(bomb) == "TOO_COSTLY"
    assert time.monotonic() - started < 20, "exponential work would take for ever"


async def test_introspection_works_in_development(hearth: Hearth) -> None:
    query = "query ($n: String!) { __type(name: $n) { name } __schema { queryType { name } } }"
    found = await hearth.data(query, {"n": "Offer"})
    assert found == {"__type": {"name": "Offer"}, "__schema": {"queryType": {"name": "Query"}}}


async def test_in_plain_json_a_refused_document_has_status_200(hearth: Hearth) -> None:
    content = json.dumps({"query": "{ nope }"}).encode()
    response = await _post(hearth, content, accept="application/json")
    assert response.status_code == 200
    assert response.json()["errors"]


async def test_without_its_database_the_service_says_so(hearth: Hearth) -> None:
    hearth.service.database.url = "postgresql://nobody@127.0.0.1:1/nothing"
    response = await hearth.post("{ routes { code } }")
    assert response.status_code == 503
    assert response.headers["retry-after"]
    assert (await hearth.client.get("/health/ready")).status_code == 503
    assert (await hearth.client.get("/health/live")).status_code == 200


async def test_a_schema_that_moved_on_leaves_it_ready_and_an_older_one_does_not(
    hearth: Hearth,
) -> None:
    await hearth.service.listener.is_listening.wait()
    owner = await hearth.owner()
    for revision, status in (("0000newer000", 200), ("d3a97c5e10b6", 503), (head(), 200)):
        await owner.execute("UPDATE alembic_version SET version_num = $1", revision)
        assert (await hearth.client.get("/health/ready")).status_code == status
    await owner.close()


async def test_a_body_that_dribbles_is_given_up(
    hearth: Hearth, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.http.requests.BODY_SECONDS", 0.05)

    async def dribble() -> AsyncIterator[bytes]:
        yield b"{"
        await asyncio.sleep(5)
        yield b"}"

    response = await hearth.client.post("/graphql", content=dribble(), headers=JSON)
    assert response.status_code == 408
