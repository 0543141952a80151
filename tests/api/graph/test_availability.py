"""What is available: filters, orders, pages, counts."""

from typing import Any

import pytest

from api.graph.schema import make_schema
from api.reading.cursors import cursor
from api.reading.documents import Documents
from api.reading.plan import FieldPlan
from schema.words import Audience
from tests.conftest import CAMBRIDGE, OXFORD, Hearth

NOBODY = "00000000-0000-7000-8000-000000000000"
OXFORD_4 = {"near": {"postcodeDistrict": "OX4"}}
CONFIRM = """
mutation ($id: ID!, $version: Int!) {
  confirmOffer(id: $id, expectedVersion: $version) { problems { code } }
}"""

QUERY = """
query ($filter: AvailabilityFilter, $order: OfferOrder! = RECENTLY_UPDATED,
       $first: Int! = 20, $after: String) {
  availability(filter: $filter, orderBy: $order, first: $first, after: $after) {
    totalCount
    nodes { title distanceKm }
    edges { cursor }
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
  }
}"""


async def _three(hearth: Hearth) -> None:
    await hearth.open(
        title="Annexe",
        placesTotal=2,
        postcodeDistrict="OX4",
        stepFree="ALL",
        petsAllowed=True,
        languages=["uk"],
        routeCodes=["homes-for-ukraine"],
    )
    await hearth.open(
        title="Barn",
        placesTotal=5,
        postcodeDistrict="OX14",
        availableFrom="2030-01-01",
        childrenWelcome=False,
        womenOnly=True,
        description="a loft with stairs",
    )
    await hearth.open(f"council:{CAMBRIDGE}", title="Class", kind="esol", placesTotal=9)


async def _titles(hearth: Hearth, **variables: Any) -> list[str]:
    found = (await hearth.data(QUERY, variables))["availability"]
    assert found["totalCount"] >= len(found["nodes"])
    return [node["title"] for node in found["nodes"]]


async def test_each_filter_keeps_what_it_says(hearth: Hearth) -> None:
    await _three(hearth)
    since = (await hearth.data("{ availability { nodes { updatedAt } } }"))["availability"]
    cases: list[tuple[dict[str, Any], list[str]]] = [
        ({}, ["Class", "Barn", "Annexe"]),
        ({"kinds": ["hosting"]}, ["Barn", "Annexe"]),
        ({"gssCodes": [CAMBRIDGE]}, ["Class"]),
        ({"regions": ["South East"]}, ["Barn", "Annexe"]),
        ({"routeCode": "homes-for-ukraine"}, ["Class", "Barn", "Annexe"]),
        ({"routeCode": "mandate"}, ["Class", "Barn"]),
        ({"routeCode": "by-balloon"}, []),
        ({"routeCode": ""}, []),
        ({"minimumPlaces": 5}, ["Class", "Barn"]),
        ({"availableOn": "2029-12-31"}, ["Class", "Annexe"]),
        ({"stepFree": True}, ["Annexe"]),
        ({"stepFree": False}, ["Class", "Barn"]),
        ({"petsAllowed": True}, ["Annexe"]),
        ({"childrenWelcome": True}, ["Class", "Annexe"]),
        ({"womenOnly": True}, ["Barn"]),
        ({"languages": ["UK", "fa"]}, ["Annexe"]),
        ({"search": "lofts"}, ["Barn"]),
        ({"search": "%' OR 1=1"}, []),
        ({"updatedSince": since["nodes"][0]["updatedAt"]}, ["Class"]),
        ({"near": {"postcodeDistrict": "ox1", "withinKm": 5}}, ["Annexe"]),
        ({"near": {"latitude": 52.2, "longitude": 0.13}}, ["Class"]),
        ({"kinds": None, "search": None}, ["Class", "Barn", "Annexe"]),
    ]
    for given, titles in cases:
        assert await _titles(hearth, filter=given) == titles, given


async def test_each_order_and_its_pages(hearth: Hearth) -> None:
    await _three(hearth)
    near = {"near": {"postcodeDistrict": "OX14", "withinKm": 200}}
    cases: list[tuple[str, dict[str, Any] | None, list[str]]] = [
        ("RECENTLY_UPDATED", None, ["Class", "Barn", "Annexe"]),
        ("MOST_PLACES", None, ["Class", "Barn", "Annexe"]),
        ("NEAREST", near, ["Barn", "Annexe", "Class"]),
    ]
    for order, given, titles in cases:
        assert await _titles(hearth, order=order, filter=given) == titles
    assert (await _titles(hearth, order="SOONEST"))[-1] == "Barn"
    for order, given in (("MOST_PLACES", None), ("NEAREST", near), ("SOONEST", near)):
        whole = await _titles(hearth, order=order, filter=given)
        walked: list[str] = []
        after = None
        while True:
            variables = {"order": order, "filter": given, "first": 1, "after": after}
            page = (await hearth.data(QUERY, variables))["availability"]
            assert page["pageInfo"]["hasPreviousPage"] == (after is not None)
            walked += [node["title"] for node in page["nodes"]]
            after = page["pageInfo"]["endCursor"]
            if not page["pageInfo"]["hasNextPage"]:
                break
        assert walked == whole, order
        past = {"order": order, "filter": given, "after": after}
        page = (await hearth.data(QUERY, past))["availability"]
        assert page["nodes"] == []
        assert page["totalCount"] == 3, "a page past the end still counts"


@pytest.mark.parametrize("order", ["RECENTLY_UPDATED", "MOST_PLACES", "NEAREST", "SOONEST"])
async def test_nobody_is_seen_twice_while_rows_change(hearth: Hearth, order: str) -> None:
    made = [await hearth.open(title=f"Room {n}", postcodeDistrict="OX4") for n in range(6)]
    seen: list[str] = []
    after = None
    for _ in range(3):
        variables = {"order": order, "filter": OXFORD_4, "first": 2, "after": after}
        page = (await hearth.data(QUERY, variables))["availability"]
        seen += [node["title"] for node in page["nodes"]]
        after = page["pageInfo"]["endCursor"]
        # Meanwhile another opens, and one that was seen already changes.
        await hearth.open(title=f"New {len(seen)}", postcodeDistrict="OX14")
        last = made[int(seen[-1].removeprefix("Room "))]
        await hearth.data(CONFIRM, {"id": last["id"], "version": 2}, f"council:{OXFORD}")
    assert sorted(seen) == [f"Room {n}" for n in range(6)]


async def test_what_is_not_available_is_not_shown(hearth: Hearth) -> None:
    await hearth.create(title="Draft")
    for title in ("Full", "Held", "Past", "Paused", "Free"):
        await hearth.open(title=title)
    owner = await hearth.owner()
    for change, title in (
        ("taken = places", "Full"),
        ("held = places, holds_end_at = now() + interval '1 hour'", "Held"),
        ("available_until = current_date - 1", "Past"),
        ("status = 'PAUSED'", "Paused"),
        ("held = places, holds_end_at = now() - interval '1 second'", "Free"),
    ):
        await owner.execute(f"UPDATE offer SET {change} WHERE title = $1", title)
    await owner.close()
    assert await _titles(hearth) == ["Free"]


async def test_distances_are_from_the_lists_own_point(hearth: Hearth) -> None:
    await _three(hearth)
    near = {"near": {"postcodeDistrict": "OX14", "withinKm": 50}}
    found = (await hearth.data(QUERY, {"filter": near, "order": "NEAREST"}))["availability"]
    assert found["nodes"][0] == {"title": "Barn", "distanceKm": 0.0}
    assert 5 < found["nodes"][1]["distanceKm"] < 15


async def test_facets_count_the_whole_list(hearth: Hearth) -> None:
    await _three(hearth)
    query = """
    { availability(first: 1) {
        totalCount
        facets {
          byKind { code label offers places } byRegion { code offers places }
          byRoute { code offers }
        }
    } }"""
    found = (await hearth.data(query))["availability"]
    assert found["totalCount"] == 3
    assert found["facets"]["byKind"] == [
        {"code": "hosting", "label": "Hosting (sponsorship)", "offers": 2, "places": 7},
        {
            "code": "esol",
            "label": "English for speakers of other languages",
            "offers": 1,
            "places": 9,
        },
    ]
    assert found["facets"]["byRegion"][0] == {"code": "South East", "offers": 2, "places": 7}
    assert found["facets"]["byRoute"][0] == {"code": "homes-for-ukraine", "offers": 3}
    assert {each["offers"] for each in found["facets"]["byRoute"][1:]} == {2}


def test_counts_are_made_only_when_asked_for() -> None:
    documents = Documents(make_schema()._schema)

    def sql(selection: str) -> str:
        document = documents.document("{ availability { %s } }" % selection)  # noqa: UP031
        plan, _, _ = document.plan(document.operation(None), {}, Audience.PUBLIC)
        found = plan.fields["availability"]
        assert isinstance(found, FieldPlan)
        return found.sql

    assert "count(*)" not in sql("nodes { title } pageInfo { hasNextPage }")
    assert sql("nodes { title } totalCount").count("count(*)") == 1
    facets = sql("facets { byKind { offers } }")
    assert "support_kind" in facets
    assert "JOIN council" not in facets
    assert "JOIN route" not in facets


@pytest.mark.parametrize(
    "variables",
    [
        {"first": 0},
        {"first": -1},
        {"first": 101},
        {"after": "rubbish"},
        {"after": "WyJOQU1FIiwxLDJd"},
        {"order": "MOST_PLACES", "after": cursor("MOST_PLACES", 10**12, NOBODY)},
        {"after": cursor("RECENTLY_UPDATED", "0001-01-01T00:00:00+14:00", NOBODY)},
        {"after": cursor("RECENTLY_UPDATED", "2026-01-01T00:00:00Z", "nul\0")},
        {"order": "NEAREST", "filter": OXFORD_4, "after": cursor("NEAREST", 1, "nul\0", NOBODY)},
        {"order": "NEAREST"},
        {"filter": {"near": {"postcodeDistrict": "Oxford"}}},
        {"filter": {"near": {"postcodeDistrict": "E20"}}},
        {"filter": {"near": {}}},
        {"filter": {"near": {"latitude": 51.7}}},
        {"filter": {"near": {"latitude": 0, "longitude": 0}}},
        {"filter": {"near": {"postcodeDistrict": "OX4", "withinKm": 0}}},
        {"filter": {"languages": ["ua"]}},
        {"filter": {"search": "nul\0"}},
        {"filter": {"updatedSince": "2026-01-01T00:00:00"}},
        {"filter": {"updatedSince": "0001-01-01T00:00:00+14:00"}},
    ],
    ids=str,
)
async def test_what_makes_no_sense_is_a_bad_request(
    hearth: Hearth, variables: dict[str, Any]
) -> None:
    await hearth.open(postcodeDistrict="OX4")
    assert await hearth.code(QUERY, variables) == "BAD_REQUEST"


async def test_a_council_lists_its_open_offers_to_all(hearth: Hearth) -> None:
    await _three(hearth)
    await hearth.create(title="Draft")
    query = """query ($gss: String!) { council(gssCode: $gss) {
      offers(first: 1) { totalCount nodes { title routes(asOf: "2022-03-04") { status } }
                         pageInfo { hasNextPage } facets { byKind { offers } } } } }"""
    for who in ("public", f"council:{CAMBRIDGE}"):
        found = (await hearth.data(query, {"gss": OXFORD}, who))["council"]["offers"]
        assert found == {
            "totalCount": 2,
            "nodes": [{"title": "Barn", "routes": []}],
            "pageInfo": {"hasNextPage": True},
            "facets": {"byKind": [{"offers": 2}]},
        }
