"""The open tables: CSV that means what its metadata says, runs nowhere, and is streamed."""

import asyncio
import contextlib
import csv
import io
import re
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from urllib.parse import urljoin

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.feeds.csv_text import FORMULAS, inert, lines
from api.feeds.tables import TABLES
from api.http import getting, open_data
from schema.refusals import Unavailable
from tests.api.feeds.conftest import Feed
from tests.conftest import OXFORD, Hearth

HXL = re.compile(r"#[a-z][a-z0-9]*(\+[a-z][a-z0-9_]*)*")
PARSERS: dict[str, Callable[[str], Any]] = {
    "anyURI": str,
    "boolean": {"true": True, "false": False}.__getitem__,
    "date": date.fromisoformat,
    "dateTime": datetime.fromisoformat,
    "decimal": Decimal,
    "integer": int,
    "number": float,
    "string": str,
}
HELD = "UPDATE offer SET held = 1, holds_end_at = clock_timestamp() + interval '1 hour'"


def _rows(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text, newline=""), strict=True))


async def _table(feed: Feed, name: str) -> list[dict[str, str]]:
    names, *rows = _rows((await feed.get(f"/open-data/{name}.csv")).text)
    return [dict(zip(names, row, strict=True)) for row in rows]


def _parsed(cell: str, column: dict[str, Any]) -> Any:
    parts = cell.split(column["separator"]) if "separator" in column else [cell]
    assert cell or not column["required"]
    return [PARSERS[column["datatype"]](part) for part in parts] if cell else []


@pytest.mark.parametrize("name", TABLES)
async def test_every_cell_is_what_the_metadata_say(feed: Feed, name: str) -> None:
    response = await feed.get(f"/open-data/{name}.csv")
    assert response.headers["content-type"] == "text/csv; charset=utf-8; header=present"
    assert response.headers["access-control-allow-origin"] == "*"
    link = response.headers["link"]
    described = await feed.client.get(urljoin(str(response.url), link[1 : link.index(">")]))
    assert described.headers["content-type"].startswith("application/csvm+json")
    metadata = described.json()
    assert metadata["@context"][0] == "http://www.w3.org/ns/csvw"
    assert urljoin(str(described.url), metadata["url"]) == str(response.url)
    columns = metadata["tableSchema"]["columns"]
    names, *rows = _rows(response.text)
    assert names == [column["name"] for column in columns]
    assert rows
    for row in rows:
        for cell, column in zip(row, columns, strict=True):
            _parsed(cell, column)
    assert metadata["tableSchema"]["primaryKey"] == names[0]
    assert len({row[0] for row in rows}) == len(rows)


async def test_availability_is_what_is_open(feed: Feed) -> None:
    rows = await feed.owner.fetch("SELECT id, title, places_left, route_codes FROM open_offer")
    wanted = {
        str(row["id"]): (row["title"], row["places_left"], ";".join(row["route_codes"]))
        for row in rows
    }
    found = {
        each["offer_id"]: (each["title"], int(each["places_left"]), each["route_codes"])
        for each in await _table(feed, "availability")
    }
    assert found == wanted


async def test_the_tables_agree_with_graphql(feed: Feed) -> None:
    query = (
        "{ routes { code name status closesOn tariffs { id amount } }"
        ' council(gssCode: "E07000178") { name region latitude } }'
    )
    data = (await feed.client.post("/graphql", json={"query": query})).json()["data"]
    routes = {each["code"]: each for each in await _table(feed, "routes")}
    assert routes.keys() == {each["code"] for each in data["routes"]}
    for each in data["routes"]:
        row = routes[each["code"]]
        assert (row["name"], row["status"]) == (each["name"], each["status"])
        assert row["closes_on"] == (each["closesOn"] or "")
    tariffs = {each["tariff_id"]: each["amount"] for each in await _table(feed, "tariffs")}
    shown = [tariff for each in data["routes"] for tariff in each["tariffs"]]
    assert shown
    for tariff in shown:
        assert Decimal(tariffs[tariff["id"].removeprefix("fact_")]) == Decimal(tariff["amount"])
    [oxford] = [each for each in await _table(feed, "councils") if each["gss_code"] == OXFORD]
    assert oxford["name"] == data["council"]["name"]
    assert float(oxford["latitude"]) == data["council"]["latitude"]


@pytest.mark.parametrize("name", TABLES)
async def test_marks_and_tags_come_on_request(feed: Feed, name: str) -> None:
    plain = (await feed.get(f"/open-data/{name}.csv")).content
    marked = (await feed.get(f"/open-data/{name}.csv", bom=1)).content
    assert marked == b"\xef\xbb\xbf" + plain
    response = await feed.get(f"/open-data/{name}.csv", hxl=1)
    header, tags, *rows = response.content.split(b"\r\n")
    assert b"\r\n".join([header, *rows]) == plain
    assert all(HXL.fullmatch(tag) for tag in tags.decode().split(","))
    link = response.headers["link"]
    metadata = (await feed.client.get(link[1 : link.index(">")])).json()
    assert metadata["dialect"]["headerRowCount"] == 2
    assert metadata["url"] == f"{name}.csv?hxl=1"


async def test_the_group_lists_every_table(feed: Feed) -> None:
    response = await feed.get("/open-data")
    context, tables = response.json()["@context"], response.json()["tables"]
    base = urljoin(str(response.url), context[1]["@base"])
    for each in tables:
        assert (await feed.client.head(urljoin(base, each["url"]))).status_code == 200
    assert len(tables) == len(TABLES)


@given(st.text())
def test_a_cell_gives_its_text_back_and_is_no_formula(text: str) -> None:
    said = text.encode(errors="replace").decode()
    [[cell]] = _rows(lines([[said]]).decode())
    assert cell in (said, f"'{said}")
    assert not cell.lstrip().startswith(FORMULAS)
    assert cell[:1] not in ("\t", "\r", "\n")


@pytest.mark.parametrize(
    "text", ["=1+1", "+44", "-1", "@SUM(A1)", "\t=1", " =1", "\n=1", "\uff1d1"]
)
def test_what_would_run_is_text(text: str) -> None:
    assert inert(text) == f"'{text}"


async def test_a_formula_in_an_offer_is_text(hearth: Hearth) -> None:
    await hearth.open(title='=HYPERLINK("http://x","free")', description="two\r\nlines, one; cell")
    response = await hearth.client.get("/open-data/availability.csv")
    [names, row] = _rows(response.text)
    cells = dict(zip(names, row, strict=True))
    assert cells["title"] == '\'=HYPERLINK("http://x","free")'
    assert cells["description"].split() == ["two", "lines,", "one;", "cell"]


async def test_it_is_sent_as_it_is_read(feed: Feed, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(open_data, "ROWS_AT_ONCE", 10)
    pieces: list[bytes] = []
    packed: list[bytes] = []

    async def receive() -> dict[str, Any]:
        await asyncio.sleep(60)
        return {"type": "http.disconnect"}

    for into, headers in ((pieces, []), (packed, [(b"accept-encoding", b"gzip")])):

        async def send(message: Any, into: list[bytes] = into) -> None:
            into.append(message.get("body", b""))

        scope = {
            "type": "http",
            "method": "GET",
            "path": "/open-data/availability.csv",
            "query_string": b"",
            "headers": headers,
        }
        await feed.service.open_data(scope, receive, send)
    whole = (await feed.get("/open-data/availability.csv")).content
    assert b"".join(pieces) == whole
    assert len(pieces) > 20
    assert max(map(len, pieces)) < len(whole) / 10
    assert len(b"".join(packed)) < len(whole) / 2


async def test_an_unchanged_table_is_not_sent_again(hearth: Hearth) -> None:
    await hearth.open()
    await hearth.service.listener.is_listening.wait()
    url = "/open-data/availability.csv"
    etag = (await hearth.client.get(url)).headers["etag"]
    for _ in range(2):
        again = await hearth.client.get(url, headers={"if-none-match": etag})
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", etag)
    head = await hearth.client.head(url)
    assert (head.status_code, head.content, head.headers["etag"]) == (200, b"", etag)
    for other in ({"bom": "1"}, {"hxl": "1"}):
        found = await hearth.client.get(url, params=other, headers={"if-none-match": etag})
        assert found.status_code == 200
    await hearth.create(title="A draft, which is no news")
    same = await hearth.client.get(url, headers={"if-none-match": etag})
    assert same.status_code == 304
    await hearth.open(title="Another")
    changed = await hearth.client.get(url, headers={"if-none-match": etag})
    assert changed.status_code == 200
    assert "Another" in changed.text
    owner = await hearth.owner()
    for change in (HELD, "UPDATE council SET name = 'New' WHERE gss_code = 'E07000178'"):
        etag = (await hearth.client.head(url)).headers["etag"]
        await owner.execute(change)
        hearth.service.answers.drop()
        assert (await hearth.client.head(url)).headers["etag"] != etag
    await owner.close()


async def test_of_many_readers_a_few_have_their_turn(hearth: Hearth) -> None:
    lane = hearth.service.open_data.lane
    lane.seconds = 0.05
    async with lane.turn("one"), lane.turn("other"):
        response = await hearth.client.get("/open-data/councils.csv")
        assert (response.status_code, response.headers["retry-after"]) == (503, "1")
        assert "Try again" in response.json()["errors"][0]["message"]
    assert (await hearth.client.get("/open-data/councils.csv")).status_code == 200


@pytest.mark.parametrize("hangs_up_after", [0, 60])
async def test_a_reader_who_stops_reading_makes_room(
    hearth: Hearth, monkeypatch: pytest.MonkeyPatch, hangs_up_after: float
) -> None:
    monkeypatch.setattr(getting, "PIECE_SECONDS", 0.5 if hangs_up_after else 30)

    async def send(message: Any) -> None:
        if message["type"] == "http.response.body":
            await asyncio.sleep(60)

    async def receive() -> dict[str, Any]:
        await asyncio.sleep(hangs_up_after)
        return {"type": "http.disconnect"}

    scope = {
        "type": "http",
        "method": "GET",
        "path": "/open-data/councils.csv",
        "query_string": b"",
        "headers": [],
    }
    # One who has gone is left alone; to one who is still there it is an error, which breaks off.
    breaks_off = pytest.raises(Unavailable) if hangs_up_after else contextlib.nullcontext()
    with breaks_off:
        await hearth.service.open_data(scope, receive, send)
    assert (await hearth.client.get("/open-data/councils.csv")).status_code == 200


@pytest.mark.parametrize(
    ("method", "path", "status", "said"),
    [
        ("POST", "/open-data/councils.csv", 405, "GET"),
        ("GET", "/open-data/people.csv", 404, "/open-data/ lists the tables"),
        ("GET", "/open-data/councils", 404, "/open-data/ lists the tables"),
        ("GET", "/open-data/councils.csv?bom=perhaps", 400, "give true or false"),
        ("GET", "/open-data/councils.csv?region=Wales", 400, "is no parameter here"),
        ("GET", "/open-data?hxl=1", 400, "is no parameter here"),
    ],
)
async def test_what_makes_no_sense_is_refused_in_words(
    feed: Feed, method: str, path: str, status: int, said: str
) -> None:
    response = await feed.client.request(method, path)
    assert response.status_code == status
    assert said in response.json()["errors"][0]["message"]
