"""What the questions are about: ids, kinds, places and people, read from the database."""

from dataclasses import dataclass, replace

import asyncpg

from api.access.joining import Joining

OFFICERS = 40
# The external reference of the drafts that are made to be published, and taken away after.
DRAFTS = "BENCH-DRAFT"


@dataclass(frozen=True)
class Facts:
    """Values for the questions' variables, in the same order for every server and every run.

    `drafts` pairs an offer that may be published with the officer who may.
    """

    kinds: list[str]
    common_kinds: list[str]
    offers: list[str]
    open_offers: int
    districts: list[str]
    officers: list[str]
    drafts: list[tuple[str, str]]


async def read(url: str) -> Facts:
    """The facts; makes the officers of the councils with most offers."""
    joining = await Joining.open(url)
    try:
        councils = await joining.connection.fetch(
            "SELECT council_gss FROM open_offer GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT $1",
            OFFICERS,
        )
        officers = [await joining.council(row["council_gss"]) for row in councils]
    finally:
        await joining.connection.close()
    connection = await asyncpg.connect(url)
    try:

        async def column(sql: str) -> list[str]:
            return [str(row[0]) for row in await connection.fetch(sql)]

        return Facts(
            kinds=await column("SELECT code FROM support_kind ORDER BY code"),
            common_kinds=await column(
                "SELECT kind_code FROM open_offer GROUP BY 1 HAVING count(*) >= 100 ORDER BY 1"
            ),
            offers=await column("SELECT id FROM open_offer ORDER BY md5(id::text) LIMIT 1000"),
            open_offers=await connection.fetchval("SELECT count(*) FROM open_offer"),
            districts=await column(
                "SELECT location_code FROM open_offer WHERE postcode_district IS NOT NULL "
                "GROUP BY 1 ORDER BY md5(location_code) LIMIT 1000"
            ),
            officers=officers,
            drafts=[],
        )
    finally:
        await connection.close()


async def with_drafts(url: str, facts: Facts, count: int) -> Facts:
    """The facts, with so many new drafts."""
    connection = await asyncpg.connect(url, command_timeout=None)
    try:
        rows = await connection.fetch(
            f"""
            INSERT INTO offer (id, council_gss, kind_code, title, description, status, places,
                external_ref, step_free, pets_allowed, children_welcome, women_only)
            SELECT gen_random_uuid(), councils[1 + n % cardinality(councils)],
                kinds[1 + n % cardinality(kinds)], 'Room ' || n, 'A draft to publish.', 'DRAFT', 2,
                '{DRAFTS}', 'UNKNOWN', false, true, false
            FROM generate_series(1, $1) AS n,
                (SELECT array_agg(code ORDER BY code) AS kinds FROM support_kind) AS listed,
                (SELECT $2::text[] AS councils) AS chosen
            RETURNING id, council_gss
            """,
            count,
            [officer.partition(":")[2] for officer in facts.officers],
        )
    finally:
        await connection.close()
    return replace(facts, drafts=[(str(row[0]), f"council:{row[1]}") for row in rows])


async def discrepancy(url: str, facts: Facts, answered: int) -> str | None:
    """What is wrong, if what publishing the drafts wrote doesn't add up.

    Every answer is a publication; when the load ends, a few more may be under way.
    """
    connection = await asyncpg.connect(url, command_timeout=None)
    try:
        published, events, messages = await connection.fetchrow(
            """
            SELECT
                (SELECT count(*) FROM offer
                    WHERE id = ANY($1::uuid[]) AND status = 'OPEN' AND version = 2),
                (SELECT count(*) FROM audit_event
                    WHERE subject_id = ANY($1::uuid[]) AND command = 'publishOffer'),
                (SELECT count(*) FROM outbox)
            """,
            [each for each, _ in facts.drafts],
        )
    finally:
        await connection.close()
    if answered <= published == events == messages:
        return None
    return f"{answered} answers, {published} published, {events} events, {messages} messages"


async def clean(url: str) -> None:
    """Take away every draft made to be published, and what publishing it wrote."""
    connection = await asyncpg.connect(url, command_timeout=None)
    try:
        await connection.execute("TRUNCATE outbox")
        await connection.execute(
            f"""
            WITH draft AS (DELETE FROM offer WHERE external_ref = '{DRAFTS}' RETURNING id)
            DELETE FROM audit_event USING draft WHERE subject_id = draft.id
            """
        )
        await connection.execute("VACUUM ANALYZE offer, audit_event")
    finally:
        await connection.close()
