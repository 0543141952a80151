"""The allocator: works on the allocations that were begun, one at a time in each worker.

It works as the member who asked: row-level security shows it what they may see. What it found is
written only if the allocation is still its own, so that of two that take it up after a silence
only one can write.
"""

import asyncio
import json
import logging
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import asyncpg
import numpy as np

from api.access.members import Members, MovedError
from api.access.viewer import Viewer
from api.matching.greedy import NOWHERE, one_by_one
from api.matching.pairs import read_pairs
from api.matching.rules import Pair
from api.matching.scores import Reason, reasons
from api.matching.solving import SolvingError, solved
from api.matching.stages import Stages
from api.matching.waiting import Asked, Waiting, read_waiting
from api.store.database import Database
from api.store.roles import RELAY, role_of
from api.writing.outbox import Message, append
from schema.refusals import Refused, Unauthenticated
from schema.tables.columns import uuid7
from schema.types.clock import LONDON
from schema.words import AllocationPolicy, AllocationState

BEAT_SECONDS = 1.0
POLL_SECONDS = 0.5
MOST_ATTEMPTS = 3
READING = 0.2
"""The share of the progress that reading takes; solving takes what is left, by the clock."""
SEED = 1

_TAKE = "SELECT * FROM hearth_take_allocation()"
_NOTE = "SELECT hearth_note_allocation($1, $2, $3, $4, $5)"
_ASKED = "SELECT * FROM allocation WHERE id = $1"
_DONE = """
    UPDATE allocation SET
        state = 'PROPOSED', progress = 1, message = $3, seconds = $4, placed_people = $5,
        people_bound = $6, waiting_people = $7, greedy_people = $8, objective = $9, bound = $10,
        greedy_objective = $11, updated_at = now()
    WHERE id = $1 AND attempts = $2 AND state = 'RUNNING'
    RETURNING owner_gss
"""
_PROPOSE = """
    INSERT INTO allocation_proposal (
        id, allocation_id, owner_gss, request_id, offer_id, council_gss, kind_code, places,
        asks_first, score, reasons
    )
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
"""
_LEAVE = """
    INSERT INTO allocation_unplaced (allocation_id, owner_gss, request_id, kind_code, reasons)
    VALUES ($1, $2, $3, $4, $5)
"""
_PRICE = """
    INSERT INTO allocation_price (allocation_id, owner_gss, council_gss, per_place)
    VALUES ($1, $2, $3, $4)
"""

logger = logging.getLogger(__name__)


@dataclass
class Task:
    """An allocation under way, and how far it has come."""

    id: UUID
    subject: str
    attempts: int
    progress: float = 0.0
    message: str = "Reading who waits."
    begun: float = field(default_factory=time.monotonic)


class Allocator:
    """Takes up allocations and works on them until cancelled."""

    def __init__(self, database: Database, members: Members) -> None:
        self.database = database
        self.members = members

    async def run(self) -> None:
        """Work, or look again a little later."""
        while True:
            try:
                task = await self._take()
                if task:
                    await self._attend(task)
                    continue
            except (Refused, asyncpg.PostgresError, OSError) as error:
                logger.warning("The allocator will try again: %s", error)
            await asyncio.sleep(POLL_SECONDS)

    async def _take(self) -> Task | None:
        async with self.database.borrow(RELAY) as connection:
            row = await connection.fetchrow(_TAKE)
        return Task(**row) if row else None

    async def _attend(self, task: Task) -> None:
        """Work on it while its heart beats; say where it fails for good."""
        if task.attempts > MOST_ATTEMPTS:
            await self._fail(task, "It was begun three times and never ended; ask for less.")
            return
        working = asyncio.create_task(self._work(task))
        beating = asyncio.create_task(self._beat(task))
        try:
            await asyncio.wait((working, beating), return_when=asyncio.FIRST_COMPLETED)
            if working.done():
                working.result()
        except (MovedError, Unauthenticated):
            await self._fail(task, "Who asked for it is no longer a member.")
        except SolvingError as error:
            logger.warning("The allocation %s failed: %s", task.id, error)
            await self._fail(task, "The solver ended too early; run it again.")
        finally:
            for each in (working, beating):
                each.cancel()
            await asyncio.gather(working, beating, return_exceptions=True)

    async def _beat(self, task: Task) -> None:
        while True:
            if not await self._note(task, AllocationState.RUNNING):
                return
            await asyncio.sleep(BEAT_SECONDS)

    async def _note(self, task: Task, state: AllocationState) -> bool:
        async with self.database.borrow(RELAY) as connection:
            noted: bool = await connection.fetchval(
                _NOTE, task.id, task.attempts, state.value, task.progress, task.message
            )
        return noted

    async def _fail(self, task: Task, said: str) -> None:
        task.message = said
        await self._note(task, AllocationState.FAILED)

    async def _work(self, task: Task) -> None:
        viewer = await self.members.viewer(task.subject)
        asked, seconds, waiting = await self._read(task, viewer)

        def told(stage: str, value: float, bound: float) -> None:
            passed = (time.monotonic() - task.begun) / seconds
            task.progress = min(0.99, max(task.progress, READING + (1 - READING) * passed))
            task.message = f"{stage}: {value:g} of at most {bound:g}."

        found = await solved(waiting.instance, seconds, SEED, told)
        await self._write(task, viewer, asked, waiting, found)

    async def _read(self, task: Task, viewer: Viewer) -> tuple[Asked, float, Waiting]:
        def compared(done: int, of: int) -> None:
            task.progress = READING * done / max(1, of)
            task.message = f"{done} of {of} requests compared."

        # A connection of its own: to compare many takes longer than a request may.
        connection = await self.database.connect(role_of(viewer.audience))
        try:
            async with connection.transaction(isolation="repeatable_read", readonly=True):
                await connection.execute("SELECT hearth_enter($1)", viewer.subject)
                row = await connection.fetchrow(_ASKED, task.id)
                asked = _asked(row)
                waiting = await read_waiting(connection, asked, compared)
                return asked, float(row["time_limit_seconds"]), waiting
        finally:
            await connection.close()

    async def _write(
        self, task: Task, viewer: Viewer, asked: Asked, waiting: Waiting, found: Stages
    ) -> None:
        people, score, instance = found.people.certificate, found.score, waiting.instance
        # What taking households in turn comes to, in people and in points alike.
        in_turn = await asyncio.to_thread(
            one_by_one, instance, np.where(instance.fits, instance.points, -1.0)
        )
        placed = waiting.placed(score.chosen)
        is_placed = score.chosen != NOWHERE
        numbers = {
            "seconds": people.seconds + score.certificate.seconds,
            "placed_people": int(instance.sizes[is_placed].sum()),
            "people_bound": round(people.bound),
            "waiting_people": int(instance.sizes.sum()),
            "greedy_people": in_turn.people(instance),
            "objective": score.certificate.value,
            "bound": score.certificate.bound,
            "greedy_objective": in_turn.value(instance.points),
        }
        told = _told(numbers, len(placed), len(waiting.needs))
        async with self.members.entered(viewer, readonly=False) as (connection, actor):
            assert actor is not None
            owner = await connection.fetchrow(
                _DONE, task.id, task.attempts, told, *numbers.values()
            )
            if owner is None:
                return
            today = actor.entered_at.astimezone(LONDON).date()
            pairs = await read_pairs(
                connection,
                [(waiting.needs[n].request, waiting.offers[h].offer) for n, h, _ in placed],
                today,
            )
            row = (task.id, owner["owner_gss"])
            await connection.executemany(
                _PROPOSE,
                [(uuid7(), *row, *_proposal(asked, waiting, pairs, *each)) for each in placed],
            )
            await connection.executemany(
                _LEAVE,
                [
                    (*row, waiting.needs[n].request, waiting.needs[n].kind, _dicts(why))
                    for n, why in waiting.unplaced(score).items()
                ],
            )
            await connection.executemany(
                _PRICE,
                [(*row, *price) for price in waiting.council_prices(score.shadow_prices).items()],
            )
            await append(connection, Message("allocation", {"allocation_id": str(task.id)}))


def _asked(row: Any) -> Asked:
    return Asked(
        row["kind_codes"],
        row["gss_codes"],
        row["regions"],
        AllocationPolicy(row["policy"]),
        {route: AllocationPolicy(of) for route, of in json.loads(row["route_policies"]).items()},
    )


def _proposal(
    asked: Asked,
    waiting: Waiting,
    pairs: Mapping[tuple[UUID, UUID], Pair],
    number: int,
    host: int,
    points: float,
) -> tuple[Any, ...]:
    need, offer = waiting.needs[number], waiting.offers[host]
    policy = asked.policy_of(need.route)
    # What has moved since it was compared has no reasons to show, and will not hold.
    pair = pairs.get((need.request, offer.offer))
    why = [
        reason
        for reason in (reasons(pair) if pair else ())
        if reason.rule != "preference" or policy is not AllocationPolicy.BY_NEED
    ]
    return (
        need.request,
        offer.offer,
        offer.council,
        need.kind,
        int(waiting.instance.sizes[number]),
        policy is AllocationPolicy.AGREE_BEFORE_TELLING,
        points,
        _dicts(why),
    )


def _dicts(why: Iterable[Reason]) -> list[dict[str, Any]]:
    return [vars(reason) for reason in why]


def _told(numbers: Mapping[str, Any], placed: int, needs: int) -> str:
    households = f"{placed} of {needs} households"
    people = f"{numbers['placed_people']} of {numbers['waiting_people']} people"
    then = "Confirm it to hold their places." if placed else "There is nothing to confirm."
    return f"{households} would have a place: {people}. {then}"
