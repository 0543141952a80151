"""Persisted documents: by identifier, by Apollo's protocol, from a folder."""

import json
from hashlib import sha256
from pathlib import Path
from typing import Any

import httpx
import pytest

from api.app import Service
from api.http.persisted import MOST_KEPT, Persisted
from api.settings import Settings
from schema.refusals import UnknownDocument
from tests.conftest import CREATE, GRAPHQL_JSON, OXFORD, Copy, Hearth

QUERY = "query ($n: String!) { __type(name: $n) { name } }"
GIVEN = {"n": "Offer"}
FOUND = {"data": {"__type": {"name": "Offer"}}}


def _hash(text: str) -> str:
    return sha256(text.encode()).hexdigest()


async def _ask(hearth: Hearth, method: str, accept: str, **given: Any) -> httpx.Response:
    headers = {"accept": accept}
    if method == "POST":
        return await hearth.client.post("/graphql", json=given, headers=headers)
    texts = {k: v if isinstance(v, str) else json.dumps(v) for k, v in given.items()}
    return await hearth.client.get("/graphql", params=texts, headers=headers)


def _apollo(text: str) -> dict[str, Any]:
    return {"persistedQuery": {"version": 1, "sha256Hash": _hash(text)}}


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("accept", [GRAPHQL_JSON, "application/json"])
async def test_a_document_is_known_by_its_hash_once_it_was_answered(
    hearth: Hearth, method: str, accept: str
) -> None:
    for named in ({"documentId": f"sha256:{_hash(QUERY)}"}, {"extensions": _apollo(QUERY)}):
        unknown = await _ask(hearth, method, accept, variables=GIVEN, **named)
        assert unknown.status_code == (404 if accept == GRAPHQL_JSON else 200)
        (error,) = unknown.json()["errors"]
        assert error["message"] == "PersistedQueryNotFound"
        assert error["extensions"]["code"] == "PERSISTED_QUERY_NOT_FOUND"
        assert unknown.headers["cache-control"] == "no-store"
    first = await _ask(hearth, method, accept, query=QUERY, variables=GIVEN)
    assert first.json() == FOUND
    for named in ({"documentId": f"sha256:{_hash(QUERY)}"}, {"extensions": _apollo(QUERY)}):
        known = await _ask(hearth, method, accept, variables=GIVEN, **named)
        assert known.json() == FOUND
        assert known.headers.get("etag") == first.headers.get("etag")


async def test_apollo_sends_the_document_with_its_hash(hearth: Hearth) -> None:
    given: dict[str, Any] = {"variables": GIVEN, "extensions": _apollo(QUERY)}
    assert (await _ask(hearth, "GET", "*/*", query=QUERY, **given)).json() == FOUND
    assert (await _ask(hearth, "POST", "*/*", **given)).json() == FOUND
    wrong = await _ask(hearth, "POST", "*/*", query=QUERY + " ", **given)
    assert wrong.status_code == 400


@pytest.mark.parametrize(
    "given",
    [
        {"documentId": "sha256:" + "A" * 64},
        {"documentId": "sha256:abc"},
        {"documentId": "md5:" + "a" * 64},
        {"documentId": "a" * 64},
        {"documentId": 7},
        {"extensions": {"persistedQuery": 7}},
        {"extensions": {"persistedQuery": {"version": 2, "sha256Hash": "a" * 64}}},
        {"extensions": {"persistedQuery": {"version": 1}}},
        {"extensions": _apollo("a"), "documentId": f"sha256:{_hash('b')}"},
    ],
    ids=str,
)
async def test_what_is_no_hash_is_refused(hearth: Hearth, given: dict[str, Any]) -> None:
    assert (await _ask(hearth, "POST", "*/*", **given)).status_code == 400


async def test_a_document_that_is_not_valid_is_never_kept(hearth: Hearth) -> None:
    for query in ("{ nope }", "{", "{ viewer { name " + "@x" * 500 + "} }"):
        await hearth.post(query)
        response = await _ask(hearth, "POST", "*/*", documentId=f"sha256:{_hash(query)}")
        assert response.json()["errors"][0]["extensions"]["code"] == "PERSISTED_QUERY_NOT_FOUND"


async def test_a_persisted_mutation_is_not_run_by_get(hearth: Hearth) -> None:
    await hearth.create()
    token = await hearth.token(f"council:{OXFORD}")
    given = {"input": {"kind": "hosting", "title": "Room", "placesTotal": 1}}
    response = await hearth.client.get(
        "/graphql",
        params={"documentId": f"sha256:{_hash(CREATE)}", "variables": json.dumps(given)},
        headers={"authorization": f"Bearer {token}"},
    )
    assert response.status_code == 405
    assert response.headers["allow"] == "POST"


def test_only_the_documents_met_lately_are_kept() -> None:
    persisted = Persisted({_hash("given"): "given"})
    for number in range(MOST_KEPT + 2):
        persisted.meet(str(number))
        persisted.meet("0" if number < MOST_KEPT else str(number))
        assert persisted.text(None, frozenset({_hash("2" if number > 1 else "0")}))
    assert persisted.text(None, frozenset({_hash("given")})) == "given"
    assert persisted.text(None, frozenset({_hash("2")})) == "2"
    with pytest.raises(UnknownDocument):
        persisted.text(None, frozenset({_hash("1")}))
    assert len(persisted._texts) == len(persisted._met) == MOST_KEPT


async def test_a_folder_of_documents_is_read_at_the_start(
    copy: Copy, home: Path, tmp_path: Path
) -> None:
    (tmp_path / "pages").mkdir()
    (tmp_path / "pages" / "types.graphql").write_text(QUERY + "\n")
    settings = Settings(home=home, development=True, documents=tmp_path)
    transport = httpx.ASGITransport(app=Service(settings, copy.url))
    async with httpx.AsyncClient(transport=transport, base_url="http://hearth") as client:
        params = {"documentId": f"sha256:{_hash(QUERY + chr(10))}", "variables": json.dumps(GIVEN)}
        assert (await client.get("/graphql", params=params)).json() == FOUND


def test_a_folder_that_cannot_be_served_is_refused_at_the_start(
    copy: Copy, home: Path, tmp_path: Path
) -> None:
    def start(documents: Path) -> None:
        Service(Settings(home=home, documents=documents), copy.url)

    with pytest.raises(ValueError, match="is not a folder"):
        start(tmp_path / "nothing")
    for text in ("{ nope }", "{", "{ viewer { name " + "@x" * 500 + "} }"):
        (tmp_path / "wrong.graphql").write_text(text)
        with pytest.raises(ValueError, match=r"wrong\.graphql can't be answered"):
            start(tmp_path)
