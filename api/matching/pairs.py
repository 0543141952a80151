"""Pairs of a request and an offer as they stand in the database now, many at once."""

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

import asyncpg
from sqlalchemy import ARRAY, ColumnElement, Uuid, bindparam, column, func, select
from sqlalchemy.types import Boolean

from api.matching.conditions import offers_beside, with_standing
from api.matching.rules import OFFER_USED, REQUEST_USED, Pair
from api.store.composed import Composed
from schema.types import rows


def _pairs() -> Composed:
    wanted = func.unnest(
        bindparam("requests", type_=ARRAY(Uuid())),
        bindparam("offers", type_=ARRAY(Uuid())),
    ).table_valued(column("request_id", Uuid()), column("offer_id", Uuid()))
    wanted = wanted.render_derived(name="wanted")
    request = rows.request.alias()
    asked = (
        with_standing(request)
        .where(request.c.id == func.any(bindparam("requests", type_=ARRAY(Uuid()))))
        .subquery("asked")
    )
    pair, tables = offers_beside(asked)
    offer, council = pair.offer, rows.council.alias()
    agrees: ColumnElement[bool] = (
        offer.c.council_gss == func.any(asked.c.except_for)
    ) != asked.c.agrees_to_all
    return Composed(
        select(
            wanted.c.request_id,
            wanted.c.offer_id,
            *(asked.c[name].label(f"request_{name}") for name in REQUEST_USED),
            *(offer.c[name].label(f"offer_{name}") for name in OFFER_USED),
            council.c.region,
            pair.metres.label("metres"),
            agrees.cast(Boolean()).label("agrees"),
            (offer.c.kind_code == func.any(asked.c.live_kinds)).label("is_live"),
            (offer.c.id == func.any(asked.c.declined_offers)).label("was_declined"),
        )
        .select_from(wanted)
        .join(asked, asked.c.id == wanted.c.request_id)
        .join(tables, offer.c.id == wanted.c.offer_id)
        .join(council, council.c.gss_code == offer.c.council_gss)
    )


PAIRS = _pairs()


async def read_pairs(
    connection: asyncpg.Connection, wanted: Sequence[tuple[UUID, UUID]], today: date
) -> dict[tuple[UUID, UUID], Pair]:
    """Those of the pairs (request, offer) that the viewer sees, the offer open, as they stand."""
    found = await PAIRS.rows(
        connection,
        requests=[request for request, _ in wanted],
        offers=[offer for _, offer in wanted],
    )
    return {(row["request_id"], row["offer_id"]): _pair(row, today) for row in found}


def _pair(row: Any, today: date) -> Pair:
    return Pair(
        {name: row[f"request_{name}"] for name in REQUEST_USED},
        {name: row[f"offer_{name}"] for name in OFFER_USED} | {"region": row["region"]},
        today,
        row["metres"],
        agrees=row["agrees"],
        is_live=row["is_live"],
        was_declined=row["was_declined"],
    )
