"""The demonstration: from an empty folder to a service with something to ask."""

import asyncio
import json
import shlex
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import asyncpg
from rich.console import Console
from rich.progress import Progress

from api.access.joining import Joining
from api.access.members import Members
from api.access.tokens import development_issuer
from api.access.viewer import Viewer
from api.graph.first_queries import FIRST_QUERIES
from api.offers.samples import create_samples, samples
from api.settings import Settings
from api.store.database import Database
from api.store.migrating import migrate
from api.store.reference import load
from api.store.roles import OWNER
from schema.reference.files import read_reference
from schema.types.clock import LONDON
from schema.words import Audience

CHARITY = "Harbour Welcome"
OXFORD = "E07000178"


@dataclass
class Demonstration:
    """Sets up a database with sample offers, and says how to ask it."""

    settings: Settings
    url: str
    migration_url: str
    console: Console
    _tokens: dict[Audience, str] = field(default_factory=dict)

    def set_up(self) -> None:
        """Migrate, load, and create the sample offers where there are none; shows progress."""
        self.console.print("Preparing the database ...")
        migrate(self.migration_url)
        reference = read_reference()
        with Progress(console=self.console, transient=True) as progress:
            task = progress.add_task("Loading reference data", total=6)
            asyncio.run(
                load(self.migration_url, reference, lambda table, count: progress.advance(task))
            )
        asyncio.run(self._fill(reference))

    async def _fill(self, reference: Any) -> None:
        joining = await Joining.open(self.migration_url)
        try:
            subjects = {
                Audience.CHARITY: await joining.charity(CHARITY),
                Audience.COUNCIL: await joining.council(OXFORD),
                Audience.LIAISON: await joining.liaison(),
            }
            sampler = await joining.admin("Sample data", "sample-data")
            has_offers = await joining.connection.fetchval("SELECT EXISTS (SELECT FROM offer)")
        finally:
            await joining.connection.close()
        if not self.settings.issuer:
            issuer = development_issuer(self.settings)
            self._tokens = {who: issuer.token(subject) for who, subject in subjects.items()}
        if not has_offers:
            await self._create_samples(reference, Viewer(Audience.ADMIN, sampler))

    async def _create_samples(self, reference: Any, viewer: Viewer) -> None:
        database = Database(self.url, pool_size=2, query_seconds=self.settings.query_seconds)
        wanted = samples(reference, datetime.now(LONDON).date())
        try:
            with Progress(console=self.console, transient=True) as progress:
                task = progress.add_task("Creating sample offers", total=len(wanted))
                async for done in create_samples(Members(database), viewer, wanted):
                    progress.update(task, completed=done)
        finally:
            await database.close()
        connection = await asyncpg.connect(self.migration_url)
        try:
            await connection.execute(f"SET ROLE {OWNER}")
            await connection.execute("ANALYZE offer")
        finally:
            await connection.close()

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
