"""`make bench-growth`: what each page's statement takes as offers grow from 50,000 to 5,000,000.

The statements are the planner's own, run as the audience's role under a generic plan, as the
service runs them. A page should take about as long and touch about as many blocks at any size.
"""

import asyncio
import contextlib
import re
import statistics
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import asyncpg
import orjson
import typer
from graphql import GraphQLSchema
from rich.console import Console

from api.access.joining import Joining
from api.graph.schema import make_schema
from api.reading.cursors import cursor
from api.reading.documents import Documents
from api.reading.plan import FieldPlan
from api.store.database import SESSION
from api.store.embedded import Embedded
from api.store.roles import role_of
from schema.words import Audience
from tests.bench.data import filled

console = Console(stderr=True)
NODES = "nodes { title placesLeft council { name } routes { name } }"
Variables = dict[str, Any]


@dataclass(frozen=True)
class Page:
    """One page shape; `arguments` of its list, and the variables they name."""

    name: str
    arguments: str
    variables: str = ""
    audience: Audience = Audience.PUBLIC
    selection: str = NODES

    @property
    def document(self) -> str:
        """The GraphQL document."""
        root = "availability" if self.audience is Audience.PUBLIC else "offers"
        head = f"query ({self.variables})" if self.variables else ""
        return f"{head} {{ {root}({self.arguments}) {{ {self.selection} }} }}"


_NEAR = "near: { postcodeDistrict: $district, withinKm: 20 }"
PAGES = (
    Page("recently updated", "first: 20"),
    Page("most places", "orderBy: MOST_PLACES"),
    Page("soonest", "orderBy: SOONEST"),
    Page("nearest", f"filter: {{ {_NEAR} }}, orderBy: NEAREST", "$district: String!"),
    Page("of a kind", "filter: { kinds: [$kind] }", "$kind: String!"),
    Page("of a council", "filter: { gssCodes: [$gss] }", "$gss: String!"),
    Page("of a region", "filter: { regions: [$region] }", "$region: String!"),
    Page(
        "of a kind, with places",
        "filter: { kinds: [$kind], minimumPlaces: 3 }",
        "$kind: String!",
    ),
    Page("a deep page", "after: $after", "$after: String!"),
    Page("search", "filter: { search: $words }", "$words: String!"),
    Page(
        "near, with search",
        f"filter: {{ {_NEAR}, search: $words }}",
        "$district: String!, $words: String!",
    ),
    Page(
        "of a kind, counted",
        "filter: { kinds: [$kind] }",
        "$kind: String!",
        selection=f"totalCount {NODES}",
    ),
    Page("an officer's", "first: 20", audience=Audience.COUNCIL),
    Page("an officer's drafts", "filter: { statuses: [DRAFT] }", audience=Audience.COUNCIL),
)


@dataclass(frozen=True)
class Cost:
    """What a statement took: median milliseconds, blocks touched, and the plan."""

    milliseconds: float
    blocks: int
    plan: Any


async def _variables(connection: asyncpg.Connection) -> Variables:
    row = await connection.fetchrow(
        """
        SELECT updated_at, id FROM open_offer ORDER BY updated_at DESC, id DESC
        OFFSET (SELECT count(*) / 2 FROM open_offer) LIMIT 1
        """
    )
    return {
        "after": cursor("RECENTLY_UPDATED", row["updated_at"], row["id"]),
        "district": "OX4",
        "gss": "E07000178",
        "kind": "hosting",
        "region": "South East",
        "words": "furnished cottage garden",
    }


class Growth:
    """Explains pages over one database."""

    def __init__(self, embedded: Embedded, schema: GraphQLSchema) -> None:
        self.embedded = embedded
        self.schema = schema

    async def costs(self, times: int) -> dict[str, Cost]:
        """The cost of every page, by its name."""
        joining = await Joining.open(self.embedded.url())
        subject = await joining.council("E07000178")
        await joining.connection.close()
        owner = await asyncpg.connect(self.embedded.url(), command_timeout=None)
        try:
            variables = await _variables(owner)
        finally:
            await owner.close()
        found = {}
        for page in PAGES:
            settings = {**SESSION, "role": role_of(page.audience)}
            connection = await asyncpg.connect(self.embedded.url(), server_settings=settings)
            try:
                async with connection.transaction():
                    if page.audience is Audience.COUNCIL:
                        await connection.execute("SELECT hearth_enter($1)", subject)
                    found[page.name] = await self._cost(connection, page, variables, times)
            finally:
                await connection.close()
        return found

    async def _cost(
        self, connection: asyncpg.Connection, page: Page, variables: Variables, times: int
    ) -> Cost:
        given = {name: variables[name] for name in re.findall(r"\$(\w+):", page.variables)}
        document = Documents(self.schema).document(page.document)
        plan, asked, *_ = document.plan(document.operation(None), given, page.audience)
        (field,) = plan.fields.values()
        assert isinstance(field, FieldPlan)
        values = [field.parameters[place].value(asked) for place in field.sent]
        # EXPLAIN of a statement with parameters would plan it for their values: only a prepared
        # one is planned for any.
        await connection.execute(f"PREPARE page AS {field.sql}")
        literals = await _literals(connection, field.sql, values)
        execute = f"EXECUTE page({', '.join(literals)})" if literals else "EXECUTE page"
        explain = f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {execute}"
        plans = [orjson.loads(await connection.fetchval(explain))[0] for _ in range(times + 2)][2:]
        blocks = plans[-1]["Plan"]["Shared Hit Blocks"] + plans[-1]["Plan"]["Shared Read Blocks"]
        return Cost(statistics.median(plan["Execution Time"] for plan in plans), blocks, plans[-1])


async def _literals(connection: asyncpg.Connection, sql: str, values: Sequence[Any]) -> list[str]:
    types = (await connection.prepare(sql)).get_parameters()
    return [
        await connection.fetchval(
            f"SELECT quote_nullable($1::{type_.name.removesuffix('[]')}"
            f"{'[]' if type_.kind == 'array' else ''}::text)",
            value,
        )
        for type_, value in zip(types, values, strict=True)
    ]


def table(costs: dict[int, dict[str, Cost]]) -> str:
    """Pages down, sizes across: milliseconds and blocks."""
    sizes = list(costs)
    lines = [
        "| page | " + " | ".join(f"{size:,}: ms | blocks" for size in sizes) + " |",
        "|---|" + "--:|--:|" * len(sizes),
    ]
    for page in PAGES:
        cells = [
            f"{costs[size][page.name].milliseconds:.2f} | {costs[size][page.name].blocks:,}"
            for size in sizes
        ]
        lines.append(f"| {page.name} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def main(
    sizes: Annotated[str, typer.Option(help="Numbers of offers.")] = "50000,500000,5000000",
    times: Annotated[int, typer.Option(help="Executions of each; the median counts.")] = 7,
    keep: Annotated[Path | None, typer.Option(help="Keep the data here, to use it again.")] = None,
    plans: Annotated[Path | None, typer.Option(help="Write the plans into this folder.")] = None,
) -> None:
    """Measure the statements behind pages as tables grow."""
    schema = make_schema()._schema
    costs: dict[int, dict[str, Cost]] = {}
    with contextlib.ExitStack() as stack:
        home = keep or Path(stack.enter_context(tempfile.TemporaryDirectory("-hearth")))
        for size in map(int, sizes.split(",")):
            with console.status(f"{size:,} offers ..."), filled(home / str(size), size) as embedded:
                costs[size] = asyncio.run(Growth(embedded, schema).costs(times))
            for name, cost in costs[size].items():
                if plans:
                    plans.mkdir(parents=True, exist_ok=True)
                    file = plans / f"{size}-{re.sub(r'[^a-z]+', '-', name)}.json"
                    file.write_bytes(orjson.dumps(cost.plan, option=orjson.OPT_INDENT_2))
    typer.echo(table(costs))


if __name__ == "__main__":
    typer.run(main)
