"""The OpenAPI document is true: what it names is answered so, and nothing else is."""

import copy
from dataclasses import replace
from typing import Any

import pytest
from jsonschema import Draft202012Validator, FormatChecker

from tests.api.feeds.conftest import Feed


async def _document(feed: Feed) -> dict[str, Any]:
    return (await feed.get("/open-referral/openapi.json")).json()  # type: ignore[no-any-return]


def _closed(document: dict[str, Any]) -> dict[str, Any]:
    # The document's own schemas, where nothing may be answered that they don't name.
    found = copy.deepcopy(document["components"]["schemas"])
    for schema in found.values():
        schema["additionalProperties"] = False
    return {"components": {"schemas": found}}


def _answered(document: dict[str, Any], path: str, status: str = "200") -> dict[str, Any]:
    responses = document["paths"][path]["get"]["responses"]
    schema = responses[status]["content"]["application/json"]["schema"]
    return {**_closed(document), **schema}


def _check(answer: Any, schema: dict[str, Any]) -> None:
    validator = Draft202012Validator(schema, format_checker=FormatChecker())
    assert [f"{e.json_path}: {e.message}" for e in validator.iter_errors(answer)] == []


async def test_it_names_what_the_profile_requires(feed: Feed) -> None:
    document = await _document(feed)
    assert document["paths"].keys() == {
        "/",
        *(
            f"/{name}{each}"
            for name in (
                "organizations", "service_at_locations", "services", "taxonomies", "taxonomy_terms",
            )
            for each in ("", "/{id}")
        ),
    }  # fmt: skip
    [server] = document["servers"]
    assert (await feed.client.get(server["url"])).json()["openapi_url"].startswith(server["url"])


async def test_answers_are_as_it_says_and_hold_nothing_else(feed: Feed) -> None:
    document = await _document(feed)
    for path in document["paths"]:
        if "{id}" in path:
            continue
        answer = await feed.read(path.strip("/"))
        _check(answer, _answered(document, path))
        if path == "/":
            continue
        for each in answer["contents"]:
            one = await feed.read(f"{path.strip('/')}/{each['id']}")
            _check(one, _answered(document, path + "/{id}"))
    for parameter in ("minimal", "full"):
        answer = await feed.read("services", per_page=100, **{parameter: "true"})
        _check(answer, _answered(document, "/services"))


async def test_refusals_are_as_it_says(feed: Feed) -> None:
    document = await _document(feed)
    for path in document["paths"]:
        if path == "/":
            continue
        refused = await feed.get(f"/open-referral{path}", nonsense=1)
        expected = "404" if "{id}" in path else "400"
        assert str(refused.status_code) == expected
        _check(refused.json(), _answered(document, path, expected))


async def test_the_parameters_that_it_names_are_those_that_there_are(feed: Feed) -> None:
    document = await _document(feed)
    for path, item in document["paths"].items():
        named = sorted(each["name"] for each in item["get"].get("parameters", ()))
        if path == "/" or "{id}" in path:
            assert named == []
            continue
        refused = await feed.get(f"/open-referral{path}", nonsense=1)
        told = refused.json()["errors"][0]["message"]
        assert told.endswith(f"these are: {', '.join(named)}.")
        for each in item["get"]["parameters"]:
            schema = each["schema"]
            value = schema.get("default", schema.get("enum", [""])[0])
            answer = await feed.get(f"/open-referral{path}", **{each["name"]: value})
            is_alone = each["name"] == "proximity"  # which needs a postcode
            assert answer.status_code == (400 if is_alone else 200), each
            assert each["allowEmptyValue"]
            empty = await feed.client.get(f"/open-referral{path}?{each['name']}=")
            assert empty.status_code == 200, each
            if "maximum" in schema and not is_alone:
                together = {"minimal": "true"} if "minimal" in named else {}
                for value, status in ((schema["maximum"], 200), (schema["maximum"] + 1, 400)):
                    given = {each["name"]: value} | together
                    answer = await feed.get(f"/open-referral{path}", **given)
                    assert answer.status_code == status, given


@pytest.mark.parametrize(
    ("host", "status"), [("hearth.test", 200), ("[::1]:8000", 200), ("a/b", 400), ("a b", 400)]
)
async def test_a_host_that_is_none_is_not_repeated(feed: Feed, host: str, status: int) -> None:
    response = await feed.client.get("/open-referral", headers={"host": host})
    assert response.status_code == status
    assert (f"//{host}/" in response.text) == (status == 200)


async def test_the_operators_address_goes_before_the_requests(feed: Feed) -> None:
    feeds = replace(feed.service.feeds, public_url="https://hearth.example/")
    before, feed.service.feeds = feed.service.feeds, feeds
    try:
        answer = await feed.read("")
    finally:
        feed.service.feeds = before
    assert answer["openapi_url"] == "https://hearth.example/open-referral/openapi.json"
