"""Four times what one worker can do, and one greedy asker: `make bench-overload`.

The demonstration is served with one worker. Officers of six councils read their offers: first as
fast as 16 connections are answered, which is the peak; then by a schedule of four times as many,
whether answered or not; then one of them modestly, alone and beside one who is greedy. The load
comes from this process, so on two cores its own waits are in the figures.
"""

import argparse
import asyncio
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

import orjson
from rich.console import Console

from api.demonstration import Demonstration
from api.settings import Settings
from api.store.embedded import running
from api.store.roles import LOGIN
from tests.bench.processes import family, free_port, started

COUNCILS = ("E07000178", "E07000008", "E06000001", "E06000002", "E06000003", "E06000004")
QUERY = "{ offers(first: 20) { nodes { id title placesLeft status } } }"
PEAK_CONNECTIONS, CONNECTIONS, TIMES = 16, 400, 4
MODEST_EVERY = 0.05
PAGE = os.sysconf("SC_PAGE_SIZE")


@dataclass
class Seen:
    """Statuses, and for each the seconds from when it was sent."""

    waits: dict[int, list[float]] = field(default_factory=dict)
    seconds: float = 0.0

    def percentile(self, part: float, *statuses: int) -> float:
        """Milliseconds; nan where there was none."""
        found = sorted(wait for status in statuses for wait in self.waits.get(status, ()))
        return found[int(len(found) * part)] * 1000 if found else float("nan")

    def rate(self, status: int = 200) -> float:
        """Answers a second."""
        return len(self.waits.get(status, ())) / self.seconds

    def counts(self) -> dict[int, int]:
        """How many of each status; 0 stands for a connection that broke."""
        return {status: len(waits) for status, waits in sorted(self.waits.items())}


class _Connection:
    def __init__(self, port: int, token: str) -> None:
        body = orjson.dumps({"query": QUERY})
        self.request = (
            b"POST /graphql HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n"
            b"authorization: Bearer %s\r\ncontent-length: %d\r\n\r\n%s"
            % (token.encode(), len(body), body)
        )
        self.port = port
        self.streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def ask(self, seen: Seen) -> None:
        begun = time.monotonic()
        try:
            async with asyncio.timeout(10):
                status = await self._asked()
        except (OSError, EOFError, TimeoutError):
            status = 0
            self.close()
        seen.waits.setdefault(status, []).append(time.monotonic() - begun)

    async def _asked(self) -> int:
        if self.streams is None:
            self.streams = await asyncio.open_connection("127.0.0.1", self.port)
        reader, writer = self.streams
        writer.write(self.request)
        head = (await reader.readuntil(b"\r\n\r\n")).lower()
        await reader.readexactly(int(head.partition(b"content-length: ")[2].split(b"\r")[0]))
        return int(head.split(b" ", 2)[1])

    def close(self) -> None:
        if self.streams:
            self.streams[1].close()
            self.streams = None


async def _load(
    port: int, tokens: list[str], connections: int, seconds: float, every: float
) -> Seen:
    """Each connection asks once `every` seconds, or as soon as it was answered."""
    seen = Seen()
    begun = time.monotonic()

    async def run(number: int) -> None:
        connection = _Connection(port, tokens[number % len(tokens)])
        at = begun + every * number / connections
        while (now := time.monotonic()) < begun + seconds:
            await asyncio.sleep(max(0.0, at - now))
            await connection.ask(seen)
            at = max(at + every, time.monotonic() - every)
        connection.close()

    await asyncio.gather(*(run(number) for number in range(connections)))
    seen.seconds = time.monotonic() - begun
    return seen


def _megabytes(pid: int) -> float:
    """Resident memory of a server and all below it."""
    statm = [Path(f"/proc/{each}/statm").read_text() for each in family(pid)]
    return sum(int(each.split()[1]) for each in statm) * PAGE / 2**20


def token_of(environment: dict[str, str], council: str) -> str:
    """An officer's token, of the development issuer."""
    command = [sys.executable, "-m", "api", "token", "council", council]
    done = subprocess.run(
        command, env={**os.environ, **environment}, capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


async def _measure(console: Console, port: int, pid: int, tokens: list[str], long: float) -> None:
    await _load(port, tokens, PEAK_CONNECTIONS, 2, 0)
    peak = await _load(port, tokens, PEAK_CONNECTIONS, long / 2, 0)
    console.print(f"peak: {peak.rate():.0f}/s, p99 {peak.percentile(0.99, 200):.0f} ms")
    before = _megabytes(pid)
    every = CONNECTIONS / (TIMES * peak.rate())
    over = await _load(port, tokens, CONNECTIONS, long, every)
    console.print(
        f"{TIMES} times that: {over.rate() / peak.rate():.0%} of peak answered "
        f"(p99 {over.percentile(0.99, 200):.0f} ms); excess in "
        f"{over.percentile(0.5, 429, 503):.0f} ms "
        f"(p99 {over.percentile(0.99, 429, 503):.0f} ms); {over.counts()}"
    )
    console.print(f"memory: {before:.0f} MB before, {_megabytes(pid):.0f} MB after")
    await asyncio.sleep(1)
    alone = await _load(port, tokens[:1], 1, long, MODEST_EVERY)
    greedy = asyncio.create_task(_load(port, tokens[1:2], 64, long, 0))
    beside = await _load(port, tokens[:1], 1, long, MODEST_EVERY)
    taken = await greedy
    for name, seen in (("alone", alone), ("beside a greedy one", beside)):
        console.print(
            f"a modest asker {name}: p50 {seen.percentile(0.5, 200):.1f} ms, "
            f"p99 {seen.percentile(0.99, 200):.1f} ms; {seen.counts()}"
        )
    console.print(f"the greedy one: {taken.rate():.0f}/s; {taken.counts()}")


def main() -> None:
    """Measure, and print what was seen."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=10, help="how long each load lasts")
    parser.add_argument("--budget", type=int, default=0, help="HEARTH_BUDGET; 0: none")
    given = parser.parse_args()
    console = Console()
    with tempfile.TemporaryDirectory(prefix="hearth-") as folder:
        port = free_port()
        environment = {
            "HEARTH_BUDGET": str(given.budget),
            "HEARTH_HOME": folder,
            "HEARTH_PORT": str(port),
        }
        home, command = Path(folder), [sys.executable, "-m", "api", "serve"]
        log = home / "server.log"
        with running(home) as database:
            url, owner_url = database.url(LOGIN), database.url()
            Demonstration(Settings(home=home), url, owner_url, console).set_up()
            with started(command, environment, port, "/health/ready", log, None) as server:
                tokens = [token_of(environment, council) for council in COUNCILS]
                asyncio.run(_measure(console, port, server.pid, tokens, given.seconds))


if __name__ == "__main__":
    main()
