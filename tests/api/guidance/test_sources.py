"""Stale sources: reported, shown on what leans on them, and reviewed."""

import json
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from api.guidance.sources import SourcesFileError, read_report, report, review
from schema.types.clock import LONDON
from tests.conftest import Hearth

URL = "https://www.gov.uk/guidance/funding-for-councils-homes-for-ukraine"
LEANS = "{ availability { nodes { title leansOnStaleSource routes { sources { url isStale } } } } }"


async def _any_url(hearth: Hearth, read_on: date) -> str:
    """The address of a page, all of which were read on a day."""
    owner = await hearth.owner()
    await owner.execute("UPDATE source SET reviewed_on = $1", read_on)
    found: str = await owner.fetchval(
        "SELECT url FROM source JOIN route_source ON source_id = id "
        "WHERE route_code = 'homes-for-ukraine' AND url IS NOT NULL ORDER BY url LIMIT 1"
    )
    await owner.close()
    return found


async def test_a_page_that_changed_alarms_until_it_is_reviewed(hearth: Hearth) -> None:
    await hearth.open(title="Annexe", routeCodes=["homes-for-ukraine"])
    await hearth.open(title="Barn", routeCodes=["mandate"])
    today = datetime.now(LONDON).date()
    url = await _any_url(hearth, today - timedelta(days=1))

    async def leaning() -> list[str]:
        await hearth.heard()
        data = await hearth.data(LEANS)
        nodes = data["availability"]["nodes"]
        return [node["title"] for node in nodes if node["leansOnStaleSource"]]

    assert await leaning() == []
    stale, unknown = await report(
        hearth.copy.owner_url, {url: today, "https://example.org/": today}, today
    )
    assert ([row["url"] for row in stale], unknown) == ([url], ["https://example.org/"])
    assert await leaning() == ["Annexe"]
    assert await review(hearth.copy.owner_url, url, today) == 1
    assert await leaning() == []
    assert await review(hearth.copy.owner_url, "https://example.org/", today) == 0


async def test_every_source_is_stale_after_its_interval(hearth: Hearth) -> None:
    stale, _ = await report(hearth.copy.owner_url, {}, date(2027, 7, 3))
    assert len(stale) == 170
    fresh, _ = await report(hearth.copy.owner_url, {}, date(2027, 7, 2))
    assert fresh == []


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "not JSON"),
        ("[]", "must hold an object"),
        (json.dumps({URL: "soon"}), "not a day"),
        (json.dumps({URL: 3}), "not a day"),
    ],
)
def test_a_report_that_cannot_be_used(tmp_path: Path, text: str, said: str) -> None:
    file = tmp_path / "pages.json"
    file.write_text(text, "utf-8")
    with pytest.raises(SourcesFileError, match=said):
        read_report(file)


def test_a_report_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(SourcesFileError, match="can't be opened"):
        read_report(tmp_path / "pages.json")
