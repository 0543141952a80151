"""The subscription to availability: what opens, changes and fills, as it happens."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Collection
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import strawberry
from sqlalchemy import ARRAY, Uuid, func
from strawberry import UNSET

from api.access.members import Members
from api.access.viewer import PUBLIC, Viewer
from api.graph.offers import AvailabilityFilter, availability_rows
from api.reading.answer import fetch
from api.reading.plan import FieldPlan
from api.reading.statement import Place, root_place
from api.store.listening import MISSED, Listener, Message
from schema.types.offer import AvailabilityChange
from schema.types.reads import stream
from schema.words import Audience, OfferOrder

# What of an offer a subscriber has been told: its version and the places it had left.
Told = dict[UUID, tuple[int, int]]


@dataclass(frozen=True)
class Changed:
    """One offer that changed; `offer` is None once it is no longer available."""

    offer_id: str
    offer: str | None


Turn = Callable[[], contextlib.AbstractAsyncContextManager[None]]
"""Awaited before each piece of work for a follower, who waits for most of the time."""


@dataclass(frozen=True)
class Following:
    """Follows what changes, for this worker's subscribers; `viewer` is the one who follows."""

    members: Members
    listener: Listener
    viewer: Viewer = PUBLIC
    turn: Turn = contextlib.nullcontext

    async def available(self, wanted: Any, among: Collection[UUID] | None = None) -> Told:
        """The offers available under a filter now; of `among` only, where given."""
        place: Place = root_place(Audience.PUBLIC)
        rows = availability_rows(place, wanted, OfferOrder.RECENTLY_UPDATED)
        offer = rows.source
        query = rows.whole.with_only_columns(offer.c.id, offer.c.version, offer.c.places_left)
        if among is not None:
            query = query.where(offer.c.id == func.any(place.bind(list(among), ARRAY(Uuid()))))
        statement = place.selection.statement
        sql, sent = statement.compile(query)
        plan = FieldPlan(sql, tuple(statement.parameters), sent, lambda rows, _: rows, place.path)
        async with self.turn(), self.members.public() as connection:
            found = await fetch(connection, (plan, [each.value({}) for each in plan.parameters]))
        return {row["id"]: (row["version"], row["places_left"]) for row in found}


async def availability_changed(
    following: Following,
    filter: AvailabilityFilter | None = UNSET,  # noqa: A002 - the contract's word
) -> AsyncIterator[Changed]:
    """Offers as they open, change and fill, for the same filter as availability."""
    wanted = _plain(filter)
    with following.listener.subscribed() as queue:
        told = await following.available(wanted)
        while True:
            messages = await waiting(queue)
            if any(message["topic"] == MISSED for message in messages):
                now = await following.available(wanted)
                concerned = set(told) | set(now)
            else:
                concerned = {UUID(each["offer_id"]) for each in messages if "offer_id" in each}
                now = await following.available(wanted, concerned)
            for offer_id in sorted(concerned):
                node_id = f"offer_{offer_id}"
                if offer_id in now and told.get(offer_id) != now[offer_id]:
                    told[offer_id] = now[offer_id]
                    yield Changed(node_id, node_id)
                elif offer_id not in now and offer_id in told:
                    del told[offer_id]
                    yield Changed(node_id, None)


async def waiting(queue: asyncio.Queue[Message]) -> list[Message]:
    """The next message, and whatever else has come by then."""
    messages = [await queue.get()]
    while not queue.empty():
        messages.append(queue.get_nowait())
    return messages


def _plain(given: Any) -> Any:
    # Conditions ask whether a part of the filter is None; what isn't given is None here too.
    if given is UNSET or given is None:
        return None
    if hasattr(given, "__strawberry_definition__"):
        return SimpleNamespace(**{name: _plain(value) for name, value in vars(given).items()})
    return given


@strawberry.type
class AvailabilitySubscriptions:
    """Subscriptions to offers."""

    availability_changed: AvailabilityChange = stream(availability_changed)
