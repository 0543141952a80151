"""Pages and filters: everything once, in an order that stays; bad parameters refused in words."""

import asyncio
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from api.feeds import services
from api.feeds.filters import FILTERS
from api.feeds.ids import id_of
from api.feeds.open_referral import COLLECTIONS
from tests.api.feeds.conftest import Feed

LISTS = ("services", "service_at_locations")
# One value of each filter that some samples pass and others don't.
GIVEN = {
    "minimum_age": "18",
    "organization_id": id_of("council", "E07000178"),
    "postcode": "OX4 1AB",
    "search": "flat",
    "taxonomy_id": id_of("taxonomy", "route"),
    "taxonomy_term_id": id_of("support_kind", "hosting"),
    "taxonomy_type": "eligibility",
}
NEVER = {"day": "MO", "end_time": "18:00", "maximum_age": "17", "start_time": "09:30"}
NUMBERS = (
    "0", "-1", "1.5", "1e3", "+1", " 1", "1 ", "0x10", "٣", "NaN", "inf", "9" * 30, "one", "true",
)  # fmt: skip


def _terms(service: dict[str, Any], key: str) -> set[str]:
    return {each["taxonomy_term"][key] for each in service["attributes"]}


def _near(service: dict[str, Any]) -> float:
    [place] = service["service_at_locations"]
    north = (place["location"]["latitude"] - 51.7298) * 111.2
    east = (place["location"]["longitude"] + 1.2151) * 69.0
    return float((north**2 + east**2) ** 0.5)


async def _whole(feed: Feed, **filters: str) -> dict[str, dict[str, Any]]:
    return {each["id"]: each for each in await feed.all("services", full="true", **filters)}


@settings(max_examples=15, deadline=None)
@given(
    size=st.integers(7, 100),
    path=st.sampled_from(LISTS),
    chosen=st.dictionaries(st.sampled_from(sorted(GIVEN)), st.none(), max_size=2),
)
async def test_all_pages_together_are_everything_once_in_one_order(
    feed: Feed, size: int, path: str, chosen: dict[str, None]
) -> None:
    filters = {name: GIVEN[name] for name in chosen}
    whole = [each["id"] for each in await feed.all(path, **filters)]
    paged = [each["id"] for each in await feed.all(path, size, **filters)]
    assert paged == whole
    assert len(set(whole)) == len(whole)
    rows = await feed.owner.fetch("SELECT id FROM open_offer ORDER BY id")
    if not chosen and path == "services":
        assert whole == [str(row["id"]) for row in rows]


async def test_each_filter_leaves_what_its_words_say(feed: Feed) -> None:
    everything = await _whole(feed)
    found = {name: await _whole(feed, **{name: value}) for name, value in GIVEN.items()}
    said: dict[str, Callable[[dict[str, Any]], bool]] = {
        "minimum_age": lambda each: each.get("minimum_age", 0) >= 18,
        "organization_id": lambda each: each["organization"]["name"] == "Oxford City Council",
        "postcode": lambda each: _near(each) <= 25,
        "search": lambda each: "flat" in f"{each['name']} {each['description']}".lower(),
        "taxonomy_id": lambda each: GIVEN["taxonomy_id"] in _terms(each, "taxonomy_id"),
        "taxonomy_term_id": lambda each: "hosting" in _terms(each, "code"),
        "taxonomy_type": lambda each: len(each["attributes"]) > 1,
    }
    for name, is_left in said.items():
        assert found[name].keys() == {i for i, each in everything.items() if is_left(each)}, name
        assert 0 < len(found[name]) < len(everything), name
    route = id_of("route", "homes-for-ukraine")
    on_route = await _whole(feed, taxonomy_term_id=route)
    assert on_route.keys() == {
        i for i, each in everything.items() if "homes-for-ukraine" in _terms(each, "code")
    }


async def test_what_many_ask_at_once_is_found_once(
    feed: Feed, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = services._listing_of
    begun: list[dict[str, Any]] = []

    async def counted(connection: Any, found: dict[str, Any]) -> bytes:
        begun.append(found)
        if len(begun) == 1:
            await asyncio.sleep(0.5)  # the others have asked too
            raise asyncio.CancelledError  # as when the first to ask hangs up
        return await read(connection, found)

    # Whoever comes too late to wait finds it kept: that needs the next turn of the clock be known.
    await feed.service.answers.generation()
    monkeypatch.setattr(services, "_listing_of", counted)

    async def ask(page: int) -> int:
        return (await feed.get("/open-referral/services", page=page, search="a room")).status_code

    answers = await asyncio.gather(*(ask(page) for page in range(1, 7)), return_exceptions=True)
    assert sorted(map(str, answers)) == ["", *["200"] * 5]
    assert len(begun) == 2


async def test_filters_together_leave_what_all_leave(feed: Feed) -> None:
    names = ("postcode", "taxonomy_type")
    both = await _whole(feed, **{name: GIVEN[name] for name in names})
    apart = [(await _whole(feed, **{name: GIVEN[name]})).keys() for name in names]
    assert both.keys() == apart[0] & apart[1]


async def test_the_nearest_come_first_and_proximity_is_in_metres(feed: Feed) -> None:
    wide = list((await _whole(feed, postcode="ox4", proximity="40000")).values())
    near = await _whole(feed, postcode="ox4", proximity="10000")
    distances = [_near(each) for each in wide]
    assert distances == pytest.approx(sorted(distances), abs=1)
    assert near.keys() < {each["id"] for each in wide}
    assert max(_near(each) for each in near.values()) <= 10.5


async def test_modified_after_leaves_what_changed_since(feed: Feed) -> None:
    everything = await feed.all("services")
    moments = sorted(each["last_modified"] for each in everything)
    middle = moments[len(moments) // 2]
    assert middle.endswith("+00:00")
    for written in (middle, middle.replace("+00:00", "Z"), middle.replace("+", " ")):
        found = await feed.all("services", modified_after=written)
        assert {each["id"] for each in found} == {
            each["id"] for each in everything if each["last_modified"] >= middle
        }
    assert await feed.all("services", modified_after="9999-12-31") == []


async def test_minimal_is_ids_and_moments_on_one_page(feed: Feed) -> None:
    answer = await feed.read("services", minimal="true")
    assert answer["total_pages"] == 1
    everything = await feed.all("services")
    assert answer["contents"] == [
        {"id": each["id"], "modified_date": each["last_modified"]} for each in everything
    ]


@pytest.mark.parametrize("name", NEVER)
async def test_what_no_offer_states_finds_none(feed: Feed, name: str) -> None:
    answer = await feed.read("services", **{name: NEVER[name]})
    assert (answer["total_items"], answer["empty"], answer["contents"]) == (0, True, [])
    assert (answer["first_page"], answer["last_page"]) == (True, True)


async def test_a_page_after_the_last_is_empty(feed: Feed) -> None:
    answer = await feed.read("services", page=1000)
    assert answer["empty"]
    assert answer["last_page"]
    assert answer["total_items"] > 0


@pytest.mark.parametrize(
    ("parameters", "said"),
    [
        *((f"page={text}", "page is") for text in NUMBERS),
        *((f"per_page={text}", "per_page is") for text in (*NUMBERS, "101", "5001")),
        *(
            (f"per_page={text}", "from 1 to 100, with minimal=true to 5000")
            for text in ("0", "101", "5001", "5001&minimal=true")
        ),
        ("page=1&page=2", "'page' is given twice"),
        ("pages=1", "'pages' is no parameter here; these are: day, end_time"),
        ("full=perhaps", "give true or false"),
        ("organization_id=E07000178", "is no UUID"),
        ("taxonomy_term_id={x}", "is no UUID"),
        ("taxonomy_type=colour", "give one of eligibility, service"),
        ("minimum_age=-1", "give a number from 0 to 150"),
        ("maximum_age=NaN", "give a number from 0 to 150"),
        ("start_time=noon", "give a time of day as 09:30"),
        ("day=Someday", "give one of mo, tu"),
        ("postcode=Oxford", "is not a postcode district"),
        ("postcode=ZZ99", "We have no point for the postcode district ZZ99"),
        ("proximity=1000", "give postcode as well"),
        ("postcode=OX4&proximity=-1", "give a number from 0"),
        ("modified_after=yesterday", "give a moment as"),
        ("search=%00", "NUL"),
        ("search=" + "a" * 201, "200 are enough"),
        ("search=%FF", "not URL-encoded UTF-8"),
        ("&".join(f"a{n}=1" for n in range(50)), "too long"),
    ],
)
async def test_a_bad_parameter_is_refused_in_words(feed: Feed, parameters: str, said: str) -> None:
    quoted = parameters.replace("+", "%2B").replace(" ", "%20")
    response = await feed.client.get(f"/open-referral/services?{quoted}")
    assert response.status_code == 400, response.text
    [error] = response.json()["errors"]
    assert said in error["message"]
    assert error["extensions"]["code"] == "BAD_REQUEST"


@settings(max_examples=60, deadline=None)
@given(
    path=st.sampled_from(sorted(each.name for each in COLLECTIONS)),
    parameters=st.dictionaries(
        st.sampled_from([*(each.name for each in FILTERS), "page", "per_page", "full", "x"]),
        st.one_of(
            st.text(max_size=20),
            st.sampled_from([*GIVEN.values(), "1", "20", "OX4", "true", "-+  -", "'", "\\", "%"]),
            st.integers().map(str),
            st.floats().map(str),
            st.datetimes().map(datetime.isoformat),
            st.uuids().map(str),
        ),
        max_size=3,
    ),
)
async def test_whatever_is_asked_the_answer_is_a_page_or_says_why_not(
    feed: Feed, path: str, parameters: dict[str, str]
) -> None:
    given = {name: text.encode(errors="replace").decode() for name, text in parameters.items()}
    response = await feed.client.get(f"/open-referral/{path}", params=given)
    if response.status_code == 200:
        assert response.json()["page_number"] >= 1
    else:
        assert response.status_code == 400
        assert response.json()["errors"][0]["message"]
