"""Values at their edges are answered or refused, never a server error."""

import pytest

from tests.conftest import Hearth

EDGES = [
    (200, '{ council(gssCode: "E07000178", asOf: "0001-01-01") { twinnings { partnerCity } } }'),
    (400, '{ council(gssCode: "E07000178", asOf: "9999-12-31") { twinnings { partnerCity } } }'),
    (400, '{ route(code: "mandate", at: "9999-12-31T23:59:59-10:00") { status } }'),
    (400, '{ route(code: "mandate", at: "2024-01-01T00:00:00") { status } }'),
    (400, '{ route(code: "mandate", at: "2024-01-01T00:00:00Z", asOf: "2024-01-01") { code } }'),
    (200, "{ availability(filter: { minimumPlaces: -2147483648 }) { totalCount } }"),
    (400, '{ availability(filter: { search: "\\ud800" }) { totalCount } }'),
    (200, '{ councils(filter: { search: "%_" }) { totalCount nodes { name } edges { cursor } } }'),
    (400, '{ availability(after: "") { nodes { id } } }'),
    (200, "{ availability(after: null, filter: null) { totalCount } }"),
    (200, '{ offer(id: "") { id } node(id: "_") { id } }'),
    (200, "query ($l: Language = UK) { supportKinds { name(language: $l) } }"),
    (200, "query ($n: Int) { availability(first: $n) { totalCount } }"),
    (200, 'query ($k: String = "esol") { availability(filter: { kinds: [$k] }) { totalCount } }'),
]


@pytest.mark.parametrize(("status", "query"), EDGES)
async def test_edge(hearth: Hearth, status: int, query: str) -> None:
    response = await hearth.post(query)
    assert response.status_code == status
    assert ("errors" in response.json()) == (status == 400)
