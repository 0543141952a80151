"""History for tests of reports: offers, requests and matches in a month that is over."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import asyncpg

from tests.conftest import CAMBRIDGE, OXFORD, OXFORDSHIRE

MONTH = "2026-10"
WEEK = "2026-W43"
BEGAN = datetime(2026, 10, 1, tzinfo=UTC)
MIDDLE = datetime(2026, 10, 20, 12, tzinfo=UTC)
HOMES, RESETTLED = "homes-for-ukraine", "uk-resettlement-scheme"


async def organisation(owner: asyncpg.Connection) -> UUID:
    """A charity."""
    found: UUID = await owner.fetchval(
        "INSERT INTO organisation (id, name) VALUES ($1, $2) RETURNING id", uuid4(), str(uuid4())
    )
    return found


async def offer(
    owner: asyncpg.Connection, gss: str, places: int, *, at: datetime = BEGAN, **given: Any
) -> UUID:
    """An offer that stood open from a moment on, as its event tells."""
    offer_id = given.get("offer_id") or uuid4()
    row = {
        "id": uuid4(),
        "offer_id": offer_id,
        "at": at,
        "council_gss": gss,
        "kind_code": "hosting",
        "status": "OPEN",
        "places": places,
        "is_step_free": False,
        "pets_allowed": False,
        "children_welcome": True,
        "women_only": False,
        "last_confirmed_on": at.date(),
        **given,
    }
    await _insert(owner, "offer_event", {**row, "offer_id": offer_id})
    return offer_id


async def request(
    owner: asyncpg.Connection, charity: UUID, people: int, *, at: datetime = BEGAN, **given: Any
) -> UUID:
    """A request that was submitted at a moment."""
    request_id = uuid4()
    row = {"adults": people, "people": people, "kind_codes": ["hosting"], **given}
    await step(owner, charity, request_id, "SUBMITTED", at, **row)
    return request_id


async def placed(
    owner: asyncpg.Connection,
    charity: UUID,
    gss: str,
    people: int,
    *,
    at: datetime = MIDDLE,
    days: int = 10,
    route: str | None = HOMES,
    offer_id: UUID | None = None,
    **given: Any,
) -> UUID:
    """A household that asked so many days before, and moved in then; the match's id."""
    asked = await request(owner, charity, people, at=at - timedelta(days=days), route_code=route)
    match = uuid4()
    row = {
        "match_id": match,
        "offer_id": offer_id or uuid4(),
        "council_gss": gss,
        "people": people,
        "kind_codes": ["hosting"],
        "route_code": route,
        **given,
    }
    for name, when in (("PROPOSED", at - timedelta(days=2)), ("ACCEPTED", at - timedelta(days=1))):
        await step(owner, charity, asked, name, when, **row)
    await step(owner, charity, asked, "PLACED", at, **{"happened_on": at.date(), **row})
    return match


async def step(
    owner: asyncpg.Connection, charity: UUID, asked: UUID, name: str, at: datetime, **row: Any
) -> None:
    """One step of a request, without the trigger that would ask the request itself."""
    await owner.execute("SET session_replication_role = replica")
    await _insert(
        owner,
        "request_event",
        {
            "id": uuid4(),
            "request_id": asked,
            "at": at,
            "step": name,
            "organisation_id": charity,
            **row,
        },
    )
    await owner.execute("RESET session_replication_role")


async def months_history(owner: asyncpg.Connection) -> UUID:
    """Oxford, Oxfordshire and Cambridge with small and large counts; the charity's id."""
    charity = await organisation(owner)
    for gss, places in ((OXFORD, 40), (CAMBRIDGE, 30), (OXFORDSHIRE, 12)):
        home = await offer(owner, gss, places)
        for people in range(1, {OXFORD: 8, CAMBRIDGE: 4, OXFORDSHIRE: 3}[gss]):
            await placed(owner, charity, gss, people % 3 + 1, days=people, offer_id=home)
    await request(owner, charity, 3, wanted_region="South East", wanted_gss=OXFORD)
    await request(owner, charity, 2, wanted_region="South East", needs=["pets"])
    await request(owner, charity, 60)
    return charity


async def _insert(owner: asyncpg.Connection, table: str, row: dict[str, Any]) -> None:
    names, places = ", ".join(row), ", ".join(f"${n}" for n in range(1, len(row) + 1))
    await owner.execute(f"INSERT INTO {table} ({names}) VALUES ({places})", *row.values())
