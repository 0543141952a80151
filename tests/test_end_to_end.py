"""The real server: several workers, a WebSocket, and an end without warning."""

import asyncio
import json
import signal
import time
from pathlib import Path
from typing import Any

import httpx
import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Subprotocol

from api.store.migrating import configuration, stretches
from tests.conftest import CREATE, OXFORD, PUBLISH, Hearth
from tests.serving import is_open, serving

OFFICER = f"council:{OXFORD}"
SUBSCRIPTION = """
subscription {
  availabilityChanged(filter: { kinds: ["hosting"] }) { offerId offer { title placesLeft } }
}"""
UPDATE = """
mutation ($id: ID!) {
  updateOffer(input: { id: $id, expectedVersion: 2, placesTotal: 5 }) { problems { code } }
}"""
CLOSE = """
mutation ($id: ID!) {
  closeOffer(id: $id, expectedVersion: 3, reason: "gone") { problems { code } }
}"""


async def _next(socket: ClientConnection) -> Any:
    return json.loads(await asyncio.wait_for(socket.recv(), 5))


async def test_a_page_changes_within_a_second_whichever_worker_took_it(
    hearth: Hearth, home: Path
) -> None:
    token = await hearth.token(OFFICER)
    with serving(hearth.copy, home) as (_, port):
        address = f"127.0.0.1:{port}/graphql"
        async with connect(
            f"ws://{address}", subprotocols=[Subprotocol("graphql-transport-ws")]
        ) as socket:
            await socket.send('{"type": "connection_init"}')
            assert (await _next(socket))["type"] == "connection_ack"
            payload = {"query": SUBSCRIPTION}
            await socket.send(json.dumps({"id": "1", "type": "subscribe", "payload": payload}))
            await asyncio.sleep(0.5)
            delays = []
            for number in range(4):
                # A client of its own each time, so that either worker may take the change.
                async with httpx.AsyncClient(
                    base_url=f"http://127.0.0.1:{port}",
                    headers={"authorization": f"Bearer {token}", "connection": "close"},
                ) as client:
                    given = {"kind": "hosting", "title": f"Room {number}", "placesTotal": 2}
                    body = {"query": CREATE, "variables": {"input": given}}
                    created = (await client.post("/graphql", json=body)).json()["data"]
                    offer_id = created["createOffer"]["offer"]["id"]
                    body = {"query": PUBLISH, "variables": {"id": offer_id, "version": 1}}
                    started = time.monotonic()
                    assert (await client.post("/graphql", json=body)).json()["data"]
                    message = await _next(socket)
                    delays.append(time.monotonic() - started)
                    assert message["payload"]["data"]["availabilityChanged"] == {
                        "offerId": offer_id,
                        "offer": {"title": f"Room {number}", "placesLeft": 2},
                    }
            assert max(delays) < 1
            await hearth.data(UPDATE, {"id": offer_id}, OFFICER)
            message = await _next(socket)
            assert message["payload"]["data"]["availabilityChanged"] == {
                "offerId": offer_id,
                "offer": {"title": "Room 3", "placesLeft": 5},
            }
            await hearth.data(CLOSE, {"id": offer_id}, OFFICER)
            message = await _next(socket)
            assert message["payload"]["data"]["availabilityChanged"] == {
                "offerId": offer_id,
                "offer": None,
            }


PLACES = "{availability{nodes{title placesLeft}}}"
END = """
SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
WHERE datname = current_database() AND application_name = 'hearth listening'
"""


async def _clients_of_both(port: int) -> list[httpx.AsyncClient]:
    """Many connections, each of which stays with its worker: both have some."""
    return [httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") for _ in range(12)]


async def _shown(client: httpx.AsyncClient) -> Any:
    response = await client.get("/graphql", params={"query": PLACES})
    return response.json()["data"]["availability"]["nodes"]


async def test_every_worker_shows_a_change_within_a_second(hearth: Hearth, home: Path) -> None:
    token = await hearth.token(OFFICER)
    offer = await hearth.open(title="Room")
    owner = await hearth.owner()
    with serving(hearth.copy, home) as (_, port):
        await asyncio.sleep(2)  # the second worker may still be starting
        clients = await _clients_of_both(port)

        async def all_show(expected: list[dict[str, Any]], seconds: float) -> None:
            deadline = time.monotonic() + seconds
            while True:
                shown = [await _shown(client) for client in clients]
                if all(each == expected for each in shown):
                    return
                assert time.monotonic() < deadline, shown
                await asyncio.sleep(0.02)

        await all_show([{"title": "Room", "placesLeft": 2}], 1)
        await clients[0].post(
            "/graphql",
            json={"query": UPDATE, "variables": {"id": offer["id"]}},
            headers={"authorization": f"Bearer {token}"},
        )
        await all_show([{"title": "Room", "placesLeft": 5}], 1)
        # What is changed while the listening connections are down, nobody tells them.
        assert await owner.fetchval(END) >= 2
        await owner.execute("UPDATE offer SET places = 4")
        await all_show([{"title": "Room", "placesLeft": 4}], 1)
        await owner.execute(
            "UPDATE offer SET held = 1, holds_end_at = clock_timestamp() + interval '2 s'"
        )
        await owner.execute("INSERT INTO outbox (topic, payload) VALUES ('offer', '{}')")
        await all_show([{"title": "Room", "placesLeft": 3}], 1)
        await asyncio.sleep(2 - 1)
        await all_show([{"title": "Room", "placesLeft": 4}], 1.2)
        for client in clients:
            await client.aclose()
    await owner.close()


WAITING = """
SELECT count(*) FROM pg_stat_activity
WHERE datname = current_database() AND wait_event_type = 'Lock'
"""


async def test_hanging_up_stops_a_query_and_finishes_a_mutation(hearth: Hearth, home: Path) -> None:
    token = await hearth.token(OFFICER)
    watching, locking = await hearth.owner(), await hearth.owner()

    async def waiting(count: int) -> None:
        async with asyncio.timeout(2):
            while await watching.fetchval(WAITING) != count:  # noqa: ASYNC110 - no event for it
                await asyncio.sleep(0.02)

    async def ask(port: int, query: str, **variables: Any) -> asyncio.StreamWriter:
        body = json.dumps({"query": query, "variables": variables})
        _, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(
            f"POST /graphql HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n"
            f"authorization: Bearer {token}\r\ncontent-length: {len(body)}\r\n\r\n{body}".encode()
        )
        await writer.drain()
        return writer

    with serving(hearth.copy, home) as (_, port):
        async with httpx.AsyncClient(headers={"authorization": f"Bearer {token}"}) as client:
            for _ in range(8):  # whoever is let in must not wait for what is locked
                await client.post(
                    f"http://127.0.0.1:{port}/graphql", json={"query": "{ viewer { name } }"}
                )
        async with locking.transaction():
            await locking.execute("LOCK TABLE offer IN ACCESS EXCLUSIVE MODE")
            hanging = await ask(port, "{ offers { nodes { title } } }")
            await waiting(1)
            hanging.close()
            await waiting(0)
            given = {"kind": "hosting", "title": "Room", "placesTotal": 2}
            hanging = await ask(port, CREATE, input=given)
            await waiting(1)
            hanging.close()
            await asyncio.sleep(0.5)
            await waiting(1)
        deadline = time.monotonic() + 2
        while await watching.fetchval("SELECT count(*) FROM offer") != 1:
            assert time.monotonic() < deadline, "the mutation was left"
            await asyncio.sleep(0.02)
        assert await watching.fetchval("SELECT count(*) FROM audit_event") == 1
    await watching.close()
    await locking.close()


@pytest.mark.parametrize("is_good_at_first", [False, True])
async def test_a_socket_with_a_bad_token_is_closed(
    hearth: Hearth, home: Path, is_good_at_first: bool
) -> None:
    await hearth.token(OFFICER)
    with serving(hearth.copy, home) as (_, port):
        address = f"ws://127.0.0.1:{port}/graphql"
        async with connect(address, subprotocols=[Subprotocol("graphql-transport-ws")]) as socket:
            token = hearth.issuer.token(OFFICER, hours=2 / 3600) if is_good_at_first else "rubbish"
            first = {"type": "connection_init", "payload": {"authorization": f"Bearer {token}"}}
            await socket.send(json.dumps(first))
            if is_good_at_first:
                assert (await _next(socket))["type"] == "connection_ack"
            await asyncio.wait_for(socket.wait_closed(), 5)
            assert socket.close_code == 4403


@pytest.mark.parametrize("seconds", [0, 2])
async def test_a_server_that_is_asked_to_stop_ends_well(
    hearth: Hearth, home: Path, seconds: int
) -> None:
    with serving(hearth.copy, home) as (server, port):
        address = f"127.0.0.1:{port}"
        async with (
            connect(
                f"ws://{address}/graphql", subprotocols=[Subprotocol("graphql-transport-ws")]
            ) as socket,
            httpx.AsyncClient(base_url=f"http://{address}") as client,
        ):
            await socket.send('{"type": "connection_init"}')
            assert (await _next(socket))["type"] == "connection_ack"
            payload = {"query": SUBSCRIPTION}
            await socket.send(json.dumps({"id": "1", "type": "subscribe", "payload": payload}))
            assert (await client.get("/health/ready")).status_code == 200
            await asyncio.sleep(seconds)  # at once, the second worker may still be starting
            server.send_signal(signal.SIGTERM)
            assert await asyncio.to_thread(server.wait, 8) == 0


async def test_workers_do_not_outlive_a_killed_main_process(hearth: Hearth, home: Path) -> None:
    with serving(hearth.copy, home) as (server, port):
        server.kill()
        deadline = time.monotonic() + 10
        while is_open(port):
            assert time.monotonic() < deadline, "somebody still listens"
            await asyncio.sleep(0.1)


@pytest.mark.parametrize("path", ["live", "ready"])
async def test_health(hearth: Hearth, path: str) -> None:
    await hearth.service.listener.is_listening.wait()
    assert (await hearth.client.get(f"/health/{path}")).status_code == 200
    # What a newer version migrated, this one serves until it is replaced; what is older it can't.
    for revision, ready in ((stretches(configuration(""))[0][1][0], 503), ("of a later day", 200)):
        owner = await hearth.owner()
        await owner.execute("UPDATE alembic_version SET version_num = $1", revision)
        await owner.close()
        response = await hearth.client.get(f"/health/{path}")
        assert response.status_code == (200 if path == "live" else ready)
