"""The oracle itself, against answers worked out by hand from the rows that are seeded."""

from typing import Any

import pytest

from tests.conftest import OXFORD, Hearth
from tests.oracle.asking import asking
from tests.oracle.documents import Request
from tests.oracle.seeding import row_id

OFFICER = f"council:{OXFORD}"
FIRST = f"offer_{row_id(1, 0)}"
DRAFT = f"offer_{row_id(1, 2)}"

ANSWERS: list[tuple[str, str, dict[str, Any], Any]] = [
    (
        "public",
        "{ viewer { __typename audience name council { name } } }",
        {},
        {"viewer": {"__typename": "Viewer", "audience": "PUBLIC", "name": None, "council": None}},
    ),
    (
        OFFICER,
        "{ viewer { name council { id upperTier { name lowerTiers { name } } } } }",
        {},
        {
            "viewer": {
                "name": "An officer of Oxford",
                "council": {
                    "id": "council_E07000178",
                    "upperTier": {
                        "name": "Oxfordshire",
                        "lowerTiers": [
                            {"name": "Cherwell"},
                            {"name": "Oxford"},
                            {"name": "South Oxfordshire"},
                            {"name": "Vale of White Horse"},
                            {"name": "West Oxfordshire"},
                        ],
                    },
                },
            }
        },
    ),
    (
        "public",
        """query ($day: Date, $no: Boolean!) {
          then: route(code: "homes-for-ukraine", asOf: $day) { status opensOn @skip(if: $no) }
          now: route(code: "homes-for-ukraine", at: "2022-03-18T12:00:00Z") { ...Named status }
        }
        fragment Named on Node { id ... on Route { name(language: EN) } }""",
        {"day": "2022-03-04", "no": True},
        {
            "then": {"status": "NOT_YET_OPEN"},
            "now": {
                "id": "route_homes-for-ukraine",
                "name": "Homes for Ukraine",
                "status": "OPEN",
            },
        },
    ),
    # Of five open offers near Oxford two have places left: one of these by a hold that ended.
    (
        "public",
        """{ availability(
          orderBy: NEAREST, first: 1, filter: { near: { postcodeDistrict: "ox4 " } }
        ) {
          totalCount nodes { id distanceKm placesLeft placesTotal council { name } }
          pageInfo { hasNextPage hasPreviousPage } facets { byKind { code offers places } }
        } }""",
        {},
        {
            "availability": {
                "totalCount": 2,
                "nodes": [
                    {
                        "id": FIRST,
                        "distanceKm": 0.0,
                        "placesLeft": 3,
                        "placesTotal": None,
                        "council": {"name": "Oxford"},
                    }
                ],
                "pageInfo": {"hasNextPage": True, "hasPreviousPage": False},
                "facets": {
                    "byKind": [
                        {"code": "esol", "offers": 1, "places": 6},
                        {"code": "hosting", "offers": 1, "places": 3},
                    ]
                },
            }
        },
    ),
    (
        "public",
        """query ($hidden: ID!) {
          hidden: node(id: $hidden) { id }
          shown: node(id: "council_E07000178") { __typename ... on Council { gssCode } }
          nothing: node(id: "rubbish") { id }
        }""",
        {"hidden": DRAFT},
        {
            "hidden": None,
            "shown": {"__typename": "Council", "gssCode": "E07000178"},
            "nothing": None,
        },
    ),
]

ERRORS: list[tuple[str, str, Any, list[Any], str]] = [
    (
        "public",
        "{ viewer { audience } offer(id: %s) { title checks { state } } }",
        {"viewer": {"audience": "PUBLIC"}, "offer": None},
        ["offer", "checks"],
        "FORBIDDEN",
    ),
    ("public", "{ offers(first: 101) { totalCount } }", None, ["offers"], "BAD_REQUEST"),
    (
        OFFICER,
        '{ offer(id: %s) { id council { offers(after: "e30=") { totalCount } } } }',
        {"offer": None},
        ["offer", "council", "offers"],
        "BAD_REQUEST",
    ),
]


@pytest.mark.parametrize(("who", "document", "variables", "data"), ANSWERS)
async def test_answer(
    hearth: Hearth, who: str, document: str, variables: dict[str, Any], data: Any
) -> None:
    async with asking(hearth, who) as asked:
        assert await asked.oracle(Request(document, variables, None)) == {"data": data}


@pytest.mark.parametrize(("who", "document", "data", "path", "code"), ERRORS)
async def test_error(
    hearth: Hearth, who: str, document: str, data: Any, path: list[Any], code: str
) -> None:
    async with asking(hearth, who) as asked:
        found = await asked.oracle(Request(document.replace("%s", f'"{FIRST}"'), {}, None))
    assert found == {"data": data, "errors": [{"path": path, "extensions": {"code": code}}]}


async def test_pages_join_up(hearth: Hearth) -> None:
    """Page by page by its own cursors, a list is what it is at once; and in every order."""
    ask = """query ($order: OfferOrder!, $first: Int!, $after: String) {
      offers(orderBy: $order, first: $first, after: $after) {
        nodes { id } pageInfo { hasNextPage endCursor }
      }
    }"""
    async with asking(hearth, "admin") as asked:
        for order in ("RECENTLY_UPDATED", "MOST_PLACES", "SOONEST"):
            sizes: dict[str, Any] = {"order": order, "first": 100}
            whole = (await asked.oracle(Request(ask, sizes, None)))["data"]["offers"]["nodes"]
            joined: list[Any] = []
            after = None
            while True:
                sizes = {"order": order, "first": 9, "after": after}
                page = (await asked.oracle(Request(ask, sizes, None)))["data"]["offers"]
                joined += page["nodes"]
                after = page["pageInfo"]["endCursor"]
                if not page["pageInfo"]["hasNextPage"]:
                    break
            assert joined == whole
            assert len(whole) == 28
