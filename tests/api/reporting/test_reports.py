"""Releases: who sees what of one, that it stays as it is, and that it is made again to the byte."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import asyncpg
import pytest
import pytest_asyncio

from api.report_command import compared
from api.reporting.release import THRESHOLDS
from api.reporting.releasing import Made, ReleaseError, Releasing
from api.solver import solver_version
from schema.types.clock import LONDON
from schema.types.periods import Period
from schema.words import Edition, ReportName
from tests.api.reporting.past import (
    BEGAN,
    HOMES,
    MIDDLE,
    MONTH,
    WEEK,
    months_history,
    offer,
    organisation,
    placed,
)
from tests.conftest import CAMBRIDGE, OXFORD, OXFORDSHIRE, Hearth
from tests.waiting import until

CAPACITY = ReportName.CAPACITY_AND_DEMAND
REPORT = """
query ($name: ReportName!, $period: String, $release: ID) {
  report(name: $name, period: $period, release: $release) {
    id name period dataAsOf columns rowCount notes checksum corrects differs
    csvUrl xlsxUrl odsUrl chartUrl
    rows { cursor cells { column value suppressed } }
  }
}"""
OFFICER = f"council:{OXFORD}"
VIEWERS = ("public", "liaison", "admin", "charity:Harbour Welcome", OFFICER)


@pytest_asyncio.fixture
async def owner(hearth: Hearth) -> AsyncIterator[asyncpg.Connection]:
    connection = await hearth.owner()
    yield connection
    await connection.close()


async def release(hearth: Hearth, name: ReportName = CAPACITY, period: str = MONTH) -> Made:
    async with Releasing.open(hearth.copy.owner_url) as releasing:
        return await releasing.release(name, period)


async def report(
    hearth: Hearth, who: str, name: ReportName = CAPACITY, period: str | None = MONTH
) -> Any:
    data = await hearth.data(REPORT, {"name": name.value, "period": period}, who)
    return data["report"]


def figures(found: Any, table: str, **words: str) -> dict[str, Any]:
    """The figures of the one row that has these words, `HIDDEN` where one is."""
    rows = [{cell["column"]: cell for cell in row["cells"]} for row in found["rows"]]
    own = [
        {name: "HIDDEN" if cell["suppressed"] else cell["value"] for name, cell in row.items()}
        for row in rows
        if row["table"]["value"] == table
        and all(row[name]["value"] == word for name, word in words.items())
    ]
    assert len(own) == 1, own
    return own[0]


async def test_nobody_gets_what_is_not_released_or_not_over(hearth: Hearth) -> None:
    assert await report(hearth, "public") is None
    assert await report(hearth, "public", period=None) is None
    for period in ("2026-13", "2026-W54", "soon", "", "2099-01", f"{datetime.now(LONDON):%Y-%m}"):
        asked = {"name": CAPACITY.value, "period": period}
        response = (await hearth.post(REPORT, asked)).json()
        assert response["errors"][0]["extensions"]["code"] == "BAD_REQUEST", response
        assert response["data"] == {"report": None}


async def test_each_audience_has_its_edition(hearth: Hearth, owner: asyncpg.Connection) -> None:
    await months_history(owner)
    await release(hearth)
    found = {who: await report(hearth, who) for who in VIEWERS}
    of_all = {
        who: figures(each, "by_kind", council="Oxford", category="All")
        for who, each in found.items()
    }
    assert of_all[OFFICER]["places_taken"] == of_all["admin"]["places_taken"] == "14"
    assert of_all[OFFICER]["people_waiting"] == "3"
    for who in ("public", "charity:Harbour Welcome"):
        assert of_all[who]["people_waiting"] == "HIDDEN"
        assert of_all[who]["places_free"] == "26"
    # A council's neighbours are to it what they are to everybody.
    other = {
        who: figures(each, "by_kind", council="Cambridge", category="All")
        for who, each in found.items()
    }
    assert other[OFFICER] == other["public"] != other["admin"]
    checksums = {who: each["checksum"] for who, each in found.items()}
    assert len({checksums["public"], checksums["liaison"], checksums["admin"]}) == 3
    assert checksums["public"] == checksums[OFFICER]
    assert found["public"]["csvUrl"] == f"/reports/{found['public']['id']}/report.csv"


async def test_an_upper_tier_sees_its_lower_tiers(
    hearth: Hearth, owner: asyncpg.Connection
) -> None:
    await months_history(owner)
    await release(hearth)
    found = await report(hearth, f"council:{OXFORDSHIRE}")
    assert figures(found, "by_kind", council="Oxford", category="All")["people_waiting"] == "3"
    officer = await report(hearth, OFFICER)
    county = figures(officer, "by_kind", council="Oxfordshire", category="All")
    assert county["places_taken"] == "HIDDEN"


async def test_what_is_small_is_hidden_and_never_zero(
    hearth: Hearth, owner: asyncpg.Connection
) -> None:
    await months_history(owner)
    for name in ReportName:
        made = await release(hearth, name)
        full = made.editions[Edition.FULL].rows
        for edition, least in THRESHOLDS.items():
            shown = made.editions[edition]
            for whole, row in zip(full, shown.rows, strict=True):
                for measure, was, cell in zip(
                    shown.measures, whole.cells[6:], row.cells[6:], strict=True
                ):
                    assert (cell == was) != cell.is_suppressed
                    assert cell.value is None or not cell.is_suppressed
                    if measure.is_suppressed and was.value and 0 < int(was.value) < least:
                        assert cell.is_suppressed, (name, measure.name, whole)
                    # Nor does a zero, or the want of a figure, tell of what it is worked out of.
                    bases = [row.cells[shown.columns.index(base)] for base in measure.bases]
                    if measure.is_private or any(base.is_suppressed for base in bases):
                        assert cell.is_suppressed, (name, measure.name, whole)


async def test_pages_are_the_whole(hearth: Hearth, owner: asyncpg.Connection) -> None:
    await months_history(owner)
    made = await release(hearth)
    page = """query ($after: String) {
      report(name: CAPACITY_AND_DEMAND) {
        rows(first: 100, after: $after) { cursor cells { value } }
      }
    }"""
    rows: list[Any] = []
    while more := (
        await hearth.data(page, {"after": rows[-1]["cursor"] if rows else None}, OFFICER)
    )["report"]["rows"]:
        rows += more
    assert [int(row["cursor"]) for row in rows] == list(range(1, len(rows) + 1))
    assert len(rows) == len(made.editions[Edition.FULL].rows)
    for bad in ("rows(first: 501) { cursor }", 'rows(after: "x") { cursor }'):
        query = f"{{ report(name: CAPACITY_AND_DEMAND) {{ {bad} }} }}"
        assert (await hearth.post(query)).json()["errors"][0]["extensions"]["code"] == "BAD_REQUEST"


@pytest.mark.parametrize("name", ReportName)
async def test_it_is_made_again_the_same_whatever_came_since(
    hearth: Hearth, owner: asyncpg.Connection, name: ReportName
) -> None:
    charity = await months_history(owner)
    for period in (MONTH, WEEK):
        await release(hearth, name, period)
    # Known later, though it was so before; and what the reference data say changes.
    await placed(owner, charity, OXFORD, 30)
    await offer(owner, CAMBRIDGE, 500)
    await owner.execute(
        "UPDATE council SET name = 'Elsewhere', region = 'Wales' WHERE gss_code = $1", OXFORD
    )
    await owner.execute(
        "DELETE FROM match; DELETE FROM request_contact; DELETE FROM consent; DELETE FROM request"
    )
    async with Releasing.open(hearth.copy.owner_url) as releasing:
        kept = await releasing.kept()
        assert [row["period"] for row in kept] == [MONTH, WEEK]
        for each in kept:
            assert await releasing.rebuild(each) == dict.fromkeys(Edition, True)


async def test_nobody_changes_it(hearth: Hearth, owner: asyncpg.Connection) -> None:
    await months_history(owner)
    await release(hearth)
    await owner.execute("SET ROLE hearth_owner")
    for table, column in (
        ("report_release", "period = '2026-09'"),
        ("report_edition", "checksum = ''"),
        ("report_row", "shown = '{}'"),
    ):
        for statement in (
            f"UPDATE {table} SET {column}",
            f"DELETE FROM {table}",
            f"TRUNCATE {table} CASCADE",
        ):
            with pytest.raises(asyncpg.PostgresError, match="never changed"):
                await owner.execute(statement)
    await owner.execute("SET ROLE hearth_admin")
    for table in ("report_release", "report_edition", "report_row", "offer_event", "check_event"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await owner.execute(f"DELETE FROM {table}")
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await owner.execute("SELECT FROM offer_event")


async def test_a_correction_names_what_it_corrects(
    hearth: Hearth, owner: asyncpg.Connection
) -> None:
    charity = await months_history(owner)
    first = await release(hearth)
    async with Releasing.open(hearth.copy.owner_url) as releasing:
        with pytest.raises(ReleaseError, match="--correct"):
            await releasing.release(CAPACITY, MONTH)
        with pytest.raises(ReleaseError, match="Nothing differs"):
            await releasing.release(CAPACITY, MONTH, corrects=True)
        with pytest.raises(ReleaseError, match="yet to correct"):
            await releasing.release(CAPACITY, WEEK, corrects=True)
        await placed(owner, charity, OXFORD, 30)
        await releasing.release(CAPACITY, MONTH, corrects=True)
        for each in await releasing.kept():
            assert all((await releasing.rebuild(each)).values())
    found = await report(hearth, "admin")
    assert found["corrects"] == f"release_{first.id}"
    assert any(said.startswith("Places taken: ") for said in found["differs"])
    asked = {"name": CAPACITY.value, "release": found["corrects"]}
    old = (await hearth.data(REPORT, asked, "admin"))["report"]
    assert (old["corrects"], old["checksum"]) == (None, first.editions[Edition.FULL].checksum)


@pytest.mark.parametrize("first", [MONTH, WEEK])
async def test_what_is_released_second_does_not_tell_the_days_between(
    hearth: Hearth, owner: asyncpg.Connection, first: str
) -> None:
    charity = await organisation(owner)
    for n in range(12):
        await placed(owner, charity, CAMBRIDGE, 1, at=MIDDLE if n < 10 else BEGAN)
    for period in (first, MONTH if first == WEEK else WEEK):
        await release(hearth, ReportName.MATCHING_OUTCOMES, period)
        found = await report(hearth, "public", ReportName.MATCHING_OUTCOMES, period)
        region = figures(found, "by_kind", region="East of England", council="All", category="All")
        told = {MONTH: "12", WEEK: "10"}[period] if period == first else "HIDDEN"
        assert region["matches_placed"] == told, period
    async with Releasing.open(hearth.copy.owner_url) as releasing:
        for each in await releasing.kept():
            assert await releasing.rebuild(each) == dict.fromkeys(Edition, True)


async def test_a_kept_null_is_dropped_by_a_release(
    hearth: Hearth, owner: asyncpg.Connection
) -> None:
    await months_history(owner)
    assert await report(hearth, "public") is None
    await release(hearth)

    async def is_there() -> bool:
        return await report(hearth, "public") is not None

    await until(is_there, "the answer that there is none is kept")


async def test_one_process_at_a_time_releases_and_any_may_look(
    hearth: Hearth, owner: asyncpg.Connection
) -> None:
    await months_history(owner)
    made = await release(hearth)
    url = hearth.copy.owner_url
    async with Releasing.open(url) as first, Releasing.open(url) as second:
        assert len(await first.due(datetime.now(UTC).date())) > 0
        [kept] = await second.kept()
        assert kept["id"] == made.id
        assert all((await second.rebuild(kept)).values())
        with pytest.raises(ReleaseError, match="Another process"):
            await second.due(datetime.now(UTC).date())
        with pytest.raises(ReleaseError, match="Another process"):
            await second.release(CAPACITY, WEEK)
    async with Releasing.open(url) as third:
        assert len(await third.due(datetime.now(UTC).date())) > 0


async def test_commands_leave_the_history_that_reports_are_made_of(
    hearth: Hearth, owner: asyncpg.Connection
) -> None:
    created = await hearth.open(placesTotal=5)
    query = """mutation ($id: ID!) {
      recordCheck(
        input: { offerId: $id, kind: SPONSOR_SUITABLE, state: PASSED, doneOn: "2026-10-05" }
      ) { problems { message } } }"""
    await hearth.data(query, {"id": created["id"]}, OFFICER)
    rows = await owner.fetch(
        "SELECT status, places, council_gss FROM offer_event ORDER BY recorded_at"
    )
    assert [tuple(row) for row in rows] == [("DRAFT", 5, OXFORD), ("OPEN", 5, OXFORD)]
    check = await owner.fetchrow("SELECT state, at, recorded_at FROM check_event")
    assert (check["state"], check["at"].date().isoformat()) == ("PASSED", "2026-10-05")
    assert check["recorded_at"] > datetime.now(UTC) - timedelta(minutes=5)


async def test_medians_and_deciles_need_a_base(hearth: Hearth, owner: asyncpg.Connection) -> None:
    charity = uuid4()
    await owner.execute("INSERT INTO organisation (id, name) VALUES ($1, 'One')", charity)
    home = await offer(owner, OXFORD, 100)
    for days in range(1, 13):
        await placed(owner, charity, OXFORD, 1, days=days, offer_id=home)
    await release(hearth, ReportName.TIME_TO_PLACE)
    public = figures(
        await report(hearth, "public", ReportName.TIME_TO_PLACE),
        "by_kind",
        region="All",
        category="All",
    )
    assert (public["households_arrived"], public["days_median"]) == ("12", "6.5")
    assert public["days_decile_1"] == public["days_decile_9"] == "HIDDEN"
    own = figures(
        await report(hearth, OFFICER, ReportName.TIME_TO_PLACE),
        "by_kind",
        council="Oxford",
        category="All",
    )
    assert own["days_decile_1"] == "2.1"


async def test_funding_goes_to_the_upper_tier_to_the_penny(
    hearth: Hearth, owner: asyncpg.Connection
) -> None:
    await months_history(owner)
    await placed(
        owner, (await owner.fetchval("SELECT id FROM organisation LIMIT 1")), OXFORD, 3,
        route="uk-resettlement-scheme", at=MIDDLE,
    )  # fmt: skip
    await release(hearth, ReportName.FUNDING_DUE)
    found = await report(hearth, f"council:{OXFORDSHIRE}", ReportName.FUNDING_DUE)
    homes = figures(found, "by_route", council="Oxfordshire", category_code=HOMES)
    # 19 people of Oxford and the county at 5,900 pounds each.
    assert (homes["people_arrived"], homes["pounds_due"]) == ("19", "112100.00")
    resettled = figures(
        found, "by_route", council="Oxfordshire", category_code="uk-resettlement-scheme"
    )
    # Three adults: 8,520 for the first year and 850 for English each.
    assert (resettled["pounds_on_arrival"], resettled["pounds_due"]) == ("25560.00", "28110.00")
    public = await report(hearth, "public", ReportName.FUNDING_DUE)
    hidden = figures(public, "by_route", council="Oxfordshire", category_code=HOMES)
    assert hidden["pounds_due"] == "HIDDEN"
    total = figures(public, "by_route", council="Oxfordshire", category_code="ALL")
    assert total["pounds_on_arrival"] == "HIDDEN"
    with pytest.raises(AssertionError):
        figures(found, "by_route", council="Oxford", category_code=HOMES)


async def test_who_moved_in_before_their_request_was_entered_counts(
    hearth: Hearth, owner: asyncpg.Connection
) -> None:
    """A family that came on a Friday night, typed in after the month was over."""
    charity = await organisation(owner)
    home = await offer(owner, OXFORD, 100)
    await placed(owner, charity, OXFORD, 2, offer_id=home)
    late = datetime(2026, 11, 3, 12, tzinfo=UTC)
    await placed(
        owner, charity, OXFORD, 3, at=late, days=1, offer_id=home, happened_on=MIDDLE.date()
    )
    await release(hearth, ReportName.FUNDING_DUE)
    found = await report(hearth, f"council:{OXFORDSHIRE}", ReportName.FUNDING_DUE)
    homes = figures(found, "by_route", council="Oxfordshire", category_code=HOMES)
    assert (homes["people_arrived"], homes["pounds_due"]) == ("5", "29500.00")
    await release(hearth, ReportName.TIME_TO_PLACE)
    waited = figures(
        await report(hearth, OFFICER, ReportName.TIME_TO_PLACE),
        "by_kind",
        council="Oxford",
        category="All",
    )
    assert waited["households_arrived"] == "1"


async def test_a_tariff_that_changes_does_not_tell_who_came_before(
    hearth: Hearth, owner: asyncpg.Connection
) -> None:
    charity = await organisation(owner)
    for at in (datetime(2022, 12, 28, 12, tzinfo=UTC), datetime(2023, 1, 1, 12, tzinfo=UTC)):
        for _ in range(12):
            await placed(owner, charity, CAMBRIDGE, 1, at=at)
    found = {}
    for period in ("2022-W52", "2022-12"):
        await release(hearth, ReportName.FUNDING_DUE, period)
        for who in ("public", "admin"):
            seen = await report(hearth, who, ReportName.FUNDING_DUE, period)
            row = figures(seen, "by_route", region="All", category_code=HOMES)
            found[period, who] = row["people_arrived"], row["pounds_on_arrival"]
    # 10,500 pounds for each until the year ended, 5,900 since.
    assert found["2022-W52", "admin"] == ("24", "196800.00")
    assert found["2022-W52", "public"] == ("24", "HIDDEN")
    assert found["2022-12", "public"] == ("12", "126000.00")


async def test_another_solver_may_hide_other_cells_but_changes_no_figure(
    hearth: Hearth, owner: asyncpg.Connection
) -> None:
    await months_history(owner)
    await release(hearth)
    async with Releasing.open(hearth.copy.owner_url) as releasing:
        (kept,) = await releasing.kept()
    assert kept["made_with"] == solver_version()
    same = dict.fromkeys(Edition, True)
    assert compared(kept, same) == "the same"
    other = {**kept, "made_with": "HiGHS 1.0.0"}
    told = compared(other, {**same, Edition.PUBLIC: False})
    assert told.startswith("the same figures; PUBLIC may hide other cells besides")
    assert compared(other, dict.fromkeys(Edition, False)).startswith("DIFFERS")
    assert compared(kept, {**same, Edition.PUBLIC: False}) == "DIFFERS: PUBLIC"


async def test_what_is_due_is_the_last_month_and_week(hearth: Hearth) -> None:
    today = datetime(2026, 11, 25, tzinfo=UTC).date()
    async with Releasing.open(hearth.copy.owner_url) as releasing:
        wanted = await releasing.due(today)
        await releasing.release(CAPACITY, "2026-10")
        left = await releasing.due(today)
    assert {period.name for _, period in wanted} == {"2026-10", "2026-W47"}
    assert len(wanted) == 14
    assert set(wanted) - set(left) == {(CAPACITY, Period.month(today.replace(month=10)))}
