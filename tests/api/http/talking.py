"""A WebSocket to the service in this process: what a client sends and receives, and how it ends."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from typing import Any

from tests.conftest import Hearth
from tests.waiting import PATIENCE

PROTOCOL = "graphql-transport-ws"


class Talk:
    """One socket. `code` and `reason` are what the server closed it with."""

    def __init__(self) -> None:
        self.code: int | None = None
        self.reason = ""
        self._out: asyncio.Queue[Any] = asyncio.Queue()
        self._in: asyncio.Queue[Any] = asyncio.Queue()
        self._in.put_nowait({"type": "websocket.connect"})

    async def receive(self) -> Any:
        """For the service: what the client sent."""
        return await self._in.get()

    async def send(self, message: Any) -> None:
        """For the service: what the client is sent."""
        if message["type"] == "websocket.close":
            self.code = message["code"]
            self.reason = message.get("reason") or ""
            self._in.put_nowait({"type": "websocket.disconnect", "code": self.code})
        self._out.put_nowait(message)

    def say(self, message: Any) -> None:
        """Send a message to the service."""
        text = message if isinstance(message, str) else json.dumps(message)
        self._in.put_nowait({"type": "websocket.receive", "text": text})

    async def hear(self, seconds: float = PATIENCE) -> Any:
        """The next message of the service's; None once it has closed the socket."""
        async with asyncio.timeout(seconds):
            message = await self._out.get()
        return json.loads(message["text"]) if message["type"] == "websocket.send" else None

    async def begin(self, token: str | None = None) -> Any:
        """Introduce oneself; the answer."""
        payload = {} if token is None else {"authorization": f"Bearer {token}"}
        self.say({"type": "connection_init", "payload": payload})
        return await self.hear()

    def subscribe(self, query: str, key: str = "1", **variables: Any) -> None:
        """Ask for something."""
        payload = {"query": query, "variables": variables}
        self.say({"type": "subscribe", "id": key, "payload": payload})

    def leave(self) -> None:
        """Hang up."""
        self._in.put_nowait({"type": "websocket.disconnect", "code": 1001})


@contextlib.asynccontextmanager
async def talking(
    hearth: Hearth, protocol: str = PROTOCOL, address: str = "127.0.0.1", **headers: str
) -> AsyncIterator[Talk]:
    """Open a socket; it is accepted, or refused (`code` then says how), once this begins."""
    talk = Talk()
    given = {"host": "hearth", **headers}
    scope = {
        "type": "websocket",
        "path": "/graphql",
        "query_string": b"",
        "headers": [(name.encode(), value.encode()) for name, value in given.items()],
        "subprotocols": [protocol],
        "client": (address, 1),
    }

    async def serve() -> None:
        await hearth.app(scope, talk.receive, talk.send)

    task = asyncio.create_task(serve())
    await talk.hear()
    try:
        yield talk
    finally:
        talk.leave()
        await asyncio.wait_for(task, PATIENCE)
