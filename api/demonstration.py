"""The demonstration: from an empty folder to a service with something to ask."""

import asyncio
import json
import shlex
from dataclasses import dataclass, field
from datetime import datetime

import asyncpg
from rich.console import Console
from rich.progress import Progress

from api.access.joining import Joining
from api.access.sealing import sealing
from api.access.tokens import development_issuer
from api.graph.first_queries import FIRST_QUERIES
from api.reporting.releasing import Releasing
from api.sampling import Sampling
from api.settings import Settings
from api.store.migrating import migrate
from api.store.reference import load
from schema.reference.files import Reference, read_reference
from schema.types.clock import LONDON
from schema.words import Audience

CHARITY = "Harbour Welcome"
OXFORD = "E07000178"


@dataclass
class Demonstration:
    """Sets up a database with sample data, and says how to ask it."""

    settings: Settings
    url: str
    migration_url: str
    console: Console
    _tokens: dict[Audience, str] = field(default_factory=dict)

    def set_up(self) -> None:
        """Migrate, load, and create sample data where there are none; shows progress."""
        self.console.print("Preparing the database ...")
        migrate(self.migration_url)
        reference = read_reference()
        with Progress(console=self.console, transient=True) as progress:
            task = progress.add_task("Loading reference data", total=6)
            asyncio.run(
                load(self.migration_url, reference, lambda table, count: progress.advance(task))
            )
        asyncio.run(self._fill(reference))

    async def _fill(self, reference: Reference) -> None:
        joining = await Joining.open(self.migration_url)
        try:
            subjects = {
                Audience.CHARITY: await joining.charity(CHARITY),
                Audience.COUNCIL: await joining.council(OXFORD),
                Audience.LIAISON: await joining.liaison(),
            }
            if not self.settings.issuer:
                issuer = development_issuer(self.settings)
                self._tokens = {who: issuer.token(subject) for who, subject in subjects.items()}
            with Progress(console=self.console, transient=True) as progress:
                task = progress.add_task("Creating sample offers, requests and matches", total=None)
                sampling = Sampling(self.url, joining, sealing(self.settings))
                async for done, total in sampling.fill(reference):
                    progress.update(task, completed=done, total=total)
        finally:
            await joining.connection.close()

    def begin(self) -> None:
        """Greet, then release the reports on the last full month and week, beside the service."""
        self.greet()
        try:
            asyncio.run(self._release())
        except (OSError, ValueError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            self.console.print(f"No reports were released: {error}", markup=False)

    async def _release(self) -> None:
        async with Releasing.open(self.migration_url) as releasing:
            wanted = await releasing.due(datetime.now(LONDON).date())
            for name, period in wanted:
                await releasing.release(name, period.name)
            if wanted:
                self.console.print(f"Released: {len(wanted)} reports, for `report(name: ...)`.")

    def greet(self) -> None:
        """Print the address, and for each audience a credential and a first query to paste."""
        address = f"http://{self.settings.host}:{self.settings.port}"
        lines = [f"\nHearth serves on {address}/graphql"]
        if self.settings.is_development:
            lines.append(f"GraphiQL, in a browser: {address}/graphql")
        for audience, (title, query) in FIRST_QUERIES.items():
            lines.append(f"\n# {audience.title()}: {title}")
            header = ""
            if token := self._tokens.get(audience):
                variable = f"HEARTH_{audience}_TOKEN"
                lines.append(f"{variable}={token}")
                header = f' -H "Authorization: Bearer ${variable}"'
            body = json.dumps({"query": " ".join(query.split())})
            lines.append(
                f"curl -s {address}/graphql -H 'Content-Type: application/json'{header} "
                f"-d {shlex.quote(body)}"
            )
        lines.append("\nStop with Ctrl-C; the data stays.")
        self.console.out("\n".join(lines), highlight=False)
