"""HTTP: attacks on the way in, and what must come of each."""

import json
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio
from hypothesis import given
from hypothesis import strategies as st

from api.app import make_app
from api.http.allowed import Allowed, allowed
from api.http.errors import HttpError
from api.http.requests import of_body
from api.settings import Settings
from tests.api.http.talking import talking
from tests.conftest import GRAPHQL_JSON, OXFORD, Copy, Hearth, lifespan

OFFICER = f"council:{OXFORD}"
WHO = {"query": "{ viewer { audience } }"}
JSON = {"content-type": "application/json"}
LISTED = "https://app.example"
STRANGER = "https://stranger.example"


@pytest_asyncio.fixture
async def strict(copy: Copy, hearth: Hearth, home: Path) -> AsyncIterator[Hearth]:
    """The service with names, an origin and a proxy of its own, and a budget for strangers."""
    settings = Settings(
        home=home,
        development=True,
        hosts="hearth,*.council.example",
        origins=f"{LISTED}, https://other.example:8443",
        proxies="10.0.0.0/8, 192.0.2.7",
        public_budget=1,
    )
    app: Any = make_app(settings, copy.url)
    transport = httpx.ASGITransport(app=app, client=("10.1.2.3", 1))
    async with (
        lifespan(app.app),
        httpx.AsyncClient(transport=transport, base_url="http://hearth") as client,
    ):
        yield Hearth(app, app.app, copy, hearth.issuer, client)


async def _post(
    hearth: Hearth, who: str = "public", body: Any = WHO, **headers: str
) -> httpx.Response:
    token = await hearth.token(who)
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    given |= {"authorization": f"Bearer {token}"} if token else {}
    return await hearth.client.post("/graphql", json=body, headers=given)


async def test_any_page_may_ask_without_a_credential(strict: Hearth) -> None:
    for origin in (LISTED, STRANGER, "null"):
        response = await _post(strict, origin=origin)
        assert response.status_code == 200
        assert response.headers["access-control-allow-origin"] == "*"
        assert "access-control-allow-credentials" not in response.headers


async def test_with_a_credential_only_pages_of_listed_origins_may_ask(strict: Hearth) -> None:
    for origin in (LISTED, "https://other.example:8443"):
        response = await _post(strict, OFFICER, origin=origin)
        assert response.status_code == 200
        assert response.headers["access-control-allow-origin"] == origin
        assert "origin" in response.headers.get_list("vary", split_commas=True)
        assert "access-control-allow-credentials" not in response.headers
    for origin in (
        STRANGER,
        "null",
        "",
        "http://app.example",
        "https://app.example:444",
        "https://app.example.stranger.example",
        "https://app.example@stranger.example",
        "HTTPS://APP.EXAMPLE",
    ):
        response = await _post(strict, OFFICER, origin=origin)
        assert response.status_code == 403, origin
        assert "access-control-allow-origin" not in response.headers
        assert response.json()["errors"][0]["extensions"]["code"] == "FORBIDDEN"
    # Our own page, and whatever is no page at all.
    assert (await _post(strict, OFFICER, origin="http://hearth")).status_code == 200
    assert (await _post(strict, OFFICER)).status_code == 200


async def test_a_preflight_lets_a_credential_through_for_listed_origins_alone(
    strict: Hearth,
) -> None:
    async def preflight(origin: str, asks_for: str) -> httpx.Headers:
        headers = {
            "origin": origin,
            "access-control-request-method": "POST",
            "access-control-request-headers": asks_for,
        }
        response = await strict.client.options("/graphql", headers=headers)
        assert response.status_code == 204
        assert "access-control-allow-credentials" not in response.headers
        return response.headers

    found = await preflight(STRANGER, "content-type")
    assert found["access-control-allow-origin"] == "*"
    assert "authorization" not in found["access-control-allow-headers"]
    for asks_for in ("authorization", "Content-Type, Authorization"):
        found = await preflight(LISTED, asks_for)
        assert found["access-control-allow-origin"] == LISTED
        assert "authorization" in found["access-control-allow-headers"]
        for origin in (STRANGER, "null"):
            assert "access-control-allow-origin" not in await preflight(origin, asks_for)


async def test_a_socket_takes_credentials_from_listed_origins_alone(strict: Hearth) -> None:
    token = await strict.token(OFFICER)
    for origin, is_let_in in ((LISTED, True), (STRANGER, False), ("null", False)):
        async with talking(strict, origin=origin) as talk:
            assert ((await talk.begin(token)) is not None) == is_let_in
        async with talking(strict, origin=origin) as talk:
            assert (await talk.begin())["type"] == "connection_ack"
        header = {"authorization": f"Bearer {token}", "origin": origin}
        async with talking(strict, **header) as talk:
            assert (talk.code is None) == is_let_in


@pytest.mark.parametrize("origins", ["*", "null", "https://a.example/", "a.example", "HTTPS://A"])
def test_an_origin_that_is_none_is_not_set(origins: str) -> None:
    with pytest.raises(ValueError, match="no origin as browsers send it"):
        Settings(origins=origins)


async def test_host_names_that_are_not_ours_are_refused(strict: Hearth) -> None:
    for host in ("hearth", "HEARTH:8000", "hearth.", "oxford.council.example"):
        assert (await _post(strict, host=host)).status_code == 200, host
    for host in (
        "stranger.example",
        "hearth.stranger.example",
        "council.example",
        "xcouncil.example",
        "",
        "hearth@stranger.example",
        "127.0.0.1",
        "[::1]:8000",
    ):
        response = await _post(strict, host=host)
        assert response.status_code == 400, host
        assert "HEARTH_HOSTS" in response.json()["errors"][0]["message"]
        assert response.headers["x-content-type-options"] == "nosniff"
    twice = [(b"host", b"hearth"), (b"host", b"stranger.example")]
    request = strict.client.build_request("POST", "/graphql", json=WHO)
    request.headers = httpx.Headers([*request.headers.raw, *twice[1:]])
    assert (await strict.client.send(request)).status_code == 400
    assert (await strict.client.get("/health/live", headers={"host": "a"})).status_code == 200
    async with talking(strict, host="stranger.example") as talk:
        assert talk.code == 1008


def test_unless_told_the_service_answers_to_this_machine_alone() -> None:
    found = allowed(Settings(host="hearth.local", public_url="https://hearth.example/"))
    for host in (b"localhost:8000", b"127.0.0.1", b"[::1]", b"hearth.local", b"hearth.example"):
        assert found.host(host)
    for host in (
        b"stranger.example",
        b"127.0.0.1:99@stranger.example",
        b"127.0.0.1:stranger",
        b"[::1]stranger",
        b"[::1",
        b"localhost..",
        b"localhost/",
    ):
        assert not found.host(host), host
    assert allowed(Settings(hosts="*")).host(b"anything")


async def test_a_proxys_word_is_taken_and_no_strangers(strict: Hearth) -> None:
    # Each address has a budget of its own; the client here is a proxy's.
    councils = "councils(first: 100) { nodes { name offers(first: 3) { totalCount } } }"
    dear = {"query": f"{{ {councils} }}", "extensions": {"cost": True}}  # so it is not kept

    async def spent(*forwarded: str) -> bool:
        request = strict.client.build_request("POST", "/graphql", json=dear)
        pairs = [(b"x-forwarded-for", each.encode()) for each in forwarded]
        request.headers = httpx.Headers([*request.headers.raw, *pairs])
        return (await strict.client.send(request)).status_code == 429

    assert [await spent("198.51.100.1") for _ in range(6)][-1]
    assert await spent("198.51.100.1, 10.9.9.9"), "through two proxies"
    assert await spent("203.0.113.9, 198.51.100.1"), "what the client itself wrote counts nothing"
    assert await spent("203.0.113.9", "198.51.100.1")
    assert not await spent("198.51.100.2")
    strict.client._transport.client = ("198.51.100.1", 1)  # type: ignore[attr-defined]
    assert await spent("203.0.113.77"), "a stranger's word is not taken"


@given(st.text(), st.lists(st.binary(max_size=40), max_size=3))
def test_rubbish_for_an_address_is_no_fault(peer: str, forwarded: list[bytes]) -> None:
    guard = allowed(Settings(proxies="10.0.0.0/8"))
    assert guard.address(peer, forwarded) == peer
    assert isinstance(guard.address("10.0.0.1", forwarded), str)


async def test_long_headers_and_addresses_are_refused(hearth: Hearth) -> None:
    long = "x" * 8193
    for headers, status in (
        ({"x-long": long}, 431),
        ({"authorization": f"Bearer {long}"}, 431),
        ({f"x-{number}": "y" * 4000 for number in range(9)}, 431),
        ({"x-fits": "x" * 8192}, 200),
    ):
        response = await hearth.client.post("/graphql", json=WHO, headers=headers)
        assert response.status_code == status
    response = await hearth.client.get("/graphql", params={"query": long})
    assert response.status_code == 414
    assert (await hearth.client.get("/" + long)).status_code == 414


REFUSED: list[tuple[str, str, dict[str, Any], int]] = [
    ("GET", "/nothing", {}, 404),
    ("GET", "/graphiql/../../etc/passwd", {}, 404),
    ("POST", "/health/live", {}, 405),
    ("PUT", "/graphql", {}, 405),
    ("POST", "/graphql", {"headers": {"content-type": "text/plain"}}, 415),
    (
        "POST",
        "/graphql",
        {"content": b"{", "headers": {"content-type": "application/json"}},
        400,
    ),
    ("POST", "/graphql", {"json": WHO, "headers": {"authorization": "Bearer x"}}, 401),
    ("POST", "/graphql", {"json": WHO, "headers": {"accept": "text/plain"}}, 406),
    ("POST", "/graphql", {"content": b" " * 2**21, "headers": JSON}, 413),
    ("POST", "/graphql", {"json": WHO, "headers": {"x-long": "x" * 9000}}, 431),
]


async def test_who_lost_their_way_is_shown_it(hearth: Hearth) -> None:
    for method, path, code, said in (
        ("GET", "/", "NOT_FOUND", "GraphQL is at /graphql"),
        ("POST", "/nothing", "NOT_FOUND", "open data are at /open-referral and /open-data/"),
        ("POST", "/health/live", "BAD_REQUEST", "by GET"),
    ):
        (error,) = (await hearth.client.request(method, path)).json()["errors"]
        assert error["extensions"]["code"] == code
        assert said in error["message"]


async def test_errors_carry_the_guards_headers_and_say_nothing_of_us(hearth: Hearth) -> None:
    for method, path, asked, status in REFUSED:
        response = await hearth.client.request(method, path, **asked)
        assert response.status_code == status
        headers = response.headers
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["content-security-policy"] == "default-src 'none'; frame-ancestors 'none'"
        assert headers["referrer-policy"] == "no-referrer"
        assert headers["strict-transport-security"].startswith("max-age=")
        assert headers["server"] == "hearth"
        said = response.text.lower()
        for word in ("traceback", "starlette", "granian", "strawberry", "python", "0.1.0"):
            assert word not in said


async def test_a_page_that_fails_says_nothing_of_its_inside(
    hearth: Hearth, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fails(*_: Any) -> None:
        raise RuntimeError("postgresql://user:password@host")

    monkeypatch.setattr(hearth.service, "pages", fails)
    response = await hearth.client.get("/health/ready")
    assert response.status_code == 500
    assert response.json()["errors"][0]["extensions"]["code"] == "INTERNAL"
    assert "password" not in response.text
    assert response.headers["x-content-type-options"] == "nosniff"


async def test_what_a_viewer_is_told_is_kept_by_no_cache(hearth: Hearth) -> None:
    for who in (OFFICER, "charity:A", "liaison", "admin"):
        assert (await _post(hearth, who)).headers["cache-control"] == "no-store"


async def test_a_range_bomb_takes_no_time(hearth: Hearth) -> None:
    whole = await hearth.client.get("/graphiql/graphiql.min.js")
    # As many as fit into a header.
    for ranges in (",".join(["0-"] * 2700), ",".join(f"{n}-{n}" for n in range(0, 3000, 2))):
        started = time.process_time()
        header = {"range": f"bytes={ranges}"[:8192].rpartition(",")[0]}
        response = await hearth.client.get("/graphiql/graphiql.min.js", headers=header)
        assert time.process_time() - started < 2
        assert response.status_code in (200, 206, 400, 416)
        assert len(response.content) <= 2 * len(whole.content)


async def test_no_form_of_a_foreign_page_is_a_request(hearth: Hearth) -> None:
    token = await hearth.token(OFFICER)
    text = json.dumps(
        {"query": "mutation { confirmOffer(id: 1, expectedVersion: 1) { __typename } }"}
    )
    for content_type in (
        "text/plain",
        "text/plain; application/json",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/json, text/plain",
        "",
    ):
        response = await hearth.client.post(
            "/graphql",
            content=text,
            headers={"content-type": content_type, "authorization": f"Bearer {token}"},
        )
        assert response.status_code == 415, content_type


DOUBLES = [
    b'{"query": "{ viewer { name } }", "query": "{ __typename }"}',
    b'{"query":"{ __typename }","variables":{"a":1,"a":2}}',
    b'{"query": "{ __typename }", "variables": {"a": [{"b": {"c": 1, "d": 2, "c": 1}}]}}',
    b'{"query": "{ __typename }", "que\\u0072y": "{ viewer { name } }"}',
    b'{"extensions": {}, "query": "{ __typename }", "extensions": {"cost": true}}',
]


async def test_a_name_that_is_given_twice_is_refused(hearth: Hearth) -> None:
    for body in DOUBLES:
        response = await hearth.client.post("/graphql", content=body, headers=JSON)
        assert response.status_code == 400, body
        assert "twice" in response.json()["errors"][0]["message"]


KEYS = st.text(alphabet='ab\\"é', max_size=2)
TREES = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.floats(-9, 9) | KEYS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(KEYS, TREES, max_size=4), st.booleans(), st.booleans())
def test_what_is_given_once_is_taken_however_it_is_written(
    variables: dict[str, Any], is_ascii: bool, is_spaced: bool
) -> None:
    given = {"query": "{ __typename }", "variables": variables}
    separators = None if is_spaced else (",", ":")
    text = json.dumps(given, ensure_ascii=is_ascii, separators=separators)
    assert of_body(text.encode()).variables == variables


@given(KEYS, TREES, TREES)
def test_what_is_given_twice_is_refused_however_it_is_written(key: str, one: Any, two: Any) -> None:
    name = json.dumps(key)
    again = json.dumps(key, ensure_ascii=False)
    inner = f"{{{name}:{json.dumps(one)},{again}:{json.dumps(two)}}}"
    with pytest.raises(HttpError, match="twice"):
        of_body(f'{{"query":"{{ a }}","variables":{{"x":[{inner}]}}}}'.encode())


def test_nobody_is_a_proxy_unless_told() -> None:
    assert Allowed().address("127.0.0.1", [b"198.51.100.1"]) == "127.0.0.1"


async def test_the_answer_says_its_type_so_that_no_browser_guesses(hearth: Hearth) -> None:
    response = await _post(hearth, accept=GRAPHQL_JSON)
    assert response.headers["content-type"] == f"{GRAPHQL_JSON}; charset=utf-8"
