"""Four times what one worker can do, and one greedy asker: `make bench-overload`.

The server and PostgreSQL share one core, the load has the other. What is asked is what costs:
the nearest offers with facets, a page with its total count, an officer's list, by forty officers
and the public at sixty addresses, with no answer kept. First in turn: as fast as 64
connections are answered, which is the peak, then by chance at four times that rate, whether others
are answered or not. Then one officer asks twenty times a second: alone, alone once more, and beside
a greedy one who asks the same by 64 connections, or by a schedule of four times what those got.
Whatever else runs on the machine is in the figures: those of one round compare with each other, and
how much two times alone differ is chance. On a shared machine, ask for many short rounds.
"""

import asyncio
import os
import random
import statistics
import tempfile
from collections.abc import Awaitable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

import typer
import uvloop
from rich.console import Console

from api.settings import Settings
from tests.bench import facts
from tests.bench.asking import Asking, Seen, request
from tests.bench.data import filled, pid_of
from tests.bench.facts import Facts
from tests.bench.ground import Ground, ground_on
from tests.bench.processes import cores, family, pin
from tests.bench.servers import Hearth
from tests.bench.shapes import SHAPES, Ask

MIX = ("near", "counted", "officer")
MANY = 1200
ADDRESSES = 60
PEAK_CONNECTIONS, CONNECTIONS, TIMES = 64, 480, 4
MODEST_RATE, MODEST_CONNECTIONS = 20.0, 4
GREEDY_CONNECTIONS, GREEDY_BY_RATE = 64, 256
LEAD_SECONDS = 1.0
BUDGET: float = Settings.model_fields["budget"].default
PARTS = (0.5, 0.99)
PAGE = os.sysconf("SC_PAGE_SIZE")

console = Console(highlight=False)


def _asks(found: Facts) -> list[tuple[str, Ask]]:
    shapes = [shape for name in MIX for shape in SHAPES if shape.name == name]
    asks = [list(shape.asks(found)) for shape in shapes]
    kinds = len(MIX)
    return [
        (shapes[n % kinds].hearth, asks[n % kinds][n // kinds % len(asks[n % kinds])])
        for n in range(MANY)
    ]


def _of_many(found: Facts, ground: Ground) -> list[bytes]:
    return [
        request(
            query,
            ask.variables,
            ground.tokens[ask.subject] if ask.subject else "",
            f"192.0.2.{n % ADDRESSES}",
        )
        for n, (query, ask) in enumerate(_asks(found))
    ]


def _of_one(found: Facts, token: str, seed: int) -> list[bytes]:
    asks = _asks(found)
    random.Random(seed).shuffle(asks)
    return [request(query, ask.variables, token, "") for query, ask in asks]


def _megabytes(pid: int) -> float:
    statm = [Path(f"/proc/{each}/statm").read_text() for each in family(pid)]
    return sum(int(each.split()[1]) for each in statm) * PAGE / 2**20


@dataclass
class Overload:
    """One server under too much, each round printed as it comes."""

    port: int
    pid: int
    many: Sequence[bytes]
    modest: Sequence[bytes]
    greedy: Sequence[bytes]
    seconds: float
    waits: dict[str, Seen] = field(default_factory=dict)

    def flood(self) -> float:
        """What part of the peak is answered at so many times its rate."""
        peak = uvloop.run(Asking(self.port, self.many, PEAK_CONNECTIONS).run(self.seconds / 2))
        before = _megabytes(self.pid)
        asking = Asking(self.port, self.many, CONNECTIONS, rate=TIMES * peak.rate)
        seen = uvloop.run(asking.run(self.seconds))
        told = (429, 503)
        console.print(
            f"peak {peak.rate:.0f}/s (p99 {peak.percentile(0.99, 200):.0f} ms); "
            f"{seen.asked / peak.rate:.1f} times that: {seen.rate / peak.rate:.0%} of it answered, "
            f"p99 {seen.percentile(0.99, 200):.0f} ms; the others told in "
            f"{seen.percentile(0.5, *told):.1f} ms, p99 {seen.percentile(0.99, *told):.0f} ms; "
            f"{seen.counts()}; {before:.0f} MB before, {_megabytes(self.pid):.0f} MB after"
        )
        return seen.rate / peak.rate

    def beside(self) -> None:
        """How long the modest one waits: alone, alone once more, and beside a greedy one."""
        rate = 0.0
        for name in (
            "alone",
            "alone again",
            f"beside {GREEDY_CONNECTIONS} connections",
            "beside a rate",
        ):
            greedy = None
            if name.startswith("beside"):
                connections = GREEDY_BY_RATE if rate else GREEDY_CONNECTIONS
                greedy = Asking(self.port, self.greedy, connections, rate=TIMES * rate)
            seen, taken = uvloop.run(self._modest(greedy))
            self.waits.setdefault(name, Seen()).add(seen)
            console.print(
                f"modest {name} {seen.counts()}: p50 {seen.percentile(0.5, 200):.1f} ms, "
                f"p99 {seen.percentile(0.99, 200):.1f} ms"
                + (f"; the greedy one {taken.rate:.0f}/s {taken.counts()}" if taken else "")
            )
            rate = taken.rate if taken else 0.0

    def ratios(self) -> None:
        """Print how many times as long as both times alone, over all rounds."""
        alone = Seen()
        for name, seen in self.waits.items():
            if name.startswith("alone"):
                alone.add(seen)
        for name, seen in self.waits.items():
            for part in PARTS:
                ratio = seen.percentile(part, 200) / alone.percentile(part, 200)
                console.print(f"p{part * 100:.0f} {name}: {ratio:.2f}")

    async def _modest(self, greedy: Asking | None) -> tuple[Seen, Seen | None]:
        chance = random.Random(1)
        modest = Asking(self.port, self.modest, MODEST_CONNECTIONS, rate=MODEST_RATE, chance=chance)
        if greedy is None:
            return await modest.run(self.seconds), None

        async def later() -> Seen:
            await asyncio.sleep(LEAD_SECONDS)
            return await modest.run(self.seconds)

        running: Awaitable[Any] = greedy.run(self.seconds + 2 * LEAD_SECONDS)
        seen, taken = await asyncio.gather(later(), running)
        return seen, taken


def main(
    seconds: Annotated[float, typer.Option(help="How long each load lasts.")] = 20,
    rounds: Annotated[int, typer.Option(help="Rounds of each; the median counts.")] = 3,
    workers: Annotated[int, typer.Option(help="Workers of the server.")] = 1,
    budget: Annotated[float, typer.Option(help="HEARTH_BUDGET; 0 is none.")] = BUDGET,
    apart: Annotated[bool, typer.Option(help="PostgreSQL on the load's core.")] = False,
    offers: Annotated[int, typer.Option(help="Offers in the database.")] = 50_000,
    keep: Annotated[Path | None, typer.Option(help="Keep the data here, to use it again.")] = None,
    only: Annotated[str, typer.Option(help="Only 'flood' or 'beside'.")] = "",
) -> None:
    """Measure, and print what was seen."""
    with ExitStack() as stack:
        folder = keep or Path(stack.enter_context(tempfile.TemporaryDirectory("-hearth")))
        with console.status(f"Preparing {offers:,} offers ..."):
            embedded = stack.enter_context(filled(folder, offers))
            found = asyncio.run(facts.read(embedded.url()))
        core, load_core = cores()
        pin(pid_of(folder), load_core if apart else core)
        pin(os.getpid(), load_core)
        ground = asyncio.run(ground_on(embedded, folder, core, found.officers))
        settings = {
            "HEARTH_BUDGET": str(budget),
            "HEARTH_PROXIES": "127.0.0.1",
            "HEARTH_WORKERS": str(workers),
        }
        at = stack.enter_context(Hearth(extra=settings).start(ground, is_cached=False))
        modest, greedy = (ground.tokens[each] for each in found.officers[:2])
        overload = Overload(
            at.port,
            at.pid,
            _of_many(found, ground),
            _of_one(found, modest, 1),
            _of_one(found, greedy, 2),
            seconds,
        )
        uvloop.run(Asking(at.port, overload.many, PEAK_CONNECTIONS).run(3))
        uvloop.run(Asking(at.port, overload.modest, PEAK_CONNECTIONS).run(1))
        answered = []
        for _ in range(rounds):
            if only != "beside":
                answered.append(overload.flood())
            if only != "flood":
                overload.beside()
    if answered:
        least, most = min(answered), max(answered)
        median = statistics.median(answered)
        console.print(f"part of the peak answered: {median:.2f} ({least:.2f} to {most:.2f})")
    overload.ratios()


if __name__ == "__main__":
    typer.run(main)
