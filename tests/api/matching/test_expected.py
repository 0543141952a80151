"""`hearth match --online` over the database: homes are kept for who is likely to come."""

import asyncio
import json
from typing import Any

from typer.testing import CliRunner

from api.cli import app
from tests.api.requests.asking import submit
from tests.conftest import Hearth

AGED = """
    UPDATE request SET status = 'WITHDRAWN', closed_reason = 'They found a home.',
        submitted_at = submitted_at - interval '5 weeks'
    WHERE needs_step_free
"""


async def _found(*arguments: str) -> dict[str, Any]:
    command = ["match", "--kind", "hosting", "--online", *arguments]
    result = await asyncio.to_thread(CliRunner().invoke, app, command)
    assert result.exit_code == 0, result.stderr
    found: dict[str, Any] = json.loads(result.stdout)
    return found


async def test_the_last_step_free_home_is_left_to_who_needs_it(settings: Hearth) -> None:
    easy = await settings.open(placesTotal=2, stepFree="ALL", minimumMonths=12)
    other = await settings.open(placesTotal=2)
    for _ in range(5):
        await submit(settings, needsStepFree=True)
    owner = await settings.owner()
    await owner.execute(AGED)
    request = await submit(settings)
    homes = {}
    for weeks in ("0", "8"):
        found = await _found("--weeks", weeks)
        [goes] = found["assignment"]
        assert (goes["request"], found["unplaced"]) == (request, [])
        homes[weeks] = goes["offer"]
    assert homes == {"0": easy["id"], "8": other["id"]}
    assert found["expected"] == {"needs": 9, "weeks": 8}
    assert found["shadowPrices"]
    await owner.close()


async def test_who_is_there_goes_before_who_may_come(settings: Hearth) -> None:
    easy = await settings.open(placesTotal=2, stepFree="ALL")
    for _ in range(5):
        await submit(settings, needsStepFree=True)
    owner = await settings.owner()
    await owner.execute(AGED)
    await owner.close()
    first, second = [await submit(settings), await submit(settings, adults=3)]
    found = await _found()
    assert [(each["request"], each["offer"]) for each in found["assignment"]] == [
        (first, easy["id"])
    ]
    assert [each["request"] for each in found["unplaced"]] == [second]


async def test_nobody_waiting_and_nobody_expected_is_an_empty_answer(settings: Hearth) -> None:
    found = await _found()
    assert (found["assignment"], found["unplaced"]) == ([], [])
