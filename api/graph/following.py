"""The subscription to a request: each step of it and its matches, and holds as they run out."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import strawberry

from api.graph.availability import Following, waiting
from api.store.listening import MISSED
from schema.refusals import NotFound
from schema.types.node import uuid_of
from schema.types.reads import stream
from schema.types.request import CASEWORKERS, SupportRequest

# The moment, and the next one at which a hold on it runs out.
STANDING = """
    SELECT now(), (
        SELECT min(held_until) FROM match
        WHERE request_id = request.id AND state = 'HELD' AND held_until > now()
    )
    FROM request WHERE id = $1
"""


@dataclass(frozen=True)
class Row:
    """The request to show, by its id."""

    row: str


async def request_changed(
    following: Following,
    id: strawberry.ID,  # noqa: A002 - the contract's word
) -> AsyncIterator[Row]:
    """A request as it and its matches move; a hold that runs out counts as a step."""
    key = uuid_of("request")(id)
    with following.listener.subscribed() as queue:
        seconds = await _seconds_to_next(following, key)
        while True:
            try:
                async with asyncio.timeout(seconds):
                    messages = await waiting(queue)
            except TimeoutError:
                concerns = True
            else:
                concerns = any(
                    message["topic"] == MISSED or message.get("request_id") == str(key)
                    for message in messages
                )
            if concerns:
                seconds = await _seconds_to_next(following, key)
                yield Row(id)


async def _seconds_to_next(following: Following, key: UUID) -> float | None:
    entering = following.members.entered(following.viewer, readonly=True)
    async with following.turn(), entering as (connection, _):
        found = await connection.fetchrow(STANDING, key)
    if found is None:
        raise NotFound("There is no request of yours with this id; check it.")
    now: datetime = found[0]
    until: datetime | None = found[1]
    # A moment later, so that the clock is past it whoever rounds.
    return None if until is None else (until - now).total_seconds() + 0.01


@strawberry.type
class RequestSubscriptions:
    """Subscriptions to requests."""

    request_changed: SupportRequest = stream(request_changed, audiences=CASEWORKERS)
