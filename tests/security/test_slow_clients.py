"""Slow clients against the real server: whoever dawdles is let go, and keeps nobody waiting."""

import asyncio
import contextlib
import json
import socket
import time
from collections.abc import AsyncIterator
from pathlib import Path

import httpx

from tests.conftest import Hearth
from tests.serving import serving
from tests.waiting import PATIENCE

EACH = 50
LARGE = "{ councils(first: 100) { nodes { id name officialName region kind nation gssCode } } }"
HEAD = b"POST /graphql HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n"


class _Slow:
    """One connection that sends a byte now and then, or never reads."""

    def __init__(self, port: int, begin: bytes, *, drips: bool) -> None:
        self.begin = begin
        self.drips = drips
        self.socket = socket.socket()
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        self.socket.connect(("127.0.0.1", port))
        self.socket.setblocking(False)

    async def run(self) -> float:
        """Until the server lets it go; how long that took, in seconds."""
        loop, started = asyncio.get_running_loop(), time.monotonic()
        with contextlib.suppress(ConnectionError):
            await loop.sock_sendall(self.socket, self.begin)
            while True:
                await asyncio.sleep(0.2)
                if self.drips:
                    await loop.sock_sendall(self.socket, b"x")
        return time.monotonic() - started


@contextlib.asynccontextmanager
async def _attack(port: int) -> AsyncIterator[list[asyncio.Task[float]]]:
    body = json.dumps({"query": LARGE}).encode()
    ask = HEAD + f"content-length: {len(body)}\r\n\r\n".encode() + body
    slow: list[_Slow] = []
    for _ in range(EACH):
        slow.append(_Slow(port, b"GET / HTTP/1.1\r\nhost: localhost\r\nx-a: ", drips=True))
        slow.append(_Slow(port, HEAD + b"content-length: 5000\r\n\r\n{", drips=True))
        # A hundred answers asked for at once, none of which is read.
        slow.append(_Slow(port, ask * 100, drips=False))
    tasks = [asyncio.create_task(each.run()) for each in slow]
    try:
        yield tasks
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
        for each in slow:
            each.socket.close()


async def _asks(client: httpx.AsyncClient) -> None:
    """What a normal client does."""
    response = await client.post("/graphql", json={"query": LARGE})
    assert response.status_code == 200


async def test_150_slow_clients_keep_nobody_waiting(hearth: Hearth, home: Path) -> None:
    with serving(hearth.copy, home, workers="1") as (_, port):
        address = f"http://127.0.0.1:{port}"
        async with httpx.AsyncClient(base_url=address, timeout=PATIENCE) as client:
            await _asks(client)
            async with _attack(port) as tasks:
                headers, bodies = tasks[::3], tasks[1::3]
                answered = 0
                while not all(task.done() for task in headers):
                    await _asks(client)
                    answered += 1
                    await asyncio.sleep(0.02)
                # Had anybody to wait for those who dawdle, it would be once or twice in that time.
                assert answered > 10
                # After 5 s and 10 s: the server's own limit for headers is 30 s.
                assert max(task.result() for task in headers) < 20
                async with asyncio.timeout(PATIENCE):
                    await asyncio.wait(bodies)
            await _asks(client)


async def test_more_than_headers_may_be_is_refused_by_the_real_server(
    hearth: Hearth, home: Path
) -> None:
    with serving(hearth.copy, home, workers="1") as (_, port):

        async def status(line: bytes, *headers: bytes) -> int:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(b"\r\n".join((line, b"host: localhost", *headers, b"", b"")))
            with contextlib.suppress(ConnectionError):
                await writer.drain()
            async with asyncio.timeout(PATIENCE):
                found = await reader.readline()
            writer.close()
            return int(found.split()[1])

        get = b"GET /graphql?query={__typename} HTTP/1.1"
        assert await status(get) == 200
        assert await status(get, b"x-a: " + b"y" * 8193) == 431
        assert await status(get, b"authorization: Bearer " + b"y" * 65536) == 431
        assert await status(get, b"x-a: " + b"y" * 500_000) == 431
        assert await status(get, *(b"x-%d: y" % n for n in range(200))) == 431
        assert await status(b"GET /graphql?query=" + b"y" * 8192 + b" HTTP/1.1") == 414
        assert await status(b"GET /graphql?query=" + b"y" * 70_000 + b" HTTP/1.1") == 414
        for wrong in (b"host: other", b"x-a\r\n : y", b"content-length: -1", b"x-a: \0"):
            assert await status(get, wrong) == 400, wrong
        split = b"x-request-id: a\r\nset-cookie: b"
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(get + b"\r\nhost: localhost\r\nconnection: close\r\n" + split + b"\r\n\r\n")
        answer = (await asyncio.wait_for(reader.read(), PATIENCE)).lower()
        writer.close()
        assert answer.startswith(b"http/1.1 200")
        assert b"set-cookie" not in answer
        assert answer.count(b"\r\nserver:") == answer.count(b"\r\nserver: hearth\r\n") == 1
