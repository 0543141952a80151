"""A request is followed: every step, by both sides, and the clock's too."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from api.access.viewer import Viewer
from api.graph.answering import Answer, Asked
from schema.words import Audience
from tests.api.requests.asking import CHARITY, OFFICER, move, propose, submit
from tests.conftest import Hearth
from tests.waiting import PATIENCE, until

FOLLOW = """
subscription ($id: ID!) { requestChanged(id: $id) { status matches { state } } }
"""

MOVED = """
INSERT INTO outbox (topic, payload) VALUES ('request', jsonb_build_object('request_id', $1::text))
"""


async def _followed(hearth: Hearth, request: str, who: str) -> AsyncIterator[Answer]:
    await hearth.token(who)
    subject = who if who != CHARITY else "charity:harbour-welcome"
    viewer = Viewer(Audience(who.partition(":")[0].upper()), subject)
    asked = Asked(FOLLOW, None, {"id": request})
    answering = hearth.service.endpoint.answering
    async for answer in answering.stream(asked, viewer):
        yield answer


async def _next(followed: AsyncIterator[Answer]) -> Any:
    answer = await asyncio.wait_for(anext(followed), PATIENCE)
    assert not answer.errors
    assert answer.data is not None
    found = answer.data["requestChanged"]
    return found["status"], [match["state"] for match in found["matches"]]


@pytest.mark.parametrize("who", ["charity:Another", "liaison", "public"])
async def test_others_follow_nothing(hearth: Hearth, who: str) -> None:
    request = await submit(hearth)
    if who == "public":
        asked = Asked(FOLLOW, None, {"id": request})
        stream = hearth.service.endpoint.answering.stream(asked, Viewer(Audience.PUBLIC))
    else:
        await hearth.token(who)
        subject = {"charity:Another": "charity:another", "liaison": "liaison:development"}[who]
        viewer = Viewer(Audience(who.partition(":")[0].upper()), subject)
        stream = hearth.service.endpoint.answering.stream(
            Asked(FOLLOW, None, {"id": request}), viewer
        )
    answer = await asyncio.wait_for(anext(stream), PATIENCE)
    code = "NOT_FOUND" if who.startswith("charity") else "FORBIDDEN"
    assert answer.errors[0]["extensions"]["code"] == code


@pytest.mark.parametrize("who", [CHARITY, OFFICER])
async def test_each_step_is_told(hearth: Hearth, who: str) -> None:
    request, offer = await submit(hearth), await hearth.open()
    await hearth.heard()
    followed = _followed(hearth, request, who)
    first = asyncio.create_task(_next(followed))
    await until(lambda: bool(hearth.service.listener._queues), "nobody listens")
    match = (await propose(hearth, request, offer["id"]))["match"]["id"]
    assert await first == ("MATCHING", ["PROPOSED"])
    await move(hearth, "holdMatch", match, OFFICER)
    assert await _next(followed) == ("MATCHING", ["HELD"])
    owner = await hearth.owner()
    await owner.execute("UPDATE match SET held_until = now() + interval '1 minute'")
    await owner.close()
    await submit(hearth)  # another's step tells nothing of this one
    accepted = await move(hearth, "acceptMatch", match, CHARITY)
    assert accepted["problems"] == []
    assert await _next(followed) == ("MATCHING", ["ACCEPTED"])


async def test_a_hold_that_runs_out_is_told_by_the_clock(hearth: Hearth) -> None:
    request, offer = await submit(hearth), await hearth.open()
    match = (await propose(hearth, request, offer["id"]))["match"]["id"]
    await move(hearth, "holdMatch", match, OFFICER)
    await hearth.heard()
    followed = _followed(hearth, request, CHARITY)
    first = asyncio.create_task(_next(followed))
    await until(lambda: bool(hearth.service.listener._queues), "nobody listens")
    owner = await hearth.owner()
    async with owner.transaction():
        await owner.execute("UPDATE match SET held_until = clock_timestamp() + interval '1 s'")
        await owner.execute(MOVED, request.removeprefix("request_"))
    await owner.close()
    told = [await first]
    while told[-1] != ("SUBMITTED", ["EXPIRED"]):
        told.append(await _next(followed))
    assert len(told) <= 3
