"""`/reports/...`: a release's files over HTTP, with the rights of who asks."""

import asyncio
import csv
import io
from dataclasses import replace
from typing import Any

import httpx
import openpyxl
import pytest

from api.http import report_files
from api.http.answers import Answers
from api.http.report_files import KINDS, Kind
from api.reporting.files.seen import Seen
from api.reporting.releasing import Releasing
from schema.words import ReportName
from tests.api.reporting.past import MONTH, months_history
from tests.conftest import CAMBRIDGE, OXFORD, Hearth

FILES = ("report.csv", "report.csv-metadata.json", "report.xlsx", "report.ods", "chart.svg")
OFFICER = f"council:{OXFORD}"


async def _release(hearth: Hearth, *more: ReportName) -> str:
    """The last of the releases made."""
    owner = await hearth.owner()
    await months_history(owner)
    await owner.close()
    async with Releasing.open(hearth.copy.owner_url) as releasing:
        for name in (ReportName.CAPACITY_AND_DEMAND, *more):
            made = await releasing.release(name, MONTH)
    return f"release_{made.id}"


async def _get(hearth: Hearth, path: str, who: str = "public", **options: Any) -> httpx.Response:
    token = await hearth.token(who)
    headers = options.pop("headers", {})
    if token:
        headers["authorization"] = f"Bearer {token}"
    return await hearth.client.get(f"/reports/{path}", headers=headers, **options)


def _taken(response: httpx.Response, council: str) -> str:
    rows = csv.DictReader(io.StringIO(response.content.decode("utf-8")))
    [row] = [
        row
        for row in rows
        if (row["table"], row["council"], row["category"]) == ("by_kind", council, "All")
    ]
    return row["people_waiting"]


async def test_each_viewer_gets_their_edition(hearth: Hearth) -> None:
    release = await _release(hearth)
    found = {
        who: await _get(hearth, f"{release}/report.csv", who)
        for who in ("public", f"council:{CAMBRIDGE}", OFFICER)
    }
    assert _taken(found["public"], "Oxford") == "[c]"
    assert _taken(found[f"council:{CAMBRIDGE}"], "Oxford") == "[c]"
    assert _taken(found[OFFICER], "Oxford") == "3"
    assert found[OFFICER].headers["cache-control"] == "no-store"
    assert "etag" not in found[OFFICER].headers
    assert "authorization" in found["public"].headers["vary"]


async def test_every_file_is_there(hearth: Hearth) -> None:
    release = await _release(hearth)
    for file in FILES:
        response = await _get(hearth, f"{release}/{file}")
        assert response.status_code == 200
        assert int(response.headers["content-length"]) == len(response.content) > 500
        ending = file.rpartition(".")[2]
        if ending == "xlsx":
            book = openpyxl.load_workbook(io.BytesIO(response.content))
            assert book.sheetnames[:2] == ["Cover", "Contents"]
        if ending in ("csv", "ods", "xlsx"):
            name = f'attachment; filename="capacity-and-demand-{MONTH}.{ending}"'
            assert response.headers["content-disposition"] == name


async def test_the_flow_begins_with_requests_as_the_viewer_sees_them(hearth: Hearth) -> None:
    release = await _release(hearth, ReportName.MATCHING_OUTCOMES)
    first = {}
    for who in ("public", "admin"):
        svg = (await _get(hearth, f"{release}/chart.svg", who)).text
        table = svg.partition('<desc id="chart-table">')[2].partition("</desc>")[0]
        first[who] = table.partition("\n")[0]
    assert first["public"].startswith("Requests received: All [c]")
    assert first["admin"].startswith("Requests received: All 15, ")


async def test_a_public_file_is_asked_for_again_cheaply(hearth: Hearth) -> None:
    release = await _release(hearth)
    path = f"{release}/report.csv"
    first = await _get(hearth, path)
    tag = {"if-none-match": first.headers["etag"]}
    again = await _get(hearth, path, headers=tag)
    assert (again.status_code, again.content) == (304, b"")
    marked = await _get(hearth, path, params={"bom": "true"})
    assert marked.content == b"\xef\xbb\xbf" + first.content
    head = await hearth.client.head(f"/reports/{path}")
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-length"] == first.headers["content-length"]


@pytest.fixture
def makings(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Which files were made, in order."""
    made: list[str] = []

    def counted(file: str, kind: Kind) -> Kind:
        def make(seen: Seen, is_marked: bool) -> bytes:
            made.append(file)
            return kind.make(seen, is_marked)

        return replace(kind, make=make)

    kinds = {file: counted(file, kind) for file, kind in KINDS.items()}
    monkeypatch.setattr(report_files, "KINDS", kinds)
    return made


async def test_a_public_file_is_made_once_and_given_to_all(
    hearth: Hearth, makings: list[str]
) -> None:
    release = await _release(hearth)
    path = f"{release}/report.ods"
    answers = await asyncio.gather(*(_get(hearth, path) for _ in range(4)))
    assert [each.status_code for each in answers] == [200] * 4
    assert len({each.content for each in answers}) == 1
    assert makings == ["report.ods"]
    # Whoever has rights gets a file of their own, before and after.
    officers = [await _get(hearth, path, OFFICER) for _ in range(2)]
    assert makings == ["report.ods"] * 3
    assert officers[0].headers["cache-control"] == "no-store"
    assert (await _get(hearth, path)).content == answers[0].content
    assert len(makings) == 3


async def test_nothing_is_made_for_whoever_has_it(hearth: Hearth, makings: list[str]) -> None:
    release = await _release(hearth)
    tags = {}
    for file in ("report.csv", "report.ods"):
        tags[file] = (await _get(hearth, f"{release}/{file}")).headers["etag"]
    assert len(set(tags.values())) == 2
    made = len(makings)
    # As a worker that has just started, or keeps none.
    hearth.service.report_files.made = Answers.never_dropped(0)
    for file, tag in tags.items():
        again = await _get(hearth, f"{release}/{file}", headers={"if-none-match": tag})
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
    assert len(makings) == made
    other = await _get(
        hearth, f"{release}/report.csv", headers={"if-none-match": tags["report.ods"]}
    )
    assert (other.status_code, len(makings)) == (200, made + 1)
    # Made by other code, it may be another.
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(report_files, "made_by", lambda: "another version")
        tag = tags["report.csv"]
        new = await _get(hearth, f"{release}/report.csv", headers={"if-none-match": tag})
    assert new.status_code == 200
    assert new.headers["etag"] != tag
    # A tag is of the public's edition alone.
    owned = await _get(
        hearth, f"{release}/report.csv", OFFICER, headers={"if-none-match": tags["report.csv"]}
    )
    assert owned.status_code == 200
    assert _taken(owned, "Oxford") == "3"


async def test_what_is_not_there_or_not_understood_is_said(hearth: Hearth) -> None:
    release = await _release(hearth)
    nobodys = "release_0198c0de-0000-7000-8000-000000000000"
    for path in (f"{nobodys}/report.csv", f"{release}/report.pdf", "x", f"{release}/../x"):
        response = await _get(hearth, path)
        assert response.status_code == 404
        assert response.json()["errors"][0]["extensions"]["code"] == "NOT_FOUND"
    assert (
        await _get(hearth, f"{release}/report.csv", params={"bom": "perhaps"})
    ).status_code == 400
    posted = await hearth.client.post(f"/reports/{release}/report.csv")
    assert (posted.status_code, posted.headers["allow"]) == (405, "GET, HEAD, OPTIONS")
    bad = await hearth.client.get(
        f"/reports/{release}/report.csv", headers={"authorization": "Bearer nonsense"}
    )
    assert (bad.status_code, bad.headers["www-authenticate"]) == (401, "Bearer")
