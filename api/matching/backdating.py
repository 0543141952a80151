"""Sample data as though they had come about over the last months: for a demonstration alone.

The owner's to do, since nobody else may say when something happened. The audit is left as it is:
it says when the commands ran.
"""

from collections.abc import Mapping
from datetime import datetime

import asyncpg

# The latest offers were made eleven weeks ago, the first four months before; each confirmed since.
_OFFERS = """
    UPDATE offer SET
        created_at = created_at - make_interval(days => days),
        updated_at = updated_at - make_interval(days => days),
        last_confirmed_on = last_confirmed_on - 37 * number % days
    FROM (
        SELECT id, number, 77 + greatest(300 - number, 0) * 2 / 5 AS days
        FROM (SELECT id, row_number() OVER (ORDER BY external_ref)::integer AS number FROM offer)
            AS numbered
    ) AS aged
    WHERE aged.id = offer.id
"""
# What was asked of an offer as it opened has been due since.
_CHECKS = "UPDATE check_event SET at = created_at FROM offer WHERE offer.id = offer_id"
_TOLD = (
    "WITH told AS (SELECT * FROM unnest($1::timestamptz[], $2::timestamptz[]) AS told (at, was))"
)
_STEPS = (
    "UPDATE consent SET at = was FROM told WHERE consent.at = told.at",
    """
    UPDATE request_event SET at = was, held_until = held_until + (was - told.at)
    FROM told WHERE request_event.at = told.at
    """,
    """
    UPDATE match SET
        created_at = coalesce((SELECT was FROM told WHERE at = created_at), created_at),
        decided_at = coalesce((SELECT was FROM told WHERE at = decided_at), decided_at),
        updated_at = coalesce((SELECT was FROM told WHERE at = updated_at), updated_at),
        held_until = (
            SELECT held_until FROM request_event WHERE match_id = match.id AND step = 'HELD'
        )
    """,
)
# A match that changes has its offer's places counted anew; what has run out by now is then said.
_RUN_OUT = """
    SELECT hearth_lock_case(request_id, offer_id) FROM match
    WHERE state = 'HELD' AND held_until <= now()
"""
_REQUESTS = """
    UPDATE request SET
        submitted_at = was,
        needed_by = needed_by - (submitted_at::date - was::date),
        updated_at = (SELECT max(at) FROM request_event WHERE request_id = request.id)
    FROM told WHERE submitted_at = told.at
"""


async def age_offers(owner: asyncpg.Connection) -> None:
    """Sample offers as if made over half a year, in their order, and confirmed here and there."""
    async with owner.transaction():
        # Their history begins anew with each offer as it is after this.
        await owner.execute("DELETE FROM offer_event")
        await owner.execute(_OFFERS)
        await owner.execute(_CHECKS)


async def date_back(owner: asyncpg.Connection, told: Mapping[datetime, datetime]) -> None:
    """What commands wrote at a moment, as if they had run at another: requests and matches."""
    given = [*told], [*told.values()]
    async with owner.transaction():
        for step in _STEPS:
            await owner.execute(f"{_TOLD} {step}", *given)
        await owner.execute(_RUN_OUT)
        await owner.execute(f"{_TOLD} {_REQUESTS}", *given)
