"""Measuring: the same answers first, then each server in turn, round after round."""

import statistics
import time
import urllib.request
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson

from tests.bench import load
from tests.bench.ground import Ground
from tests.bench.processes import Started, cpu_seconds
from tests.bench.servers import Hearth
from tests.bench.shapes import Ask, Shape

COMPARED = 25


class DifferentError(AssertionError):
    """Two servers answer the same question differently; measuring them would compare nothing."""


@dataclass
class Result:
    """One server's rounds on one shape. CPU in microseconds a request."""

    shape: Shape
    server: str
    loads: list[load.Load] = field(default_factory=list)
    server_cpu: list[float] = field(default_factory=list)
    database_cpu: list[float] = field(default_factory=list)

    def median(self, values: Callable[[load.Load], float]) -> float:
        """The median of a number over the rounds."""
        return statistics.median(values(each) for each in self.loads)


@dataclass(frozen=True)
class Bench:
    """One run: how long each measurement takes, on what ground."""

    ground: Ground
    database_pid: int
    load_core: int | None
    seconds: float
    warm_up: float

    def requests(self, server: Hearth, shape: Shape, asks: Sequence[Ask]) -> Path:
        """The file of a server's requests."""
        file = self.ground.folder / f"{server.name}-{shape.name}.requests"
        tokens = self.ground.tokens
        load.write(
            file,
            [(tokens[ask.subject] if ask.subject else "", server.body(shape, ask)) for ask in asks],
        )
        return file

    def answer(self, server: Hearth, at: Started, shape: Shape, ask: Ask) -> bytes:
        """One answer, as it comes."""
        headers = {"content-type": "application/json"}
        if ask.subject:
            headers["authorization"] = f"Bearer {self.ground.tokens[ask.subject]}"
        body = server.body(shape, ask)
        at_path = body.decode() if shape.path else server.path(shape)
        request = urllib.request.Request(
            f"http://127.0.0.1:{at.port}{at_path}",
            data=None if shape.path else body,
            headers=headers,
        )
        with urllib.request.urlopen(request, timeout=30) as response:
            found: bytes = response.read()
        return found

    def data(self, server: Hearth, at: Started, shape: Shape, ask: Ask) -> Any:
        """One answer's data, as Hearth shapes it; DifferentError where there are errors."""
        answer = orjson.loads(self.answer(server, at, shape, ask))
        if answer.get("errors") or not (answer.get("data") or answer.get("contents")):
            raise DifferentError(f"{server.name}, {shape.name}: {str(answer)[:1000]}")
        return server.data(shape, answer)

    def compare(
        self, servers: Sequence[tuple[Hearth, Started]], shape: Shape, asks: Sequence[Ask]
    ) -> None:
        """Raise DifferentError unless all give the same data to a sample of questions."""
        for ask in asks[:: max(1, len(asks) // COMPARED)][:COMPARED]:
            found = [(server.name, self.data(server, at, shape, ask)) for server, at in servers]
            for name, data in found[1:]:
                if data != found[0][1]:
                    raise DifferentError(
                        f"{shape.name} {ask.variables}: {found[0][0]} and {name} differ:\n"
                        f"{str(found[0][1])[:1500]}\n{str(data)[:1500]}"
                    )

    def warm(self, server: Hearth, at: Started, shape: Shape, file: Path) -> None:
        """Let caches fill and compilers finish."""
        load.run(self._url(server, at, shape), file, seconds=self.warm_up, core=self.load_core)

    def measure(
        self, server: Hearth, at: Started, file: Path, result: Result, *, once: bool = False
    ) -> load.Load:
        """One measurement, added to the result."""
        before = cpu_seconds(at.pid), cpu_seconds(self.database_pid)
        url = self._url(server, at, result.shape)
        seen = load.run(url, file, seconds=self.seconds, core=self.load_core, once=once)
        if seen.errors or not seen.requests:
            raise DifferentError(f"{server.name}, {result.shape.name}: {seen.errors} errors")
        after = cpu_seconds(at.pid), cpu_seconds(self.database_pid)
        result.loads.append(seen)
        result.server_cpu.append((after[0] - before[0]) / seen.requests * 1e6)
        result.database_cpu.append((after[1] - before[1]) / seen.requests * 1e6)
        time.sleep(0.1)
        return seen

    def _url(self, server: Hearth, at: Started, shape: Shape) -> str:
        return f"http://127.0.0.1:{at.port}{server.path(shape)}"
