"""Changing the key: what older keys sealed is sealed anew, while the service runs."""

from collections.abc import Callable

import asyncpg
from sqlmodel import SQLModel

from api.access.sealing import Sealing

BATCH = 200

# Rows that somebody is changing are taken in a later batch.
_TAKE = """
    SELECT {key} AS key, sealed FROM {table}
    WHERE sealed_with <> $1
    ORDER BY {key} LIMIT $2
    FOR UPDATE
"""
_PUT = "UPDATE {table} SET sealed = $2, sealed_with = $3 WHERE {key} = $1"


def sealed_tables() -> dict[str, str]:
    """Every table that holds something sealed, with its key's column."""
    return {
        name: next(iter(table.primary_key.columns)).name
        for name, table in sorted(SQLModel.metadata.tables.items())
        if "sealed" in table.c
    }


async def counted(connection: asyncpg.Connection) -> dict[tuple[str, str], int]:
    """How many rows each key sealed, by (table, the key's fingerprint)."""
    return {
        (table, row["sealed_with"]): row["count"]
        for table in sealed_tables()
        for row in await connection.fetch(
            f"SELECT sealed_with, count(*) FROM {table} GROUP BY 1 ORDER BY 1"  # noqa: S608
        )
    }


async def rotate(
    connection: asyncpg.Connection, sealing: Sealing, progress: Callable[[int, int], None]
) -> int:
    """Seal anew, in small transactions, what the first key didn't seal: how many rows.

    Stopped at any moment, it goes on where it was; again, it does nothing. Raises Unavailable
    where a row's key is not among the service's.
    """
    name = sealing.name
    total = sum(count for (_, key), count in (await counted(connection)).items() if key != name)
    done = 0
    for table, key in sealed_tables().items():
        names = {"table": table, "key": key}
        while True:
            async with connection.transaction():
                rows = await connection.fetch(_TAKE.format(**names), name, BATCH)
                again = [(row["key"], sealing.sealed_anew(row["sealed"]), name) for row in rows]
                await connection.executemany(_PUT.format(**names), again)
            done += len(rows)
            progress(done, max(total, done))
            if len(rows) < BATCH:
                break
    return done
