"""What people write, over HTTP: kept as they mean it, refused with a path, and inert in logs."""

import logging
import unicodedata
from typing import Any

import pytest

from tests.api.requests.asking import CHARITY, CONTACT, OFFICER, SUBMIT, household, submit
from tests.conftest import GRAPHQL_JSON, Hearth

NAMES = ("O'Connor; DROP TABLE request;--", "Олена", "محمد عبد‌الله", "Sukarno", "👩‍👩‍👧 Ng")


async def _submitted(hearth: Hearth, **given: Any) -> Any:
    inner = household()["household"] | {
        name: given.pop(name) for name in ("contactName", "adults", "childAges") if name in given
    }
    asked = {"input": {**household(), "household": inner, **given}}
    return (await hearth.post(SUBMIT, asked, CHARITY)).json()


async def test_names_are_kept_composed(hearth: Hearth) -> None:
    for name in NAMES:
        data = await _submitted(hearth, contactName=unicodedata.normalize("NFD", name))
        request = data["data"]["submitRequest"]["request"]["id"]
        found = (await hearth.data(CONTACT, {"id": request}, CHARITY))["request"]
        assert found["household"]["contact"]["name"] == name
    assert (await _submitted(hearth, contactName=None))["data"]["submitRequest"]["request"]


@pytest.mark.parametrize("name", ["a\0b", "\x1b[2J"], ids=ascii)
async def test_what_is_no_text_is_a_problem_with_its_path(hearth: Hearth, name: str) -> None:
    (problem,) = (await _submitted(hearth, contactName=name))["data"]["submitRequest"]["problems"]
    assert problem["path"] == ["input", "household", "contactName"]
    body = b'{"query": "{ requests(filter: {search: \\"\\ud800\\"}) { totalCount } }"}'
    headers = {
        "accept": GRAPHQL_JSON,
        "authorization": f"Bearer {await hearth.token(CHARITY)}",
        "content-type": "application/json",
    }
    assert (await hearth.client.post("/graphql", content=body, headers=headers)).status_code == 400


async def test_dates_are_days_of_the_calendar(hearth: Hearth) -> None:
    for day, is_one in (("2028-02-29", True), ("9999-12-31", True), ("2027-02-29", False)):
        body = await _submitted(hearth, neededBy=day, childAges=[0, 17])
        assert ("errors" not in body) == is_one, body
    (problem,) = (await _submitted(hearth, childAges=[18]))["data"]["submitRequest"]["problems"]
    assert problem["path"] == ["input", "household", "childAges"]


async def test_wildcards_are_letters(hearth: Hearth) -> None:
    await submit(hearth)
    for search in ("%", "_", "HR-%", "' OR true --"):
        query = "query ($s: String) { requests(filter: { search: $s }) { totalCount } }"
        found = await hearth.data(query, {"s": search}, OFFICER)
        assert found["requests"]["totalCount"] == 0


async def test_nothing_sent_begins_a_line_of_the_log(
    hearth: Hearth, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    forged = "x\r\nCRITICAL forged"
    token = await hearth.token(CHARITY)
    await _submitted(hearth, contactName=forged, kinds=[forged])
    for sent in (f"{{ nonesuch }} # {forged}", f'{{ node(id: "{forged}") {{ id }} }}'):
        headers = {"authorization": f"Bearer {token}"}
        await hearth.client.post("/graphql", json={"query": sent}, headers=headers)
    await hearth.client.get("/nowhere%0d%0aCRITICAL%20forged")
    lines = caplog.text.splitlines()
    assert not any(line.startswith("CRITICAL") for line in lines)


async def test_what_is_longer_than_any_input_is_refused_with_its_path(hearth: Hearth) -> None:
    search = "query ($s: String!) { councils(filter: { search: $s }) { totalCount } }"
    (error,) = (await hearth.post(search, {"s": "a" * 201})).json()["errors"]
    assert (error["path"], error["extensions"]["code"]) == (["councils"], "BAD_REQUEST")
    assert await hearth.code(search, {"s": "a" * 900_000}) == "BAD_REQUEST"
    query = "query ($f: AvailabilityFilter) { availability(filter: $f) { totalCount } }"
    languages = ["uk"] * 250
    assert await hearth.data(query, {"f": {"languages": languages}})
    (error,) = (await hearth.post(query, {"f": {"languages": [*languages, "en"]}})).json()["errors"]
    assert "'$f.languages' has 251 entries; the limit is 250" in error["message"]
    written = "{ availability(filter: { gssCodes: [" + '"a" ' * 251 + "] }) { totalCount } }"
    (error,) = (await hearth.post(written)).json()["errors"]
    assert error["locations"] == [{"line": 1, "column": 36}]
    (problem,) = (await _submitted(hearth, notes="a" * 5001))["data"]["submitRequest"]["problems"]
    assert problem["path"] == ["input", "notes"]
