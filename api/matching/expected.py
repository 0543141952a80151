"""Who came in the last year, beside the offers that are open now: a forecast of who comes next."""

from dataclasses import dataclass, replace

import asyncpg
import numpy as np

from api.matching import online
from api.matching.greedy import NOWHERE, Assignment
from api.matching.instance import Floats, Instance, Objective
from api.matching.waiting import PAST_PAIRS, Asked, Compare, Progress, Waiting, waiting_ids

WAITING, COMING = 1000.0, 800.0
"""Points for each person placed, who waits or is expected: more than any offer can have for fit, so
that people come first, and those who are there before those who may come."""
PAST = """
    SELECT id, submitted_at, now() AS now FROM request
    WHERE submitted_at > now() - interval '364 days' AND kind_codes && $1
    ORDER BY submitted_at, id
"""
DAYS_A_WEEK = 7


@dataclass(frozen=True)
class Expected:
    """Who waits, and the `past` needs of so many `weeks` before the same offers."""

    waiting: Waiting
    past: Instance
    weeks: float


async def read_expected(
    connection: asyncpg.Connection, asked: Asked, progress: Progress
) -> Expected:
    """All that waits for these kinds, and what was asked for in the year before, as if now."""
    now, before = (Compare(connection, asked, progress) for _ in range(2))
    past = await connection.fetch(PAST, list(asked.kinds))
    await now.of(await waiting_ids(connection, asked))
    await before.of([row["id"] for row in past], PAST_PAIRS)
    offers = before.offers | now.offers
    days = (past[0]["now"] - past[0]["submitted_at"]).days + 1 if past else 1
    weeks = max(1.0, days / DAYS_A_WEEK)
    return Expected(await now.waiting(offers), before.instance(offers), weeks)


def placed(expected: Expected, weeks: float, seed: int) -> tuple[Assignment, Floats]:
    """Who waits, placed so that who comes in so many weeks finds places too.

    And what one more place in each offer is worth, in points, to who is expected.
    """
    waiting = _people_first(expected.waiting.instance, WAITING)
    past = _people_first(expected.past, COMING)
    share = weeks / expected.weeks
    samples = online.samples(past, share, np.random.default_rng(seed)) if weeks else []
    chosen, prices = online.next_batch(waiting, samples, Objective.SCORE)
    takes = np.flatnonzero(chosen != NOWHERE)
    left = waiting.places.copy()
    np.subtract.at(left, waiting.pair_host[chosen[takes]], waiting.sizes[takes])
    return Assignment(chosen, left), prices


def _people_first(instance: Instance, a_person: float) -> Instance:
    people = instance.sizes[instance.pair_family] * a_person
    return replace(instance, points=instance.points + people)
