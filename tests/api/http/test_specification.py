"""GraphQL over HTTP, as its specification has it and its official audit asks it."""

import json
from typing import Any

import httpx
import pytest

from api.graph.answering import Answer
from api.http import endpoint
from tests.conftest import GRAPHQL_JSON, OXFORD, Hearth

JSON = "application/json"
QUERY = "{ __typename }"
NAMED = "query Named { __typename } query Other { viewer { audience } }"
WRONG: dict[str, dict[str, Any]] = {
    "not parsed": {"query": "{"},
    "not valid": {"query": "{ nothingOfThatName }"},
    "not coerced": {"query": "query ($id: ID!) { __typename }", "variables": {"id": None}},
    "which operation": {"query": NAMED},
    "no such operation": {"query": QUERY, "operationName": "Another"},
}


async def _post(reading: Hearth, accept: str | None = GRAPHQL_JSON, **body: Any) -> httpx.Response:
    headers = {} if accept is None else {"accept": accept}
    if accept is None:
        del reading.client.headers["accept"]
    return await reading.client.post("/graphql", json=body, headers=headers)


def _type(response: httpx.Response) -> str:
    name, _, charset = response.headers["content-type"].partition("; ")
    assert charset == "charset=utf-8"
    return str(name)


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        (GRAPHQL_JSON, GRAPHQL_JSON),
        (JSON, JSON),
        ("*/*", JSON),
        ("application/*", JSON),
        (None, JSON),
        ("", JSON),
        (f"{GRAPHQL_JSON}; charset=utf-8, {JSON}; charset=utf-8", GRAPHQL_JSON),
        (f"{JSON}, {GRAPHQL_JSON}", GRAPHQL_JSON),
        (f"{JSON}, {GRAPHQL_JSON};q=0.9", JSON),
        (f"{JSON};q=0.5, {GRAPHQL_JSON};q=0.9", GRAPHQL_JSON),
        (f"{JSON};q=0.5, */*", GRAPHQL_JSON),
        (f"{JSON};q=0, */*;q=0.1", GRAPHQL_JSON),
        (f"{GRAPHQL_JSON};q=0, */*", JSON),
        ("text/html, application/xml;q=0.9, */*;q=0.8", JSON),
        ("APPLICATION/JSON ; Q=1", JSON),
        (f"{JSON};q=high, {GRAPHQL_JSON};q=0.1", GRAPHQL_JSON),
        ("text/html", 406),
        ("text/*;q=1", 406),
        (f"{JSON};q=0", 406),
        (f"{JSON}; charset=utf-16", 406),
        ("text/html" + " " * 1000, 406),
    ],
)
async def test_the_answer_comes_in_the_best_of_the_accepted_types(
    reading: Hearth, accept: str | None, expected: str | int
) -> None:
    response = await _post(reading, accept, query=QUERY)
    if expected == 406:
        assert response.status_code == 406
        assert "data" not in response.json()
    else:
        assert response.status_code == 200
        assert _type(response) == expected
        assert response.json() == {"data": {"__typename": "Query"}}


@pytest.mark.parametrize(
    ("content_type", "status"),
    [
        ("application/json", 200),
        ("Application/JSON;charset=UTF-8", 200),
        ('application/json; charset="utf-8"', 200),
        ("application/json; charset=utf-16", 415),
        ("application/json, text/plain", 415),
        ("application/graphql", 415),
        ("text/plain", 415),
        ("application/x-www-form-urlencoded", 415),
        ("multipart/form-data; boundary=b", 415),
        ("", 415),
        (None, 415),
        ("application/json;" + " " * 1000, 415),
    ],
)
async def test_a_body_says_that_it_is_json(
    reading: Hearth, content_type: str | None, status: int
) -> None:
    headers = {} if content_type is None else {"content-type": content_type}
    content = json.dumps({"query": '{ __type(name: "Räume 🏠") { name } }'}, ensure_ascii=False)
    response = await reading.client.post("/graphql", content=content.encode(), headers=headers)
    assert response.status_code == status


@pytest.mark.parametrize("accept", [JSON, GRAPHQL_JSON])
@pytest.mark.parametrize(
    "parameters",
    [
        {"query": QUERY},
        {"query": NAMED, "operationName": "Named"},
        {"query": QUERY, "operationName": None, "variables": None, "extensions": None},
        {"query": "query ($n: String!) { __type(name: $n) { name } }", "variables": {"n": "x"}},
        {"query": QUERY, "extensions": {"some": "value"}},
        {"query": QUERY, "another": "is ignored"},
    ],
    ids=str,
)
async def test_well_formed_requests_by_post_and_get(
    reading: Hearth, accept: str, parameters: dict[str, Any]
) -> None:
    posted = await _post(reading, accept, **parameters)
    # By GET, null is said by leaving a parameter out.
    given = {
        name: value if isinstance(value, str) else json.dumps(value)
        for name, value in parameters.items()
        if name != "operationName" or value is not None
    }
    got = await reading.client.get("/graphql", params=given, headers={"accept": accept})
    for response in (posted, got):
        assert response.status_code == 200
        assert _type(response) == accept
        assert response.json().keys() == {"data"}


@pytest.mark.parametrize("accept", [JSON, GRAPHQL_JSON])
@pytest.mark.parametrize(
    "parameters",
    [
        {},
        {"qeury": QUERY},
        {"query": None},
        *({"query": value} for value in ({"a": 1}, 0, False, ["a"])),
        *({"query": QUERY, "operationName": value} for value in ({"a": 1}, 0, False, ["a"])),
        *({"query": QUERY, "variables": value} for value in ("a", 0, False, ["a"])),
        *({"query": QUERY, "extensions": value} for value in ("a", 0, False, ["a"])),
    ],
    ids=str,
)
async def test_requests_that_are_not_well_formed(
    reading: Hearth, accept: str, parameters: dict[str, Any]
) -> None:
    response = await _post(reading, accept, **parameters)
    assert response.status_code == 400
    assert response.json().keys() == {"errors"}
    if isinstance(parameters.get("query"), str) and "operationName" not in parameters:
        given = {**parameters}
        for name in parameters.keys() - {"query"}:
            given[name] = json.dumps(parameters[name])
        response = await reading.client.get("/graphql", params=given, headers={"accept": accept})
        assert response.status_code == 400


@pytest.mark.parametrize(
    "query_string",
    [
        "",
        "query=",
        "operationName=Named",
        "query={__typename}&query={__typename}",
        "query={__typename}&variables={",
        "query={__typename}&variables=",
        "query={__typename}&extensions=nothing",
        "query=%ff",
        "&".join(["query={__typename}", *(f"a{n}=b" for n in range(30))]),
    ],
)
async def test_query_strings_that_hold_no_request(reading: Hearth, query_string: str) -> None:
    response = await reading.client.get(
        f"/graphql?{query_string}", headers={"accept": GRAPHQL_JSON}
    )
    assert response.status_code == 400
    assert response.json().keys() == {"errors"}


async def test_an_empty_operation_name_in_a_query_string_is_none(reading: Hearth) -> None:
    response = await reading.client.get("/graphql?query={__typename}&operationName=")
    assert response.json() == {"data": {"__typename": "Query"}}
    response = await reading.client.get("/graphql?query=query+null{__typename}&operationName=null")
    assert response.json() == {"data": {"__typename": "Query"}}


@pytest.mark.parametrize(("accept", "status"), [(JSON, 200), (GRAPHQL_JSON, 400)])
@pytest.mark.parametrize("wrong", WRONG)
async def test_request_errors(reading: Hearth, accept: str, status: int, wrong: str) -> None:
    response = await _post(reading, accept, **WRONG[wrong])
    assert response.status_code == status
    assert _type(response) == accept
    assert response.json().keys() == {"errors"}


@pytest.mark.parametrize("accept", [JSON, GRAPHQL_JSON])
@pytest.mark.parametrize("body", [b"NONSENSE", b'{"query":', b"", b"[]", b'"{ __typename }"'])
async def test_bodies_that_are_no_request(reading: Hearth, accept: str, body: bytes) -> None:
    headers = {"accept": accept, "content-type": JSON}
    response = await reading.client.post("/graphql", content=body, headers=headers)
    assert response.status_code == 400
    assert response.json().keys() == {"errors"}


@pytest.mark.parametrize(("accept", "status"), [(JSON, 200), (GRAPHQL_JSON, 294)])
async def test_data_with_errors_is_a_partial_success(
    hearth: Hearth, monkeypatch: pytest.MonkeyPatch, accept: str, status: int
) -> None:
    async def answers(*_: Any) -> Answer:
        return Answer({"a": None}, [{"message": "no", "path": ["a"]}], is_read=True)

    monkeypatch.setattr("api.graph.answering.Answering.answer", answers)
    assert endpoint.PARTIAL_SUCCESS == 294
    response = await _post(hearth, accept, query=QUERY)
    assert response.status_code == status
    response = await hearth.client.get(
        "/graphql", params={"query": QUERY}, headers={"accept": accept}
    )
    assert response.status_code == status
    assert response.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("accept", [JSON, GRAPHQL_JSON])
@pytest.mark.parametrize(
    "query", ["mutation { __typename }", 'mutation { closeOffer(id: "a") { problems { code } } }']
)
async def test_a_mutation_by_get_is_not_allowed(reading: Hearth, accept: str, query: str) -> None:
    for who in ("public", f"council:{OXFORD}"):
        token = await reading.token(who)
        headers = {"accept": accept} | ({"authorization": f"Bearer {token}"} if token else {})
        response = await reading.client.get("/graphql", params={"query": query}, headers=headers)
        if "closeOffer" in query:  # it isn't valid, which comes first
            assert response.status_code == (400 if accept == GRAPHQL_JSON else 200)
        else:
            assert response.status_code == 405
            assert response.headers["allow"] == "POST"
        assert "data" not in response.json()


async def test_which_operation_of_a_document_decides_whether_get_may_ask_it(
    reading: Hearth,
) -> None:
    query = "query Read { __typename } mutation Write { __typename }"
    for name, status in (("Read", 200), ("Write", 405)):
        response = await reading.client.get(
            "/graphql", params={"query": query, "operationName": name}
        )
        assert response.status_code == status


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "TRACE", "QUERY"])
async def test_other_methods_are_told_which_are_allowed(reading: Hearth, method: str) -> None:
    response = await reading.client.request(method, "/graphql?query={__typename}")
    assert response.status_code == 405
    assert response.headers["allow"] == "GET, HEAD, POST, OPTIONS"
    assert response.json().keys() == {"errors"}


async def test_head_is_get_without_its_body(reading: Hearth) -> None:
    for query_string in ("query={__typename}", "query={", ""):
        got = await reading.client.get(f"/graphql?{query_string}")
        head = await reading.client.head(f"/graphql?{query_string}")
        assert head.status_code == got.status_code
        assert head.content == b""
        ignored = {"x-request-id"}
        assert {k: v for k, v in head.headers.items() if k not in ignored} == {
            k: v for k, v in got.headers.items() if k not in ignored
        }
