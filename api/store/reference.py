"""Loading reference data: what the files say becomes rows; loading again changes nothing more."""

import json
from collections.abc import Callable
from typing import Any

import asyncpg
from sqlalchemy import Table
from sqlalchemy.dialects.postgresql import insert

from api.store.composed import Composed
from api.store.listening import CHANNEL
from api.store.roles import OWNER
from api.store.route_facts import SourceIds, load_facts, load_sources, page_of
from schema.reference.files import Reference
from schema.tables.columns import uuid7
from schema.types import rows
from schema.words import TwinningStatus

Progress = Callable[[str, int], None]


def _upsert(table: Table, key: str, columns: list[str]) -> Composed:
    statement = insert(table).values(dict.fromkeys(columns))
    updated = {name: statement.excluded[name] for name in columns if name != key}
    return Composed(statement.on_conflict_do_update(index_elements=[key], set_=updated))


async def load(url: str, reference: Reference, progress: Progress) -> None:
    """Write all reference data in one transaction; what was there is brought up to date.

    `progress` is told each table and its number of rows.
    """
    connection = await asyncpg.connect(url)
    await connection.set_type_codec(
        "jsonb", schema="pg_catalog", encoder=json.dumps, decoder=json.loads
    )
    try:
        async with connection.transaction():
            await connection.execute(f"SET LOCAL ROLE {OWNER}")
            await connection.execute("SELECT pg_advisory_xact_lock(hashtext('hearth load'))")
            for table, key, found in (
                (rows.location, "code", _locations(reference)),
                (rows.council, "gss_code", _councils(reference)),
                (rows.support_kind, "code", _support_kinds(reference)),
                (rows.route, "code", _routes(reference)),
            ):
                await _upsert(table, key, list(found[0])).run_each(connection, found)
                progress(table.name, len(found))
            sources = await load_sources(connection, reference)
            progress("source", len(sources))
            await _load_twinnings(connection, reference, sources)
            progress("twinning", len(reference.twinnings))
            for name, count in await load_facts(connection, reference, sources):
                progress(name, count)
            # No command changed these, so no message says it: the workers are told directly.
            await connection.execute(
                "SELECT pg_notify($1, $2)", CHANNEL, '[{"topic": "reference"}]'
            )
        await connection.execute(
            "ANALYZE council, location, route, route_fact, source, support_kind, twinning"
        )
    finally:
        await connection.close()


def _locations(reference: Reference) -> list[dict[str, Any]]:
    districts = [
        (each.district, each.latitude, each.longitude, each.easting, each.northing)
        for each in reference.districts
    ]
    centres = [
        (each.gss_code, each.latitude, each.longitude, each.easting, each.northing)
        for each in reference.councils
        if each.easting is not None
    ]
    names = ("code", "latitude", "longitude", "easting", "northing")
    return [dict(zip(names, place, strict=True)) for place in (*districts, *centres)]


def _councils(reference: Reference) -> list[dict[str, Any]]:
    # A county before its districts, which point to it.
    councils = sorted(reference.councils, key=lambda council: council.upper_tier_gss is not None)
    return [
        {
            "gss_code": each.gss_code,
            "name": each.name,
            "official_name": each.official_name,
            "kind": each.kind.value,
            "nation": each.nation.value,
            "region": each.region,
            "upper_tier_gss": each.upper_tier_gss,
            "starts_on": each.starts_on,
            "ends_on": each.ends_on,
            "former_gss_codes": list(each.former_gss_codes),
            "successors": list(each.successors),
            "source": each.source,
        }
        for each in councils
    ]


def _support_kinds(reference: Reference) -> list[dict[str, Any]]:
    return [
        {
            "code": each.code,
            "position": position,
            "name": each.name,
            "names": reference.words(f"support_kind.{each.code}.name"),
            "definition": each.definition,
            "lgsl_code": each.lgsl_code,
            "facts": each.model_dump(mode="json"),
        }
        for position, each in enumerate(reference.support_kinds, start=1)
    ]


def _routes(reference: Reference) -> list[dict[str, Any]]:
    return [
        {
            "code": each.code,
            "name": each.name,
            "names": reference.words(f"route.{each.code}.name"),
            "official_name": each.official_name,
            "summary": each.summary,
            "summaries": reference.words(f"route.{each.code}.summary"),
            "sponsor_required": each.sponsor_required,
            "fee_pounds": each.fee_pounds,
            "recorded_at": each.recorded_at,
            "facts": each.facts,
        }
        for each in reference.routes
    ]


async def _load_twinnings(
    connection: asyncpg.Connection, reference: Reference, sources: SourceIds
) -> None:
    columns = [
        "id",
        "council_gss",
        "partner_city",
        "partner_country",
        "since",
        "status",
        "status_since",
        "reason",
        "note",
        "source_id",
        "basis",
        "confidence",
    ]
    put = Composed(insert(rows.twinning).values(dict.fromkeys(columns)).on_conflict_do_nothing())
    for link in reference.twinnings:
        step = {
            "council_gss": link.council_gss,
            "partner_city": link.partner_city,
            "partner_country": link.partner_country,
            "since": link.since,
            "source_id": sources[page_of(link.source)],
            "basis": link.basis.value,
            "confidence": link.confidence.value,
            "note": link.note,
        }
        steps = [
            {
                **step,
                "status": link.status.value,
                "status_since": link.status_since,
                "reason": link.reason,
            }
        ]
        # A link that was suspended or ended was active before; of most, since when is known.
        if link.status is not TwinningStatus.PROPOSED and link.status_since != link.since:
            steps.insert(
                0, {**step, "status": "ACTIVE", "status_since": link.since, "reason": None}
            )
        await put.run_each(connection, [{"id": uuid7(), **each} for each in steps])
