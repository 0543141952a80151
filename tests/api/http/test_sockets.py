"""WebSockets: who may stay on one, for how long, and what a client can't do with it."""

import asyncio
import contextlib
import json
import time
from collections.abc import AsyncIterator
from types import SimpleNamespace
from typing import Any

import pytest

from api.access.viewer import Viewer
from api.http.errors import HttpError
from tests.api.http.talking import talking
from tests.conftest import OXFORD, PUBLISH, Hearth
from tests.waiting import PATIENCE, until

OFFICER = f"council:{OXFORD}"
FOLLOW = "subscription { availabilityChanged { offerId } }"
WHO = "query { viewer { audience } }"


@pytest.fixture
def looking_often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("api.http.sockets.LOOK_SECONDS", 0.05)


async def _who(talk: Any, key: str = "9") -> str:
    talk.subscribe(WHO, key)
    found = await talk.hear()
    assert (await talk.hear())["type"] == "complete"
    audience: str = found["payload"]["data"]["viewer"]["audience"]
    return audience


@pytest.mark.usefixtures("looking_often")
async def test_a_socket_is_closed_when_its_token_ends(
    hearth: Hearth, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = await hearth.token(OFFICER)
    async with talking(hearth) as talk:
        assert (await talk.begin(token))["type"] == "connection_ack"
        talk.subscribe(FOLLOW)
        assert await _who(talk) == "COUNCIL"
        ended = time.time() + 13 * 3600
        monkeypatch.setattr("api.http.sockets.time", SimpleNamespace(time=lambda: ended))
        assert await talk.hear() is None
        assert talk.code == 4403


@pytest.mark.usefixtures("looking_often")
@pytest.mark.parametrize(
    "change",
    [
        "UPDATE member SET is_disabled = true",
        "UPDATE member SET council_gss = NULL, audience = 'LIAISON'",
        "DELETE FROM member",
    ],
)
async def test_a_socket_is_closed_when_its_member_is_out(hearth: Hearth, change: str) -> None:
    token = await hearth.token(OFFICER)
    async with talking(hearth) as talk, talking(hearth) as stranger:
        assert (await talk.begin(token))["type"] == "connection_ack"
        assert (await stranger.begin())["type"] == "connection_ack"
        talk.subscribe(FOLLOW)
        assert await _who(talk) == "COUNCIL"
        owner = await hearth.owner()
        await owner.execute(change)
        await owner.close()
        assert await talk.hear() is None
        assert talk.code == 4403
        assert await _who(stranger) == "PUBLIC"


@pytest.mark.usefixtures("looking_often")
async def test_a_member_who_stays_keeps_the_socket(hearth: Hearth) -> None:
    token = await hearth.token(OFFICER)
    async with talking(hearth) as talk:
        await talk.begin(token)
        for key in "abc":
            await asyncio.sleep(0.2)
            assert await _who(talk, key) == "COUNCIL"


async def test_a_socket_with_a_token_that_is_not_good_is_closed(hearth: Hearth) -> None:
    await hearth.token(OFFICER)
    ended = hearth.issuer.token(OFFICER, hours=-1)
    for token in ("rubbish", ended, hearth.issuer.token("nobody"), "hearth_live_x"):
        async with talking(hearth) as talk:
            assert await talk.begin(token) is None
            assert talk.code == 4403
    for payload in ({"authorization": 7}, {"authorization": ["Bearer"]}, 7):
        async with talking(hearth) as talk:
            talk.say({"type": "connection_init", "payload": payload})
            assert await talk.hear() is None
            assert talk.code in (4400, 4403)


async def test_nothing_is_answered_before_the_first_message(hearth: Hearth) -> None:
    async with talking(hearth) as talk:
        talk.subscribe(WHO)
        assert await talk.hear() is None
        assert talk.code == 4401


async def test_who_does_not_say_who_they_are_is_let_go(
    hearth: Hearth, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with talking(hearth) as talk:
        assert (await talk.begin())["type"] == "connection_ack"
        monkeypatch.setattr("api.http.sockets.GREETING_SECONDS", 0.2)
        async with talking(hearth) as silent:
            assert await silent.hear() is None
            assert silent.code == 4408
        assert await _who(talk) == "PUBLIC"


async def test_the_legacy_protocol_is_off(hearth: Hearth) -> None:
    async with talking(hearth, "graphql-ws") as talk:
        talk.say({"type": "connection_init"})
        talk.say({"type": "start", "id": "1", "payload": {"query": WHO}})
        await until(lambda: talk.code is not None, "it is listened to")


async def test_subscriptions_on_a_socket_are_capped(hearth: Hearth) -> None:
    async with talking(hearth) as talk:
        await talk.begin()
        for number in range(21):
            talk.subscribe(FOLLOW, str(100 + number))
        refused = await talk.hear()
        assert (refused["id"], refused["type"]) == ("120", "error")
        assert refused["payload"][0]["extensions"]["code"] == "TOO_MANY"
        talk.say({"type": "complete", "id": "103"})
        assert await _who_or_code(talk) == "PUBLIC"


async def test_sockets_of_one_holder_are_capped(hearth: Hearth) -> None:
    token = await hearth.token(OFFICER)
    hearth.service.sockets.holders.each = 2
    async with contextlib.AsyncExitStack() as office:
        # Whoever says who they are takes no place of their address'.
        for _ in range(2):
            talk = await office.enter_async_context(talking(hearth))
            assert (await talk.begin(token))["type"] == "connection_ack"
        async with talking(hearth) as third:
            assert await third.begin(token) is None
            assert third.code == 4429
        async with talking(hearth) as one, talking(hearth) as two, talking(hearth) as three:
            assert (await one.begin())["type"] == (await two.begin())["type"] == "connection_ack"
            assert await three.hear() is None
            assert three.code == 4429
            async with talking(hearth, address="192.0.2.7") as other:
                assert await _who_after_greeting(other) == "PUBLIC"
        async with talking(hearth) as again:
            assert await _who_after_greeting(again) == "PUBLIC"
    hearth.service.sockets.holders.most = 0
    async with talking(hearth) as late:
        assert await late.hear() is None
        assert late.code == 4429


async def _who_after_greeting(talk: Any) -> str:
    assert (await talk.begin())["type"] == "connection_ack"
    return await _who(talk)


async def test_operations_of_one_holder_are_capped_over_all_its_sockets(hearth: Hearth) -> None:
    operations = hearth.service.sockets.streamed.operations
    operations.each = 2
    async with talking(hearth) as one, talking(hearth) as two:
        for talk in (one, two):
            await talk.begin()
            talk.subscribe(FOLLOW, "1")
            assert await _who_or_code(talk) == ("PUBLIC" if talk is one else "TOO_MANY")
        one.say({"type": "complete", "id": "1"})
        await until(lambda: operations._total == 1, "it is still counted")
        assert await _who_or_code(one) == "PUBLIC"
        assert await _who_or_code(two) == "PUBLIC"
        async with talking(hearth, address="192.0.2.7") as other:
            assert await _who_after_greeting(other) == "PUBLIC"


async def _who_or_code(talk: Any) -> str:
    talk.subscribe(WHO, "9")
    found = await talk.hear()
    if found["type"] == "error":
        return str(found["payload"][0]["extensions"]["code"])
    assert (await talk.hear())["type"] == "complete"
    return str(found["payload"]["data"]["viewer"]["audience"])


async def test_what_is_done_over_a_socket_awaits_its_turn(
    hearth: Hearth, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken: asyncio.Queue[str] = asyncio.Queue()
    refusals: list[HttpError] = []

    @contextlib.asynccontextmanager
    async def turn(viewer: Viewer, asker: str) -> AsyncIterator[None]:
        if refusals:
            raise refusals[-1]
        taken.put_nowait(asker)
        yield

    # Drafted before: what is told of here is that it opens, and that alone.
    offer = await hearth.create()
    await hearth.heard()
    monkeypatch.setattr(hearth.service.sockets.streamed, "turn", turn)
    async with talking(hearth) as talk, asyncio.timeout(PATIENCE):
        await talk.begin()
        assert await _who(talk) == "PUBLIC"
        assert await taken.get() == "a127.0.0.1"
        talk.subscribe(FOLLOW, "1")
        for _ in ("to understand it", "to look"):
            await taken.get()
        await hearth.data(PUBLISH, {"id": offer["id"], "version": 1}, OFFICER)
        found = await talk.hear()
        assert found["payload"]["data"]["availabilityChanged"]["offerId"] == offer["id"]
        for _ in ("to look again", "to show it"):
            await taken.get()
        for refusal in (HttpError(503, "Full."), HttpError(429, "Too many.")):
            refusals.append(refusal)
            for query in (WHO, FOLLOW):
                talk.subscribe(query, "2")
                code = (await talk.hear())["payload"][0]["extensions"]["code"]
                assert code == ("UNAVAILABLE" if refusal.status == 503 else "TOO_MANY")


SUBSCRIBE: dict[str, Any] = {"type": "subscribe", "id": "1", "payload": {"query": WHO}}
ODD = [
    "{",
    "null",
    "7",
    "[]",
    "[" * 100_000,
    "{}",
    '{"type": "odd"}',
    '{"type": 1}',
    '{"type": ["subscribe"]}',
    '{"type": "subscribe"}',
    json.dumps(SUBSCRIBE | {"id": 7}),
    json.dumps(SUBSCRIBE | {"id": ["1"]}),
    json.dumps(SUBSCRIBE | {"payload": None}),
    json.dumps(SUBSCRIBE | {"payload": [WHO]}),
    json.dumps(SUBSCRIBE | {"payload": {"query": 7}}),
    json.dumps(SUBSCRIBE | {"payload": {"query": WHO, "variables": [1]}}),
    json.dumps(SUBSCRIBE | {"payload": {"query": WHO, "operationName": {}}}),
    json.dumps(SUBSCRIBE | {"payload": {"query": WHO + " " * 1024 * 1024}}),
]


async def test_a_message_that_makes_no_sense_closes_its_socket_alone(hearth: Hearth) -> None:
    for text in ODD:
        async with talking(hearth) as talk:
            await talk.begin()
            talk.say(text)
            assert await talk.hear() is None, text[:80]
            assert talk.code == 4400, text[:80]
            # Whoever sends JSON is not told that they should.
            is_json = text not in ("{", "[" * 100_000)
            assert ("JSON" in talk.reason) != is_json, text[:80]
    async with talking(hearth) as talk:
        await talk.begin()
        assert await _who(talk) == "PUBLIC"


async def test_limits_hold_on_a_socket_too(hearth: Hearth) -> None:
    async with talking(hearth) as talk:
        await talk.begin()
        for key, query in (
            ("a", "{ " + " ".join(f"a{n}: viewer {{ name }}" for n in range(400)) + " }"),
            (
                "b",
                "{ councils(first: 100) { nodes { offers(first: 100) { nodes { council {"
                " offers(first: 100) { nodes { id } } } } } } } }",
            ),
        ):
            talk.subscribe(query, key)
            refused = await talk.hear()
            assert refused["type"] == "error"
            assert "TOO_COSTLY" in json.dumps(refused)


@pytest.mark.parametrize(
    "query",
    [
        "{ councils(first: 0) { totalCount } viewer { audience } }",
        "{ viewer { audience } requests { totalCount } }",
        'mutation { closeOffer(id: "x", expectedVersion: 1, reason: "x") { problems { code } } }',
        "{ viewer { audience } council(gssCode: 7) { name } }",
    ],
)
async def test_a_socket_tells_each_error_that_http_tells(hearth: Hearth, query: str) -> None:
    by_http = (await hearth.post(query)).json()
    assert by_http["errors"]
    async with talking(hearth) as talk:
        await talk.begin()
        talk.subscribe(query)
        answer = await talk.hear()
        told = answer["payload"] if answer["type"] == "next" else {"errors": answer["payload"]}
        assert told == by_http
