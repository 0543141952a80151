"""A host's data, by the offer: all of it told, all of it gone, and the offer counts as before."""

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from api.cli import app
from tests.conftest import OXFORD, Hearth

OFFICER = f"council:{OXFORD}"
RECORD = """
mutation ($input: OfferAddressInput!) {
  recordOfferAddress(input: $input) { offer { id } problems { code } }
}"""
CHECK = """
mutation ($input: RecordCheckInput!) { recordCheck(input: $input) { problems { code } } }"""
CLOSE = """
mutation ($id: ID!, $version: Int!) {
  closeOffer(id: $id, expectedVersion: $version, reason: "Moved.") { problems { code } }
}"""
VERSION = "query ($id: ID!) { offer(id: $id) { version } }"


@pytest.fixture
def run(hearth: Hearth, home: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """Runs `hearth subject` with arguments."""
    monkeypatch.setenv("HEARTH_DATABASE_URL", hearth.copy.owner_url)
    monkeypatch.setenv("HEARTH_DATA_KEYS", (home / "data-key").read_text())

    async def run(*arguments: str) -> Result:
        return await asyncio.to_thread(CliRunner().invoke, app, ["subject", *arguments])

    return run


async def _hosted(hearth: Hearth) -> str:
    """An offer with all that is kept of a host."""
    offer = await hearth.open(title="Room at Marigold's", externalRef="X-1", postcodeDistrict="OX4")
    address = {"offerId": offer["id"], "address": "1 High Street", "hostName": "Marigold Example"}
    for agrees in (False, True):
        given = {"input": address | {"hostAgrees": agrees}}
        await hearth.data(RECORD, given, OFFICER)
    failed = {"kind": "SPONSOR_SUITABLE", "state": "FAILED", "failureReason": "Marigold's son."}
    check = {"offerId": offer["id"], "doneOn": "2026-01-01", **failed}
    assert (await hearth.data(CHECK, {"input": check}, OFFICER))["recordCheck"]["problems"] == []
    found: str = offer["id"]
    return found


async def test_a_host_is_told_and_erased(hearth: Hearth, run: Callable[..., Any]) -> None:
    offer, other = await _hosted(hearth), await _hosted(hearth)
    told = json.loads((await run("export", offer)).stdout)["tables"]
    assert told["offer_address"][0]["opened"]["host_name"] == "Marigold Example"
    assert told["offer"][0]["title"] == "Room at Marigold's"
    assert told["offer_check"][0]["failure_reason"] == "Marigold's son."
    assert {"createOffer", "recordOfferAddress"} <= {
        each["command"] for each in told["audit_event"]
    }
    assert "close" in (await run("erase", offer, "--yes")).stderr
    data = await hearth.data(VERSION, {"id": offer}, OFFICER)
    close = {"id": offer, "version": data["offer"]["version"]}
    assert (await hearth.data(CLOSE, close, OFFICER))["closeOffer"]["problems"] == []
    owner = await hearth.owner()
    events = "SELECT offer_event::text FROM offer_event ORDER BY id"
    before = await owner.fetch(events)
    result = await run("erase", offer, "--yes")
    assert "offer_address 1" in result.stdout
    assert await owner.fetch(events) == before, "statistics count as before"
    key = offer.partition("_")[2]
    left = json.loads((await run("export", offer)).stdout)["tables"]
    assert left["offer_address"] == []
    kept = json.dumps({**left, "audit_event": []})
    for canary in ("Marigold", "High Street", "X-1", "OX4"):
        assert canary not in kept
    addresses = await owner.fetch("SELECT offer_id::text FROM offer_address")
    assert [row["offer_id"] for row in addresses] == [other.partition("_")[2]]
    by = "SELECT command FROM audit_event WHERE subject_id::text = $1 AND actor_subject = $2"
    commands = [row["command"] for row in await owner.fetch(by, key, "operator")]
    assert sorted(commands) == ["eraseHost", "exportHost", "exportHost"]
    for unknown in ("offer_", "offer_nothing", f"offer_{'0' * 8}-0000-0000-0000-{'0' * 12}"):
        assert "There is no offer" in (await run("export", unknown)).stderr
    await owner.close()
