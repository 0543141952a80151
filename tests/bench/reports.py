"""`make bench-reports`: how long each report's figures take by SQL, over the benchmark's history.

On 50,000 offers there are 100,000 requests and 60,000 matches; hiding small counts comes after.
"""

import asyncio
import statistics
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import asyncpg
import typer

from api.reporting.cuts import Report
from api.reporting.figures import tables_of
from api.reporting.frame import Frame
from api.reporting.releasing import SESSION
from api.reporting.reports import REPORTS
from api.store.database import prepare
from api.store.roles import OWNER
from schema.types.periods import Period, last_full
from tests.bench.data import filled

ROUNDS = 3


async def _seconds(connection: asyncpg.Connection, report: Report, period: Period) -> float:
    async with connection.transaction():
        frame = await Frame.of_today(connection, period)
        began = time.perf_counter()
        await tables_of(connection, report, frame, period, datetime.now(UTC))
        return time.perf_counter() - began


async def _measured(url: str) -> None:
    connection = await asyncpg.connect(url, server_settings=SESSION)
    await prepare(connection)
    await connection.execute(f"SET ROLE {OWNER}")
    for period in last_full(datetime.now(UTC).date()):
        for report in REPORTS.values():
            taken = [await _seconds(connection, report, period) for _ in range(ROUNDS)]
            typer.echo(f"{report.name:20} {period.name:9} {statistics.median(taken):6.2f} s")
    await connection.close()


def main(
    offers: Annotated[int, typer.Option(help="Offers in the database.")] = 50_000,
    keep: Annotated[Path | None, typer.Option(help="Keep the data here, to use it again.")] = None,
) -> None:
    """Measure the figures of every report on the last full month and week."""
    with (
        tempfile.TemporaryDirectory(prefix="hearth-bench-") as folder,
        filled(keep or Path(folder), offers) as embedded,
    ):
        asyncio.run(_measured(embedded.url()))


if __name__ == "__main__":
    typer.run(main)
