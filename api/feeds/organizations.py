"""Councils as HSDS organizations."""

from functools import lru_cache
from typing import Any
from uuid import UUID

import asyncpg
from sqlalchemy import ARRAY, ColumnElement, Text, and_, bindparam, func, or_, select

from api.feeds.ids import id_of
from api.feeds.paging import Paging, page_of
from api.store.composed import Composed
from schema.types.open_rows import council
from schema.words import CouncilKind

AREA = "http://statistics.data.gov.uk/id/statistical-geography/"
"""With a GSS code, the URI under which the Office for National Statistics keeps an area."""
KINDS = {
    CouncilKind.COUNTY: "county council",
    CouncilKind.DISTRICT: "district council",
    CouncilKind.LONDON_BOROUGH: "London borough",
    CouncilKind.METROPOLITAN: "metropolitan borough",
    CouncilKind.NORTHERN_IRISH: "council",
    CouncilKind.SCOTTISH: "council",
    CouncilKind.UNITARY: "unitary council",
    CouncilKind.WELSH: "council",
}

COLUMNS: tuple[ColumnElement[Any], ...] = (
    council.c.gss_code,
    council.c.official_name,
    council.c.kind.label("council_kind"),
    council.c.region,
)
_TODAY: ColumnElement[Any] = func.current_date()
_IS_THERE = and_(
    or_(council.c.starts_on.is_(None), council.c.starts_on <= _TODAY),
    or_(council.c.ends_on.is_(None), council.c.ends_on >= _TODAY),
)
_CODES = Composed(select(council.c.gss_code))
_THERE = Composed(
    select(council.c.gss_code).where(_IS_THERE).order_by(council.c.name, council.c.gss_code)
)
_ROWS = Composed(
    select(*COLUMNS)
    .where(council.c.gss_code == func.any(bindparam("codes", type_=ARRAY(Text()))))
    .order_by(council.c.name, council.c.gss_code)
)


async def gss_of(connection: asyncpg.Connection, asked: UUID) -> str | None:
    """The GSS code of the council with this id, or None."""
    codes = (row[0] for row in await _CODES.rows(connection))
    return next((code for code in codes if id_of("council", code) == str(asked)), None)


async def page_of_organizations(connection: asyncpg.Connection, paging: Paging) -> dict[str, Any]:
    """A page of the councils that there are today, by name."""
    codes = [row[0] for row in await _THERE.rows(connection)]
    wanted = codes[paging.start : paging.start + paging.size]
    rows = await _ROWS.rows(connection, codes=wanted)
    return page_of(paging, len(codes), [whole_organization(row) for row in rows])


async def find_organization(connection: asyncpg.Connection, asked: UUID) -> dict[str, Any] | None:
    """The council with this id, or None; one that was abolished is still found."""
    code = await gss_of(connection, asked)
    rows = await _ROWS.rows(connection, codes=[code]) if code else []
    return whole_organization(rows[0]) if rows else None


def organization(row: asyncpg.Record) -> dict[str, Any]:
    """A council as a service names it."""
    return _organization(row["gss_code"], row["official_name"], row["council_kind"], row["region"])


@lru_cache(1000)
def _organization(gss_code: str, official_name: str, kind: str, region: str) -> dict[str, Any]:
    return {
        "id": id_of("council", gss_code),
        "name": official_name,
        "description": f"{official_name}, {KINDS[CouncilKind(kind)]}, {region}.",
        "uri": AREA + gss_code,
    }


def whole_organization(row: asyncpg.Record) -> dict[str, Any]:
    """A council with its identifiers."""
    gss_code = row["gss_code"]
    found = organization(row)
    identifier = {
        "id": id_of("organization_identifier", gss_code),
        "organization_id": found["id"],
        "identifier_type": "GSS code",
        "identifier": gss_code,
    }
    return {**found, "organization_identifiers": [identifier]}
