"""GraphQL: documents made to find things out, or to get past a limit."""

import itertools
from pathlib import Path

from api.app import Service
from api.reading.limits import LONGEST_TEXT, MOST_COST
from api.settings import Settings
from tests.conftest import OXFORD, Copy, Hearth

OFFICER = f"council:{OXFORD}"
WHO = "{ viewer { audience } }"


MISSPELT = [
    "{ viewr { name } }",
    "{ viewer { nme } }",
    "{ council(gsCode: 1) { name } }",
    "{ councils(filter: { natin: WALES }) { totalCount } }",
    "{ councils(filter: { nations: [WALE] }) { totalCount } }",
    "{ viewer { ... on Vewer { name } } }",
    "query ($x: Strng) { viewer { name } }",
]


async def test_no_name_is_suggested(hearth: Hearth) -> None:
    for query in MISSPELT:
        response = await hearth.post(query)
        assert response.status_code == 400, query
        assert "did you mean" not in response.text.lower(), query


async def test_a_batch_is_refused(hearth: Hearth) -> None:
    for body in ([{"query": WHO}], [{"query": WHO}] * 50, []):
        response = await hearth.client.post("/graphql", json=body)
        assert response.status_code == 400
        assert "batches are refused" in response.json()["errors"][0]["message"]


async def test_no_page_is_without_limit(hearth: Hearth) -> None:
    sizes = (0, -1, 101, 2**31 - 1, 2**31, "null")
    for field, first in itertools.product(("councils", "availability", "offers"), sizes):
        body = (await hearth.post(f"{{ {field}(first: {first}) {{ nodes {{ id }} }} }}")).json()
        assert body.get("data") is None, first
        assert body["errors"][0]["extensions"]["code"] in ("BAD_REQUEST", "TOO_COSTLY")
    found = await hearth.data("{ councils { nodes { id } } }")
    assert len(found["councils"]["nodes"]) == 20, "so many where nothing is said"


async def test_what_a_variable_asks_for_is_what_it_costs(hearth: Hearth) -> None:
    query = """query ($n: Int!, $m: Int = 100, $no: Boolean = false) {
      councils(first: $n) { nodes { offers(first: $m) { nodes { council {
        offers(first: $m) @include(if: $no) { nodes { id } }
      } } } } } }"""
    hearth.service.database.url = "postgresql://nobody@127.0.0.1:1/nothing"
    for variables in ({"n": 100}, {"n": 100, "no": False}, {"n": 50, "m": 50}):
        assert await hearth.code(query, variables) == "TOO_COSTLY", variables
    assert await hearth.code(query, {"n": 1, "m": 3}) == "UNAVAILABLE", "that is let through"


async def test_twenty_aliases_count_as_twenty(hearth: Hearth) -> None:
    async def cost(query: str) -> int:
        body = {"query": query, "extensions": {"cost": True}}
        answer = (await hearth.client.post("/graphql", json=body)).json()
        found: int = answer["extensions"]["cost"]["requested"]
        return found

    lookup = 'offer(id: "offer_1") { id title }'
    one = await cost(f"{{ {lookup} }}")
    twenty = await cost("{ " + " ".join(f"a{n}: {lookup}" for n in range(20)) + " }")
    assert twenty == 20 * one
    # So a budget lets as many guesses through by aliases as by requests.
    hearth.service.endpoint.budgets.public_rate = 0.001
    guesses = "{ " + " ".join(f"a{n}: councils {{ totalCount }}" for n in range(40)) + " }"
    body = {"query": guesses, "extensions": {"cost": True}}
    dear = await cost(guesses)
    answers = [
        (await hearth.client.post("/graphql", json=body)).status_code
        for _ in range(MOST_COST // dear + 1)
    ]
    assert answers[-1] == 429


ODD = [
    ("\ufeff" + WHO, True),
    (WHO + " # Кімната \u202e🏠", True),
    ("# " + "x" * (LONGEST_TEXT - 100) + "\n" + WHO, True),
    ("# " + "x" * LONGEST_TEXT + "\n" + WHO, False),
    ("{ viewer { ім'я } }", False),
    ("{ view\u0435r { name } }", False),
    ("{ viewer { name } }\0", False),
    ("query Запит { viewer { audience } }", False),
    ('{ offer(id: "\\uD800") { id } }', False),
    ('{ offer(id: "\\u{110000}") { id } }', False),
    ("{ viewer { audience } } " + "," * 50_000, True),
]


async def test_odd_characters_are_read_or_refused(hearth: Hearth) -> None:
    for query, is_read in ODD:
        body = (await hearth.post(query)).json()
        assert ("errors" not in body) == is_read, query[:50]
        if not is_read:
            assert body["errors"][0]["extensions"]["code"] in ("BAD_REQUEST", "TOO_COSTLY")


async def test_introspection_is_for_those_with_a_credential(hearth: Hearth, copy: Copy) -> None:
    settings = Settings(home=Path("nowhere"), development=False, issuer="https://a", hosts="*")
    service = Service(settings, copy.url)
    answering = hearth.service.endpoint.answering
    answering.is_development = service.endpoint.answering.is_development
    await service.database.close()
    schema = "{ __schema { types { name } } }"
    for query in (schema, '{ __type(name: "Offer") { name } }'):
        assert await hearth.code(query) == "FORBIDDEN"
        assert "errors" not in (await hearth.post(query, who=OFFICER)).json()
    assert await hearth.data("{ __typename }") == {"__typename": "Query"}


async def test_introspection_in_circles_is_bounded(hearth: Hearth) -> None:
    for levels, is_read in ((2, True), (3, False), (60, False)):
        circle = "{ fields { type " * levels + "{ name }" + " } }" * levels
        body = (await hearth.post(f'{{ __type(name: "Offer") {circle} }}')).json()
        assert ("errors" not in body) == is_read
