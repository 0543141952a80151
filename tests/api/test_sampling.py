"""Sample data: every state there is, something in every week and month, and nobody real."""

from datetime import datetime
from pathlib import Path

import asyncpg
import pytest_asyncio

from api.access.joining import Joining
from api.access.sealing import sealing
from api.matching.samples import STORIES, TAKEN
from api.offers.samples import samples
from api.requests.samples import sample_requests
from api.sampling import Sampling
from api.settings import Settings
from schema.reference.files import read_reference
from schema.types.clock import LONDON
from schema.words import MatchState, Step
from tests.conftest import Copy

DAYS_AGO = """
    SELECT step, timezone('Europe/London', now())::date - timezone('Europe/London', at)::date
    FROM request_event
"""
# Each of these would show that time was not carried over whole.
FAULTS = (
    "SELECT FROM request_event WHERE at > now()",
    "SELECT FROM match WHERE state = 'HELD' AND held_until <= now()",
    "SELECT FROM match JOIN request ON request.id = request_id WHERE created_at <= submitted_at",
    "SELECT FROM match WHERE created_at > updated_at OR decided_at < created_at",
    "SELECT FROM match WHERE arrived_on > current_date OR ended_on > current_date",
    """SELECT FROM match JOIN request_event ON match_id = match.id AND step = 'PROPOSED'
       WHERE at <> created_at""",
    """SELECT FROM match JOIN request_event ON match_id = match.id AND step = 'PLACED'
       WHERE (at AT TIME ZONE 'Europe/London')::date <> arrived_on""",
    """SELECT FROM request_event JOIN request ON request.id = request_id
       WHERE (step = 'SUBMITTED') <> (at = submitted_at)""",
    "SELECT FROM offer WHERE last_confirmed_on < created_at::date OR created_at > updated_at",
    "SELECT FROM offer JOIN match ON offer_id = offer.id WHERE match.created_at < offer.created_at",
)


async def _fill(copy: Copy, home: Path) -> int:
    joining = await Joining.open(copy.owner_url)
    keys = sealing(Settings(home=home, development=True))
    steps = 0
    async for _ in Sampling(copy.url, joining, keys).fill(read_reference()):
        steps += 1
    await joining.connection.close()
    return steps


@pytest_asyncio.fixture
async def owner(copy: Copy, home: Path) -> asyncpg.Connection:
    """The owner of a database with samples."""
    assert await _fill(copy, home) > 400
    # In summer it is tomorrow here for an hour, where it is still today by UTC.
    connection = await asyncpg.connect(
        copy.owner_url, server_settings={"timezone": "Europe/London"}
    )
    yield connection
    await connection.close()


async def test_samples_have_everything_that_reports_count(
    owner: asyncpg.Connection, copy: Copy, home: Path
) -> None:
    states = await owner.fetch("SELECT state, count(*) FROM match GROUP BY state")
    assert {row[0] for row in states} == set(MatchState)
    assert sum(row[1] for row in states) == sum(
        steps.count(Step.PROPOSED) * len(days) for steps, days in (*STORIES, *TAKEN)
    )
    days: dict[str, list[int]] = {}
    for step, ago in await owner.fetch(DAYS_AGO):
        days.setdefault(step, []).append(ago)
    # Whatever day it is: a week ago was in the last full week, and a month has 28 days or more.
    for step in Step:
        assert 7 in days[step], step
        if step is not Step.CONSENT_TAKEN_BACK:
            for first in range(1, 32):
                assert any(first <= ago <= first + 27 for ago in days[step]), (step, first)
    for fault in FAULTS:
        assert await owner.fetch(fault) == [], fault
    assert await owner.fetchval("SELECT count(DISTINCT route_code) FROM request") > 5
    assert await _fill(copy, home) == 0, "samples are made once"


def test_samples_are_the_same_every_time() -> None:
    reference, today = read_reference(), datetime.now(LONDON).date()
    made = [sample_requests(samples(reference, today), today) for _ in range(2)]
    assert made[0] == made[1]
    people = [each.request.household for each in made[0]]
    assert {each.contact_name for each in people} == {
        f"Sample household {number}" for number in range(1, len(people) + 1)
    }
