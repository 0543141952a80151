"""Reports over figures that were published: what must add up does; what doesn't is named."""

import csv
from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

from api.reporting.release import Row
from api.reporting.releasing import Made, Releasing
from schema.words import Edition, ReportName
from tests.api.reporting.past import HOMES, RESETTLED, organisation, placed
from tests.conftest import OXFORD, Hearth

PUBLISHED = Path(__file__).parent / "published"
FIRST_YEAR = 8520
"""Pounds for each person resettled in the year of arrival (UK Resettlement Scheme)."""
ENGLAND_OWED_DUTY = 10_660


def _read(name: str) -> list[dict[str, str]]:
    with (PUBLISHED / name).open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def _figures(made: Made, **words: str) -> Mapping[str, str | None]:
    release = made.editions[Edition.FULL]

    def named(row: Row) -> dict[str, str | None]:
        cells = (cell.value for cell in row.cells)
        return dict(zip(release.columns, cells, strict=True))

    [found] = [
        row
        for row in map(named, release.rows)
        if all(row[name] == word for name, word in words.items())
    ]
    return found


async def _released(hearth: Hearth, period: str) -> Made:
    async with Releasing.open(hearth.copy.owner_url) as releasing:
        return await releasing.release(ReportName.FUNDING_DUE, period)


async def test_resettlement_adds_up_by_council_region_and_pound(hearth: Hearth) -> None:
    owner = await hearth.owner()
    charity = await organisation(owner)
    rows = [
        row
        for row in _read("resettlement_by_council_2023-12-31.csv")
        if row["scheme"] == "UK Resettlement Scheme"
    ]
    arrived_at = datetime(2023, 12, 15, 12, tzinfo=UTC)
    for row in rows:
        people = int(row["persons"])
        gss = row["current_gss"]
        await placed(owner, charity, gss, people, at=arrived_at, route=RESETTLED, adults=people)
    await owner.close()
    made = await _released(hearth, "2023-12")
    published = sum(int(row["persons"]) for row in rows)
    assert published == 101
    whole = _figures(made, region="All", category_code=RESETTLED)
    assert whole["people_arrived"] == str(published)
    assert Decimal(str(whole["pounds_on_arrival"])) >= published * FIRST_YEAR
    by_region: Counter[str] = Counter()
    for row in rows:
        by_region[row["region"]] += int(row["persons"])
    for region, people in by_region.items():
        found = _figures(made, region=region, council="All", category_code=RESETTLED)
        assert found["people_arrived"] == str(people)
    # A district's guests are its county's to be paid for.
    lancashire = _figures(made, council="Lancashire", category_code=RESETTLED)
    assert lancashire["people_arrived"] == str(2 + 1 + 6 + 4)


async def test_homes_for_ukraine_pays_what_the_arrivals_of_may_2022_come_to(
    hearth: Hearth,
) -> None:
    [england] = [
        row
        for row in _read("hfu_visas_by_country.csv")
        if (row["as_at"], row["location"]) == ("2022-05-30", "England")
    ]
    arrivals = int(england["arrivals"])
    owner = await hearth.owner()
    charity = await organisation(owner)
    at = datetime(2022, 5, 30, 12, tzinfo=UTC)
    await placed(owner, charity, OXFORD, arrivals, at=at, route=HOMES, adults=arrivals)
    await owner.close()
    made = await _released(hearth, "2022-05")
    found = _figures(made, council="Oxfordshire", category_code=HOMES)
    assert found["people_arrived"] == "37015"
    assert found["pounds_on_arrival"] == "388657500.00"


def test_nations_add_up_and_nobody_arrives_without_a_visa() -> None:
    rows = _read("hfu_visas_by_country.csv")
    latest = [row for row in rows if row["as_at"] == "2025-03-31"]
    sums = [
        sum(int(row[name]) for row in latest)
        for name in ("applications", "visas_issued", "arrivals")
    ]
    assert sums == [247_102, 198_639, 165_390]
    for row in rows:
        assert int(row["arrivals"]) <= int(row["visas_issued"]) <= int(row["applications"])


def test_where_homelessness_figures_do_not_add_up_is_known() -> None:
    rows = _read("ukraine_homelessness_england.csv")
    owed: dict[str, dict[str, int]] = {}
    for row in rows:
        value = row["households_owed_duty_cumulative"]
        if value.isdigit():
            owed.setdefault(row["as_at"], {})[row["gss_code"]] = int(value)
    before, after = owed["2024-03-31"], owed["2024-08-31"]
    # Not all councils reported, so the published total of England is more than its parts.
    assert sum(after.values()) == 8805 < ENGLAND_OWED_DUTY
    # A sum since 2022 can't fall; these councils' did, which is a correction or a slip.
    fell = [gss for gss, households in after.items() if households < before.get(gss, 0)]
    assert fell
