"""Loading reference data: what the files say becomes rows; loading again changes nothing more."""

import json
from collections.abc import Callable
from datetime import date, datetime
from typing import Any

import asyncpg
from sqlalchemy import Table
from sqlalchemy.dialects.postgresql import insert

from api.store.composed import Composed
from api.store.listening import CHANNEL
from api.store.roles import OWNER
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
            await _load_twinnings(connection, reference)
            progress("twinning", len(reference.twinnings))
            await _load_windows(connection, reference)
            progress("route_window", sum(len(route.windows) for route in reference.routes))
            # No command changed these, so no message says it: the workers are told directly.
            await connection.execute(
                "SELECT pg_notify($1, $2)", CHANNEL, '[{"topic": "reference"}]'
            )
        await connection.execute("ANALYZE council, location, route, support_kind, twinning")
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
            "names": reference.names("support_kind", each.code),
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
            "number": number,
            "name": each.name,
            "names": reference.names("route", each.code),
            "official_name": each.official_name,
            "summary": each.summary,
            "leave_months": each.leave_months,
            "leave_is_indefinite": each.leave_is_indefinite,
            "sponsor_required": each.sponsor_required,
            "fee_pounds": each.fee_pounds,
            "recorded_at": each.recorded_at,
            "facts": each.facts,
        }
        for number, each in enumerate(reference.routes, start=1)
    ]


async def _load_twinnings(connection: asyncpg.Connection, reference: Reference) -> None:
    reviewed = _reviewed_on(reference)
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
        "source",
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
            "source": {**link.source.model_dump(mode="json"), "reviewed_on": str(reviewed)},
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


async def _load_windows(connection: asyncpg.Connection, reference: Reference) -> None:
    # A window that is known already stays as it is; a different one is a correction, which
    # supersedes by closing `known` and is no part of loading.
    known = {
        (row["route_code"], row["status"], row["valid"].lower)
        for row in await connection.fetch("SELECT route_code, status, valid FROM route_window")
    }
    columns = [
        "id",
        "route_code",
        "route_number",
        "status",
        "valid",
        "known",
        "basis",
        "confidence",
        "note",
        "source_title",
        "source_url",
    ]
    put = Composed(insert(rows.route_window).values(dict.fromkeys(columns)))
    for number, route in enumerate(reference.routes, start=1):
        for window in route.windows:
            if (route.code, window.status.value, window.valid_from) in known:
                continue
            await put.run(
                connection,
                id=uuid7(),
                route_code=route.code,
                route_number=number,
                status=window.status.value,
                valid=_from(window.valid_from, window.valid_to),
                known=_from(route.recorded_at, None),
                basis=window.basis.value,
                confidence=window.confidence.value,
                note=window.note,
                source_title=window.source.title if window.source else None,
                source_url=window.source.url if window.source else None,
            )


def _from(begins: datetime, ends: datetime | None) -> asyncpg.Range:
    return asyncpg.Range(begins, ends, lower_inc=True, upper_inc=False)


def _reviewed_on(reference: Reference) -> date:
    return max(route.recorded_at for route in reference.routes).date()
