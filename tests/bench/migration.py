"""A column, a constraint and an index for a million rows while 200 commands a second are answered.

`make bench-migration` fills the history of offers, serves with one worker, and has officers create
offers, each of which adds to that history, by a schedule, whether answered or not. Waits count from
when a command was due. First they work alone; then beside `hearth migrate`, with one more revision
made as migrations/script.py.mako says; last beside policies that are applied anew.
"""

import argparse
import asyncio
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import asyncpg
import httpx
from rich.console import Console

from api.demonstration import Demonstration
from api.settings import Settings
from api.store.embedded import running
from api.store.migrating import head
from api.store.roles import LOGIN
from tests.bench.processes import free_port, started
from tests.conftest import CREATE
from tests.test_migrations import WITH_MORE

COUNCILS = ("E07000178", "E07000008", "E06000001", "E06000002", "E06000003", "E06000004")
ALONE_SECONDS = 15.0
CONNECTIONS = 100
ROOM = {"kind": "hosting", "title": "Room", "placesTotal": 2}
REVISION = """
import sqlalchemy as sa
from alembic import op

from migrations.online import briefly, fill

revision, down_revision, branch_labels, depends_on = "large", {head!r}, None, None
is_online = True


def upgrade() -> None:
    briefly("ALTER TABLE offer_event ADD COLUMN IF NOT EXISTS nights integer")
    fill("offer_event", "nights = places * 30", "nights IS NULL")
    briefly(
        "ALTER TABLE offer_event DROP CONSTRAINT IF EXISTS offer_event_nights",
        "ALTER TABLE offer_event ADD CONSTRAINT offer_event_nights CHECK (nights >= 0) NOT VALID",
    )
    with op.get_context().autocommit_block():
        op.execute("ALTER TABLE offer_event VALIDATE CONSTRAINT offer_event_nights")
        op.execute("DROP INDEX CONCURRENTLY IF EXISTS offer_event_by_nights")
        op.create_index(
            "offer_event_by_nights", "offer_event", ["nights"], postgresql_concurrently=True
        )


def downgrade() -> None:
    op.drop_column("offer_event", "nights")
"""
FILL = """
    INSERT INTO offer_event
    SELECT made.* FROM (SELECT one FROM offer_event AS one LIMIT 100) AS found,
        generate_series(1, {rows} / 100) AS number,
        jsonb_populate_record(one, jsonb_build_object('id', gen_random_uuid(), 'number', number))
            AS made
"""


@dataclass
class Seen:
    """Seconds from when each command was due, and what went wrong."""

    waits: list[float] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    seconds: float = 0.0

    def __str__(self) -> str:
        waits = sorted(self.waits)
        p50, p99 = (waits[int(len(waits) * part)] * 1000 for part in (0.5, 0.99))
        wrong = f": {self.errors[0]}" if self.errors else ""
        return (
            f"{len(waits)} in {self.seconds:.0f} s, p50 {p50:.0f} ms, p99 {p99:.0f} ms, "
            f"longest {waits[-1] * 1000:.0f} ms, {len(self.errors)} errors{wrong}"
        )


async def _load(port: int, tokens: list[str], rate: float, goes_on: Callable[[], bool]) -> Seen:
    seen, begun = Seen(), time.monotonic()
    limits = httpx.Limits(max_connections=CONNECTIONS, max_keepalive_connections=CONNECTIONS)
    body = {"query": CREATE, "variables": {"input": ROOM}}
    url = f"http://127.0.0.1:{port}/graphql"

    async def ask(client: httpx.AsyncClient, due: float, token: str) -> None:
        try:
            answer = await client.post(url, json=body, headers={"authorization": f"Bearer {token}"})
            made = answer.json()
            if not (made.get("data") or {}).get("createOffer", {}).get("offer"):
                seen.errors.append(answer.text[:200])
        except httpx.HTTPError as error:
            seen.errors.append(repr(error))
        seen.waits.append(time.monotonic() - due)

    async with httpx.AsyncClient(limits=limits, timeout=30) as client, asyncio.TaskGroup() as group:
        due = begun
        while goes_on():
            await asyncio.sleep(max(0.0, due - time.monotonic()))
            group.create_task(ask(client, due, tokens[len(seen.waits) % len(tokens)]))
            due += 1 / rate
    seen.seconds = time.monotonic() - begun
    return seen


async def _beside(port: int, tokens: list[str], rate: float, command: list[str], url: str) -> Seen:
    environment = {**os.environ, "HEARTH_DATABASE_URL": url}
    process = await asyncio.create_subprocess_exec(*command, env=environment)
    seen = await _load(port, tokens, rate, lambda: process.returncode is None)
    if process.returncode:
        seen.errors.append(f"it ended with {process.returncode}")
    return seen


async def _run(url: str, *statements: str) -> None:
    owner = await asyncpg.connect(url, command_timeout=None)
    for statement in statements:
        await owner.execute(statement)
    await owner.close()


async def _measure(console: Console, port: int, tokens: list[str], rate: float, url: str) -> None:
    ends = time.monotonic() + ALONE_SECONDS
    alone = await _load(port, tokens, rate, lambda: time.monotonic() < ends)
    console.print(f"alone: {alone}")
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "large.py").write_text(REVISION.format(head=head()), "utf-8")
        command = [sys.executable, "-c", WITH_MORE, url, folder]
        console.print(f"beside the revision: {await _beside(port, tokens, rate, command, url)}")
        await _run(url, "COMMENT ON TABLE alembic_version IS NULL")  # as if they were never applied
        console.print(f"beside the policies: {await _beside(port, tokens, rate, command, url)}")
    owner = await asyncpg.connect(url)
    rows = await owner.fetchrow("SELECT count(*), count(nights) FROM offer_event")
    console.print(f"rows: {rows[0]:,}, of which filled, or added since and left empty: {rows[1]:,}")
    await owner.close()


def _token(environment: dict[str, str], council: str) -> str:
    command = [sys.executable, "-m", "api", "token", "council", council]
    done = subprocess.run(
        command, env={**os.environ, **environment}, capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


def main() -> None:
    """Measure, and print what was seen."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--rate", type=float, default=200, help="commands a second")
    given = parser.parse_args()
    console = Console(soft_wrap=True, highlight=False)
    with tempfile.TemporaryDirectory(prefix="hearth-") as folder:
        home, port = Path(folder), free_port()
        environment = {"HEARTH_BUDGET": "0", "HEARTH_HOME": folder, "HEARTH_PORT": str(port)}
        with running(home) as database:
            url, owner_url = database.url(LOGIN), database.url()
            Demonstration(Settings(home=home), url, owner_url, console).set_up()
            asyncio.run(_run(owner_url, FILL.format(rows=given.rows), "VACUUM ANALYZE offer_event"))
            command, log = [sys.executable, "-m", "api", "serve"], home / "server.log"
            with started(command, environment, port, "/health/ready", log, None):
                tokens = [_token(environment, council) for council in COUNCILS]
                asyncio.run(_measure(console, port, tokens, given.rate, owner_url))


if __name__ == "__main__":
    main()
