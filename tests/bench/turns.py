"""Whose turn it is: questions one after another, servers in turn in every round of each."""

import asyncio
import contextlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tests.bench import facts as fact_finding
from tests.bench.facts import Facts
from tests.bench.measuring import Bench, DifferentError, Result
from tests.bench.processes import Started
from tests.bench.servers import Hearth, Static
from tests.bench.shapes import Ask, Shape

# More drafts than any server publishes in a second.
DRAFTS_A_SECOND = 8000
WARMING_DRAFTS = 2000

PUBLISHED = {"publishOffer": {"offer": {"version": 2, "status": "OPEN"}, "problems": []}}

Running = list[tuple[Hearth, Started]]
Advance = Callable[[str], None]


@dataclass(frozen=True)
class Turns:
    """One run's questions and servers; `advance` is told each measurement, in words."""

    bench: Bench
    servers: Sequence[Hearth]
    facts: Facts
    rounds: int
    advance: Advance

    def all(self, shapes: Sequence[Shape]) -> list[Result]:
        """The results of every shape, reads before writes."""
        results: list[Result] = []
        for is_cached in (False, True):
            reads = [each for each in shapes if each.is_cached == is_cached and not each.is_write]
            servers = [each for each in self.servers if any(map(each.answers, reads))]
            with contextlib.ExitStack() as stack:
                # All run at once, and idle but for the one whose turn it is.
                running = [
                    (each, stack.enter_context(each.start(self.bench.ground, is_cached=is_cached)))
                    for each in servers
                ]
                for shape in reads:
                    results += self._reads(
                        shape, [each for each in running if each[0].answers(shape)]
                    )
        for shape in shapes:
            if shape.is_write:
                results += self._writes(shape)
        return results

    def _reads(self, shape: Shape, running: Running) -> list[Result]:
        asks = shape.asks(self.facts)
        answering = [each for each in running if not isinstance(each[0], Static)]
        self.bench.compare(answering, shape, asks)
        turns = []
        for server, at in running:
            asked = asks
            if isinstance(server, Static) and answering:
                length = len(self.bench.answer(*answering[0], shape, asks[0]))
                asked = [Ask({"length": length})]
            file = self.bench.requests(server, shape, asked)
            self.advance(f"{shape.name}: warming {server.name} up")
            self.bench.warm(server, at, shape, file)
            turns.append((server, at, file, Result(shape, server.name)))
        for number in range(1, self.rounds + 1):
            for server, at, file, result in turns:
                self.advance(f"{shape.name}: {server.name}, round {number} of {self.rounds}")
                self.bench.measure(server, at, file, result)
        return [result for *_, result in turns]

    def _writes(self, shape: Shape) -> list[Result]:
        results = {
            each.name: Result(shape, each.name) for each in self.servers if each.answers(shape)
        }
        for number in range(1, self.rounds + 1):
            for server in self.servers:
                if server.name in results:
                    self.advance(f"{shape.name}: {server.name}, round {number} of {self.rounds}")
                    self._write(server, results[server.name])
        return list(results.values())

    def _write(self, server: Hearth, result: Result) -> None:
        url = self.bench.ground.embedded.url()
        count = round(DRAFTS_A_SECOND * self.bench.seconds) + WARMING_DRAFTS
        facts = asyncio.run(fact_finding.with_drafts(url, self.facts, count))
        try:
            answered = self._publish(server, result, result.shape.asks(facts))
            wrong = asyncio.run(fact_finding.discrepancy(url, facts, answered))
        finally:
            asyncio.run(fact_finding.clean(url))
        if wrong:
            raise DifferentError(f"{server.name}, {result.shape.name}: {wrong}")

    def _publish(self, server: Hearth, result: Result, asks: Sequence[Ask]) -> int:
        # Alone: an idle Hearth would relay what another server writes into the outbox.
        bench, shape = self.bench, result.shape
        with server.start(bench.ground, is_cached=False) as at:
            first = bench.data(server, at, shape, asks[0])
            if first != PUBLISHED:
                raise DifferentError(f"{server.name}, {shape.name}: {first}")
            answered = 1
            for some, into in (
                (asks[1:WARMING_DRAFTS], Result(shape, server.name)),
                (asks[WARMING_DRAFTS:], result),
            ):
                file = bench.requests(server, shape, some)
                answered += bench.measure(server, at, file, into, once=True).requests
        return answered
