"""Open Referral UK: valid by the profile, the same for everybody, and nothing but what is open."""

import asyncio
import json
import uuid
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator, FormatChecker

from api.feeds.ids import NAMESPACE, id_of, id_within, other_side
from api.http.budgets import Budgets
from tests.api.feeds.conftest import Feed
from tests.conftest import CAMBRIDGE, OXFORD, Hearth
from tests.waiting import PATIENCE

PROFILE = json.loads(Path(__file__).with_name("profile.json").read_text("utf-8"))
# What each list holds, by the profile's name for it.
THINGS = {
    "organizations": "organization",
    "service_at_locations": "service_at_location",
    "services": "service",
    "taxonomies": "taxonomy",
    "taxonomy_terms": "taxonomy_term",
}
OFFICER = f"council:{OXFORD}"
SERVICES = "/open-referral/services"
HOLD = """
UPDATE offer SET held = 2, holds_end_at = clock_timestamp() + interval '1 hour' WHERE id = $1
"""


def _is(name: str, document: Any) -> None:
    schema = {**PROFILE, "$ref": f"#/$defs/{name}"}
    validator = Draft202012Validator(schema, format_checker=FormatChecker())
    errors = [f"{error.json_path}: {error.message}" for error in validator.iter_errors(document)]
    assert errors == []


def _objects(document: Any) -> Iterator[dict[str, Any]]:
    if isinstance(document, dict):
        yield document
    parts = document.values() if isinstance(document, dict) else document
    if isinstance(document, dict | list):
        for part in parts:
            yield from _objects(part)


async def test_the_feed_says_what_it_is(feed: Feed) -> None:
    for path in ("", "/"):
        response = await feed.get(f"/open-referral{path}")
        _is("details", response.json())
        assert response.json()["version"] == "HSDS-UK-3.0"
    assert (await feed.client.get(response.json()["openapi_url"])).json()["openapi"] == "3.1.0"


@pytest.mark.parametrize("path", THINGS)
async def test_every_page_and_everything_on_it_is_valid_by_the_profile(
    feed: Feed, path: str
) -> None:
    page = await feed.read(path)
    _is("page", page)
    assert not page["empty"]  # a validator fails a feed without anything
    for each in await feed.all(path):
        _is(THINGS[path], each)


@pytest.mark.parametrize("path", THINGS)
async def test_everything_whole_is_valid_by_the_profile(feed: Feed, path: str) -> None:
    full = {"full": "true"} if path in ("services", "service_at_locations") else {}
    for each in (await feed.read(path, per_page=25, **full))["contents"]:
        whole = await feed.read(f"{path}/{each['id']}")
        _is(THINGS[path], whole)
        assert whole == each if full else whole.items() >= each.items()


async def test_capacities_are_valid_and_are_the_places_left(feed: Feed) -> None:
    rows = await feed.owner.fetch("SELECT id, places_left FROM open_offer")
    found = {}
    for each in await feed.all("services"):
        [capacity] = each["capacities"]
        _is("service_capacity", capacity)
        assert capacity["unit"]["name"] == "Person"
        found[uuid.UUID(each["id"])] = capacity["available"]
    assert found == {row["id"]: row["places_left"] for row in rows}


async def test_ids_tell_everything_apart_and_lead_on(feed: Feed) -> None:
    services = await feed.all("services", full="true")
    terms = {each["id"]: each for each in await feed.all("taxonomy_terms")}
    councils = {each["id"] for each in await feed.all("organizations")}
    places = {each["id"]: each["service_id"] for each in await feed.all("service_at_locations")}
    seen: dict[str, dict[str, Any]] = {}
    for each in (part for service in services for part in _objects(service)):
        assert seen.setdefault(each["id"], each) == each
    for service in services:
        assert service["organization_id"] in councils
        [place] = service["service_at_locations"]
        assert places[place["id"]] == service["id"]
        for attribute in service["attributes"]:
            assert attribute["taxonomy_term"] == terms[attribute["taxonomy_term_id"]]


async def test_nothing_is_sent_empty_and_no_field_is_of_a_person(feed: Feed) -> None:
    found = await feed.all("services", full="true") + await feed.all("organizations")
    fields: set[str] = set()
    for each in (part for one in found for part in _objects(one)):
        assert all(value not in (None, "", [], {}) for value in each.values())
        fields |= each.keys()
    assert not fields & {"addresses", "contacts", "email", "maximum", "phones"}


async def test_eligibility_is_told_in_the_routes_own_words(feed: Feed) -> None:
    rows = await feed.owner.fetch("SELECT name, summary FROM route")
    summaries = {row["name"]: row["summary"] for row in rows}
    for service in await feed.all("services", full="true"):
        said = service["eligibility_description"]
        named = [
            each["taxonomy_term"]["name"]
            for each in service["attributes"]
            if each["link_type"] == "eligibility"
        ]
        assert all(f"{name}: {summaries[name]}" in said for name in named)
        assert named or said.startswith("For people on any visa or resettlement route.")
        assert (service.get("minimum_age") == 18) == ("Adults only." in said)


@given(st.uuids(), st.text())
def test_ids_are_of_version_5(owner: uuid.UUID, part: str) -> None:
    text = part.encode(errors="replace").decode()
    assert id_within(owner, text) == str(uuid.uuid5(owner, text))
    assert id_of("council", text) == str(uuid.uuid5(NAMESPACE, f"council/{text}"))
    assert other_side(other_side(owner)) == owner != other_side(owner)


async def test_ids_are_those_of_every_other_server_and_day(feed: Feed) -> None:
    # What directories have kept since the feed began: these may never change.
    councils = {each["name"]: each["id"] for each in await feed.all("organizations")}
    terms = {each["name"]: each["id"] for each in await feed.all("taxonomy_terms")}
    taxonomies = [each["id"] for each in await feed.all("taxonomies")]
    assert councils["Oxford City Council"] == "3afe4a59-d8ad-5749-ac5e-c19c91d06d81"
    assert terms["Homes for Ukraine"] == "3cf702bb-66ea-5eb4-959f-e9b07c7e28fc"
    assert terms["Hosting (sponsorship)"] == "7a99f2b0-4dcd-5f94-9be5-96963e8265e5"
    assert taxonomies == [
        "5cee2902-9ba0-51b2-b11f-fb6bb7796adc",
        "57378b2e-cbe2-5ff6-be86-a0535ed1a78a",
    ]


async def test_only_what_is_open_is_there(hearth: Hearth) -> None:
    draft, open_ = await hearth.create(title="Draft"), await hearth.open(title="Open")
    await hearth.open(f"council:{CAMBRIDGE}", title="Another's")
    answer = (await hearth.client.get(SERVICES)).json()
    assert [each["name"] for each in answer["contents"]] == ["Open", "Another's"]
    for path in ("services", "service_at_locations"):
        for offer in (draft, open_):
            id_ = uuid.UUID(offer["id"].removeprefix("offer_"))
            asked = id_ if path == "services" else other_side(id_)
            response = await hearth.client.get(f"/open-referral/{path}/{asked}")
            assert response.status_code == (200 if offer is open_ else 404)


async def test_places_are_live_and_a_full_offer_goes(hearth: Hearth) -> None:
    offer = await hearth.open(placesTotal=3)
    id_ = uuid.UUID(offer["id"].removeprefix("offer_"))
    await asyncio.wait_for(hearth.service.listener.is_listening.wait(), PATIENCE)

    async def available() -> list[int]:
        contents = (await hearth.client.get(SERVICES)).json()["contents"]
        return [each["capacities"][0]["available"] for each in contents]

    assert await available() == [3]
    owner = await hearth.owner()
    await owner.execute(HOLD, id_)
    hearth.service.answers.drop()
    assert await available() == [1]
    paused = await hearth.data(
        "mutation ($id: ID!, $version: Int!) "
        "{ pauseOffer(id: $id, expectedVersion: $version) { problems { message } } }",
        {"id": offer["id"], "version": offer["version"]},
        OFFICER,
    )
    assert paused["pauseOffer"]["problems"] == []
    assert await available() == []
    assert (await hearth.client.get(f"{SERVICES}/{id_}")).status_code == 404
    await owner.close()


async def test_anybody_gets_the_same_from_anywhere(hearth: Hearth) -> None:
    await hearth.open()
    token = await hearth.token(OFFICER)
    plain = await hearth.client.get(SERVICES)
    for headers in ({"authorization": f"Bearer {token}"}, {"authorization": "Bearer nonsense"}):
        assert (await hearth.client.get(SERVICES, headers=headers)).content == plain.content
    assert plain.headers["access-control-allow-origin"] == "*"
    assert "access-control-allow-credentials" not in plain.headers


@pytest.mark.parametrize("path", ["", "/openapi.json", "/services", "/taxonomies", "/services/{}"])
async def test_http_is_kept(feed: Feed, path: str) -> None:
    [first] = (await feed.read("services", per_page=1))["contents"]
    url = "/open-referral" + path.format(first["id"])
    plain = await feed.client.get(url, headers={"accept-encoding": "identity"})
    etag = plain.headers["etag"]
    head = await feed.client.head(url, headers={"accept-encoding": "identity"})
    assert (head.status_code, head.content, head.headers["etag"]) == (200, b"", etag)
    unchanged = await feed.client.get(
        url, headers={"accept-encoding": "identity", "if-none-match": etag}
    )
    assert (unchanged.status_code, unchanged.content) == (304, b"")
    packed = await feed.client.get(url, headers={"accept-encoding": "gzip"})
    assert packed.content == plain.content
    assert ("content-encoding" in packed.headers) == (len(plain.content) >= 1024)
    for method in ("POST", "PUT", "PATCH", "DELETE"):
        refused = await feed.client.request(method, url, content=b"{}")
        assert refused.status_code == 405
        assert refused.headers["allow"] == "GET, HEAD, OPTIONS"
        assert "GET" in refused.json()["errors"][0]["message"]


async def test_a_page_elsewhere_may_ask_whether_anything_changed(feed: Feed) -> None:
    asks = {
        "origin": "https://directory.example",
        "access-control-request-method": "GET",
        "access-control-request-headers": "if-none-match",
    }
    preflight = await feed.client.options(SERVICES, headers=asks)
    assert preflight.status_code == 204
    assert preflight.headers["access-control-allow-origin"] == "*"
    assert preflight.headers["access-control-allow-methods"] == "GET, HEAD, OPTIONS"
    assert "if-none-match" in preflight.headers["access-control-allow-headers"]
    answer = await feed.client.get(SERVICES, headers={"origin": asks["origin"]})
    assert "etag" in answer.headers["access-control-expose-headers"]


async def test_strangers_have_a_budget_here_too(
    feed: Feed, monkeypatch: pytest.MonkeyPatch
) -> None:
    budgets = Budgets(0, 1, clock=lambda: 0.0)
    monkeypatch.setattr(feed.service, "feeds", replace(feed.service.feeds, budgets=budgets))
    monkeypatch.setattr(feed.service.open_data, "budgets", budgets)
    await feed.service.answers.generation()  # from here on, what is answered is kept
    # The costliest page fits once, since it is never more than a bucket; then nothing does.
    first = await feed.get(SERVICES, minimal="true", search="house")
    assert first.status_code == 200
    for path in (f"{SERVICES}?search=garden", "/open-data/councils.csv"):
        refused = await feed.client.get(path)
        assert refused.status_code == 429
        assert int(refused.headers["retry-after"]) > 0
        assert refused.json()["errors"][0]["extensions"]["code"] == "TOO_MANY"
    # What is kept costs nothing.
    assert (await feed.get(SERVICES, minimal="true", search="house")).content == first.content


@pytest.mark.parametrize(
    "path",
    [
        "/nothing",
        "/services/nothing",
        f"/services/{uuid.UUID(int=0)}",
        f"/services/{uuid.UUID(int=0)}/more",
        "/services/%00",
        f"/organizations/{uuid.UUID(int=2**128 - 1)}",
        f"/taxonomies/{uuid.UUID(int=7)}",
        f"/taxonomy_terms/{uuid.UUID(int=7)}",
    ],
)
async def test_what_is_not_there_is_said_to_be_not_there(feed: Feed, path: str) -> None:
    response = await feed.get(f"/open-referral{path}")
    assert response.status_code == 404
    [error] = response.json()["errors"]
    assert error["extensions"]["code"] == "NOT_FOUND"
    assert "/open-referral/openapi.json" in error["message"]
