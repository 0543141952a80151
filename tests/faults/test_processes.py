"""The server's processes: told to stop, killed one by one, cut off at the answer's first byte."""

import asyncio
import json
import os
import signal
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import httpx

from tests.bench.processes import family
from tests.conftest import CREATE, OXFORD, Hearth
from tests.serving import await_ready, await_workers, is_open, serving
from tests.waiting import PATIENCE, until

DRAIN_SECONDS = 3.0
OFFICER = f"council:{OXFORD}"
SHOWN = "{ availability { nodes { title } } }"


def _room(title: str) -> dict[str, Any]:
    given = {"kind": "hosting", "title": title, "placesTotal": 2}
    return {"query": CREATE, "variables": {"input": given}}


def _client(port: int, token: str) -> httpx.AsyncClient:
    headers = {"authorization": f"Bearer {token}"} if token else {}
    return httpx.AsyncClient(
        base_url=f"http://127.0.0.1:{port}", headers=headers, timeout=PATIENCE, verify=False
    )


async def test_told_to_stop_no_request_fails_behind_a_balancer(hearth: Hearth, home: Path) -> None:
    """A balancer asks each server whether it is ready, and sends to one that is."""
    token = await hearth.token(OFFICER)
    owner = await hearth.owner()
    answered: Counter[int] = Counter()
    stop, closed = asyncio.Event(), asyncio.Event()
    with (
        serving(hearth.copy, home, drain_seconds=str(DRAIN_SECONDS)) as (first, one),
        serving(hearth.copy, home, workers="1") as (_, two),
    ):
        await await_workers(hearth, 3)  # one that starts is not ready either
        async with _client(one, token) as leaving, _client(two, token) as staying:
            is_ready = True
            problems: list[str] = []

            async def probe() -> None:
                nonlocal is_ready
                while is_open(one):
                    # As a balancer's: what can't be asked isn't ready, whatever the reason.
                    with suppress(httpx.TransportError):
                        is_ready = False
                        found = await leaving.get("/health/ready", timeout=DRAIN_SECONDS / 3)
                        is_ready = found.status_code == 200
                        problems.extend(() if is_ready else [found.json()["problem"]])
                    await asyncio.sleep(DRAIN_SECONDS / 60)
                is_ready = False
                closed.set()

            async def ask(number: int) -> None:
                while not stop.is_set():
                    port, client = (one, leaving) if is_ready else (two, staying)
                    answer = await client.post("/graphql", json=_room(f"Room {number}"))
                    assert answer.status_code == 200
                    assert "errors" not in answer.json()
                    answered[port] += 1
                    await asyncio.sleep(0.01)

            async def late() -> AsyncIterator[bytes]:
                body = json.dumps(_room("Late")).encode()
                yield body[:10]
                await asyncio.wait_for(closed.wait(), PATIENCE)
                yield body[10:]

            async with asyncio.TaskGroup() as group:
                group.create_task(probe())
                for number in range(4):
                    group.create_task(ask(number))
                await until(lambda: answered[one] > 10, "nobody is answered")
                first.send_signal(signal.SIGTERM)
                # One under way when the others are closed is finished.
                headers = {"content-type": "application/json"}
                answer = await leaving.post("/graphql", content=late(), headers=headers)
                assert closed.is_set()
                assert answer.json()["data"]["createOffer"]["offer"]
                assert await asyncio.to_thread(first.wait, PATIENCE) == 0
                sent = answered[two]
                await until(lambda: answered[two] > sent + 10, "nobody is answered")
                stop.set()
    assert set(problems) == {"The server is stopping."}
    assert await owner.fetchval("SELECT count(*) FROM offer") == answered.total() + 1
    await owner.close()


async def test_a_killed_worker_is_replaced_and_the_others_serve(hearth: Hearth, home: Path) -> None:
    with serving(hearth.copy, home) as (server, port):
        await await_workers(hearth)
        before = set(family(server.pid)[1:])
        assert len(before) == 2
        killed = min(before)
        os.kill(killed, signal.SIGKILL)
        failed = served = 0

        async def is_replaced() -> bool:
            nonlocal failed, served
            # A connection of its own each time: what the dead one's queue held is asked again.
            async with _client(port, "") as client:
                try:
                    answer = await client.post("/graphql", json={"query": SHOWN})
                except httpx.TransportError:
                    failed += 1
                else:
                    assert answer.status_code == 200
                    served += 1
            now = set(family(server.pid)[1:])
            return len(now) == 2 and killed not in now and served > 20

        await until(is_replaced, "nobody took its place")
        assert failed <= 2
        assert server.poll() is None


@asynccontextmanager
async def _cutting(port: int, cut: Callable[[], object] = lambda: None) -> AsyncIterator[int]:
    """A proxy that calls `cut` and hangs up as soon as an answer's first byte comes; its port."""

    async def met(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        upstream, onwards = await asyncio.open_connection("127.0.0.1", port)
        head = await reader.readuntil(b"\r\n\r\n")
        length = next(
            int(line.split(b":")[1])
            for line in head.lower().split(b"\r\n")
            if line.startswith(b"content-length:")
        )
        onwards.write(head + await reader.readexactly(length))
        assert await upstream.readexactly(1) == b"H"
        cut()
        onwards.transport.abort()
        writer.transport.abort()

    server = await asyncio.start_server(met, "127.0.0.1", 0)
    async with server:
        yield int(server.sockets[0].getsockname()[1])


async def _unanswered(port: int, token: str, asked: dict[str, Any]) -> None:
    """Ask, and hear nothing."""
    body = json.dumps(asked)
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(
        "POST /graphql HTTP/1.1\r\nhost: localhost\r\n"
        f"authorization: Bearer {token}\r\ncontent-type: application/json\r\n"
        f"content-length: {len(body)}\r\n\r\n{body}".encode()
    )
    with suppress(ConnectionResetError):
        assert await reader.read(1) == b""
    writer.close()


async def test_a_command_whose_answer_was_lost_in_a_crash_is_answered_by_its_key(
    hearth: Hearth, home: Path
) -> None:
    token, owner = await hearth.token(OFFICER), await hearth.owner()
    asked = _room("Room")
    asked["variables"]["input"]["idempotencyKey"] = "once"
    with serving(hearth.copy, home, workers="1") as (server, port):
        (worker,) = family(server.pid)[1:]
        async with _cutting(port, lambda: os.kill(worker, signal.SIGKILL)) as cut:
            await _unanswered(cut, token, asked)
        made = f"offer_{await owner.fetchval('SELECT id FROM offer')}"
        await until(lambda: worker not in family(server.pid), "the worker lives")
        await asyncio.to_thread(await_ready, port)
        async with _client(port, token) as client:
            for _ in range(2):
                answer = (await client.post("/graphql", json=asked)).json()["data"]["createOffer"]
                assert answer["offer"]["id"] == made
            asked["variables"]["input"]["title"] = "Another room"
            answer = (await client.post("/graphql", json=asked)).json()["data"]["createOffer"]
            assert answer["problems"][0]["path"] == ["input", "idempotencyKey"]
    for table in ("offer", "audit_event", "idempotency_key"):
        assert await owner.fetchval(f"SELECT count(*) FROM {table}") == 1, table
    await owner.close()


async def test_what_is_answered_is_committed_before_the_first_byte(
    hearth: Hearth, home: Path
) -> None:
    token = await hearth.token(OFFICER)
    owner = await hearth.owner()
    with serving(hearth.copy, home, workers="1") as (_, port):
        async with _cutting(port) as cut:
            for number in range(30):
                await _unanswered(cut, token, _room(f"Room {number}"))
                # Read at once: what was only on its way would not be there yet.
                rows = await owner.fetch("SELECT title FROM offer ORDER BY id")
                assert [row["title"] for row in rows] == [f"Room {n}" for n in range(number + 1)]
    await owner.close()
