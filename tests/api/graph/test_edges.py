"""Values at their edges are answered or refused, never a server error."""

import pytest

from tests.conftest import Hearth

EDGES = [
    (True, '{ council(gssCode: "E07000178", asOf: "0001-01-01") { twinnings { partnerCity } } }'),
    (False, '{ council(gssCode: "E07000178", asOf: "9999-12-31") { twinnings { partnerCity } } }'),
    (False, '{ route(code: "mandate", at: "9999-12-31T23:59:59-10:00") { status } }'),
    (False, '{ route(code: "mandate", at: "2024-01-01T00:00:00") { status } }'),
    (False, '{ route(code: "mandate", at: "2024-01-01T00:00:00Z", asOf: "2024-01-01") { code } }'),
    (True, "{ availability(filter: { minimumPlaces: -2147483648 }) { totalCount } }"),
    (False, '{ availability(filter: { search: "\\u0000" }) { totalCount } }'),
    (True, '{ councils(filter: { search: "%_" }) { totalCount nodes { name } edges { cursor } } }'),
    (True, '{ availability(filter: { search: "' + "-" * 99 + 'x" }) { totalCount } }'),
    (True, '{ availability(filter: { search: "' + "- " * 99 + 'x" }) { totalCount } }'),
    (False, '{ availability(filter: { search: "' + "or " * 70 + '" }) { totalCount } }'),
    (False, '{ availability(after: "") { nodes { id } } }'),
    (True, "{ availability(after: null, filter: null) { totalCount } }"),
    (True, '{ offer(id: "") { id } node(id: "_") { id } }'),
    (True, "query ($l: Language = UK) { supportKinds { name(language: $l) } }"),
    (True, "query ($n: Int) { availability(first: $n) { totalCount } }"),
    (True, 'query ($k: String = "esol") { availability(filter: { kinds: [$k] }) { totalCount } }'),
]


@pytest.mark.parametrize(("is_answered", "query"), EDGES)
async def test_edge(hearth: Hearth, is_answered: bool, query: str) -> None:
    response = await hearth.post(query)
    body = response.json()
    assert response.status_code == (200 if is_answered else 294)
    assert ("errors" not in body) == is_answered
    for error in body.get("errors", ()):
        assert error["extensions"]["code"] == "BAD_REQUEST"
        assert error["path"]
