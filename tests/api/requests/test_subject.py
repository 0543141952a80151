"""A household's data: all of it told, all of it gone; and each kind gone in time."""

import asyncio
import json
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import pytest
from typer.testing import CliRunner

from api.cli import app
from api.reporting.releasing import Releasing
from api.requests import retention, subject
from api.requests.subject import SubjectError, erase, gathered, mentioned
from api.writing.chain import verify
from schema.words import Edition, ReportName
from tests.api.requests.asking import (
    CHARITY,
    CONTACT,
    OFFICER,
    SUBMIT,
    household,
    move,
    propose,
    submit,
)
from tests.conftest import Copy, Hearth

CLOSED_OFFER = """
    WITH closed AS (
        UPDATE offer SET status = 'CLOSED'
        WHERE id = (SELECT id FROM offer ORDER BY id LIMIT 1) RETURNING id, council_gss
    )
    INSERT INTO offer_check (id, offer_id, council_gss, kind, state, failure_reason)
    SELECT gen_random_uuid(), id, council_gss, 'SPONSOR_SUITABLE', 'FAILED', 'Mr A.' FROM closed
"""
AGO = timedelta(days=40)
MONTH = """
SELECT to_char(min(at) AT TIME ZONE 'Europe/London', 'YYYY-MM') FROM request_event
"""


def _silent(done: int, total: int) -> None:
    assert done <= total


async def _ended(hearth: Hearth, key: str = "once") -> tuple[str, UUID]:
    """A request that left traces everywhere, and has ended: its reference and id."""
    given = household(
        idempotencyKey=key, notes="Born 1988-04-17.", consents=["MATCHING", "SHARE_WITH_COUNCIL"]
    )
    data = await hearth.data(SUBMIT, {"input": given}, CHARITY)
    request = data["submitRequest"]["request"]
    for decline in (True, False):
        offer = await hearth.open(placesTotal=4)
        match = (await propose(hearth, request["id"], offer["id"]))["match"]["id"]
        await hearth.data(CONTACT, {"id": request["id"]}, OFFICER)
        if decline:
            said = 'reason: OTHER, note: "Olena is afraid."'
            await move(hearth, "declineMatch", match, CHARITY, said)
        else:
            await move(hearth, "holdMatch", match, OFFICER)
    return request["reference"], UUID(request["id"].partition("_")[2])


async def _withdraw(hearth: Hearth, request_id: UUID) -> None:
    query = """mutation ($id: ID!) {
        withdrawRequest(id: $id, reason: "Olena found a flat.") { problems { code } } }"""
    await hearth.data(query, {"id": f"request_{request_id}"}, CHARITY)


async def _steps(owner: asyncpg.Connection) -> list[dict[str, Any]]:
    """The steps as statistics know them: one household's from another's, but not whose."""
    rows = [dict(row) for row in await owner.fetch("SELECT * FROM request_event ORDER BY id")]
    for name in ("request_id", "match_id"):
        numbers: dict[Any, int] = {None: 0}
        for row in rows:
            row[name] = numbers.setdefault(row[name], len(numbers))
    return rows


async def test_all_of_it_is_told(hearth: Hearth, monkeypatch: pytest.MonkeyPatch) -> None:
    reference, _ = await _ended(hearth)
    owner = await hearth.owner()
    request_id = await subject.find(owner, reference.lower())
    found = await subject.exported(
        owner, request_id, hearth.service.endpoint.answering.sealing, _silent
    )
    assert set(found) == {
        "audit_event",
        "consent",
        "contact_look",
        "idempotency_key",
        "match",
        "outbox",
        "request",
        "request_contact",
        "request_event",
    }
    (contact,) = found["request_contact"]
    assert contact["opened"]["name"] == "Olena Example"
    assert contact["opened"]["notes"] == "Born 1988-04-17."
    assert "sealed" not in contact
    assert len(found["match"]) == 2
    with pytest.raises(SubjectError, match="no request"):
        await subject.find(owner, "HR-00000000")
    await owner.close()


@pytest.mark.parametrize("column", ["uuid", "jsonb", "text", "text[]"])
async def test_a_new_table_is_found_and_nothing_is_erased_past_it(
    hearth: Hearth, column: str
) -> None:
    _, request_id = await _ended(hearth)
    await _withdraw(hearth, request_id)
    owner = await hearth.owner()
    value = {"jsonb": f'{{"of": "match {request_id}"}}', "text[]": f"{{a,{request_id}}}"}
    await owner.execute(f"CREATE TABLE newcomer (anything {column})")
    await owner.execute(
        f"INSERT INTO newcomer VALUES ('{value.get(column, str(request_id))}'::{column})"
    )
    known = await gathered(owner, request_id)
    assert len((await mentioned(owner, known, _silent))["newcomer"]) == 1
    with pytest.raises(SubjectError, match="mentioned in newcomer"):
        async with owner.transaction():
            await erase(owner, request_id, _silent)
    assert await owner.fetchval("SELECT count(*) FROM request_contact") == 1
    await owner.close()


async def test_all_of_it_is_gone_and_the_statistics_stay(hearth: Hearth) -> None:
    _, request_id = await _ended(hearth)
    _, other = await _ended(hearth, "twice")
    owner = await hearth.owner()
    with pytest.raises(SubjectError, match="End that first"):
        async with owner.transaction():
            await erase(owner, request_id, _silent)
    await _withdraw(hearth, request_id)
    steps = await _steps(owner)
    known = await gathered(owner, request_id)
    async with owner.transaction():
        gone = await erase(owner, request_id, _silent)
    assert gone["request"] == gone["request_contact"] == gone["idempotency_key"] == 1
    assert gone["match"] == gone["consent"] == 2
    left = await mentioned(owner, known, _silent)
    assert set(left) == {"audit_event"}, "the steps go on under another id"
    for canary in ("Olena", "1988-04-17", "1865 000000", known.known_by[-1]):
        assert canary not in json.dumps(left, ensure_ascii=False)
    assert await _steps(owner) == steps
    assert (await verify(owner)).findings == []
    query = "{ requests { nodes { id } } }"
    nodes = (await hearth.data(query, who=CHARITY))["requests"]["nodes"]
    assert nodes == [{"id": f"request_{other}"}]
    await owner.close()


async def test_no_report_changes_when_a_household_is_erased(hearth: Hearth) -> None:
    _, request_id = await _ended(hearth)
    await _withdraw(hearth, request_id)
    owner = await hearth.owner()
    # A report is on a month that is over.
    for table in ("check_event", "offer_event", "request_event"):
        await owner.execute(
            f"UPDATE {table} SET at = at - $1::interval, recorded_at = recorded_at - $1", AGO
        )
    month = await owner.fetchval(MONTH)
    async with Releasing.open(hearth.copy.owner_url) as releasing:
        released = [await releasing.release(name, month) for name in ReportName]
        counted = {
            made.editions[Edition.FULL].name
            for made in released
            if any(cell.value for row in made.editions[Edition.FULL].rows for cell in row.cells)
        }
        assert counted >= {ReportName.CAPACITY_AND_DEMAND, ReportName.MATCHING_OUTCOMES}
        async with owner.transaction():
            await erase(owner, request_id, _silent)
        kept = await releasing.kept()
        assert len(kept) == len(ReportName)
        for each in kept:
            same = await releasing.rebuild(each)
            assert same == dict.fromkeys(Edition, True), each["name"]
    await owner.close()


async def test_each_kind_goes_in_its_time(hearth: Hearth, monkeypatch: pytest.MonkeyPatch) -> None:
    await hearth.service.listener.is_listening.wait()
    _, request_id = await _ended(hearth)
    await _ended(hearth, "twice")
    await _withdraw(hearth, request_id)
    owner = await hearth.owner()
    await owner.execute("UPDATE outbox SET sent_at = now()")
    days = retention.periods({})
    assert not any((await retention.due(owner, days)).values())
    at_once = dict.fromkeys(days, -1)
    await owner.execute(CLOSED_OFFER)
    checks = await owner.fetch("SELECT * FROM check_event")
    keep = {**days, "check": -1, "contact": -1, "words": -1, "idempotency": -1, "outbox": -1}
    steps = await _steps(owner)
    expected = {"check": 1, "contact": 1, "words": 2, "idempotency": 2}
    assert expected.items() <= (await retention.due(owner, keep)).items()
    monkeypatch.setattr(retention, "BATCH", 1)
    gone = await retention.run(owner, keep, _silent)
    assert expected.items() <= gone.items()
    assert not any((await retention.run(owner, keep, _silent)).values()), "again: nothing"
    assert await owner.fetchval("SELECT count(*) FROM request_contact") == 1
    written = "SELECT failure_reason FROM offer_check"
    assert await owner.fetchval(written) == "No longer kept."
    assert await owner.fetch("SELECT * FROM check_event") == checks, "which is no news of it"
    ended = "SELECT closed_reason FROM request WHERE status = 'WITHDRAWN'"
    assert await owner.fetchval(ended) is None
    reasons = await owner.fetch("SELECT reason FROM match WHERE state = 'DECLINED'")
    assert sorted(row["reason"] for row in reasons) == ["OTHER", "OTHER: Olena is afraid."]
    gone = await retention.run(owner, at_once, _silent)
    assert (gone["request"], gone["match"]) == (1, 3)
    assert await owner.fetchval("SELECT count(*) FROM request") == 1, "the other goes on"
    assert await _steps(owner) == steps
    with pytest.raises(ValueError, match="no kind"):
        retention.periods({"contacts": 1})
    with pytest.raises(ValueError, match="contact is to be kept for -1 days; the least is 1"):
        retention.periods({"look": 1, "contact": -1})
    with pytest.raises(ValueError, match="the most 36500"):
        retention.periods({"contact": 10**9})
    await owner.close()


async def test_a_request_that_nobody_follows_ends(hearth: Hearth) -> None:
    days = retention.periods({})
    silent, heard, awaited = [
        UUID((await submit(hearth, **given)).partition("_")[2])
        for given in ({}, {}, {"neededBy": "2099-01-01"})
    ]
    _, matched = await _ended(hearth)
    owner = await hearth.owner()
    await owner.execute("UPDATE request SET updated_at = now() - interval '366 days'")
    await owner.execute("UPDATE consent SET at = now() - interval '366 days'")
    await owner.execute("UPDATE consent SET at = now() WHERE request_id = $1", heard)
    assert (await retention.due(owner, days))["silent"] == 1
    assert (await retention.run(owner, days, _silent))["silent"] == 1
    assert (await retention.run(owner, days, _silent))["silent"] == 0
    ended = await owner.fetch("SELECT id, closed_reason FROM request WHERE status = 'WITHDRAWN'")
    assert [tuple(row) for row in ended] == [(silent, "Nothing was heard of it for too long.")]
    step = "SELECT step FROM request_event WHERE request_id = $1 ORDER BY at DESC, id DESC LIMIT 1"
    assert await owner.fetchval(step, silent) == "WITHDRAWN"
    for other in (heard, awaited, matched):
        assert await owner.fetchval(step, other) != "WITHDRAWN"
    await owner.execute("UPDATE request_event SET at = at - interval '91 days'")
    assert (await retention.run(owner, days, _silent))["contact"] == 1
    await owner.close()


async def test_a_request_is_kept_from_its_end_not_from_a_later_touch(
    hearth: Hearth, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, request_id = await _ended(hearth)
    await _withdraw(hearth, request_id)
    owner = await hearth.owner()
    await owner.execute("UPDATE request_event SET at = at - interval '100 days'")
    await owner.execute("UPDATE request SET updated_at = updated_at - interval '100 days'")
    stands = "SELECT status, updated_at, version FROM request"
    before = await owner.fetchrow(stands)
    monkeypatch.setenv("HEARTH_DATABASE_URL", hearth.copy.owner_url)

    async def run(**days: int) -> str:
        monkeypatch.setenv("HEARTH_RETENTION", json.dumps(days))
        result = await asyncio.to_thread(CliRunner().invoke, app, ["retention", "run"])
        assert result.exit_code == 0, result.output
        return result.output

    assert "words: 2 gone" in await run(contact=101)
    assert await owner.fetchrow(stands) == before, "to let words go moves nothing"
    await owner.execute("UPDATE match SET state = state")
    assert (await owner.fetchval("SELECT updated_at FROM request")) > before["updated_at"]
    said = await run(contact=101, request=101)
    assert "contact: 0 gone" in said
    assert "request: 0 gone" in said
    said = await run(contact=99, request=99)
    assert "contact: 1 gone" in said
    assert "request: 1 gone" in said
    await owner.close()


async def test_the_commands_tell_and_erase(
    hearth: Hearth, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reference, request_id = await _ended(hearth)
    monkeypatch.setenv("HEARTH_DATABASE_URL", hearth.copy.owner_url)
    monkeypatch.setenv("HEARTH_DATA_KEYS", (home / "data-key").read_text())

    async def run(*arguments: str) -> str:
        result = await asyncio.to_thread(CliRunner().invoke, app, ["subject", *arguments])
        return result.output

    file = tmp_path / "told.json"
    assert "Written to" in await run("export", reference, "--to", str(file))
    assert file.stat().st_mode & 0o077 == 0
    told = json.loads(file.read_text())
    assert told["tables"]["request_contact"][0]["opened"]["name"] == "Olena Example"
    assert "is there already" in await run("export", reference, "--to", str(file))
    assert "End that first" in await run("erase", reference, "--yes")
    await _withdraw(hearth, request_id)
    assert "request_contact 1" in await run("erase", reference, "--yes")
    assert "no request" in await run("export", reference)
    owner = await hearth.owner()
    noted = "SELECT command FROM audit_event WHERE actor_subject = 'operator' ORDER BY at"
    commands = [row["command"] for row in await owner.fetch(noted)]
    assert commands == ["exportSubject", "eraseSubject"]
    await owner.close()


def test_the_commands_explain(copy: Copy, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HEARTH_DATABASE_URL", copy.owner_url)
    monkeypatch.setenv("HEARTH_RETENTION", '{"contact": 30}')

    def run(*arguments: str) -> str:
        return CliRunner().invoke(app, arguments).output

    assert "no request 'HR-1'" in run("subject", "export", "HR-1")
    assert "no request" in run("subject", "erase", "HR-7K3M9QXA", "--yes")
    assert "Aborted" in run("subject", "erase", "HR-7K3M9QXA")
    assert "contact: 0 to go" in run("retention", "run", "--dry-run")
    assert "contact: 0 gone" in run("retention", "run")
    monkeypatch.setenv("HEARTH_RETENTION", '{"contacts": 30}')
    assert "there is no kind 'contacts'" in run("retention", "run")
