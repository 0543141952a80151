"""`make bench-candidates`: what the offers for a request take among 50,000, by kind of request.

Each statement is the planner's own, run as the request's charity under a generic plan. Beside it,
within the same run, one look at every open offer of the kinds asked for: the ratio says more than
milliseconds on a machine that does other things too.
"""

import asyncio
import contextlib
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import asyncpg
import typer
from rich.console import Console

from api.access.joining import Joining
from api.graph.schema import make_schema
from api.reading.documents import Documents
from api.reading.plan import FieldPlan
from api.store.database import SESSION
from api.store.embedded import Embedded
from api.store.roles import role_of
from schema.words import Audience
from tests.bench.data import filled

REQUESTS = 10
QUESTION = """
query ($id: ID!, $blocked: Boolean!) {
  candidates(requestId: $id, first: 10, includeBlocked: $blocked) {
    candidates {
      offer { id title placesLeft council { name } }
      score reasons { message points } blocked blockers { message }
    }
    %s
  }
}"""
COUNTS = "consideredOffers blockedOffers unlock { message offers }"
LOOK = "SELECT count(*) FROM open_offer WHERE kind_code = ANY ($1)"
# Kinds with most offers, and how far from its district a household asks.
SHAPES: dict[str, tuple[list[str], float | None]] = {
    "within 40 km": (["accommodation"], 40),
    "within 400 km": (["accommodation"], 400),
    "anywhere": (["accommodation"], None),
    "anywhere, of two kinds": (["accommodation", "hosting"], None),
}
CHOSEN = """
    SELECT id, submitted_by, postcode_district FROM request
    WHERE status = 'SUBMITTED' AND postcode_district IS NOT NULL
        AND NOT EXISTS (SELECT FROM match WHERE request_id = request.id)
    ORDER BY md5(id::text) LIMIT $1
"""
SHAPE = """
    UPDATE request SET kind_codes = $2, within_km = $3, postcode_district = $4 WHERE id = $1
"""
# Milliseconds, and how many times as long as the look at all.
HEADING = """\
{offers:,} offers, {requests} requests of each shape, medians of {rounds} rounds, milliseconds.

| asked for | a look at all | ten best | ratio | with blocked | ratio | with counts | ratio |
|---|--:|--:|--:|--:|--:|--:|--:|"""


@dataclass
class Times:
    """Milliseconds of each way to ask."""

    look: list[float] = field(default_factory=list)
    best: list[float] = field(default_factory=list)
    blocked: list[float] = field(default_factory=list)
    counted: list[float] = field(default_factory=list)


async def _measure(embedded: Embedded, rounds: int) -> dict[str, Times]:
    owner, joining = await asyncpg.connect(embedded.url()), await Joining.open(embedded.url())
    documents = Documents(make_schema()._schema)
    chosen = await owner.fetch(CHOSEN, REQUESTS)
    found = {name: Times() for name in SHAPES}
    try:
        for name, (kinds, within_km) in SHAPES.items():
            for row in chosen:
                place = row["postcode_district"] if within_km else None
                await owner.execute(SHAPE, row["id"], kinds, within_km, place)
                subject = await joining.charity(row["submitted_by"])
                settings = {**SESSION, "role": role_of(Audience.CHARITY)}
                connection = await asyncpg.connect(embedded.url(), server_settings=settings)
                async with contextlib.AsyncExitStack() as stack:
                    stack.push_async_callback(connection.close)
                    await stack.enter_async_context(connection.transaction())
                    await connection.execute("SELECT hearth_enter($1)", subject)
                    times, ask = found[name], _asking(connection, documents, str(row["id"]))
                    # In turn, so that a disturbance meets all alike.
                    ways = (
                        (times.look, partial(connection.fetchval, LOOK, kinds)),
                        (times.best, await ask("", blocked=False)),
                        (times.blocked, await ask("", blocked=True)),
                        (times.counted, await ask(COUNTS, blocked=False)),
                    )
                    for number in range(rounds + 1):
                        for kept, run in ways:
                            begun = time.perf_counter()
                            await run()
                            if number:
                                kept.append((time.perf_counter() - begun) * 1000)
    finally:
        for row in chosen:
            await owner.execute(SHAPE, row["id"], ["hosting"], 40, row["postcode_district"])
        await joining.connection.close()
        await owner.close()
    return found


def _asking(
    connection: asyncpg.Connection, documents: Documents, request: str
) -> Callable[..., Awaitable[Callable[[], Any]]]:
    async def ask(more: str, *, blocked: bool) -> Callable[[], Any]:
        document = documents.document(QUESTION % more)
        given = {"id": f"request_{request}", "blocked": blocked}
        plan, asked, *_ = document.plan(document.operation(None), given, Audience.CHARITY)
        (field_plan,) = plan.fields.values()
        assert isinstance(field_plan, FieldPlan)
        values = [field_plan.parameters[place].value(asked) for place in field_plan.sent]
        statement = await connection.prepare(field_plan.sql)
        return partial(statement.fetch, *values)

    return ask


def _row(name: str, times: Times) -> str:
    look = statistics.median(times.look)
    cells = [name, f"{look:.1f}"]
    for each in (times.best, times.blocked, times.counted):
        median = statistics.median(each)
        cells.append(f"{median:.1f} | {median / look:.2f}")
    return f"| {' | '.join(cells)} |"


def main(
    offers: Annotated[int, typer.Option(help="Offers in the database.")] = 50_000,
    rounds: Annotated[int, typer.Option(help="Executions of each; the median counts.")] = 7,
    keep: Annotated[Path | None, typer.Option(help="Keep the data here, to use it again.")] = None,
) -> None:
    """Measure what the offers for a request take."""
    with contextlib.ExitStack() as stack:
        folder = keep or Path(stack.enter_context(tempfile.TemporaryDirectory("-hearth")))
        console = Console(stderr=True)
        with console.status(f"Preparing {offers:,} offers ..."):
            embedded = stack.enter_context(filled(folder, offers))
        with console.status("Asking ..."):
            found = asyncio.run(_measure(embedded, rounds))
    typer.echo(HEADING.format(offers=offers, requests=REQUESTS, rounds=rounds))
    for name, times in found.items():
        typer.echo(_row(name, times))


if __name__ == "__main__":
    typer.run(main)
