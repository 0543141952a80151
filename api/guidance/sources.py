"""Sources that are to be read again: what pages are reported to have changed, what was read."""

import json
from datetime import date
from pathlib import Path

import asyncpg

from api.store.listening import CHANNEL
from api.store.roles import OWNER

STALE = """
    SELECT title, url, reviewed_on, review_days, page_changed_on,
        ARRAY(SELECT route_code FROM route_source WHERE source_id = source.id ORDER BY 1) AS routes
    FROM source
    WHERE reviewed_on + review_days < $1 OR page_changed_on > reviewed_on
    ORDER BY title, url
"""


class SourcesFileError(ValueError):
    """A report of pages that can't be used; nothing of it was."""


def read_report(file: Path) -> dict[str, date]:
    """The day each page was last changed, by its address; raises SourcesFileError."""
    try:
        found = json.loads(file.read_text("utf-8-sig"))
    except OSError as error:
        raise SourcesFileError(f"{file} can't be opened: {error.strerror}.") from error
    except (UnicodeDecodeError, json.JSONDecodeError, RecursionError) as error:
        raise SourcesFileError(f"{file} is not JSON in UTF-8: {error}.") from error
    if not isinstance(found, dict):
        raise SourcesFileError(f'{file} must hold an object like {{"https://...": "2026-07-02"}}.')
    days, wrong = {}, []
    for url, day in found.items():
        try:
            days[url] = date.fromisoformat(day[:10])
        except (TypeError, ValueError):
            wrong.append(f"{url}: {json.dumps(day)[:60]} is not a day like 2026-07-02")
    if wrong:
        raise SourcesFileError(f"{file}: {'; '.join(wrong[:20])}. Nothing was taken from it.")
    return days


async def report(
    url: str, days: dict[str, date], today: date
) -> tuple[list[asyncpg.Record], list[str]]:
    """Take in when pages changed: (the sources stale now, addresses that no source has)."""
    connection = await asyncpg.connect(url)
    try:
        async with connection.transaction():
            await connection.execute(f"SET LOCAL ROLE {OWNER}")
            found = await connection.fetch(
                "UPDATE source SET page_changed_on = greatest(page_changed_on, told.day) "
                "FROM unnest($1::text[], $2::date[]) AS told (url, day) "
                "WHERE source.url = told.url RETURNING source.url",
                list(days),
                list(days.values()),
            )
            await _tell(connection)
        unknown = sorted(set(days) - {row["url"] for row in found})
        return await connection.fetch(STALE, today), unknown
    finally:
        await connection.close()


async def review(url: str, page: str, day: date) -> int:
    """Note that a page was read on a day: how many sources it is."""
    connection = await asyncpg.connect(url)
    try:
        async with connection.transaction():
            await connection.execute(f"SET LOCAL ROLE {OWNER}")
            done = await connection.fetch(
                "UPDATE source SET reviewed_on = $2 WHERE url = $1 RETURNING id", page, day
            )
            await _tell(connection)
        return len(done)
    finally:
        await connection.close()


async def _tell(connection: asyncpg.Connection) -> None:
    await connection.execute("SELECT pg_notify($1, $2)", CHANNEL, '[{"topic": "reference"}]')
